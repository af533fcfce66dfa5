"""A comparison as data: CSV (its curves) and JSON (all of it)."""

from __future__ import annotations

import csv
import io
import json
import math
from collections.abc import Iterator, Sequence
from typing import Any

from hypersearch.analysis.comparison.compare import Comparison, Group, pairs_with_chance
from hypersearch.analysis.comparison.incumbents import AXES, Curve, TimeToTarget, interval_rank

CURVE_COLUMNS = ("family", "metric", "side", "axis", "at", "median", "low", "high")


def to_csv(comparisons: Sequence[Comparison]) -> str:
    """The incumbent curves: a row for each point, empty where there is no incumbent yet."""
    buffer = io.StringIO()
    writer = csv.writer(buffer, lineterminator="\n")
    writer.writerow(CURVE_COLUMNS)
    for each in comparisons:
        for side in each.sides:
            for axis, curve in side.curves.items():
                lead = [each.family, each.metric, side.name, axis]
                writer.writerows([*lead, *point] for point in _points(curve))
    return buffer.getvalue()


def to_json(comparisons: Sequence[Comparison]) -> str:
    """A list of objects, one a family; null where there is no incumbent, and where a target was
    never reached.
    """
    return json.dumps([_plain(comparison) for comparison in comparisons], indent=2) + "\n"


def _plain(comparison: Comparison) -> dict[str, Any]:
    duels = [
        {
            "first": first,
            "second": second,
            "probability": pair.probability,
            "p_value": pair.p_value,
            "exact": pair.exact,
        }
        for (first, second), pair in pairs_with_chance(comparison)
    ]
    return {
        "family": comparison.family,
        "dataset": comparison.dataset,
        "metric": comparison.metric,
        "mode": comparison.mode,
        "resource": comparison.resource,
        "target": _number(comparison.target),
        "sides": [_plain_side(side) for side in comparison.sides],
        "duels": duels,
        "notes": comparison.notes,
    }


def _plain_side(side: Group) -> dict[str, Any]:
    interval = "95 %" if interval_rank(len(side.courses)) else "least to greatest"
    final = {key: _number(value) for key, value in side.final._asdict().items()}
    return {
        "side": side.name,
        "studies": [one.study for one in side.courses],
        "seeds": [one.seed for one in side.courses],
        "complete": side.complete,
        "spent": {axis: side.middle(axis) for axis in AXES},
        "final": {**final, "interval": interval},
        "reached": None if side.reach is None else _plain_reach(side.reach),
        "curves": {axis: _plain_curve(curve) for axis, curve in side.curves.items()},
    }


def _plain_reach(reach: TimeToTarget) -> dict[str, Any]:
    return {
        "studies": reach.searches,
        **{axis: _number(getattr(reach, axis)) for axis in AXES},
    }


def _plain_curve(curve: Curve) -> list[dict[str, float | None]]:
    names = ("at", "median", "low", "high")
    return [dict(zip(names, point, strict=True)) for point in _points(curve)]


def _points(curve: Curve) -> Iterator[tuple[float | None, ...]]:
    for point in zip(curve.at_p, *curve.spread, strict=True):
        yield tuple(_number(float(value)) for value in point)


def _number(value: Any) -> float | None:
    return float(value) if math.isfinite(value) else None
