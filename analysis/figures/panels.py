"""Parts that several figures are made of: images side by side, heat maps with words in their cells,
scatters by class.

Shape suffixes: r rows, s columns, h height, w width, n points.
"""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from numpy.typing import NDArray

from hypersearch.analysis.figures import style

WHITE = 255
LIGHT = 0.6  # of the colours' range; on lighter ones words are black
FEW = 6  # names of columns that find room side by side
EDGE = 0.005  # of the points that a view may leave out on each side


@dataclass(frozen=True)
class Heat:
    """Shares in [0, 1], (r, s), the words in the cells, if any, and the names of rows and
    columns.
    """

    shares_rs: NDArray[np.float64]
    cells_rs: NDArray[np.int64] | None
    rows: Sequence[str]
    columns: Sequence[str]


def mosaic(images_rshw: NDArray[np.uint8], gap: int = 1) -> NDArray[np.uint8]:
    """Images in rows and columns as one, uint8, with `gap` white pixels between neighbours."""
    r, s, h, w = images_rshw.shape
    whole = np.full((r * (h + gap) - gap, s * (w + gap) - gap), WHITE, dtype=np.uint8)
    for row in range(r):
        for column in range(s):
            top, left = row * (h + gap), column * (w + gap)
            whole[top : top + h, left : left + w] = images_rshw[row, column]
    return whole


def show(axes: Axes, image_hw: NDArray[np.uint8]) -> None:
    """A gray image, without axes."""
    axes.imshow(image_hw, cmap="gray", vmin=0, vmax=255, interpolation="nearest")
    axes.set_axis_off()


def heat_map(figure: Figure, heat: Heat, meaning: str) -> None:
    """Draw a heat map into an empty figure, with a bar that says what its colours mean."""
    axes = figure.subplots()
    image = axes.imshow(heat.shares_rs, vmin=0.0, vmax=1.0, aspect="auto", cmap=style.SEQUENTIAL)
    _name_columns(axes, heat.columns)
    axes.set_yticks(range(len(heat.rows)), [style.words(name, 28) for name in heat.rows])
    axes.grid(False)
    axes.spines[:].set_visible(False)
    if heat.cells_rs is not None:
        for (row, column), count in np.ndenumerate(heat.cells_rs):
            colour = "black" if heat.shares_rs[row, column] > LIGHT else "white"
            axes.text(
                column,
                row,
                f"{count:,}" if count else "·",
                ha="center",
                va="center",
                color=colour,
                fontsize=7.5,
            )
    bar = figure.colorbar(image, ax=axes, label=meaning, fraction=0.05, pad=0.02, aspect=30)
    bar.outline.set_visible(False)


def _name_columns(axes: Axes, names: Sequence[str]) -> None:
    """Few names stand upright in several lines, many aslant in one."""
    if len(names) <= FEW:
        axes.set_xticks(
            range(len(names)), [textwrap.fill(style.words(name, 40), 13) for name in names]
        )
        return
    slanted = [style.words(name, 20) for name in names]
    axes.set_xticks(range(len(names)), slanted, rotation=45, ha="right", rotation_mode="anchor")


def view(places_n2: NDArray[np.floating]) -> tuple[tuple[float, float], tuple[float, float]]:
    """Limits of both axes that show all but the farthest points, with a margin."""
    low, high = np.quantile(places_n2, [EDGE, 1 - EDGE], axis=0)
    margin = np.maximum((high - low) * 0.06, 1e-9)
    (x0, y0), (x1, y1) = low - margin, high + margin
    return (float(x0), float(x1)), (float(y0), float(y1))


def scatter(
    axes: Axes, places_n2: NDArray[np.floating], labels_n: NDArray[np.integer], size: float = 5.0
) -> None:
    """Points in the colours of their labels, drawn in the order of the rows so that no class lies
    on top.
    """
    colours = [style.class_colour(int(label)) for label in labels_n]
    axes.scatter(
        places_n2[:, 0],
        places_n2[:, 1],
        s=size,
        c=colours,
        alpha=0.75,
        linewidths=0,
        rasterized=True,
    )
    axes.grid(False)


def legend(figure: Figure, names: Sequence[str], columns: int = 5) -> None:
    """A legend of classes under the figure."""
    handles = [
        Line2D([], [], marker="o", linestyle="", markersize=6, color=style.class_colour(number))
        for number in range(len(names))
    ]
    widest = max(len(style.words(name)) for name in names)
    fitting = max(1, min(columns, 105 // (widest + 6)))
    figure.legend(
        handles,
        [style.words(name) for name in names],
        loc="outside lower center",
        ncols=fitting,
        handletextpad=0.2,
        columnspacing=1.2,
    )
