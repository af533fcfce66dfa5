"""K-means for several k at once, from subsamples and leading directions up to all data.

Each k is fitted by itself: several starts (k-means++, Arthur and Vassilvitskii 2007) on a
subsample, the best of them on a larger one, then on all rows, all in the leading principal
directions of x; at last in all features until the centres stand still by scikit-learn's rule. Shape
suffixes: n rows, d features, r leading directions, k clusters.
"""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.cluster import kmeans_plusplus
from sklearn.decomposition import PCA
from threadpoolctl import threadpool_info, threadpool_limits

from hypersearch.clustering.centroids.lloyd import TOLERANCE, Lloyd, Spread, blocks
from hypersearch.models.errors import UserError

LEADING = 64  # directions of the early passes; on Fashion-MNIST they hold 0.88 of the variance
LEARNT_ON = 6000  # rows that the directions are learnt from
SHARES = (16, 4)  # the subsamples: one row in so many
A_CLUSTER = 30  # rows that a subsample has at least for each cluster
# starts on the smallest subsample: the fewer, the more clusters, for more vary less and cost more
STARTS, FEWEST = 8, 3
LOOSE = 1e-3  # how still centres must stand on a subsample (see `Lloyd.settled`)
MOST = 300  # passes, as in scikit-learn


@dataclass(frozen=True)
class KMeansFit:
    """K-means with `k` clusters.

    centers_kd: float (k, d). labels_n: the nearest centre of each row, int32 (n,). inertia: the sum
    of squared distances to it.
    """

    k: int
    centers_kd: NDArray[np.floating]
    labels_n: NDArray[np.int32]
    inertia: float


@dataclass(frozen=True)
class Rows:
    """What every k needs.

    x: the rows around their mean, float32 (n, d). leading: the same in their leading directions,
    float32 (n, r), or again the rows where they are narrow. order: of the rows, (n,), to take
    subsamples from.
    """

    x_nd: NDArray[np.float32]
    leading_nr: NDArray[np.float32]
    order_n: NDArray[np.intp]
    spread: Spread


def kmeans_curve(
    x_nd: ArrayLike, ks: Sequence[int], seed: int = 0, threads: int | None = None
) -> list[KMeansFit]:
    """K-means of x, any numbers (n, d), at each of `ks`, 1 … n, in that order.

    A fit depends neither on which other k are asked for nor on `threads` (default: as many as BLAS
    may use). The centres are float64 where x is, else float32; all is computed in float32 but for
    sums. Takes the memory of a float32 copy of x and of its 64 leading directions beside x. Raises
    a `UserError` for a k or an x that cannot be.
    """
    given_nd = np.asarray(x_nd)
    _check(given_nd, ks, seed)
    threads = threads or blas_threads()
    with threadpool_limits(1, "blas"), ThreadPoolExecutor(threads) as pool:
        mean_d = given_nd.mean(axis=0, dtype=np.float64)
        rows = _prepare(given_nd, mean_d, seed, pool.map if threads > 1 else map)
        found = {k: _fit(rows, k, seed) for k in sorted({int(k) for k in ks})}
    kind = np.float64 if given_nd.dtype == np.float64 else np.float32
    fits = {
        k: KMeansFit(k, (it.centers_kd + mean_d).astype(kind), it.labels_n, it.inertia)
        for k, it in found.items()
    }
    return [fits[int(k)] for k in ks]


def _fit(rows: Rows, k: int, seed: int) -> Lloyd:
    """From a subsample to all rows, from the leading directions to all features."""
    n, rng = len(rows.x_nd), np.random.default_rng([seed, k])
    small_nr, large_nr = (rows.leading_nr[rows.order_n[: share(n, k, part)]] for part in SHARES)
    count = max(FEWEST, min(STARTS, 256 // k))
    starts = [_start(small_nr, k, rng, rows.spread) for _ in range(count)]
    best = min(starts, key=lambda lloyd: lloyd.inertia)
    larger = Lloyd(large_nr, k, rows.spread).start(best.centers_kd).run(LOOSE, 50)
    whole = Lloyd(rows.leading_nr, k, rows.spread).start(larger.centers_kd).run(TOLERANCE, MOST)
    if rows.leading_nr is rows.x_nd:
        return whole
    return Lloyd(rows.x_nd, k, rows.spread).adopt(whole.labels_n).run(TOLERANCE, MOST)


def _start(x_nr: NDArray[np.float32], k: int, rng: np.random.Generator, spread: Spread) -> Lloyd:
    drawn_kr, _ = kmeans_plusplus(x_nr, k, random_state=int(rng.integers(2**31)))
    return Lloyd(x_nr, k, spread).start(drawn_kr).run(LOOSE, 30)


def _prepare(
    given_nd: NDArray[Any], mean_d: NDArray[np.float64], seed: int, spread: Spread
) -> Rows:
    n, d = given_nd.shape
    x_nd = np.empty((n, d), dtype=np.float32)
    for rows in blocks(n):
        x_nd[rows] = given_nd[rows] - mean_d
    order_n = np.random.default_rng(seed).permutation(n)
    if d < 2 * LEADING or n < 2 * LEARNT_ON // 3:
        return Rows(x_nd, x_nd, order_n, spread)
    pca = PCA(LEADING, svd_solver="randomized", iterated_power=2, random_state=seed)
    with np.errstate(invalid="ignore"):  # rows that are all the same have no shares of variance
        pca.fit(x_nd[order_n[:LEARNT_ON]])
    leading_nr = np.empty((n, LEADING), dtype=np.float32)
    for rows in blocks(n):
        leading_nr[rows] = x_nd[rows] @ pca.components_.T
    return Rows(x_nd, leading_nr, order_n, spread)


def _check(x_nd: NDArray[Any], ks: Sequence[int], seed: int) -> None:
    """Raise a `UserError` unless there is a K-means of x at each of `ks`."""
    if x_nd.ndim != 2 or not x_nd.size or x_nd.dtype.kind not in "fiub":
        raise UserError(
            f"x must be numbers (n, d), n and d from 1 on, got {x_nd.dtype} {x_nd.shape}"
        )
    for k in ks:
        if isinstance(k, bool) or not isinstance(k, int | np.integer) or not 1 <= k <= len(x_nd):
            raise UserError(
                f"k must be a whole number from 1 to {len(x_nd)}, the rows of x, got {k!r}"
            )
    if seed < 0:
        raise UserError(f"seed must be 0 or more, got {seed}")
    if not all(np.isfinite(x_nd[rows]).all() for rows in blocks(len(x_nd))):
        raise UserError("x must be finite, got NaN or infinity")


def blas_threads() -> int:
    """How many threads BLAS may use: the cores, or what OMP_NUM_THREADS and the like say."""
    pools = [pool for pool in threadpool_info() if pool["user_api"] == "blas"]
    return max((int(pool["num_threads"]) for pool in pools), default=1)


def share(n: int, k: int, part: int) -> int:
    """How many of n rows the subsample of one row in `part` has: enough for k clusters."""
    return min(n, max(n // part, A_CLUSTER * k))
