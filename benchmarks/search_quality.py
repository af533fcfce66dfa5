"""How good the best configuration is that a search finds, at equal budget: ours beside others, on
`benchmarks.curves`.

    python -m benchmarks.search_quality [--seeds 20]
        [--methods ours,stock,…] [--tasks cnn,…] [--csv FILE]

Time is simulated: W workers take steps that last as long as the task says. No Ray runtime: the
searchers and schedulers are told what Ray Tune's loop tells them, in its order. A method's
incumbent is the best trial of full resource; that of `stock` is what Tune's
`get_best_result(scope="last")` gives, the best last value of any trial (`stock-full`: the same
runs, the best of full resource). What counts is the incumbent's curve without noise, at full
resource.
"""

from __future__ import annotations

import argparse
import csv
import heapq
import itertools
import logging
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import optuna
from ray.tune.schedulers import AsyncHyperBandScheduler, TrialScheduler
from ray.tune.search.optuna import OptunaSearch

from benchmarks.curves import FULL, TASKS, Task
from benchmarks.intervals import table
from hypersearch.models.api import Config, Family, always_feasible
from hypersearch.search.config.settings import SearchConfig
from hypersearch.search.planned_search import Search
from hypersearch.search.schedulers.asha import ASHAScheduler
from hypersearch.search.schedulers.rungs import first_rung, rungs
from hypersearch.search.space.proposals import propose
from hypersearch.search.suggest.optuna_searcher import OptunaSearcher

FACTOR = 3
BUDGETS = (10, 30)  # full trainings


@dataclass
class Running:
    """A trial, with what Ray's schedulers read of one."""

    trial_id: str
    config: dict[str, Any]
    params: Config
    values: list[float] = field(default_factory=list)


class Method(Protocol):
    """A searcher with its scheduler."""

    anytime: (
        bool  # what it does at a smaller budget is the beginning of what it does at a larger one
    )

    def next(self) -> Running | None:
        """What a free worker goes on with; None to wait."""

    def result(self, trial: Running) -> bool:
        """Hear of the last of `trial.values`; True to let go of the trial."""


class Ours:
    """`OptunaSearcher` and `ASHAScheduler`, told as search/engine/tune_loop.py and
    search/engine/callbacks.py tell them.
    """

    anytime = True

    def __init__(
        self, task: Task, seed: int, budget: int, searcher: str = "tpe", first: int = 0
    ) -> None:
        search = plan(task, searcher, budget)
        self.bridge = OptunaSearcher(search, seed)
        self.halving = ASHAScheduler(
            task.mode, [rungs(FULL, FACTOR, first or first_rung(FULL, FACTOR))], FACTOR
        )
        self._metric = task.metric

    def next(self) -> Running | None:
        ours = self.bridge.take()
        if ours is None:
            return None
        trial = Running(str(ours.number), {"number": ours.number, "name": ours.name}, ours.params)
        self.bridge.trials[trial.trial_id] = ours
        self.halving.on_trial_add(None, trial)
        return trial

    def result(self, trial: Running) -> bool:
        resource, value = len(trial.values), trial.values[-1]
        done = resource >= FULL
        result = {
            "objective": value,
            "resource": resource,
            "seconds": 0.0,
            "metrics": {self._metric: value},
        }
        result |= {"complete": done, "done": done}
        stop = done or self.halving.on_trial_result(None, trial, result) == TrialScheduler.STOP
        self.bridge.on_trial_result(trial.trial_id, result)
        if stop:
            self.halving.on_trial_complete(None, trial, result)
            self.bridge.on_trial_complete(trial.trial_id, result)
        return stop


class Stock:
    """Ray's own searcher and scheduler, told as Tune tells them: a stopped trial is COMPLETE, at
    its last value.
    """

    anytime = True

    def __init__(self, task: Task, seed: int, budget: int) -> None:
        def space(trial: optuna.Trial) -> Config:
            return propose(task.space, trial)

        self.searcher = OptunaSearch(space, metric="objective", mode=task.mode, seed=seed)
        self.asha = AsyncHyperBandScheduler(
            "resource", "objective", task.mode, max_t=FULL, grace_period=1, reduction_factor=FACTOR
        )
        self._numbers = itertools.count()

    def next(self) -> Running:
        name = str(next(self._numbers))
        trial = Running(name, {}, self.searcher.suggest(name))
        self.asha.on_trial_add(None, trial)
        return trial

    def result(self, trial: Running) -> bool:
        resource = len(trial.values)
        result = {
            "objective": trial.values[-1],
            "resource": resource,
            "training_iteration": resource,
        }
        stop = self.asha.on_trial_result(None, trial, result) == TrialScheduler.STOP
        if stop:
            self.asha.on_trial_complete(None, trial, result)
            self.searcher.on_trial_complete(trial.trial_id, result)
        else:
            self.searcher.on_trial_result(trial.trial_id, result)
        return stop


class Full:
    """Random configurations, each trained to the end."""

    anytime = True

    def __init__(self, task: Task, seed: int, budget: int) -> None:
        self._task, self._rng, self._numbers = (
            task,
            np.random.default_rng([seed, 1]),
            itertools.count(),
        )

    def next(self) -> Running | None:
        return Running(str(next(self._numbers)), {}, self._task.random(self._rng))

    def result(self, trial: Running) -> bool:
        return len(trial.values) >= FULL


