"""scikit-learn's DBSCAN labels for a whole grid of eps and min_samples."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hypersearch.models.errors import UserError

FARTHEST = 1e18  # the largest eps whose square float32 holds


def dbscan_grid(
    x_nd: NDArray[Any], eps: Sequence[float], min_samples: Sequence[int]
) -> NDArray[np.intp]:
    """The labels of every setting, int (len(eps), len(min_samples), n).

    Clusters are numbered from 0, noise is -1. x: (n, d), float32 or float64; other numbers are
    taken as float64. The labels equal those of scikit-learn's `DBSCAN(eps,
    min_samples).fit(x).labels_`, with Euclidean distances. All settings are cut from one list of
    max(min_samples) neighbours a row and one tree a value of min_samples
    (clustering/density_based/reachability.py). If a distance is eps up to rounding, scikit-learn's
    own neighbourhoods decide, at up to the cost of two fits for that eps. Memory is linear in n ·
    max(min_samples), beside the labels. Raises a `UserError` for eps not in (0, 1e18], min_samples
    below 1, an empty list of either, and x that is empty, not two-dimensional or not finite.
    """
    x_nd = as_rows(x_nd)
    _check(eps, min_samples)
    from hypersearch.clustering.density_based.dbscan_labels import DbscanLabels, Margin
    from hypersearch.clustering.density_based.reachability import reachability_trees

    reach = Margin(x_nd).around(max(eps))[1]
    counts = [int(m) for m in min_samples]
    cut = DbscanLabels(reachability_trees(x_nd, sorted(set(counts)), reach))
    labels = np.empty((len(eps), len(counts), len(x_nd)), dtype=np.intp)
    for at, radius in enumerate(eps):
        labels[at] = cut.labels(float(radius), counts)
    return labels


def as_rows(x_nd: NDArray[Any]) -> NDArray[np.floating]:
    """x, (n, d), as finite float32 or float64 rows, contiguous; a `UserError` if it is not that."""
    x_nd = np.asarray(x_nd)
    if x_nd.ndim != 2 or 0 in x_nd.shape:
        raise UserError(f"x must have rows and columns, got an array of shape {x_nd.shape}")
    if x_nd.dtype not in (np.float32, np.float64):
        x_nd = x_nd.astype(np.float64)
    if not np.isfinite(x_nd).all():
        bad = int((~np.isfinite(x_nd)).sum())
        raise UserError(f"x must be finite, got {bad} values that are not")
    return np.ascontiguousarray(x_nd)


def _check(eps: Sequence[float], min_samples: Sequence[int]) -> None:
    if len(eps) == 0 or not all(0.0 < radius <= FARTHEST for radius in eps):
        raise UserError(f"eps must be distances above 0 and up to {FARTHEST:g}, got {list(eps)}")
    if len(min_samples) == 0 or not all(m >= 1 and m == int(m) for m in min_samples):
        raise UserError(f"min_samples must be whole numbers from 1 on, got {list(min_samples)}")
