"""The picture of a comparison: the incumbent of each side over trials, resource and time.

It is no `Kind`, since it is of several studies.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from hypersearch.analysis.comparison.compare import Comparison
from hypersearch.analysis.comparison.incumbents import AXES, Curve
from hypersearch.analysis.figures.base import FORMATS
from hypersearch.analysis.figures.style import MUTED, applied, class_colour, encode, figure, words
from hypersearch.models.errors import UserError, nearest
from hypersearch.models.metrics import BETTER

# share of a curve after whose beginning it must be seen whole: the first incumbents may be far off
SETTLED = 0.1


def form_of(path: Path) -> str:
    """ "png", "svg" or "pdf", as the suffix says; a `UserError` for another one."""
    form = path.suffix.removeprefix(".").lower()
    if form not in FORMATS:
        allowed = ", ".join(f".{each}" for each in FORMATS)
        raise UserError(
            f"--figure {path}: unknown suffix {path.suffix!r}, allowed:"
            f" {allowed}{nearest(form, FORMATS)}"
        )
    return form


def save(comparisons: Sequence[Comparison], path: Path) -> None:
    """Draw to a file; a `UserError` for another suffix than .png, .svg and .pdf, and where nothing
    can be written.
    """
    data = encode(draw_comparison(comparisons), form_of(path))
    try:
        path.write_bytes(data)
    except OSError as error:
        raise UserError(f"--figure {path}: {error.strerror or error}") from error


def draw_comparison(comparisons: Sequence[Comparison]) -> Figure:
    """A row for each family, a panel for each axis: medians as lines, intervals as bands, the
    target dashed.

    What a side ended with is dotted from there on.
    """
    with applied():
        made = figure(9.0, 0.4 + 2.8 * len(comparisons))
        panels = made.subplots(len(comparisons), len(AXES), sharey="row", squeeze=False)
        for row, comparison in zip(panels, comparisons, strict=True):
            for axes, axis in zip(row, AXES, strict=True):
                _panel(axes, comparison, axis)
            row[0].set_title(_title(comparison))
            row[0].set_ylabel(f"best {comparison.metric} on validation")
            row[-1].legend(loc="best")
        return made


def _panel(axes: Axes, comparison: Comparison, axis: str) -> None:
    right = 1.05 * max(side.curves[axis].at_p[-1] for side in comparison.sides) or 1.0
    for number, side in enumerate(comparison.sides):
        curve, colour = side.curves[axis], class_colour(number)
        axes.step(
            curve.at_p, curve.spread.median, where="post", color=colour, label=words(side.name)
        )
        axes.plot(
            [curve.at_p[-1], right], [curve.spread.median[-1]] * 2, color=colour, linestyle=":"
        )
        if len(side.courses) > 1:
            low, high = (np.asarray(values, dtype=float) for values in curve.spread[1:])
            axes.fill_between(
                curve.at_p, low, high, step="post", color=colour, alpha=0.2, linewidth=0
            )
    if not math.isnan(comparison.target):
        axes.axhline(comparison.target, color=MUTED, linewidth=0.8, linestyle="--")
    axes.set_xlabel(comparison.resource if axis == "resource" else axis)
    axes.set_xlim(0, right)
    seen = [
        value for side in comparison.sides for each in AXES for value in _settled(side.curves[each])
    ]
    if seen:
        margin = 0.05 * (max(seen) - min(seen)) or 0.05 * abs(seen[0]) or 0.05
        axes.set_ylim(min(seen) - margin, max(seen) + margin)


def _settled(curve: Curve) -> list[float]:
    """The figures of a curve after its beginning, the one that holds there among them."""
    first = int(np.searchsorted(curve.at_p, SETTLED * curve.at_p[-1], side="right")) - 1
    return [
        float(value) for values in curve.spread for value in values[first:] if not math.isnan(value)
    ]


def _title(comparison: Comparison) -> str:
    on = "" if comparison.dataset == "none" else f" on {comparison.dataset}"
    return f"{words(comparison.family + on, 40)}, {BETTER[comparison.mode]} is better"
