"""Asynchronous successive halving, with one bracket (ASHA) or several (asynchronous Hyperband).

ASHA: Li et al. 2020, arXiv 1810.05934. Of the trials that have reached a rung the best 1/η go on.
Each is judged as it arrives, against those that were there before it: the first one goes on, and so
does a tie with the cutoff.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np

from hypersearch.models.metrics import Mode
from hypersearch.search.schedulers.base import Scheduler
from hypersearch.search.storage.trial import Trial


class Bracket:
    """The rungs of one ladder, with the merit of each trial that has reached them; more merit is
    better.
    """

    def __init__(self, ladder: Sequence[int], factor: int) -> None:
        """`ladder`: the resources of the rungs, rising; `factor`: η."""
        self._percentile = (1 - 1 / factor) * 100
        self.rungs: dict[int, dict[int, float]] = {
            rung: {} for rung in sorted(ladder, reverse=True)
        }

    def should_stop(self, number: int, resource: int, merit: float) -> bool:
        """Judge a trial at the highest rung that it has reached and where it has not been judged
        yet.

        A trial that skips a rung is judged there at its next result, with what it then has.
        """
        for rung, merits in self.rungs.items():
            if resource >= rung and number not in merits:
                behind = bool(merits) and merit < np.percentile(
                    list(merits.values()), self._percentile
                )
                merits[number] = merit
                return bool(behind)
        return False

    def record(self, number: int, rung: int, merit: float) -> None:
        """Write down what a trial had at a rung, without judging it."""
        self.rungs[rung][number] = merit


class SuccessiveHalving:
    """The decisions of ASHA and of asynchronous Hyperband (a `StoppingRule`)."""

    def __init__(self, mode: Mode, ladders: Sequence[Sequence[int]], factor: int) -> None:
        """`ladders`: the rungs of each bracket, rising; `factor`: η.

        With s + 1 ladders, those of bracket i begin at r · η^i, as in Hyperband (Li et al. 2018,
        arXiv 1603.06560). Of the trials η^s go to the first bracket, η^(s-1) to the second, …, one
        to the last; then anew.
        """
        self._sign = 1.0 if mode == "max" else -1.0
        self.brackets = [Bracket(ladder, factor) for ladder in ladders]
        shares = [factor ** (len(ladders) - 1 - index) for index in range(len(ladders))]
        self._turns = [index for index, share in enumerate(shares) for _ in range(share)]

    def bracket(self, number: int) -> Bracket:
        """The bracket of a trial: by its number, so that it is the same after an interruption."""
        return self.brackets[self._turns[number % len(self._turns)]]

    def should_stop(self, number: int, resource: int, objective: float) -> bool:
        """True if the trial is at a rung, and worse there than the best 1/η."""
        return self.bracket(number).should_stop(number, resource, self._sign * objective)

    def add_existing(self, trial: Trial) -> None:
        """Record at each rung the trial's first step at or beyond it."""
        bracket = self.bracket(trial.number)
        for rung in bracket.rungs:
            reached = next((step for step in trial.steps if step.resource >= rung), None)
            if reached is not None:
                bracket.record(trial.number, rung, self._sign * reached.objective)


class ASHAScheduler(Scheduler):
    """Stops a trial that is not among the best 1/η of those that have reached its rung."""

    rule: SuccessiveHalving

    def __init__(
        self,
        mode: Mode,
        ladders: Sequence[Sequence[int]],
        factor: int,
        known: Iterable[Trial] = (),
    ) -> None:
        """`ladders`: the rungs of each bracket, one for ASHA; `factor`: η; `known`: earlier
        trials.
        """
        super().__init__(SuccessiveHalving(mode, ladders, factor), known)
