"""The trials of one search as figures look at them, and how they put figures into words."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from hypersearch.models.metrics import BETTER
from hypersearch.search.storage.study import Study

Floats: TypeAlias = NDArray[np.float64]
Ints: TypeAlias = NDArray[np.int64]

FEW = 5  # values of which none counts as far off


@dataclass(frozen=True)
class Goal:
    """What a search is after: the first of its objectives, and where it is better ("min" or
    "max").
    """

    metric: str
    mode: str

    @property
    def sign(self) -> float:
        """1 where more is better, else -1."""
        return 1.0 if self.mode == "max" else -1.0

    @property
    def better(self) -> str:
        """The words for it."""
        return f"{BETTER[self.mode]} is better"

    def first(self, values: ArrayLike) -> Ints:
        """The order of `values`, best first; of equal ones the earlier first."""
        return np.argsort(-self.sign * np.asarray(values, dtype=float), kind="stable").astype(
            np.int64
        )

    def best(self, values: ArrayLike) -> float:
        """The best of some values; NaN of none."""
        signed = self.sign * np.asarray(values, dtype=float)
        return float(self.sign * signed.max()) if signed.size else math.nan

    def running(self, values: ArrayLike) -> Floats:
        """The best so far, value by value."""
        return self.sign * np.maximum.accumulate(self.sign * np.asarray(values, dtype=float))


def goal(study: Study, family: str) -> Goal:
    """Of a search."""
    search = study.search(family)
    return Goal(str(search["metric"]), str(search["mode"]))


def trials(study: Study, family: str) -> pd.DataFrame:
    """The ended trials of a search by number, baselines among them."""
    ours = study.trials[study.trials["family"] == family]
    return ours.sort_values("trial").reset_index(drop=True)


def complete(table: pd.DataFrame) -> pd.DataFrame:
    """Those that ran to their end."""
    there = np.isfinite(pd.to_numeric(table["objective"]).astype(float))
    return table[(table["state"] == "COMPLETE") & there].reset_index(drop=True)


def searched(table: pd.DataFrame) -> pd.DataFrame:
    """Those that the searcher proposed."""
    return table[table["name"] == ""].reset_index(drop=True)


def baselines(table: pd.DataFrame) -> pd.DataFrame:
    """Those that came from elsewhere."""
    return table[table["name"] != ""].reset_index(drop=True)


def floats(column: pd.Series) -> Floats:
    """A column as numbers; NaN where one is missing."""
    return pd.to_numeric(column, errors="coerce").to_numpy(dtype=float, na_value=math.nan)


def thinned(count: int, most: int) -> Ints:
    """Up to `most` of the indices 0 … count - 1, evenly spaced, first and last among them."""
    if count <= most:
        return np.arange(count, dtype=np.int64)
    return np.unique(np.linspace(0, count - 1, most).round().astype(np.int64))


def jitter(numbers: ArrayLike, width: float = 0.5) -> Floats:
    """For each trial number its shift within ± width / 2: the same each time, and evenly spread
    (golden ratio).
    """
    golden = (math.sqrt(5.0) - 1.0) / 2.0
    return width * ((np.asarray(numbers, dtype=float) * golden) % 1.0 - 0.5)


def limits(values: ArrayLike, aim: Goal, reach: float = 6.0) -> tuple[float, float]:
    """Lowest and highest value that an axis shows, with a margin, so that a few far worse ones do
    not flatten the rest.

    Shown is from the best to `reach` times as far as the median; of fewer than five values all.
    """
    there = np.asarray(values, dtype=float)
    there = there[np.isfinite(there)]
    if not there.size:
        return 0.0, 1.0
    best, worst = aim.best(there), -aim.sign * float((-aim.sign * there).max())
    if there.size >= FEW:
        far = best - aim.sign * reach * abs(best - float(np.median(there)))
        worst = worst if far == best else aim.best([far, worst])
    low, high = min(best, worst), max(best, worst)
    margin = 0.05 * (high - low) or 0.05 * abs(high) or 1.0
    return low - margin, high + margin


def number(value: float) -> str:
    """A figure in words: four decimals, thousands whole."""
    if not math.isfinite(value):
        return "–"
    return (
        f"{value:,.0f}"
        if abs(value) >= 1000
        else f"{value:.4g}"
        if abs(value) < 0.001
        else f"{value:.4f}"
    )


def time_unit(seconds: Sequence[float] | Floats) -> tuple[float, str]:
    """The unit of an axis over these times: its length in seconds, and its name."""
    longest = max(seconds, default=0.0)
    units = ((86_400.0, "days"), (3_600.0, "hours"), (60.0, "minutes"))
    return next(((size, unit) for size, unit in units if longest >= 2 * size), (1.0, "seconds"))
