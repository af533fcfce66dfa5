"""Lloyd's passes over rows, with bounds that say which rows cannot have changed their cluster.

Lloyd, "Least squares quantization in PCM" (1982); the bounds are u and l of Hamerly, "Making
k-means even faster" (2010). Shape suffixes: n rows, d features, k clusters, m some of the rows.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

BLOCK = 2048  # rows whose distances are held at once: 2 MB at k = 256
TOLERANCE = 1e-4  # of the mean variance of a feature, as in scikit-learn's `tol`
ROUNDING = np.float32(4e-7)  # of |x|² + |c|²: how far a squared distance in float32 may be off
NOWHERE = -1  # the label of a row that is in no cluster yet

Spread: TypeAlias = Callable[[Callable[[Any], Any], Iterable[Any]], Iterable[Any]]
"""`map`, or that of a pool of threads: the figures are the same, because the blocks are."""


class Lloyd:
    """K-means in the making on x, float32 (n, d).

    Call `start` or `adopt` first, then `step` until `settled`. `labels_n`: the nearest centre of
    each row, int32, at any time. `centers_kd`: float32. Distances come from |x|² - 2 x·c + |c|² in
    float32, so that ties up to its rounding fall either way; rows around zero suffer the least.
    """

    def __init__(self, x_nd: NDArray[np.float32], k: int, spread: Spread = map) -> None:
        n, d = x_nd.shape
        self._x_nd, self._spread = x_nd, spread
        self._squares_n = np.einsum("nd,nd->n", x_nd, x_nd)
        self._energy = sum(
            float(np.square(x_nd[rows], dtype=np.float64).sum()) for rows in blocks(n)
        )
        self.labels_n: NDArray[np.int32] = np.full(n, NOWHERE, dtype=np.int32)
        self._upper_n, self._lower_n = np.empty(n, dtype=np.float32), np.empty(n, dtype=np.float32)
        self._sums_kd, self._sizes_k = np.zeros((k, d)), np.zeros(k, dtype=np.int64)
        self.centers_kd: NDArray[np.float32] = np.zeros((k, d), dtype=np.float32)
        self.shift, self.changed = np.inf, n

    def start(self, centers_kd: NDArray[np.float32]) -> Lloyd:
        """Begin with these centres."""
        self.centers_kd = np.array(centers_kd, dtype=np.float32)
        self._reassign(np.arange(len(self._x_nd)))
        return self

    def adopt(self, labels_n: NDArray[np.int32]) -> Lloyd:
        """Begin with the means of the clusters that another K-means has found.

        It may have been fitted on other features of the same rows.
        """
        self._transfer(np.arange(len(labels_n)), labels_n)
        return self.start(self._means())

    def step(self) -> None:
        """One pass: move each centre to its mean, then give each row to its nearest centre.

        Sets `shift`, the sum of the centres' squared moves, and `changed`, how many rows changed
        their cluster.
        """
        if not self._sizes_k.all():
            self._fill_empty()
        before_kd, self.centers_kd = self.centers_kd, self._means()
        squares_k = np.square(self.centers_kd - before_kd).sum(axis=1)
        self.shift = float(squares_k.sum())
        self._loosen(np.sqrt(squares_k))
        bound_n = np.maximum(self._lower_n, (nearest_other(self.centers_kd) / 2)[self.labels_n])
        self._reassign(np.flatnonzero(self._upper_n > bound_n))

    def run(self, tolerance: float, most: int) -> Lloyd:
        """Pass until `settled`, at most so many times."""
        for _ in range(most):
            self.step()
            if self.settled(tolerance):
                break
        return self

    def settled(self, tolerance: float = TOLERANCE) -> bool:
        """True when the last pass moved no row, or the centres hardly.

        The rule for the centres is that of scikit-learn. `tolerance`: in mean variances of a
        feature.
        """
        return self.changed == 0 or self.shift <= tolerance * self.variance

    @property
    def variance(self) -> float:
        """The mean variance of a feature."""
        n, d = self._x_nd.shape
        mean_d = self._sums_kd.sum(axis=0) / n
        return float(max(self._energy / n - float(mean_d @ mean_d), 0.0) / d)

    @property
    def inertia(self) -> float:
        """The sum of squared distances to the nearest centres, in float64.

        It is Σ|x|² - 2 Σ s·c + Σ size |c|².
        """
        centers_kd = self.centers_kd.astype(np.float64)
        squares_k = np.einsum("kd,kd->k", centers_kd, centers_kd)
        crossed = float(np.einsum("kd,kd->", self._sums_kd, centers_kd))
        return max(self._energy - 2.0 * crossed + float(self._sizes_k @ squares_k), 0.0)

    @property
    def state(self) -> dict[str, NDArray[Any]]:
        """All but the rows: some 12 (n + k · d) bytes, the arrays themselves."""
        return {
            "labels_n": self.labels_n,
            "upper_n": self._upper_n,
            "lower_n": self._lower_n,
            "sums_kd": self._sums_kd,
            "sizes_k": self._sizes_k,
            "centers_kd": self.centers_kd,
        }

    def restore(self, state: Mapping[str, NDArray[Any]]) -> None:
        """Take up the `state` of another K-means of the same rows and k.

        Both then continue bit for bit alike.
        """
        for name, array in self.state.items():
            array[...] = state[name]

    def _means(self) -> NDArray[np.float32]:
        """The mean of each cluster; the centre of an empty one stays."""
        means_kd = self._sums_kd / np.maximum(self._sizes_k, 1)[:, None]
        return np.where(self._sizes_k[:, None] > 0, means_kd, self.centers_kd).astype(np.float32)

    def _loosen(self, drift_k: NDArray[np.float32]) -> None:
        """Keep the bounds true after the centres moved.

        The upper bound grows by the own centre's way, the lower falls by the longest of the others.
        """
        self._upper_n += drift_k[self.labels_n]
        if len(drift_k) > 1:
            second, first = np.partition(drift_k, -2)[-2:]
            self._lower_n -= np.where(self.labels_n == drift_k.argmax(), second, first)

    def _reassign(self, rows_m: NDArray[np.intp]) -> None:
        """Give these rows to their nearest centres, and set their bounds.

        The bounds are exact up to rounding, for which they allow.
        """
        squares_k = np.einsum("kd,kd->k", self.centers_kd, self.centers_kd)
        doubled_dk = self.centers_kd.T * np.float32(-2.0)
        labels_m = np.empty(len(rows_m), dtype=np.int32)
        slack = ROUNDING * (self._squares_n.max() + squares_k.max())

        def measure(part: slice) -> None:
            rows = rows_m[part]
            distances_mk = self._rows(rows) @ doubled_dk
            distances_mk += squares_k
            labels, first, second = nearest_two(distances_mk)
            labels_m[part], squares = labels, self._squares_n[rows]
            self._upper_n[rows] = np.sqrt(np.maximum(first + squares, 0.0) + slack)
            self._lower_n[rows] = np.sqrt(np.maximum(second + squares - slack, 0.0))

        for _ in self._spread(measure, blocks(len(rows_m))):
            pass
        moved_m = labels_m != self.labels_n[rows_m]
        self._transfer(rows_m[moved_m], labels_m[moved_m])

    def _transfer(self, rows_m: NDArray[np.intp], labels_m: NDArray[np.int32]) -> None:
        """Move rows from their clusters to others, in `labels_n`, the sums and the sizes."""
        k, before_m = len(self._sizes_k), self.labels_n[rows_m]

        def sums(part: slice) -> NDArray[np.float64]:
            x_md = self._rows(rows_m[part]).astype(np.float64)
            return np.asarray(signed(labels_m[part], before_m[part], k) @ x_md)

        for sums_kd in self._spread(sums, blocks(len(rows_m))):
            self._sums_kd += sums_kd
        self._sizes_k += np.bincount(labels_m, minlength=k)
        self._sizes_k -= np.bincount(before_m[before_m >= 0], minlength=k)
        self.labels_n[rows_m] = labels_m
        self.changed = len(rows_m)

    def _rows(self, rows_m: NDArray[np.intp]) -> NDArray[np.float32]:
        """These rows of x; without a copy where one follows the other."""
        first, last = rows_m[0], rows_m[-1]
        follow = last - first + 1 == len(rows_m) and bool((np.diff(rows_m) == 1).all())
        return self._x_nd[first : last + 1] if follow else self._x_nd[rows_m]

    def _fill_empty(self) -> None:
        """Give each empty cluster the row farthest from its own centre, as scikit-learn does."""
        distances_n = np.empty(len(self._x_nd), dtype=np.float32)
        for rows in blocks(len(distances_n)):
            away_md = self._x_nd[rows] - self.centers_kd[self.labels_n[rows]]
            distances_n[rows] = np.einsum("md,md->m", away_md, away_md)
        empty_k = np.flatnonzero(self._sizes_k == 0)
        farthest_m = np.argsort(-distances_n, kind="stable")[: len(empty_k)]
        farthest_m = farthest_m[distances_n[farthest_m] > 0]
        self._transfer(farthest_m, empty_k[: len(farthest_m)].astype(np.int32))
        self._upper_n[farthest_m], self._lower_n[farthest_m] = np.inf, 0.0


def blocks(n: int) -> Iterator[slice]:
    """n rows in slices of `BLOCK`."""
    return (slice(begin, min(begin + BLOCK, n)) for begin in range(0, n, BLOCK))


def nearest_two(
    distances_mk: NDArray[np.float32],
) -> tuple[NDArray[np.intp], NDArray[np.float32], NDArray[np.float32]]:
    """The place of the least of each row, it, and the second least (infinite at k = 1).

    Changes the array.
    """
    rows_m, labels_m = np.arange(len(distances_mk)), distances_mk.argmin(axis=1)
    first_m = distances_mk[rows_m, labels_m]
    distances_mk[rows_m, labels_m] = np.inf
    return labels_m, first_m, distances_mk.min(axis=1)


def nearest_other(centers_kd: NDArray[np.float32]) -> NDArray[np.float32]:
    """The distance of each centre to the nearest other one, or a hair less, float32 (k,).

    Infinite at k = 1.
    """
    squares_k = np.einsum("kd,kd->k", centers_kd, centers_kd)
    distances_kk = squares_k[:, None] + squares_k - 2.0 * centers_kd @ centers_kd.T
    np.fill_diagonal(distances_kk, np.inf)
    slack = 2 * ROUNDING * squares_k.max()
    least_k: NDArray[np.float32] = np.sqrt(np.maximum(distances_kk.min(axis=1) - slack, 0.0))
    return least_k


def signed(to_m: NDArray[np.int32], from_m: NDArray[np.int32], k: int) -> Any:
    """The sparse (k, m) matrix that moves rows from one cluster to another.

    It adds each row to one cluster and takes it from another, or from `NOWHERE`.
    """
    m, taken = len(to_m), np.flatnonzero(from_m != NOWHERE)
    signs = np.concatenate([np.ones(m), -np.ones(len(taken))])
    places = np.concatenate([to_m, from_m[taken]]), np.concatenate([np.arange(m), taken])
    return sparse.csr_matrix((signs, places), shape=(k, m))
