"""What all schedulers share: a stopping rule in plain Python, told of trials by Ray Tune's public
hooks.

A rule sees searched trials only, by number, and only finite objectives at whole units of resource.
Baselines and failed trials are neither stopped nor counted.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Any, Protocol

from ray.tune.schedulers import TrialScheduler

from hypersearch.search.storage.trial import Trial


class StoppingRule(Protocol):
    """Decides from the objectives that it has seen which trial stops."""

    def should_stop(self, number: int, resource: int, objective: float) -> bool:
        """Take a result into account, and judge the trial by it: True to stop it.

        A result that comes again, as after a worker's death, counts once.
        """
        ...

    def add_existing(self, trial: Trial) -> None:
        """Take into account the steps of a trial that did not run under this rule, or not yet."""
        ...


class Scheduler(TrialScheduler):  # type: ignore[misc]  # Ray ships no types for it
    """Runs trials in the order in which they come, and stops those that its rule says."""

    def __init__(self, rule: StoppingRule, known: Iterable[Trial] = ()) -> None:
        """`known`: trials of an earlier run, finished or to go on with."""
        super().__init__()
        self.rule = rule
        self._live: dict[str, Any] = {}  # Tune's trials by id, in the order in which they came
        for trial in known:
            self.add_existing(trial)

    def add_existing(self, trial: Trial) -> None:
        """Count what a searched trial reached that did not run under this scheduler."""
        if not trial.name:
            self.rule.add_existing(trial)

    def on_trial_add(self, tune_controller: Any, trial: Any) -> None:
        """A trial is to run: a new one, or one that lost its worker, which goes to the end of
        the queue.
        """
        self._live.pop(trial.trial_id, None)
        self._live[trial.trial_id] = trial

    def on_trial_result(self, tune_controller: Any, trial: Any, result: dict[str, Any]) -> str:
        """STOP or CONTINUE."""
        if not _is_judged(trial, result):
            return str(self.CONTINUE)
        number = trial.config["number"]
        stop = self.rule.should_stop(number, result["resource"], result["objective"])
        return str(self.STOP if stop else self.CONTINUE)

    def on_trial_complete(self, tune_controller: Any, trial: Any, result: dict[str, Any]) -> None:
        """Count the last result of a trial that has ended."""
        self.on_trial_result(tune_controller, trial, result)
        self._live.pop(trial.trial_id, None)

    def on_trial_error(self, tune_controller: Any, trial: Any) -> None:
        """Nothing: what a trial reached before its worker died still counts."""

    def on_trial_remove(self, tune_controller: Any, trial: Any) -> None:
        """Forget a trial that ends while it waits."""
        self._live.pop(trial.trial_id, None)

    def choose_trial_to_run(self, tune_controller: Any) -> Any:
        """The first trial that waits for an actor, or None; those that pause come after those that
        are pending.

        Tune asks this in each turn of its loop. Its own list holds every trial of the search, so
        the few that have not ended are kept here.
        """
        for trial in [each for each in self._live.values() if each.is_finished()]:
            del self._live[trial.trial_id]
        for status in ("PENDING", "PAUSED"):
            for trial in self._live.values():
                if trial.status == status:
                    return trial
        return None

    def debug_string(self) -> str:
        """The scheduler's name."""
        return type(self).__name__

    def save(self, checkpoint_path: str) -> None:
        """Nothing: the study folder is the record."""

    def restore(self, checkpoint_path: str) -> None:
        """Nothing, as in `save`."""


def _is_judged(trial: Any, result: dict[str, Any]) -> bool:
    """True for a result of a searched trial with a finite objective; a failed one has none."""
    return not trial.config["name"] and math.isfinite(result.get("objective", math.nan))
