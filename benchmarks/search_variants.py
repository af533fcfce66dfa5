"""Ours with one thing changed at a time, on the tasks and by the measure of `benchmarks.search_quality`.

python -m benchmarks.search_variants [--seeds 20] [--methods ours,startup20,…] [--tasks cnn,…] [--csv FILE]
"""

from __future__ import annotations

import copy
import functools
import heapq
import math
from collections.abc import Callable, Container

import optuna
from optuna.trial import FrozenTrial, TrialState

from benchmarks import search_quality
from benchmarks.curves import FULL, Task
from benchmarks.search_quality import FACTOR, METHODS, Ours, Running
from search import samplers
from search.halting import Halving
from search.schedule import rungs
from search.searcher import Bridge
from search.trials import Trial

ENOUGH = 15  # trials at a rung


def tpe(**changed: object) -> type[Ours]:
    """Other settings of TPE."""
    settings = {"n_startup_trials": 5, "multivariate": True, "group": True, "constant_liar": True} | changed
    name = "tpe " + str(changed)
    samplers.SAMPLERS[name] = lambda seed: optuna.samplers.TPESampler(seed=seed, **settings)

    class Changed(Ours):
        def __init__(self, task: Task, seed: int, budget: int) -> None:
            super().__init__(task, seed, budget)
            search = self.bridge._search
            object.__setattr__(search, "asked", search.asked.model_copy(update={"searcher": name}))

    return Changed


class Told(Bridge):
    """Tells Optuna that a stopped trial is complete, at its last value."""

    def _tell(self, trial: Trial) -> None:
        asked = self._asked.pop(trial.number)
        self._ot_study.tell(asked, [trial.objective])


class Complete(Ours):
    """As Ray's own searcher tells it, with our settings of TPE."""

    def __init__(self, task: Task, seed: int, budget: int) -> None:
        super().__init__(task, seed, budget)
        self.bridge.__class__ = Told


class ByRung(samplers.Memory):
    """Shows the sampler one rung: the highest that `ENOUGH` trials have reached, all of them, by their values there.

    As BOHB does (Falkner et al. 2018, arXiv 1807.01774). Those that run and have not reached it are shown as running.
    """

    def focus(self, study_id: int) -> None:
        self._shown: list[FrozenTrial] = []
        trials = optuna.storages.InMemoryStorage.get_all_trials(self, study_id, deepcopy=False)
        for rung in (FULL, *reversed(rungs(FULL, FACTOR))):
            there = [trial for trial in trials if rung in trial.intermediate_values]
            if len(there) >= ENOUGH or rung == 1:
                break
        for trial in there:
            seen = copy.copy(trial)
            seen.state, seen.values = TrialState.COMPLETE, [trial.intermediate_values[rung]]
            self._shown.append(seen)
        least = heapq.nsmallest(samplers.BEST, self._shown, key=lambda t: (-1 if self._maximize else 1) * t.values[0])
        numbers = {trial.number for trial in [*least, *self._shown[-samplers.LATEST :]]}
        running = [t for t in trials if not t.state.is_finished() and rung not in t.intermediate_values]
        self._shown = [trial for trial in self._shown if trial.number in numbers] + running

    def get_all_trials(
        self, study_id: int, deepcopy: bool = True, states: Container[TrialState] | None = None
    ) -> list[FrozenTrial]:
        shown = getattr(self, "_shown", None)
        if shown is None or states == (TrialState.WAITING,):
            return super().get_all_trials(study_id, deepcopy, states)
        return [trial for trial in shown if states is None or trial.state in states]


def by_rung(make: type[Ours]) -> Callable[[Task, int, int], Ours]:
    """With `ByRung` for memory."""

    def method(task: Task, seed: int, budget: int) -> Ours:
        ours = make(task, seed, budget)
        ours.bridge._memory.__class__ = ByRung
        return ours

    return method


class Hyperband(Ours):
    """`--scheduler hyperband`."""

    def __init__(self, task: Task, seed: int, budget: int, searcher: str = "tpe") -> None:
        super().__init__(task, seed, budget, searcher)
        ladder = rungs(FULL, FACTOR)
        self.halving = Halving(task.mode, [ladder[first:] for first in range(len(ladder))], FACTOR)


class NoHalving(Ours):
    """`--scheduler none`."""

    def __init__(self, task: Task, seed: int, budget: int) -> None:
        super().__init__(task, seed, budget)
        self.halving = Halving(task.mode, [[]], FACTOR)


class Promote(Ours):
    """ASHA as published (Algorithm 2): a trial pauses at each rung, and goes on once it is in the best 1/η there.

    A paused trial is told to Optuna as PRUNED when it pauses; what it does later, Optuna does not hear.
    """

    def __init__(self, task: Task, seed: int, budget: int, searcher: str = "tpe") -> None:
        super().__init__(task, seed, budget, searcher)
        self._sign = -1 if task.mode == "max" else 1
        self._rungs: dict[int, list[tuple[float, Running]]] = {rung: [] for rung in rungs(FULL, FACTOR)}
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
        result = {"objective": value, "resource": resource, "seconds": 0.0, "metrics": {self._metric: value}}
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
        "startup10": tpe(n_startup_trials=10),
        "startup20": tpe(n_startup_trials=20),
        "startup40": tpe(n_startup_trials=40),
        "univariate": tpe(multivariate=False, group=False),
        "startup20-univariate": tpe(n_startup_trials=20, multivariate=False, group=False),
        "complete": Complete,
        "first3": functools.partial(Ours, first=3),
        "first3-random": functools.partial(Ours, searcher="random", first=3),
        "by-rung": by_rung(Ours),
        "by-rung-startup10": by_rung(tpe(n_startup_trials=10)),
        "by-rung-hyperband": by_rung(Hyperband),
        "hyperband": Hyperband,
        "hyperband-random": functools.partial(Hyperband, searcher="random"),
        "unhalved": NoHalving,
        "promote-random": functools.partial(Promote, searcher="random"),
        "promote": Promote,
    }
)

if __name__ == "__main__":
    search_quality.main()