class Screen(Full):
    """A third of the budget for one step each of random configurations; the best of them trained to
    the end.
    """

    anytime = False

    def __init__(self, task: Task, seed: int, budget: int) -> None:
        super().__init__(task, seed, budget)
        self._sign = -1 if task.mode == "max" else 1
        self._left = self._out = budget // 3
        self._kept = (budget - self._left) // (FULL - 1)
        self._tried: list[Running] = []

    def next(self) -> Running | None:
        if self._left:
            self._left -= 1
            return super().next()
        if self._out or not self._kept:
            return None  # steps are out, or all is done
        self._kept -= 1
        return self._tried.pop(0)

    def result(self, trial: Running) -> bool:
        if len(trial.values) > 1:
            return super().result(trial)
        self._out -= 1
        self._tried.append(trial)
        self._tried.sort(key=lambda tried: self._sign * tried.values[0])
        return True


METHODS: dict[str, Callable[[Task, int, int], Method]] = {
    "ours": Ours,
    "ours-random": lambda task, seed, budget: Ours(task, seed, budget, "random"),
    "stock": Stock,
    "screen": Screen,
    "random": Full,
}


def plan(task: Task, searcher: str, trials: int) -> Search:
    """A search of the task without baselines."""
    family = Family(
        name=task.name,
        space=task.space,
        baselines=(),
        metric=task.metric,
        metrics=(task.metric,),
        resource="steps",
        max_resource=FULL,
        prepare=lambda dataset, options: None,
        start=always_feasible,  # type: ignore[arg-type]  # nothing is trained
        evaluate=always_feasible,  # type: ignore[arg-type]
    )
    asked = SearchConfig(family="toy", trials=trials, searcher=searcher)
    return Search(
        task.name,
        family,
        asked,
        task.space,
        [],
        {},
        (task.metric,),
        FULL,
        rungs(FULL, FACTOR, first_rung(FULL, FACTOR)),
    )


def simulate(
    method: Method, task: Task, seed: int, workers: int, budget: int
) -> list[tuple[Running, int]]:
    """Spend `budget` steps.

    The steps in the order in which they ended: (trial, its resource then).
    """
    done: list[tuple[Running, int]] = []
    running: list[tuple[float, int, Running]] = []  # when its step ends
    order = itertools.count()
    now, started, free = 0.0, 0, workers

    while True:
        while free and started < budget and (trial := method.next()):
            heapq.heappush(running, (now + task.cost(trial.params), next(order), trial))
            started, free = started + 1, free - 1
        if not running:
            return done
        now, _, trial = heapq.heappop(running)
        resource = len(trial.values) + 1
        trial.values.append(task.observed(trial.params, resource, seed, int(trial.trial_id)))
        done.append((trial, resource))
        if method.result(trial) or started >= budget:
            free += 1
        else:
            heapq.heappush(running, (now + task.cost(trial.params), next(order), trial))
            started += 1


def incumbent(steps: Sequence[tuple[Running, int]], task: Task, whole: bool) -> Config | None:
    """The trial of the best last value; `whole`: among those of full resource."""
    last = {trial.trial_id: (trial, resource) for trial, resource in steps}
    pairs = [
        (trial, resource) for trial, resource in last.values() if resource == FULL or not whole
    ]
    sign = -1 if task.mode == "max" else 1
    best = min(pairs, key=lambda pair: sign * pair[0].values[pair[1] - 1], default=None)
    return best[0].params if best else None


def regrets(name: str, task: Task, seed: int, workers: int) -> dict[tuple[str, int], float]:
    """By (method, budget); 1 where there is nothing to report."""
    found: dict[tuple[str, int], float] = {}
    make = METHODS[name]
    steps: list[tuple[Running, int]] = []
    for budget in sorted(BUDGETS, reverse=True):
        method = make(task, seed, budget * FULL)
        if not steps or not method.anytime:
            steps = simulate(method, task, seed, workers, budget * FULL)
        stock = isinstance(method, Stock)
        for label, whole in (
            ((name, not stock), (f"{name}-full", True)) if stock else ((name, True),)
        ):
            config = incumbent(steps[: budget * FULL], task, whole)
            found[label, budget] = 1.0 if config is None else task.regret(config)
    return found


def main(argv: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--seeds", type=int, default=20)
    parser.add_argument("--first-seed", type=int, default=0)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--methods", default=",".join(METHODS))
    parser.add_argument("--tasks", default=",".join(TASKS))
    parser.add_argument("--csv", type=Path)
    args = parser.parse_args(argv)
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    logging.getLogger("ray").setLevel(logging.ERROR)
    rows = []
    for task, name in itertools.product(args.tasks.split(","), args.methods.split(",")):
        began = time.perf_counter()
        for seed in range(args.first_seed, args.first_seed + args.seeds):
            found = regrets(name, TASKS[task], seed, args.workers)
            rows += [
                {"task": task, "method": label, "budget": budget, "seed": seed, "regret": regret}
                for (label, budget), regret in found.items()
            ]
        print(f"{task}, {name}: {time.perf_counter() - began:.1f} s", file=sys.stderr, flush=True)
    if args.csv:
        with args.csv.open("w", newline="") as file:
            writer = csv.DictWriter(file, list(rows[0]))
            writer.writeheader()
            writer.writerows(rows)
    print(table(sorted(rows, key=lambda row: (list(TASKS).index(row["task"]), row["budget"]))))


if __name__ == "__main__":
    main()
