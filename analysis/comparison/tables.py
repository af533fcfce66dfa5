"""A comparison in words: its tables, and the lines under them."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from hypersearch.analysis.comparison.compare import Comparison, Group, pairs_with_chance
from hypersearch.analysis.comparison.incumbents import (
    AXES,
    Curve,
    PairwiseComparison,
    interval_rank,
)
from hypersearch.analysis.formatting import figures
from hypersearch.models.metrics import BETTER

PARTS = (0.25, 0.5, 1.0)  # of what all sides spent, after which the incumbents are shown
WIDEST = 24  # a side's name in a table


@dataclass(frozen=True)
class Block:
    """A table with what stands above it."""

    title: str
    columns: Sequence[str]
    rows: Sequence[Sequence[str]]


def blocks(comparison: Comparison) -> list[Block]:
    """The tables of a comparison: the sides, what the target took, the incumbents on the way."""
    tables = [_sides(comparison)]
    if not math.isnan(comparison.target):
        tables.append(_reached(comparison))
    on_the_way = [_incumbents(comparison, axis) for axis in AXES]
    return [*tables, *(block for block in on_the_way if len(block.columns) > 1)]


def lines(comparison: Comparison) -> Iterator[str]:
    """What stands under the tables."""
    for side in comparison.sides:
        if not side.complete:
            yield f"{side.name}: no complete trial, so no incumbent"
    counts = {side.name: len(side.courses) for side in comparison.sides}
    if [*counts.values()].count(1) > 1:
        yield "one study a side says nothing of chance; several seeds ('tpe-*') would"
    for (a, b), pair in pairs_with_chance(comparison):
        over = f"{counts[a]} × {counts[b]} studies"
        yield f"P({a} ends better than {b}) = {pair.probability:.2f}, over {over}{_chance(pair)}"
    yield from dict.fromkeys(
        _interval_words(side) for side in comparison.sides if len(side.courses) > 1
    )
    yield from comparison.notes


def _sides(comparison: Comparison) -> Block:
    on = "" if comparison.dataset == "none" else f" on {comparison.dataset}"
    better = BETTER[comparison.mode]
    several = any(len(side.courses) > 1 for side in comparison.sides)
    medians = figures([side.final.median for side in comparison.sides])
    rows = []
    for side, median in zip(comparison.sides, medians, strict=True):
        spent = [_amount(axis, side.middle(axis)) for axis in AXES]
        rows.append([_short(side.name), str(len(side.courses)), *spent, str(side.complete), median])
        if several:
            rows[-1].append(_interval(side))
    columns = ["side", "studies", "trials", comparison.resource, "seconds", "complete"]
    columns.append(comparison.metric)
    if several:
        columns.append("interval")
    title = f"{comparison.family}{on}: best {comparison.metric} on validation, {better} is better"
    return Block(title, columns, rows)


def _reached(comparison: Comparison) -> Block:
    rows = []
    for side in comparison.sides:
        assert side.reach
        took = [_amount(axis, getattr(side.reach, axis)) for axis in AXES]
        rows.append([_short(side.name), f"{side.reach.searches} of {len(side.courses)}", *took])
    title = f"to reach {comparison.metric} {figures([comparison.target])[0]}"
    return Block(title, ["side", "reached by", "trials", comparison.resource, "seconds"], rows)


def _incumbents(comparison: Comparison, axis: str) -> Block:
    """The incumbents after shares of what every side with an incumbent spent; no columns where
    there is none.
    """
    shared = min((side.middle(axis) for side in comparison.sides if side.complete), default=0.0)
    ats = [shared * part for part in PARTS]
    if axis != "seconds":
        ats = [float(math.ceil(at)) for at in ats]
    ats = sorted(set(ats) - {0.0})
    unit = comparison.resource if axis == "resource" else axis
    # as one column, so that all have as many decimals
    shown = iter(
        figures([_value_at(side.curves[axis], at) for side in comparison.sides for at in ats])
    )
    rows = [[_short(side.name), *(next(shown) for _ in ats)] for side in comparison.sides]
    return Block("", [f"best after {unit}", *(_amount(axis, at) for at in ats)], rows)


def _value_at(curve: Curve, at: float) -> float:
    return float(curve.spread.median[np.searchsorted(curve.at_p, at, side="right") - 1])


def _interval(side: Group) -> str:
    if len(side.courses) == 1:
        return "–"
    return " to ".join(figures([side.final.low, side.final.high]))


def _chance(pair: PairwiseComparison) -> str:
    if pair.p_value is None:
        return ""
    how = "exact" if pair.exact else "sampled"
    return f"; by chance p = {pair.p_value:.2g} (Mann-Whitney, {how})"


def _interval_words(side: Group) -> str:
    count = len(side.courses)
    if interval_rank(count):
        kind = "95 % of that (order statistics)"
    else:
        kind = "least to greatest, too few for 95 %"
    return f"of {count} studies: the median; interval: {kind}"


def _amount(axis: str, value: float) -> str:
    if math.isinf(value):
        return "never"
    return f"{value:,.1f}" if axis == "seconds" else f"{value:,.0f}"


def _short(name: str) -> str:
    return name if len(name) <= WIDEST else name[: WIDEST - 1] + "…"
