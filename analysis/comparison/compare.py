"""Two or more sides of searches side by side: whose incumbent is better, after how much, and how
sure that is.

A side is a study, or all studies that match a pattern (`tpe-*`), the same search with other seeds.
Figures first (`compare`, a `Comparison` of each family), then words
(analysis/comparison/formats.py) or a picture (analysis/comparison/figure.py).
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from hypersearch.analysis.comparison.groups import (
    check_images,
    check_same,
    matching_groups,
    metric_of,
    notes,
    shared_families,
)
from hypersearch.analysis.comparison.incumbents import (
    AXES,
    Curve,
    IncumbentTrajectory,
    PairwiseComparison,
    Spread,
    TimeToTarget,
    compare_pair,
    curve,
    spread_of,
    time_to_target,
    trajectory,
)
from hypersearch.models.errors import UserError
from hypersearch.search.storage.study import Study


@dataclass(frozen=True)
class Group:
    """One side of a comparison: its searches, their last incumbents, and what the target took (None
    without one).
    """

    name: str
    courses: tuple[IncumbentTrajectory, ...]
    final: Spread
    curves: Mapping[str, Curve]  # by axis
    reach: TimeToTarget | None

    @property
    def complete(self) -> int:
        """Complete trials of all its searches."""
        return sum(one.complete for one in self.courses)

    def middle(self, axis: str) -> float:
        """What its median search spent in all; of an even number the greater of the two in the
        middle.
        """
        return sorted(float(one.axes[axis][-1]) for one in self.courses)[len(self.courses) // 2]


@dataclass(frozen=True)
class Comparison:
    """The sides by their incumbents on validation, in one family.

    mode: "min" or "max", where `metric` is better. resource: what a step is called. target: NaN if
    there is none. duels: of each pair of sides, by their names, how likely the first beats the
    second. notes: what a reader should know, a line each.
    """

    family: str
    dataset: str
    metric: str
    mode: str
    resource: str
    target: float
    sides: tuple[Group, ...]
    duels: Mapping[tuple[str, str], PairwiseComparison]
    notes: tuple[str, ...]


def compare(
    out: Path,
    names: Sequence[str],
    metric: str | None = None,
    target: float | None = None,
    family: str | None = None,
    baselines: bool = False,
) -> list[Comparison]:
    """Compare the named studies in `out` in `family`, or in each family that all of them searched.

    `names`: one a side; a pattern with * stands for all studies that match, the seeds of one side.
    By `metric` on validation (default: the objective). `target`: default the worst side's final
    incumbent. Raises a `UserError` for a name that matches nothing, for studies of different
    images, families or metrics, and for a figure that means something else in each.
    """
    if target is not None and not math.isfinite(target):
        raise UserError(f"--target: got {target}, expected a number")
    sides = dict(zip(names, matching_groups(out, names), strict=True))
    studies = list(itertools.chain(*sides.values()))
    check_images(studies)
    return [
        _compared(sides, name, metric, target, baselines)
        for name in shared_families(studies, family)
    ]


def _compared(
    sides: Mapping[str, Sequence[Study]],
    family: str,
    asked: str | None,
    target: float | None,
    baselines: bool,
) -> Comparison:
    studies = list(itertools.chain(*sides.values()))
    metric, mode = metric_of(studies, family, asked)
    check_same(studies, family, metric, baselines)
    courses = {
        name: [trajectory(study, family, metric, mode, baselines) for study in side]
        for name, side in sides.items()
    }
    finals = {name: np.array([one.cost_r[-1] for one in side]) for name, side in courses.items()}
    middle = {name: float(spread_of(costs, mode).median) for name, costs in finals.items()}
    aim = _worst(middle.values(), mode) if target is None else target
    return Comparison(
        family=family,
        dataset=str(studies[0].facts["dataset"]["name"]),
        metric=metric,
        mode=mode,
        resource=str(studies[0].search(family)["resource"]),
        target=aim,
        sides=tuple(_side(name, side, mode, aim) for name, side in courses.items()),
        duels={
            (a, b): compare_pair(finals[a], finals[b]) for a, b in itertools.combinations(finals, 2)
        },
        notes=tuple(notes(sides, family)),
    )


def pairs_with_chance(
    comparison: Comparison,
) -> Iterator[tuple[tuple[str, str], PairwiseComparison]]:
    """The pairs of sides but for those of one study against one, which say nothing of chance."""
    alone = {side.name for side in comparison.sides if len(side.courses) == 1}
    for names, pair in comparison.duels.items():
        if not alone.issuperset(names):
            yield names, pair


def _side(name: str, courses: Sequence[IncumbentTrajectory], mode: str, target: float) -> Group:
    sign = -1.0 if mode == "max" else 1.0
    return Group(
        name=name,
        courses=tuple(courses),
        final=spread_of(np.array([one.cost_r[-1] for one in courses]), mode),
        curves={axis: curve(courses, axis, mode) for axis in AXES},
        reach=None if math.isnan(target) else time_to_target(courses, sign * target),
    )


def _worst(values: Iterable[float], mode: str) -> float:
    there = [value for value in values if not math.isnan(value)]
    worst: Callable[[list[float]], float] = min if mode == "max" else max
    return worst(there) if there else math.nan
