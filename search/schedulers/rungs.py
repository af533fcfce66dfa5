"""The rungs of asynchronous successive halving (ASHA; Li et al. 2020, arXiv 1810.05934).

At each rung, r · η^i units of resource in the paper's symbols, a trial goes on if it is among the
best 1/η of those that have reached it. The full resource R is the end and not a rung: who arrives
there is done.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

from hypersearch.models.errors import UserError


def rungs(full: int, factor: int = 3, first: int = 1) -> list[int]:
    """The resources at which a trial may be stopped, rising, all below `full` (R); `factor` is η,
    `first` is r.

    >>> rungs(243)
    [1, 3, 9, 27, 81]
    """
    if factor < 2:
        raise UserError(f"the reduction factor must be 2 or more, got {factor}")
    ladder, rung = [], first
    while rung < full:
        ladder.append(rung)
        rung *= factor
    return ladder


def first_rung(full: int, factor: int = 3) -> int:
    """r: `factor` steps where there is room for three rungs, else one.

    A single step says little of where a long curve ends (benchmarks/2026-11-21-search-quality.md).
    """
    return factor if full >= factor**3 else 1


def reached(ladder: list[int], resource: int) -> int:
    """How many rungs a trial with `resource` spent has reached."""
    return sum(rung <= resource for rung in ladder)


def expected(full: int, ladder: Sequence[int], factor: int = 3) -> float:
    """Resource that a trial spends on average, if one in `factor` goes on at each rung of `ladder`.

    >>> expected(9, [1, 3])
    2.333333333333333
    >>> expected(9, [])
    9.0
    """
    stretches = pairwise([0, *ladder, full])
    return sum(
        (end - begin) / float(factor) ** passed for passed, (begin, end) in enumerate(stretches)
    )
