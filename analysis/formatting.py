"""What stands in a cell of a leaderboard that people read: figures, configurations, names from
outside.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd

from hypersearch.models.text import one_line
from hypersearch.search.storage.study import is_missing

STATE_WORDS = {"COMPLETE": "done", "PRUNED": "stopped", "FAIL": "failed"}
NOTHING = "–"
HELD = "\N{NO-BREAK SPACE}"  # between words that stay on one line


def figures(values: Sequence[Any]) -> list[str]:
    """A column of figures: counts and large ones whole, else four decimals; a dash where one is
    missing.
    """
    there = [float(value) for value in values if not is_missing(value)]
    most = max(map(abs, there), default=0.0)
    whole = most >= 10_000 or (most >= 10 and all(value.is_integer() for value in there))
    return [
        NOTHING if is_missing(value) else f"{value:,.0f}" if whole else f"{value:.4f}"
        for value in values
    ]


def with_spread(row: pd.Series[Any], column: str) -> str:
    """A figure, with its standard deviation where it is a mean over seeds: 0.7900 ± 0.0100."""
    spread = row.get(f"{column}_std")
    return figures([row[column]])[0] + ("" if is_missing(spread) else f" ± {spread:.4f}")


def with_interval(row: pd.Series[Any], column: str) -> str:
    """A figure, with its interval where it is a mean over seeds: 0.7900 [0.7800, 0.8000]."""
    ends = [row.get(f"{column}_{end}") for end in ("low", "high")]
    if any(map(is_missing, ends)):
        return with_spread(row, column)
    mean, low, high = figures([row[column], *ends])
    return f"{mean} [{low}, {high}]"


def with_difference(published: Sequence[Any], differences: Sequence[Any]) -> list[str]:
    """A column of published figures, each with how far the trial is from it: 0.8997 +0.0023."""
    alike = figures([*published, *differences])  # as many decimals in both
    values, apart_from = alike[: len(published)], alike[len(published) :]
    return [
        "" if is_missing(ours) else f"{value} {'' if ours < 0 else '+'}{difference}"
        for value, difference, ours in zip(values, apart_from, differences, strict=True)
    ]


def parameters(row: pd.Series[Any], names: Sequence[str]) -> str:
    """The named parameters that the trial has: depth=3 learning_rate=0.00123."""
    return one_line(
        {name: row[f"param.{name}"] for name in names if not is_missing(row.get(f"param.{name}"))}
    )


def varied(ranked: pd.DataFrame, space: Mapping[str, Any]) -> list[str]:
    """The parameters whose values differ among the trials, in the space's order: those that the
    search varied.
    """
    there = [name for name in space if f"param.{name}" in ranked and not is_fixed(space[name])]
    return [name for name in there if ranked[f"param.{name}"].astype(str).nunique() > 1]


def apart(row: pd.Series[Any], names: Sequence[str], space: Mapping[str, Any]) -> list[str]:
    """The fixed parameters that a baseline has otherwise than the search: `--set` does not change a
    baseline.
    """
    fixed = [name for name in space if name not in names and is_fixed(space[name])]
    return [
        name for name in fixed if str(row.get(f"param.{name}")) != str(space[name]["searched"][0])
    ]


def is_fixed(parameter: Mapping[str, Any]) -> bool:
    """True of a parameter in study.json to which the search gives one value."""
    return len(parameter.get("searched", "several")) == 1


def plain(text: str) -> str:
    r"""On one line, and without what moves a terminal's cursor or turns the direction of writing.

    >>> plain("a\nb\x1b[31mred")
    'a b [31mred'
    """
    return "".join(each if each.isprintable() or each == HELD else " " for each in text).strip()
