"""The copy of a search in an Optuna storage, for optuna-dashboard and Optuna's own tools.

The study folder is the record; the storage follows it, at most every second. Optuna's calls take
about 10 ms of processor time a trial (benchmarks/2026-11-21-engine-speed.md). They are made by a
thread of their own, so that Ray Tune's loop does not wait for the database, and a trial that begins
and ends between two writes takes one call.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterable
from concurrent.futures import Future, ThreadPoolExecutor
from datetime import datetime
from typing import Any, Literal

from optuna.exceptions import OptunaError
from optuna.storages import BaseStorage
from optuna.study import StudyDirection
from optuna.trial import FrozenTrial
from sqlalchemy.exc import SQLAlchemyError

from hypersearch.search.optuna_storage.study_copy import OutOfStepError, StudyCopy
from hypersearch.search.planned_search import Search
from hypersearch.search.storage.trial import Trial
from hypersearch.search.suggest.frozen_trials import frozen

INTERVAL = 1.0  # seconds between two writes
PAUSE = 10 * INTERVAL  # after one that failed
# KeyError: somebody has removed the study.
FAILURES = (OutOfStepError, SQLAlchemyError, OptunaError, OSError, KeyError)


class OptunaStorageWriter:
    """Follows the trials of one search. What cannot be written is said once and tried again."""

    def __init__(
        self, storage: BaseStorage, study_name: str, search: Search, say: Callable[[str], None]
    ) -> None:
        """`study_name`: of the study in the storage, which is made with the first write if it is
        not there.
        """
        self._storage, self._search, self._say = storage, search, say
        sides = {"max": StudyDirection.MAXIMIZE, "min": StudyDirection.MINIMIZE}
        self._copy = StudyCopy(storage, study_name, [sides[mode] for mode in search.modes])
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="optuna-storage")
        self._job: Future[set[int]] | None = None
        self._trials: dict[int, Trial] = {}
        self._dirty: set[int] = (
            set()
        )  # numbers of the trials that have changed since the last write
        self._written: set[int] = set()  # numbers that the job writes
        self._whole = self._anew = False  # whether all are compared; whether the study is made anew
        self._last = False  # whether nothing comes after it, so that no trial has to wait any more
        self._began = self._due = 0.0
        self._complained = False

    def add_existing(self, trials: Iterable[Trial]) -> None:
        """Make the storage hold what the record does; rows of trials that are not in the record go.

        Begins with it and returns; `write` waits for the end.
        """
        self._trials = {trial.number: trial for trial in trials}
        self._dirty, self._whole = set(self._trials), True
        self._start()

    def mark_dirty(self, trial: Trial) -> None:
        """Something has happened to a trial."""
        self._trials[trial.number] = trial
        self._dirty.add(trial.number)

    def write_if_due(self) -> None:
        """Begin to write if there is something new, at most every second."""
        if self._job is not None and self._job.done():
            self._finish(self._job)
        if self._job is None and self._has_news and time.monotonic() > self._due:
            self._start()

    def write(self) -> None:
        """Write all that has happened; returns when it is in the storage, or cannot be written
        now.
        """
        for _ in range(
            3
        ):  # what is being written, what came since, and the study anew if that must be
            if self._job is None and not self._has_news:
                return
            job = self._job or self._start()
            if self._finish(job) == "failed":
                return

    def close(self) -> None:
        """Write all, also trials that wait for one that never began; let go of the storage."""
        self.write()
        if self._dirty and not self._whole:
            self._last = True
            self.write()
        self._thread.submit(self._storage.remove_session)
        self._thread.shutdown()

    @property
    def _has_news(self) -> bool:
        return bool(self._dirty or self._whole)

    def _start(self) -> Future[set[int]]:
        """Begin to write. Of the trials the thread gets copies: they go on meanwhile."""
        self._written = set(self._trials) if self._whole else self._dirty
        self._dirty = set()
        trials = {n: stored(self._trials[n], self._search) for n in sorted(self._written)}
        if self._whole:
            job = self._thread.submit(self._copy.write_all, trials, anew=self._anew)
        else:
            job = self._thread.submit(self._copy.write, trials, fill_gaps=self._last)
        self._began, self._job = time.monotonic(), job
        return job

    def _finish(self, job: Future[set[int]]) -> Literal["done", "again", "failed"]:
        """Wait for the end of a job, and see what became of it."""
        self._job = None
        try:
            self._dirty |= job.result()
        except FAILURES as error:
            self._dirty |= self._written
            if isinstance(error, OutOfStepError) and not self._anew:
                self._whole = self._anew = True
                return "again"
            self._whole, self._anew = True, False
            self._due = time.monotonic() + PAUSE
            self._complain(error)
            return "failed"
        self._whole = self._anew = False
        self._due = self._began + INTERVAL
        return "done"

    def _complain(self, error: Exception) -> None:
        if not self._complained:
            self._complained = True
            text = str(error.__cause__ or error).splitlines()[0]
            self._say(
                f"the storage does not take the trials, {text}; they are safe in the study folder"
            )


def stored(trial: Trial, search: Search) -> FrozenTrial:
    """The trial as Optuna keeps it, with its whole configuration, which may lie outside of what
    is searched.
    """
    attrs: dict[str, Any] = {"config": json.dumps(trial.params)}
    if trial.name:
        attrs["baseline"] = trial.name
    if trial.replicate_of is not None:
        attrs["replicate_of"] = trial.replicate_of
    copy = frozen(trial, search.space, search.metrics, **attrs)
    copy.system_attrs = {}  # what a sampler noted is in the journal
    copy.datetime_start = datetime.fromtimestamp(trial.started)
    if trial.state != "RUNNING":
        copy.datetime_complete = datetime.fromtimestamp(trial.ended)
    return copy
