"""Who proposes: Optuna's samplers by name, and the memory of past trials that they look at.

A sampler is made anew for each trial, with a seed from the study's seed and the trial's number. So a proposal depends
on the seed, the number and what is known of the other trials, and not on whether the search was interrupted before.
"""

from __future__ import annotations

import bisect
import copy
import heapq
import warnings
from collections.abc import Callable, Container, Sequence
from importlib.util import find_spec
from typing import Any

import numpy as np
import optuna
from optuna.samplers import BaseSampler
from optuna.study import StudyDirection
from optuna.study._multi_objective import _fast_non_domination_rank
from optuna.trial import FrozenTrial, TrialState

from models.api import Config, Space
from models.errors import UserError
from search.spaces import is_searched, propose
from search.trials import Trial, trial_seed

STATES = {
    "RUNNING": TrialState.RUNNING,
    "COMPLETE": TrialState.COMPLETE,
    "PRUNED": TrialState.PRUNED,
    "FAIL": TrialState.FAIL,
}

STARTUP = 10  # trials that are proposed at random before TPE models them
BEST, LATEST = 25, 75  # of the finished trials, how many a sampler looks at


def _tpe(own: int, study: int) -> BaseSampler:
    """Tree-structured Parzen estimators (Bergstra et al. 2011; Watanabe 2023, arXiv 2304.11127)."""
    return optuna.samplers.TPESampler(
        seed=own, n_startup_trials=STARTUP, multivariate=True, group=True, constant_liar=True
    )


def _random(own: int, study: int) -> BaseSampler:
    return optuna.samplers.RandomSampler(seed=own)


def _gp(own: int, study: int) -> BaseSampler:
    """Gaussian process, log expected improvement."""
    return optuna.samplers.GPSampler(seed=own, n_startup_trials=5)


def _qmc(own: int, study: int) -> BaseSampler:
    """Scrambled Sobol points: one sequence with one seed. What it does not cover is drawn at random, anew each time."""
    rest = optuna.samplers.RandomSampler(seed=own)
    return optuna.samplers.QMCSampler(
        seed=study, scramble=True, independent_sampler=rest, warn_independent_sampling=False
    )


def _nsga2(own: int, study: int) -> BaseSampler:
    """Deb et al. 2002."""
    return optuna.samplers.NSGAIISampler(seed=own, population_size=20)


SAMPLERS: dict[str, Callable[[int, int], BaseSampler]] = {  # by a trial's own seed and the study's
    "tpe": _tpe,
    "random": _random,
    "gp": _gp,
    "qmc": _qmc,
    "nsga2": _nsga2,
    "grid": _random,  # the points are enqueued, see search/spaces.py
}
BLIND = ("random", "qmc", "grid")  # learn nothing, and so begin nowhere in particular
MODELS = ("tpe", "gp")  # take time in proportion to what they see, or more


