"""Incumbents, intervals and duels, against figures worked out by hand."""

from __future__ import annotations

import math

import numpy as np
import pytest

from hypersearch.analysis.comparison.incumbents import (
    AXES,
    IncumbentTrajectory,
    PairwiseComparison,
    TimeToTarget,
    compare_pair,
    curve,
    interval_rank,
    spread_of,
    time_to_target,
    trajectory,
)
from tests.analysis.played import play, trial
from tests.analysis.test_events import CRASHED

INF = math.inf
SEARCH = [
    *trial(0, 0, "COMPLETE", 0.98, 0.99, name="R5"),
    *trial(1, 10, "COMPLETE", 0.5, 0.8),
    *trial(2, 12, "PRUNED", 0.9),
    *trial(3, 13, "FAIL", 0.95),
    *trial(4, 14, "COMPLETE", 0.6, 0.85),
]


def rows(one: IncumbentTrajectory) -> list[tuple[float, ...]]:
    """Trials, resource, seconds and cost of each row."""
    return list(zip(*(one.axes[axis].tolist() for axis in AXES), one.cost_r.tolist(), strict=True))


def test_stopped_and_failed_trials_cost_but_are_no_incumbents(tmp_path):
    found = trajectory(play(tmp_path, "a", SEARCH, seed=7), "cnn", "accuracy", "max")
    assert rows(found) == [
        (0, 0, 0, INF),
        (1, 2, 2, -0.8),
        (2, 3, 3, -0.8),
        (3, 4, 4, -0.8),
        (4, 6, 6, -0.85),
        (4, 6, 6, -0.85),
    ]
    assert (found.study, found.seed, found.complete) == ("a", 7, 2)


def test_baselines_count_on_demand_with_what_they_took(tmp_path):
    found = trajectory(play(tmp_path, "a", SEARCH), "cnn", "accuracy", "max", baselines=True)
    assert rows(found)[:3] == [(0, 0, 0, INF), (1, 2, 2, -0.99), (2, 4, 12, -0.99)]


def test_another_metric_has_its_own_direction(tmp_path):
    found = trajectory(play(tmp_path, "a", SEARCH), "cnn", "loss", "min")
    assert found.cost_r.tolist() == pytest.approx([INF, 0.2, 0.2, 0.2, 0.15, 0.15])


def test_work_that_is_done_again_after_a_crash_counts_twice_and_the_pause_does_not(tmp_path):
    found = trajectory(play(tmp_path, "a", CRASHED), "cnn", "accuracy", "max")
    assert rows(found) == [(0, 0, 0, INF), (1, 3, 6, INF), (2, 4, 9, -0.6), (2, 4, 9, -0.6)]


def test_a_trial_that_takes_the_score_of_another_spends_nothing(tmp_path):
    copied = [(3, "start", 1, "", 0), (3, "step", 1, 0.8, 0.0), (3, "end", 1, "COMPLETE")]
    again = [(3, "start", 2, "", 0), (5, "step", 2, 0.7, 2.0), (5, "end", 2, "COMPLETE")]
    found = trajectory(
        play(tmp_path, "a", [*trial(0, 0, "COMPLETE", 0.8), *copied, *again]),
        "cnn",
        "accuracy",
        "max",
    )
    assert rows(found)[1:-1] == [(1, 1, 1, -0.8), (2, 1, 3, -0.8), (3, 2, 5, -0.8)]


def test_what_was_spent_on_a_trial_that_has_not_ended_counts(tmp_path):
    found = trajectory(
        play(tmp_path, "a", [*trial(0, 0, "COMPLETE", 0.8), *trial(1, 1, "", 0.9)[:-1]]),
        "cnn",
        "accuracy",
        "max",
    )
    assert rows(found) == [(0, 0, 0, INF), (1, 1, 1, -0.8), (1, 2, 2, -0.8)]


def test_a_search_without_trials(tmp_path):
    found = trajectory(play(tmp_path, "a", []), "cnn", "accuracy", "max")
    assert rows(found) == [(0, 0, 0, INF), (0, 0, 0, INF)]
    assert np.isnan(curve([found], "seconds", "max").spread.median).all()


