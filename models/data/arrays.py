"""Arrays that every trial of a search shares, read-only."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hypersearch.models.data.dataset import Dataset


@dataclass(frozen=True)
class Arrays:
    """Train and validation data of one search.

    x: uint8 (n, h, w) for networks, float32 (n, d) in [0, 1] for flat models; y: int64 (n,), 0 …
    n_classes - 1.
    """

    x_train: NDArray[np.generic]
    y_train: NDArray[np.int64]
    x_val: NDArray[np.generic]
    y_val: NDArray[np.int64]
    n_classes: int
    # of each train and then each validation image, in the file that they came from
    position_n: NDArray[np.int64]


def parts(arrays: Arrays, fit_on: str) -> tuple[Any, Any, Any, Any]:
    """x and y to fit on, and x and y to judge by (`Arrays`).

    "train": as split; "train+validation": fitted on both, so that the judgement is of images seen;
    "first-80%": the first four fifths of the images in the order of their file, and the rest.
    """
    if fit_on == "train":
        return arrays.x_train, arrays.y_train, arrays.x_val, arrays.y_val
    x = np.concatenate([arrays.x_train, arrays.x_val])
    y = np.concatenate([arrays.y_train, arrays.y_val])
    if fit_on == "train+validation":
        return x, y, arrays.x_val, arrays.y_val
    order_n = np.argsort(arrays.position_n)
    first, last = np.split(order_n, [len(order_n) * 4 // 5])
    return x[first], y[first], x[last], y[last]


def image_arrays(dataset: Dataset) -> Arrays:
    """The images as they are, uint8 (n, h, w)."""
    return _arrays(dataset, dataset.x_train, dataset.x_val)


def flatten(x_nhw: NDArray[np.uint8]) -> NDArray[np.float32]:
    """Images, uint8 (n, h, w), as float32 (n, h · w) in [0, 1]."""
    x_nd = x_nhw.reshape(len(x_nhw), -1).astype(np.float32)
    x_nd /= 255.0
    return x_nd


def flat_arrays(dataset: Dataset, rows: Callable[[Any], Any] = flatten) -> Arrays:
    """Each image as a row, float32 (n, d).

    `rows` makes the rows; the default gives the h · w pixels in [0, 1].
    """
    return _arrays(dataset, rows(dataset.x_train), rows(dataset.x_val))


def _arrays(dataset: Dataset, x_train: NDArray[np.generic], x_val: NDArray[np.generic]) -> Arrays:
    return Arrays(
        x_train, dataset.y_train, x_val, dataset.y_val, dataset.n_classes, dataset.position_n
    )
