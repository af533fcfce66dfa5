"""The median stopping rule (Golovin et al. 2017, Google Vizier)."""

from __future__ import annotations

import bisect
from collections.abc import Iterable
from dataclasses import dataclass, field

import numpy as np

from hypersearch.models.metrics import Mode
from hypersearch.search.schedulers.base import Scheduler
from hypersearch.search.storage.trial import Trial

NEEDED = 3  # other trials that must have come as far before one is stopped


@dataclass
class Curve:
    """The objectives of a trial by resource, rising, and the mean of all up to each."""

    resources: list[int] = field(default_factory=list)
    objectives: list[float] = field(default_factory=list)
    means: list[float] = field(default_factory=list)

    @property
    def reached(self) -> int:
        """The resource of the last objective; 0 without any."""
        return self.resources[-1] if self.resources else 0

    def append(self, resource: int, objective: float) -> None:
        """Add an objective at a resource beyond all others."""
        self.resources.append(resource)
        self.objectives.append(objective)
        self.means.append(float(np.mean(self.objectives)))

    def mean_until(self, resource: int) -> float | None:
        """The mean of the objectives up to a resource; None if the first one comes later."""
        count = bisect.bisect_right(self.resources, resource)
        return self.means[count - 1] if count else None


class MedianRule:
    """Compares a trial's best objective with the median of the others' running means (a
    `StoppingRule`).
    """

    def __init__(self, mode: Mode) -> None:
        self._sign = 1.0 if mode == "max" else -1.0
        self.curves: dict[int, Curve] = {}  # by trial number; of merits: more is better

    def should_stop(self, number: int, resource: int, objective: float) -> bool:
        """True if the trial's best so far is worse than the median; a tie goes on.

        The median is of the running means up to `resource` of all others that have come as far, at
        least `NEEDED`.
        """
        curve = self.curves.setdefault(number, Curve())
        if resource <= curve.reached:
            return False  # done again after a worker's death, and judged before
        curve.append(resource, self._sign * objective)
        others = [
            each for each in self.curves.values() if each is not curve and each.reached >= resource
        ]
        means = [mean for each in others if (mean := each.mean_until(resource)) is not None]
        return len(means) >= NEEDED and max(curve.objectives) < float(np.median(means))

    def add_existing(self, trial: Trial) -> None:
        """Count the steps of a trial; one that goes on is judged with them."""
        if trial.steps:
            curve = self.curves[trial.number] = Curve()
            for step in trial.steps:
                curve.append(step.resource, self._sign * step.objective)


class MedianStoppingRule(Scheduler):
    """Stops a trial whose best objective is worse than the median of the others' running means."""

    rule: MedianRule

    def __init__(self, mode: Mode, known: Iterable[Trial] = ()) -> None:
        """`known`: earlier trials."""
        super().__init__(MedianRule(mode), known)
