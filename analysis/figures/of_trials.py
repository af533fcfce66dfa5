"""The kinds of figures over the trials of a search, in the order in which a report shows them."""

from __future__ import annotations

from analysis.figures import (
    clusterings,
    density,
    halving,
    history,
    importances,
    intermediate,
    parallel,
    slices,
    timeline,
)
from analysis.figures.base import Kind

TRIAL_KINDS: tuple[Kind, ...] = (
    history.KIND,
    halving.KIND,
    intermediate.KIND,
    importances.KIND,
    slices.KIND,
    parallel.KIND,
    timeline.KIND,
    clusterings.KIND,
    density.KIND,
)
