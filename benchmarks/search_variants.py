"""Ours with one thing changed at a time, on the tasks and by the measure of
`benchmarks.search_quality`.

python -m benchmarks.search_variants [--seeds 20] [--methods ours,startup20,…] [--tasks cnn,…]
[--csv FILE]
"""

from __future__ import annotations

import functools
import math

import optuna

from benchmarks import search_quality
from benchmarks.curves import FULL, Task
from benchmarks.search_quality import FACTOR, METHODS, Ours, Running
from hypersearch.search.schedulers.asha import ASHAScheduler
from hypersearch.search.schedulers.rungs import first_rung, rungs
from hypersearch.search.searchers import SEARCHERS, STARTUP, SearcherSpec


def tpe(first: int = 0, **changed: object) -> type[Ours]:
    """Other settings of TPE; `first` is the first rung."""
    settings = {
        "n_startup_trials": STARTUP,
        "multivariate": True,
        "group": True,
        "constant_liar": True,
    } | changed
    name = "tpe " + str(changed)

    def make(own: int, study: int) -> optuna.samplers.BaseSampler:
        return optuna.samplers.TPESampler(seed=own, **settings)

    SEARCHERS[name] = SearcherSpec(name, "TPE with other settings.", make, models=True)

    class Changed(Ours):
        def __init__(self, task: Task, seed: int, budget: int) -> None:
            super().__init__(task, seed, budget, first=first)
            search = self.bridge._search
            object.__setattr__(search, "asked", search.asked.model_copy(update={"searcher": name}))

    return Changed


class Hyperband(Ours):
    """`--scheduler hyperband`."""

    def __init__(self, task: Task, seed: int, budget: int, searcher: str = "tpe") -> None:
        super().__init__(task, seed, budget, searcher)
        ladder = rungs(FULL, FACTOR)
        self.halving = ASHAScheduler(
            task.mode, [ladder[first:] for first in range(len(ladder))], FACTOR
        )


class PatientHalving(ASHAScheduler):
    """Stops nobody at a rung that fewer than η trials have reached."""

    def on_trial_result(self, tune_controller: object, trial: Running, result: dict) -> str:
        word = super().on_trial_result(tune_controller, trial, result)
        number = trial.config["number"]
        reached = [seen for seen in self.rule.bracket(number).rungs.values() if number in seen]
        return self.CONTINUE if word == self.STOP and len(reached[0]) < FACTOR else word


class Patient(Ours):
    """As Syne Tune's ASHA has it."""

    def __init__(self, task: Task, seed: int, budget: int, searcher: str = "tpe") -> None:
        super().__init__(task, seed, budget, searcher)
        self.halving = PatientHalving(
            task.mode, [rungs(FULL, FACTOR, first_rung(FULL, FACTOR))], FACTOR
        )


class NoHalving(Ours):
    """`--scheduler none`."""

    def __init__(self, task: Task, seed: int, budget: int) -> None:
        super().__init__(task, seed, budget)
        self.halving = ASHAScheduler(task.mode, [[]], FACTOR)


class Promote(Ours):
    """ASHA as published (Algorithm 2): a trial pauses at each rung, and goes on once it is in the
    best 1/η there.

    A paused trial is told to Optuna as PRUNED when it pauses; what it does later, Optuna does not
    hear.
    """

    def __init__(self, task: Task, seed: int, budget: int, searcher: str = "tpe") -> None:
        super().__init__(task, seed, budget, searcher)
        self._sign = -1 if task.mode == "max" else 1
        self._rungs: dict[int, list[tuple[float, Running]]] = {
            rung: [] for rung in rungs(FULL, FACTOR)
        }
        self._promoted: set[tuple[int, str]] = set()

    def next(self) -> Running | None:
        for rung, there in sorted(self._rungs.items(), reverse=True):
            best = sorted(there, key=lambda pair: pair[0])[: math.floor(len(there) / FACTOR)]
            for _, trial in best:
                if (rung, trial.trial_id) not in self._promoted:
                    self._promoted.add((rung, trial.trial_id))
                    return trial
        return super().next()

    def result(self, trial: Running) -> bool:
        resource, value = len(trial.values), trial.values[-1]
        result = {
            "objective": value,
            "resource": resource,
            "seconds": 0.0,
            "metrics": {self._metric: value},
        }
        if resource in self._rungs:
            self._rungs[resource].append((self._sign * value, trial))
        pause = resource in self._rungs or resource == FULL
        if self.bridge.trials[trial.trial_id].state == "RUNNING":
            self.bridge.on_trial_result(trial.trial_id, result)
            if pause:
                self.bridge.on_trial_complete(trial.trial_id, result)
        return pause


METHODS.update(
    {
        "before": tpe(first=1, n_startup_trials=5),  # as it was when these variants were compared
        "startup20": tpe(first=1, n_startup_trials=20),
        "first3": tpe(first=3, n_startup_trials=5),
        "first3-startup10": tpe(first=3, n_startup_trials=10),
        "first3-random": functools.partial(Ours, searcher="random", first=3),
        "hyperband": Hyperband,
        "unhalved": NoHalving,
        "patient": Patient,
        "patient-random": functools.partial(Patient, searcher="random"),
        "promote-random": functools.partial(Promote, searcher="random"),
    }
)

if __name__ == "__main__":
    search_quality.main()
