"""What others have published on the same data, to stand beside our trials.

The reports R1 to R5 say what their own configurations reached; these figures are kept with the
baselines, and so in study.json. Here are the ceilings and peers: other people's models on
Fashion-MNIST, each with its source.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import pandas as pd

from hypersearch.analysis.comparison.groups import reported
from hypersearch.analysis.study.ranking import objectives
from hypersearch.models.api import TRIAL_COLUMNS
from hypersearch.models.metrics import mode_of, row_of
from hypersearch.search.storage.study import Study, is_missing

COLUMNS = ("published", "difference", "published_source")  # that `with_published` adds

KINDS: Mapping[str, str] = {
    "v_measure": "clustering",
    "elbo": "generation",
    "mse": "reconstruction",
    "accuracy": "classification",
}
"""What a search is for, by the first of these metrics that its trials tell of."""


@dataclass(frozen=True)
class Published:
    """A figure that somebody has published.

    task: what was done. metric: as in trials.csv. source: where it stands. kind: one of `KINDS`.
    families: those whose models are of the same sort; none: of no sort here. when: columns of a
    trial that must have these values, without which it does not compare (a code's size, the number
    of clusters).
    """

    task: str
    dataset: str
    metric: str
    value: float
    source: str
    kind: str
    families: tuple[str, ...] = ()
    when: Mapping[str, float] = field(default_factory=dict)


class Beside(NamedTuple):
    """What stands beside a trial: the published value, and how far the trial's own figure, in
    `column`, lies above it.

    The difference is of figures as they are: where less is better, a negative one is good. `column`
    may be a figure on validation where the published one is on test.
    """

    value: float
    difference: float
    column: str
    source: str


def _classified(task: str, value: float, source: str, *families: str) -> Published:
    return Published(
        task, "fashion-mnist", "test.accuracy", value, source, "classification", families
    )


def _clustered(task: str, accuracy: float, nmi: float, source: str) -> tuple[Published, Published]:
    fixed: Any = {"source": source, "kind": "clustering", "when": {"val.clusters": 10}}
    return (
        Published(task, "fashion-mnist", "test.hungarian_accuracy", accuracy, **fixed),
        Published(task, "fashion-mnist", "test.nmi", nmi, **fixed),
    )


def _pca(code: int, mse: float) -> Published:
    return Published(
        task=f"principal components, {code}",
        dataset="fashion-mnist",
        metric="test.mse",
        value=mse,
        source="measured on these files",
        kind="reconstruction",
        families=("autoencoder",),
        when={"param.code": code},
    )


PUBLISHED: tuple[Published, ...] = (
    _classified(
        "random forest, 100 trees, entropy, depth 100",
        0.873,
        "arXiv 1708.07747, table 3",
        "random_forest",
    ),
    _classified("SVC rbf, C = 10", 0.897, "arXiv 1708.07747, table 3", "linear_svm"),
    _classified("gradient boosting, 100 trees, depth 10", 0.880, "arXiv 1708.07747, table 3"),
    _classified(
        "2 convolutions, < 100 K parameters", 0.925, "dataset README, community table", "cnn"
    ),
    _classified("DenseNet-BC, 174 K parameters", 0.939, "dataset repository, issue 153", "cnn"),
    _classified("Google AutoML, 24 compute hours", 0.939, "dataset README, community table", "cnn"),
    _classified(
        "JAHS-Bench-201, random search",
        0.9509,
        "jahs_bench_201 leaderboards, chosen by validation",
        "cnn",
    ),
    _classified(
        "JAHS-Bench-201, Hyperband",
        0.9518,
        "jahs_bench_201 leaderboards, chosen by validation",
        "cnn",
    ),
    _classified("DenseNet-BC, 768 K parameters", 0.954, "dataset README, community table", "cnn"),
    _classified("Wide ResNet 40-4", 0.967, "dataset README, community table", "cnn"),
    *_clustered("N2D, k = 10", 0.672, 0.684, "arXiv 1908.05968"),
    *_clustered("DECS, k = 10", 0.642, 0.716, "arXiv 2401.15989"),
    *(_pca(code, mse) for code, mse in ((2, 0.0461), (10, 0.0244), (32, 0.0152), (64, 0.0104))),
    Published(
        task="VAE, 32 latent dimensions",
        dataset="fashion-mnist",
        metric="test.elbo",
        value=-247.2,
        source=(
            "published notebook, 247.2 nats an image; the pixels' own entropy, 189.9, is the floor"
        ),
        kind="generation",
        families=("vae",),
        when={"param.latent": 32},
    ),
)


def for_search(study: Study, family: str) -> list[Published]:
    """The figures of the same task as a search, on the same data: those of the same sort of model
    first, then the best.

    Of another task, or of other data, none.
    """
    kind, name = _kind(study, family), study.facts["dataset"]["name"]
    found = [each for each in PUBLISHED if (each.dataset, each.kind) == (name, kind)]
    return sorted(found, key=lambda each: (family not in each.families, _cost(each)))


def beside(
    study: Study, family: str, row: Mapping[str, Any], metric: str | None = None
) -> Beside | None:
    """What was published for the ranked metric, and how far a trial is from it.

    `row`: of `Study.trials`. `metric`: default the objective. A baseline has its report's own
    figure, if that is on the same data; any other trial the best figure of the same task, of the
    same sort of model if there is one.
    """
    metric = (
        (metric or next(iter(objectives(study, family)))).removeprefix("val.").removeprefix("test.")
    )
    return _found(_reports(study, family), for_search(study, family), row, metric)


def with_published(study: Study, family: str, ranked: pd.DataFrame) -> pd.DataFrame:
    """The trials with `COLUMNS`: what stands beside the objective of each complete one; without,
    where there is none.

    A trial that was stopped early or failed has a figure of less resource, or none: nothing is held
    against it.
    """
    metric = next(iter(objectives(study, family)))
    reports, candidates = _reports(study, family), for_search(study, family)
    found = [
        _found(reports, candidates, row, metric) if row["state"] == "COMPLETE" else None
        for row in ranked.to_dict("records")
    ]
    if not any(found):
        return ranked
    table = ranked.copy()
    kept = [
        (each.value, round(each.difference, 10), each.source) if each else (None, None, None)
        for each in found
    ]
    for place, (name, values) in enumerate(
        zip(COLUMNS, zip(*kept, strict=True), strict=True), start=len(TRIAL_COLUMNS)
    ):
        table.insert(place, name, list(values))
    return table


def _found(
    reports: Sequence[Mapping[str, Any]],
    candidates: Sequence[Published],
    row: Mapping[Any, Any],
    metric: str,
) -> Beside | None:
    figures, source = _own(reports, str(row["name"]))
    for theirs, ours in (("test", "test"), ("val", "val"), ("test", "val")):
        if f"{theirs}.{metric}" in figures and not is_missing(row.get(f"{ours}.{metric}")):
            return _beside(row, f"{ours}.{metric}", figures[f"{theirs}.{metric}"], source)
    best = _best(candidates, row, metric)
    return best and _beside(row, *best)


def _beside(row: Mapping[Any, Any], column: str, value: float, source: str) -> Beside:
    return Beside(value, float(row[column]) - value, column, source)


def _reports(study: Study, family: str) -> list[Mapping[str, Any]]:
    """The baselines of a search whose reports are on its data."""
    name = study.facts["dataset"]["name"]
    return [each for each in study.search(family)["baselines"] if each.get("dataset") == name]


def _own(reports: Sequence[Mapping[str, Any]], name: str) -> tuple[Mapping[str, float], str]:
    """The figures of a baseline's source, and the source."""
    for baseline in reports:
        if name and baseline["name"] == name:
            return baseline.get("figures", {}), str(baseline["source"])
    return {}, ""


def _best(
    candidates: Sequence[Published], row: Mapping[Any, Any], metric: str
) -> tuple[str, float, str] | None:
    """The column of the trial, the best figure that it may be held against, and its source."""
    column = next(
        (c for c in (f"test.{metric}", f"val.{metric}") if not is_missing(row.get(c))), None
    )
    theirs = f"test.{row_of(metric).same_as or metric}"
    for each in candidates:
        if (
            column
            and each.metric == theirs
            and all(row.get(name) == value for name, value in each.when.items())
        ):
            return column, each.value, f"{each.task}: {each.source}"
    return None


def _cost(each: Published) -> float:
    """Less is better."""
    return -each.value if mode_of(each.metric.partition(".")[2]) == "max" else each.value


def _kind(study: Study, family: str) -> str | None:
    """What a search is for, by what its trials tell of; before the first one, by its objective."""
    told = reported(study, family) or set(objectives(study, family))
    return next((kind for metric, kind in KINDS.items() if metric in told), None)
