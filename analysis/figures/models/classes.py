"""How well each class of the test images was named: the confusion matrix, and precision, recall and
F1.

Shape suffixes: c classes.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from matplotlib.figure import Figure
from numpy.typing import NDArray

from hypersearch.analysis.figures import style
from hypersearch.analysis.figures.base import FigureKind
from hypersearch.analysis.figures.panels import Heat, heat_map
from hypersearch.analysis.study.evaluation_artifacts import class_names, of_winner
from hypersearch.search.storage.study import Study

SCORES = ("precision", "recall", "f1")
COUNTED = 20  # classes up to which cells hold their counts


@dataclass(frozen=True)
class Confusion:
    """`counts_cc`: int64, images by true class (rows) and by the class that was said (columns)."""

    names: tuple[str, ...]
    counts_cc: NDArray[np.int64]

    @property
    def shares_cc(self) -> NDArray[np.float64]:
        """Each row as shares of its class's images; 0 for a class without any."""
        return np.asarray(self.counts_cc / np.maximum(self.counts_cc.sum(axis=1, keepdims=True), 1))

    @property
    def accuracy(self) -> float:
        """The share of images on the diagonal."""
        return float(np.trace(self.counts_cc) / max(self.counts_cc.sum(), 1))


def confusion(study: Study, family: str) -> Confusion | None:
    """Of the winner's answers to the test images; None where there are none."""
    found = of_winner(study, family, "predicted", "confusion")
    if found is None:
        return None
    counts_cc = found.arrays["confusion"].astype(np.int64)
    return Confusion(class_names(study, len(counts_cc)), counts_cc)


def draw_confusion(record: Confusion) -> Figure:
    """Colours are shares of a row, so that classes of unequal size compare."""
    count = len(record.counts_cc)
    figure = style.figure(7.0, float(np.clip(1.6 + 0.48 * count, 3.0, 6.4)))
    cells = record.counts_cc if count <= COUNTED else None
    heat_map(
        figure, Heat(record.shares_cc, cells, record.names, record.names), "share of the true class"
    )
    figure.axes[0].set_xlabel("named as")
    figure.axes[0].set_ylabel("true class")
    return figure


def describe_confusion(record: Confusion) -> str:
    """The accuracy, and the error that is made most often."""
    errors_cc = record.counts_cc - np.diag(np.diag(record.counts_cc))
    true, said = np.unravel_index(int(errors_cc.argmax()), errors_cc.shape)
    head = (
        f"Confusion matrix of {record.counts_cc.sum():,} test images, {record.accuracy:.1%} of them"
        " on the diagonal"
    )
    if not errors_cc.any():
        return f"{head}."
    this, that = style.words(record.names[true]), style.words(record.names[said])
    return f"{head}; {this} is most often taken for {that} ({errors_cc[true, said]:,} times)."


@dataclass(frozen=True)
class PerClass:
    """Each in [0, 1]: of the images named so the share that are of the class, of its images the
    share named so, and the harmonic mean of both. `support_c`: its images."""

    names: tuple[str, ...]
    precision_c: NDArray[np.float64]
    recall_c: NDArray[np.float64]
    f1_c: NDArray[np.float64]
    support_c: NDArray[np.int64]

    def rows(self) -> list[dict[str, str | float | int]]:
        """A row for each class: class, precision, recall, f1, support."""
        columns = (self.precision_c, self.recall_c, self.f1_c)
        return [
            {
                "class": name,
                **{score: float(column[c]) for score, column in zip(SCORES, columns, strict=True)},
                "support": int(self.support_c[c]),
            }
            for c, name in enumerate(self.names)
        ]


def per_class(study: Study, family: str) -> PerClass | None:
    """Of the winner's answers to the test images; None where there are none."""
    found = of_winner(study, family, "predicted", "report")
    if found is None:
        return None
    report_c4 = found.arrays["report"].astype(np.float64)
    names = class_names(study, len(report_c4))
    return PerClass(
        names, report_c4[:, 0], report_c4[:, 1], report_c4[:, 2], report_c4[:, 3].astype(np.int64)
    )


def draw_per_class(record: PerClass) -> Figure:
    """Three bars a class, from the first class at the top."""
    count = len(record.names)
    figure = style.figure(7.0, float(np.clip(0.9 + 0.42 * count, 2.4, 9.0)))
    axes, at_c = figure.subplots(), np.arange(count)
    for number, (score, column) in enumerate(
        zip(SCORES, (record.precision_c, record.recall_c, record.f1_c), strict=True)
    ):
        axes.barh(
            at_c + (number - 1) * 0.27,
            column,
            height=0.25,
            color=style.class_colour(number),
            label=score,
        )
    for c in range(count):
        axes.annotate(
            f"{record.f1_c[c]:.3f}",
            (record.f1_c[c], at_c[c] + 0.27),
            (3, 0),
            textcoords="offset points",
            va="center",
            fontsize=7,
        )
    axes.set_yticks(
        at_c,
        [
            f"{style.words(name)} ({n:,})"
            for name, n in zip(record.names, record.support_c, strict=True)
        ],
    )
    axes.set_ylim(count - 0.5, -0.5)
    axes.set_xlim(0.0, 1.08)
    axes.set_xticks(np.linspace(0, 1, 6))
    axes.set_xlabel("score (in brackets: test images of the class)")
    axes.grid(False, axis="y")
    figure.legend(loc="outside upper center", ncols=3)
    return figure


def describe_per_class(record: PerClass) -> str:
    """The classes that are named best and worst."""
    low, high = int(record.f1_c.argmin()), int(record.f1_c.argmax())
    highest, lowest = (
        f"{style.words(record.names[c])} ({record.f1_c[c]:.3f})" for c in (high, low)
    )
    return (
        f"Precision, recall and F1 of {len(record.names)} classes: F1 is highest for {highest} and"
        f" lowest for {lowest}, {record.f1_c.mean():.3f} on average."
    )


CONFUSION = FigureKind(
    name="confusion",
    title="Confusion matrix on the test images",
    compute=confusion,
    draw=draw_confusion,
    describe=describe_confusion,
    caption=(
        "Rows are the true classes, columns what the model answered; what lies off the"
        " diagonal is wrong."
    ),
    group="model",
)
PER_CLASS = FigureKind(
    name="per_class",
    title="Precision, recall and F1 of each class",
    compute=per_class,
    draw=draw_per_class,
    describe=describe_per_class,
    caption=(
        "Precision: how many of those named so are. Recall: how many of those that are"
        " were named so."
    ),
    group="model",
)
