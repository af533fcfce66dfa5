"""The scheduler that a search asks for."""

from __future__ import annotations

from collections.abc import Iterable

from hypersearch.search.planned_search import Search
from hypersearch.search.schedulers.base import Scheduler
from hypersearch.search.schedulers.no_early_stopping import NoEarlyStopping
from hypersearch.search.schedulers.registry import SCHEDULERS
from hypersearch.search.storage.trial import Trial


def make_scheduler(search: Search, known: Iterable[Trial] = ()) -> Scheduler:
    """Make it; it takes into account what `known` trials have reached.

    With several objectives no trial is stopped: of two trials, neither may be the better. Nor is
    one where a ladder has no rung.
    """
    spec = SCHEDULERS[search.asked.scheduler]
    if len(search.metrics) > 1 or (spec.stops_by_rungs and not search.ladder):
        return NoEarlyStopping()
    return spec.make(search.mode, search.ladder, search.asked.reduction_factor, known)
