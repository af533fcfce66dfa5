"""What the engine costs, beside stock Ray Tune; medians of three turns, all in one run.

    # a no-op toy trial: ours, and stock Tune in three ways
    python benchmarks/engine_speed.py overhead
    # a search of one toy trial: ours, and stock Tune
    python benchmarks/engine_speed.py start
    python benchmarks/engine_speed.py growth              # 1,000 trials against 100
    # time inside steps; two workers against one
    HYPERSEARCH_DATA=… python benchmarks/engine_speed.py workers

A marginal cost is the time of 220 trials less that of 20, over 200, each a single step, Ray running
already.
"""

from __future__ import annotations

import contextlib
import json
import multiprocessing
import os
import sys
import tempfile
import time
from pathlib import Path
from statistics import mean, median
from typing import Any

sys.path.insert(0, str(Path(__file__).parent.parent))

import optuna
import ray
from ray import tune
from ray.tune.search.optuna import OptunaSearch

from hypersearch.models.api import Options
from hypersearch.models.data.datasets import load_dataset
from hypersearch.models.families import toy
from hypersearch.search.config.study_files import build
from hypersearch.search.engine.cluster import TUNE_ENVIRONMENT, worker_environment
from hypersearch.search.engine.runner import run_study
from hypersearch.search.families import find
from hypersearch.search.space.narrowing import narrow
from hypersearch.search.space.proposals import propose

TURNS = 3
FITS = 5  # trials of a process without an engine
LOGGERS = "TUNE_DISABLE_AUTO_CALLBACK_LOGGERS"


def ours(trials: int, **more: Any) -> float:
    """Seconds of a toy search."""
    with tempfile.TemporaryDirectory() as out:
        base = {
            "name": "s",
            "dataset": "digits",
            "baselines": False,
            "max_resource": "1",
            "out": out,
        }
        began = time.perf_counter()
        run_study(build(["toy"], {**base, "trials": str(trials), **more}))
        return time.perf_counter() - began


class Stock(tune.Trainable):  # type: ignore[misc]
    """The same toy trial, written as Tune's documentation says."""

    def setup(self, config: dict[str, Any]) -> None:
        self._run = toy.ToyRun(config, 0)

    def step(self) -> dict[str, Any]:
        return {**self._run.step(), "done": True}

    def reset_config(self, new_config: dict[str, Any]) -> bool:
        self._run = toy.ToyRun(new_config, 0)
        return True

    def save_checkpoint(self, checkpoint_dir: str) -> None:
        pass


def space(trial: Any) -> dict[str, Any]:
    """The toy family's, as Tune's searcher wants it: it is pickled with the searcher."""
    return propose(toy.FAMILY.space, trial)


def stock(trials: int, reuse: bool, loggers: bool) -> float:
    """Seconds of the same search by Tune and its OptunaSearch."""
    os.environ[LOGGERS] = "0" if loggers else "1"
    with tempfile.TemporaryDirectory() as out:
        searcher = OptunaSearch(space, metric="loss", mode="min", seed=0)
        tuner = tune.Tuner(
            Stock,
            tune_config=tune.TuneConfig(
                search_alg=searcher, num_samples=trials, max_concurrent_trials=2, reuse_actors=reuse
            ),
            run_config=tune.RunConfig(storage_path=out, verbose=0),
        )
        began = time.perf_counter()
        tuner.fit()
        return time.perf_counter() - began


def marginal(search: Any, few: int, many: int) -> float:
    """Milliseconds of one trial more."""
    return 1000 * (-search(few) + search(many)) / (many - few)


def overhead() -> None:
    ways = {
        "ours, tpe": lambda: marginal(ours, 20, 220),
        "ours, random": lambda: marginal(lambda n: ours(n, searcher="random"), 20, 220),
        "stock, reuse_actors": lambda: marginal(lambda n: stock(n, True, True), 20, 220),
        "stock, reuse_actors, no loggers": lambda: marginal(
            lambda n: stock(n, True, False), 20, 220
        ),
        "stock, as it comes": lambda: marginal(lambda n: stock(n, False, True), 4, 14),
    }
    found: dict[str, list[float]] = {name: [] for name in ways}
    for turn in range(TURNS):
        for name, measure in ways.items():
            with quiet():
                found[name].append(measure())
            print(f"turn {turn + 1}: {name}: {found[name][-1]:.1f} ms a trial", flush=True)
    base = median(found["ours, tpe"])
    for name, costs in found.items():
        print(
            f"{name}: median {median(costs):.1f} ms a trial, {median(costs) / base:.2f} times ours"
        )


def start() -> None:
    """Seconds of a whole search of one trial, in which a worker has to start."""
    ways = {"ours": lambda: ours(1), "stock": lambda: stock(1, True, False)}
    found: dict[str, list[float]] = {name: [] for name in ways}
    for _ in range(2 * TURNS + 1):
        for name, measure in ways.items():
            with quiet():
                found[name].append(measure())
    for name, seconds in found.items():  # the first of each has Ray's idle workers and cold files
        later = sorted(seconds[1:])
        print(
            f"{name}: median {median(later):.2f} s a search ({later[0]:.2f} to {later[-1]:.2f}),"
            f" first {seconds[0]:.2f}"
        )


def growth() -> None:
    """The first hundred of 1,000 trials against all: no sampler knows how many are to come."""
    for searcher in ("tpe", "random"):
        turns = []
        for _ in range(TURNS):
            with quiet():
                turns.append(blocks(1000, searcher))
        hundreds = [median(found) for found in zip(*turns, strict=True)]
        few, later, every = hundreds[0], hundreds[1], mean(hundreds)
        print(
            f"{searcher}: ms a trial in each hundred, medians of {TURNS}:",
            *(f"{cost:.1f}" for cost in hundreds),
        )
        print(
            f"{few:.1f} ms each of 100, {every:.1f} ms each of 1,000: {every / few:.2f} times",
            end="; ",
        )
        print(f"the tenth hundred {hundreds[-1] / later:.2f} times the second", flush=True)


