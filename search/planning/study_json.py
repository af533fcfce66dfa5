"""What study.json says of a study and of its searches."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from sqlalchemy.engine import make_url

from hypersearch.models.data.datasets import Dataset
from hypersearch.search.config.settings import StudyConfig
from hypersearch.search.planned_search import Search
from hypersearch.search.planning import environment
from hypersearch.search.schedulers.registry import SCHEDULERS
from hypersearch.search.space import description


def describe_study(
    config: StudyConfig, searches: Sequence[Search], dataset: Dataset
) -> dict[str, Any]:
    """study.json: the configuration as run, and all that is needed to run it again."""
    return {
        "name": config.name,
        "folder": str((config.out / config.name).resolve()),
        "config": {
            **config.model_dump(mode="json"),
            "storage": without_password(config.storage_url),
        },
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
        "versions": environment.versions(),
        "git_revision": environment.git_revision(),
        "hardware": environment.hardware(),
        "started": environment.now(),
        "ended": None,
        "interrupted": False,
    }


def without_password(url: str) -> str:
    """A database URL as it may be shown."""
    return make_url(url).render_as_string(hide_password=True)


def describe_search(search: Search) -> dict[str, Any]:
    """What study.json says of a search."""
    return {
        "family": search.family.name,
        "target": search.target,
        "metric": search.metric,
        "mode": search.mode,
        "objectives": dict(zip(search.metrics, search.modes, strict=True)),
        "resource": search.family.resource,
        "max_resource": search.max_resource,
        "rungs": search.ladder,
        "searcher": search.asked.searcher,
        "scheduler": search.asked.scheduler,
        "stops_early": SCHEDULERS[search.asked.scheduler].stops_early and len(search.metrics) == 1,
        "trials": search.asked.trials,
        "space": description.to_record(search.space),
        "baselines": [
            {**asdict(baseline), "resource": limit} for baseline, limit in search.baselines
        ],
        "left_out": search.left_out,
        **{
            key: value
            for key, value in (
                ("features", search.features),
                ("resource_parameter", search.family.resource_parameter),
            )
            if value
        },
        **({"source": asdict(search.source)} if search.source else {}),
    }
