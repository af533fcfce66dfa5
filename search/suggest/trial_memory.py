"""The memory of past trials that a sampler looks at."""

from __future__ import annotations

import bisect
import copy
import heapq
from collections.abc import Container, Sequence
from typing import Any

import numpy as np
from optuna.storages import InMemoryStorage
from optuna.study import StudyDirection
from optuna.trial import FrozenTrial, TrialState

from hypersearch.models.pareto import fronts

BEST, LATEST = 25, 75  # of the finished trials, how many a sampler looks at


class TrialMemory(InMemoryStorage):
    """Trials in memory, of which samplers see the running, the `BEST` and the `LATEST`.

    TPE models the best tenth, at most 25 trials, against the rest, and takes time in proportion to
    all that it sees. So the 1,000th proposal of a search costs no more than the 100th and still
    knows the same best ones.
    """

    def __init__(self, maximize: bool | None) -> None:
        """`maximize` is None where there is more than one objective: then the first Pareto fronts
        are the best.
        """
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

    def set_trial_state_values(
        self, trial_id: int, state: TrialState, values: Sequence[float] | None = None
    ) -> bool:
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
        trials = sorted(
            [*self._finished, *map(self.get_trial, self._open)], key=lambda trial: trial.number
        )
        chosen = [trial for trial in trials if states is None or trial.state in states]
        return copy.deepcopy(chosen) if deepcopy else chosen

    def _close_if_finished(self, trial_id: int) -> None:
        trial = self.get_trial(trial_id)
        if trial.state.is_finished() and trial_id in self._open:
            self._open.remove(trial_id)
            bisect.insort(self._finished, trial, key=lambda other: other.number)

    def _best(self, trials: Sequence[FrozenTrial]) -> list[FrozenTrial]:
        if self._maximize is None:
            return self._first_fronts(
                [trial for trial in trials if trial.state == TrialState.COMPLETE]
            )
        sign = -1 if self._maximize else 1

        def merit(trial: FrozenTrial) -> tuple[Any, ...]:
            """Complete before stopped, as TPE ranks them; of the stopped, those that came further
            first.
            """
            if trial.state == TrialState.COMPLETE:
                return 0, 0, sign * float(trial.values[0])
            values = trial.intermediate_values
            return (1, -max(values), sign * values[max(values)]) if values else (2, 0, 0)

        return heapq.nsmallest(BEST, trials, key=merit)

    def _first_fronts(self, complete: Sequence[FrozenTrial]) -> list[FrozenTrial]:
        signs = [-1 if side == StudyDirection.MAXIMIZE else 1 for side in self._sides]
        costs = np.array([trial.values for trial in complete]).reshape(-1, len(signs)) * signs
        return [complete[index] for index in np.argsort(fronts(costs), kind="stable")[:BEST]]
