"""A picture of one shallow tree, as report R5 shows: what a forest asks first."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from sklearn.tree import plot_tree

from hypersearch.models.data.dataset import Dataset
from hypersearch.models.data.row_features import NAMES

INCHES = (14.0, 6.0)
SHARES = re.compile(r"value = \[[^]]*\]\n")  # of each class: too much for a box


def draw_tree(tree: Any, dataset: Dataset, inputs: str, path: Path) -> None:
    """Draw a fitted scikit-learn tree of depth 3 or so into an SVG file.

    `inputs`: the kind of rows that it is fitted on (`hypersearch.models.data.row_features`).
    """
    figure = Figure(figsize=INCHES, layout="constrained")
    FigureCanvasAgg(figure)  # measures the text
    axes = figure.add_subplot()
    plot_tree(
        tree,
        feature_names=NAMES[inputs](dataset.shape),
        class_names=list(dataset.class_names),
        filled=True,
        rounded=True,
        impurity=False,
        proportion=True,
        precision=2,
        fontsize=9,
        ax=axes,
    )
    for box in axes.texts:
        box.set_text(SHARES.sub("", box.get_text()))
    title = "A tree of depth {}: {}, the share of the images that come by, their class"
    asked = "brightness from 0 to 1, steepness of edges"
    if inputs == "pixels":
        asked = "pixels from 0 (black) to 1"
    axes.set_title(title.format(tree.get_depth(), asked))
    figure.savefig(path)
