"""What early stopping did: at each rung of the ladder, who arrived, who went on, and how good they
were.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from hypersearch.analysis.figures import style
from hypersearch.analysis.figures.base import FigureKind
from hypersearch.analysis.figures.trial_data import (
    Floats,
    Goal,
    Ints,
    goal,
    jitter,
    limits,
    number,
    searched,
    trials,
)
from hypersearch.models.text import counted
from hypersearch.search.storage.study import Study

MANY = 300  # points from which on an SVG holds them as one picture


@dataclass(frozen=True)
class Rung:
    """One rung: the searched trials that arrived there, by number, with their objective at it."""

    resource: int
    trial_n: Ints
    objective_n: Floats
    went_on: int  # spent more, or were complete with it
    best: float
    median: float

    @property
    def reached(self) -> int:
        """How many trials arrived."""
        return len(self.trial_n)


@dataclass(frozen=True)
class Rungs:
    """The rungs that were reached, rising; then how many searched trials there are, and how many
    are complete.
    """

    family: str
    goal: Goal
    resource: str  # its unit: "epochs"
    rungs: tuple[Rung, ...]
    trials: int
    complete: int


def compute_rungs(study: Study, family: str) -> Rungs | None:
    """The rungs of a search, judged as its scheduler does: at the first step at or beyond each;
    None without any.
    """
    search, aim = study.search(family), goal(study, family)
    ours = searched(trials(study, family))
    steps = _steps(study, family, aim, ours)
    found = [_rung(int(rung), steps, ours, aim) for rung in search.get("rungs", ())]
    there = tuple(rung for rung in found if rung.reached)
    done = int((ours["state"] == "COMPLETE").sum())
    return Rungs(family, aim, str(search["resource"]), there, len(ours), done) if there else None


def _steps(study: Study, family: str, aim: Goal, ours: pd.DataFrame) -> pd.DataFrame:
    """trial, step and objective of each step of the searched trials, in this order."""
    column, history = f"val.{aim.metric}", study.history
    if history.empty or column not in history:
        return pd.DataFrame(columns=["trial", "step", "objective"])
    rows = history[
        (history["family"] == family)
        & history["trial"].isin(ours["trial"])
        & history[column].notna()
    ]
    return rows.rename(columns={column: "objective"})[["trial", "step", "objective"]].sort_values(
        ["trial", "step"]
    )


def _rung(rung: int, steps: pd.DataFrame, ours: pd.DataFrame, aim: Goal) -> Rung:
    judged = steps[steps["step"] >= rung].drop_duplicates("trial")
    last = steps.groupby("trial")["step"].max()
    whole = set(ours.loc[ours["state"] == "COMPLETE", "trial"])
    numbers, values = (
        judged["trial"].to_numpy(dtype=np.int64),
        judged["objective"].to_numpy(dtype=float),
    )
    further = [
        last[n] > step or n in whole
        for n, step in zip(judged["trial"], judged["step"], strict=True)
    ]
    median = float(np.median(values)) if len(values) else np.nan
    return Rung(rung, numbers, values, int(sum(further)), aim.best(values), median)


def draw_rungs(rungs: Rungs) -> Figure:
    """Left: a bar for each rung, the share that went on filled. Right: the objectives there."""
    figure = style.figure(7.0, 3.2)
    left, right = figure.subplots(1, 2)
    _survivors(left, rungs)
    _objectives(right, rungs)
    style.legend(figure)
    return figure


def _survivors(axes: Axes, rungs: Rungs) -> None:
    at = np.arange(len(rungs.rungs) + 1)
    reached = [*(rung.reached for rung in rungs.rungs), rungs.complete]
    went_on = [*(rung.went_on for rung in rungs.rungs), rungs.complete]
    axes.bar(at, reached, 0.7, color="#C9DCE9", label="arrived")
    axes.bar(at, went_on, 0.7, color=style.STATE_COLOURS["COMPLETE"], label="went on")
    for x, arrived, on in zip(at, reached, went_on, strict=True):
        words = f"{arrived}" if x == at[-1] else f"{arrived} → {on}"
        axes.annotate(
            words, (x, arrived), (0, 2), textcoords="offset points", ha="center", fontsize=8
        )
    axes.set_xticks(at, [*(str(rung.resource) for rung in rungs.rungs), "end"])
    axes.set_ylim(0, 1.12 * max(reached))
    axes.set_xlabel(f"rung, {style.words(rungs.resource)}")
    axes.set_ylabel("trials")
    axes.grid(visible=False, axis="x")


def _objectives(axes: Axes, rungs: Rungs) -> None:
    values = np.concatenate([rung.objective_n for rung in rungs.rungs])
    size = 9 if len(values) > MANY else 18
    for place, rung in enumerate(rungs.rungs):
        x, grey = place + jitter(rung.trial_n), style.STATE_COLOURS["PRUNED"]
        axes.scatter(
            x, rung.objective_n, size, grey, alpha=0.6, linewidths=0, rasterized=len(values) > MANY
        )
    at = np.arange(len(rungs.rungs))
    axes.plot(at, [rung.best for rung in rungs.rungs], "o-", color=style.BEST_COLOUR, label="best")
    axes.plot(at, [rung.median for rung in rungs.rungs], "s--", color=style.MUTED, label="median")
    axes.set_xticks(at, [str(rung.resource) for rung in rungs.rungs])
    axes.set_xlim(-0.5, len(at) - 0.5)
    axes.set_ylim(*limits(values, rungs.goal))
    axes.set_xlabel(f"rung, {style.words(rungs.resource)}")
    axes.set_ylabel(f"{style.words(rungs.goal.metric)}, {rungs.goal.better}")
    axes.grid(visible=False, axis="x")


def describe_rungs(rungs: Rungs) -> str:
    """Rung by rung, how many arrived and went on, and the best and the median there."""
    each = [
        f"at {counted(rung.resource, rungs.resource)} {rung.reached} arrived and {rung.went_on}"
        f" went on (best {number(rung.best)}, median {number(rung.median)})"
        for rung in rungs.rungs
    ]
    return (
        f"{rungs.family}: of {rungs.trials} searched trials, {'; '.join(each)}; {rungs.complete}"
        f" ran to their end. Judged by {rungs.goal.metric}, {rungs.goal.better}."
    )


RUNGS = FigureKind(
    name="rungs",
    title="Early stopping: who reached each rung and who went on",
    compute=compute_rungs,
    draw=draw_rungs,
    describe=describe_rungs,
    caption=(
        "How many trials reached each rung and went on from there, and how good they"
        " were when they were judged."
    ),
    empty="no trial that was proposed was judged at a rung.",
    group="search",
)
