"""A leaderboard as people read it: a title, few columns, cells in words, and notes; for terminal,
LaTeX and HTML.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

import pandas as pd

from hypersearch.analysis.formatting import (
    NOTHING,
    STATE_WORDS,
    apart,
    figures,
    parameters,
    plain,
    varied,
    with_difference,
    with_interval,
    with_spread,
)
from hypersearch.analysis.leaderboard.footnotes import Note, in_full, under
from hypersearch.analysis.leaderboard.text_table import WORDS
from hypersearch.analysis.study.ranking import fitted_to, objectives
from hypersearch.search.storage.study import Study, is_missing

SHOWN = ("trial", "objective", "resource", "seconds")  # always

Column: TypeAlias = tuple[str, list[str]]


@dataclass(frozen=True)
class LeaderboardTable:
    """`rows`: a cell for each of `columns`, of which the last is parameters."""

    title: str
    columns: tuple[str, ...]
    rows: list[tuple[str, ...]]
    notes: Sequence[Note]

    @property
    def left(self) -> list[bool]:
        """Of each column if its cells are words, which stand at the left."""
        return [
            name in WORDS or place == len(self.columns)
            for place, name in enumerate(self.columns, start=1)
        ]

    @property
    def head(self) -> int:
        """The place of the column that says what a row is of."""
        return next(place for place, name in enumerate(self.columns) if name in ("trial", "family"))


def built_table(title: str, columns: Sequence[Column], notes: Sequence[Note]) -> LeaderboardTable:
    """The board of these columns; nothing of it is left that a terminal would obey."""
    names, cells = zip(*columns, strict=True)
    rows = [tuple(map(plain, row)) for row in zip(*cells, strict=True)]
    return LeaderboardTable(plain(title), tuple(map(plain, names)), rows, notes)


def leaderboard_table(
    study: Study,
    family: str,
    ranked: pd.DataFrame,
    sort: str | None = None,
    most: int | None = None,
    interval: bool = True,
) -> LeaderboardTable:
    """One search, or the first `most` rows of it. `ranked`: its trials, best first, as
    `with_published` leaves them.

    `interval`: a mean over seeds stands with its interval, else with its deviation.
    """
    first = ranked if most is None else ranked.head(most)
    shown = f" (the first {most} shown)" if len(first) < len(ranked) else ""
    told = under(study, family, ranked, sort, shown, interval)
    whole = [[line] for line in in_full(ranked, study.search(family)["space"])]
    return built_table(
        title(study, family), table(study, family, first, sort, interval), [*whole, *told]
    )


def title(study: Study, family: str) -> str:
    """Quick · kmeans on digits, features pca:10."""
    on = "" if study.facts["dataset"]["name"] == "none" else f" on {study.facts['dataset']['name']}"
    return f"{study.name} · {family}{on}{fitted_to(study, family)}"


def table(
    study: Study, family: str, ranked: pd.DataFrame, sort: str | None, interval: bool
) -> list[Column]:
    """The columns, each with its cells."""
    search, rows = study.search(family), [row for _, row in ranked.iterrows()]
    goals = list(objectives(study, family))
    tested = next((c for c in (f"test.{search['metric']}", "test.accuracy") if c in ranked), None)
    also = _sorted_by(ranked, sort, [tested, *SHOWN, *(f"val.{goal}" for goal in goals)])
    scores = [
        ranked["objective"].tolist(),
        *([_other(row, metric) for row in rows] for metric in goals[1:]),
    ]
    over_seeds = with_interval if interval else with_spread
    names = varied(ranked, search["space"])
    return [
        ("#", [str(place) for place in range(1, len(rows) + 1)]),
        ("trial", [f"{row['trial']} {row['name']}".strip() for row in rows]),
        *((goal, figures(values)) for goal, values in zip(goals, scores, strict=True)),
        *(
            (column, [over_seeds(row, column) for row in rows])
            for column in (tested, *also)
            if column
        ),
        *(
            [("front", ["" if is_missing(front) else str(front) for front in ranked["front"]])]
            if len(goals) > 1
            else []
        ),
        *published(ranked),
        (search["resource"], [_amount(spent, 0) for spent in ranked["resource"]]),
        (
            "seconds",
            [
                _amount(spent, 1 if ranked["seconds"].max() >= 1 else 3)
                for spent in ranked["seconds"]
            ],
        ),
        ("state", [STATE_WORDS.get(state, state) for state in ranked["state"]]),
        (
            "parameters",
            [parameters(row, [*apart(row, names, search["space"]), *names]) for row in rows],
        ),
    ]


def published(trials: pd.DataFrame) -> list[Column]:
    """The column of published figures, if there are any."""
    if "published" not in trials:
        return []
    return [
        ("published", with_difference(trials["published"].tolist(), trials["difference"].tolist()))
    ]


def _sorted_by(ranked: pd.DataFrame, sort: str | None, shown: Sequence[str | None]) -> list[str]:
    """The column by which trials are ranked, unless it is shown anyway."""
    there = sort is not None and sort in ranked and not sort.startswith("param.")
    return [sort] if sort and there and sort not in shown else []


def _other(row: pd.Series[Any], metric: str) -> Any:
    """A further objective; like the first, a failed trial has none."""
    return None if row["state"] == "FAIL" else row.get(f"val.{metric}")


def _amount(value: Any, places: int) -> str:
    return NOTHING if is_missing(value) else f"{value:.{places}f}"
