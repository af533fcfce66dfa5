"""How fast and how good our clusterings are, beside scikit-learn's, on Fashion-MNIST's pixels, all
in one run.

    HYPERSEARCH_DATA=… python benchmarks/kmeans_speed.py                # 60,000 images, k to 256
    HYPERSEARCH_DATA=… python benchmarks/kmeans_speed.py --n 12000 --most 64     # a try

A fit runs in a process of its own, one at a time, all with the same number of threads
(OMP_NUM_THREADS). Seconds are medians over the seeds; peak memory is the highest of the process,
less what it held when the images were there.
"""

from __future__ import annotations

import argparse
import multiprocessing
import resource
import sys
import tempfile
import time
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parent.parent))

import numpy as np
import psutil
from sklearn.cluster import KMeans

from hypersearch.clustering.centroids.curve import kmeans_curve
from hypersearch.models.data.arrays import flatten
from hypersearch.models.data.datasets import load_dataset

KS = (10, 13, 16, 24, 36, 48, 64, 96, 144, 176, 208, 256)


@dataclass(frozen=True)
class Measured:
    """What a fit gave and took: seconds, and bytes at the highest."""

    result: Any
    seconds: float
    peak: int


def alone(function: Callable[..., Any], *given: Any) -> Any:
    """What the function returns, in a new process; this one stays small, for a child's peak begins
    at its parent's.
    """
    with ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("spawn")) as pool:
        return pool.submit(function, *given).result()


def write_pixels(path: Path, n: int) -> None:
    dataset = load_dataset("fashion-mnist")
    np.save(path, flatten(np.concatenate([dataset.x_train, dataset.x_val])[:n]))


def measure(path: Path, fit: Callable[..., Any], *given: Any) -> Measured:
    x_nd = np.load(path)
    before, began = psutil.Process().memory_info().rss, time.perf_counter()
    result = fit(x_nd, *given)
    seconds = time.perf_counter() - began
    return Measured(
        result, seconds, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 - before
    )


def our_curve(x_nd: np.ndarray, ks: list[int], seed: int) -> list[float]:
    return [fit.inertia for fit in kmeans_curve(x_nd, ks, seed)]


def their_loop(x_nd: np.ndarray, ks: list[int], seed: int, algorithm: str) -> list[float]:
    return [
        KMeans(k, n_init=1, algorithm=algorithm, random_state=seed).fit(x_nd).inertia_ for k in ks
    ]


def kmeans(asked: argparse.Namespace) -> None:
    """The curve of inertia over k: `kmeans_curve`, and loops of scikit-learn's `KMeans`."""
    ks = [k for k in KS if k <= asked.most]
    ways = {"ours": (our_curve,), "lloyd": (their_loop, "lloyd"), "elkan": (their_loop, "elkan")}
    runs: dict[str, list[Measured]] = {way: [] for way in ways}
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "pixels.npy"
        alone(write_pixels, path, asked.n)
        for seed in range(asked.seeds):
            for way, (fit, *more) in ways.items():
                runs[way].append(alone(measure, path, fit, ks, seed, *more))
                print(
                    f"seed {seed}, {way}: {runs[way][-1].seconds:.1f} s",
                    file=sys.stderr,
                    flush=True,
                )
    show_kmeans(ks, runs)


def show_kmeans(ks: list[int], runs: dict[str, list[Measured]]) -> None:
    inertia = {way: np.mean([run.result for run in each], axis=0) for way, each in runs.items()}
    print("| k | ours | lloyd | ours / lloyd | ours / elkan |\n|---|---|---|---|---|")
    for place, k in enumerate(ks):
        ours, lloyd, elkan = (inertia[way][place] for way in ("ours", "lloyd", "elkan"))
        print(f"| {k} | {ours:,.1f} | {lloyd:,.1f} | {ours / lloyd:.4f} | {ours / elkan:.4f} |")
    seconds = {way: float(np.median([run.seconds for run in each])) for way, each in runs.items()}
    print("\n| | seconds | beside ours | peak memory, MB |\n|---|---|---|---|")
    for way, each in runs.items():
        peak = max(run.peak for run in each) / 2**20
        print(
            f"| {way} | {seconds[way]:.1f} | {seconds[way] / seconds['ours']:.2f} | {peak:,.0f} |"
        )


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--n", type=int, default=60_000, help="images")
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--most", type=int, default=max(KS), help="leave out larger k")
    kmeans(parser.parse_args())


if __name__ == "__main__":
    main()
