"""The reports' tables as Markdown, and for a terminal of 80 columns, where what is said of a row
stands below it.
"""

from __future__ import annotations

import textwrap
from collections.abc import Callable, Iterator, Mapping, Sequence

from rich.cells import cell_len

from hypersearch.analysis.markdown import markdown_table
from hypersearch.analysis.reproduced.reports import TITLES
from hypersearch.analysis.reproduced.schema import Cell, Column, Form
from hypersearch.analysis.reproduced.tables import FilledTable, Line

NONE = "–"
GAP = "  "
INDENT = "    "
FORMS: Mapping[Form, Callable[[float], str]] = {
    "share": lambda value: f"{value:.4f}",
    "count": lambda value: f"{value:,.0f}",
    "large": lambda value: f"{value:,.1f}",
    "words": str,
}
LEGEND = (
    "best: of the searches in the folder, on the same images, the best on validation; those judged"
    " on test go first."
)


def cell(value: Cell, column: Column) -> str:
    """A figure as its column writes it; a dash for none."""
    if value is None:
        return NONE
    return value if isinstance(value, str) else FORMS[column.form](value)


def to_markdown(reports: Mapping[str, Sequence[FilledTable]]) -> str:
    """A section for each report, a table in it for each of its own."""
    sections = [
        f"## {_name(name)}\n\n" + "\n".join(map(_markdown, tables))
        for name, tables in reports.items()
    ]
    return "\n".join([*sections, f"{LEGEND}\n"])


def to_text(reports: Mapping[str, Sequence[FilledTable]], width: int) -> str:
    """The same for a terminal of so many columns."""
    lines = [line for name, tables in reports.items() for line in _section(name, tables, width)]
    return "\n".join([*lines, *textwrap.wrap(LEGEND, width), ""])


def _name(name: str) -> str:
    return f"{name} · {TITLES.get(name, name)}"


def _markdown(table: FilledTable) -> str:
    heads = [table.rows_are, "", *(column.heading for column in table.columns), "how"]
    rows = [[*_cells(table, line), line.words.replace("|", "\\|")] for line in table.lines]
    left = [True, True, *(column.form == "words" for column in table.columns), True]
    body = markdown_table(heads, rows, left)
    return f"**{table.title}**\n\n{body}\n"


def _cells(table: FilledTable, line: Line) -> list[str]:
    label = line.label if line.whose == "theirs" else ""
    return [
        label,
        line.whose,
        *(cell(value, column) for value, column in zip(line.values, table.columns, strict=True)),
    ]


def _section(name: str, tables: Sequence[FilledTable], width: int) -> Iterator[str]:
    yield from textwrap.wrap(_name(name), width)
    for table in tables:
        yield ""
        yield from textwrap.wrap(table.title, width)
        yield from _table(table, width)
    yield ""


def _table(table: FilledTable, width: int) -> Iterator[str]:
    heads = [table.rows_are, "", *(column.heading for column in table.columns)]
    rows = [_cells(table, line) for line in table.lines]
    widths = [max(map(cell_len, cells)) for cells in zip(heads, *rows, strict=True)]
    left = [True, True, *(column.form == "words" for column in table.columns)]
    yield _aligned(heads, widths, left)
    for line, cells in zip(table.lines, rows, strict=True):
        yield _aligned(cells, widths, left)
        yield from textwrap.wrap(line.words, width, initial_indent=INDENT, subsequent_indent=INDENT)


def _aligned(cells: Sequence[str], widths: Sequence[int], left: Sequence[bool]) -> str:
    padded = [
        text + " " * (width - cell_len(text)) if to_left else " " * (width - cell_len(text)) + text
        for text, width, to_left in zip(cells, widths, left, strict=True)
    ]
    return GAP.join(padded).rstrip()
