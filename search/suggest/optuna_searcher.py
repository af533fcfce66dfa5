"""Proposals of Optuna, through Ray Tune's interface for searchers.

It holds an Optuna study of its own in memory. It differs from Ray's `OptunaSearch` in what it tells
Optuna: COMPLETE only at full resource, PRUNED with the intermediate values for a trial that was
stopped, FAIL for one that failed. Baselines come first, as trials 0 … n; after an interruption
those that were running come first. A configuration that was tried before is recognised.
"""

from __future__ import annotations

import itertools
import json
import time
from collections import deque
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from typing import Any

import optuna
from ray.tune.search import Searcher

from hypersearch.models.api import Baseline, Config
from hypersearch.search.planned_search import Search
from hypersearch.search.searchers import SEARCHERS, make_sampler
from hypersearch.search.space.proposals import grid, is_searched, propose, within
from hypersearch.search.storage.trial import State, Step, Trial, trial_seed
from hypersearch.search.suggest.frozen_trials import STATES, frozen, notes, recall
from hypersearch.search.suggest.trial_memory import TrialMemory

PLAN = ("number", "name", "params", "seed", "max_resource")


class OptunaSearcher(Searcher):  # type: ignore[misc]  # Ray ships no types for it
    """Baselines, then proposals of an Optuna sampler, as plans for `TrialActor`."""

    def __init__(
        self,
        search: Search,
        seed: int,
        known: Iterable[Trial] = (),
        elsewhere: Iterable[Trial] = (),
    ) -> None:
        """The trials of `search`, of which `known` are there already.

        `seed` is the study's: each trial's own comes from it and the trial's number. `elsewhere`
        are finished trials of another study, which the sampler learns from.
        """
        self._search, self._study_seed = search, seed
        self._pareto = len(search.metrics) > 1
        super().__init__(
            metric=list(search.metrics) if self._pareto else search.metric,
            mode=search.modes if self._pareto else search.mode,
        )
        self._spec = SEARCHERS[search.asked.searcher]
        self._memory = TrialMemory(None if self._pareto else search.mode == "max")
        self.study = optuna.create_study(
            storage=self._memory,
            sampler=make_sampler(self._spec.name, seed, 0),
            study_name=search.family.name,
            directions=["maximize" if mode == "max" else "minimize" for mode in search.modes],
        )
        self._study_id = self._memory.get_study_id_from_name(search.family.name)
        self.trials: dict[str, Trial] = {}  # by Ray's id
        self.seconds = 0.0  # spent in proposing
        self.reused: Callable[[Trial], None] = lambda trial: (
            None
        )  # hears of a trial that took another's score
        self._first: dict[str, Trial] = {}  # of each configuration
        self._asked: dict[
            int, int
        ] = {}  # by number, the id in memory of those that the sampler knows of and that run
        self._told: dict[int, int] = {}  # by number, the resource of the last intermediate value
        self._again: deque[Trial] = deque()
        self._grid = grid(search.space) if self._spec.enumerates else None
        known = list(known)
        self._starts = deque(
            start for start in starts(search) if not any(begins(start, trial) for trial in known)
        )
        self._add_existing(known, elsewhere)
        names = {trial.name for trial in known}
        self._waiting = deque(pair for pair in search.baselines if pair[0].name not in names)
        taken = {
            trial.number for trial in known
        }  # a kill may have left gaps: a trial that was never started
        self._numbers = (number for number in itertools.count() if number not in taken)
        self._next_number = next(self._numbers)
        self._left = search.total - len(known)

    @property
    def exhausted(self) -> bool:
        """True if there is nothing more to propose."""
        return not self._again and self._left <= 0

    def take(self) -> Trial | None:
        """The next trial: one to go on with, a baseline, or a proposal; None if there is none."""
        began = time.perf_counter()
        trial = self._next()
        self.seconds += time.perf_counter() - began
        return trial

    def suggest(self, trial_id: str) -> dict[str, Any] | str:
        """The next plan, or `FINISHED`."""
        trial = self.take()
        if trial is None:
            return str(self.FINISHED)
        self.trials[trial_id] = trial
        return {key: getattr(trial, key) for key in PLAN}

    def on_trial_result(self, trial_id: str, result: dict[str, Any]) -> None:
        """Take down a step, and tell Optuna of it."""
        trial = self.trials[trial_id]
        if "objective" in result and result["resource"] > trial.resource:
            figures = (result[key] for key in ("resource", "seconds", "objective", "metrics"))
            trial.steps.append(Step(*figures))
            self._report(trial)

    def on_trial_complete(
        self, trial_id: str, result: dict[str, Any] | None = None, error: bool = False
    ) -> None:
        """Tell Optuna how the trial ended, its last step with it."""
        trial = self.trials[trial_id]
        if trial.state != "RUNNING":
            return
        if result:
            self.on_trial_result(trial_id, result)
        trial.state = ending(result, error)
        trial.failure = trial.failure or (result or {}).get("failure", "")
        self._tell(trial)

    def cut_off(self) -> list[Trial]:
        """The trials that were still running when the search stopped, marked so."""
        cut = [*(trial for trial in self.trials.values() if trial.state == "RUNNING"), *self._again]
        for trial in cut:
            trial.state, trial.cut = "PRUNED", True
        return cut

    def save(self, checkpoint_path: str) -> None:
        """Nothing: the study folder is the record."""

    def restore(self, checkpoint_path: str) -> None:
        """Nothing, as in `save`."""

    def _next(self) -> Trial | None:
        while not self.exhausted:
            if self._again:
                return self._again.popleft()
            trial = self._baseline(*self._waiting.popleft()) if self._waiting else self._proposal()
            if trial is None:
                self._left = 0
                return None
            self._left -= 1
            self._next_number = next(self._numbers)
            first = self._first.setdefault(_key(trial.params), trial)
            if first is trial:
                return trial
            trial.replicate_of = first.number
            if not (
                self._search.family.deterministic
                and first.finished
                and first.max_resource == trial.max_resource
            ):
                return trial
            self._reuse(trial, first)
        return None

    def _baseline(self, baseline: Baseline, limit: int) -> Trial:
        """One that the search could have proposed is told to the sampler; another is only
        recorded.
        """
        if is_searched(self._search.space, baseline.config):
            self._ask(baseline.config)
        return self._trial(baseline.name, dict(baseline.config), limit)

    def _proposal(self) -> Trial | None:
        """The next start point, then proposals of the sampler; or the next of the grid while it
        lasts.
        """
        point = self._starts.popleft() if self._starts else None
        if self._grid is not None:
            point = next((config for config in self._grid if _key(config) not in self._first), None)
            if point is None:
                return None
        return self._trial("", self._ask(point), self._search.max_resource)

    def _ask(self, config: Config | None = None) -> dict[str, Any]:
        """A configuration: `config` itself, or the sampler's."""
        self.study.sampler = make_sampler(self._spec.name, self._study_seed, self._next_number)
        if self._spec.models:
            self._memory.focus(self._study_id)
        if config is not None:
            self.study.enqueue_trial(dict(config))
        asked = self.study.ask()
        self._asked[self._next_number] = self._id_of(asked.number)
        return propose(self._search.space, asked)

    def _trial(self, name: str, params: dict[str, Any], limit: int) -> Trial:
        number = self._next_number
        trial = Trial(
            self._search.family.name,
            number,
            name,
            params,
            trial_seed(self._study_seed, number),
            limit,
        )
        if number in self._asked:
            trial.attrs = notes(self._memory, self._study_id, self._asked[number])
        return trial

    def _id_of(self, number: int) -> int:
        """The id in memory of the trial that has this number there."""
        return int(self._memory.get_trial_id_from_study_id_trial_number(self._study_id, number))

    def _reuse(self, trial: Trial, first: Trial) -> None:
        """End a trial with the score of an earlier one of the same configuration."""
        for step in first.steps:
            trial.steps.append(replace(step, seconds=0.0))
            self._report(trial)
        trial.state, trial.failure = first.state, first.failure
        self._tell(trial)
        self.reused(trial)

    def _report(self, trial: Trial) -> None:
        """Tell Optuna an intermediate value, unless it knows of that step from before a worker
        died.
        """
        step = trial.steps[-1]
        if (
            trial.number in self._asked
            and step.resource > self._told.get(trial.number, 0)
            and not self._pareto
        ):
            self._told[trial.number] = step.resource
            asked = self._asked[trial.number]
            self._memory.set_trial_intermediate_value(asked, step.resource, step.objective)

    def _tell(self, trial: Trial) -> None:
        asked = self._asked.pop(trial.number, None)
        if asked is not None:
            values = (
                [trial.metrics[m] for m in self._search.metrics]
                if trial.state == "COMPLETE"
                else None
            )
            number = self._memory.get_trial_number_from_id(asked)
            self.study.tell(number, values, state=STATES[trial.state])

    def _add_existing(self, known: Sequence[Trial], elsewhere: Iterable[Trial]) -> None:
        """Learn from trials that were there before; go on with those that had not finished."""
        for trial in elsewhere:
            self._remember(trial)
        for trial in known:
            self._first.setdefault(_key(trial.params), trial)
            asked = self._remember(trial)
            if not trial.finished:
                self._again.append(trial)
                if asked is not None:
                    self._asked[trial.number] = asked
                    self._told[trial.number] = trial.resource

    def _remember(self, trial: Trial) -> int | None:
        """Put a trial into the sampler's memory, if it lies in the space; its id there."""
        if not is_searched(self._search.space, trial.params):
            return None
        copy = frozen(trial, self._search.space, self._search.metrics)
        return recall(self._memory, self._study_id, trial, copy)


def exhausted(search: Search, known: Sequence[Trial]) -> bool:
    """True if the known trials are all that the search asks for, and have ended."""
    return len(known) >= search.total and all(trial.finished for trial in known)


def starts(search: Search) -> list[dict[str, Any]]:
    """The family's start points for a searcher that learns; of each, what the space admits: the
    rest is sampled.
    """
    if not SEARCHERS[search.asked.searcher].learns:
        return []
    return [within(search.space, config) for config in search.family.initial_points]


def begins(start: Config, trial: Trial) -> bool:
    """True if the trial was proposed from the start point: it agrees with it wherever both say
    something.
    """
    agrees = (trial.params.get(name, value) == value for name, value in start.items())
    return not trial.name and all(agrees)


def ending(result: dict[str, Any] | None, error: bool = False) -> State:
    """How a trial ended whose last result is `result` (None: it gave none)."""
    if error or (result and result.get("failure")):
        return "FAIL"
    return "COMPLETE" if result and result.get("complete") else "PRUNED"


def _key(config: Config) -> str:
    """The same for the same configuration."""
    return json.dumps(config, sort_keys=True)
