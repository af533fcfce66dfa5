"""The incumbent of a search, its best complete trial so far, over trials, resource and time; of one
seed and of many.

Figures are kept as costs, negated where more is better, so that less is better throughout; infinite
while there is no complete trial. Shape suffixes: r rows of one search, p points of a curve, s
searches of one side, one a seed.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from hypersearch.analysis.study.events import Event, elapsed, read
from hypersearch.search.storage.study import Study

FloatArray = NDArray[np.float64]

AXES = ("trials", "resource", "seconds")
LEVEL = 0.95
EXACT = 20_000  # ways to deal the studies to two sides, up to which all of them are counted


@dataclass(frozen=True)
class IncumbentTrajectory:
    """How one search came along: a row at its beginning, at the end of each trial, and at the end
    of the search.

    axes: of each of `AXES`, float64 (r,), what the whole search had spent by then; rising. cost_r:
    float64 (r,), of the incumbent; falling. complete: how many trials are.
    """

    study: str
    seed: int
    axes: Mapping[str, FloatArray]
    cost_r: FloatArray
    complete: int


class Spread(NamedTuple):
    """The middle of several searches, and the interval of `interval_rank`; NaN where there is no
    incumbent.
    """

    median: Any
    low: Any
    high: Any


@dataclass(frozen=True)
class Curve:
    """The incumbent over the searches of a side, a step function: `spread` holds from at_p[i] until
    at_p[i + 1].

    at_p: float64 (p,), rising from 0. spread: float64 (p,) each, in the metric's own direction. A
    search that has ended keeps its last incumbent.
    """

    at_p: FloatArray
    spread: Spread


@dataclass(frozen=True)
class TimeToTarget:
    """What it took to reach a target: `searches` that did, and the median of all; infinite if half
    never did.
    """

    searches: int
    trials: float
    resource: float
    seconds: float


@dataclass(frozen=True)
class PairwiseComparison:
    """How likely the final incumbent of a search of one side beats that of the other, a tie counted
    as half.

    probability: P(X < Y) + P(X = Y) / 2 over all pairs (Mann and Whitney 1947, U / mn). p_value:
    two-sided, of the searches having been dealt to the two sides by chance; None for a side of one
    search. exact: whether all ways to deal them were counted.
    """

    probability: float
    p_value: float | None
    exact: bool


def trajectory(
    study: Study, family: str, metric: str, mode: str, baselines: bool = False
) -> IncumbentTrajectory:
    """The course of one search by a validation metric; its baselines, and what they took, count on
    demand only.

    All that was spent counts, also by stopped and failed trials, and what was done twice because a
    checkpoint was older than a crash. A trial that took the score of an earlier one of the same
    configuration spent nothing.
    """
    events = _events(study, family, baselines)
    states = _states(study, family)
    ends = {e.trial: number for number, e in enumerate(events) if e.trial in states and _ends(e)}
    tally = _Tally(metric, -1.0 if mode == "max" else 1.0)
    rows = [(0.0, 0.0, 0.0, math.inf)]
    for number, (event, seconds) in enumerate(zip(events, elapsed(events), strict=True)):
        tally.process(event)
        if ends.get(event.trial) == number:
            cost = tally.cost(event.trial) if states[event.trial] == "COMPLETE" else math.inf
            rows.append((len(rows), tally.spent, seconds, min(rows[-1][-1], cost)))
    rows.append((rows[-1][0], tally.spent, max(elapsed(events), default=0.0), rows[-1][-1]))
    *columns, cost_r = np.array(rows, dtype=float).T
    complete = sum(states[trial] == "COMPLETE" for trial in ends)
    return IncumbentTrajectory(
        study.folder.name,
        study.facts["seed"],
        dict(zip(AXES, columns, strict=True)),
        cost_r,
        complete,
    )


def curve(courses: Sequence[IncumbentTrajectory], axis: str, mode: str) -> Curve:
    """The incumbent over several searches along one of `AXES`, at the points where it changes and
    at its two ends.
    """
    at_p = np.unique(np.concatenate([c.axes[axis] for c in courses]))
    cost_ps = np.stack([cost_at(c, axis, at_p) for c in courses], axis=1)
    spread = spread_of(cost_ps, mode)
    shown = np.nan_to_num(np.stack(spread), nan=math.inf)
    kept = np.append(True, (shown[:, 1:] != shown[:, :-1]).any(axis=0))
    kept[-1] = True
    return Curve(at_p[kept], Spread(*(values[kept] for values in spread)))


def cost_at(one: IncumbentTrajectory, axis: str, at_p: FloatArray) -> FloatArray:
    """The incumbent's cost at each point, which is 0 or more."""
    return one.cost_r[np.searchsorted(one.axes[axis], at_p, side="right") - 1]


