"""What `confirm` has left of a winner in the study folder: its figures, arrays by name, and the
images they are of.

Shape suffixes: n test images.
"""

from __future__ import annotations

import json
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from hypersearch.models.data import datasets
from hypersearch.models.data.datasets import Dataset
from hypersearch.models.errors import UserError
from hypersearch.search.storage.study import Study

Arrays: TypeAlias = Mapping[str, NDArray[Any]]


@dataclass(frozen=True)
class ModelArtifacts:
    """`facts`: best.json, with the figures on test under "test"; `arrays`: test.npz."""

    facts: Mapping[str, Any]
    arrays: Arrays

    def has(self, *names: str) -> bool:
        """True if there are arrays of all these names."""
        return set(names) <= set(self.arrays)


def of_winner(study: Study, family: str, *names: str) -> ModelArtifacts | None:
    """The evidence of a search's winner; None if it is not confirmed, cannot be read, or lacks one
    of `names`.
    """
    found = _read(study.folder / "best" / family / "best.json")
    return found if found and found.has(*names) else None


def of_baseline(study: Study, family: str, trial: int, name: str) -> ModelArtifacts | None:
    """The evidence of a baseline by trial number and name, winner or not; None if there is none
    that can be read.
    """
    best = _read(study.folder / "best" / family / "best.json")
    if best and best.facts.get("trial") == trial:
        return best
    return _read(study.folder / "baselines" / family / name / "baseline.json") if name else None


def _read(path: Path) -> ModelArtifacts | None:
    """What stands in a file of facts and in the test.npz beside it."""
    try:
        facts = json.loads(path.read_text(encoding="utf-8"))
        with (
            path.with_name("test.npz").open("rb") as file,
            np.load(file, allow_pickle=False) as stored,
        ):
            return ModelArtifacts(facts, {name: stored[name] for name in stored.files})
    except (OSError, ValueError, EOFError, zipfile.BadZipFile):
        return None


def class_names(study: Study, at_least: int = 0) -> tuple[str, ...]:
    """The names of the study's classes; further ones, up to `at_least`, have their number for a
    name.
    """
    names = [str(name) for name in study.facts["dataset"].get("classes", ())]
    return (*names, *map(str, range(len(names), at_least)))


def truth(study: Study, evidence: ModelArtifacts) -> NDArray[np.int64] | None:
    """The classes of the test images, int64 (n,): kept with the evidence, or else from the data set
    if it is there.
    """
    if evidence.has("truth"):
        return evidence.arrays["truth"].astype(np.int64)
    dataset = images_of(study)
    return dataset.y_test if dataset else None


def images_of(study: Study) -> Dataset | None:
    """The study's data set, with its test images; None if its files are not there, or are no longer
    what they were.

    Nothing is downloaded.
    """
    config = study.facts.get("config", {})
    asked = (
        config.get("dataset"),
        config.get("data_dir"),
        config.get("max_samples"),
        study.facts.get("seed", 0),
    )
    try:
        dataset = _loaded(*asked) if asked[0] else None
    except (UserError, OSError, ValueError):
        return None
    return dataset if dataset and dataset.digest == study.facts["dataset"].get("digest") else None


@lru_cache(maxsize=1)
def _loaded(name: str, data_dir: str | None, limit: int | None, seed: int) -> Dataset:
    if name in datasets.NAMES and datasets.where(name, data_dir) is None:
        raise UserError(f"the files of {name} are not there")
    return datasets.load_dataset(name, data_dir, limit, seed)
