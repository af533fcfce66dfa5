"""What a search spent, and what early stopping spared."""

from __future__ import annotations

import json
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np
import pandas as pd

from analysis.report.tables import Table
from analysis.report.words import duration, share
from analysis.tables import Study
from models.api import counted

Key: TypeAlias = tuple[str, int]  # family and number of a trial
STEP = b'{"event": "step"'  # how most lines of a journal begin, which say nothing of a trial's limit or end

PARTS = frozenset({"part"})


@dataclass(frozen=True)
class Spent:
    """So many trials, units of the search's resource and seconds of its workers."""

    trials: int
    steps: int
    seconds: float


@dataclass(frozen=True)
class Budget:
    """What a search spent. `spared`: what its stopped trials would have taken beyond, each at its own pace.

    `cut` are those that the end of the search cut off, and that a resume takes up again: they count as spent alone.
    """

    resource: str
    searched: Spent
    baselines: Spent
    spared: Spent
    cut: int

    @property
    def bar(self) -> list[tuple[str, float]]:
        """The parts of a bar in percent: what was spent on searched trials and on baselines, and what was spared."""
        parts = {"spent": self.searched.seconds, "given": self.baselines.seconds, "spared": self.spared.seconds}
        whole = sum(parts.values())
        return [(kind, round(100 * seconds / whole, 2)) for kind, seconds in parts.items() if seconds and whole]


@dataclass(frozen=True)
class Journal:
    """Of each trial at what resource it is complete; and those that were cut off."""

    limits: dict[Key, int]
    cut: frozenset[Key]


def budget(study: Study, family: str, journal: Journal) -> Budget:
    """What the ended trials of a search spent."""
    search = study.search(family)
    trials = study.trials[study.trials["family"] == family]
    keys = [(family, int(number)) for number in trials["trial"]]
    full = [journal.limits.get(key, search.get("max_resource", 0)) for key in keys]
    cut = np.array([key in journal.cut for key in keys], dtype=bool)
    trials = trials.assign(left=np.array(full, dtype=float) - trials["resource"].fillna(0))
    own = trials["name"] == ""
    stopped = trials[own & ~cut & (trials["state"] == "PRUNED") & (trials["left"] > 0) & (trials["resource"] > 0)]
    seconds = float((stopped["seconds"] / stopped["resource"] * stopped["left"]).sum())
    spared = Spent(len(stopped), int(stopped["left"].sum()), seconds)
    return Budget(search["resource"], _spent(trials[own]), _spent(trials[~own]), spared, int(cut.sum()))


def in_words(spent: Budget) -> str:
    """What early stopping spared, in a sentence or two."""
    whole, unit = spent.searched.steps + spent.spared.steps, spent.resource
    if spent.spared.trials:
        first = (
            f"Early stopping ended {counted(spent.spared.trials, 'trials')} before their time and spared "
            f"{spent.spared.steps:,} of {counted(whole, unit)} ({share(spent.spared.steps, whole)}), "
            f"about {duration(spent.spared.seconds)} of work at these trials' own pace."
        )
    else:
        first = "No trial was stopped early."
    more = f" The end of the search cut off {counted(spent.cut, 'trials')}; a resume goes on with them." * bool(
        spent.cut
    )
    return first + more


def as_table(spent: Budget) -> Table:
    """What was spent and spared, a row each. The seconds are of workers: with several at once, the search took less."""
    rows = {
        "spent": ("searched", spent.searched),
        "given": ("baselines", spent.baselines),
        "spared": ("spared (estimate)", spent.spared),
    }
    there = {kind: (name, part) for kind, (name, part) in rows.items() if part.trials}
    cells = [(name, f"{part.trials:,}", f"{part.steps:,}", duration(part.seconds)) for name, part in there.values()]
    columns = ("part", "trials", spent.resource, "time")
    return Table("Work of all workers together", columns, tuple(cells), kinds=tuple(there), left=PARTS)


def _spent(trials: pd.DataFrame) -> Spent:
    return Spent(len(trials), int(trials["resource"].fillna(0).sum()), float(trials["seconds"].fillna(0).sum()))


def read_journal(folder: Path) -> Journal:
    """What journal.jsonl says; nothing where there is none. Torn lines are passed over."""
    limits: dict[Key, int] = {}
    cut: dict[Key, bool] = {}
    with suppress(OSError), (folder / "journal.jsonl").open("rb") as lines:
        for line in lines:
            if line.startswith(STEP):
                continue
            with suppress(ValueError, KeyError, TypeError):
                event: dict[str, Any] = json.loads(line)
                key = str(event["family"]), int(event["trial"])
                if event["event"] == "start":
                    limits[key] = int(event["limit"])
                cut[key] = event["event"] == "end" and bool(event["cut"])
    return Journal(limits, frozenset(key for key, was in cut.items() if was))
