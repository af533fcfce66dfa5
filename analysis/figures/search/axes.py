"""The search space as study.json records it: the parameters that were searched, and where values
lie on their axes.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from hypersearch.analysis.figures.trial_data import Floats, floats, searched, trials
from hypersearch.search.storage.study import Study, is_missing


@dataclass(frozen=True)
class Axis:
    """A parameter that a search varied: a range, or `values` as words; one of both is empty.

    `conditional`: only some configurations have it.
    """

    name: str
    low: float = math.nan
    high: float = math.nan
    whole: bool = False
    log: bool = False
    values: tuple[str, ...] = ()
    conditional: bool = False

    def places(self, trials: pd.DataFrame) -> Floats:
        """Where each trial lies: its value, or the index of its word; NaN for what it has not, or
        outside of both.
        """
        column = trials.get(f"param.{self.name}")
        if column is None:
            return np.full(len(trials), np.nan)
        if self.values:
            index = {value: float(at) for at, value in enumerate(self.values)}
            return np.array(
                [math.nan if is_missing(v) else index.get(str(v), math.nan) for v in column],
                dtype=float,
            )
        found = floats(column)
        return np.where((found >= self.low) & (found <= self.high), found, np.nan)

    def word(self, place: float) -> str:
        """The value at a place: a word of the space, a whole number, or one of three figures."""
        if self.values:
            return self.values[int(place)]
        return f"{place:.0f}" if self.whole else f"{place:.3g}"

    def scaled(self, places: Floats) -> Floats:
        """The same between 0 and 1 along the axis: the logarithm where that was searched."""
        if self.values:
            return places / (len(self.values) - 1)
        scale = np.log if self.log else np.asarray
        low, high = scale(self.low), scale(self.high)
        return np.asarray((scale(places) - low) / (high - low), dtype=float)


def axes(study: Study, family: str) -> list[Axis]:
    """The parameters to which a search could give more than one value, in the space's order.

    One that needs another's value is left out if no proposed trial has it, and is not conditional
    if each one has.
    """
    space: Mapping[str, Mapping[str, Any]] = study.search(family).get("space", {})
    proposed = searched(trials(study, family))
    found = [_axis(name, parameter, _share(proposed, name)) for name, parameter in space.items()]
    return [axis for axis in found if axis is not None]


def _share(rows: pd.DataFrame, name: str) -> float:
    """The share of trials that have a parameter; NaN where there are none."""
    column = rows.get(f"param.{name}")
    had = 0 if column is None else sum(not is_missing(value) for value in column)
    return had / len(rows) if len(rows) else math.nan


def _axis(name: str, parameter: Mapping[str, Any], share: float) -> Axis | None:
    conditional = bool(parameter.get("when")) and share != 1.0
    if conditional and share == 0.0:
        return None
    if parameter.get("kind") == "Choice":
        values = tuple(dict.fromkeys(str(value) for value in parameter["searched"]))
        return Axis(name, values=values, conditional=conditional) if len(values) > 1 else None
    if parameter.get("kind") not in ("Int", "Float") or not parameter["low"] < parameter["high"]:
        return None
    low, high = float(parameter["low"]), float(parameter["high"])
    log = bool(parameter.get("log")) and low > 0
    return Axis(name, low, high, whole=parameter["kind"] == "Int", log=log, conditional=conditional)
