"""The search space as study.json records it: the parameters that were searched, and where values lie on their axes."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from analysis.figures.trials import Floats, floats
from analysis.tables import Study, missing


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
        """Where each trial lies: its value, or the index of its word; NaN for what it has not, or outside of both."""
        column = trials.get(f"param.{self.name}")
        if column is None:
            return np.full(len(trials), np.nan)
        if self.values:
            index = {value: float(at) for at, value in enumerate(self.values)}
            return np.array([math.nan if missing(v) else index.get(str(v), math.nan) for v in column], dtype=float)
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
    """The parameters to which a search could give more than one value, in the space's order."""
    space: Mapping[str, Mapping[str, Any]] = study.search(family).get("space", {})
    found = [_axis(name, parameter) for name, parameter in space.items()]
    return [axis for axis in found if axis is not None]


def _axis(name: str, parameter: Mapping[str, Any]) -> Axis | None:
    conditional = bool(parameter.get("when"))
    if parameter.get("kind") == "Choice":
        values = tuple(dict.fromkeys(str(value) for value in parameter["searched"]))
        return Axis(name, values=values, conditional=conditional) if len(values) > 1 else None
    if parameter.get("kind") not in ("Int", "Float") or not parameter["low"] < parameter["high"]:
        return None
    low, high = float(parameter["low"]), float(parameter["high"])
    log = bool(parameter.get("log")) and low > 0
    return Axis(name, low, high, whole=parameter["kind"] == "Int", log=log, conditional=conditional)