def make(name: str, study_seed: int, number: int) -> BaseSampler:
    """The sampler that proposes trial `number`."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", optuna.exceptions.ExperimentalWarning)
        return SAMPLERS[name](trial_seed(study_seed, number, replicate=1), study_seed)


def check_installed(name: str) -> None:
    """Raise a `UserError` if a sampler needs what is not installed."""
    if name == "gp" and find_spec("torch") is None:
        raise UserError("--searcher gp needs torch: pip install 'hypersearch[gp]'")


class Memory(optuna.storages.InMemoryStorage):
    """Trials in memory, of which samplers see the running, the `BEST` and the `LATEST`.

    TPE models the best tenth, at most 25 trials, against the rest, and takes time in proportion to all that it sees. So
    the 1,000th proposal of a search costs no more than the 100th and still knows the same best ones.
    """

    def __init__(self, maximize: bool | None) -> None:
        """`maximize` is None where there is more than one objective: then the first Pareto fronts are the best."""
        super().__init__()
        self._maximize = maximize
        self._sides: Sequence[StudyDirection] = ()
        self._open: set[int] = set()  # ids of running trials
        self._finished: list[FrozenTrial] = []  # those that can still be seen, by number
        self._narrow = False

    def create_new_trial(self, study_id: int, template_trial: FrozenTrial | None = None) -> int:
        """As Optuna does; and take it into account."""
        trial_id = int(super().create_new_trial(study_id, template_trial))
        self._open.add(trial_id)
        self._close_if_finished(trial_id)
        return trial_id

    def set_trial_state_values(self, trial_id: int, state: TrialState, values: Sequence[float] | None = None) -> bool:
        """As Optuna does; and take it into account."""
        changed = bool(super().set_trial_state_values(trial_id, state, values))
        self._close_if_finished(trial_id)
        return changed

    def focus(self, study_id: int) -> None:
        """Choose anew which trials are seen; those that are not seen now never will be."""
        self._sides = self.get_study_directions(study_id)
        self._narrow = True
        if len(self._finished) > BEST + LATEST:
            seen = {t.number: t for t in [*self._best(self._finished), *self._finished[-LATEST:]]}
            self._finished = [seen[number] for number in sorted(seen)]

    def get_all_trials(
        self, study_id: int, deepcopy: bool = True, states: Container[TrialState] | None = None
    ) -> list[FrozenTrial]:
        """Those that are seen."""
        if not self._narrow:
            return list(super().get_all_trials(study_id, deepcopy=deepcopy, states=states))
        trials = sorted([*self._finished, *map(self.get_trial, self._open)], key=lambda trial: trial.number)
        chosen = [trial for trial in trials if states is None or trial.state in states]
        return copy.deepcopy(chosen) if deepcopy else chosen

    def _close_if_finished(self, trial_id: int) -> None:
        trial = self.get_trial(trial_id)
        if trial.state.is_finished() and trial_id in self._open:
            self._open.remove(trial_id)
            bisect.insort(self._finished, trial, key=lambda other: other.number)

    def _best(self, trials: Sequence[FrozenTrial]) -> list[FrozenTrial]:
        if self._maximize is None:
            return self._first_fronts([trial for trial in trials if trial.state == TrialState.COMPLETE])
        sign = -1 if self._maximize else 1

        def merit(trial: FrozenTrial) -> tuple[Any, ...]:
            """Complete before stopped, as TPE ranks them; of the stopped, those that came further first."""
            if trial.state == TrialState.COMPLETE:
                return 0, 0, sign * float(trial.values[0])
            values = trial.intermediate_values
            return (1, -max(values), sign * values[max(values)]) if values else (2, 0, 0)

        return heapq.nsmallest(BEST, trials, key=merit)

    def _first_fronts(self, complete: Sequence[FrozenTrial]) -> list[FrozenTrial]:
        signs = [-1 if side == StudyDirection.MAXIMIZE else 1 for side in self._sides]
        costs = np.array([trial.values for trial in complete]).reshape(-1, len(signs)) * signs
        ranks = _fast_non_domination_rank(costs, n_below=BEST)
        return [complete[index] for index in np.argsort(ranks, kind="stable")[:BEST]]


def frozen(trial: Trial, space: Space, metrics: Sequence[str], **attrs: Any) -> FrozenTrial:
    """The trial as Optuna keeps it, with user attributes; its parameters only if `space` can propose them."""
    fixed = distributions(space, trial.params) if is_searched(space, trial.params) else {}
    state = STATES[trial.state]
    valued = state == TrialState.COMPLETE or (state == TrialState.PRUNED and trial.steps and len(metrics) == 1)
    values = [trial.metrics[metric] for metric in metrics] if valued else None
    curve = {step.resource: step.objective for step in trial.steps} if len(metrics) == 1 else {}
    return optuna.trial.create_trial(
        state=state,
        values=values,
        params={name: trial.params[name] for name in fixed},
        distributions=fixed,
        intermediate_values=curve,
        user_attrs=attrs,
        system_attrs=trial.attrs.get("trial", {}),
    )


def distributions(space: Space, config: Config) -> dict[str, optuna.distributions.BaseDistribution]:
    """Of each parameter that a search of `space` asks for on its way to `config`."""
    fixed = optuna.trial.FixedTrial(dict(config))
    propose(space, fixed)
    return dict(fixed.distributions)


def notes(study: optuna.Study, trial: optuna.Trial) -> dict[str, Any]:
    """What a sampler wrote down for its next proposals (which Sobol point, which generation); TPE needs nothing."""
    own = {"trial": study._storage.get_trial_system_attrs(trial._trial_id)}
    all_ = {"study": study._storage.get_study_system_attrs(study._study_id)}
    kept = {
        where: {key: value for key, value in attrs.items() if not key.startswith(("tpe:", "fixed_params"))}
        for where, attrs in (own | all_).items()
    }
    return {where: attrs for where, attrs in kept.items() if attrs}


def recall(study: optuna.Study, trial: Trial, frozen_trial: FrozenTrial) -> optuna.Trial:
    """Put a trial of an earlier run into the memory of `study`, with its `notes`."""
    for key, value in trial.attrs.get("study", {}).items():
        study._storage.set_study_system_attr(study._study_id, key, value)
    return optuna.Trial(study, study._storage.create_new_trial(study._study_id, frozen_trial))
