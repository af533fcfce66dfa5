"""The reports' tables filled in from study folders: theirs, ours, and the best that any search has
found.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Literal, TypeAlias

from hypersearch.analysis.reproduced.matching import Match, Target, best, find
from hypersearch.analysis.reproduced.schema import Best, Cell, Column, Row, Table
from hypersearch.models.text import counted
from hypersearch.search.storage.study import Study, is_missing

Whose: TypeAlias = Literal["theirs", "ours", "best"]


@dataclass(frozen=True)
class Line:
    """One line of a filled table; `values` by column, None where there is none; `words`: how it was
    made.
    """

    label: str
    whose: Whose
    values: tuple[Cell, ...]
    words: str


@dataclass(frozen=True)
class FilledTable:
    """A report's table with theirs, ours and the best found in it."""

    title: str
    rows_are: str
    columns: tuple[Column, ...]
    lines: tuple[Line, ...]


def fill(
    table: Table, studies: Sequence[Study], wanted: Sequence[Target], own: Callable[[str], bool]
) -> FilledTable:
    """The table with figures; `wanted`: the configurations of its report, one for each (family,
    baseline).
    """
    asked = {(each.family, each.name): each for each in wanted}
    mine = {key: find(studies, each, own) for key, each in asked.items()}
    ours = [each for each in mine.values() if each]
    lines = [
        line
        for row in table.rows
        for line in _lines(
            table,
            row,
            asked[row.family, row.baseline],
            mine[row.family, row.baseline],
            studies,
            ours,
        )
    ]
    return FilledTable(table.title, table.rows_are, table.columns, tuple(lines))


def _lines(
    table: Table,
    row: Row,
    asked: Target,
    mine: Match | None,
    studies: Sequence[Study],
    ours: Sequence[Match],
) -> Iterator[Line]:
    keys = [row.key(column) for column in table.columns]
    theirs = {**asked.figures, **row.theirs}
    yield Line(row.label, "theirs", tuple(theirs.get(key) for key in keys), row.says)
    yield Line(
        row.label,
        "ours",
        tuple(mine.figure(key) if mine else None for key in keys),
        told(row, asked, mine),
    )
    if row.best:
        found = best(studies, row.best, asked, ours)
        shown = tuple(_compared(found, key, keys, row.best) if found else None for key in keys)
        yield Line(row.label, "best", shown, _place(found) if found else "")


def told(row: Row, asked: Target, mine: Match | None) -> str:
    """How ours was made: what was left out of a quick one, where it differs from the report, its
    study and seed.
    """
    if mine is None:
        return "did not run"
    facts = mine.study.facts["dataset"]
    train, val = facts["train"], facts["validation"]
    counts = {"train": train, "val": val, "all": train + val, "test": facts["test"]}
    words = row.protocol.format(**{name: f"{count:,}" for name, count in counts.items()})
    parts = [_quick(asked), words, *_judged(mine), f"study {mine.study.name}"]
    return "; ".join(part for part in (*parts, f"seed {asked.seed}") if part)


def _judged(mine: Match) -> Iterator[str]:
    """How the test figures came about, if otherwise than `reproduce` makes them."""
    if not mine.confirmed:
        yield "not confirmed"
    asked = mine.study.facts.get("confirmed") or {}
    if asked.get("fit_on") == "train" and is_missing(mine.row.get("param.fit_on")):
        yield "on test: fitted on training images alone"
    if asked.get("seeds", 1) > 1:
        yield f"on test: the mean over {asked['seeds']} seeds"


def _quick(asked: Target) -> str:
    """What a quick trial lacks; empty for a whole one."""
    if asked.max_samples is None:
        return ""
    short = f", {counted(asked.resource, asked.unit)}" if asked.shortened else ""
    return f"quick, no reproduction: {asked.max_samples:,} images{short}"


def _compared(found: Match, key: str, keys: Sequence[str], task: Best) -> Cell:
    """What the best found has under a key: on test where it was judged there, unless validation has
    its own column.
    """
    part, _, name = key.partition(".")
    if key in task.hidden or "@" in key or part not in ("train", "val", "test"):
        return None
    on_test, on_val = f"test.{name}", f"val.{name}"
    by_epoch = any(each.startswith(f"{key}@") for each in keys)
    literal = part == "train" or by_epoch or {on_test, on_val} <= set(keys)
    figures = (found.figure(each) for each in ((key,) if literal else (on_test, on_val)))
    return next((figure for figure in figures if figure is not None), None)


def _place(found: Match) -> str:
    study, family, number = found.where
    return (
        f"study {study}, {family} trial {number}, {'test' if found.confirmed else 'validation'}"
        " images"
    )
