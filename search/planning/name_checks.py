"""Refuses unknown names in a study's settings before anything slow is loaded."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from hypersearch.clustering.features import feature_spec
from hypersearch.models.api import Family
from hypersearch.models.data.datasets import check_name
from hypersearch.models.errors import UserError, unknown
from hypersearch.models.metrics import mode_of
from hypersearch.search.config.settings import SearchConfig, StudyConfig
from hypersearch.search.config.study_files import build
from hypersearch.search.families import find
from hypersearch.search.space import narrowing


def configured(targets: Sequence[str], options: Mapping[str, Any]) -> StudyConfig:
    """The study of `targets` and `options`; a `UserError` if one of its names is unknown."""
    config = build(targets, options)
    refuse_unknown(config, [find(search.family, config.home) for search in config.searches])
    return config


def refuse_unknown(config: StudyConfig, families: Sequence[Family]) -> None:
    """Raise a `UserError` for the first name that is unknown.

    `families`: those of the study's searches, in their order. Values of parameters are checked as
    well.
    """
    names = [family.name for family in families]
    if len(set(names)) < len(names):
        raise UserError(
            f"two families have the same name, got {', '.join(names)}; a study holds one search a"
            " name"
        )
    narrowing.check_names(
        list(families), [name for asked in config.searches for name in (*asked.set, *asked.space)]
    )
    _check_baseline_names(config.searches, families)
    check_name(config.dataset)
    for asked, family in zip(config.searches, families, strict=True):
        _check_metrics(asked, family)
        narrowing.narrow(family, asked.set, asked.space)
        feature_spec.parse(asked.features or "raw")


def _check_metrics(asked: SearchConfig, family: Family) -> None:
    for metric in asked.metric or (family.metric,):
        if metric not in family.metrics:
            raise unknown(f"metric of {family.name}", metric, family.metrics)
        mode_of(metric)  # what is not registered has no direction


def _check_baseline_names(asked: Sequence[SearchConfig], families: Sequence[Family]) -> None:
    """Raise a `UserError` for a name that is no baseline of any of the families."""
    names = list(
        dict.fromkeys(baseline.name for family in families for baseline in family.baselines)
    )
    for name in (name for search in asked for name in search.only_baselines or ()):
        if name not in names:
            raise unknown(
                f"baseline of {', '.join(family.name for family in families)}", name, names
            )
