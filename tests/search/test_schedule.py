"""Rungs, by hand."""

from __future__ import annotations

import pytest

from models.errors import UserError
from search.halting import Halving
from search.schedule import reached, rungs


@pytest.mark.parametrize(
    ("full", "factor", "ladder"),
    [
        (1, 3, []),
        (2, 3, [1]),
        (3, 3, [1]),
        (4, 3, [1, 3]),
        (9, 3, [1, 3]),
        (10, 3, [1, 3, 9]),
        (243, 3, [1, 3, 9, 27, 81]),
        (16, 4, [1, 4]),
        (100, 2, [1, 2, 4, 8, 16, 32, 64]),
    ],
)
def test_rungs(full, factor, ladder):
    assert rungs(full, factor) == ladder


def test_first_rung():
    assert rungs(20, 3, first=2) == [2, 6, 18]


def test_factor_of_one_is_refused():
    with pytest.raises(UserError, match="^the reduction factor must be 2 or more, got 1$"):
        rungs(9, 1)


def test_reached():
    assert [reached([1, 3, 9], resource) for resource in (0, 1, 2, 3, 100)] == [0, 1, 1, 2, 3]


class Trial:
    def __init__(self, number, name=""):
        self.trial_id, self.config = str(number), {"name": name, "number": int(number)}


def decisions(mode, values, names=None):
    asha = Halving(mode, [[1, 3]], 3)
    found = []
    for number, value in enumerate(values):
        trial = Trial(number, names[number] if names else "")
        asha.on_trial_add(None, trial)
        found.append(asha.on_trial_result(None, trial, {"resource": 1, "objective": value}))
    return found


@pytest.mark.parametrize("mode", ["max", "min"])
def test_a_third_goes_on(mode):
    values = [1.0, 2.0, 3.0, 0.0, 2.5]
    signed = values if mode == "max" else [-value for value in values]
    # the first arrival goes on; 2 and 3 beat what came before; 0 and 2.5 are below the upper third of 1, 2, 3 …
    assert decisions(mode, signed) == ["CONTINUE", "CONTINUE", "CONTINUE", "STOP", "CONTINUE"]


def test_a_tie_with_the_cutoff_goes_on():
    assert decisions("max", [1.0, 1.0, 1.0]) == ["CONTINUE"] * 3


def test_baselines_are_neither_stopped_nor_counted():
    names = ["base", "base", "", ""]
    assert decisions("max", [9.0, 0.0, 1.0, 2.0], names) == ["CONTINUE"] * 4


def test_a_result_without_objective_goes_on():
    asha = Halving("max", [[1]], 3)
    trial = Trial(0)
    asha.on_trial_add(None, trial)
    assert asha.on_trial_result(None, trial, {"resource": 1, "failure": "…"}) == "CONTINUE"
