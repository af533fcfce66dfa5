"""The copy of a search in an Optuna storage, for optuna-dashboard and Optuna's own tools.

The study folder is the record; this follows it, in one transaction at most every second. Optuna's
`RDBStorage` makes the tables and the study; the rows of trials are written by plain bulk
statements, because its own calls take 10 ms of processor time a trial
(benchmarks/2026-11-21-engine-speed.md), and because they cannot reopen a trial that goes on.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sql
from optuna.distributions import distribution_to_json
from optuna.storages import RDBStorage
from optuna.study import StudyDirection
from optuna.trial import FrozenTrial
from sqlalchemy.exc import SQLAlchemyError

from hypersearch.search.planned_search import Search
from hypersearch.search.storage.trial import Trial
from hypersearch.search.suggest.frozen_trials import frozen

INTERVAL = 1.0  # seconds between two writes
CHANGING = (
    "trial_values",
    "trial_intermediate_values",
)  # tables in which a trial has rows that come as it goes


class OptunaStorageWriter:
    """Follows the trials of one search.

    Once it has begun, what cannot be written is said and tried again.
    """

    def __init__(
        self, storage: RDBStorage, study_name: str, search: Search, say: Callable[[str], None]
    ) -> None:
        """Open the study in the storage, or make it."""
        self._engine, self._search, self._say = storage.engine, search, say
        self._study_id = _study(storage, study_name, search.modes)
        self._tables = _tables(storage.engine)
        self._dirty: dict[int, Trial] = {}
        self._written: dict[int, int] = {}  # trial_id by number
        self._due = 0.0
        self._complained = False
        self._unsure = True  # whether the storage has what it was last told

    def add_existing(self, trials: Iterable[Trial]) -> None:
        """Make the storage hold what the record does: what differs is written anew; zombies go."""
        known = {trial.number: trial for trial in trials}
        with self._engine.begin() as connection:
            rows = self._there(connection)
            zombies = [trial_id for number, trial_id in rows.items() if number not in known]
            self._delete(connection, (*ROWS, *OTHERS), zombies)
        self._dirty = dict(known)
        self.write()

    def mark_dirty(self, trial: Trial) -> None:
        """Something has happened to a trial."""
        self._dirty[trial.number] = trial

    def write_if_due(self) -> None:
        """Write, unless that was less than a second ago."""
        if self._dirty and time.monotonic() > self._due:
            self.write()

    def write(self) -> None:
        """Write everything that has happened since the last time, in one transaction."""
        began = time.monotonic()
        try:
            with self._engine.begin() as connection:
                written = self._write(connection)
        except (SQLAlchemyError, OSError) as error:
            if not self._complained:
                words = str(error).splitlines()[0]
                self._say(
                    f"the storage does not take the trials, {words}; they are safe in the study"
                    " folder"
                )
            self._complained = self._unsure = True
            self._due = time.monotonic() + 10 * INTERVAL
            return
        self._written |= written
        self._unsure = False
        self._dirty.clear()
        took = time.monotonic() - began
        self._due = began + max(INTERVAL, 20 * took)

    def _write(self, connection: sql.Connection) -> dict[int, int]:
        """Write the trials that have changed.

        Returns the `trial_id` of those that are new, by number.
        """
        if self._unsure:  # a transaction may have been done although its answer did not come
            self._written = self._there(connection)
        trials = {
            number: mirrored(self._dirty[number], self._search) for number in sorted(self._dirty)
        }
        new = self._insert(
            connection, {n: trial for n, trial in trials.items() if n not in self._written}
        )
        old = [n for n in trials if n not in new]
        self._delete(connection, CHANGING, [self._written[n] for n in old])
        table = self._tables["trials"]
        for n in old:
            row = sql.update(table).where(table.c.trial_id == self._written[n])
            connection.execute(row.values(self._trial_row(n, trials[n])))
        for part in CHANGING:
            self._fill(connection, part, {self._written[n]: trials[n] for n in old})
        return new

    def _there(self, connection: sql.Connection, first: int = 0) -> dict[int, int]:
        """The `trial_id` of each trial that the storage has, from number `first` on, by number."""
        table = self._tables["trials"]
        ours = sql.and_(table.c.study_id == self._study_id, table.c.number >= first)
        found = connection.execute(sql.select(table.c.number, table.c.trial_id).where(ours))
        return {int(number): int(trial_id) for number, trial_id in found}

    def _insert(self, connection: sql.Connection, trials: dict[int, FrozenTrial]) -> dict[int, int]:
        if not trials:
            return {}
        table = self._tables["trials"]
        connection.execute(
            sql.insert(table), [self._trial_row(n, trial) for n, trial in trials.items()]
        )
        ids = {
            number: trial_id
            for number, trial_id in self._there(connection, min(trials)).items()
            if number in trials
        }
        for part in ROWS:
            self._fill(connection, part, {ids[n]: trial for n, trial in trials.items()})
        return ids

    def _fill(self, connection: sql.Connection, part: str, trials: dict[int, FrozenTrial]) -> None:
        rows = [row for trial_id, trial in trials.items() for row in ROWS[part](trial_id, trial)]
        if rows:
            connection.execute(sql.insert(self._tables[part]), rows)

    def _trial_row(self, number: int, trial: FrozenTrial) -> dict[str, Any]:
        return {
            "number": number,
            "study_id": self._study_id,
            "state": trial.state.name,
            "datetime_start": trial.datetime_start,
            "datetime_complete": trial.datetime_complete,
        }

    def _delete(
        self, connection: sql.Connection, parts: Sequence[str], trial_ids: Sequence[int]
    ) -> None:
        if trial_ids:
            for part in parts:
                table = self._tables[part]
                connection.execute(sql.delete(table).where(table.c.trial_id.in_(trial_ids)))


def mirrored(trial: Trial, search: Search) -> FrozenTrial:
    """The trial as Optuna keeps it, with its whole configuration, which may lie outside of what is
    searched.
    """
    attrs: dict[str, Any] = {"config": json.dumps(trial.params)}
    if trial.name:
        attrs["baseline"] = trial.name
    if trial.replicate_of is not None:
        attrs["replicate_of"] = trial.replicate_of
    copy = frozen(trial, search.space, search.metrics, **attrs)
    copy.datetime_start = datetime.fromtimestamp(trial.started)
    copy.datetime_complete = (
        datetime.fromtimestamp(trial.ended) if trial.state != "RUNNING" else None
    )
    return copy


def _params(trial_id: int, trial: FrozenTrial) -> list[dict[str, Any]]:
    return [
        {
            "trial_id": trial_id,
            "param_name": name,
            "param_value": distribution.to_internal_repr(trial.params[name]),
            "distribution_json": distribution_to_json(distribution),
        }
        for name, distribution in trial.distributions.items()
    ]


def _values(trial_id: int, trial: FrozenTrial) -> list[dict[str, Any]]:
    return [
        {"trial_id": trial_id, "objective": number, "value": value, "value_type": "FINITE"}
        for number, value in enumerate(trial.values or [])
    ]


def _intermediate(trial_id: int, trial: FrozenTrial) -> list[dict[str, Any]]:
    kind = {"trial_id": trial_id, "intermediate_value_type": "FINITE"}
    return [
        {**kind, "step": step, "intermediate_value": v}
        for step, v in trial.intermediate_values.items()
    ]


def _attributes(trial_id: int, trial: FrozenTrial) -> list[dict[str, Any]]:
    return [
        {"trial_id": trial_id, "key": k, "value_json": json.dumps(v)}
        for k, v in trial.user_attrs.items()
    ]


ROWS: dict[str, Callable[[int, FrozenTrial], list[dict[str, Any]]]] = {
    "trial_params": _params,
    "trial_values": _values,
    "trial_intermediate_values": _intermediate,
    "trial_user_attributes": _attributes,
}
OTHERS = (
    "trial_system_attributes",
    "trial_heartbeats",
    "trials",
)  # where a trial may have rows, its own last


def _study(storage: RDBStorage, name: str, modes: Sequence[str]) -> int:
    """The id of the study called `name`, which is made if it is not there."""
    for study in storage.get_all_studies():
        if study.study_name == name:
            return int(study._study_id)
    directions = [
        StudyDirection.MAXIMIZE if mode == "max" else StudyDirection.MINIMIZE for mode in modes
    ]
    return int(storage.create_new_study(directions, name))


def _tables(engine: sql.Engine) -> dict[str, sql.Table]:
    """Optuna's tables, as they are in this database."""
    names = (*ROWS, *OTHERS)
    metadata = sql.MetaData()
    metadata.reflect(engine, only=names)
    return {name: metadata.tables[name] for name in names}
