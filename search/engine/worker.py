"""What runs on a worker: the actor around a `Run`, and the retraining that confirms a winner.

One actor serves many trials. An exception in a family's code ends the trial and not the actor: it
travels back as the result's `failure`, with its whole traceback. Nothing here imports Ray Tune,
most of what a worker took to start.
"""

from __future__ import annotations

import faulthandler
import time
import traceback
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil

from hypersearch.models.api import Run, Shared
from hypersearch.models.networks.backend import share_memory
from hypersearch.search.families import find
from hypersearch.search.storage import checkpoints
from hypersearch.search.storage.trial import first_not_finite

RESULT = dict[str, Any]

# bytes by which the memory of an actor may grow between trials before it is replaced
MAX_GROWTH = 200 * 2**20


@dataclass(frozen=True)
class Work:
    """What an actor needs to know of its search."""

    target: str
    home: Path  # the driver's working directory, where one's own families lie
    metrics: tuple[str, ...]
    mode: str
    root: Path  # of the checkpoints
    rungs: Sequence[int]  # where a checkpoint is due in any case, the first step among them
    every: float  # seconds after which one is due
    time_limit: float | None  # seconds of a trial
    logs: Path


class TrialActor:
    """Fits one configuration after another, a step a call. To Tune's loop it is a trainable."""

    def __init__(self, work: Work, shared: Shared) -> None:
        """`shared` comes from the object store, mapped and not copied."""
        share_memory()
        self._work, self._shared, self._family = work, shared, find(work.target, work.home)
        self._run: Run | None = None
        self._begun = 0  # trials
        self._memory_at_start = 0  # bytes
        self._needs_restart = False

    def begin(self, plan: dict[str, Any]) -> RESULT:
        """Take the next plan and make its first step, in one call.

        See `RecordCallback.plan`; its `resource` is what the driver knows the trial to have
        spent. The run starts in the step, so that its failure is the trial's.
        """
        self._plan, self._run = plan, None
        self._saved = checkpoints.latest(self._folder)
        self._spent, self._seconds = 0, 0.0
        if self._saved:
            self._spent, self._seconds = self._saved.resource, self._saved.seconds
        self._saved_at = time.monotonic()
        overtime_log(self._work.logs, self._family.name, self._plan["number"]).unlink(
            missing_ok=True
        )
        self._needs_restart = self._has_grown()
        return self.train()

    def train(self) -> RESULT:
        """One unit of resource: the metrics, the objective, and whether the trial is complete."""
        try:
            with self._watched():
                result = self._result(self._advance())
                warning = self._save_if_due(result)
        except Exception:
            return {
                "failure": traceback.format_exc(),
                "resource": self._spent,
                "done": True,
                "needs_restart": self._needs_restart,
            }
        return {**result, "warning": warning}

    def stop(self) -> None:
        """Let go of the run."""
        self._run = None

    def _has_grown(self) -> bool:
        """True if this process holds `MAX_GROWTH` bytes more than before its second trial.

        The first trial loads the libraries.
        """
        memory = psutil.Process().memory_info().rss
        self._begun += 1
        if self._begun <= 2:
            self._memory_at_start = memory
        return bool(memory - self._memory_at_start > MAX_GROWTH)

    def _advance(self) -> dict[str, float]:
        """One step of the run, which is started or loaded from its checkpoint at first."""
        began = time.monotonic()
        if self._run is None:
            self._run = self._family.start(self._plan["params"], self._shared, self._plan["seed"])
            if self._saved:
                self._run.load(self._saved.folder)
                if self._saved.resource > self._plan["resource"]:
                    # that step was made, but the driver has not heard of it
                    return dict(self._saved.metrics)
        metrics = {name: float(value) for name, value in self._run.step().items()}
        check_metrics(metrics, self._work.metrics)
        self._spent += 1
        self._seconds += time.monotonic() - began
        return metrics

    def _result(self, metrics: dict[str, float]) -> RESULT:
        assert self._run is not None
        complete = self._spent >= self._plan["max_resource"] or bool(self._run.finished)
        return {
            "metrics": metrics,
            "objective": metrics[self._work.metrics[0]],
            "resource": self._spent,
            "seconds": round(self._seconds, 4),
            "complete": complete,
            "done": complete,
            "needs_restart": self._needs_restart,
        }

    def _save_if_due(self, result: RESULT) -> str:
        """Save the run if a checkpoint is due. Returns a warning if that failed, else "".

        It is due at a rung, after `every` seconds, and at the end of a run that is among the best.

        One that has lost a worker is saved after each step.
        """
        if not self._is_save_due(result):
            return ""
        assert self._run is not None
        try:
            checkpoints.save(self._run, self._folder, self._spent, self._seconds, result["metrics"])
        except Exception as error:
            return f"no checkpoint: {type(error).__name__}: {error}"
        finally:
            self._saved_at = time.monotonic()
        return ""

    def _is_save_due(self, result: RESULT) -> bool:
        if result["complete"]:
            return self._worth(result["objective"])
        waited = time.monotonic() - self._saved_at > self._work.every
        return bool(
            waited or self._spent in self._work.rungs or self._plan["checkpoint_every_step"]
        )

    def _worth(self, objective: float) -> bool:
        """True if the model is at least as good as the worst of those that are kept.

        The driver breaks ties.
        """
        if not self._plan["keep"]:
            return False
        worst = self._plan["worst_kept"]
        if worst is None:
            return True
        return bool(objective >= worst if self._work.mode == "max" else objective <= worst)

    @property
    def _folder(self) -> Path:
        return checkpoints.home(self._work.root, self._family.name, self._plan["number"])

    @contextmanager
    def _watched(self) -> Iterator[None]:
        """End this process if the step passes the trial's time limit, and log its stack.

        The watch is a thread of faulthandler's in C: it needs neither Python nor the cooperation of
        what hangs.
        """
        limit = self._work.time_limit
        if limit is None:
            yield
            return
        left = limit - self._seconds
        if left <= 0:
            raise TimeoutError(f"the trial has taken longer than its limit of {limit:g} s")
        path = overtime_log(self._work.logs, self._family.name, self._plan["number"])
        with path.open("w") as log:
            log.write(f"the trial took longer than its limit of {limit:g} s; it was here:\n")
            log.flush()
            faulthandler.dump_traceback_later(left, exit=True, file=log)
            try:
                yield
            finally:
                faulthandler.cancel_dump_traceback_later()
        path.unlink()


def overtime(logs: Path, family: str, number: int) -> str:
    """What a trial that passed its time limit was doing; empty if it did not."""
    path = overtime_log(logs, family, number)
    text = path.read_text() if path.exists() else ""
    return text if "Timeout (" in text else ""  # else something other ended the step


def overtime_log(logs: Path, family: str, number: int) -> Path:
    """Where the stack of a trial stands that passed its time limit."""
    return logs / f"{family.replace(':', '-')}-{number}.overtime.txt"


def check_metrics(metrics: Mapping[str, float], needed: Sequence[str]) -> None:
    """Raise a `ValueError` if one that is needed is missing, or if any is NaN or infinite."""
    for metric in needed:
        if metric not in metrics:
            raise ValueError(
                f"the run reports no {metric!r}; it reports {', '.join(sorted(metrics))}"
            )
    bad = first_not_finite(metrics)
    if bad is not None:
        raise ValueError(f"{bad} is {metrics[bad]}, not a finite number")
