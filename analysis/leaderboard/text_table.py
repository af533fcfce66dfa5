"""A table for the terminal whose figures stand in full and whose last column takes the width that
is left.
"""

from __future__ import annotations

from collections.abc import Sequence

from rich.cells import cell_len
from rich.table import Table
from rich.text import Text

LEAST = 12  # columns without which the last column is not shown at all
MOST, SHORTEST = 24, 8  # columns of a name, and how many it keeps where there is little room
GAP = 2
WORDS = (
    "family",
    "metric",
    "study",
    "data",
    "trial",
    "state",
)  # no figures, so they stand at the left, as the last


def fit_columns(
    columns: Sequence[str],
    rows: Sequence[Sequence[str]],
    width: int,
    title: str | None = None,
    spare: Sequence[str] = (),
) -> Table:
    """The rows within `width` columns; the last column is cut short, or left out where little room
    is left.

    `spare`: columns that go too, in this order, where the others would not fit. Long names are cut.
    """
    head = Text(title, style="bold") if title else None
    table = Table(
        title=head, title_justify="left", box=None, pad_edge=False, padding=(0, GAP, 0, 0)
    )
    shown = _shown(columns, rows, width, spare)
    most = _names(columns, rows, shown, width)
    for place in shown:
        words, last = columns[place] in WORDS, place == len(columns) - 1
        table.add_column(
            Text(columns[place]), justify="left" if words or last else "right", no_wrap=True
        )
        if last:
            table.columns[-1].max_width = width - _width(columns, rows, shown[:-1]) - GAP
    for cells in rows:
        table.add_row(*(_cell(columns[place], cells[place], most) for place in shown))
    return table


def fits(columns: Sequence[str], rows: Sequence[Sequence[str]], width: int) -> bool:
    """True if all columns but the last have room, without going by `spare`."""
    return _width(columns, rows, range(len(columns) - 1)) <= width


def _shown(
    columns: Sequence[str], rows: Sequence[Sequence[str]], width: int, spare: Sequence[str]
) -> list[int]:
    """The places of the columns that have room."""
    *shown, last = range(len(columns))
    for name in spare:
        if _width(columns, rows, shown) > width:
            shown = [place for place in shown if columns[place] != name]
    rest = width - _width(columns, rows, shown) - GAP
    return [*shown, last] if rest >= LEAST else shown


def _names(
    columns: Sequence[str], rows: Sequence[Sequence[str]], shown: Sequence[int], width: int
) -> int:
    """The columns that names keep, so that figures stand in full."""
    figures = shown if shown[-1] < len(columns) - 1 else shown[:-1]
    return next(
        (
            most
            for most in range(MOST, SHORTEST, -1)
            if _width(columns, rows, figures, most) <= width
        ),
        SHORTEST,
    )


def _width(
    columns: Sequence[str], rows: Sequence[Sequence[str]], places: Sequence[int], most: int = MOST
) -> int:
    """Of some columns together, with the gaps between them; names of up to `most` columns."""
    widths = [
        max(
            cell_len(columns[place]),
            *(cell_len(_cell(columns[place], cells[place], most).plain) for cells in rows),
            0,
        )
        for place in places
    ]
    return sum(widths) + GAP * (len(widths) - 1)


def _cell(column: str, cell: str, most: int) -> Text:
    text = Text(cell, overflow="ellipsis")
    if column in WORDS:
        text.truncate(most, overflow="ellipsis")
    return text
