"""The silhouette of a clustering, and the index of Davies and Bouldin."""

from __future__ import annotations

from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from sklearn import metrics

from hypersearch.clustering.scores.agreement import NOISE, Labels, cluster_count
from hypersearch.models.metrics import worst_of

BLOCK = 2048  # rows whose distances to their means are held at once
SAMPLE = 2000  # images whose silhouettes are looked at: their distances take 16 MB


class Silhouette:
    """The mean silhouette (Rousseeuw 1987), in [-1, 1], of clusterings of x, float32 (n, d).

    Distances are Euclidean. It is that of `rows` images drawn by `seed`, the same for every
    clustering, so that their distances are calculated once: float32 (rows, rows).
    """

    def __init__(self, x_nd: NDArray[np.floating], rows: int = SAMPLE, seed: int = 0) -> None:
        self._rows_m = np.sort(np.random.default_rng(seed).permutation(len(x_nd))[:rows])
        self._x_md = x_nd[self._rows_m]

    @cached_property
    def _distances_mm(self) -> NDArray[np.float32]:
        return np.asarray(metrics.pairwise_distances(self._x_md), dtype=np.float32)

    def __call__(self, labels_n: Labels) -> float:
        """Of one clustering of all n images.

        Noise counts 0; -1 where fewer than two clusters are in the sample.
        """
        labels_m = labels_n[self._rows_m]
        there = np.flatnonzero(labels_m != NOISE)
        if cluster_count(labels_m) < 2:
            return worst_of("silhouette")
        if cluster_count(labels_m) == len(there):
            return 0.0  # so Rousseeuw has it for clusters of one
        distances_mm = self._distances_mm
        if len(there) < len(labels_m):
            distances_mm = distances_mm[np.ix_(there, there)]
        mean = float(metrics.silhouette_score(distances_mm, labels_m[there], metric="precomputed"))
        return mean * len(there) / len(labels_m)


def davies_bouldin(x_nd: NDArray[np.floating], labels_n: Labels) -> float:
    """The index of Davies and Bouldin (1979), 0 at best.

    Noise is left out. Its worst value for fewer than two clusters. The mean over clusters i of the
    largest (S_i + S_j) / M_ij, where S is the mean distance to a cluster's mean and M that between
    two means. As scikit-learn has it, in a fraction of the time where there are many clusters.
    """
    rows = np.flatnonzero(labels_n != NOISE)
    _, labels_m, sizes_k = np.unique(labels_n[rows], return_inverse=True, return_counts=True)
    if not 2 <= len(sizes_k) < len(rows):
        return worst_of("davies_bouldin")
    means_kd, spread_k = np.zeros((len(sizes_k), x_nd.shape[1])), np.zeros(len(sizes_k))
    blocks = [slice(begin, begin + BLOCK) for begin in range(0, len(rows), BLOCK)]
    for block in blocks:
        means_kd += _shares(labels_m[block], sizes_k) @ x_nd[rows[block]]
    for block in blocks:
        away_md = x_nd[rows[block]] - means_kd.astype(x_nd.dtype)[labels_m[block]]
        distance_m = np.sqrt(np.einsum("md,md->m", away_md, away_md))
        spread_k += _shares(labels_m[block], sizes_k) @ distance_m
    apart_kk = metrics.pairwise_distances(means_kd)
    apart_kk[apart_kk == 0.0] = np.inf
    return float(((spread_k[:, None] + spread_k) / apart_kk).max(axis=1).mean())


def _shares(labels_m: NDArray[np.intp], sizes_k: NDArray[np.intp]) -> Any:
    """The sparse (k, m) matrix that makes of these rows their share in the mean of each cluster."""
    m, k = len(labels_m), len(sizes_k)
    return sparse.csr_matrix((1.0 / sizes_k[labels_m], (labels_m, np.arange(m))), shape=(k, m))
