"""Which trial, of all studies in a folder, stands for a report's configuration, and which does the
same task best.

Shape suffixes: n test images, k clusters.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from hypersearch.analysis.reproduced.planes import PICTURES, code_separation, pictures
from hypersearch.analysis.reproduced.schema import Best, Cell
from hypersearch.analysis.study.evaluation_artifacts import ModelArtifacts, of_baseline
from hypersearch.models.api import Value
from hypersearch.search.storage.study import Study, is_missing

MOST_SIZES = 5  # clusters, the largest first, of which the size is told


@dataclass(frozen=True)
class Target:
    """A report's configuration, and how it is run: what a trial must be to stand for it.

    name: the baseline's; empty: a trial that was searched for. resource: of the whole training.
    dataset, max_samples, seed: as in the study's configuration. features: without a study, empty
    for families that take none; network: the baseline of whose network they are. unit: of the
    resource. figures: what the report says it reached.
    """

    family: str
    name: str
    config: Mapping[str, Value]
    resource: int
    dataset: str
    max_samples: int | None = None
    seed: int = 0
    features: str = ""
    network: str = ""
    unit: str = "steps"
    shortened: bool = False  # trained for less than in the report
    figures: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True)
class Match:
    """A trial that stands for a report's configuration, or that does the same task best."""

    study: Study
    row: Mapping[Any, Any]

    @property
    def where(self) -> tuple[str, str, int]:
        """Study, family and number of the trial."""
        return self.study.name, str(self.row["family"]), int(self.row["trial"])

    @property
    def confirmed(self) -> bool:
        """True if it was judged on the test images."""
        return any(
            str(name).startswith("test.") and not is_missing(value)
            for name, value in self.row.items()
        )

    @cached_property
    def history(self) -> pd.DataFrame:
        """Its steps in order; columns as in history.csv."""
        _, family, number = self.where
        steps = self.study.history
        if steps.empty:
            return steps
        return steps[(steps["family"] == family) & (steps["trial"] == number)].sort_values("step")

    @cached_property
    def evidence(self) -> ModelArtifacts | None:
        """Its arrays on the test images, if it was confirmed."""
        return of_baseline(self.study, *self.where[1:], str(self.row["name"]))

    @cached_property
    def pictures(self) -> Mapping[str, Mapping[str, float]]:
        """The scores of R1's pictures by name."""
        return pictures(self.study, *self.where[1:], str(self.row["name"]))

    def figure(self, key: str) -> Cell:
        """The figure of this name (`Column.key`); None if it is not there."""
        if key in _OF_EVIDENCE:
            return _OF_EVIDENCE[key](self)
        picture, colon, score = key.partition(":")
        if colon and picture in PICTURES:
            return self.pictures.get(picture, {}).get(score)
        name, at, step = key.partition("@")
        value = None if at else self.row.get(name)
        return _plain(self._told(name, int(step) if at else None) if is_missing(value) else value)

    def _told(self, name: str, step: int | None) -> Any:
        """What the trial told of after a step, or at last."""
        if name not in self.history or self.history.empty:
            return None
        steps = self.history if step is None else self.history[self.history["step"] == step]
        return steps[name].iloc[-1] if len(steps) else None


def _plain(value: Any) -> Cell:
    return None if is_missing(value) else float(value)


def _array(found: Match, name: str) -> NDArray[Any] | None:
    return found.evidence.arrays[name] if found.evidence and found.evidence.has(name) else None


def _sizes(found: Match) -> Cell:
    size_k = _array(found, "sizes")
    if size_k is None:
        return None
    sizes = [f"{size:,}" for size in sorted(map(int, size_k), reverse=True) if size]
    return " / ".join(sizes[:MOST_SIZES]) + (
        f" and {len(sizes) - MOST_SIZES} more" if len(sizes) > MOST_SIZES else ""
    )


def _noise(found: Match) -> Cell:
    labels_n = _array(found, "labels")
    return None if labels_n is None else int(np.count_nonzero(labels_n < 0))


def _elbow(found: Match) -> Cell:
    elbow = _array(found, "elbow")
    return None if elbow is None else f"{float(elbow):.1f}"


def _code_knn(found: Match) -> Cell:
    return code_separation(found.study, *found.where[1:], str(found.row["name"])).get(
        "knn_accuracy"
    )


_OF_EVIDENCE: Mapping[str, Callable[[Match], Cell]] = {
    "sizes": _sizes,
    "noise": _noise,
    "elbow": _elbow,
    "code_knn": _code_knn,
}


def find(
    studies: Iterable[Study], wanted: Target, own: Callable[[str], bool] = lambda name: False
) -> Match | None:
    """The complete trial that is as wanted: a confirmed one before one of the studies that are
    `own` by name; or None.

    Trials of other people's studies that were not confirmed are passed over, so that nobody's test
    images are read for this.
    """
    there = [Match(study, row) for study in studies for row in _alike(study, wanted)]
    usable = [each for each in there if each.confirmed or own(each.study.name)]
    return min(usable, key=lambda each: not each.confirmed, default=None)


def _alike(study: Study, wanted: Target) -> Iterator[Mapping[Any, Any]]:
    """The rows of trials.csv that are as wanted."""
    search = next(
        (each for each in study.facts["searches"] if each["family"] == wanted.family), None
    )
    if not search or not _same_images(study, wanted) or not _same_features(search, wanted):
        return
    lengths = {each["name"]: each.get("resource") for each in search["baselines"]}
    trials = study.trials[
        (study.trials["family"] == wanted.family) & (study.trials["name"] == wanted.name)
    ]
    for row in trials[trials["state"] == "COMPLETE"].to_dict("records"):
        length = lengths.get(wanted.name) if wanted.name else row["resource"]
        if length == wanted.resource and _same_config(row, wanted.config):
            yield row


def _same_images(study: Study, wanted: Target) -> bool:
    config = study.facts.get("config", {})
    mine = config.get("dataset"), config.get("max_samples"), study.facts.get("seed")
    return mine == (wanted.dataset, wanted.max_samples, wanted.seed)


def _same_features(search: Mapping[str, Any], wanted: Target) -> bool:
    features = re.sub(r"(autoencoder|vae|cnn)(@\w+)?:[^,]+", r"\1\2", search.get("features", ""))
    network = search.get("source", {}).get("name", "")
    return features == wanted.features and wanted.network in ("", network)


def _same_config(row: Mapping[Any, Any], config: Mapping[str, Value]) -> bool:
    return all(str(row.get(f"param.{name}")) == str(value) for name, value in config.items())


def best(studies: Iterable[Study], task: Best, like: Target, ours: Sequence[Match]) -> Match | None:
    """Of the searched trials that do a task on the same images the best on validation, confirmed
    ones first; or None.

    Baselines and `ours` are left out.
    """
    taken = {each.where for each in ours}
    there = [
        Match(study, row)
        for study in studies
        if _same_images(study, like)
        for row in study.trials[
            (study.trials["name"] == "") & (study.trials["state"] == "COMPLETE")
        ].to_dict("records")
    ]
    same = [each for each in there if each.where not in taken and _does(each.row, task)]
    sign = -1 if task.mode == "max" else 1
    return min(
        same,
        key=lambda each: (not each.confirmed, sign * each.row[f"val.{task.metric}"]),
        default=None,
    )


def _does(row: Mapping[Any, Any], task: Best) -> bool:
    if row["family"] not in task.families or is_missing(row.get(f"val.{task.metric}")):
        return False
    small = all(
        not is_missing(row.get(name)) and row[name] <= most for name, most in task.at_most.items()
    )
    return small and all(row.get(name) == value for name, value in task.equal.items())
