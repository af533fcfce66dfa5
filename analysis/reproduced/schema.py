"""What a table of a report is made of, as data: its columns, its rows, and which searched trials do
the same.

A report's own figures stand with the baselines (`Baseline.figures`), in a row those that no
baseline carries.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal, TypeAlias

from hypersearch.models.metrics import Mode, mode_of

Cell: TypeAlias = float | int | str | None
Form: TypeAlias = Literal["share", "count", "large", "words"]


@dataclass(frozen=True)
class Column:
    """A column.

    key: a column of trials.csv or history.csv; `metric@5`: that after five steps; or a name that
    `Found.figure` knows. form: four decimals, a whole number, one decimal, or words.
    """

    heading: str
    key: str
    form: Form = "share"


@dataclass(frozen=True)
class Best:
    """Which trials do the same task: those of `families`, with these values of their columns, or at
    most these.

    metric: without `val.` or `test.`, by which the best is chosen on validation. hidden: keys that
    do not compare.
    """

    families: tuple[str, ...]
    metric: str
    equal: Mapping[str, Cell] = field(default_factory=dict)
    at_most: Mapping[str, float] = field(default_factory=dict)
    hidden: tuple[str, ...] = ()

    @property
    def mode(self) -> Mode:
        """Where the metric is better."""
        return mode_of(self.metric)


@dataclass(frozen=True)
class Row:
    """A row of a report: the baseline of `family` that stands for it (empty: the search's own
    trial).

    theirs: figures by key, beside those that the baseline carries. says: what the report says
    instead of figures. protocol: how ours is made, and where that differs; {train}, {val}, {all}
    and {test} are counts of images. reads: another key than the column's, by heading.
    """

    label: str
    family: str
    baseline: str
    protocol: str
    theirs: Mapping[str, Cell] = field(default_factory=dict)
    says: str = ""
    best: Best | None = None
    reads: Mapping[str, str] = field(default_factory=dict)

    def key(self, column: Column) -> str:
        """What stands in this row under a column."""
        return self.reads.get(column.heading, column.key)


@dataclass(frozen=True)
class Table:
    """One table of a report; what the rows are stands over their labels."""

    title: str
    rows_are: str
    columns: tuple[Column, ...]
    rows: tuple[Row, ...]
