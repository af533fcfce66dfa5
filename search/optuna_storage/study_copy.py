"""One Optuna study that is made to hold the trials of a search, number for number.

Optuna gives trials their numbers in the order in which they are created, and changes no trial that
has ended. So a trial is created once all trials with lower numbers are there, and a study in which
an ended trial has to change is made anew.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from optuna.distributions import BaseDistribution, CategoricalDistribution
from optuna.storages import BaseStorage
from optuna.study import StudyDirection
from optuna.trial import FrozenTrial, TrialState, create_trial


class OutOfStepError(Exception):
    """The study holds what cannot be changed to what it should hold: it has to be made anew."""


class StudyCopy:
    """The study called `name` in a storage, which is made if it is not there.

    Not for several threads at a time. After an error the study is read again before anything is
    written.
    """

    def __init__(
        self, storage: BaseStorage, name: str, directions: Iterable[StudyDirection]
    ) -> None:
        self._storage, self._name, self._directions = storage, name, list(directions)
        self._study_id = -1
        self._rows: dict[int, FrozenTrial] = {}  # what the study holds, by number
        self._ids: dict[int, int] = {}  # of the trials that have not ended
        self._distributions: dict[str, BaseDistribution] = {}  # as they were first written
        self._is_known = False  # whether all this is so

    def write(self, trials: Mapping[int, FrozenTrial], fill_gaps: bool = False) -> set[int]:
        """Write trials that have changed.

        Returns the numbers of those that have to wait until all trials with lower numbers are
        there; with `fill_gaps` those that are not there get rows as WAITING, and none has to wait.
        Raises an `OutOfStepError` if the study has to be made anew, and errors of the storage as
        they are.
        """
        if not self._is_known:
            self._read()
        self._is_known = False
        if fill_gaps:
            numbers = range(len(self._rows), max(trials, default=0))
            trials = {n: create_trial(state=TrialState.WAITING) for n in numbers} | dict(trials)
        waiting = {number for number in sorted(trials) if not self._put(number, trials[number])}
        if self._storage.get_n_trials(self._study_id) != len(self._rows):
            # a trial was created twice: an answer was lost, and Optuna tried again
            raise OutOfStepError
        self._is_known = True
        return waiting

    def write_all(self, trials: Mapping[int, FrozenTrial], anew: bool = False) -> set[int]:
        """Make the study hold these trials and no others, as `write` does.

        It is made anew if it must be, or with `anew`.
        """
        self._read()
        if anew or not self._leads_to(trials):
            self._make_anew(trials)
        return self.write(trials)

    def _read(self) -> None:
        """See what the study holds."""
        try:
            self._study_id = self._storage.get_study_id_from_name(self._name)
        except KeyError:
            self._study_id = self._storage.create_new_study(self._directions, self._name)
        trials = self._storage.get_all_trials(self._study_id, deepcopy=False)
        self._rows = {trial.number: trial for trial in trials}
        self._distributions = {}
        for trial in trials:
            for name, distribution in trial.distributions.items():
                self._distributions.setdefault(name, distribution)
        self._ids = {
            trial.number: self._id_of(trial.number)
            for trial in trials
            if not trial.state.is_finished()
        }
        self._is_known = True

    def _id_of(self, number: int) -> int:
        return self._storage.get_trial_id_from_study_id_trial_number(self._study_id, number)

    def _leads_to(self, trials: Mapping[int, FrozenTrial]) -> bool:
        """True if what the study holds can be changed to these trials."""
        if sorted(self._rows) != list(range(len(self._rows))):
            return False  # written by an earlier version, in which numbers could be left out
        return all(
            number in trials
            and row.user_attrs.get("config") == trials[number].user_attrs.get("config")
            and (_is_same(row, trials[number]) or _may_become(row, trials[number]))
            for number, row in self._rows.items()
        )

    def _make_anew(self, trials: Mapping[int, FrozenTrial]) -> None:
        """Empty the study. What others have noted of it and of its trials is kept."""
        self._is_known = False
        own = self._storage.get_study_user_attrs(self._study_id)
        system = self._storage.get_study_system_attrs(self._study_id)
        for number, row in self._rows.items():
            trial = trials.get(number)
            if trial and row.user_attrs.get("config") == trial.user_attrs.get("config"):
                for key, value in row.user_attrs.items():
                    if key not in trial.user_attrs:
                        trial.set_user_attr(key, value)
        self._storage.delete_study(self._study_id)
        self._rows, self._ids, self._distributions = {}, {}, {}
        self._study_id = self._storage.create_new_study(self._directions, self._name)
        for key, value in own.items():
            self._storage.set_study_user_attr(self._study_id, key, value)
        for key, value in system.items():
            self._storage.set_study_system_attr(self._study_id, key, value)
        self._is_known = True

    def _put(self, number: int, trial: FrozenTrial) -> bool:
        """Create a trial or change it; False if it has to wait."""
        row = self._rows.get(number)
        if row is None and number > len(self._rows):
            return False
        if row is None:
            self._create(number, trial)
        elif not _is_same(row, trial):
            self._change(number, row, trial)
        return True

    def _create(self, number: int, trial: FrozenTrial) -> None:
        trial.distributions = {
            n: self._stored(n, d, trial.params[n]) for n, d in trial.distributions.items()
        }
        trial_id = self._storage.create_new_trial(self._study_id, trial)
        self._rows[number] = trial
        if not trial.state.is_finished():
            self._ids[number] = trial_id

    def _change(self, number: int, row: FrozenTrial, trial: FrozenTrial) -> None:
        if not _may_become(row, trial):
            raise OutOfStepError
        trial_id = self._ids[number]
        for step, value in trial.intermediate_values.items():
            if row.intermediate_values.get(step) != value:
                self._storage.set_trial_intermediate_value(trial_id, step, value)
        if trial.state.is_finished():
            self._storage.set_trial_state_values(trial_id, trial.state, trial.values)
            del self._ids[number]
        trial.intermediate_values = row.intermediate_values | trial.intermediate_values
        self._rows[number] = trial

    def _stored(self, name: str, distribution: BaseDistribution, value: Any) -> BaseDistribution:
        """The distribution to write for a parameter: Optuna wants those of one name to be alike.

        Choices must be equal. Where the space has become narrower, the earlier ones are written.
        """
        first = self._distributions.setdefault(name, distribution)
        if isinstance(first, CategoricalDistribution) and first != distribution:
            if not isinstance(distribution, CategoricalDistribution) or value not in first.choices:
                raise OutOfStepError
            return first
        alike = type(first) is type(distribution) and getattr(first, "log", None) == getattr(
            distribution, "log", None
        )
        if not alike:
            raise OutOfStepError
        return distribution


def _is_same(row: FrozenTrial, trial: FrozenTrial) -> bool:
    """True if nothing has to be written. Parameters do not change, nor does when a trial began."""
    return (
        row.state == trial.state
        and row.values == trial.values
        and row.intermediate_values == trial.intermediate_values
    )


def _may_become(row: FrozenTrial, trial: FrozenTrial) -> bool:
    """True if a row can be changed to `trial`.

    A trial that lost its worker repeats steps, which are overwritten; one that ends earlier than
    before has rows of steps that it did not make.
    """
    if row.state != TrialState.RUNNING:
        return False
    return (
        not trial.state.is_finished()
        or row.intermediate_values.keys() <= trial.intermediate_values.keys()
    )
