"""The Pareto ranking of trials with several objectives."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]


def fronts(costs: FloatArray) -> NDArray[np.int64]:
    """Of each row of `costs` (n trials, m objectives, less is better) the Pareto front: 1 is not
    dominated.

    A row dominates another if it is nowhere worse and somewhere better. Front 2 is what is not
    dominated without front 1, and so on (Deb et al. 2002); equal rows share a front. Takes n²
    bytes.

    >>> fronts(np.array([[1.0, 4.0], [2.0, 2.0], [3.0, 3.0], [4.0, 1.0]])).tolist()
    [1, 1, 2, 1]
    """
    front_of, front = np.zeros(len(costs), dtype=np.int64), 0
    beats = [(costs <= row).all(axis=1) & (costs < row).any(axis=1) for row in costs]
    beats_nn = np.array(beats, dtype=bool).reshape(len(costs), len(costs))
    beaten_by = beats_nn.sum(axis=1)  # how many that are not yet in a front beat each row
    while (there := (beaten_by == 0) & (front_of == 0)).any():
        front += 1
        front_of[there] = front
        beaten_by -= beats_nn[:, there].sum(axis=1)
    return front_of
