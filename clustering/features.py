"""What clusterings are fitted on: rows of numbers made of images.

Shape suffixes: n images, h height, w width, d features.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from models.api import Options
from models.arrays import flatten
from models.datasets import Dataset


@dataclass(frozen=True)
class Features:
    """Training images, then validation images, as rows: x float32 (n, d), y int64 (n,).

    `transform` makes rows of other images, uint8 (n, h, w), in the same way. `name`: how they were made.
    """

    x_nd: NDArray[np.float32]
    y_n: NDArray[np.int64]
    n_train: int
    n_classes: int
    name: str
    transform: Callable[[Any], NDArray[np.float32]]


def features(dataset: Dataset, options: Options) -> Features:
    """The features that `options` ask for."""
    x_nd = np.concatenate([flatten(dataset.x_train), flatten(dataset.x_val)])
    y_n = np.concatenate([dataset.y_train, dataset.y_val])
    return Features(x_nd, y_n, len(dataset.x_train), dataset.n_classes, "raw", flatten)
