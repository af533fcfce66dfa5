"""Start points: what a searcher that learns proposes first."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from hypersearch.search.planned_search import Search
from hypersearch.search.searchers import SEARCHERS
from hypersearch.search.suggest.optuna_searcher import OptunaSearcher
from tests.contracts.test_searchers import (
    begin,
    every_searcher,
    interrupted,
    planned,
    play,
    recorded,
)


def with_starts(searcher: str, **options: Any) -> Search:
    search = planned(searcher, 8, **options)
    starts = ({"x": 0.25, "shape": "valley"}, {"x": 0.75, "shape": "bowl", "y": 0.5})
    return replace(search, family=replace(search.family, initial_points=starts))


@every_searcher
def test_a_searcher_that_learns_begins_at_the_start_points(searcher: str) -> None:
    baseline, *proposed = play(OptunaSearcher(with_starts(searcher), seed=0))
    assert baseline.name == "centre"
    begins = [trial.params for trial in proposed[:2]] == [
        *with_starts(searcher).family.initial_points
    ]
    assert begins == SEARCHERS[searcher].learns
    assert not any(trial.name for trial in proposed)


@pytest.mark.parametrize("searcher", ["tpe", "nsga2"])
def test_of_a_start_point_outside_of_the_space_what_lies_within_is_kept(searcher: str) -> None:
    search = with_starts(searcher, space={"x": "0.5..0.9"}, set={"shape": "bowl"})
    _, first, second, *_ = play(OptunaSearcher(search, seed=0))
    assert 0.5 <= float(first.params["x"] or 0) <= 0.9
    assert first.params["shape"] == "bowl"
    assert second.params == search.family.initial_points[1]


def test_a_start_point_that_a_kill_left_out_is_proposed_again() -> None:
    search = with_starts("tpe", baselines=False)
    bridge = OptunaSearcher(search, seed=0)
    _, second = begin(bridge), begin(bridge)
    again = OptunaSearcher(search, 0, recorded([second]))  # type: ignore[list-item]
    assert [begin(again).params for _ in range(2)] == [
        second.params,
        search.family.initial_points[0],
    ]  # type: ignore[union-attr]


@pytest.mark.parametrize("searcher", ["tpe", "nsga2"])
@pytest.mark.parametrize("after", [1, 2, 3, 6])
def test_a_start_point_is_proposed_once_whatever_interrupts(searcher: str, after: int) -> None:
    whole, resumed = interrupted(with_starts(searcher), after, 1)
    assert [trial.params for trial in resumed] == [trial.params for trial in whole]
