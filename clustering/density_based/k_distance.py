"""The curve of distances to the k-th neighbour, and its elbow, which suggests an eps for DBSCAN.

Ester, Kriegel, Sander and Xu 1996, section 4.2. Figures only; n rows, d features.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hypersearch.models.errors import UserError

POINTS = 1001  # of a curve that are looked at for its elbow


def k_distances(x_nd: NDArray[Any], k: int = 15) -> NDArray[np.float64]:
    """The distance of each row to its k-th nearest row, smallest first: float64 (n,).

    The row itself is counted, as in DBSCAN. Raises a `UserError` unless k is from 1 to n, and for
    rows that `dbscan_grid` would not take.
    """
    from hypersearch.clustering.density_based.grid import as_rows
    from hypersearch.clustering.density_based.reachability import Blocks, nearest

    x_nd = as_rows(x_nd)
    if not 1 <= k <= len(x_nd):
        raise UserError(f"k must be from 1 to the number of rows, {len(x_nd)}, got {k}")
    return np.sort(np.sqrt(nearest(Blocks(x_nd), k)[0][:, -1]))


def elbow(distance_n: NDArray[np.floating], sensitivity: float = 1.0) -> float:
    """The distance at which a curve, smallest first, bends up; NaN for a curve that does not.

    Kneedle (Satopää, Albrecht, Irwin and Raghavan 2011) on 1,001 points of the curve at most;
    `sensitivity` is its S.
    """
    from kneed import KneeLocator

    at = np.unique(np.linspace(0, len(distance_n) - 1, POINTS).round().astype(int))
    if len(at) < 3 or distance_n[0] == distance_n[-1]:
        return math.nan
    found = KneeLocator(
        at, distance_n[at], S=sensitivity, curve="convex", direction="increasing"
    ).knee
    return math.nan if found is None else float(distance_n[int(found)])
