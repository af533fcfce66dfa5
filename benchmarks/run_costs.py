"""Runs a `hypersearch run …` command; seconds to its first result and in all, peak memory of all
processes and of one.

    python benchmarks/run_costs.py cnn random_forest kmeans \\
        --trials 8 --max-resource 3 --max-samples 10000 --seed 0

Memory is the proportional set size (PSS) of the process tree, sampled every second: a page that n
processes share counts 1/n in each, so shared arrays count once.
"""

from __future__ import annotations

import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path

import psutil


def tree_pss(process: psutil.Process) -> tuple[int, int]:
    """Bytes of all, and of the largest that fits trials."""
    total, largest = 0, 0
    for member in [process, *process.children(recursive=True)]:
        with suppress(psutil.Error):
            size = member.memory_full_info().pss
            total += size
            largest = max(largest, size if member.name().startswith("ray::TrialActor") else 0)
    return total, largest


def first_result(study: Path) -> bool:
    history = study / "history.csv"
    return history.exists() and history.stat().st_size > 0


if __name__ == "__main__":
    name = f"costs-{int(time.time())}"
    began, first, peaks = time.perf_counter(), None, (0, 0)
    with subprocess.Popen(
        [sys.executable, "-m", "hypersearch", "run", *sys.argv[1:], "--name", name]
    ) as run:
        watched, sampled = psutil.Process(run.pid), 0.0
        while run.poll() is None:
            time.sleep(0.05)
            if first is None and first_result(Path("runs") / name):
                first = time.perf_counter() - began
            if time.perf_counter() - sampled > 1:
                peaks, sampled = tuple(map(max, peaks, tree_pss(watched))), time.perf_counter()
    print(f"exit code {run.returncode}, first result after {first or float('nan'):.1f} s, ", end="")
    print(
        f"all after {time.perf_counter() - began:.1f} s, peak memory (PSS) {peaks[0] / 2**30:.2f}"
        " GiB, ",
        end="",
    )
    print(f"of a trial process {peaks[1] / 2**30:.2f} GiB")
