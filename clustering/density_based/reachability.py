"""What every DBSCAN of some rows shares: nearest neighbours, and a tree a value of min_samples.

The core distance of a row is its distance to the min_samples-th neighbour, itself counted; the
mutual reachability of two rows is the largest of their distance and their core distances (Campello,
Moulavi and Sander 2013). The clusters among core rows at any eps are the components of its minimum
spanning tree cut at eps.

Distances are of two kinds, as in scikit-learn's `NearestNeighbors`: sums of squared differences
where there are few features, expanded inner products where there are many. Blocks of rows are
compared one pair of blocks at a time, so that memory is linear in the rows. Among few features,
blocks lie together in space, and those too far apart are not compared. Shape suffixes: n rows, d
features, k listed neighbours, m values of min_samples, a and b rows of two blocks, e edges.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray
from sklearn.neighbors import KDTree

from hypersearch.clustering.density_based import kernels as loops

Indices: TypeAlias = NDArray[np.integer]

FEW = 15  # features up to which scikit-learn builds a tree
LISTED = 16  # neighbours listed at least: they give most of the trees
SAFE = 1.0 - 1e-12  # of a least distance between blocks, whose own rounding it covers
# beyond all distances, but not beyond the core distance of a row with too few neighbours
FARTHEST = sys.float_info.max


@dataclass(frozen=True)
class ReachabilityTrees:
    """Neighbours and trees of rows x (n, d), float32 or float64; distances are squared.

    `square_nk`, `index_nk`: the nearest rows of each, itself included, nearest first.
    `min_samples`: the m values that have a tree. `core_mn`: core distances, infinite where there
    are too few rows. `parent_mn`, `height_mn`: the trees, as `kernels.merge` makes them, of
    edges no longer than `reach`.
    """

    x_nd: NDArray[np.floating]
    square_nk: NDArray[np.float64]
    index_nk: NDArray[np.int32]
    min_samples: tuple[int, ...]
    core_mn: NDArray[np.float64]
    parent_mn: NDArray[np.int32]
    height_mn: NDArray[np.float64]
    reach: float


def reachability_trees(
    x_nd: NDArray[np.floating], min_samples: Sequence[int], reach: float = FARTHEST
) -> ReachabilityTrees:
    """Neighbours and trees for these min_samples and every eps whose square is at most `reach`.

    Time: two comparisons of all pairs of rows at most. Memory: n · (d + 2 max(min_samples) + 4
    len(min_samples)) numbers and blocks of a fixed size.
    """
    blocks = Blocks(x_nd)
    square_nk, index_nk = nearest(blocks, max(LISTED, *min_samples))
    core_mn = core_squares(square_nk, min_samples)
    parent_mn, height_mn = trees(blocks, square_nk, index_nk, core_mn, reach)
    return ReachabilityTrees(
        x_nd, square_nk, index_nk, tuple(min_samples), core_mn, parent_mn, height_mn, reach
    )


class Blocks:
    """The rows in blocks, and squared distances between blocks, float64."""

    def __init__(self, x_nd: NDArray[np.floating]) -> None:
        self.few = x_nd.shape[1] <= FEW
        self.size = 256 if self.few else 1024
        self._x_nd = x_nd.astype(np.float64) if self.few else x_nd
        self._held: tuple[Any, Any] = (None, None)
        self.order_n: Indices = np.arange(len(x_nd))
        if self.few:
            self.order_n = np.array(KDTree(self._x_nd, leaf_size=self.size // 4).get_arrays()[1])
        else:
            self._norm_n = row_norms(x_nd)

    def cut(self, order_n: Indices) -> list[Indices]:
        """Rows, in an order, as blocks."""
        return [order_n[begin : begin + self.size] for begin in range(0, len(order_n), self.size)]

    def squares(self, rows_a: Indices, rows_b: Indices) -> NDArray[np.float64]:
        """Squared distances of the rows of two blocks, float64 (a, b)."""
        if self.few:
            square_ab = np.empty((len(rows_a), len(rows_b)))
            loops.differences(
                self._x_nd[rows_a], np.ascontiguousarray(self._x_nd[rows_b].T), square_ab
            )
            return square_ab
        if self._held[0] is not rows_a:  # many pairs in a row have the same first block
            self._held = rows_a, self._x_nd[rows_a].astype(np.float64)
        square_ab = np.asarray(self._held[1] @ self._x_nd[rows_b].astype(np.float64).T)
        loops.expand(square_ab, self._norm_n[rows_a], self._norm_n[rows_b])
        return square_ab

    def pairs(self, blocks: list[Indices], first: int) -> Iterator[tuple[int, int, float]]:
        """Pairs of blocks with a lower bound of their squared distance, nearest first.

        The first of a pair is among the first `first` blocks. Each pair comes once. With many
        features the bound is zero, and the order is that of the rows.
        """
        i_p, j_p = np.triu_indices(len(blocks))
        i_p, j_p = i_p[i_p < first], j_p[i_p < first]
        if not self.few:
            yield from ((int(i), int(j), 0.0) for i, j in zip(i_p, j_p, strict=True))
            return
        low = np.stack([self._x_nd[rows].min(axis=0) for rows in blocks])
        high = np.stack([self._x_nd[rows].max(axis=0) for rows in blocks])
        least_p = np.zeros(len(i_p))
        for d in range(low.shape[1]):
            gap_p = np.maximum(low[i_p, d] - high[j_p, d], low[j_p, d] - high[i_p, d])
            least_p += np.maximum(gap_p, 0.0) ** 2
        for p in np.argsort(least_p, kind="stable"):
            yield int(i_p[p]), int(j_p[p]), float(least_p[p]) * SAFE


def row_norms(x_nd: NDArray[np.floating]) -> NDArray[np.float64]:
    """The squared length of each row, float64 (n,)."""
    parts = (x_nd[begin : begin + 1024].astype(np.float64) for begin in range(0, len(x_nd), 1024))
    return np.concatenate([np.einsum("nd,nd->n", part, part) for part in parts])


def nearest(blocks: Blocks, k: int) -> tuple[NDArray[np.float64], NDArray[np.int32]]:
    """Squared distances to the k nearest rows of each row, and their indices: (n, k).

    The nearest come first, the row itself included. With fewer than k rows, all of them.
    """
    n = len(blocks.order_n)
    square_nk = np.full((n, min(k, n)), np.inf)
    index_nk = np.full((n, min(k, n)), -1, dtype=np.int32)
    rows = blocks.cut(blocks.order_n)
    farthest = np.full(len(rows), np.inf)
    for i, j, least in blocks.pairs(rows, len(rows)):
        if least > max(farthest[i], farthest[j]):
            continue
        loops.offer(blocks.squares(rows[i], rows[j]), rows[i], rows[j], i == j, square_nk, index_nk)
        farthest[i], farthest[j] = square_nk[rows[i], 0].max(), square_nk[rows[j], 0].max()
    order_nk = np.argsort(square_nk, axis=1, kind="stable")
    sorted_square_nk = np.take_along_axis(square_nk, order_nk, axis=1)
    return sorted_square_nk, np.take_along_axis(index_nk, order_nk, axis=1)


def core_squares(square_nk: NDArray[np.float64], min_samples: Sequence[int]) -> NDArray[np.float64]:
    """Squared core distances, float64 (m, n); infinite with fewer rows than min_samples."""
    n, k = square_nk.shape
    return np.stack([square_nk[:, m - 1] if m <= k else np.full(n, np.inf) for m in min_samples])


def trees(
    blocks: Blocks,
    square_nk: NDArray[np.float64],
    index_nk: NDArray[np.int32],
    core_mn: NDArray[np.float64],
    reach: float,
) -> tuple[NDArray[np.int32], NDArray[np.float64]]:
    """The trees of mutual reachability.

    They are built from the listed neighbours, then improved by all pairs that still can. Parents
    and heights are as `kernels.merge` gives them, (m, n).
    """
    forest = Forest(core_mn, reach)
    n, k = square_nk.shape
    listed_e2 = np.stack([np.repeat(np.arange(n, dtype=np.int32), k), index_nk.ravel()], axis=1)
    forest.add(listed_e2, square_nk.ravel())
    pending_n = forest.limit_n[blocks.order_n] > 0.0
    order_n = np.concatenate([blocks.order_n[pending_n], blocks.order_n[~pending_n]])
    rows = blocks.cut(order_n)
    pending_blocks = -(-int(pending_n.sum()) // blocks.size)
    for i, j, least in blocks.pairs(rows, pending_blocks):
        limit = max(forest.limit_n[rows[i]].max(), forest.limit_n[rows[j]].max())
        if least <= reach and least < limit:
            forest.offer(blocks.squares(rows[i], rows[j]), rows[i], rows[j], i == j)
    forest.flush()
    return forest.parent_mn, forest.height_mn


class Forest:
    """The m trees of the edges seen so far, and a buffer of edges that will change them."""

    def __init__(self, core_mn: NDArray[np.float64], reach: float) -> None:
        m, n = core_mn.shape
        self._core_mn, self._reach = core_mn, reach
        self._edges: list[tuple[Any, Any]] = [
            (np.empty((0, 2), dtype=np.int32), np.empty(0)) for _ in range(m)
        ]
        self._pair_e2 = np.empty((4 * n + 4096, 2), dtype=np.int32)
        self._square_e = np.empty(4 * n + 4096)
        self._state = np.zeros(2, dtype=np.int64)
        self.parent_mn, self.height_mn = np.empty((m, n), dtype=np.int32), np.empty((m, n))
        self.limit_n = np.empty(n)

    def offer(self, square_ab: Any, rows_a: Any, rows_b: Any, same: bool) -> None:
        """Take the pairs of two blocks that improve a tree."""
        buffer = self._pair_e2, self._square_e, self._state
        grown = self.parent_mn, self.height_mn
        while not loops.collect(
            square_ab,
            rows_a,
            rows_b,
            same,
            self.limit_n,
            self._reach,
            self._core_mn,
            *grown,
            *buffer,
        ):
            self.flush()

    def flush(self) -> None:
        """Bring the gathered edges into the trees."""
        count = self._state[1]
        self._state[1] = 0
        self.add(self._pair_e2[:count], self._square_e[:count])

    def add(self, pair_e2: Any, square_e: Any) -> None:
        """Bring edges, as pairs of rows and squared distances, into the trees."""
        for m, core_n in enumerate(self._core_mn):
            pairs, squares = self._edges[m]
            pairs, squares = np.concatenate([pairs, pair_e2]), np.concatenate([squares, square_e])
            weights = np.maximum(squares, np.maximum(core_n[pairs[:, 0]], core_n[pairs[:, 1]]))
            near = np.flatnonzero(weights <= self._reach)
            order = near[np.argsort(weights[near], kind="stable")]
            self.parent_mn[m], self.height_mn[m], kept = loops.merge(
                pairs[:, 0], pairs[:, 1], weights, order, len(core_n)
            )
            self._edges[m] = pairs[kept], squares[kept]
        loops.unsettled(self.parent_mn, self.height_mn, self._core_mn, self._reach, self.limit_n)
