"""What a trial costs that costs nothing: seconds of 120 `toy` trials less those of 20, over 100; median of three.

    python benchmarks/toy_overhead.py

Each trial is a single step, so this is the engine's own time: proposal, storage, Ray Tune's loop, record.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
import time
from statistics import median

COMMAND = [sys.executable, "-m", "search", "run", "toy", "--dataset", "digits", "--no-baselines", "--max-resource", "1"]


def seconds(trials: int) -> float:
    with tempfile.TemporaryDirectory() as out:
        began = time.perf_counter()
        subprocess.run([*COMMAND, "--trials", str(trials), "--out", out], check=True, stdout=subprocess.DEVNULL)
        return time.perf_counter() - began


if __name__ == "__main__":
    costs = []
    for turn in range(3):
        few, many = seconds(20), seconds(120)
        costs.append((many - few) / 100)
        print(f"turn {turn + 1}: 20 trials {few:.2f} s, 120 trials {many:.2f} s: {1000 * costs[-1]:.1f} ms a trial")
    print(f"median: {1000 * median(costs):.1f} ms a trial")
