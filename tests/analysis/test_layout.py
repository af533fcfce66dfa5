"""What a narrow terminal shows of a table."""

from __future__ import annotations

import io

import pytest
from rich.console import Console

from hypersearch.analysis.leaderboard.text_table import fit_columns, fits

COLUMNS = ("trial", "accuracy", "published", "seconds", "parameters")
ROWS = [
    ("1 R5", "0.9000", "0.8997 +0.0003", "10.0", "depth=3 width=10"),
    ("2", "0.8000", "", "9.0", "depth=4"),
]


def heads(width, spare=()):
    console = Console(width=width, file=io.StringIO())
    console.print(fit_columns(COLUMNS, ROWS, width, "[bold]title", spare))
    lines = console.file.getvalue().splitlines()
    assert lines[0].strip() == "[bold]title"
    assert all(len(line) <= width for line in lines)
    return lines[1].split()


@pytest.mark.parametrize(
    ("width", "shown"),
    [
        (80, ["trial", "accuracy", "published", "seconds", "parameters"]),
        (
            54,
            ["trial", "accuracy", "published", "seconds", "parameters"],
        ),  # 5 + 8 + 14 + 7, four gaps, 12
        (53, ["trial", "accuracy", "published", "seconds"]),
        (40, ["trial", "accuracy", "published", "seconds"]),
        (39, ["trial", "accuracy", "seconds", "parameters"]),
        (23, ["trial", "accuracy"]),
    ],
)
def test_columns_go_in_their_order(width, shown):
    assert heads(width, ("published", "seconds")) == shown


def test_it_fits_or_not():
    assert fits(COLUMNS, ROWS, 40)
    assert not fits(COLUMNS, ROWS, 39)


def test_a_long_name_is_cut():
    console = Console(width=80, file=io.StringIO())
    console.print(
        fit_columns(("trial", "accuracy", "parameters"), [("0 " + "x" * 50, "0.9000", "a=1")], 80)
    )
    assert console.file.getvalue().splitlines()[1].split() == ["0", "x" * 21 + "…", "0.9000", "a=1"]
