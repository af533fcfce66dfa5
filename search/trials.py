"""The record of a study: trials, and the files in which they are kept.

`study.json` says what was run, `history.csv` has a row for each trial and step, `trials.csv` a row for each trial that
has ended, failed and stopped ones too. Rows are appended and flushed as they come; a file is only written anew
(to one side, then renamed) when a row brings a column that it did not have.
"""

from __future__ import annotations

import csv
import json
import math
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal, TypeAlias

import numpy as np

from models.api import TRIAL_COLUMNS, Value
from models.errors import UserError

State: TypeAlias = Literal["RUNNING", "COMPLETE", "PRUNED", "FAIL"]
Row: TypeAlias = Mapping[str, Any]

HISTORY_COLUMNS = ("study", "family", "trial", "step", "seconds")


@dataclass
class Trial:
    """One configuration on its way: what it is, how far it came, how it ended."""

    family: str
    number: int
    name: str  # a baseline's; else empty
    params: dict[str, Value]
    seed: int
    limit: int  # the resource at which it is complete
    state: State = "RUNNING"
    objective: float | None = None  # the last value of the search's metric
    resource: int = 0
    seconds: float = 0.0  # spent in its steps
    metrics: dict[str, float] = field(default_factory=dict)
    failure: str = ""  # the whole traceback


def trial_seed(study_seed: int, number: int, replicate: int = 0) -> int:
    """The seed of a trial, 0 … 2³¹ - 1, from the study's seed and its number; `replicate` > 0 gives further ones."""
    words = [study_seed, number, replicate] if replicate else [study_seed, number]
    return int(np.random.SeedSequence(words).generate_state(1)[0] % 2**31)


class Record:
    """The files of one study. Only the driver holds one."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.name = folder.name
        self.logs = folder / "logs"
        self._trials = GrowingCsv(folder / "trials.csv", TRIAL_COLUMNS)
        self._history = GrowingCsv(folder / "history.csv", HISTORY_COLUMNS)

    @classmethod
    def create(cls, out: Path, name: str) -> Record:
        """Begin the record of a new study in `out/name`; a `UserError` if it exists or cannot be written."""
        folder = out / name
        if folder.exists():
            raise UserError(f"study {name!r} exists already in {out}; choose another --name")
        try:
            (folder / "logs").mkdir(parents=True)
        except OSError as error:
            raise UserError(f"cannot write to --out {out}: {error.strerror or error}") from error
        return cls(folder)

    def discard(self) -> None:
        """Remove the record of a study in which nothing has run."""
        if not self._history.path.exists() and not self._trials.path.exists():
            shutil.rmtree(self.folder)

    def write_study(self, facts: Row) -> None:
        """Write study.json whole."""
        write_json(self.folder / "study.json", facts)

    def step(self, trial: Trial) -> None:
        """Add a row to history.csv."""
        row = {"study": self.name, "family": trial.family, "trial": trial.number}
        self._history.append({**row, "step": trial.resource, "seconds": trial.seconds, **_columns(trial.metrics)})

    def end(self, trial: Trial) -> None:
        """Add a row to trials.csv, and the traceback of a failure to logs/."""
        if trial.failure:
            self.failure_log(trial).write_text(trial.failure)
        row = {key: getattr(trial, key) for key in TRIAL_COLUMNS if hasattr(trial, key)}
        params = {f"param.{name}": str(value) for name, value in trial.params.items()}
        kept = {name: value for name, value in trial.metrics.items() if not name.startswith("train.")}
        self._trials.append({**row, "study": self.name, "trial": trial.number, **params, **_columns(kept)})

    def failure_log(self, trial: Trial) -> Path:
        """Where the traceback of a failed trial stands."""
        return self.logs / f"{trial.family.replace(':', '-')}-{trial.number}.traceback.txt"


class GrowingCsv:
    """A CSV file that grows by rows, and now and then by a column. Missing values are empty."""

    def __init__(self, path: Path, columns: tuple[str, ...]) -> None:
        self.path = path
        self._columns = list(columns)
        self._rows: list[Row] = []

    def append(self, row: Row) -> None:
        """Add a row; it is on disk when this returns."""
        new = [column for column in row if column not in self._columns]
        self._rows.append(row)
        if new or not self.path.exists():
            self._columns += new
            write_csv(self.path, self._columns, self._rows)
        else:
            with self.path.open("a", newline="", encoding="utf-8") as file:
                csv.DictWriter(file, self._columns).writerow(row)


def read_csv(path: Path) -> tuple[list[str], list[dict[str, str]]]:
    """The columns and rows of a CSV file, as text."""
    with path.open(newline="", encoding="utf-8") as file:
        reader = csv.DictReader(file)
        return list(reader.fieldnames or []), list(reader)


def write_csv(path: Path, columns: Sequence[str], rows: Sequence[Row]) -> None:
    """Write a CSV file to one side, then put it in place."""
    partial = path.with_suffix(".partial")
    with partial.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, columns)
        writer.writeheader()
        writer.writerows(rows)
    partial.replace(path)


def write_json(path: Path, facts: Row) -> None:
    """Write a JSON file to one side, then put it in place."""
    partial = path.with_suffix(".partial")
    partial.write_text(json.dumps(facts, indent=2, default=str) + "\n", encoding="utf-8")
    partial.replace(path)


def first_not_finite(metrics: Mapping[str, float]) -> str | None:
    """The name of the first metric that is NaN or infinite, or None."""
    return next((name for name, value in metrics.items() if not math.isfinite(value)), None)


def _columns(metrics: Mapping[str, float]) -> dict[str, float]:
    """Metrics under their column names: `val.` before those that have no prefix."""
    return {name if "." in name else f"val.{name}": value for name, value in metrics.items()}
