"""A trial: its configuration, its steps and how it ended."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, TypeAlias

import numpy as np

from hypersearch.models.api import Value

State: TypeAlias = Literal["RUNNING", "COMPLETE", "PRUNED", "FAIL"]


@dataclass
class Trial:
    """One configuration on its way."""

    family: str
    number: int
    name: str  # a baseline's; else empty
    params: dict[str, Value]
    seed: int
    max_resource: int  # the resource at which it is complete
    state: State = "RUNNING"
    cut: bool = False  # ended with its search and not by its own merit: `resume` takes it up again
    replicate_of: int | None = None  # the first trial of the same configuration
    steps: list[Step] = field(default_factory=list)
    failure: str = ""  # the whole traceback
    started: float = 0.0  # when it first began, seconds since 1970
    ended: float = 0.0  # when it ended last
    attrs: dict[str, Any] = field(default_factory=dict)  # what the sampler noted of it

    @property
    def resource(self) -> int:
        """Resource spent."""
        return self.steps[-1].resource if self.steps else 0

    @property
    def seconds(self) -> float:
        """Spent in its steps."""
        return self.steps[-1].seconds if self.steps else 0.0

    @property
    def objective(self) -> float | None:
        """The last value of the search's first metric.

        None before the first step, and for a failed trial.
        """
        return self.steps[-1].objective if self.steps and self.state != "FAIL" else None

    @property
    def metrics(self) -> dict[str, float]:
        """All figures of the last step."""
        return self.steps[-1].metrics if self.steps else {}

    @property
    def finished(self) -> bool:
        """True if it will not go on."""
        return self.state != "RUNNING" and not self.cut

    def rewind(self, resource: int) -> None:
        """Back to RUNNING, with the steps up to `resource`."""
        self.state, self.cut, self.failure = "RUNNING", False, ""
        self.steps = [step for step in self.steps if step.resource <= resource]


@dataclass(frozen=True)
class Step:
    """What one step gave."""

    resource: int  # after it
    seconds: float  # of all steps so far
    objective: float
    metrics: dict[str, float]


def trial_seed(study_seed: int, number: int, replicate: int = 0) -> int:
    """The seed of a trial, 0 … 2³¹ - 1, from the study's seed and the trial's number.

    `replicate` > 0 gives further seeds of the same trial.
    """
    words = [study_seed, number, replicate] if replicate else [study_seed, number]
    return int(np.random.SeedSequence(words).generate_state(1)[0] % 2**31)


def first_not_finite(metrics: Mapping[str, float]) -> str | None:
    """The name of the first metric that is NaN or infinite, or None."""
    return next((name for name, value in metrics.items() if not math.isfinite(value)), None)