def blocks(trials: int, searcher: str) -> list[float]:
    """Milliseconds a trial in each hundred of a search, by the times of its ends."""
    with tempfile.TemporaryDirectory() as out:
        base = {
            "name": "s",
            "dataset": "digits",
            "baselines": False,
            "max_resource": "1",
            "out": out,
        }
        run_study(build(["toy"], {**base, "trials": str(trials), "searcher": searcher}))
        events = map(json.loads, (Path(out) / "s" / "journal.jsonl").read_text().splitlines())
        ends = [event["at"] for event in events if event["event"] == "end"]
    return [1000 * (ends[first + 99] - ends[first]) / 99 for first in range(0, trials, 100)]


def workers() -> None:
    ratios, shares, bare = [], [], []
    for turn in range(TURNS):
        seconds = {}
        for at_once in (1, 2):
            with tempfile.TemporaryDirectory() as out, quiet():
                run_study(build(["cnn"], {**CNN, "out": out, "concurrency": str(at_once)}))
                seconds[at_once], share = busy(Path(out) / "s" / "journal.jsonl", at_once)
        ratios.append(seconds[1] / seconds[2])
        shares.append(share)
        one, two = seconds[1], seconds[2]
        print(
            f"turn {turn + 1}: {one:.2f} s a trial with one worker, {two:.2f} s with two:"
            f" {one / two:.2f} times",
            end="; ",
        )
        with quiet():
            one, two = (without_engine(at_once) for at_once in (1, 2))
        bare.append(one / two)
        print(f"{share:.1%} of two workers' time inside steps; ", end="")
        print(
            f"without an engine {one:.2f} s in one process, {two:.2f} s in two: {bare[-1]:.2f}"
            " times",
            flush=True,
        )
    shown = (
        f"{median(ratios):.2f} times; {median(shares):.1%} inside steps; without an engine"
        f" {median(bare):.2f} times"
    )
    print(f"median: {shown}")


def without_engine(processes: int) -> float:
    """Seconds a trial when so many plain processes fit such trials side by side: what the machine
    itself allows.
    """
    context = multiprocessing.get_context("spawn")
    barrier, times = context.Barrier(processes), context.Queue()
    started = [context.Process(target=fit_some, args=(barrier, times)) for _ in range(processes)]
    for process in started:
        process.start()
    seconds = [times.get() for _ in started]
    for process in started:
        process.join()
    return mean(seconds) / processes


def fit_some(barrier: Any, times: Any) -> None:
    family = find("cnn")
    shared = family.prepare(load_dataset("fashion-mnist", limit=int(CNN["limit"])), Options())
    study = optuna.create_study(sampler=optuna.samplers.RandomSampler(seed=0))
    space = narrow(family, CNN["set"], {})

    def fit() -> None:
        run = family.start(propose(space, study.ask()), shared, 0)
        for _ in range(int(CNN["max_resource"])):
            run.step()

    fit()  # imports the libraries
    barrier.wait()
    began = time.perf_counter()
    for _ in range(FITS):
        fit()
    times.put((time.perf_counter() - began) / FITS)


CNN: dict[str, Any] = {
    "name": "s",
    "limit": "10000",
    "trials": "16",
    "baselines": False,
    "max_resource": "2",
    "scheduler": "none",
    "searcher": "random",
    "set": {  # all of it, so that every trial takes as long as the next
        "network": "R3-default",
        "optimizer": "adam",
        "learning_rate": "0.001",
        "weight_decay": "0.0",
        "schedule": "constant",
        "averaging": "0.0",
        "batch_size": "128",
        "label_smoothing": "0.0",
        "shift": "0",
        "flip": "False",
        "erasing": "0.0",
    },
}


def busy(journal: Path, at_once: int) -> tuple[float, float]:
    """Seconds a trial, and the share of the workers' time that is inside steps.

    From when every worker has ended a trial (libraries are imported then) until one finds no more
    to begin.
    """
    events = [json.loads(line) for line in journal.read_text().splitlines()]
    ends = sorted(e["at"] for e in events if e["event"] == "end")
    begin, stop = ends[at_once], ends[-at_once]
    spent: dict[int, float] = {}
    inside = 0.0
    for event in (e for e in events if e["event"] == "step"):
        inside += (event["seconds"] - spent.get(event["trial"], 0.0)) * (
            begin < event["at"] <= stop
        )
        spent[event["trial"]] = event["seconds"]
    trials = sum(begin < at <= stop for at in ends)
    return (stop - begin) / trials, inside / (stop - begin) / at_once


@contextlib.contextmanager
def quiet() -> Any:
    with (
        Path(os.devnull).open("w") as sink,
        contextlib.redirect_stdout(sink),
        contextlib.redirect_stderr(sink),
    ):
        saved = os.dup(1), os.dup(2)
        os.dup2(sink.fileno(), 1)
        os.dup2(sink.fileno(), 2)
        try:
            yield
        finally:
            for target, source in enumerate(saved, start=1):
                os.dup2(source, target)
                os.close(source)


if __name__ == "__main__":
    os.environ.update({**TUNE_ENVIRONMENT, **worker_environment(1)})
    ray.init(num_cpus=2, include_dashboard=False, logging_level="error", log_to_driver=False)
    {"overhead": overhead, "start": start, "growth": growth, "workers": workers}[sys.argv[1]]()
