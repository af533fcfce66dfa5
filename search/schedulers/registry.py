"""The schedulers by name. A new one is a row here; everything that names a scheduler reads it from
the row.

Importing this loads no Ray: the class of a scheduler is imported when one is made.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

from hypersearch.search.schedulers.rungs import first_rung, rungs

if TYPE_CHECKING:
    from hypersearch.models.metrics import Mode
    from hypersearch.search.schedulers.base import Scheduler
    from hypersearch.search.storage.trial import Trial

Make: TypeAlias = "Callable[[Mode, Sequence[int], int, Iterable[Trial]], Scheduler]"


@dataclass(frozen=True)
class SchedulerSpec:
    """What there is to know of a scheduler without making one."""

    name: str
    help: str  # a sentence: who is stopped, and when
    make: Make  # from the mode, the ladder of rungs, the factor η and the trials that are known
    stops_early: bool = True
    first_rung: Callable[[int, int], int] | None = (
        None  # r, from the full resource R and η; None: no rungs
    )
    plan: str = ""  # where there are no rungs: when trials are judged, for `--dry-run`

    @property
    def stops_by_rungs(self) -> bool:
        """True if trials are judged at the rungs of a ladder."""
        return self.first_rung is not None

    def ladder(self, full: int, factor: int) -> list[int]:
        """The rungs of a trial of `full` units; empty if it judges by none."""
        if self.first_rung is None:
            return []
        return rungs(full, factor, self.first_rung(full, factor))


def _asha(mode: Mode, ladder: Sequence[int], factor: int, known: Iterable[Trial]) -> Scheduler:
    from hypersearch.search.schedulers.asha import ASHAScheduler

    return ASHAScheduler(mode, [ladder], factor, known)


def _hyperband(mode: Mode, ladder: Sequence[int], factor: int, known: Iterable[Trial]) -> Scheduler:
    from hypersearch.search.schedulers.asha import ASHAScheduler

    ladders = [ladder[first:] for first in range(len(ladder))]
    return ASHAScheduler(mode, ladders, factor, known)


def _median(mode: Mode, ladder: Sequence[int], factor: int, known: Iterable[Trial]) -> Scheduler:
    from hypersearch.search.schedulers.median import MedianStoppingRule

    return MedianStoppingRule(mode, known)


def _none(mode: Mode, ladder: Sequence[int], factor: int, known: Iterable[Trial]) -> Scheduler:
    from hypersearch.search.schedulers.no_early_stopping import NoEarlyStopping

    return NoEarlyStopping()


def _from_one(full: int, factor: int) -> int:
    """Hyperband's brackets begin at several rungs, so its ladder begins at the first unit."""
    return 1


DEFAULT = "asha"
SCHEDULERS: dict[str, SchedulerSpec] = {
    spec.name: spec
    for spec in (
        SchedulerSpec(
            name="asha",
            help="At 1, 3, 9, … units (3, 9, … of 27 and more) all but the best third so far stop.",
            make=_asha,
            first_rung=first_rung,
        ),
        SchedulerSpec(
            name="hyperband",
            help="As asha on several ladders: some trials are first judged at 3, at 9, …",
            make=_hyperband,
            first_rung=_from_one,
        ),
        SchedulerSpec(
            name="median",
            help="A trial stops that is worse than the median of the others' running means.",
            make=_median,
            plan="every step: who is worse than the median of the others is stopped",
        ),
        SchedulerSpec(
            name="none",
            help="Every trial runs to its full resource.",
            make=_none,
            stops_early=False,
            plan="none: no trial is stopped early",
        ),
    )
}
