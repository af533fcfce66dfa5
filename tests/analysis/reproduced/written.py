"""Study folders that are written by hand, as a search and `confirm` leave them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

import hypersearch
from hypersearch.search.storage.files import write_json
from hypersearch.search.storage.study import Study

IMAGES = {
    "name": "fashion-mnist",
    "train": 48_000,
    "validation": 12_000,
    "test": 10_000,
    "digest": "x",
    "classes": [],
}


def search(
    family: str, lengths: dict[str, int], features: str = "", network: str = "", **more: Any
) -> dict[str, Any]:
    """What study.json says of one; `lengths`: by baseline its resource."""
    facts: dict[str, Any] = {
        "family": family,
        "target": family,
        "trials": 0,
        "max_resource": 9,
        "resource": "steps",
    }
    facts |= {"baselines": [{"name": name, "resource": length} for name, length in lengths.items()]}
    facts |= {"features": features} if features else {}
    facts |= {"source": {"name": network}} if network else {}
    return {**facts, **more}


def study(
    out: Path, name: str, searches: list[Any], rows: list[Any], steps: Any = (), **config: Any
) -> Study:
    """A study in `out`.

    `rows`: of trials.csv, `steps`: of history.csv; `config`: dataset, max_samples, seed.
    """
    folder = out / name
    folder.mkdir(parents=True, exist_ok=True)
    asked = {"dataset": "fashion-mnist", "max_samples": None, "seed": 0, **config}
    facts = {
        "name": name,
        "started": "2026-01-31",
        "ended": "2026-02-01",
        "searches": searches,
        "test_reads": 1,
    }
    write_json(
        folder / "study.json", {**facts, "seed": asked["seed"], "config": asked, "dataset": IMAGES}
    )
    standard = {
        "study": name,
        "trial": 0,
        "name": "",
        "state": "COMPLETE",
        "objective": 0.5,
        "resource": 9,
    }
    pd.DataFrame([{**standard, "seconds": 1.0, **row} for row in rows]).to_csv(
        folder / "trials.csv", index=False
    )
    if steps:
        pd.DataFrame([{"study": name, "trial": 0, **step} for step in steps]).to_csv(
            folder / "history.csv", index=False
        )
    return hypersearch.load(folder)


def evidence(folder: Path, facts_file: str, facts: dict[str, Any], **arrays: Any) -> None:
    """What `confirm` leaves of a trial in `folder`."""
    folder.mkdir(parents=True, exist_ok=True)
    write_json(folder / facts_file, facts)
    np.savez_compressed(
        folder / "test.npz", **{name: np.asarray(value) for name, value in arrays.items()}
    )


def kmeans_row(
    k: int, name: str, inertia: float, homogeneity: float, accuracy: float, **more: Any
) -> dict[str, Any]:
    """A trial of K-means on all images, confirmed."""
    figures = {
        "val.inertia": inertia,
        "val.homogeneity": homogeneity,
        "val.accuracy": accuracy,
        "val.clusters": float(k),
    }
    params = {"param.k": k, "param.init": "k-means++", "param.fit_on": "train+validation"}
    return {
        "family": "kmeans",
        "name": name,
        **params,
        **figures,
        "test.accuracy": accuracy - 0.01,
        **more,
    }
