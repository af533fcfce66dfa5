"""`journal.jsonl`, the record of a study: one line for each start, step and end of a trial."""

from __future__ import annotations

import fcntl
import json
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from io import FileIO
from pathlib import Path
from typing import Any

from hypersearch.models.errors import UserError
from hypersearch.search.storage.files import Row
from hypersearch.search.storage.trial import Step, Trial

JOURNAL = "journal.jsonl"  # in a study folder
PLAN = ("name", "params", "seed", "max_resource", "replicate_of", "attrs")
"""What the first line of a trial in the journal says of it."""
RENAMED = {"limit": "max_resource"}  # what lines say under other names since 0.2


class Journal:
    """A file of JSON lines, held by one process at a time.

    A line that a crash left torn is dropped.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._broken: OSError | None = None
        self._file = path.open("a+b", buffering=0)
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            self._file.close()
            raise UserError(
                f"study {path.parent.name!r} is being run by another process"
            ) from error

    def mend(self) -> None:
        """Cut off a torn last line, so that the next one begins afresh."""
        *whole, torn = self.path.read_bytes().split(b"\n")
        if torn:
            self._file.truncate(sum(len(line) + 1 for line in whole))

    def append(self, event: str, trial: Trial, facts: Row) -> float:
        """Add a line, and return its time; it is with the operating system then.

        On an error the file is as before.
        """
        if self._broken:
            raise self._broken
        now = time.time()
        line = json.dumps(
            {"event": event, "at": now, "family": trial.family, "trial": trial.number, **facts}
        )
        before = self._file.seek(0, 2)
        try:
            _write(self._file, line.encode() + b"\n")
        except OSError as error:
            self._broken = error  # a shorter line might fit, and tell of an end without its step
            with suppress(OSError):
                self._file.truncate(before)
            raise
        return now

    def close(self) -> None:
        """Let go of the file."""
        self._file.close()


def read_lines(path: Path) -> Iterator[dict[str, Any]]:
    """The lines of a journal, in order; none without a file; torn lines are passed over."""
    for line in path.read_bytes().split(b"\n") if path.is_file() else ():
        with suppress(ValueError):
            event = json.loads(line)
            if isinstance(event, dict):
                yield {RENAMED.get(str(key), str(key)): value for key, value in event.items()}


def replay_journal(path: Path) -> dict[tuple[str, int], Trial]:
    """The trials that a journal tells of, by family and number. Torn lines are passed over."""
    trials: dict[tuple[str, int], Trial] = {}
    for event in read_lines(path):
        with suppress(ValueError, KeyError, TypeError):
            key = str(event["family"]), int(event["trial"])
            if event["event"] == "start":
                trials[key] = Trial(
                    *key, **{name: event[name] for name in PLAN}, started=event["at"]
                )
            else:
                REPLAY[event["event"]](trials[key], event)
    return trials


def _write(file: FileIO, data: bytes) -> None:
    """All of `data`: a full disk takes a part of it before it complains."""
    while data:
        data = data[file.write(data) :]


def _step(trial: Trial, event: Row) -> None:
    trial.steps.append(
        Step(*(event[key] for key in ("resource", "seconds", "objective", "metrics")))
    )
    if event["complete"]:
        trial.state = "COMPLETE"
    elif event.get("stopped"):
        trial.state = "PRUNED"


def _end(trial: Trial, event: Row) -> None:
    trial.state, trial.cut, trial.failure = event["state"], event["cut"], event["failure"]
    trial.ended = event["at"]


REPLAY: dict[str, Callable[[Trial, Row], None]] = {
    "step": _step,
    "end": _end,
    "rewind": lambda trial, event: trial.rewind(event["resource"]),
}
