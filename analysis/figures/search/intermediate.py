"""The objective of every trial as it spent its resource."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from hypersearch.analysis.figures import style
from hypersearch.analysis.figures.base import FigureKind
from hypersearch.analysis.figures.trial_data import (
    Floats,
    Goal,
    goal,
    limits,
    number,
    thinned,
    trials,
)
from hypersearch.models.text import counted
from hypersearch.search.storage.study import Study

CURVES, POINTS = 200, 60  # that are drawn, and of each
LOOKS = {  # colour, width, opacity
    "PRUNED": (style.STATE_COLOURS["PRUNED"], 0.6, 0.45),
    "FAIL": (style.STATE_COLOURS["FAIL"], 0.8, 0.7),
    "COMPLETE": (style.STATE_COLOURS["COMPLETE"], 0.9, 0.6),
    "baseline": (style.BASELINE_COLOUR, 1.4, 0.9),
}
WIDE = 20.0  # ratio of largest to smallest resource from which on its axis is logarithmic


@dataclass(frozen=True)
class Curve:
    """One trial: its objective (s) at each resource (s)."""

    trial: int
    name: str
    state: str
    step_s: Floats
    objective_s: Floats


@dataclass(frozen=True)
class Intermediate:
    """Up to 200 curves of `trials` trials that made two steps or more, by number; the best complete
    one among them.

    `best`: its trial number, or None if none is complete.
    """

    family: str
    goal: Goal
    resource: str
    rungs: tuple[int, ...]
    curves: tuple[Curve, ...]
    trials: int
    best: int | None


def compute_intermediate(study: Study, family: str) -> Intermediate | None:
    """The curves of a search; None where no trial made two steps."""
    search, aim = study.search(family), goal(study, family)
    rows = _rows(study, family, f"val.{aim.metric}")
    steps = rows.groupby("trial")["step"].transform("size") if len(rows) else pd.Series(dtype=float)
    rows = rows[steps >= 2]
    if rows.empty:
        return None
    table = trials(study, family).set_index("trial")
    shown, best = _chosen(rows, table, aim)
    names, states = table["name"].to_dict(), table["state"].to_dict()
    curves = tuple(
        _curve(n, str(names[n]), str(states[n]), rows[rows["trial"] == n]) for n in shown
    )
    rungs = tuple(int(rung) for rung in search.get("rungs", ()))
    return Intermediate(
        family, aim, str(search["resource"]), rungs, curves, rows["trial"].nunique(), best
    )


def _rows(study: Study, family: str, column: str) -> pd.DataFrame:
    """trial, step, objective of the ended trials."""
    history, ended = study.history, trials(study, family)["trial"]
    if history.empty or column not in history:
        return pd.DataFrame(columns=["trial", "step", "objective"])
    ours = history[
        (history["family"] == family) & history["trial"].isin(ended) & history[column].notna()
    ]
    return ours.rename(columns={column: "objective"})[["trial", "step", "objective"]].sort_values(
        ["trial", "step"]
    )


def _chosen(rows: pd.DataFrame, table: pd.DataFrame, aim: Goal) -> tuple[list[int], int | None]:
    """The trials that are drawn, by number: baselines and the best always, of the others evenly
    many by last value.
    """
    last = rows.drop_duplicates("trial", keep="last").set_index("trial")["objective"]
    order = [int(number) for number in last.index[aim.first(last)]]
    best = next((n for n in order if table.loc[n, "state"] == "COMPLETE"), None)
    always = [n for n in order if n == best or table.loc[n, "name"] != ""]
    rest = [n for n in order if n not in always]
    kept = [rest[at] for at in thinned(len(rest), max(1, CURVES - len(always)))]
    return sorted({*always, *kept}), best


def _curve(number: int, name: str, state: str, rows: pd.DataFrame) -> Curve:
    some = rows.iloc[thinned(len(rows), POINTS)]
    step_s, objective_s = (
        some["step"].to_numpy(dtype=float),
        some["objective"].to_numpy(dtype=float),
    )
    return Curve(number, name, state, step_s, objective_s)


def draw_intermediate(intermediate: Intermediate) -> Figure:
    """Stopped trials grey and thin, complete ones blue, the best green, baselines wine; rungs as
    vertical lines.
    """
    figure = style.figure(7.0, 3.6)
    panel = figure.subplots()
    for kind, (colour, width, alpha) in LOOKS.items():
        ours = [c for c in intermediate.curves if _kind(c) == kind and c.trial != intermediate.best]
        _lines(panel, ours, colour, width, alpha, style.STATE_WORDS.get(kind, kind))
    best = [curve for curve in intermediate.curves if curve.trial == intermediate.best]
    _lines(panel, best, style.BEST_COLOUR, 2.0, 1.0, "best")
    _axes(panel, intermediate)
    style.legend(figure)
    return figure


def _kind(curve: Curve) -> str:
    return "baseline" if curve.name else curve.state


def _lines(
    panel: Axes, curves: list[Curve], colour: str, width: float, alpha: float, label: str
) -> None:
    if curves:
        points = [np.column_stack([curve.step_s, curve.objective_s]) for curve in curves]
        many = len(curves) > 20
        panel.add_collection(
            LineCollection(
                points, colors=colour, linewidths=width, alpha=alpha, label=label, rasterized=many
            )
        )


def _axes(panel: Axes, intermediate: Intermediate) -> None:
    first = min(curve.step_s[0] for curve in intermediate.curves)
    last = max(curve.step_s[-1] for curve in intermediate.curves)
    if last / max(first, 1.0) >= WIDE:
        style.logarithmic(panel, "x", max(first, 1.0), last)
    else:
        panel.set_xlim(first - 0.02 * (last - first), last + 0.02 * (last - first))
        panel.xaxis.set_major_locator(MaxNLocator(integer=True))
    for rung in intermediate.rungs:
        if first <= rung <= last:
            label = "rung" if rung == intermediate.rungs[0] else None
            panel.axvline(
                rung, color=style.MUTED, linestyle=":", linewidth=0.9, label=label, zorder=0
            )
    ends = [curve.objective_s for curve in intermediate.curves]
    panel.set_ylim(*limits(np.concatenate(ends), intermediate.goal))
    panel.set_xlabel(style.words(intermediate.resource))
    panel.set_ylabel(f"{style.words(intermediate.goal.metric)}, {intermediate.goal.better}")


def describe_intermediate(intermediate: Intermediate) -> str:
    """How many curves of which state, the rungs, and where the best began and ended."""
    states = [curve.state for curve in intermediate.curves]
    counts = ", ".join(
        f"{states.count(s)} {word}" for s, word in style.STATE_WORDS.items() if s in states
    )
    of = f" of {intermediate.trials} trials" if len(states) < intermediate.trials else ""
    rungs = f" Rungs at {', '.join(map(str, intermediate.rungs))}." if intermediate.rungs else ""
    what = (
        f"{intermediate.goal.metric} ({intermediate.goal.better}) against {intermediate.resource}"
    )
    said = (
        f"{intermediate.family}: {what} for {counted(len(states), 'curves')}{of} ({counts}).{rungs}"
    )
    best = next((curve for curve in intermediate.curves if curve.trial == intermediate.best), None)
    if best is None:
        return said
    first, last = number(best.objective_s[0]), number(best.objective_s[-1])
    which = f"{best.trial} {best.name}".strip()
    return f"{said} The best complete trial, {which}, goes from {first} to {last}."


INTERMEDIATE = FigureKind(
    name="intermediate",
    title="The objective as resource is spent",
    compute=compute_intermediate,
    draw=draw_intermediate,
    describe=describe_intermediate,
    caption=(
        "The objective after each step of each trial; lines that end early were stopped, or failed."
    ),
    empty="no trial was judged more than once.",
    group="search",
)
