"""The test images that a classifier named wrongly while it was surest.

Shape suffixes: w images named wrongly, h height.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from matplotlib.figure import Figure
from numpy.typing import NDArray

from hypersearch.analysis.figures import style
from hypersearch.analysis.figures.base import FigureKind
from hypersearch.analysis.figures.panels import show
from hypersearch.analysis.study.evaluation_artifacts import class_names, of_winner, truth
from hypersearch.search.storage.study import Study

MOST, LONG = 24, 13  # images; characters of a name that six columns have no room for
SCORES = ("confidence", "margin")


@dataclass(frozen=True)
class Mistakes:
    """Images named wrongly, the surest first: their numbers, the classes said and true, and how
    sure it was.

    `score`: "confidence", a probability, or "margin". `errors` of `n` test images were named
    wrongly in all.
    """

    names: tuple[str, ...]
    images_whw: NDArray[np.uint8]
    number_w: NDArray[np.int64]
    said_w: NDArray[np.int64]
    true_w: NDArray[np.int64]
    score_w: NDArray[np.float64]
    score: str
    errors: int
    n: int


def mistakes(study: Study, family: str) -> Mistakes | None:
    """Of the winner; None where there are no answers, no error, or where it is not known which they
    are.
    """
    found = of_winner(study, family, "predicted", "wrong", "wrong_images")
    true_n = truth(study, found) if found else None
    if found is None or true_n is None or not len(found.arrays["wrong"]):
        return None
    arrays, number_w = found.arrays, found.arrays["wrong"][:MOST].astype(np.int64)
    said_n = arrays["predicted"].astype(np.int64)
    score = next((name for name in SCORES if name in arrays), "")
    score_w = (
        arrays[score][number_w].astype(np.float64) if score else np.full(len(number_w), np.nan)
    )
    return Mistakes(
        names=class_names(study, int(max(said_n.max(), true_n.max())) + 1),
        images_whw=arrays["wrong_images"][:MOST],
        number_w=number_w,
        said_w=said_n[number_w],
        true_w=true_n[number_w],
        score_w=score_w,
        score=score,
        errors=int((said_n != true_n).sum()),
        n=len(true_n),
    )


def draw_mistakes(record: Mistakes) -> Figure:
    """Six images a row, or four where names are long; above each what was said and what is true."""
    longest = max(len(record.names[c]) for c in (*record.said_w, *record.true_w))
    columns, most = (6, LONG) if longest <= LONG else (4, 24)
    rows = -(-len(record.number_w) // columns)
    figure = style.figure(7.0, 0.4 + 1.42 * rows)
    cells = figure.subplots(rows, columns, squeeze=False).ravel()
    for axes in cells:
        axes.set_axis_off()
    for w, axes in enumerate(cells[: len(record.number_w)]):
        show(axes, record.images_whw[w])
        sure = "" if np.isnan(record.score_w[w]) else f" {record.score_w[w]:.2f}"
        said, true = (
            style.words(record.names[c], most) for c in (record.said_w[w], record.true_w[w])
        )
        axes.set_title(f"{said}{sure}\nis {true}", fontsize=7, loc="center", pad=3)
    sure = f", with its {record.score}" if record.score else ""
    figure.suptitle(f"What the model said{sure}; below, what it is", fontsize=8, color=style.MUTED)
    return figure


def describe_mistakes(record: Mistakes) -> str:
    """How many errors there are, and which is the surest."""
    said, true = (style.words(record.names[c]) for c in (record.said_w[0], record.true_w[0]))
    return (
        f"{len(record.number_w)} of the {record.errors:,} test images (of {record.n:,}) that were"
        f" named wrongly, the surest first: image {record.number_w[0]:,} is {true} and was called"
        f" {said}"
        + (
            "."
            if np.isnan(record.score_w[0])
            else f" with a {record.score} of {record.score_w[0]:.2f}."
        )
    )


MISTAKES = FigureKind(
    name="misclassified",
    title="Images named wrongly, the surest errors first",
    compute=mistakes,
    draw=draw_mistakes,
    describe=describe_mistakes,
    caption=(
        "Test images named wrongly of which the model was surest, with what it said and"
        " what they are."
    ),
    group="model",
)
