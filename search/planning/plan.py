"""What a study will do, settled before anything starts: spaces, baselines that can be built,
metrics, rungs.
"""

from __future__ import annotations

from collections.abc import Container, Mapping, Sequence
from dataclasses import replace
from typing import Any

import optuna

from hypersearch.models.api import (
    Baseline,
    Config,
    Family,
    Parameter,
    Space,
    Value,
    always_feasible,
)
from hypersearch.models.data.datasets import Dataset
from hypersearch.models.errors import UserError
from hypersearch.models.metrics import NO_OBJECTIVE, SAME
from hypersearch.search.config.settings import SearchConfig, StudyConfig
from hypersearch.search.families import find
from hypersearch.search.planned_search import Search
from hypersearch.search.planning import feature_dependencies
from hypersearch.search.planning.dataset import load_data
from hypersearch.search.planning.name_checks import refuse_unknown
from hypersearch.search.schedulers.registry import SCHEDULERS
from hypersearch.search.searchers import check_installed
from hypersearch.search.space import narrowing, proposals
from hypersearch.search.trackers import registry as trackers


def plan_study(
    config: StudyConfig, study: Mapping[str, Any] | None = None
) -> tuple[list[Search], Dataset]:
    """The searches of a study, and their data; `study`: the study.json of one that goes on."""
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    trackers.check_installed(config.track)
    if config.storage is None and "?" in str(config.out):
        raise UserError(
            f"--out {config.out}: no SQLite URL can name a folder with '?'; give another, or a"
            " --storage"
        )
    families = [find(asked.family, config.home) for asked in config.searches]
    refuse_unknown(config, families)
    fed = feature_dependencies.inner_links(config, families)
    dataset = load_data(config, families)
    planned = [
        _plan(asked, family, dataset)
        for asked, family in zip(config.searches, families, strict=True)
    ]
    searches = [
        _linked(search, planned, fed, study)
        for search in feature_dependencies.sort_by_dependency(planned)
    ]
    feature_dependencies.check_others(searches, config, dataset)
    if not any(search.total for search in searches):
        left_out = [
            f"; {name} is left out: {why}"
            for search in searches
            for name, why in search.left_out.items()
        ]
        words = "nothing to run: --trials is 0 and there are no baselines; ask for one of them"
        raise UserError(words + "".join(left_out))
    return searches, dataset


def _linked(
    search: Search, others: Sequence[Search], fed: set[str], study: Mapping[str, Any] | None
) -> Search:
    """The search with what it gives to others and has been given."""
    name = search.family.name
    source = feature_dependencies.recorded_source(name, study)
    return feature_dependencies.admitted(
        replace(
            search,
            provides_features=name in fed,
            required_baselines=feature_dependencies.required_baselines(others, name),
            source=source,
        )
    )


