"""Chained searches: where one search's best network makes the features of another.

`--features autoencoder` takes the best autoencoder of the same study, whose search then runs first,
and `--features autoencoder:OTHER` that of another study. That study must have been run on the same
images, split the same way: else its training images might be our validation images. Of the trials
whose models are kept, the
best that was fitted on training images alone is taken; where only baselines run, the one whose
network they name, which is then kept for them. It is exported once into the dependent study's
folder, `sources/`, and recorded in its study.json as an `Origin`; from then on the features do not
change, whatever comes of the study that it is from.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any, TypeVar

from hypersearch.clustering.features import feature_spec
from hypersearch.models.api import Baseline, Family
from hypersearch.models.data.datasets import Dataset
from hypersearch.models.errors import UserError, unknown
from hypersearch.search.config.settings import SearchConfig, StudyConfig
from hypersearch.search.config.study_files import feature_takers
from hypersearch.search.storage.study import Study, load_all

if TYPE_CHECKING:
    from hypersearch.search.planned_search import Search
from hypersearch.search.planned_search import TRAIN, Origin

Some = TypeVar("Some", bound="Search")


def features_of(asked: SearchConfig, family: Family, dataset: Dataset) -> str:
    """What the search is fitted on, in one spelling; empty for a family that takes no features."""
    if not family.takes_features:
        if asked.features is not None:
            takers = ", ".join(feature_takers())
            raise UserError(
                f"{family.name} takes no features, got {asked.features!r}; families that do:"
                f" {takers}"
            )
        return ""
    features = feature_spec.spelled(asked.features or "raw")
    feature_spec.check(features, dataset.shape[0] * dataset.shape[1], len(dataset.x_train))
    return features


def other_features(baseline: Baseline, features: str) -> str | None:
    """Why a baseline is left out of a search on `features`: it is one on others; or None."""
    if not baseline.features or feature_spec.kind(baseline.features) == feature_spec.kind(features):
        return None
    return f"it is of --features {baseline.features}, this search of {feature_spec.kind(features)}"


def required_baseline(search: Search) -> str:
    """The baseline whose network makes the features of a search; empty for the best network.

    It is the one that the search's own baselines name, where nothing else is searched.
    """
    named = [baseline.network for baseline, _ in search.baselines if baseline.network]
    return named[0] if named and not search.asked.trials else ""


def admit_baselines(search: Some) -> Some:
    """The search without the baselines that need another network than its `source`."""
    origin = search.source
    if origin is None:
        return search
    left_out = dict(search.left_out)
    admitted = []
    for baseline, resource in search.baselines:
        if baseline.network in ("", origin.name):
            admitted.append((baseline, resource))
        else:
            network = f"{origin.family} {baseline.network}'s network"
            left_out[baseline.name] = f"it is of {network}, this search of {origin.label}'s"
    return replace(search, baselines=admitted, left_out=left_out)


def feature_providers(config: StudyConfig, families: Sequence[Family]) -> set[str]:
    """The families whose best networks make features for other searches of the study.

    Raises a `UserError` if such a family is not searched, or keeps no model.
    """
    steps = [feature_spec.network(asked.features) for asked in config.searches if asked.features]
    providers = {step.kind for step in steps if step and not step.study}
    for name in sorted(providers - {family.name for family in families}):
        raise UserError(
            f"features: {name} needs a search of {name} in the same study, or {name}:STUDY for one"
            f" of another; to search it here, name {name} among the targets"
        )
    if providers and not config.keep_models:
        raise UserError(
            "features: a network of the same study needs its model kept, got --keep-models 0"
        )
    return providers


def check_others(searches: Sequence[Search], config: StudyConfig, dataset: Dataset) -> None:
    """Check the networks of other studies that make features.

    Raises a `UserError` for one that is missing or was fitted on other images. One that was
    exported before is in this study's own folder, and is not checked.
    """
    for search in searches:
        step = feature_spec.network(search.features) if search.features else None
        if step and step.study and not search.source:
            check_same_split(other_study(config, step), step, dataset)


def other_study(config: StudyConfig, step: feature_spec.FeatureStep) -> Study:
    """The study that a network is taken from."""
    study = load_all(config.out, [step.study])[0]
    families = [search["family"] for search in study.facts["searches"]]
    if step.kind not in families:
        raise unknown(f"family in study {step.study!r}", step.kind, families)
    return study


def check_same_split(study: Study, step: feature_spec.FeatureStep, dataset: Dataset) -> None:
    """Raise a `UserError` unless both have the same training and validation images."""
    theirs = study.facts["dataset"]
    if theirs["digest"] != dataset.digest:
        config = study.facts["config"]
        limit = f", --max-samples {config['max_samples']}" if config.get("max_samples") else ""
        raise UserError(
            f"features: {step}:{study.name} was fitted on other images or another split"
            f" ({theirs['name']}{limit}, seed {study.facts['seed']}): its training images may be"
            " validation images here; use the same --dataset, --max-samples and --seed"
        )


def sort_by_dependency(searches: Sequence[Some]) -> list[Some]:
    """Those first that need no other search of the study; else as they were."""
    return sorted(searches, key=lambda search: source_family(search.features) is not None)


def source_family(features: str) -> str | None:
    """The family of the same study that features come from, or None."""
    step = feature_spec.network(features) if features else None
    return step.kind if step and not step.study else None


def required_baselines(searches: Sequence[Search], family: str) -> tuple[str, ...]:
    """The baselines of a family whose networks other searches of the study want."""
    return tuple(
        dict.fromkeys(
            required_baseline(each)
            for each in searches
            if source_family(each.features) == family and required_baseline(each)
        )
    )


def recorded_source(family: str, study: Mapping[str, Any] | None) -> Origin | None:
    """The source that a study.json has recorded of one of its searches."""
    searches = study["searches"] if study else []
    return next(
        (Origin(**s["source"]) for s in searches if s["family"] == family and "source" in s), None
    )


def recorded_sources(study: Mapping[str, Any]) -> list[Origin]:
    """Those of all searches in a study.json."""
    return [Origin(**search["source"]) for search in study["searches"] if "source" in search]


def only_on_train(params: Mapping[str, Any]) -> bool:
    """True if a configuration is fitted on training images alone."""
    return bool(params.get("fit_on", TRAIN) == TRAIN)
