"""How much a reused worker grows: its memory after each of 100 Keras trials.

    python benchmarks/keras_memory.py

One worker fits 105 small CNNs on digits, two epochs each, all of one shape, so that what it gains is not the size of a
network. The memory is the actor's resident set when a trial has ended, looked at every 50 ms; the first five trials
(imports, first graphs) do not count.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from contextlib import suppress
from pathlib import Path
from statistics import mean

import psutil

ROOT = Path(__file__).parent.parent
FIXED = ("depth=1", "filters=16", "kernel=3", "batch_size=64", "batch_norm=True")
TRIALS, WARM = 105, 5


def main() -> None:
    with tempfile.TemporaryDirectory() as out:
        words = ["run", "cnn", "--dataset", "digits", "--limit", "300", "--no-baselines", "--max-resource", "2"]
        words += ["--scheduler", "none", "--concurrency", "1", "--searcher", "random", "--name", "s", "--out", out]
        fixed = [word for pair in FIXED for word in ("--set", pair)]
        command = [sys.executable, "-m", "search", *words, "--trials", str(TRIALS), *fixed]
        environment = {**os.environ, "PYTHONPATH": str(ROOT)}
        with subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL) as process:
            seen = watch(process, Path(out) / "s" / "journal.jsonl")
    ordered = [seen[number] for number in sorted(seen)][WARM:]
    first, last = mean(ordered[:5]), mean(ordered[-5:])
    print(f"{len(ordered)} trials: {first:.0f} MB after the first five, {last:.0f} MB after the last five")
    print(f"growth {last - first:.0f} MB, {(last - first) / len(ordered):.2f} MB a trial; most {max(ordered):.0f} MB")
    print("each tenth trial, MB:", *(f"{size:.0f}" for size in ordered[::10]))


def watch(process: subprocess.Popen[bytes], journal: Path) -> dict[int, float]:
    """Megabytes of the actor when each trial was first seen to have ended; one actor serves them all, or it is said."""
    found: dict[int, float] = {}
    seen: set[int] = set()
    while process.poll() is None:
        time.sleep(0.05)
        actors = [
            p for p in psutil.Process(process.pid).children(recursive=True) if p.name().startswith("ray::TrialActor")
        ]
        lines = journal.read_text().splitlines() if journal.exists() else []
        ended = sum('"event": "end"' in line for line in lines if json.loads(line))
        if actors and ended:
            with suppress(psutil.Error):  # at the end it goes
                found.setdefault(ended, actors[0].memory_info().rss / 2**20)
                seen.add(actors[0].pid)
    print(f"{len(seen)} worker process{'es' * (len(seen) > 1)}")
    return found


if __name__ == "__main__":
    main()
