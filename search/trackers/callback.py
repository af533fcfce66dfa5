"""Passes trials on to TensorBoard, MLflow and Weights & Biases through Ray's callbacks.

Ray's callbacks read a trial of Tune's and write where Tune keeps its own files. Here they get a
`Tracked` trial, which shows them the configuration, the figures and a folder of the study instead.
A tracker gets a copy: it is no record.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ray import tune
from ray.tune.logger import LoggerCallback

from hypersearch.models.errors import UserError
from hypersearch.search.storage.trial import Trial
from hypersearch.search.trackers.registry import TRACKERS

Result = dict[str, Any]


@dataclass(eq=False)  # trackers keep what they know of a trial in dictionaries
class Tracked:
    """A trial as the trackers see it."""

    trial_id: str
    config: dict[str, Any]
    folder: Path
    experiment_dir_name: str

    @property
    def evaluated_params(self) -> dict[str, Any]:
        """The configuration, for TensorBoard."""
        return self.config

    @property
    def local_path(self) -> str:
        """Where its files go."""
        return str(self.folder)

    def init_local_path(self) -> None:
        """Make the folder."""
        self.folder.mkdir(parents=True, exist_ok=True)

    def __str__(self) -> str:
        return self.trial_id


class Tracker(tune.Callback):  # type: ignore[misc]  # Ray ships no types for it
    """Passes what happens to the trials of one search on to one of Ray's callbacks."""

    def __init__(self, inner: LoggerCallback, study: str, folder: Path) -> None:
        self._inner, self._study, self._folder = inner, study, folder
        self._open: dict[int, Tracked] = {}  # by number

    def setup(self, **info: Any) -> None:
        """Before the first trial; a `UserError` if the tracker lacks a setting."""
        try:
            self._inner.setup(**info)
        except ValueError as error:
            raise UserError(f"--track {self._folder.name}: {error}") from error

    def on_trial_start(self, iteration: int, trials: list[Any], trial: Any, **info: Any) -> None:
        """A trial begins; one that goes on with another worker is open already."""
        own: Trial = trial.trial
        if own.number in self._open:
            return
        tracked = self._tracked(own)
        tracked.init_local_path()
        self._open[own.number] = tracked
        self._inner.log_trial_start(tracked)

    def on_trial_result(
        self, iteration: int, trials: list[Any], trial: Any, result: Result, **info: Any
    ) -> None:
        """A step is done; one that has failed has no figures."""
        if "objective" in result:
            shown = {key: result[key] for key in ("objective", "resource", "seconds")}
            figures = {**shown, **result["metrics"], "training_iteration": result["resource"]}
            self._inner.log_trial_result(iteration, self._open[trial.trial.number], figures)

    def on_trial_complete(self, iteration: int, trials: list[Any], trial: Any, **info: Any) -> None:
        """A trial has ended: complete, stopped, or failed in its own code."""
        self._end(trial.trial.number, failed=trial.trial.state == "FAIL")

    def on_trial_error(self, iteration: int, trials: list[Any], trial: Any, **info: Any) -> None:
        """A trial's worker died, too often."""
        self._end(trial.trial.number, failed=True)

    def on_experiment_end(self, trials: list[Any], **info: Any) -> None:
        """The search is over: end what still ran, and wait until everything is written."""
        for number in list(self._open):
            self._end(number, failed=False)
        self._inner.on_experiment_end(trials=[])

    def _tracked(self, own: Trial) -> Tracked:
        name = f"{own.family}-{own.number}".replace(":", "-")
        return Tracked(f"{self._study}-{name}", dict(own.params), self._folder / name, self._study)

    def _end(self, number: int, failed: bool) -> None:
        tracked = self._open.pop(number, None)
        if tracked is not None:
            self._inner.log_trial_end(tracked, failed=failed)


def trackers(names: Iterable[str], study: str, logs: Path) -> list[Tracker]:
    """The trackers of these names.

    They write to the folder `logs` of the study unless their own settings say otherwise.
    """
    return [_tracker(name, study, logs / name) for name in names]


def _tracker(name: str, study: str, folder: Path) -> Tracker:
    return Tracker(TRACKERS[name].make(study, folder), study, folder.resolve())
