"""How the best configuration was found: every complete trial's objective, and the best so far."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from hypersearch.analysis.figures import style
from hypersearch.analysis.figures.base import FigureKind
from hypersearch.analysis.figures.trial_data import (
    Floats,
    Goal,
    Ints,
    baselines,
    complete,
    floats,
    goal,
    limits,
    number,
    searched,
    time_unit,
    trials,
)
from hypersearch.analysis.study.worker_times import clock, lives
from hypersearch.models.text import counted, duration
from hypersearch.search.storage.study import Study

FOOT = 0.13  # of the height, for the marks of trials without an objective that compares
MANY = 300  # points from which on an SVG holds them as one picture


@dataclass(frozen=True)
class History:
    """The complete trials of a search: n searched ones and b baselines, each by number; then the
    others' numbers.

    `best_n`: the best objective of the searched trials up to each. `elapsed_m`, `best_m`: the same
    against time, in seconds since the search began (pauses left out), by the time at which each
    ended; empty if that is not known.
    """

    family: str
    goal: Goal
    trial_n: Ints
    objective_n: Floats
    best_n: Floats
    trial_b: Ints
    objective_b: Floats
    names: tuple[str, ...]  # of the baselines
    pruned: Ints
    failed: Ints
    elapsed_m: Floats
    best_m: Floats

    @property
    def best(self) -> int | None:
        """The index of the best searched trial, the earlier of equal ones; None if there is
        none.
        """
        return int(self.goal.first(self.objective_n)[0]) if len(self.objective_n) else None

    @property
    def best_baseline(self) -> int | None:
        """The same of the baselines."""
        return int(self.goal.first(self.objective_b)[0]) if len(self.objective_b) else None


def compute_history(study: Study, family: str) -> History | None:
    """The history of a search; None without a complete trial."""
    table, aim = trials(study, family), goal(study, family)
    done = complete(table)
    if done.empty:
        return None
    ours, theirs = searched(done), baselines(done)
    elapsed_m, best_m = _over_time(study, family, ours, aim)
    return History(
        family=family,
        goal=aim,
        trial_n=ours["trial"].to_numpy(dtype=np.int64),
        objective_n=floats(ours["objective"]),
        best_n=aim.running(floats(ours["objective"])),
        trial_b=theirs["trial"].to_numpy(dtype=np.int64),
        objective_b=floats(theirs["objective"]),
        names=tuple(theirs["name"]),
        pruned=table.loc[table["state"] == "PRUNED", "trial"].to_numpy(dtype=np.int64),
        failed=table.loc[table["state"] == "FAIL", "trial"].to_numpy(dtype=np.int64),
        elapsed_m=elapsed_m,
        best_m=best_m,
    )


def _over_time(study: Study, family: str, ours: pd.DataFrame, aim: Goal) -> tuple[Floats, Floats]:
    told = lives(study.folder, family)
    time = clock(told)
    ended = {life.trial: life.ended for life in told if life.ended is not None}
    rows = [
        (ended[n], value)
        for n, value in zip(ours["trial"], ours["objective"], strict=True)
        if n in ended
    ]
    if time is None or len(rows) < 2:
        return np.empty(0), np.empty(0)
    rows.sort()
    elapsed = [time.elapsed(at) for at, _ in rows]
    return np.array(elapsed), aim.running([value for _, value in rows])


def draw_history(history: History) -> Figure:
    """Objectives by trial number; beside it, where times are known, the best so far by time."""
    figure = style.figure(7.0, 3.4)
    timed = len(history.elapsed_m) > 0
    panels = figure.subplots(
        1, 2 if timed else 1, sharey=True, squeeze=False, width_ratios=[3, 2] if timed else [1]
    )[0]
    _by_number(panels[0], history)
    if timed:
        _by_time(panels[1], history)
    low, high = limits(np.concatenate([history.objective_n, history.objective_b]), history.goal)
    foot = FOOT * (high - low) if len(history.pruned) + len(history.failed) else 0.0
    panels[0].set_ylim(low - foot, high)
    panels[0].set_ylabel(f"{style.words(history.goal.metric)}, {history.goal.better}")
    _mark_outside(panels[0], history, low, high)
    style.legend(figure)
    return figure


def _by_number(axes: Axes, history: History) -> None:
    many = len(history.trial_n) > MANY
    size, colour = (10 if many else 18), style.STATE_COLOURS["COMPLETE"]
    if len(history.trial_n):
        axes.scatter(
            history.trial_n,
            history.objective_n,
            size,
            colour,
            alpha=0.6,
            label="complete",
            rasterized=many,
        )
        last = max(
            numbers.max()
            for numbers in (history.trial_n, history.trial_b, history.pruned, history.failed)
            if len(numbers)
        )
        best_n, trial_n = (
            np.append(history.best_n, history.best_n[-1]),
            np.append(history.trial_n, last),
        )
        axes.step(trial_n, best_n, where="post", color=style.BEST_COLOUR, label="best so far")
    if len(history.trial_b):
        axes.scatter(
            history.trial_b,
            history.objective_b,
            30,
            style.BASELINE_COLOUR,
            marker="D",
            label="baseline",
            zorder=3,
        )
        best = history.objective_b[history.best_baseline or 0]
        axes.axhline(
            best, color=style.BASELINE_COLOUR, linestyle=":", linewidth=1, label="best baseline"
        )
    for state, numbers, marker, height in (
        ("PRUNED", history.pruned, "|", 0.03),
        ("FAIL", history.failed, "x", 0.08),
    ):
        if len(numbers):
            axes.scatter(
                numbers,
                np.full(len(numbers), height),
                22,
                style.STATE_COLOURS[state],
                marker=marker,
                linewidths=0.6 if len(numbers) > MANY else 1.2,
                transform=axes.get_xaxis_transform(),
                label=style.STATE_WORDS[state],
                rasterized=len(numbers) > MANY,
            )
    numbers = np.concatenate([history.trial_n, history.trial_b, history.pruned, history.failed])
    margin = max(0.5, 0.02 * (numbers.max() - numbers.min()))
    axes.set_xlim(numbers.min() - margin, numbers.max() + margin)
    axes.set_xlabel("trial")
    axes.xaxis.set_major_locator(MaxNLocator(integer=True))


def _by_time(axes: Axes, history: History) -> None:
    size, unit = time_unit(history.elapsed_m)
    axes.step(history.elapsed_m / size, history.best_m, where="post", color=style.BEST_COLOUR)
    if history.best_baseline is not None:
        best = history.objective_b[history.best_baseline]
        axes.axhline(best, color=style.BASELINE_COLOUR, linestyle=":", linewidth=1)
    axes.set_xlim(0, 1.02 * history.elapsed_m[-1] / size or 1.0)
    axes.set_xlabel(f"{unit} since the search began")


def _mark_outside(axes: Axes, history: History, low: float, high: float) -> None:
    """Triangles at the edge for what lies beyond it."""
    for numbers, values, colour in (
        (history.trial_n, history.objective_n, style.STATE_COLOURS["COMPLETE"]),
        (history.trial_b, history.objective_b, style.BASELINE_COLOUR),
    ):
        beyond = (values < low) | (values > high)
        edge = 0.97 if history.goal.mode == "min" else 0.14
        marker = "^" if history.goal.mode == "min" else "v"
        if beyond.any():
            foot = np.full(int(beyond.sum()), edge)
            axes.scatter(
                numbers[beyond],
                foot,
                16,
                colour,
                marker=marker,
                transform=axes.get_xaxis_transform(),
            )


def describe_history(history: History) -> str:
    """How many ended in which way, the best trial, and the best baseline."""
    metric = f"{history.goal.metric} ({history.goal.better})"
    ours = counted(len(history.trial_n), "complete searched trials")
    kinds = f"{ours}, {counted(len(history.trial_b), 'baselines')}"
    counts = f"{kinds}, {len(history.pruned)} stopped, {len(history.failed)} failed"
    said = [f"{history.family}: {metric} by trial; {counts}."]
    if history.best is not None:
        at = history.best
        when = f" after {duration(_reached(history), 'decimal')}" if len(history.elapsed_m) else ""
        said.append(
            f"The best is trial {history.trial_n[at]} with {number(history.objective_n[at])}{when}."
        )
    if history.best_baseline is not None:
        at = history.best_baseline
        said.append(
            f"The best baseline is {history.names[at]} with {number(history.objective_b[at])}."
        )
    return " ".join(said)


def _reached(history: History) -> float:
    """The seconds at which the best so far was as good as in the end."""
    return float(history.elapsed_m[np.argmax(history.best_m == history.best_m[-1])])


HISTORY = FigureKind(
    name="history",
    title="Objective of each trial, and the best so far",
    compute=compute_history,
    draw=draw_history,
    describe=describe_history,
    caption="Every trial in the order of its number, and the best that was known after each.",
    empty="no trial has run to its end.",
    group="search",
)
