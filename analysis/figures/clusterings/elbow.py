"""DBSCAN's curve of distances to the k-th neighbour: its elbow, and the eps that the search has
chosen.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from matplotlib.figure import Figure
from numpy.typing import NDArray

from hypersearch.analysis.figures import style
from hypersearch.analysis.figures.base import FigureKind
from hypersearch.analysis.study.evaluation_artifacts import of_winner
from hypersearch.search.storage.study import Study

R3 = (20.0, 45.0)  # elbows that report R3 read off, by eye, in distances among its CNN's features
R3_FEATURES = "cnn@flatten"
APART = 0.035  # of the height, between two words


@dataclass(frozen=True)
class Elbow:
    """`distances_t`: of the fitted images to their k-th nearest, quantiles at even steps from 0 to
    1, smallest first.

    `elbow`: where the curve bends, by Kneedle, if it does; `eps`: of the winner; `reported`: the
    elbows that report R3 gives, where the features are of its kind.
    """

    k: int
    distances_t: NDArray[np.float64]
    elbow: float | None
    eps: float
    reported: tuple[float, ...]

    @property
    def core(self) -> float:
        """The share of fitted images that eps makes core points, in [0, 1]."""
        return float(np.mean(self.distances_t <= self.eps))


def elbow(study: Study, family: str) -> Elbow | None:
    """Of the winner; None where it has no such curve."""
    found = of_winner(study, family, "k_distances")
    if found is None:
        return None
    config, test = found.facts["config"], found.facts.get("test", {})
    bend = float(found.arrays["elbow"]) if found.has("elbow") else None
    return Elbow(
        k=int(config["min_samples"]),
        distances_t=found.arrays["k_distances"].astype(np.float64),
        elbow=bend,
        eps=float(test["eps"] if "eps" in test else config["eps"]),
        reported=R3 if _as_in_r3(study, family) else (),
    )


def draw_elbow(record: Elbow) -> Figure:
    """The curve from the smallest distance to the largest, with a line at each distance that is
    named.
    """
    figure = style.figure(7.0, 3.8)
    axes = figure.subplots()
    percent_t = np.linspace(0.0, 100.0, len(record.distances_t))
    axes.plot(percent_t, record.distances_t, color=style.class_colour(0))
    marks = list(_marks(record))
    top = max(record.distances_t[-1], *(distance for distance, _, _ in marks)) * 1.06
    axes.set(xlim=(0.0, 100.0), ylim=(min(0.0, record.distances_t[0]), top))
    axes.set_xlabel("fitted images, nearest neighbours first (%)")
    axes.set_ylabel(f"distance to the {ordinal(record.k)} nearest")
    at = -np.inf
    for distance, name, colour in sorted(marks):
        axes.axhline(distance, color=colour, lw=1.2, ls="--")
        at = max(distance, at + APART * 1.6 * top)
        axes.annotate(
            f"{name} {distance:.3g}",
            (1.5, at),
            (0, 2),
            textcoords="offset points",
            color=colour,
            fontsize=8,
        )
    return figure


def describe_elbow(record: Elbow) -> str:
    """The elbow and the eps."""
    bend = "no elbow" if record.elbow is None else f"an elbow at {record.elbow:.3g}"
    reported = (
        f" Report R3 read its elbows at {' and '.join(f'{each:g}' for each in record.reported)}."
    )
    low, high = record.distances_t[0], record.distances_t[-1]
    return (
        f"Distances to the {ordinal(record.k)} nearest image, from {low:.3g} to {high:.3g}, with"
        f" {bend}; the chosen eps, {record.eps:.3g}, makes {record.core:.0%} of the fitted images"
        " core points." + reported * bool(record.reported)
    )


def ordinal(number: int) -> str:
    """1st, 2nd, 3rd, 4th, 11th, 21st."""
    last = (
        "th" if number % 100 in (11, 12, 13) else {1: "st", 2: "nd", 3: "rd"}.get(number % 10, "th")
    )
    return f"{number}{last}"


def _as_in_r3(study: Study, family: str) -> bool:
    features = str(study.search(family).get("features", ""))
    return study.facts["dataset"]["name"] == "fashion-mnist-5" and features.startswith(R3_FEATURES)


def _marks(record: Elbow) -> Iterator[tuple[float, str, str]]:
    """Distances to be marked, each with its name and its colour."""
    yield record.eps, "chosen eps", style.BEST_COLOUR
    if record.elbow is not None:
        yield record.elbow, "elbow", style.class_colour(1)
    for distance in record.reported:
        yield distance, "R3's elbow", style.BASELINE_COLOUR


ELBOW = FigureKind(
    name="elbow",
    title="Distances to the k-th neighbour, with the elbow and eps",
    compute=elbow,
    draw=draw_elbow,
    describe=describe_elbow,
    caption=(
        "Sorted distances of images to their k-th neighbour; above the elbow lies what"
        " DBSCAN should call noise."
    ),
    group="model",
)
