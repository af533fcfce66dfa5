"""The exhaustive grid."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest

from hypersearch.models.families import toy
from hypersearch.search.engine.runner import warnings_for
from hypersearch.search.space import proposals
from hypersearch.search.storage.trial import Trial
from hypersearch.search.suggest.optuna_searcher import OptunaSearcher
from tests.contracts.test_searchers import CENTRE, planned, play


def values(trials: Sequence[Trial], name: str) -> list[Any]:
    return sorted({trial.params[name] for trial in trials if name in trial.params})


def test_the_grid_is_exhaustive_and_evenly_spaced() -> None:
    trials = play(OptunaSearcher(planned("grid", 100, baselines=False), seed=0))
    assert len(trials) == 5 * 5 + 5  # x by y in the bowl, x in the valley
    assert values(trials, "x") == values(trials, "y") == [0.0, 0.25, 0.5, 0.75, 1.0]
    assert len({json.dumps(trial.params, sort_keys=True) for trial in trials}) == 30


def test_the_grid_does_not_repeat_a_baseline() -> None:
    trials = play(OptunaSearcher(planned("grid", 100), seed=0))
    assert len(trials) == 30
    assert [trial.params for trial in trials].count(CENTRE) == 1


def test_the_grid_ends_early() -> None:
    search = planned("grid", 40, set={"shape": "valley"}, space={"x": "0..0.4"}, baselines=False)
    bridge = OptunaSearcher(search, seed=0)
    trials = play(bridge)
    assert [trial.params["x"] for trial in trials] == pytest.approx([0.0, 0.1, 0.2, 0.3, 0.4])
    assert bridge.exhausted


@pytest.mark.parametrize(
    ("trials", "said"),
    [
        (29, ["toy: the grid has more than 29 points; only its first ones, in order, are tried"]),
        (30, []),
        (100, ["toy: the grid has 30 points; there are no more trials than these"]),
    ],
)
def test_a_grid_larger_or_smaller_than_the_search_is_said_to_be(
    trials: int, said: list[str]
) -> None:
    assert list(warnings_for(planned("grid", trials), [])) == said


def test_the_grid_is_evenly_spaced_on_a_log_scale() -> None:
    family = replace(
        toy.FAMILY,
        space={"x": proposals.Float(0.01, 100, log=True), "shape": proposals.Choice(("valley",))},
    )
    search = replace(planned("grid", 9, baselines=False), family=family, space=family.space)
    assert [t.params["x"] for t in play(OptunaSearcher(search, 0))] == pytest.approx(
        [0.01, 0.1, 1, 10, 100]
    )
