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

EVIDENCE = {
    "best": "best.json",
    "baselines": "baseline.json",
    "winners": "winner.json",
}  # by folder of the study


def write_test_columns(
    folder: Path, figures: Mapping[tuple[str, int], Mapping[str, float]]
) -> None:
    """Put the figures into the rows of trials.csv, in place of those of an earlier confirmation."""
    columns, rows = read_csv(folder / "trials.csv")
    columns = [column for column in columns if not column.startswith("test.")]
    columns += dict.fromkeys(column for row in figures.values() for column in row)
    kept = [
        {key: value for key, value in row.items() if not key.startswith("test.")} for row in rows
    ]
    write_csv(
        folder / "trials.csv",
        columns,
        [{**r, **figures.get((r["family"], int(r["trial"])), {})} for r in kept],
    )


def write_evidence(
    folder: Path, task: Retraining, result: Mapping[str, Any], study: Study, dataset: Dataset
) -> None:
    """What was trained and its figures, and test.npz: its predictions on the test images, or its
    codes and so on.
    """
    folder.mkdir(parents=True, exist_ok=True)
    facts = {"study": study.name, "family": task.family, "trial": task.trial, "config": task.params}
    fitted = {"whole": task.whole, "limit": task.max_resource, "seed": task.seed}
    images = {"dataset": dataset.name, "digest": dataset.digest}
    why = {"chosen_by": task.chosen_by} if task.chosen_by else {}
    kind = folder.relative_to(study.folder.resolve()).parts[0]
    write_json(
        folder / EVIDENCE[kind], {**facts, **fitted, **images, **why, "test": result["metrics"]}
    )
    with write_beside(folder / "test.npz") as temporary:
        np.savez_compressed(temporary, **result["artifacts"])
