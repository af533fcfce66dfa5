"""The labels of DBSCAN at one eps, from `ReachabilityTrees`, equal to those of scikit-learn.

scikit-learn compares a squared distance as it was rounded with eps² as that was rounded, and rounds
one and the same distance differently: by the place of the two rows in their blocks, by which of the
two comes first, or by the box of a tree that has both. Its neighbourhoods need not even be mutual.
So every comparison has a margin, wider than all that rounding can do. Where none of the core
distances, heights of the tree and reached neighbours lies within it, the labels follow from the
tree. Where one does (a grid with eps its spacing; else hardly ever), what is surely connected is
taken as one, and scikit-learn's own neighbourhoods are followed from there, a few hundred rows at a
time. Memory stays linear then too, unless eps² is below the margin: nothing is sure there, and
every pair within eps is kept. Shape suffixes: n rows, m values of min_samples.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import cached_property
from typing import Any

import numpy as np
import sklearn
from numpy.typing import NDArray
from sklearn.neighbors import NearestNeighbors

from hypersearch.clustering.density_based import kernels as loops
from hypersearch.clustering.density_based.reachability import (
    FEW,
    Indices,
    ReachabilityTrees,
    row_norms,
)

TINY = 11  # rows up to which scikit-learn builds no tree


class Margin:
    """How far from eps² a squared distance must be for rounding not to matter.

    A sum of d products is off by d + 2 roundings at most, of the sum of their sizes (Higham 2002,
    section 3.1): for squared differences that is the distance itself, for expanded products four
    times the largest squared length. Two such figures are compared, and the margin is twice what
    both need.
    """

    def __init__(self, x_nd: NDArray[np.floating]) -> None:
        self.relative = 16.0 * (x_nd.shape[1] + 8) * 2.0**-53
        self.absolute = self.relative * float(row_norms(x_nd).max())
        self._single = x_nd.dtype == np.float32 and (x_nd.shape[1] > FEW or len(x_nd) <= TINY)

    def around(self, eps: float) -> tuple[float, float]:
        """Squares surely within eps are up to the first; those surely not are beyond the second."""
        radius = np.float32(eps) if self._single else np.float64(eps)
        square = float(radius * radius)  # as scikit-learn does, in the type of what it compares
        width = self.relative * square + self.absolute
        return square - width, square + width


class DbscanLabels:
    """Labels for any eps of the rows of a `ReachabilityTrees`, for its values of min_samples."""

    def __init__(self, shared: ReachabilityTrees) -> None:
        self._shared, self._margin = shared, Margin(shared.x_nd)

    def labels(self, eps: float, min_samples: Sequence[int]) -> NDArray[np.intp]:
        """Clusters from 0 on and -1 for noise, int (m, n), equal to scikit-learn's.

        The square of eps is at most `ReachabilityTrees.reach`.
        """
        low, high = self._margin.around(eps)
        found = {m: self._sure(m, low, high) for m in min_samples}
        doubtful = [m for m, labels_n in found.items() if labels_n is None]
        if doubtful:
            found |= dict(zip(doubtful, self._followed(eps, doubtful), strict=True))
        return np.stack([found[m] for m in min_samples]).astype(np.intp)

    def _tree(self, m: int) -> tuple[Any, Any, Any]:
        """Parents, heights and core distances for a value of min_samples."""
        at = self._shared.min_samples.index(m)
        return self._shared.parent_mn[at], self._shared.height_mn[at], self._shared.core_mn[at]

    def _sure(self, m: int, low: float, high: float) -> Any:
        """The labels, or None where a comparison is within the margin."""
        parent_n, height_n, core_n = self._tree(m)
        if _any_between(core_n, low, high) or _any_between(height_n, low, high):
            return None
        label_n = loops.named(loops.components(parent_n, height_n, core_n, low), core_n, low)
        sure = loops.add_borders(
            label_n, core_n, self._shared.square_nk, self._shared.index_nk, low, high
        )
        return label_n if sure else None

    def _followed(self, eps: float, min_samples: Sequence[int]) -> list[Any]:
        """The labels for several values of min_samples by scikit-learn's own neighbourhoods."""
        low, _ = self._margin.around(eps)
        core_mn = self._core_rows(eps, min_samples)
        node_mn = np.stack([loops.components(*self._tree(m), low) for m in min_samples])
        arcs: list[list[Indices]] = [[] for _ in min_samples]
        for begin, neighbours in self._neighbourhoods(np.arange(len(self._shared.x_nd)), eps):
            for at, (core_n, node_n) in enumerate(zip(core_mn, node_mn, strict=True)):
                arcs[at].append(_arcs(begin, neighbours, core_n, node_n))
        return [_spread(*each) for each in zip(arcs, core_mn, node_mn, strict=True)]

    def _core_rows(self, eps: float, min_samples: Sequence[int]) -> NDArray[np.bool_]:
        """Which rows are core, (m, n); those within the margin have their neighbours counted."""
        low, high = self._margin.around(eps)
        square_mn = np.stack([self._tree(m)[2] for m in min_samples])
        core_mn, unsure_mn = square_mn <= low, (square_mn > low) & (square_mn <= high)
        for begin, neighbours in self._neighbourhoods(np.flatnonzero(unsure_mn.any(axis=0)), eps):
            sizes = np.array([len(each) for each in neighbours])
            rows = slice(begin, begin + len(neighbours))
            core_mn[:, rows] |= unsure_mn[:, rows] & (sizes >= np.array(min_samples)[:, None])
        return core_mn

    def _neighbourhoods(self, rows: Indices, eps: float) -> Iterator[tuple[int, Any]]:
        """The first row and all neighbourhoods of each block that holds one of the rows.

        The blocks are scikit-learn's and whole: the rounding of a row's distances depends on the
        block it is in.
        """
        size = sklearn.get_config()["pairwise_dist_chunk_size"]
        for begin in np.unique(rows // size) * size:
            block_nd = self._shared.x_nd[begin : begin + size]
            yield int(begin), self._model.radius_neighbors(block_nd, eps, return_distance=False)

    @cached_property
    def _model(self) -> Any:
        return NearestNeighbors().fit(self._shared.x_nd)  # the one that DBSCAN makes


def _any_between(value_n: NDArray[np.float64], low: float, high: float) -> bool:
    return bool(((value_n > low) & (value_n <= high)).any())


def _arcs(
    begin: int, neighbours: Any, core_n: NDArray[np.bool_], node_n: NDArray[np.int32]
) -> Indices:
    """From which node to which the core rows of a block lead: first · n + second, each once."""
    sizes = [len(each) for each in neighbours]
    rows = np.repeat(np.arange(begin, begin + len(sizes)), sizes)
    leading = core_n[rows]
    start = node_n[rows[leading]].astype(np.int64)
    end = node_n[np.concatenate(list(neighbours))[leading]]
    return np.unique((start * len(node_n) + end)[start != end])


def _spread(parts: list[Indices], core_n: NDArray[np.bool_], node_n: NDArray[np.int32]) -> Any:
    """The labels when clusters spread along the arcs, each from the lowest core row without one."""
    arcs = np.unique(np.concatenate(parts))
    first_n = np.searchsorted(arcs // len(node_n), np.arange(len(node_n) + 1))
    return loops.flood(np.flatnonzero(core_n), node_n, first_n, arcs % len(node_n))
