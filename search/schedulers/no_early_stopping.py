"""Every trial runs to its full resource."""

from __future__ import annotations

from hypersearch.search.schedulers.base import Scheduler
from hypersearch.search.storage.trial import Trial


class NeverStop:
    """A `StoppingRule` that stops nothing."""

    def should_stop(self, number: int, resource: int, objective: float) -> bool:
        """False."""
        return False

    def add_existing(self, trial: Trial) -> None:
        """Nothing: no decision depends on it."""


class NoEarlyStopping(Scheduler):
    """Stops no trial."""

    def __init__(self) -> None:
        super().__init__(NeverStop())