def slots(config: StudyConfig, cores: int, gpus: float) -> int:
    """How many trials run at once: as asked, or as many as so many cores and GPUs hold."""
    if config.cpus_per_trial > cores:
        raise UserError(f"--cpus-per-trial {config.cpus_per_trial}: there are {cores} cores")
    if config.gpus_per_trial > gpus:
        raise UserError(f"--gpus-per-trial {config.gpus_per_trial:g}: there are {gpus:g} GPUs")
    by_gpu = gpus / config.gpus_per_trial if config.gpus_per_trial else cores
    fit = int(
        max(1, min(cores // config.cpus_per_trial, by_gpu))
    )  # GPUs may be infinite: not counted yet
    return min(config.concurrency or fit, fit)


def _plan(asked: SearchConfig, family: Family, dataset: Dataset) -> Search:
    check_installed(asked.searcher)
    _check_baselines(family)
    metrics = asked.metric or (family.metric,)
    limit = asked.max_resource or family.max_resource
    given = _given(asked, family)
    features = feature_dependencies.features_of(asked, family, dataset)
    narrowed = narrowing.narrow(family, asked.set, asked.space)
    fixed = _fixed(family, metrics, narrowed)
    reasons = {
        each.name: (
            feature_dependencies.other_features(each, features)
            or family.infeasible_reason(each.config, dataset)
            or _apart(each.config, fixed)
        )
        for each in given
    }
    possible = [baseline for baseline in given if reasons[baseline.name] is None]
    space = _reachable(family, narrowed, limit, {*asked.set, *asked.space}, dataset)
    ladder = SCHEDULERS[asked.scheduler].ladder(limit, asked.reduction_factor)
    if asked.trials and family.infeasible_reason is not always_feasible:
        _refuse_unfit(family, space, dataset)
    return Search(
        target=asked.family,
        family=family,
        asked=asked,
        space=space,
        baselines=[(b, min(b.resource, asked.max_resource or b.resource)) for b in possible],
        left_out={name: reason for name, reason in reasons.items() if reason},
        metrics=metrics,
        max_resource=limit,
        ladder=ladder if len(metrics) == 1 else [],
        features=features,
    )


def _reachable(
    family: Family, space: Space, limit: int, given: Container[str], dataset: Dataset
) -> Space:
    """The space without what a trial of `limit` steps, or one on these data, would never come
    to.
    """
    ends = f"a trial ends at --max-resource {limit}; raise that"
    space = narrowing.up_to(space, family.resource_parameter, limit, given, ends)
    for name, most in family.upper_bounds(space, dataset).items():
        space = narrowing.up_to(space, name, most, given, f"these images admit {most} at most")
    return space


def _fixed(family: Family, metrics: Sequence[str], space: Space) -> dict[str, Value]:
    """The parameters that must be the same for the one objective to be compared, if any, and their
    values.

    Raises a `UserError` if one may take several, or if the metric is no objective. Beside another
    objective both may: inertia and the number of clusters have a front that is worth to see.
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
            f"{metrics[0]} cannot be compared between values of {several[0]}: --set {several[0]}=N,"
            f" or rank by {others}"
        )
    return {name: values[name][0] for name in names}


def _admitted(parameter: Parameter) -> list[Value]:
    """Up to two values that a search may propose."""
    return [
        config["it"] for config in proposals.grid({"it": replace(parameter, when={})}, points=2)
    ][:2]


def _apart(config: Config, fixed: Mapping[str, Value]) -> str | None:
    """Why the objectives of a baseline cannot be compared with the others', or None."""
    differ = [
        f"{name} = {config.get(name)}, not {value}"
        for name, value in fixed.items()
        if config.get(name) != value
    ]
    return f"the objective cannot be compared: {', '.join(differ)}" if differ else None


def _given(asked: SearchConfig, family: Family) -> list[Baseline]:
    """The baselines that the user wants: those of these names that the family has, all, or none."""
    if not asked.baselines and asked.only_baselines:
        raise UserError(
            f"--only-baselines {','.join(asked.only_baselines)} contradicts --no-baselines"
        )
    if not asked.baselines:
        return []
    return [
        each
        for each in family.baselines
        if asked.only_baselines is None or each.name in asked.only_baselines
    ]


def _check_baselines(family: Family) -> None:
    """Raise a `UserError` for a baseline that does not lie in its family's space."""
    for baseline in family.baselines:
        try:
            proposals.check(family.space, baseline.config)
        except UserError as error:
            raise UserError(f"{family.name}: baseline {baseline.name}: {error}") from error


def _refuse_unfit(family: Family, space: Space, dataset: Dataset) -> None:
    """Raise a `UserError` if these data admit none of a handful of proposals."""
    study = optuna.create_study(sampler=optuna.samplers.RandomSampler(seed=0))
    reasons = [
        family.infeasible_reason(proposals.propose(space, study.ask()), dataset) for _ in range(20)
    ]
    if all(reasons):
        raise UserError(f"{family.name} cannot be searched on {dataset.name}: {reasons[0]}")
