"""DBSCAN's two settings, eps and min_samples, and what came of them."""

from __future__ import annotations

import math
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
    complete,
    floats,
    goal,
    limits,
    number,
    searched,
    trials,
)
from hypersearch.search.storage.study import Study


@dataclass(frozen=True)
class DensityGrid:
    """DBSCAN's complete searched trials (n): eps as a quantile of the k-distances, its value,
    min_samples, scores.
    """

    family: str
    goal: Goal
    quantile_n: Floats
    eps_n: Floats
    min_samples_n: Floats
    objective_n: Floats
    noise_n: Floats


def compute_dbscan_grid(study: Study, family: str) -> DensityGrid | None:
    """The settings of a search over density; None for another family, and without a complete
    searched trial.
    """
    done = complete(searched(trials(study, family)))
    if done.empty or not {"param.eps_quantile", "param.min_samples"} <= set(done):
        return None
    done = done[done["param.eps_quantile"].notna() & done["param.min_samples"].notna()]
    nothing = pd.Series(math.nan, index=done.index)
    columns = (
        "param.eps_quantile",
        "val.eps",
        "param.min_samples",
        "objective",
        "val.noise_fraction",
    )
    values = [floats(done.get(column, nothing)) for column in columns]
    return DensityGrid(family, goal(study, family), *values) if len(done) else None


def draw_dbscan_grid(grid: DensityGrid) -> Figure:
    """Two panels over eps × min_samples: the objective, and the share of noise."""
    figure = style.figure(7.0, 3.2)
    noisy = bool(np.isfinite(grid.noise_n).any())
    panels = figure.subplots(1, 2 if noisy else 1, squeeze=False, sharey=True)[0]
    low, high = limits(grid.objective_n, grid.goal)
    _settings(
        panels[0],
        grid,
        grid.objective_n,
        (low, high),
        f"{style.words(grid.goal.metric)}, {grid.goal.better}",
    )
    if noisy:
        _settings(
            panels[1],
            grid,
            grid.noise_n,
            (0.0, max(0.01, float(np.nanmax(grid.noise_n)))),
            "share of noise",
        )
    best = grid.goal.first(grid.objective_n)[0]
    at = np.unique(grid.min_samples_n).searchsorted(grid.min_samples_n[best])
    panels[0].scatter(
        grid.quantile_n[best],
        at,
        110,
        "none",
        edgecolors=style.BASELINE_COLOUR,
        linewidths=1.5,
        label="best",
    )
    panels[0].set_ylabel("min_samples")
    style.legend(figure)
    return figure


def _settings(
    panel: Axes, grid: DensityGrid, values: Floats, span: tuple[float, float], words: str
) -> None:
    steps, at = np.unique(grid.min_samples_n, return_inverse=True)
    points = panel.scatter(
        grid.quantile_n,
        at,
        30,
        values,
        marker="s",
        cmap=style.SEQUENTIAL,
        vmin=span[0],
        vmax=span[1],
        rasterized=True,
    )
    panel.set_yticks(range(len(steps)), [f"{step:.0f}" for step in steps])
    panel.set_ylim(-0.6, len(steps) - 0.4)
    panel.set_xlabel("eps, as quantile of the k-distances")
    figure = panel.get_figure(root=True)
    assert figure is not None
    figure.colorbar(points, ax=panel, location="top", label=words, aspect=30, shrink=0.9)


def describe_dbscan_grid(grid: DensityGrid) -> str:
    """How many settings, and the best of them."""
    best = grid.goal.first(grid.objective_n)[0]
    eps = f" (eps {grid.eps_n[best]:.3g})" if math.isfinite(grid.eps_n[best]) else ""
    noise = f", with {grid.noise_n[best]:.1%} noise" if math.isfinite(grid.noise_n[best]) else ""
    return (
        f"{grid.family}: {grid.goal.metric} ({grid.goal.better}) of {len(grid.objective_n)}"
        f" settings of eps and min_samples. The best, {number(grid.objective_n[best])}, is at"
        f" quantile {grid.quantile_n[best]:.2f}{eps} and min_samples"
        f" {grid.min_samples_n[best]:.0f}{noise}."
    )


DBSCAN_GRID = FigureKind(
    name="density_grid",
    title="DBSCAN's eps and min_samples",
    compute=compute_dbscan_grid,
    draw=draw_dbscan_grid,
    describe=describe_dbscan_grid,
    caption=(
        "What DBSCAN's two settings give together: the objective, and the share of"
        " images that are noise."
    ),
    group="search",
)
