"""The objective against each parameter by itself."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from hypersearch.analysis.figures import style
from hypersearch.analysis.figures.base import FigureKind
from hypersearch.analysis.figures.search.axes import Axis
from hypersearch.analysis.figures.search.importances import ranked
from hypersearch.analysis.figures.trial_data import (
    Floats,
    Goal,
    Ints,
    baselines,
    complete,
    floats,
    goal,
    jitter,
    limits,
    number,
)
from hypersearch.analysis.figures.trial_data import searched as proposed
from hypersearch.analysis.figures.trial_data import trials as all_trials
from hypersearch.models.text import counted
from hypersearch.search.storage.study import Study

MOST, COLUMNS = 8, 4  # panels, and how many of them stand side by side
STEPS = 10  # a range of fewer whole numbers is drawn as words are
MANY = 100  # points from which on an SVG holds them as one picture


@dataclass(frozen=True)
class Slice:
    """One parameter: where the complete searched trials (n) and the baselines (b) that have it lie,
    their objective.
    """

    axis: Axis
    trial_n: Ints
    place_n: Floats
    objective_n: Floats
    place_b: Floats
    objective_b: Floats


@dataclass(frozen=True)
class Slices:
    """Up to eight parameters, the most important first where that is known; in each the best trial
    first.

    `best`, `objective`: the number of the best complete searched trial of all, of `trials`, and its
    objective.
    """

    family: str
    goal: Goal
    slices: tuple[Slice, ...]
    trials: int
    best: int
    objective: float


def compute_slices(study: Study, family: str) -> Slices | None:
    """The slices of a search; None without a complete searched trial or a searched parameter."""
    aim, done = goal(study, family), complete(all_trials(study, family))
    ours, theirs = proposed(done), baselines(done)
    ours = ours.iloc[aim.first(ours["objective"])]
    found = [_slice(axis, ours, theirs) for axis in ranked(study, family, MOST)]
    there = tuple(each for each in found if len(each.trial_n))
    if not there:
        return None
    return Slices(
        family, aim, there, len(ours), int(ours["trial"].iloc[0]), float(ours["objective"].iloc[0])
    )


def _slice(axis: Axis, ours: pd.DataFrame, theirs: pd.DataFrame) -> Slice:
    n, b = axis.places(ours), axis.places(theirs)
    has_n, has_b = np.isfinite(n), np.isfinite(b)
    numbers = ours["trial"].to_numpy(dtype=np.int64)
    own, other = floats(ours["objective"]), floats(theirs["objective"])
    return Slice(axis, numbers[has_n], n[has_n], own[has_n], b[has_b], other[has_b])


def draw_slices(slices: Slices) -> Figure:
    """Small panels with one objective axis, four in a row."""
    rows = math.ceil(len(slices.slices) / COLUMNS)
    columns = math.ceil(len(slices.slices) / rows)
    figure = style.figure(7.0, 0.6 + 1.9 * rows)
    panels = figure.subplots(rows, columns, sharey=True, squeeze=False)
    for panel, each in zip(panels.flat, slices.slices, strict=False):
        _panel(panel, each, slices.best)
    for panel in panels.flat[len(slices.slices) :]:
        panel.set_axis_off()
    values = np.concatenate([np.r_[each.objective_n, each.objective_b] for each in slices.slices])
    panels[0, 0].set_ylim(*limits(values, slices.goal))
    figure.supylabel(f"{style.words(slices.goal.metric)}, {slices.goal.better}", fontsize=9)
    style.legend(figure)
    return figure


def _panel(panel: Axes, each: Slice, best: int) -> None:
    place_n = each.place_n + _shift(each)
    size, many = (8 if len(each.trial_n) > MANY else 14), len(each.trial_n) > MANY
    blue, green = style.STATE_COLOURS["COMPLETE"], style.BEST_COLOUR
    panel.scatter(
        place_n,
        each.objective_n,
        size,
        blue,
        alpha=0.5,
        linewidths=0,
        label="trial",
        rasterized=many,
    )
    if each.trial_n[0] == best:
        panel.scatter(
            place_n[:1], each.objective_n[:1], 40, green, marker="*", label="best", zorder=3
        )
    if len(each.place_b):
        wine = style.BASELINE_COLOUR
        panel.scatter(
            each.place_b,
            each.objective_b,
            22,
            "none",
            marker="D",
            edgecolors=wine,
            label="baseline",
        )
    panel.set_xlabel(style.words(each.axis.name))
    _scale(panel, each.axis)


def _shift(each: Slice) -> Floats:
    """Beside each other where many have the same value."""
    axis, none = each.axis, np.zeros(len(each.trial_n))
    if axis.values:
        return jitter(each.trial_n)
    return (
        jitter(each.trial_n, 0.3)
        if axis.whole and not axis.log and axis.high - axis.low <= STEPS
        else none
    )


def _scale(panel: Axes, axis: Axis) -> None:
    if axis.values:
        names = [style.wrapped(style.words(value, 20), 8) for value in axis.values]
        crowded = len(names) * max(len(line) for name in names for line in name.split("\n")) > 18
        names = [style.words(value, 12) for value in axis.values] if crowded else names
        panel.set_xticks(
            range(len(names)),
            names,
            rotation=45 if crowded else 0,
            ha="right" if crowded else "center",
        )
        panel.set_xlim(-0.6, len(names) - 0.4)
        panel.grid(visible=False, axis="x")
    elif axis.log:
        style.logarithmic(panel, "x", axis.low, axis.high, ticks=4)
    else:
        margin = (
            0.4 if axis.whole and axis.high - axis.low <= STEPS else 0.05 * (axis.high - axis.low)
        )
        panel.set_xlim(axis.low - margin, axis.high + margin)
        panel.xaxis.set_major_locator(MaxNLocator(4, integer=axis.whole))


def describe_slices(slices: Slices) -> str:
    """How many parameters are shown, and where the best trial lies on them."""
    its = [each for each in slices.slices if each.trial_n[0] == slices.best]
    values = ", ".join(f"{each.axis.name} {each.axis.word(each.place_n[0])}" for each in its)
    return (
        f"{slices.family}: {slices.goal.metric} ({slices.goal.better}) of "
        f"{counted(slices.trials, 'complete searched trials')} against each of "
        f"{counted(len(slices.slices), 'parameters')}. The best, trial {slices.best} with "
        f"{number(slices.objective)}, has {values}."
    )


SLICES = FigureKind(
    name="slices",
    title="The objective against each parameter",
    compute=compute_slices,
    draw=draw_slices,
    describe=describe_slices,
    caption=(
        "Each parameter's values against the objective; where points rise or fall"
        " together, it matters."
    ),
    empty="no trial that was proposed has run to its end, or nothing was varied.",
    group="search",
)
