"""Seconds that `hypersearch report` takes for a study of 1,000 trials, as a command of its own, and
the page's size.

    python benchmarks/report_speed.py [TRIALS]

The study is made here: a CNN's space with ten parameters, up to 27 epochs each, stopped as ASHA
would at 1, 3 and 9, a trial in fifty failed. Three runs; the median counts.
"""

from __future__ import annotations

import random
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from hypersearch.search.families import find
from hypersearch.search.planning import environment
from hypersearch.search.space.description import to_record
from hypersearch.search.storage.files import write_json
from hypersearch.search.storage.record import Record
from hypersearch.search.storage.trial import Step, Trial

FAMILY = find("cnn")
RUNS = 3
EPOCHS = (1, 1, 1, 1, 1, 1, 3, 3, 9, 27)  # of ten trials


def main() -> None:
    trials = int(sys.argv[1]) if len(sys.argv) > 1 else 1000
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder)
        make(out, trials)
        seconds = [timed(out) for _ in range(RUNS)]
        size = (out / "thousand" / "report.html").stat().st_size
    told = ", ".join(f"{each:.2f}" for each in seconds)
    print(
        f"{trials:,} trials: {statistics.median(seconds):.2f} s (median of {told}),"
        f" {size / 1e6:.2f} MB"
    )


def timed(out: Path) -> float:
    began = time.perf_counter()
    subprocess.run(
        [sys.executable, "-m", "hypersearch", "report", "thousand", "--out", str(out)], check=True
    )
    return time.perf_counter() - began


def make(out: Path, count: int) -> None:
    """A study of `count` trials of the CNN's space; its figures are drawn by lot."""
    chance = random.Random(0)
    record = Record.create(out, "thousand")
    for number in range(count):
        play(record, number, chance)
    record.close()
    write_json(out / "thousand" / "study.json", described(count))


def play(record: Record, number: int, chance: random.Random) -> None:
    params = {
        "network": "blocks",
        "depth": chance.randint(1, 4),
        "filters": chance.randint(16, 64),
        "dropout": chance.uniform(0, 0.5),
        "head": chance.choice(["average", "flatten"]),
        "optimizer": "adam",
        "learning_rate": 10 ** chance.uniform(-4, -1.7),
        "batch_size": chance.choice([64, 128]),
        "label_smoothing": chance.uniform(0, 0.2),
        "shift": chance.randint(0, 3),
        "flip": chance.random() < 0.5,
    }
    trial = Trial("cnn", number, "", params, seed=number, max_resource=27)
    record.start(trial)
    top = 0.95 - 0.1 * abs(params["dropout"] - 0.2) - chance.expovariate(20)
    for resource in range(1, EPOCHS[number % len(EPOCHS)] + 1):
        accuracy = top * (1 - 0.5 ** (resource + 1)) + chance.gauss(0, 0.002)
        metrics = {
            "accuracy": accuracy,
            "loss": 1 - accuracy,
            "train.accuracy": accuracy + 0.01,
            "parameters": 9e4,
        }
        trial.steps.append(Step(resource, 2.0 * resource, accuracy, metrics))
        record.step(trial)
    trial.state = "FAIL" if number % 50 == 49 else "COMPLETE" if trial.resource == 27 else "PRUNED"
    trial.failure = f"Traceback\nValueError: {number % 3}" if trial.state == "FAIL" else ""
    record.end(trial)


def described(count: int) -> dict[str, object]:
    """study.json."""
    search = {
        "family": "cnn",
        "target": "cnn",
        "metric": "accuracy",
        "mode": "max",
        "objectives": {"accuracy": "max"},
    }
    plan = {
        "resource": "epochs",
        "max_resource": 27,
        "rungs": [1, 3, 9],
        "searcher": "tpe",
        "scheduler": "asha",
    }
    rest = {"trials": count, "space": to_record(FAMILY.space), "baselines": [], "left_out": {}}
    return {
        "name": "thousand",
        "dataset": {
            "name": "digits",
            "train": 1149,
            "validation": 288,
            "test": 360,
            "classes": [*"0123456789"],
        },
        "searches": [{**search, **plan, **rest}],
        "started": environment.now(),
        "ended": environment.now(),
        "versions": environment.versions(),
    }


if __name__ == "__main__":
    main()
