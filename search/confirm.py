"""Confirmation: the winner of each search and the baselines, trained anew, then judged on the test images.

They are trained as in the search, on the training images alone. This is the only command that reads the test images.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from statistics import fmean, stdev
from typing import Any

import numpy as np

from analysis.leaderboard import rank
from analysis.tables import Study, load_all
from models.api import Space
from models.datasets import Dataset
from models.errors import UserError, WorkFailedError
from search.config import StudyConfig
from search.families import find
from search.plan import check_same_images, load_data
from search.record import held
from search.spaces import read
from search.trials import read_csv, trial_seed, write_csv, write_json


@dataclass(frozen=True)
class Retraining:
    """One training run of a confirmation."""

    target: str
    family: str
    trial: int
    params: dict[str, Any]
    limit: int  # of its resource
    full: int  # resource of a full trial of its search
    seed: int
    keep: Path | None  # where the model is saved


def confirm_study(out: Path, name: str, top: int, seeds: int, baselines: bool, force: bool) -> None:
    """Retrain the best `top` trials of each search, and its baselines, with `seeds` seeds; write `test.*`."""
    study = load_all(out, [name])[0]
    reads = int(study.facts["test_reads"])
    if reads and not force:
        times = "once" if reads == 1 else f"{reads} times"
        raise UserError(f"the test images have been read {times} for study {name!r}; --force reads them again")
    config = StudyConfig.model_validate(study.facts["config"])
    dataset = load_data(config, [find(search["target"]) for search in study.facts["searches"]])
    check_same_images(dataset, study.facts)
    work = [task for search in study.facts["searches"] for task in chosen(study, search, top, seeds, baselines)]
    if not work:
        raise UserError(f"study {name!r} has no complete trial to confirm")
    from search.engine import retrain_all

    results: list[tuple[Retraining, Mapping[str, Any]]] = []
    with held(study.folder):
        for task, result in retrain_all(config, work, dataset, study.folder):
            if not results:
                write_json(study.folder / "study.json", {**study.facts, "test_reads": reads + 1})
            results.append((task, result))
            write_test_columns(study.folder, summary(results))
            if task.keep:
                write_best(task, result, study, dataset)
    if len(results) < len(work):
        raise WorkFailedError(
            f"{len(work) - len(results)} of {len(work)} trainings failed; see {study.folder / 'logs'}"
        )


def chosen(study: Study, search: Mapping[str, Any], top: int, seeds: int, baselines: bool) -> Iterable[Retraining]:
    """What to retrain of one search: its best complete trials, and its complete baselines."""
    ranked = rank(study, search["family"])
    complete = ranked[ranked["state"] == "COMPLETE"]
    numbers = [int(number) for number in complete["trial"].head(top)]
    best = numbers[:1]
    if baselines:
        numbers += [int(n) for n in complete.loc[complete["name"] != "", "trial"] if int(n) not in numbers]
    _, rows = read_csv(study.folder / "trials.csv")
    limits = {baseline["name"]: baseline["resource"] for baseline in search["baselines"]}
    stored = {int(row["trial"]): row for row in rows if row["family"] == search["family"]}
    for number in numbers:
        for replicate in range(seeds):
            yield Retraining(
                target=search["target"],
                family=search["family"],
                trial=number,
                params=stored_params(stored[number], find(search["target"]).space),
                limit=limits.get(stored[number]["name"], search["max_resource"]),
                full=search["max_resource"],
                seed=trial_seed(study.facts["seed"], number, replicate),
                keep=study.folder.resolve() / "best" / search["family"] if number in best and replicate == 0 else None,
            )


def stored_params(row: Mapping[str, str], space: Space) -> dict[str, Any]:
    """The configuration in a row of trials.csv."""
    return {
        name: read(parameter, row[f"param.{name}"]) for name, parameter in space.items() if row.get(f"param.{name}")
    }


def summary(results: Iterable[tuple[Retraining, Mapping[str, Any]]]) -> dict[tuple[str, int], dict[str, float]]:
    """By (family, trial): `test.*`, the mean over seeds, and from two seeds on `test.*_std`, the sample deviation."""
    figures: dict[tuple[str, int], dict[str, list[float]]] = {}
    for task, result in results:
        for metric, value in result["metrics"].items():
            figures.setdefault((task.family, task.trial), {}).setdefault(metric, []).append(value)
    return {key: _mean_and_spread(metrics) for key, metrics in figures.items()}


def write_test_columns(folder: Path, figures: Mapping[tuple[str, int], Mapping[str, float]]) -> None:
    """Put the figures into the rows of trials.csv, in place of those of an earlier confirmation."""
    columns, rows = read_csv(folder / "trials.csv")
    columns = [column for column in columns if not column.startswith("test.")]
    columns += sorted({column for row in figures.values() for column in row})
    kept = [{key: value for key, value in row.items() if not key.startswith("test.")} for row in rows]
    write_csv(folder / "trials.csv", columns, [{**r, **figures.get((r["family"], int(r["trial"])), {})} for r in kept])


def write_best(task: Retraining, result: Mapping[str, Any], study: Study, dataset: Dataset) -> None:
    """Beside the saved model: what it is, its figures, and its predictions on the test images."""
    assert task.keep is not None
    facts = {"study": study.name, "family": task.family, "trial": task.trial, "config": task.params}
    fitted = {"limit": task.limit, "seed": task.seed, "dataset": dataset.name, "digest": dataset.digest}
    write_json(task.keep / "best.json", {**facts, **fitted, "test": result["metrics"]})
    np.savez_compressed(task.keep / "test.npz", **result["artifacts"])


def _mean_and_spread(metrics: Mapping[str, list[float]]) -> dict[str, float]:
    means = {f"test.{name}": fmean(values) for name, values in metrics.items()}
    return means | {f"test.{name}_std": stdev(values) for name, values in metrics.items() if len(values) > 1}
