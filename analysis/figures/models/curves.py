"""Training and validation curves of a search's best trial, with those of the baselines behind
it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import MaxNLocator
from numpy.typing import NDArray

from hypersearch.analysis.figures import style
from hypersearch.analysis.figures.base import FigureKind
from hypersearch.analysis.study.ranking import objectives, rank
from hypersearch.models.metrics import BETTER, METRICS, Mode, mode_of
from hypersearch.search.storage.study import Study

DRAWN = (
    *("loss", "mse", "inertia", "kl", "bic"),
    *("accuracy", "elbo", "v_measure", "log_likelihood", "code_probe_accuracy", "silhouette"),
)  # after the objectives: the first of each direction that has a curve
WIDE = 8.0  # from this ratio of highest to lowest on, an axis is logarithmic
MOST = 4  # baselines that are drawn


@dataclass(frozen=True)
class Line:
    """A metric of one trial after each step.

    `training` is on the step's own batches; NaN where none was reported.
    """

    label: str
    steps_t: NDArray[np.float64]
    validation_t: NDArray[np.float64]
    training_t: NDArray[np.float64]


@dataclass(frozen=True)
class Panel:
    """A metric: the best trial's line, and those of the baselines."""

    metric: str
    lower_is_better: bool
    best: Line
    baselines: tuple[Line, ...]


@dataclass(frozen=True)
class Curves:
    """`unit`: of the steps ("epochs").

    One panel for a metric that should fall, one for a metric that should rise.
    """

    unit: str
    panels: tuple[Panel, ...]


def curves(study: Study, family: str) -> Curves | None:
    """The curves of the best complete trial; None if it was judged only once, or there is none."""
    ranked = rank(study, family)
    complete = ranked[ranked["state"] == "COMPLETE"]
    if complete.empty or "family" not in study.history:
        return None
    history = study.history[study.history["family"] == family].replace([np.inf, -np.inf], np.nan)
    by_trial = {number: steps.sort_values("step") for number, steps in history.groupby("trial")}
    others = [
        (int(row["trial"]), str(row["name"]))
        for _, row in complete.iloc[1:].iterrows()
        if row["name"]
    ]
    first = int(complete["trial"].iloc[0])
    best = by_trial.get(first, history.head(0))
    label = str(complete["name"].iloc[0]) or f"trial {first}"
    names = [name for name in (*objectives(study, family), *DRAWN) if name in METRICS]
    modes: tuple[Mode, ...] = ("min", "max")
    panels = []
    for mode in modes:
        metric = _chosen(best, [name for name in names if mode_of(name) == mode])
        if metric:
            behind = [
                _line(by_trial[number], name, metric)
                for number, name in others
                if number in by_trial
            ]
            drawn = tuple(line for line in behind if len(line.steps_t) > 1)[:MOST]
            panels.append(Panel(metric, mode == "min", _line(best, label, metric), drawn))
    return Curves(str(study.search(family)["resource"]), tuple(panels)) if panels else None


def draw_curves(record: Curves) -> Figure:
    """A panel beside the other; training dashed, baselines thin."""
    figure = style.figure(7.0, 3.4)
    labels = dict.fromkeys(
        line.label for panel in record.panels for line in (panel.best, *panel.baselines)
    )
    colours = {label: style.class_colour(number) for number, label in enumerate(labels)}
    for axes, panel in zip(
        figure.subplots(1, len(record.panels), squeeze=False)[0], record.panels, strict=True
    ):
        lines = [panel.best, *panel.baselines]
        for line in reversed(lines):
            _draw_line(axes, line, colours[line.label], line is panel.best)
        _scale(axes, lines)
        axes.set_xlabel(record.unit)
        axes.set_title(f"{panel.metric} ({BETTER[mode_of(panel.metric)]} is better)")
    shown = [Line2D([], [], color=colour, lw=2) for colour in colours.values()]
    words = [*map(style.words, labels)]
    if _trained(record):
        shown += [Line2D([], [], color=style.MUTED, linestyle=dash) for dash in ("-", "--")]
        words += ["validation", "training"]
    figure.legend(shown, words, loc="outside lower center", ncols=min(len(words), 4))
    return figure


def describe_curves(record: Curves) -> str:
    """Where the lines of the best trial end."""
    ends = [
        f"{panel.metric} ends at {panel.best.validation_t[-1]:.4g} on validation"
        + (
            f" and {panel.best.training_t[-1]:.4g} on training"
            if np.isfinite(panel.best.training_t[-1])
            else ""
        )
        for panel in record.panels
    ]
    best = record.panels[0].best
    behind = max((len(panel.baselines) for panel in record.panels), default=0)
    beside = f", beside {behind} baseline{'s' * (behind > 1)}" if behind else ""
    return (
        f"Curves of {style.words(best.label)} over {best.steps_t[-1]:.0f} {record.unit}{beside}:"
        f" {'; '.join(ends)}."
    )


def _chosen(steps: pd.DataFrame, names: Sequence[str]) -> str | None:
    """The first metric with a curve; those that were reported on training too come first."""
    there = [name for name in names if _count(steps, f"val.{name}") > 1]
    return next(
        (name for name in there if _count(steps, f"train.{name}") > 1), there[0] if there else None
    )


def _count(steps: pd.DataFrame, column: str) -> int:
    return int(steps[column].notna().sum()) if column in steps else 0


def _trained(record: Curves) -> bool:
    lines = [line for panel in record.panels for line in (panel.best, *panel.baselines)]
    return any(bool(np.isfinite(line.training_t).any()) for line in lines)


def _line(steps: pd.DataFrame, label: str, metric: str) -> Line:
    there = steps[steps[f"val.{metric}"].notna()]
    training = there.get(f"train.{metric}", pd.Series(np.nan, index=there.index))
    steps_t, validation_t, training_t = (
        np.asarray(column, dtype=np.float64)
        for column in (there["step"], there[f"val.{metric}"], training)
    )
    return Line(label, steps_t, validation_t, training_t)


def _draw_line(axes: Axes, line: Line, colour: str, best: bool) -> None:
    for values_t, dash in ((line.validation_t, "-"), (line.training_t, "--")):
        axes.plot(
            line.steps_t,
            values_t,
            dash,
            color=colour,
            lw=2.0 if best else 1.0,
            alpha=1.0 if best else 0.6,
        )


def _scale(axes: Axes, lines: Sequence[Line]) -> None:
    values = np.concatenate(
        [array for line in lines for array in (line.validation_t, line.training_t)]
    )
    there = values[np.isfinite(values)]
    if there.min() > 0 and there.max() / there.min() > WIDE:
        style.logarithmic(axes, "y", float(there.min()), float(there.max()))
    axes.xaxis.set_major_locator(MaxNLocator(integer=True))


CURVES = FigureKind(
    name="curves",
    title="Training and validation curves",
    compute=curves,
    draw=draw_curves,
    describe=describe_curves,
    caption=(
        "The best trial before the baselines; where training improves while validation"
        " turns, a model overfits."
    ),
    empty="the best trial was judged only once, or there is none.",
    group="model",
)
