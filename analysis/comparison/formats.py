"""A comparison in the terminal, as Markdown, as CSV (its curves) and as JSON (all of it)."""

from __future__ import annotations

import csv
import io
import json
import math
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np
from rich.console import Console
from rich.table import Table
from rich.text import Text
from tabulate import tabulate

from hypersearch.analysis.comparison.compare import Comparison, Group, compare
from hypersearch.analysis.comparison.incumbents import (
    AXES,
    Curve,
    PairwiseComparison,
    interval_rank,
)
from hypersearch.analysis.formatting import figures
from hypersearch.models.errors import unknown
from hypersearch.models.metrics import BETTER

Comparisons: TypeAlias = Sequence[Comparison]
PARTS = (0.25, 0.5, 1.0)  # of what all sides spent, after which the incumbents are shown
WIDEST = 24  # a side's name in a table
CURVE_COLUMNS = ("family", "metric", "side", "axis", "at", "median", "low", "high")


@dataclass(frozen=True)
class Block:
    """A table with what stands above it."""

    title: str
    columns: Sequence[str]
    rows: Sequence[Sequence[str]]


def present(
    out: Path, names: Sequence[str], form: str, figure: Path | None = None, **asked: Any
) -> None:
    """Compare the named sides as `asked` (`compare`), and write to standard output in one of
    `FORMATS`, or a table.

    Draws to the file `figure` as well.
    """
    if form not in ("table", *FORMATS):
        raise unknown("format", form, ["table", *FORMATS])
    comparisons = compare(out, names, **asked)
    if figure:
        from hypersearch.analysis.comparison.figure import save  # matplotlib takes a second to load

        save(comparisons, figure)
        sys.stderr.write(f"figure: {figure}\n")
    if form == "table":
        show(comparisons)
    else:
        sys.stdout.write(FORMATS[form](comparisons))


def show(comparisons: Comparisons, console: Console | None = None) -> None:
    """Print tables, and under them who beats whom and what to know."""
    console = console or Console(highlight=False)
    for comparison in comparisons:
        for block in blocks(comparison):
            if block.title:
                console.print(Text(block.title, style="bold"))
            console.print(_rich(block))
            console.print()
        for line in lines(comparison):
            console.print(Text(line, style="dim"))
        console.print()


def to_markdown(comparisons: Comparisons) -> str:
    """Tables under a heading for each family."""
    return "\n".join(_markdown(comparison) for comparison in comparisons)


def to_csv(comparisons: Comparisons) -> str:
    """The incumbent curves: a row for each point, empty where there is no incumbent yet."""
    buffer = io.StringIO()
    writer = csv.writer(buffer, lineterminator="\n")
    writer.writerow(CURVE_COLUMNS)
    for each in comparisons:
        for side in each.sides:
            for axis, curve in side.curves.items():
                writer.writerows(
                    [each.family, each.metric, side.name, axis, *point] for point in _points(curve)
                )
    return buffer.getvalue()


def to_json(comparisons: Comparisons) -> str:
    """A list of objects, one a family; null where there is no incumbent, and where a target was
    never reached.
    """
    return json.dumps([_plain(comparison) for comparison in comparisons], indent=2) + "\n"


FORMATS: dict[str, Callable[[Comparisons], str]] = {
    "md": to_markdown,
    "csv": to_csv,
    "json": to_json,
}


def blocks(comparison: Comparison) -> list[Block]:
    """The tables of a comparison: the sides, what the target took, the incumbents on the way."""
    on_the_way = [_incumbents(comparison, axis) for axis in AXES]
    reached = [] if math.isnan(comparison.target) else [_reached(comparison)]
    return [_sides(comparison), *reached, *(block for block in on_the_way if block.columns[1:])]


def lines(comparison: Comparison) -> Iterator[str]:
    """What stands under the tables."""
    for side in comparison.sides:
        if not side.complete:
            yield f"{side.name}: no complete trial, so no incumbent"
    counts = {side.name: len(side.courses) for side in comparison.sides}
    if [*counts.values()].count(1) > 1:
        yield "one study a side says nothing of chance; several seeds ('tpe-*') would"
    for (a, b), duel in _telling(comparison):
        over = f"{counts[a]} × {counts[b]} studies"
        yield f"P({a} ends better than {b}) = {duel.probability:.2f}, over {over}{_chance(duel)}"
    yield from dict.fromkeys(
        _interval_words(side) for side in comparison.sides if len(side.courses) > 1
    )
    yield from comparison.notes


def _telling(comparison: Comparison) -> Iterator[tuple[tuple[str, str], PairwiseComparison]]:
    """The duels but for those of one study against one, which say nothing of chance."""
    alone = {side.name for side in comparison.sides if len(side.courses) == 1}
    yield from (
        (pair, duel) for pair, duel in comparison.duels.items() if not alone.issuperset(pair)
    )


