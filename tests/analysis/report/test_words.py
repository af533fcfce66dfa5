"""Numbers, times and names as a report shows them."""

from __future__ import annotations

import math

import numpy as np
import pytest

from hypersearch.analysis import templating
from hypersearch.analysis.report import formatting


@pytest.mark.parametrize(
    ("values", "shown"),
    [
        ([0.91234, None, 1], ["0.9123", "–", "1.0000"]),
        ([-236.04, 12.5], ["−236.04", "12.50"]),
        ([1914601.2, -3], ["1,914,601", "−3"]),
        ([12, 3.0], ["12", "3"]),
        ([0.0, -0.00001], ["0.0000", "0.0000"]),
        ([9999.5], ["9,999.5"]),
        ([math.nan, math.inf], ["–", "inf"]),
        ([], []),
    ],
)
def test_column(values, shown):
    assert formatting.column(values) == shown


def test_a_figure_by_itself():
    assert formatting.figure(np.float64(0.5)) == "0.5000"
    assert formatting.figure(10.0, "clusters") == "10"
    assert formatting.figure(1.0, "clusters") == "1"
    assert formatting.figure(None) == "–"
    assert formatting.count(40933.0) == "40,933"


def test_spread():
    assert formatting.with_spread(0.94118, 0.00078) == "0.9412 ± 0.0008"
    assert formatting.with_spread(-236.0, 1.25) == "−236.0 ± 1.2"
    assert formatting.with_spread(0.9, None) == "0.9000"
    assert formatting.with_spread(None, None) == "–"


def test_signs():
    assert formatting.signed(0.0123, 4, plus=True) == "+0.0123"
    assert formatting.signed(-0.0123, 4, plus=True) == "−0.0123"
    assert formatting.signed(0.00001, 4, plus=True) == "0.0000"


@pytest.mark.parametrize(
    ("seconds", "shown"),
    [
        (0, "0.00 s"),
        (0.04, "0.04 s"),
        (9.94, "9.9 s"),
        (42.4, "42 s"),
        (59.7, "1 min"),
        (200, "3 min 20 s"),
        (3599, "59 min 59 s"),
        (3599.9, "1 h"),
        (7500, "2 h 5 min"),
        (86399, "24 h"),
        (100_000, "1 d 4 h"),
    ],
)
def test_durations(seconds, shown):
    assert formatting.duration(seconds).replace(formatting.HELD, " ") == shown


def test_times():
    assert formatting.day_and_time("2026-01-31T23:59:59+00:00") == "2026-01-31 23:59 UTC"
    assert formatting.day_and_time("2026-01-31T23:59:59+02:00") == "2026-01-31 21:59 UTC"
    assert formatting.day_and_time("yesterday") == "yesterday"
    assert formatting.moment(None) is None
    assert (
        formatting.span("2026-01-31T10:00:00+00:00", "yesterday")
        == "2026-01-31 10:00 UTC to yesterday"
    )


def test_long_words_are_cut_in_the_middle():
    assert formatting.short("abcdefghij", 5) == "abc…j"
    assert formatting.short("abcde", 5) == "abcde"
    assert len(formatting.short("x" * 10_000)) == formatting.LONG


def test_lists():
    assert [formatting.listed(names) for names in ([], ["a"], ["a", "b"], ["a", "b", "c"])] == [
        "",
        "a",
        "a and b",
        "a, b and c",
    ]


@pytest.mark.parametrize(
    ("part", "whole", "shown"),
    [
        (0, 0, "0~%"),
        (0, 9, "0~%"),
        (1, 10_000, "1~%"),
        (1, 2, "50~%"),
        (9_999, 10_000, "99~%"),
        (9, 9, "100~%"),
    ],
)
def test_shares(part, whole, shown):
    assert formatting.share(part, whole).replace(formatting.HELD, "~") == shown


def test_settings():
    assert [formatting.setting(value) for value in (0.00123456, 3, True, "adam", "None")] == [
        "0.00123",
        "3",
        "True",
        "adam",
        "None",
    ]


def test_what_html_may_not_hold_is_replaced():
    assert templating.clean("a\x00b\x1b\u202ec\ud800\n\t<ü漢🙂>") == "a�b��c�\n\t<ü漢🙂>"
