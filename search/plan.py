"""What a study will do, settled before anything starts: spaces, baselines that can be built, metrics, rungs."""

from __future__ import annotations

from collections.abc import Container, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from importlib.util import find_spec
from typing import Any

import numpy as np
import optuna
from sqlalchemy.engine import make_url

from models.api import DIRECTIONS, NO_OBJECTIVE, SAME, Baseline, Config, Family, Mode, Parameter, Space, Value, never
from models.datasets import Dataset, check_name, load
from models.errors import UserError
from search import chain, facts, samplers, spaces
from search.chain import Origin
from search.config import SearchConfig, StudyConfig
from search.families import find
from search.names import refuse_unknown
from search.schedule import first_rung, rungs
from search.trials import Trial

PACKAGES = {"tensorboard": "tensorboardX", "mlflow": "mlflow", "wandb": "wandb"}  # that a tracker needs


@dataclass(frozen=True)
class Search:
    """One search, ready to run: what the user asked for and the family make together."""

    target: str  # as the registry knows the family
    family: Family
    asked: SearchConfig
    space: Space
    baselines: list[tuple[Baseline, int]]  # with the resource that each runs for
    left_out: dict[str, str]  # baselines that these data do not admit, and why
    metrics: tuple[str, ...]  # the objectives; more than one make a Pareto search
    limit: int  # the full resource of a searched trial
    ladder: list[int]  # rungs; empty without ASHA
    features: str = ""  # what a family that takes them is fitted on
    feeds: bool = False  # another search of the study takes its best network's codes
    lends: tuple[str, ...] = ()  # or those of these baselines' networks
    source: Origin | None = None  # of the features' network, once that was handed over

    @property
    def metric(self) -> str:
        """The first objective: the one that is shown."""
        return self.metrics[0]

    @property
    def mode(self) -> Mode:
        """Where it is better."""
        return DIRECTIONS[self.metric]

    @property
    def modes(self) -> list[Mode]:
        """Where each objective is better."""
        return [DIRECTIONS[metric] for metric in self.metrics]

    @property
    def others(self) -> str:
        """The objectives beside the first, in words."""
        return "".join(f", {metric} ({DIRECTIONS[metric]})" for metric in self.metrics[1:])

    def merit(self, trial: Trial) -> tuple[float, int]:
        """Of complete trials the least is the best: the objective decides, then the number."""
        assert trial.objective is not None
        return -trial.objective if self.mode == "max" else trial.objective, trial.number

    @property
    def total(self) -> int:
        """Trials, baselines among them."""
        return len(self.baselines) + self.asked.trials


def plan_study(config: StudyConfig, study: Mapping[str, Any] | None = None) -> tuple[list[Search], Dataset]:
    """The searches of a study, and their data; `study`: the study.json of one that goes on."""
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    _check_trackers(config.track)
    if config.storage is None and "?" in str(config.out):
        raise UserError(f"--out {config.out}: no SQLite URL can name a folder with '?'; give another, or a --storage")
    families = [find(asked.family) for asked in config.searches]
    refuse_unknown(config, families)
    fed = chain.inner_links(config, families)
    dataset = load_data(config, families)
    planned = [_plan(asked, family, dataset) for asked, family in zip(config.searches, families, strict=True)]
    searches = [_linked(search, planned, fed, study) for search in chain.in_order(planned)]
    chain.check_others(searches, config, dataset)
    if not any(search.total for search in searches):
        left_out = [f"; {name} is left out: {why}" for search in searches for name, why in search.left_out.items()]
        words = "nothing to run: --trials is 0 and there are no baselines; ask for one of them"
        raise UserError(words + "".join(left_out))
    return searches, dataset


def _linked(search: Search, others: Sequence[Search], fed: set[str], study: Mapping[str, Any] | None) -> Search:
    """The search with what it gives to others and has been given."""
    name = search.family.name
    source = chain.recorded_source(name, study)
    return chain.admitted(replace(search, feeds=name in fed, lends=chain.lent(others, name), source=source))


def load_data(config: StudyConfig, families: Sequence[Family]) -> Dataset:
    """The data set of a study; an empty one where no family needs data."""
    if not any(family.needs_data for family in families):
        check_name(config.dataset)
        return no_data()
    return load(config.dataset, data_dir=config.data_dir, limit=config.limit, seed=config.seed)


