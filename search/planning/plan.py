"""What a study will do, settled before it starts: spaces, baselines, metrics, rungs."""

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
from hypersearch.models.metrics import METRICS, row_of
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
    """Return the searches of a study, and their data.

    `study` is the study.json of a study that goes on. Raises a `UserError` for settings that
    contradict each other or do not fit the data.
    """
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    trackers.check_installed(config.track)
    if config.storage is None and "?" in str(config.out):
        raise UserError(
            f"--out {config.out}: no SQLite URL can name a folder with '?'; give another, or a"
            " --storage"
        )
    families = [find(asked.family, config.home) for asked in config.searches]
    refuse_unknown(config, families)
    providers = feature_dependencies.feature_providers(config, families)
    dataset = load_data(config, families)
    planned = [
        _plan_search(asked, family, dataset)
        for asked, family in zip(config.searches, families, strict=True)
    ]
    searches = [
        _with_dependencies(search, planned, providers, study)
        for search in feature_dependencies.sort_by_dependency(planned)
    ]
    feature_dependencies.check_others(searches, config, dataset)
    _refuse_empty(searches)
    return searches, dataset


def _refuse_empty(searches: Sequence[Search]) -> None:
    """Raise a `UserError` if there is neither a trial nor a baseline to run."""
    if any(search.total for search in searches):
        return
    words = "nothing to run: --trials is 0 and there are no baselines; ask for one of them"
    for search in searches:
        for name, reason in search.left_out.items():
            words += f"; {name} is left out: {reason}"
    raise UserError(words)


def _with_dependencies(
    search: Search, others: Sequence[Search], providers: set[str], study: Mapping[str, Any] | None
) -> Search:
    """The search with the network of its features, and what it provides to `others`."""
    name = search.family.name
    linked = replace(
        search,
        provides_features=name in providers,
        required_baselines=feature_dependencies.required_baselines(others, name),
        source=feature_dependencies.recorded_source(name, study),
    )
    return feature_dependencies.admit_baselines(linked)


def slots(config: StudyConfig, cores: int, gpus: float) -> int:
    """The number of trials that run at once: as asked, at most as many as fit."""
    if config.cpus_per_trial > cores:
        raise UserError(f"--cpus-per-trial {config.cpus_per_trial}: there are {cores} cores")
    if config.gpus_per_trial > gpus:
        raise UserError(f"--gpus-per-trial {config.gpus_per_trial:g}: there are {gpus:g} GPUs")
    by_gpu = gpus / config.gpus_per_trial if config.gpus_per_trial else cores
    # `gpus` may be infinite where they are not counted yet
    fit = int(max(1, min(cores // config.cpus_per_trial, by_gpu)))
    return min(config.concurrency or fit, fit)


def _plan_search(asked: SearchConfig, family: Family, dataset: Dataset) -> Search:
    """The search that `asked` describes, without its links to other searches."""
    check_installed(asked.searcher)
    _check_baselines(family)
    metrics = asked.metric or (family.metric,)
    max_resource = asked.max_resource or family.max_resource
    baselines = _asked_baselines(asked, family)
    features = feature_dependencies.features_of(asked, family, dataset)
    narrowed = narrowing.narrow(family, asked.set, asked.space)
    fixed = _fixed(family, metrics, narrowed)
    left_out = _left_out(baselines, family, features, fixed, dataset)
    space = _reachable(family, narrowed, max_resource, {*asked.set, *asked.space}, dataset)
    if asked.trials and family.infeasible_reason is not always_feasible:
        _refuse_infeasible(family, space, dataset)
    ladder = SCHEDULERS[asked.scheduler].ladder(max_resource, asked.reduction_factor)
    return Search(
        target=asked.family,
        family=family,
        asked=asked,
        space=space,
        baselines=[
            (each, min(each.resource, asked.max_resource or each.resource))
            for each in baselines
            if each.name not in left_out
        ],
        left_out=left_out,
        metrics=metrics,
        max_resource=max_resource,
        ladder=ladder if len(metrics) == 1 else [],
        features=features,
    )


def _left_out(
    baselines: Sequence[Baseline],
    family: Family,
    features: str,
    fixed: Mapping[str, Value],
    dataset: Dataset,
) -> dict[str, str]:
    """By name, why baselines cannot be run in this search."""
    reasons = {}
    for baseline in baselines:
        reason = (
            feature_dependencies.other_features(baseline, features)
            or family.infeasible_reason(baseline.config, dataset)
            or _incomparable(baseline.config, fixed)
        )
        if reason:
            reasons[baseline.name] = reason
    return reasons


def _reachable(
    family: Family, space: Space, limit: int, given: Container[str], dataset: Dataset
) -> Space:
    """The space without values that no trial of `limit` steps, or on these data, can reach."""
    ends = f"a trial ends at --max-resource {limit}; raise that"
    space = narrowing.up_to(space, family.resource_parameter, limit, given, ends)
    for name, most in family.upper_bounds(space, dataset).items():
        space = narrowing.up_to(space, name, most, given, f"these images admit {most} at most")
    return space


def _fixed(family: Family, metrics: Sequence[str], space: Space) -> dict[str, Value]:
    """The values of parameters that must be equal for the objective to be comparable.

    Raises a `UserError` if one may take several values, or if the metric is no objective. With
    several objectives both are allowed: inertia and the number of clusters have a Pareto front.
    """
    if len(metrics) > 1:
        return {}
    names = [name for name in row_of(metrics[0]).comparable_within if name in space]
    values = {name: _admitted(space[name]) for name in names}
    several = [name for name in names if len(values[name]) > 1]
    others = ", ".join(
        each for each in family.metrics if each in METRICS and METRICS[each].ranks_any
    )
    if not row_of(metrics[0]).alone:
        raise UserError(f"{metrics[0]} alone is no objective of {family.name}, allowed: {others}")
    if several:
        raise UserError(
            f"{metrics[0]} cannot be compared between values of {several[0]}: --set {several[0]}=N,"
            f" or rank by {others}"
        )
    return {name: values[name][0] for name in names}


def _admitted(parameter: Parameter) -> list[Value]:
    """Up to two values that a search may propose."""
    space = {"value": replace(parameter, when={})}
    return [config["value"] for config in proposals.grid(space, points=2)][:2]


def _incomparable(config: Config, fixed: Mapping[str, Value]) -> str | None:
    """Why the objective of a baseline cannot be compared with those of other trials, or None."""
    differ = [
        f"{name} = {config.get(name)}, not {value}"
        for name, value in fixed.items()
        if config.get(name) != value
    ]
    return f"the objective cannot be compared: {', '.join(differ)}" if differ else None


def _asked_baselines(asked: SearchConfig, family: Family) -> list[Baseline]:
    """The baselines that the user asks for: all, none, or those named."""
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


def _refuse_infeasible(family: Family, space: Space, dataset: Dataset) -> None:
    """Raise a `UserError` if these data admit none of a handful of proposals."""
    study = optuna.create_study(sampler=optuna.samplers.RandomSampler(seed=0))
    reasons = [
        family.infeasible_reason(proposals.propose(space, study.ask()), dataset) for _ in range(20)
    ]
    if all(reasons):
        raise UserError(f"{family.name} cannot be searched on {dataset.name}: {reasons[0]}")
