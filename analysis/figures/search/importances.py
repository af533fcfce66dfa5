"""Which parameters decide whether a trial is among the best: PED-ANOVA, as Optuna computes it.

Watanabe, Bansal and Hutter, "PED-ANOVA: Efficiently Quantifying Hyperparameter Importance in
Arbitrary Subspaces", IJCAI 2023, arXiv 2304.10255. Optuna 5 also judges parameters that only some
configurations have (arXiv 2601.20800).
"""

from __future__ import annotations

import importlib
import math
import sys
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from types import ModuleType
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from hypersearch.analysis.figures import style
from hypersearch.analysis.figures.base import FigureKind
from hypersearch.analysis.figures.search.axes import Axis, axes
from hypersearch.analysis.figures.trial_data import Goal, complete, floats, goal, searched, trials
from hypersearch.search.storage.study import Study

if TYPE_CHECKING:
    import optuna

LEAST = 8  # complete trials below which nothing is said
TOP = 5  # trials that the best share should hold at least, as Optuna advises
SHOWN = 15  # parameters


@dataclass(frozen=True)
class Importances:
    """Parameters, the most important first, and their shares, which add up to 1.

    A share tells how much better a parameter alone separates the best `quantile` (γ') of `trials`
    complete, searched trials from all of them. `conditional`: those that some configurations do not
    have.
    """

    family: str
    goal: Goal
    names: tuple[str, ...]
    shares: tuple[float, ...]
    conditional: tuple[str, ...]
    trials: int
    quantile: float


def compute_importances(study: Study, family: str) -> Importances | None:
    """The importances; None with fewer than eight complete searched trials, one parameter, or equal
    objectives.
    """
    aim, done = goal(study, family), complete(searched(trials(study, family)))
    there = [axis for axis in axes(study, family) if np.isfinite(axis.places(done)).sum() >= 2]
    if len(done) < LEAST or len(there) < 2 or done["objective"].nunique() < 2:
        return None
    quantile = min(0.5, max(0.1, TOP / len(done)))
    shares = _shares(done, there, aim, quantile)
    conditional = tuple(axis.name for axis in there if axis.conditional and axis.name in shares)
    return Importances(
        family, aim, tuple(shares), tuple(shares.values()), conditional, len(done), quantile
    )


def ranked(study: Study, family: str, most: int) -> list[Axis]:
    """Up to `most` parameters: the most important first, or in the space's order where that is not
    known.
    """
    found, there = compute_importances(study, family), axes(study, family)
    if found:
        place = {name: at for at, name in enumerate(found.names)}
        there.sort(key=lambda axis: place.get(axis.name, len(place)))
    return there[:most]


def _shares(done: pd.DataFrame, there: list[Axis], aim: Goal, quantile: float) -> dict[str, float]:
    import optuna

    with _quiet():
        known = optuna.create_study(direction="maximize" if aim.mode == "max" else "minimize")
        known.add_trials(_frozen(done, there))
        evaluator = _importance().PedAnovaImportanceEvaluator(target_quantile=quantile)
        names = [axis.name for axis in there]
        found = _importance().get_param_importances(known, evaluator=evaluator, params=names)
    return {name: float(share) for name, share in found.items()}


@cache
def _importance() -> ModuleType:
    """`optuna.importance` without scikit-learn, which its other evaluators want and which takes two
    seconds to load.

    Optuna does without where it is missing; so for a moment it is. Whoever imports the module later
    gets it whole.
    """
    import optuna

    own, wanted, lazy = "optuna.importance", "sklearn.ensemble", optuna.importance
    if own in sys.modules or wanted in sys.modules:
        return importlib.import_module(own)
    sys.modules[wanted] = None  # type: ignore[assignment]  # "may not be imported", as the language has it
    try:
        return importlib.import_module(own)
    finally:
        del sys.modules[wanted]
        for name in [name for name in sys.modules if name == own or name.startswith(f"{own}.")]:
            del sys.modules[name]
        optuna.importance = lazy


