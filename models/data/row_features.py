"""Images as rows of numbers, for models that take no images: pixels, or shapes.

Shapes are the brightness of coarse cells and, for each of some cells, how strong its edges are in
each of eight directions: histograms of oriented gradients (Dalal and Triggs 2005), not normalised.
scikit-image has them for an image at a time; here they are made of thousands at once.

Shape suffixes: n images, h height, w width, r rows and c columns of cells, d numbers a row.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from hypersearch.models.data.arrays import flatten

Floats: TypeAlias = NDArray[np.float32]
Size: TypeAlias = tuple[int, ...]

BRIGHTNESS, EDGES = (14, 7), (7, 4)  # cells a side, twice each: fine and coarse
ANGLES = 8
CHUNK = 2**22  # pixels at once: an array of them takes 16 MB


def shapes(x_nhw: NDArray[np.uint8]) -> Floats:
    """Images, uint8 (n, h, w), as rows, float32 (n, d) in [0, 1].

    `shape_names` says what each column is.
    """
    many = max(1, CHUNK // x_nhw[0:1].size) if len(x_nhw) else 1
    chunks = [_shapes(x_nhw[first : first + many]) for first in range(0, len(x_nhw), many)]
    return np.concatenate(chunks or [_shapes(x_nhw)])


def pixel_names(size: Size) -> list[str]:
    """What each number of a row of pixels is, for images of `size` (h, w)."""
    return [f"row {row}, column {column}" for row, column in np.ndindex(*size)]


def shape_names(size: Size) -> list[str]:
    """What each column of `shapes` is, for images of `size` (h, w).

    For example `edges 45° in cell 2, 3 of 7 × 7`. The angle is the way to where it is brighter: 0°
    to the right, 90° downwards.
    """
    names = [
        f"brightness {_place(cell, grid)}"
        for grid in _grids(size, BRIGHTNESS)
        for cell in np.ndindex(*grid)
    ]
    for grid in _grids(size, EDGES):
        angles = (360 * number // ANGLES for number in range(ANGLES))
        names += [
            f"edges {angle}° {_place(cell, grid)}" for angle in angles for cell in np.ndindex(*grid)
        ]
    return names


def _place(cell: Size, grid: Size) -> str:
    return "in cell {}, {} of {} × {}".format(*cell, *grid)


def _grids(size: Size, sides: Sequence[int]) -> list[Size]:
    """So many cells a side, but none without a pixel, and no grid twice."""
    return list(dict.fromkeys(tuple(min(side, length) for length in size) for side in sides))


def _shapes(x_nhw: NDArray[np.uint8]) -> Floats:
    x_nhw1, size = x_nhw.astype(np.float32) / np.float32(255), x_nhw.shape[1:]
    parts = [_cells(x_nhw1, grid) for grid in _grids(size, BRIGHTNESS)]
    steepness_nhw, direction_nhw = _gradients(x_nhw1)
    edges: list[list[Floats]] = [[] for _ in _grids(size, EDGES)]
    for each in range(ANGLES):
        edges_nhw = np.where(direction_nhw == each, steepness_nhw, np.float32(0))
        for cells, grid in zip(edges, _grids(size, EDGES), strict=True):
            cells.append(_cells(edges_nhw, grid))
    return np.concatenate([*parts, *(cell for cells in edges for cell in cells)], axis=1)


def _gradients(x_nhw: Floats) -> tuple[Floats, NDArray[np.int8]]:
    """The steepness of the brightness at each pixel, and its direction.

    Directions are 0 … 7, in turns of 45°, each rounded to the nearest.
    """
    down_nhw, right_nhw = np.zeros_like(x_nhw), np.zeros_like(x_nhw)
    down_nhw[:, 1:-1] = (x_nhw[:, 2:] - x_nhw[:, :-2]) / 2
    right_nhw[:, :, 1:-1] = (x_nhw[:, :, 2:] - x_nhw[:, :, :-2]) / 2
    turns_nhw = np.arctan2(down_nhw, right_nhw) / np.float32(2 * np.pi)
    return np.hypot(down_nhw, right_nhw), np.rint(turns_nhw * ANGLES).astype(np.int8) % ANGLES


def _cells(x_nhw: Floats, grid: Size) -> Floats:
    """The mean of each cell, float32 (n, r · c)."""
    (_, height, width), (rows, columns) = x_nhw.shape, grid
    tops, lefts = np.arange(rows) * height // rows, np.arange(columns) * width // columns
    sums_nrc = np.add.reduceat(np.add.reduceat(x_nhw, tops, axis=1), lefts, axis=2)
    areas_rc = np.outer(np.diff([*tops, height]), np.diff([*lefts, width]))
    return np.asarray(sums_nrc / areas_rc, dtype=np.float32).reshape(len(x_nhw), rows * columns)


ROWS: Mapping[str, Callable[[Any], Floats]] = {"pixels": flatten, "shapes": shapes}
"""The ways of making rows, by name."""

NAMES: Mapping[str, Callable[[Size], list[str]]] = {"pixels": pixel_names, "shapes": shape_names}
"""What each number of a row is, by the way in which it was made."""
