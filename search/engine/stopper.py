"""What ends a whole search before its trials do."""

from __future__ import annotations

import math
import time
from typing import Any

from ray import tune


class Halted(Exception):  # noqa: N818  # no error: somebody wants it so
    """The search is to end before what its trials share is there."""


class Stop(tune.Stopper):  # type: ignore[misc]  # Ray ships no types for it
    """Ends a search: on an interrupt, when its time is spent, or when the record breaks.

    `budget` is the time of the study in seconds, shared among its searches.
    """

    def __init__(self, budget: float | None) -> None:
        self.interrupted = False
        self.broken: OSError | None = None  # why nothing can be recorded any more
        self._budget = budget or math.inf
        self._end: float | None = None
        self.deadline = math.inf  # of the search, on the clock of `time.monotonic`

    @property
    def reason(self) -> str:
        """Why a search ended before its trials did."""
        if self.broken:
            return "the record cannot be written"
        if self.interrupted:
            return "interrupted"
        return "its time is spent" if self.stop_all() else "by an error"

    def share(self, searches: int) -> None:
        """Give the next search an equal part of the time that `searches` of them have left.

        The first call starts the clock.
        """
        now = time.monotonic()
        self._end = self._end or now + self._budget
        self.deadline = now + (self._end - now) / searches

    def __call__(self, trial_id: str, result: dict[str, Any]) -> bool:
        """No single trial is stopped here."""
        return False

    def stop_all(self) -> bool:
        """True when the search should end."""
        return self.interrupted or self.broken is not None or time.monotonic() > self.deadline
