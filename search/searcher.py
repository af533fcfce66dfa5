"""Who proposes and who stops: Optuna behind Ray's searcher interface, ASHA that spares baselines, the time budget.

The bridge differs from Ray's `OptunaSearch` in what it tells Optuna: COMPLETE only at full resource, PRUNED with the
intermediate values for a trial that was stopped, FAIL for one that failed. Baselines come first, as trials 0 … n.
"""

from __future__ import annotations

import json
import math
import re
import time
import warnings
from collections.abc import Callable, Sequence
from typing import Any

import optuna
from optuna.trial import TrialState
from ray import tune
from ray.tune.schedulers import AsyncHyperBandScheduler
from ray.tune.search.optuna import OptunaSearch

from models.api import Baseline, Mode
from models.errors import UserError
from search.plan import Search
from search.spaces import is_searched, propose
from search.trials import State, Trial, trial_seed

STATES = {"COMPLETE": TrialState.COMPLETE, "PRUNED": TrialState.PRUNED, "FAIL": TrialState.FAIL}


def _tpe(seed: int) -> optuna.samplers.BaseSampler:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", optuna.exceptions.ExperimentalWarning)
        return optuna.samplers.TPESampler(
            seed=seed, n_startup_trials=5, multivariate=True, group=True, constant_liar=True
        )


SAMPLERS: dict[str, Callable[[int], optuna.samplers.BaseSampler]] = {
    "tpe": _tpe,
    "random": lambda seed: optuna.samplers.RandomSampler(seed=seed),
}


class Bridge(OptunaSearch):  # type: ignore[misc]  # Ray ships no types for it
    """Baselines, then proposals of an Optuna sampler for `space`, as plans for `TrialActor`."""

    def __init__(self, search: Search, seed: int, study_name: str, storage: optuna.storages.BaseStorage) -> None:
        """`seed` is the study's: each trial's own comes from it and the trial's number."""
        self._search, self._study_seed = search, seed
        self._waiting = list(search.baselines)
        self.trials: dict[str, Trial] = {}  # by Ray's trial id
        super().__init__(
            space=lambda trial: propose(search.space, trial),
            metric="objective",
            mode=search.mode,
            sampler=SAMPLERS[search.asked.searcher](seed),
            study_name=study_name,
            storage=storage,
        )

    def suggest(self, trial_id: str) -> dict[str, Any]:
        """The next plan: a baseline while there is one, then a proposal."""
        if self._waiting:
            trial = self._next_baseline(trial_id, *self._waiting.pop(0))
        else:
            asked = self._ask(trial_id)
            trial = self._trial(asked, "", propose(self._search.space, asked), self._search.limit)
        self._ot_trials[trial_id].set_user_attr("config", json.dumps(trial.params))
        self.trials[trial_id] = trial
        return {key: getattr(trial, key) for key in ("number", "name", "params", "seed", "limit")}

    def on_trial_result(self, trial_id: str, result: dict[str, Any]) -> None:
        """Tell Optuna an intermediate value."""
        if "objective" in result:
            self._ot_trials[trial_id].report(result["objective"], result["resource"])

    def on_trial_complete(self, trial_id: str, result: dict[str, Any] | None = None, error: bool = False) -> None:
        """Tell Optuna how the trial ended."""
        state = ending(result, error)
        asked = self._ot_trials[trial_id]
        if trial_id in self._completed_trials:
            return
        self._completed_trials.add(trial_id)
        if result and "objective" in result:
            asked.report(result["objective"], result["resource"])
        value = result["objective"] if result and state == "COMPLETE" else None
        self._ot_study.tell(asked, value, state=STATES[state])

    def unfinished(self) -> list[str]:
        """Ray's ids of the trials that were still running."""
        return [trial_id for trial_id in self.trials if trial_id not in self._completed_trials]

    def save(self, checkpoint_path: str) -> None:
        """Nothing: the Optuna storage and the study folder are the record."""

    def restore(self, checkpoint_path: str) -> None:
        """Nothing, as in `save`."""

    def _ask(self, trial_id: str) -> optuna.Trial:
        self._ot_trials[trial_id] = self._ot_study.ask()
        return self._ot_trials[trial_id]  # type: ignore[no-any-return]

    def _next_baseline(self, trial_id: str, baseline: Baseline, limit: int) -> Trial:
        """One that the search could have proposed is told to the sampler; another is only recorded."""
        inside = is_searched(self._search.space, baseline.config)
        if inside:
            self._ot_study.enqueue_trial(dict(baseline.config))
        asked = self._ask(trial_id)
        if inside:
            propose(self._search.space, asked)
        asked.set_user_attr("baseline", baseline.name)
        return self._trial(asked, baseline.name, dict(baseline.config), limit)

    def _trial(self, asked: optuna.Trial, name: str, params: dict[str, Any], limit: int) -> Trial:
        seed = trial_seed(self._study_seed, asked.number)
        return Trial(self._search.family.name, asked.number, name, params, seed, limit)


