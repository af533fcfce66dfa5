"""How fast the clusterings are beside scikit-learn's; medians of three turns, all in one run.

    # 60,000 x 10: PCA of Fashion-MNIST
    HYPERSEARCH_DATA=… python benchmarks/dbscan_speed.py pixels
    # 10,000 x 2,304: R3's features
    HYPERSEARCH_DATA=… python benchmarks/dbscan_speed.py exported/cnn --eps 20,45
    # rows of one's own, float32
    python benchmarks/dbscan_speed.py rows.npy --n 10000 --loop

`dbscan`: 20 eps x 5 min_samples by `dbscan_grid`, beside one fit of scikit-learn at the middle
setting and, with
`--loop`, in the first of the turns beside its fits of all 100 settings. R3's features: the flatten
layer of its CNN, as `hypersearch export` writes it, of the test images, standardised. eps are
quantiles 0.05 to 0.95
of the 15-distance curve, a hair above the distances there, or `--eps` from the first to the second
in equal steps. Labels are compared wherever scikit-learn was run. The peak memory of each is that
of a process of its own, above what it had when it held the rows.
"""

from __future__ import annotations

import argparse
import multiprocessing
import os
import resource
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median
from typing import Any

sys.path.insert(0, str(Path(__file__).parent.parent))

import numpy as np
import psutil
from sklearn.cluster import DBSCAN

TURNS = 3
MIN_SAMPLES = (5, 10, 15, 20, 30)
MIDDLE = 15


def timed(work: Callable[[], Any]) -> tuple[float, Any]:
    """Seconds, and what came out."""
    began = time.perf_counter()
    result = work()
    return time.perf_counter() - began, result


def peak(work: Callable[..., Any], path: Path, *settings: Any) -> float:
    """GiB that the work on the rows in a file adds to a process that holds them."""
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        return pool.apply(_grown, (work, path, settings))


def _grown(work: Callable[..., Any], path: Path, settings: tuple[Any, ...]) -> float:
    x_nd = np.load(path)
    work(x_nd[:50], *settings)  # what is imported and compiled is not counted
    before = psutil.Process().memory_info().rss
    work(x_nd, *settings)
    return (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 - before) / 2**30


def rows(where: str, n: int | None) -> np.ndarray:
    """The rows of a file, R3's features, or the training images in 10 principal components;
    float32, n of them.
    """
    from sklearn.decomposition import PCA
    from sklearn.preprocessing import StandardScaler

    from hypersearch.models.data.arrays import flatten
    from hypersearch.models.data.datasets import load_dataset
    from hypersearch.models.evaluation.encoding import encoded

    if where.endswith(".npy"):
        return np.ascontiguousarray(np.load(where)[:n], dtype=np.float32)
    dataset = load_dataset("fashion-mnist")
    if where != "pixels":
        x_nd = StandardScaler().fit_transform(encoded(Path(where), "flatten", dataset.x_test))
        return np.ascontiguousarray(x_nd[:n], dtype=np.float32)
    x_nd = flatten(np.concatenate([dataset.x_train, dataset.x_val]))
    return np.ascontiguousarray(
        PCA(10, svd_solver="covariance_eigh").fit_transform(x_nd)[:n], dtype=np.float32
    )


def grid(x_nd: np.ndarray, eps: list[float]) -> np.ndarray:
    from hypersearch.clustering.density_based.grid import dbscan_grid

    return dbscan_grid(x_nd, eps, MIN_SAMPLES)


def one(x_nd: np.ndarray, eps: float, min_samples: int) -> np.ndarray:
    return DBSCAN(eps=eps, min_samples=min_samples).fit(x_nd).labels_


def dbscan(arguments: argparse.Namespace) -> None:
    """Seconds, ratios, agreement and memory of a grid of DBSCANs."""
    x_nd = rows(arguments.rows, arguments.n)
    grid(x_nd[:50], [1.0])  # compiled, and kept on disk
    eps = searched(x_nd, arguments.eps)
    middle = eps[len(eps) // 2]
    print(
        f"{x_nd.shape[0]:,} x {x_nd.shape[1]:,} {x_nd.dtype}, {os.cpu_count()} cores, eps"
        f" {eps[0]:.4g} … {eps[-1]:.4g}"
    )
    seconds: dict[str, list[float]] = {"grid": [], "one fit": [], "loop": []}
    for turn in range(TURNS):
        took, ours = timed(lambda: grid(x_nd, eps))
        seconds["grid"].append(took)
        took, theirs_n = timed(lambda: one(x_nd, middle, MIDDLE))
        seconds["one fit"].append(took)
        assert np.array_equal(ours[len(eps) // 2, MIN_SAMPLES.index(MIDDLE)], theirs_n), (
            "labels differ"
        )
        if arguments.loop and not turn:
            took, theirs = timed(lambda: [[one(x_nd, e, m) for m in MIN_SAMPLES] for e in eps])
            seconds["loop"].append(took)
            assert np.array_equal(ours, np.array(theirs)), "labels differ"
        print(
            f"turn {turn + 1}: "
            + ", ".join(f"{name} {s[-1]:.2f} s" for name, s in seconds.items() if s),
            flush=True,
        )
    report(seconds, x_nd, eps, middle)


def searched(x_nd: np.ndarray, ends: str) -> list[float]:
    """20 values of eps."""
    from hypersearch.clustering.density_based.k_distance import k_distances

    if ends:
        low, high = (float(end) for end in ends.split(","))
        return [float(e) for e in np.linspace(low, high, 20)]
    return [
        float(e)
        for e in np.quantile(k_distances(x_nd, MIDDLE), np.linspace(0.05, 0.95, 20)) * (1.0 + 1e-6)
    ]


def report(
    seconds: dict[str, list[float]], x_nd: np.ndarray, eps: list[float], middle: float
) -> None:
    """Medians, ratios and memory."""
    ours, fit = median(seconds["grid"]), median(seconds["one fit"])
    print(
        f"{len(eps)} x {len(MIN_SAMPLES)} settings: {ours:.2f} s, {ours / fit:.2f} times one fit"
        f" ({fit:.2f} s)"
    )
    if seconds["loop"]:
        loop = median(seconds["loop"])
        print(
            f"the loop over all settings: {loop:.1f} s, {loop / ours:.1f} times ours; all labels"
            " are equal"
        )
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "rows.npy"
        np.save(path, x_nd)
        print(
            f"memory: ours {peak(grid, path, eps):.2f} GiB, one fit"
            f" {peak(one, path, middle, MIDDLE):.2f} GiB"
        )


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("rows", help="pixels, the folder of R3's exported CNN, or a .npy of rows")
    parser.add_argument(
        "--loop", action="store_true", help="all 100 settings by scikit-learn too, once"
    )
    parser.add_argument("--n", type=int, help="the first so many rows")
    parser.add_argument("--eps", default="", help="the least and the largest, with a comma between")
    dbscan(parser.parse_args())


if __name__ == "__main__":
    main()
