"""How much a reused worker grows: its memory after each of 100 Keras trials.

    python benchmarks/keras_memory.py
    # networks alone, in a loop: forgotten as we do, and as in guides
    python benchmarks/keras_memory.py plain

One worker fits 105 small CNNs on digits, two epochs each, all of one shape, so that what it gains
is not the size of a network. The memory is the actor's resident set when a trial has ended, looked
at every 50 ms; the first five trials (imports, first graphs) do not count.
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
from statistics import mean, median

import psutil

ROOT = Path(__file__).parent.parent
FIXED = ("depth=1", "filters=16", "kernel=3", "batch_size=64", "batch_norm=True")
TRIALS, WARM = 105, 5


def main() -> None:
    with tempfile.TemporaryDirectory() as out:
        words = [
            "run",
            "cnn",
            "--dataset",
            "digits",
            "--limit",
            "300",
            "--no-baselines",
            "--max-resource",
            "2",
        ]
        words += [
            "--scheduler",
            "none",
            "--concurrency",
            "1",
            "--searcher",
            "random",
            "--name",
            "s",
            "--out",
            out,
        ]
        fixed = [word for pair in FIXED for word in ("--set", pair)]
        command = [sys.executable, "-m", "hypersearch", *words, "--trials", str(TRIALS), *fixed]
        environment = dict(os.environ)
        with subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL) as process:
            seen = watch(process, Path(out) / "s" / "journal.jsonl")
    ordered = [seen[number] for number in sorted(seen)][WARM:]
    first, last = mean(ordered[:5]), mean(ordered[-5:])
    print(
        f"{len(ordered)} trials: {first:.0f} MB after the first five, {last:.0f} MB after the last"
        " five"
    )
    print(
        f"growth {last - first:.0f} MB, {(last - first) / len(ordered):.2f} MB a trial; most"
        f" {max(ordered):.0f} MB"
    )
    print("each tenth trial, MB:", *(f"{size:.0f}" for size in ordered[::10]))


def watch(process: subprocess.Popen[bytes], journal: Path) -> dict[int, float]:
    """Megabytes of the actor when each trial was first seen to have ended; one actor serves them
    all, or it is said.
    """
    found: dict[int, float] = {}
    seen: set[int] = set()
    while process.poll() is None:
        time.sleep(0.05)
        actors = [
            p
            for p in psutil.Process(process.pid).children(recursive=True)
            if p.name().startswith("ray::TrialActor")
        ]
        lines = journal.read_text().splitlines() if journal.exists() else []
        ended = sum('"event": "end"' in line for line in lines if json.loads(line))
        if actors and ended:
            with suppress(psutil.Error):  # at the end it goes
                found.setdefault(ended, actors[0].memory_info().rss / 2**20)
                seen.add(actors[0].pid)
    print(f"{len(seen)} worker process{'es' * (len(seen) > 1)}")
    return found


def plain() -> None:
    """In turns, three processes for each way of making a network; megabytes and seconds for each of
    15.
    """
    found: dict[str, list[tuple[float, float]]] = {"ours": [], "usual": []}
    for _ in range(3):
        for way, pairs in found.items():
            command = [sys.executable, __file__, way]
            said = subprocess.run(command, capture_output=True, text=True, check=True).stdout
            grown, seconds = map(float, said.split())
            pairs.append((grown, seconds))
            print(f"{way}: {grown:.2f} MB and {seconds:.2f} s a network", flush=True)
    for way, pairs in found.items():
        print(
            f"{way}: median {median(p[0] for p in pairs):.2f} MB and"
            f" {median(p[1] for p in pairs):.2f} s a network"
        )


def loop(way: str, count: int = 15) -> None:
    """Megabytes and seconds for each of `count` networks, the first five not counted."""
    sys.path.insert(0, str(ROOT))
    import keras

    from hypersearch.models.api import Options
    from hypersearch.models.data import datasets
    from hypersearch.models.families import cnn
    from hypersearch.models.networks import layers

    if way == "usual":
        layers.begin_anew = lambda seed: (
            keras.utils.clear_session(),
            keras.utils.set_random_seed(seed),
        )
    shared = cnn.FAMILY.prepare(
        datasets.load_dataset("digits", limit=300), Options(seed=0, threads=1)
    )
    config = {**cnn.START, "depth": 1, "filters": 16, "convolutions": 1, "batch_size": 64}
    del config["residual"]
    memory, began = 0, 0.0
    for number in range(count + WARM):
        if number == WARM:
            memory, began = psutil.Process().memory_info().rss, time.perf_counter()
        run = cnn.FAMILY.start(config, shared, number)
        run.step()
        run.step()
    grown = (psutil.Process().memory_info().rss - memory) / 2**20
    print(grown / count, (time.perf_counter() - began) / count)


if __name__ == "__main__":
    {"": main, "plain": plain, "ours": lambda: loop("ours"), "usual": lambda: loop("usual")}[
        "".join(sys.argv[1:])
    ]()