def spread_of(cost_s: FloatArray, mode: str) -> Spread:
    """Median and interval over the last axis, in the metric's own direction.

    The median of an even number is the worse of the two in the middle: so most searches are no
    worse, and the curve of medians meets a target where the median search does.
    """
    ranked, count = np.sort(cost_s, axis=-1), cost_s.shape[-1]
    rank = max(interval_rank(count), 1)
    median, better, worse = (
        _value(ranked[..., i], mode) for i in (count // 2, rank - 1, count - rank)
    )
    return Spread(median, worse, better) if mode == "max" else Spread(median, better, worse)


def interval_rank(count: int) -> int:
    """Which of `count` sorted values, from either end, bounds a 95 % interval of their median; 0 if
    they are too few.

    From the binomial distribution (Thompson 1936). Below six not even least and greatest are that
    sure.
    """
    from scipy.stats import binom

    return int(binom.ppf((1 - LEVEL) / 2, count, 0.5))


def time_to_target(courses: Sequence[IncumbentTrajectory], target_cost: float) -> TimeToTarget:
    """What the searches had spent when their incumbent first cost no more than the target."""
    spent = {
        axis: sorted(_first(c.axes[axis], c.cost_r <= target_cost) for c in courses)
        for axis in AXES
    }
    there = sum(math.isfinite(trials) for trials in spent["trials"])
    return TimeToTarget(
        there, **{axis: values[len(courses) // 2] for axis, values in spent.items()}
    )


def compare_pair(ours_s: FloatArray, theirs_s: FloatArray) -> PairwiseComparison:
    """Of the final costs of two sides."""
    won = (ours_s[:, None] < theirs_s).mean() + (ours_s[:, None] == theirs_s).mean() / 2
    ways = math.comb(len(ours_s) + len(theirs_s), len(ours_s))
    several = min(len(ours_s), len(theirs_s)) > 1
    return PairwiseComparison(
        float(won), _by_chance(ours_s, theirs_s) if several else None, ways <= EXACT
    )


def _by_chance(ours_s: FloatArray, theirs_s: FloatArray) -> float:
    from scipy.stats import PermutationMethod, mannwhitneyu

    method = PermutationMethod(n_resamples=EXACT, rng=0)
    return float(mannwhitneyu(ours_s, theirs_s, method=method).pvalue)


class _Tally:
    """What a search has spent so far, and the last figure of each of its trials."""

    def __init__(self, metric: str, sign: float) -> None:
        self.spent = 0.0
        self._metric, self._sign = metric, sign
        self._reached: dict[int, float] = {}
        self._last: dict[int, float] = {}
        self._again: set[int] = set()

    def process(self, event: Event) -> None:
        if event.happening == "start" and event.facts.get("replicate_of") is not None:
            self._again.add(event.trial)
        if event.happening == "step":
            copied = event.trial in self._again and event.facts["seconds"] == 0
            self.spent += (
                0 if copied else event.facts["resource"] - self._reached.get(event.trial, 0)
            )
            self._last[event.trial] = self._sign * float(
                event.facts["metrics"].get(self._metric, math.nan)
            )
        if event.happening in ("step", "rewind"):
            self._reached[event.trial] = event.facts["resource"]

    def cost(self, trial: int) -> float:
        cost = self._last.get(trial, math.nan)
        return cost if math.isfinite(cost) else math.inf


def _events(study: Study, family: str, baselines: bool) -> list[Event]:
    events = [event for event in read(study) if event.family == family]
    named = {event.trial for event in events if event.happening == "start" and event.facts["name"]}
    return [event for event in events if baselines or event.trial not in named]


def _states(study: Study, family: str) -> dict[int, str]:
    rows = study.trials[study.trials["family"] == family]
    return dict(zip(rows["trial"].astype(int), rows["state"], strict=True))


def _ends(event: Event) -> bool:
    return event.happening == "end" or (event.happening == "step" and bool(event.facts["complete"]))


def _value(cost: FloatArray, mode: str) -> Any:
    """A cost as the metric has it; NaN for an infinite one."""
    return np.where(np.isinf(cost), np.nan, 0.0 - cost if mode == "max" else cost)[()]


def _first(at_r: FloatArray, there_r: NDArray[np.bool_]) -> float:
    return float(at_r[there_r.argmax()]) if there_r.any() else math.inf
