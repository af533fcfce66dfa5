"""Clusterings: their scores against the number of clusters, the reports' figures beside ours."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter

from hypersearch.analysis.figures import style
from hypersearch.analysis.figures.base import FigureKind
from hypersearch.analysis.figures.trial_data import (
    Floats,
    baselines,
    complete,
    floats,
    number,
    searched,
    trials,
)
from hypersearch.analysis.study.cluster_choices import is_clustering
from hypersearch.models.metrics import row_of
from hypersearch.search.storage.study import Study

SIZES = ("k", "components")  # the parameters that say how many clusters are wanted
SHOWN = ("inertia", "homogeneity", "accuracy")
MANY = 300  # points from which on an SVG holds them as one picture


@dataclass(frozen=True)
class Scores:
    """One metric on validation: of searched trials (n) and baselines (b), and what reports say (r)
    of the latter.
    """

    metric: str
    k_n: Floats
    value_n: Floats
    k_b: Floats
    value_b: Floats
    names_r: tuple[str, ...]
    k_r: Floats
    value_r: Floats


@dataclass(frozen=True)
class CurvesOverK:
    """The metrics that complete trials have, against `size`, the parameter that is the number of
    clusters.
    """

    family: str
    size: str
    scores: tuple[Scores, ...]
    low: float
    high: float
    # what the baselines were fitted on, if the searched trials were fitted on something else
    fit_on: str


def compute_scores_over_k(study: Study, family: str) -> CurvesOverK | None:
    """The curves; None for what has no number of clusters, or only one.

    What a report says is left out where the study is of other images, and its inertia where it is
    of fewer images.
    """
    done = complete(trials(study, family))
    size = next((name for name in SIZES if f"param.{name}" in done), None)
    if size is None or not is_clustering(done):
        return None
    done = (
        done.assign(k=floats(done[f"param.{size}"]))
        .dropna(subset=["k", "val.clusters"])
        .sort_values("k")
    )
    if done["k"].nunique() < 2:
        return None
    reported = _reported(study, family)
    there = [
        metric
        for metric in SHOWN
        if f"val.{metric}" in done and done[f"val.{metric}"].notna().any()
    ]
    scores = tuple(_scores(metric, size, done, reported, _limited(study)) for metric in there)
    return CurvesOverK(
        family, size, scores, float(done["k"].min()), float(done["k"].max()), _fit_on(done)
    )


def _fit_on(done: pd.DataFrame) -> str:
    """The inertia of more images is larger, so it is said where they differ."""
    if "param.fit_on" not in done:
        return ""
    ours, theirs = (set(each(done)["param.fit_on"].dropna()) for each in (searched, baselines))
    return str(next(iter(theirs))) if ours and len(theirs) == 1 and ours != theirs else ""


def _reported(study: Study, family: str) -> list[Mapping[str, Any]]:
    """The baselines whose source had the images of this study."""
    data = study.facts["dataset"]["name"]
    return [each for each in study.search(family)["baselines"] if each.get("dataset") == data]


def _limited(study: Study) -> bool:
    return study.facts.get("config", {}).get("max_samples") is not None


def _scores(
    metric: str, size: str, done: pd.DataFrame, reported: Sequence[Mapping[str, Any]], limited: bool
) -> Scores:
    column = f"val.{metric}"
    there = done[done[column].notna()]
    ours, theirs = searched(there), baselines(there)
    said = (
        []
        if limited and row_of(metric).grows_with == "images"
        else [each for each in reported if column in each["figures"]]
    )
    return Scores(
        metric=metric,
        k_n=floats(ours["k"]),
        value_n=floats(ours[column]),
        k_b=floats(theirs["k"]),
        value_b=floats(theirs[column]),
        names_r=tuple(str(each["name"]) for each in said),
        k_r=np.array([float(each["config"][size]) for each in said]),
        value_r=np.array([float(each["figures"][column]) for each in said]),
    )


def draw_scores_over_k(curves: CurvesOverK) -> Figure:
    """A panel for each metric, k on a logarithmic axis."""
    figure = style.figure(7.0, 3.0)
    panels = figure.subplots(1, len(curves.scores), squeeze=False)[0]
    for panel, scores in zip(panels, curves.scores, strict=True):
        _panel(panel, scores, curves.fit_on)
        style.logarithmic(panel, "x", curves.low, curves.high, ticks=5)
        panel.set_xlabel(curves.size)
        panel.set_title(scores.metric)
        if row_of(scores.metric).grows_with == "images":
            panel.yaxis.set_major_formatter(FuncFormatter(_large))
    style.legend(figure)
    return figure


def _panel(panel: Axes, scores: Scores, fit_on: str) -> None:
    wine, blue = style.BASELINE_COLOUR, style.STATE_COLOURS["COMPLETE"]
    if len(scores.k_n):
        many = len(scores.k_n) > MANY
        panel.scatter(
            scores.k_n,
            scores.value_n,
            16,
            blue,
            alpha=0.6,
            linewidths=0,
            label="searched",
            rasterized=many,
        )
    if len(scores.k_b):
        label = "baseline, ours" + (f" (fitted on {style.words(fit_on)})" if fit_on else "")
        panel.plot(
            scores.k_b, scores.value_b, "D-", color=wine, linewidth=0.8, markersize=4, label=label
        )
    if len(scores.k_r):
        panel.scatter(
            scores.k_r,
            scores.value_r,
            36,
            "black",
            marker="x",
            linewidths=1.1,
            label="as reported",
            zorder=4,
        )


def _large(value: float, _: int | None = None) -> str:
    return f"{value / 1e6:g} M" if abs(value) >= 1e6 else f"{value:,.0f}"


def describe_scores_over_k(curves: CurvesOverK) -> str:
    """The range of k, each metric at its ends, and how far ours are from the reported figures."""
    ends = [_ends(curves, scores) for scores in curves.scores]
    apart = [words for scores in curves.scores if (words := _apart(scores))]
    said = (
        f"{curves.family}: {', '.join(ends)} as {curves.size} goes from {curves.low:.0f} to"
        f" {curves.high:.0f}."
    )
    said += f" Ours against the reported figures: {', '.join(apart)}." if apart else ""
    return said + (
        f" Baselines are fitted on {curves.fit_on}, searched trials are not."
        if curves.fit_on
        else ""
    )


def _ends(curves: CurvesOverK, scores: Scores) -> str:
    k, value = np.r_[scores.k_n, scores.k_b], np.r_[scores.value_n, scores.value_b]
    first, last = value[k == k.min()].mean(), value[k == k.max()].mean()
    return f"{scores.metric} {number(first)} to {number(last)}"


def _apart(scores: Scores) -> str:
    """The largest difference between a baseline's figure and ours at the same k."""
    ours = dict(zip(scores.k_b.tolist(), scores.value_b.tolist(), strict=True))
    pairs = zip(scores.k_r.tolist(), scores.value_r.tolist(), strict=True)
    shares = [abs(ours[k] - value) / abs(value) for k, value in pairs if k in ours and value]
    return f"{scores.metric} within {max(shares):.1%}" if shares else ""


SCORES_OVER_K = FigureKind(
    name="curves_over_k",
    title="Scores against the number of clusters",
    compute=compute_scores_over_k,
    draw=draw_scores_over_k,
    describe=describe_scores_over_k,
    caption=(
        "Scores rise with the number of clusters whatever a clustering is worth; compare"
        " equal numbers."
    ),
    group="search",
)