def check_same_images(dataset: Dataset, study: Mapping[str, Any]) -> None:
    """Raise a `UserError` if `dataset` is not the one of a study.json."""
    if dataset.digest != study["dataset"]["digest"]:
        raise UserError(f"{dataset.name} now holds other images than study {study['name']!r} was run on")


def no_data() -> Dataset:
    """A data set without images, for families that need none."""
    x, y = np.zeros((0, 1, 1), dtype=np.uint8), np.zeros(0, dtype=np.int64)
    return Dataset(x_train=x, y_train=y, x_val=x, y_val=y, x_test=x, y_test=y, class_names=(), name="none", digest="")


def slots(config: StudyConfig, cores: int, gpus: float) -> int:
    """How many trials run at once: as asked, or as many as so many cores and GPUs hold."""
    if config.cpus_per_trial > cores:
        raise UserError(f"--cpus-per-trial {config.cpus_per_trial}: there are {cores} cores")
    if config.gpus_per_trial > gpus:
        raise UserError(f"--gpus-per-trial {config.gpus_per_trial:g}: there are {gpus:g} GPUs")
    by_gpu = gpus / config.gpus_per_trial if config.gpus_per_trial else cores
    fit = int(max(1, min(cores // config.cpus_per_trial, by_gpu)))  # GPUs may be infinite: not counted yet
    return min(config.concurrency or fit, fit)


def describe(config: StudyConfig, searches: Sequence[Search], dataset: Dataset) -> dict[str, Any]:
    """study.json: the configuration as run, and all that is needed to run it again."""
    return {
        "name": config.name,
        "folder": str((config.out / config.name).resolve()),
        "config": {**config.model_dump(mode="json"), "storage": without_password(config.storage_url)},
        "seed": config.seed,
        "dataset": {
            "name": dataset.name,
            "digest": dataset.digest,
            "train": len(dataset.x_train),
            "validation": len(dataset.x_val),
            "test": len(dataset.x_test),
            "size": list(dataset.x_train.shape[1:]),
            "classes": list(dataset.class_names),
        },
        "searches": [describe_search(search) for search in searches],
        "test_reads": 0,
        "versions": facts.versions(),
        "git_revision": facts.git_revision(),
        "hardware": facts.hardware(),
        "started": facts.now(),
        "ended": None,
        "interrupted": False,
    }


def without_password(url: str) -> str:
    """A database URL as it may be shown."""
    return make_url(url).render_as_string(hide_password=True)


def _plan(asked: SearchConfig, family: Family, dataset: Dataset) -> Search:
    samplers.check_installed(asked.searcher)
    _check_baselines(family)
    metrics = asked.metric or (family.metric,)
    limit = asked.max_resource or family.max_resource
    given = _given(asked, family)
    features = chain.features_of(asked, family, dataset)
    narrowed = spaces.narrow(family, asked.set, asked.space)
    fixed = _fixed(family, metrics, narrowed)
    reasons = {
        each.name: chain.other_features(each, features)
        or family.unfit(each.config, dataset)
        or _apart(each.config, fixed)
        for each in given
    }
    possible = [baseline for baseline in given if reasons[baseline.name] is None]
    space = _reachable(family, narrowed, limit, {*asked.set, *asked.space}, dataset)
    factor = asked.reduction_factor
    first = first_rung(limit, factor) if asked.scheduler == "asha" else 1  # Hyperband's ladders begin at several
    halves = asked.scheduler in ("asha", "hyperband")
    if asked.trials and family.unfit is not never:
        _refuse_unfit(family, space, dataset)
    return Search(
        target=asked.family,
        family=family,
        asked=asked,
        space=space,
        baselines=[(b, min(b.resource, asked.max_resource or b.resource)) for b in possible],
        left_out={name: reason for name, reason in reasons.items() if reason},
        metrics=metrics,
        limit=limit,
        ladder=rungs(limit, factor, first) if halves and len(metrics) == 1 else [],
        features=features,
    )


def _reachable(family: Family, space: Space, limit: int, given: Container[str], dataset: Dataset) -> Space:
    """The space without what a trial of `limit` steps, or one on these data, would never come to."""
    ends = f"a trial ends at --max-resource {limit}; raise that"
    space = spaces.up_to(space, family.until, limit, given, ends)
    for name, most in family.most(space, dataset).items():
        space = spaces.up_to(space, name, most, given, f"these images admit {most} at most")
    return space


def _fixed(family: Family, metrics: Sequence[str], space: Space) -> dict[str, Value]:
    """The parameters that must be the same for the one objective to be compared, if any, and their values.

    Raises a `UserError` if one may take several, or if the metric is no objective. Beside another objective both may:
    inertia and the number of clusters have a front that is worth to see.
    """
    if len(metrics) > 1:
        return {}
    names = [name for name in SAME.get(metrics[0], ()) if name in space]
    values = {name: _admitted(space[name]) for name in names}
    several = [name for name in names if len(values[name]) > 1]
    others = ", ".join(each for each in family.metrics if each not in {*SAME, *NO_OBJECTIVE})
    if metrics[0] in NO_OBJECTIVE:
        raise UserError(f"{metrics[0]} alone is no objective of {family.name}, allowed: {others}")
    if several:
        raise UserError(
            f"{metrics[0]} cannot be compared between values of {several[0]}: --set {several[0]}=N, or rank by {others}"
        )
    return {name: values[name][0] for name in names}


def _admitted(parameter: Parameter) -> list[Value]:
    """Up to two values that a search may propose."""
    return [config["it"] for config in spaces.grid({"it": replace(parameter, when={})}, points=2)][:2]


def _apart(config: Config, fixed: Mapping[str, Value]) -> str | None:
    """Why the objectives of a baseline cannot be compared with the others', or None."""
    differ = [f"{name} = {config.get(name)}, not {value}" for name, value in fixed.items() if config.get(name) != value]
    return f"the objective cannot be compared: {', '.join(differ)}" if differ else None


def _given(asked: SearchConfig, family: Family) -> list[Baseline]:
    """The baselines that the user wants: those of these names that the family has, all, or none."""
    if not asked.baselines and asked.only_baselines:
        raise UserError(f"--only-baselines {','.join(asked.only_baselines)} contradicts --no-baselines")
    if not asked.baselines:
        return []
    return [each for each in family.baselines if asked.only_baselines is None or each.name in asked.only_baselines]


def _check_trackers(names: Sequence[str]) -> None:
    """Raise a `UserError` if one needs what is not installed."""
    for name in names:
        if find_spec(PACKAGES[name]) is None:
            raise UserError(f"--track {name} needs {PACKAGES[name]}: pip install 'hypersearch[{name}]'")


def _check_baselines(family: Family) -> None:
    """Raise a `UserError` for a baseline that does not lie in its family's space."""
    for baseline in family.baselines:
        try:
            spaces.check(family.space, baseline.config)
        except UserError as error:
            raise UserError(f"{family.name}: baseline {baseline.name}: {error}") from error


def _refuse_unfit(family: Family, space: Space, dataset: Dataset) -> None:
    """Raise a `UserError` if these data admit none of a handful of proposals."""
    study = optuna.create_study(sampler=optuna.samplers.RandomSampler(seed=0))
    reasons = [family.unfit(spaces.propose(space, study.ask()), dataset) for _ in range(20)]
    if all(reasons):
        raise UserError(f"{family.name} cannot be searched on {dataset.name}: {reasons[0]}")


def describe_search(search: Search) -> dict[str, Any]:
    """What study.json says of a search."""
    return {
        "family": search.family.name,
        "target": search.target,
        "metric": search.metric,
        "mode": search.mode,
        "objectives": dict(zip(search.metrics, search.modes, strict=True)),
        "resource": search.family.resource,
        "max_resource": search.limit,
        "rungs": search.ladder,
        "searcher": search.asked.searcher,
        "scheduler": search.asked.scheduler,
        "trials": search.asked.trials,
        "space": spaces.to_record(search.space),
        "baselines": [{**asdict(baseline), "resource": limit} for baseline, limit in search.baselines],
        "left_out": search.left_out,
        **{key: value for key, value in (("features", search.features), ("until", search.family.until)) if value},
        **({"source": asdict(search.source)} if search.source else {}),
    }
