"""Rungs, by hand."""

from __future__ import annotations

import pytest

from hypersearch.models.errors import UserError
from hypersearch.search.schedulers.rungs import first_rung, reached, rungs


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


def test_the_first_rung_is_later_where_there_is_room():
    assert [first_rung(full) for full in (1, 15, 26, 27, 243)] == [1, 1, 1, 3, 3]
    assert [first_rung(full, 4) for full in (27, 63, 64)] == [1, 1, 4]


def test_reached():
    assert [reached([1, 3, 9], resource) for resource in (0, 1, 2, 3, 100)] == [0, 1, 1, 2, 3]