def made(*finals: tuple[float, float]) -> IncumbentTrajectory:
    """A course of such trials and costs."""
    trials, costs = (
        np.array(values, dtype=float) for values in zip((0, INF), *finals, strict=True)
    )
    return IncumbentTrajectory(
        "",
        0,
        {"trials": trials, "resource": 10 * trials, "seconds": trials / 2},
        costs,
        len(finals),
    )


def test_a_curve_changes_where_any_search_does():
    found = curve(
        [made((1, -0.8), (2, -0.8), (4, -0.85)), made((1, -0.7), (2, -0.9))], "trials", "max"
    )
    assert found.at_p.tolist() == [0, 1, 2, 4]
    np.testing.assert_array_equal(found.spread.median, [np.nan, 0.7, 0.8, 0.85])
    np.testing.assert_array_equal(found.spread.low, [np.nan, 0.7, 0.8, 0.85])
    np.testing.assert_array_equal(found.spread.high, [np.nan, 0.8, 0.9, 0.9])


def test_the_median_is_missing_until_most_searches_have_an_incumbent():
    found = curve([made((1, 0.5)), made((3, 0.4)), made((9, 0.3))], "resource", "min")
    assert found.at_p.tolist() == [0, 10, 30, 90]
    np.testing.assert_array_equal(found.spread.median, [np.nan, np.nan, 0.5, 0.4])
    np.testing.assert_array_equal(found.spread.low, [np.nan, 0.5, 0.4, 0.3])
    np.testing.assert_array_equal(found.spread.high, [np.nan, np.nan, np.nan, 0.5])


@pytest.mark.parametrize(
    (
        "count",
        "rank",
    ),  # 2 · P(B(n, ½) < rank) ≤ 0.05: 2/32 is not, 2/64 is; (1 + 8)/128 is not, (1 + 9)/256 is
    [(1, 0), (5, 0), (6, 1), (8, 1), (9, 2), (20, 6)],
)
def test_interval_ranks(count, rank):
    assert interval_rank(count) == rank


def test_an_interval_of_many_leaves_out_the_extremes():
    assert spread_of(np.arange(9.0), "min") == (4, 1, 7)
    assert spread_of(-np.arange(9.0), "max") == (4, 1, 7)
    assert spread_of(np.array([3.0, 1.0, 2.0]), "min") == (2, 1, 3)


def test_reaching_a_target():
    sides = [made((1, 0.5), (4, 0.2)), made((3, 0.3)), made((9, 0.25))]
    assert time_to_target(sides, 0.3) == TimeToTarget(3, 4.0, 40.0, 2.0)
    assert time_to_target(sides, 0.26) == TimeToTarget(2, 9.0, 90.0, 4.5)
    assert time_to_target(sides, 0.2) == TimeToTarget(1, INF, INF, INF)


def test_the_median_search_meets_its_own_median():
    sides = [made((1, 0.5)), made((2, 0.4))]
    assert time_to_target(
        sides, float(spread_of(np.array([0.5, 0.4]), "min").median)
    ) == TimeToTarget(2, 2.0, 20.0, 1.0)


def test_a_duel_over_all_pairs_and_all_ways_to_deal():
    # 3 of 4 pairs; U of 2 + 2 is 0, 1, 2, 2, 3, 4: as far out as 3 lie 4 of 6
    assert compare_pair(np.array([-0.85, -0.9]), np.array([-0.75, -0.88])) == PairwiseComparison(
        0.75, pytest.approx(4 / 6), True
    )
    # all 9 pairs; 1 of 20 ways on each side
    assert compare_pair(np.array([1.0, 2.0, 3.0]), np.array([4.0, 5.0, 6.0])) == PairwiseComparison(
        1.0, pytest.approx(0.1), True
    )


def test_ties_count_half_and_no_incumbent_is_worst():
    assert compare_pair(np.array([1.0, INF]), np.array([1.0, INF])) == PairwiseComparison(
        0.5, 1.0, True
    )
    assert compare_pair(np.array([INF]), np.array([9.0])) == PairwiseComparison(0.0, None, True)


def test_many_searches_are_dealt_by_chance():
    found = compare_pair(np.arange(10.0), np.arange(10.0) + 5)
    assert not found.exact
    assert found.probability == 0.875  # 85 pairs won, 5 even, 10 lost
    assert 0 < found.p_value < 0.05
