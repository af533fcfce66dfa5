"""What a confirmation leaves: columns `test.*` of trials.csv, and the arrays of its models."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from hypersearch.models.data.datasets import Dataset
from hypersearch.models.files import write_beside
from hypersearch.search.engine.retraining import Retraining
from hypersearch.search.storage.files import read_csv, write_csv, write_json
from hypersearch.search.storage.study import Study

# the file that describes a retrained model, by the folder of the study that holds it
DESCRIPTION_FILES = {
    "best": "best.json",
    "baselines": "baseline.json",
    "winners": "winner.json",
}


def write_test_columns(
    folder: Path, figures: Mapping[tuple[str, int], Mapping[str, float]]
) -> None:
    """Replace the `test.*` columns of trials.csv by `figures`, which are by family and trial."""
    path = folder / "trials.csv"
    columns, rows = read_csv(path)
    columns = [column for column in columns if not column.startswith("test.")]
    columns += dict.fromkeys(column for row in figures.values() for column in row)
    written = []
    for row in rows:
        others = {key: value for key, value in row.items() if not key.startswith("test.")}
        written.append({**others, **figures.get((row["family"], int(row["trial"])), {})})
    write_csv(path, columns, written)


def write_evidence(
    folder: Path, task: Retraining, result: Mapping[str, Any], study: Study, dataset: Dataset
) -> None:
    """Write what was trained with its scores, and test.npz: its predictions or codes on test."""
    folder.mkdir(parents=True, exist_ok=True)
    facts = {
        "study": study.name,
        "family": task.family,
        "trial": task.trial,
        "config": task.params,
        "whole": task.whole,
        "limit": task.max_resource,
        "seed": task.seed,
        "dataset": dataset.name,
        "digest": dataset.digest,
        **({"chosen_by": task.chosen_by} if task.chosen_by else {}),
        "test": result["metrics"],
    }
    kind = folder.relative_to(study.folder.resolve()).parts[0]
    write_json(folder / DESCRIPTION_FILES[kind], facts)
    with write_beside(folder / "test.npz") as temporary:
        np.savez_compressed(temporary, **result["artifacts"])
