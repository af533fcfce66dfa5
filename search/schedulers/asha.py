"""Who stops trials early, and what stops a whole search.

Every rule here looks at whole units of resource, spares the baselines, and counts them not among
those that others must beat. A trial is judged at the first result at or beyond a rung; the first to
arrive there goes on, and so does a tie.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from typing import Any, TypeAlias

from ray.tune.schedulers import AsyncHyperBandScheduler, FIFOScheduler, MedianStoppingRule
from ray.tune.schedulers.async_hyperband import _Bracket

from hypersearch.models.metrics import Mode
from hypersearch.search.planned_search import Search
from hypersearch.search.storage.trial import Trial


def scheduler(search: Search, known: Iterable[Trial] = ()) -> Rule:
    """The rule that a search asks for; it takes into account what `known` trials have reached."""
    name, factor = search.asked.scheduler, search.asked.reduction_factor
    if len(search.metrics) > 1:
        return NoEarlyStopping()  # of two trials, neither may be the better
    if name == "asha" and search.ladder:
        return ASHAScheduler(search.mode, [search.ladder], factor, known)
    if name == "hyperband" and search.ladder:
        return ASHAScheduler(
            search.mode,
            [search.ladder[first:] for first in range(len(search.ladder))],
            factor,
            known,
        )
    if name == "median":
        return MedianStoppingRule(search.mode, known)
    return NoEarlyStopping()


class NoEarlyStopping(FIFOScheduler):  # type: ignore[misc]  # Ray ships no types for it
    """Stops no trial."""

    def take_in(self, trial: Trial) -> None:
        """Nothing depends on it."""


class ASHAScheduler(AsyncHyperBandScheduler):  # type: ignore[misc]  # Ray ships no types for it
    """Asynchronous successive halving; with several ladders, asynchronous Hyperband.

    ASHA: Li et al. 2020, arXiv 1810.05934. With s ladders, the rungs of ladder i begin at r · η^i,
    as in Hyperband's brackets (Li et al. 2018, arXiv 1603.06560); trials go to the ladders in turn,
    more to those that stop more.
    """

    def __init__(
        self, mode: Mode, ladders: Sequence[Sequence[int]], factor: int, known: Iterable[Trial] = ()
    ) -> None:
        """`ladders`: the rungs of each, rising; `factor`: η, the share 1/η of a rung goes on."""
        super().__init__("resource", "objective", mode, max_t=10**9, reduction_factor=factor)
        self._brackets = [_Bracket(1, 10**9, factor, 0) for _ in ladders]
        for bracket, ladder in zip(self._brackets, ladders, strict=True):
            bracket._rungs = [(rung, {}) for rung in reversed(ladder)]
        self._turns = [
            index
            for index in range(len(ladders))
            for _ in range(factor ** (len(ladders) - 1 - index))
        ]
        for trial in known:
            self.take_in(trial)

    def on_trial_add(self, tune_controller: Any, trial: Any) -> None:
        """Give a trial its ladder: by its number, so that it is the same after an interruption."""
        self._trial_info[trial.trial_id] = self._bracket(trial.config["number"])

    def on_trial_result(self, tune_controller: Any, trial: Any, result: dict[str, Any]) -> str:
        """STOP or CONTINUE; a trial that has failed has no objective and nothing to be judged
        by.
        """
        if not _judged(trial, result):
            return str(self.CONTINUE)
        return str(super().on_trial_result(tune_controller, trial, result))

    def on_trial_complete(self, tune_controller: Any, trial: Any, result: dict[str, Any]) -> None:
        """Count a searched trial at the last rung that it reached."""
        if _judged(trial, result):
            super().on_trial_complete(tune_controller, trial, result)
        else:
            self._trial_info.pop(trial.trial_id)

    def _bracket(self, number: int) -> Any:
        return self._brackets[self._turns[number % len(self._turns)]]

    def take_in(self, trial: Trial) -> None:
        """Write what a trial reached, which did not run under this scheduler, into its rungs."""
        if trial.name:
            return
        for rung, recorded in self._bracket(trial.number)._rungs:
            reached = next((step for step in trial.steps if step.resource >= rung), None)
            if reached is not None:
                recorded[str(trial.number)] = self._metric_op * reached.objective


class MedianStoppingRule(MedianStoppingRule):  # type: ignore[misc]  # Ray ships no types for it
    """Stop a trial whose best is worse than the median of the others' running means (Golovin et al.
    2017, Vizier).
    """

    def __init__(self, mode: Mode, known: Iterable[Trial] = ()) -> None:
        super().__init__(
            "resource",
            "objective",
            mode,
            grace_period=1,
            min_samples_required=3,
            min_time_slice=math.inf,
        )
        for trial in known:
            self.take_in(trial)

    def take_in(self, trial: Trial) -> None:
        """Count what a trial reached that did not run under this scheduler."""
        if not trial.name and trial.steps:
            key = f"known {trial.number}"
            self._results[key] = [
                {"resource": s.resource, "objective": s.objective} for s in trial.steps
            ]

    def on_trial_add(self, tune_controller: Any, trial: Any) -> None:
        """A trial that goes on brings what it did before."""
        super().on_trial_add(tune_controller, trial)
        before = self._results.pop(f"known {trial.config['number']}", None)
        if before:
            self._results[trial] = before

    def on_trial_result(self, tune_controller: Any, trial: Any, result: dict[str, Any]) -> str:
        """STOP or CONTINUE; a step that is done again after a worker's death is not judged
        again.
        """
        if not self._is_new(trial, result):
            return str(self.CONTINUE)
        return str(super().on_trial_result(tune_controller, trial, result))

    def on_trial_complete(self, tune_controller: Any, trial: Any, result: dict[str, Any]) -> None:
        """Count the last step of a searched trial, once."""
        if self._is_new(trial, result):
            super().on_trial_complete(tune_controller, trial, result)

    def _is_new(self, trial: Any, result: dict[str, Any]) -> bool:
        seen = self._results.get(trial)
        return _judged(trial, result) and (not seen or result["resource"] > seen[-1]["resource"])


def _judged(trial: Any, result: dict[str, Any]) -> bool:
    """True for a result of a searched trial; one that has failed has no objective."""
    return not trial.config["name"] and math.isfinite(result.get("objective", math.nan))


Rule: TypeAlias = ASHAScheduler | MedianStoppingRule | NoEarlyStopping
