"""Parallel coordinates: each trial a line through its parameters to its objective."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection
from matplotlib.figure import Figure

from hypersearch.analysis.figures import style
from hypersearch.analysis.figures.base import FigureKind
from hypersearch.analysis.figures.search.axes import Axis
from hypersearch.analysis.figures.search.importances import ranked
from hypersearch.analysis.figures.trial_data import (
    Floats,
    Goal,
    Ints,
    complete,
    floats,
    goal,
    limits,
    number,
    searched,
    thinned,
    trials,
)
from hypersearch.search.storage.study import Study

MOST = 7  # parameters
LINES = 200
ABSENT = -0.14  # where a line passes an axis that its trial does not have
LABELLED = 8  # words on one axis


@dataclass(frozen=True)
class Parallel:
    """Complete searched trials (n of `trials`, the best first) on axes of parameters (p, the most
    important first).

    place_np: between 0 and 1 along each axis; NaN where a trial does not have the parameter.
    """

    family: str
    goal: Goal
    axes: tuple[Axis, ...]
    trial_n: Ints
    place_np: Floats
    objective_n: Floats
    trials: int


def compute_parallel_coordinates(study: Study, family: str) -> Parallel | None:
    """Up to 200 trials, evenly spaced by rank with the best among them; None with less than two, or
    one parameter.
    """
    aim, done = goal(study, family), complete(searched(trials(study, family)))
    there = ranked(study, family, MOST)
    if len(done) < 2 or len(there) < 2:
        return None
    shown = done.iloc[aim.first(done["objective"])[thinned(len(done), LINES)]]
    place_np = np.stack([axis.scaled(axis.places(shown)) for axis in there], axis=1)
    numbers = shown["trial"].to_numpy(dtype=np.int64)
    return Parallel(
        family, aim, tuple(there), numbers, place_np, floats(shown["objective"]), len(done)
    )


def draw_parallel_coordinates(parallel: Parallel) -> Figure:
    """The objective is the last axis; better trials are darker and lie on top."""
    figure = style.figure(7.0, 3.8)
    panel = figure.subplots()
    low, high = limits(parallel.objective_n, parallel.goal)
    last_n = np.clip((parallel.objective_n - low) / (high - low), 0.0, 1.0)
    y_np = np.column_stack([np.nan_to_num(parallel.place_np, nan=ABSENT), last_n])
    x_p = np.arange(y_np.shape[1])
    lines = LineCollection(
        [np.column_stack([x_p, y_p]) for y_p in y_np[::-1]],
        array=(last_n if parallel.goal.mode == "max" else 1.0 - last_n)[::-1],
        cmap=f"{style.SEQUENTIAL}_r",
        linewidths=np.linspace(0.6, 1.6, len(y_np)),
        alpha=0.75,
    )
    panel.add_collection(lines)
    _frame(panel, parallel, bool(np.isnan(parallel.place_np).any()))
    for at, axis in enumerate(parallel.axes):
        _ticks(panel, at, axis)
    for share in (0.0, 0.5, 1.0):
        _tick(panel, len(parallel.axes), share, number(low + share * (high - low)))
    return figure


def _frame(panel: Axes, parallel: Parallel, absent: bool) -> None:
    names = [*(style.words(axis.name) for axis in parallel.axes), style.words(parallel.goal.metric)]
    panel.set_xlim(-0.25, len(names) - 0.45)
    panel.set_ylim(ABSENT - 0.05 if absent else -0.05, 1.05)
    panel.set_xticks(range(len(names)), [style.wrapped(name) for name in names])
    panel.tick_params(length=0)
    panel.set_yticks([ABSENT] if absent else [], ["has\nnone"] if absent else [])
    panel.grid(visible=False)
    panel.spines[["left", "bottom"]].set_visible(False)
    panel.vlines(range(len(names)), 0, 1, color=style.MUTED, linewidth=0.8)


def _ticks(panel: Axes, at: int, axis: Axis) -> None:
    if axis.values:
        step = -(-len(axis.values) // LABELLED)
        for index in range(0, len(axis.values), step):
            _tick(panel, at, index / (len(axis.values) - 1), style.words(axis.values[index], 12))
        return
    values = (
        np.geomspace(axis.low, axis.high, 3) if axis.log else np.linspace(axis.low, axis.high, 3)
    )
    if axis.whole:
        few = axis.high - axis.low < LABELLED
        values = np.arange(axis.low, axis.high + 1) if few else values.round()
    for value, share in zip(values, axis.scaled(values), strict=True):
        _tick(panel, at, float(share), axis.word(value))


def _tick(panel: Axes, at: int, share: float, words: str) -> None:
    box = {"boxstyle": "round,pad=0.1", "facecolor": "white", "edgecolor": "none", "alpha": 0.75}
    panel.annotate(
        words, (at, share), (3, 0), textcoords="offset points", va="center", fontsize=8, bbox=box
    )


def describe_parallel_coordinates(parallel: Parallel) -> str:
    """What the lines are, and the values of the best."""
    pairs = zip(parallel.axes, parallel.place_np[0], strict=True)
    has = ", ".join(axis.name for axis, place in pairs if np.isfinite(place))
    shown = (
        f"{len(parallel.trial_n)} of {parallel.trials}"
        if len(parallel.trial_n) < parallel.trials
        else f"all {parallel.trials}"
    )
    return (
        f"{parallel.family}: {shown} complete searched trials as lines through {len(parallel.axes)}"
        f" parameters to {parallel.goal.metric} ({parallel.goal.better}). The best is trial"
        f" {parallel.trial_n[0]} with {number(parallel.objective_n[0])}; of these parameters it has"
        f" {has or 'none'}."
    )


PARALLEL_COORDINATES = FigureKind(
    name="parallel",
    title="Parameters of the trials, side by side",
    compute=compute_parallel_coordinates,
    draw=draw_parallel_coordinates,
    describe=describe_parallel_coordinates,
    caption=(
        "One line a trial through the values of its parameters; better trials are darker"
        " and lie on top."
    ),
    empty="it takes two complete trials that were proposed, and two parameters.",
    group="search",
)
