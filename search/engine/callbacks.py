"""Writes down what happens in Ray Tune's loop, as it happens, and feeds the display.

On each event: the journal first, then the tables, the storage's copy, the checkpoints and the
screen.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from ray import tune

from hypersearch.models.errors import WorkFailedError
from hypersearch.models.text import counted
from hypersearch.search.display.progress import Progress
from hypersearch.search.engine.stopper import Stop
from hypersearch.search.engine.worker import overtime
from hypersearch.search.optuna_storage.writer import OptunaStorageWriter
from hypersearch.search.planned_search import Search
from hypersearch.search.planning.feature_dependencies import only_on_train
from hypersearch.search.schedulers.base import Scheduler
from hypersearch.search.storage import checkpoints
from hypersearch.search.storage.record import Record
from hypersearch.search.storage.trial import Trial
from hypersearch.search.suggest.optuna_searcher import PLAN, OptunaSearcher

PATIENCE = 60  # seconds without a running trial after which that is said
SHOWN = 0.05  # share of the time above which proposing is worth a word


class RecordCallback(tune.Callback):  # type: ignore[misc]  # Ray ships no types for it
    """Hears of every start, result and end of one search."""

    def __init__(
        self,
        search: Search,
        searcher: OptunaSearcher,
        scheduler: Scheduler,
        record: Record,
        writer: OptunaStorageWriter,
        progress: Progress,
        stop: Stop,
        keep: int,
    ) -> None:
        """`keep` is how many models of finished trials stay on disk."""
        self._search, self._searcher, self._scheduler = search, searcher, scheduler
        self._record, self._storage_writer = record, writer
        self._progress, self._stop, self._keep = progress, stop, keep
        self._root = record.folder / "checkpoints"
        self._began = time.monotonic()
        self._quiet_since = self._began
        self._warned: set[str] = set()
        done = [trial for trial in record.search(search.family.name) if trial.state == "COMPLETE"]
        self._kept: list[Trial] = []  # whose models are on disk, best first
        for trial in done:
            if self._folder(trial).is_dir():
                self._keep_best_models(trial)
        searcher.reused = self.reused

    def plan(self, trial: Trial) -> dict[str, Any]:
        """What an actor is told of a trial."""
        settings = {key: getattr(trial, key) for key in PLAN}
        return {**settings, "keep": self._keep > 0, "worst_kept": self._worst_kept(trial)}

    def _worst_kept(self, trial: Trial) -> float | None:
        """The objective that the model of `trial` must reach to be kept; None if any is kept."""
        required = self._search.required_baselines
        if trial.name in required:
            return None
        rivals = [each for each in self._kept if each.name not in required]
        full = len(rivals) >= max(1, self._keep + self._search.provides_features)
        return rivals[-1].objective if full else None

    def on_step_end(self, iteration: int, trials: list[Any], **info: Any) -> None:
        """Keep the display's clock and the storage's copy going."""
        self._progress.tick()
        self._storage_writer.write_if_due()
        if self._stop.interrupted:
            self._warn("stopping in good order; Ctrl-C again stops at once")
        if any(trial.status == "RUNNING" for trial in trials[-100:]):
            self._quiet_since = time.monotonic()
        elif time.monotonic() - self._quiet_since > PATIENCE:
            self._warn(
                "no trial runs: nodes with room for one are awaited; Ctrl-C stops the search"
            )

    def on_trial_start(self, iteration: int, trials: list[Any], trial: Any, **info: Any) -> None:
        """A trial begins, or goes on."""
        started = trial.trial
        with self._writing():
            if (started.family, started.number) not in self._record.trials:
                self._record.start(started)
        self._storage_writer.mark_dirty(started)
        self._progress.started(started)

    def on_trial_result(
        self, iteration: int, trials: list[Any], trial: Any, result: dict[str, Any], **_: Any
    ) -> None:
        """A step is done, or has failed."""
        if "objective" in result:
            before = trial.trial.resource
            self._searcher.on_trial_result(trial.trial_id, result)
            if trial.trial.resource > before:
                with self._writing():
                    self._record.step(
                        trial.trial, complete=result["complete"], stopped=result["done"]
                    )
                self._storage_writer.mark_dirty(trial.trial)
        self._warn(result.get("warning", ""))

    def on_trial_complete(self, iteration: int, trials: list[Any], trial: Any, **info: Any) -> None:
        """A trial is complete, stopped, or failed in its own code."""
        self._end(trial.trial)

    def on_trial_error(self, iteration: int, trials: list[Any], trial: Any, **info: Any) -> None:
        """A trial's worker died, too often."""
        trial.trial.failure = self.overtime(trial.trial) or trial.error
        self._end(trial.trial)

    def on_trial_recover(self, iteration: int, trials: list[Any], trial: Any, **info: Any) -> None:
        """A trial's worker died; the trial goes on with another one, from its checkpoint."""
        self.rewind(trial.trial)
        words = trial.error.strip().splitlines()[0]
        self._progress.say(
            f"trial {trial.trial.number} lost its worker and goes on after {trial.trial.resource}:"
            f" {words}"
        )

    def overtime(self, trial: Trial) -> str:
        """What a trial was doing that passed its time limit; else empty."""
        return overtime(self._record.logs, trial.family, trial.number)

    def rewind(self, trial: Trial) -> None:
        """Take a trial back to its last whole checkpoint."""
        saved = checkpoints.latest(self._folder(trial))
        with self._writing():
            self._record.rewind(trial, saved.resource if saved else 0)
        self._storage_writer.mark_dirty(trial)

    def reused(self, trial: Trial) -> None:
        """A trial has taken the score of an earlier one of the same configuration."""
        with self._writing():
            self._record.start(trial)
            for step in trial.steps:
                self._record.step(trial, step)
        self._scheduler.add_existing(trial)
        self._progress.started(trial)
        self._progress.say(
            f"trial {trial.number} is trial {trial.replicate_of} again: its score is taken"
        )
        self._end(trial)

    def close(self) -> None:
        """The search is over: end the trials that still run, and bring the storage up to date."""
        begun = self._record.trials
        cut = [trial for trial in self._searcher.cut_off() if (trial.family, trial.number) in begun]
        for trial in cut:
            self._end(trial)
        if cut:
            self._progress.say(
                f"the search ended early, {self._stop.reason}: {counted(len(cut), 'trials')} to be"
                " resumed"
            )
        self._storage_writer.close()
        wall = time.monotonic() - self._began
        if self._searcher.seconds > SHOWN * wall:
            share = self._searcher.seconds / wall
            self._progress.say(
                f"proposing took {self._searcher.seconds:.1f} s, {share:.0%} of the time"
            )
        if self._stop.broken:
            raise WorkFailedError(
                f"cannot write to {self._record.folder}: {self._stop.broken.strerror}; all that was"
                f" written is kept: make room, then {self._record.resume_command}"
            )

    def _end(self, trial: Trial) -> None:
        with self._writing():
            self._record.end(trial)
        self._storage_writer.mark_dirty(trial)
        if not trial.cut and not self._stop.broken:
            self._keep_best_models(trial)
        self._progress.ended(trial)

    def _keep_best_models(self, trial: Trial) -> None:
        """Of the finished trials, keep the models of the best and no other state."""
        saved = checkpoints.latest(self._folder(trial)) if trial.state == "COMPLETE" else None
        if saved is None or saved.resource != trial.resource:
            checkpoints.clear(self._folder(trial))
            return
        ranked = sorted([*self._kept, trial], key=self._search.merit)
        needed = ranked[: self._keep]
        needed += [each for each in ranked if each.name in self._search.required_baselines]
        if self._search.provides_features:
            # other searches take the codes of the best one fitted on training images alone
            needed += [each for each in ranked if only_on_train(each.params)][:1]
        self._kept = [each for each in ranked if each in needed]
        for worse in ranked:
            if worse not in self._kept:
                checkpoints.clear(self._folder(worse))

    def _folder(self, trial: Trial) -> Path:
        return checkpoints.home(self._root, trial.family, trial.number)

    def _warn(self, words: str) -> None:
        """Say something once."""
        if words and words not in self._warned:
            self._warned.add(words)
            self._progress.say(words)

    @contextmanager
    def _writing(self) -> Iterator[None]:
        """Where nothing can be recorded any more, the search ends."""
        try:
            yield
        except OSError as error:
            self._stop.broken = self._stop.broken or error