def ending(result: dict[str, Any] | None, error: bool = False) -> State:
    """How a trial ended whose last result is `result` (None: it gave none)."""
    if error or (result and result.get("failure")):
        return "FAIL"
    return "COMPLETE" if result and result.get("complete") else "PRUNED"


class BaselineSparingAsha(AsyncHyperBandScheduler):  # type: ignore[misc]  # Ray ships no types for it
    """ASHA on whole-number rungs. Baselines are neither stopped nor counted among those that others must beat."""

    def __init__(self, mode: Mode, ladder: Sequence[int], factor: int) -> None:
        """`ladder`: the rungs, rising; `factor`: η, the share 1/η of a rung goes on."""
        super().__init__("resource", "objective", mode, max_t=10**9, reduction_factor=factor)
        self._brackets[0]._rungs = [(rung, {}) for rung in reversed(ladder)]

    def on_trial_result(self, tune_controller: Any, trial: Any, result: dict[str, Any]) -> str:
        """STOP or CONTINUE."""
        if trial.config["name"]:
            return str(self.CONTINUE)
        return str(super().on_trial_result(tune_controller, trial, result))

    def on_trial_complete(self, tune_controller: Any, trial: Any, result: dict[str, Any]) -> None:
        """Count a searched trial at the last rung that it reached."""
        if not trial.config["name"]:
            super().on_trial_complete(tune_controller, trial, result)


class Stop(tune.Stopper):  # type: ignore[misc]  # Ray ships no types for it
    """Ends a search when the user interrupts, or when its share of the time budget (seconds) is spent."""

    def __init__(self, budget: float | None) -> None:
        self.interrupted = False
        self._budget = budget or math.inf
        self._end: float | None = None
        self._deadline = math.inf

    @property
    def reason(self) -> str:
        """Why a search ended before its trials did."""
        return "interrupted" if self.interrupted else "its time is spent" if self.stop_all() else "by an error"

    def share(self, searches: int) -> None:
        """Give the next search an equal part of what `searches` of them have left; the first call starts the clock."""
        now = time.monotonic()
        self._end = self._end or now + self._budget
        self._deadline = now + (self._end - now) / searches

    def __call__(self, trial_id: str, result: dict[str, Any]) -> bool:
        """No single trial is stopped here."""
        return False

    def stop_all(self) -> bool:
        """True when the search should end."""
        return self.interrupted or time.monotonic() > self._deadline


def open_storage(url: str) -> optuna.storages.RDBStorage:
    """The Optuna storage at a database URL; a `UserError` if it cannot be opened."""
    try:
        return optuna.storages.RDBStorage(url)
    except Exception as error:
        shown = re.sub(r"(://[^:/@]*:)[^@/]*@", r"\1***@", url)
        raise UserError(f"cannot open --storage {shown}: {str(error).splitlines()[0]}") from error


def refuse_existing(storage: optuna.storages.RDBStorage, study_names: Sequence[str]) -> None:
    """Raise a `UserError` if one of the studies is in the storage already: two searches never merge."""
    taken = {study.study_name for study in storage.get_all_studies()}
    for name in study_names:
        if name in taken:
            raise UserError(f"study {name!r} exists already in the storage; choose another --name")