def _sides(comparison: Comparison) -> Block:
    on = "" if comparison.dataset == "none" else f" on {comparison.dataset}"
    several = any(len(side.courses) > 1 for side in comparison.sides)
    medians = figures([side.final.median for side in comparison.sides])
    rows = []
    for side, median in zip(comparison.sides, medians, strict=True):
        spent = [_amount(axis, side.middle(axis)) for axis in AXES]
        rows.append([_short(side.name), str(len(side.courses)), *spent, str(side.complete), median])
        if several:
            rows[-1].append(_interval(side))
    columns = [
        "side",
        "studies",
        "trials",
        comparison.resource,
        "seconds",
        "complete",
        comparison.metric,
    ]
    better = f"{BETTER[comparison.mode]} is better"
    title = f"{comparison.family}{on}: best {comparison.metric} on validation, {better}"
    return Block(title, [*columns, *["interval"] * several], rows)


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
    whole = axis != "seconds"
    ats = sorted({math.ceil(shared * part) if whole else shared * part for part in PARTS} - {0})
    unit = comparison.resource if axis == "resource" else axis
    values = [[_value_at(side.curves[axis], at) for at in ats] for side in comparison.sides]
    shown = figures([value for row in values for value in row])
    rows = [
        [_short(side.name), *shown[i * len(ats) : (i + 1) * len(ats)]]
        for i, side in enumerate(comparison.sides)
    ]
    return Block("", [f"best after {unit}", *(_amount(axis, at) for at in ats)], rows)


def _value_at(curve: Curve, at: float) -> float:
    return float(curve.spread.median[np.searchsorted(curve.at_p, at, side="right") - 1])


def _interval(side: Group) -> str:
    if len(side.courses) == 1:
        return "–"
    return " to ".join(figures([side.final.low, side.final.high]))


def _chance(duel: PairwiseComparison) -> str:
    if duel.p_value is None:
        return ""
    return (
        f"; by chance p = {duel.p_value:.2g} (Mann-Whitney, {'exact' if duel.exact else 'sampled'})"
    )


def _interval_words(side: Group) -> str:
    count = len(side.courses)
    kind = (
        "95 % of that (order statistics)"
        if interval_rank(count)
        else "least to greatest, too few for 95 %"
    )
    return f"of {count} studies: the median; interval: {kind}"


def _amount(axis: str, value: float) -> str:
    if math.isinf(value):
        return "never"
    return f"{value:,.1f}" if axis == "seconds" else f"{value:,.0f}"


def _short(name: str) -> str:
    return name if len(name) <= WIDEST else name[: WIDEST - 1] + "…"


def _rich(block: Block) -> Table:
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0))
    for number, column in enumerate(block.columns):
        table.add_column(Text(column), justify="right" if number else "left", no_wrap=number > 0)
    for row in block.rows:
        table.add_row(*(Text(cell, overflow="ellipsis") for cell in row))
    return table


def _markdown(comparison: Comparison) -> str:
    parts = [f"### {_sides(comparison).title}"]
    for number, block in enumerate(blocks(comparison)):
        parts += [block.title] if number and block.title else []
        rows = [[cell.replace("|", "\\|") for cell in row] for row in block.rows]
        aligned = ["left", *["right"] * (len(block.columns) - 1)]
        parts.append(
            tabulate(rows, block.columns, "github", colalign=aligned, disable_numparse=True)
        )
    parts.append("\n".join(f"- {line}" for line in lines(comparison)))
    return "\n\n".join(parts) + "\n"


def _plain(comparison: Comparison) -> dict[str, Any]:
    facts = {
        key: getattr(comparison, key) for key in ("family", "dataset", "metric", "mode", "resource")
    }
    duels = [
        {
            "first": a,
            "second": b,
            "probability": d.probability,
            "p_value": d.p_value,
            "exact": d.exact,
        }
        for (a, b), d in _telling(comparison)
    ]
    sides = [_plain_side(side) for side in comparison.sides]
    return {
        **facts,
        "target": _number(comparison.target),
        "sides": sides,
        "duels": duels,
        "notes": comparison.notes,
    }


def _plain_side(side: Group) -> dict[str, Any]:
    took = {axis: _number(getattr(side.reach, axis)) for axis in AXES} if side.reach else None
    final = {key: _number(value) for key, value in side.final._asdict().items()}
    return {
        "side": side.name,
        "studies": [one.study for one in side.courses],
        "seeds": [one.seed for one in side.courses],
        "complete": side.complete,
        "spent": {axis: side.middle(axis) for axis in AXES},
        "final": {
            **final,
            "interval": "95 %" if interval_rank(len(side.courses)) else "least to greatest",
        },
        "reached": {"studies": side.reach.searches, **took} if side.reach and took else None,
        "curves": {
            axis: [
                dict(zip(("at", "median", "low", "high"), point, strict=True))
                for point in _points(curve)
            ]
            for axis, curve in side.curves.items()
        },
    }


def _points(curve: Curve) -> Iterator[tuple[float | None, ...]]:
    for point in zip(curve.at_p, *curve.spread, strict=True):
        yield tuple(_number(float(value)) for value in point)


def _number(value: Any) -> float | None:
    return float(value) if math.isfinite(value) else None