def _frozen(done: pd.DataFrame, there: list[Axis]) -> list[optuna.trial.FrozenTrial]:
    """The trials as Optuna has them; of each the values that lie in the space."""
    import optuna

    spread = {axis.name: _distribution(axis) for axis in there}
    places = {axis.name: axis.places(done) for axis in there}
    made = []
    for at, value in enumerate(floats(done["objective"])):
        params = {axis.name: _value(axis, places[axis.name][at]) for axis in there}
        params = {name: each for name, each in params.items() if each is not None}
        fixed = {name: spread[name] for name in params}
        made.append(
            optuna.trial.create_trial(value=float(value), params=params, distributions=fixed)
        )
    return made


def _value(axis: Axis, place: float) -> str | int | float | None:
    if math.isnan(place):
        return None
    return axis.values[int(place)] if axis.values else int(place) if axis.whole else float(place)


def _distribution(axis: Axis) -> optuna.distributions.BaseDistribution:
    from optuna.distributions import CategoricalDistribution, FloatDistribution, IntDistribution

    if axis.values:
        return CategoricalDistribution(axis.values)
    if axis.whole:
        return IntDistribution(int(axis.low), int(axis.high), log=axis.log)
    return FloatDistribution(axis.low, axis.high, log=axis.log)


@contextmanager
def _quiet() -> Iterator[None]:
    """Without Optuna's notes on new studies and small samples, which the figure's own words
    give.
    """
    import optuna

    before = optuna.logging.get_verbosity()
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        optuna.logging.set_verbosity(before)


def draw_importances(importances: Importances) -> Figure:
    """A bar for each parameter, the longest on top; at most fifteen."""
    names, shares = importances.names[:SHOWN], importances.shares[:SHOWN]
    figure = style.figure(7.0, 0.9 + 0.26 * len(names))
    panel, at = figure.subplots(), np.arange(len(names))
    colours = [style.class_colour(5 if name in importances.conditional else 0) for name in names]
    panel.barh(at, shares, 0.7, color=colours)
    for y, share in zip(at, shares, strict=True):
        panel.annotate(
            f"{share:.2f}", (share, y), (3, 0), textcoords="offset points", va="center", fontsize=8
        )
    marks = ["*" if name in importances.conditional else "" for name in names]
    panel.set_yticks(
        at, [f"{style.words(name)}{mark}" for name, mark in zip(names, marks, strict=True)]
    )
    panel.invert_yaxis()
    panel.set_xlim(0, 1.12 * max(shares))
    few = " (* only some configurations have it)" if any(marks) else ""
    panel.set_xlabel(f"importance for {style.words(importances.goal.metric)}, PED-ANOVA{few}")
    panel.grid(visible=False, axis="y")
    return figure


def describe_importances(importances: Importances) -> str:
    """The first three parameters, over how many trials, and which are judged on some of them
    only.
    """
    first = ", ".join(
        f"{name} {share:.2f}"
        for name, share in zip(importances.names[:3], importances.shares[:3], strict=True)
    )
    said = (
        f"{importances.family}: importance of {len(importances.names)} parameters for being among"
        f" the best {importances.quantile:.0%} of {importances.trials} complete trials by"
        f" {importances.goal.metric} (PED-ANOVA); the first are {first}."
    )
    if importances.conditional:
        said += (
            f" Judged only where configurations have them: {', '.join(importances.conditional)}."
        )
    return said


IMPORTANCES = FigureKind(
    name="importances",
    title="Which parameters decide",
    compute=compute_importances,
    draw=draw_importances,
    describe=describe_importances,
    caption=(
        "How much each parameter decides whether a trial is among the best; small"
        " studies say little."
    ),
    empty=(
        "it takes eight complete trials that were proposed, of different worth, and two parameters."
    ),
    group="search",
)
