"""A table for the terminal whose figures stand in full and whose last column takes the width that is left."""

from __future__ import annotations

from collections.abc import Sequence

from rich.cells import cell_len
from rich.table import Table
from rich.text import Text

LEAST = 12  # columns without which the last column is not shown at all
GAP = 2
WORDS = ("trial", "state")  # columns that are not figures, so stand at the left, as the last does


def fitted(columns: Sequence[str], rows: Sequence[Sequence[str]], width: int, title: str | None = None) -> Table:
    """The rows within `width` columns; the last column is cut short, or left out where little room is left."""
    widths = [max(cell_len(cell) for cell in cells) for cells in zip(columns, *rows, strict=True)]
    rest = width - sum(widths[:-1]) - GAP * (len(columns) - 1)
    shown = len(columns) if rest >= LEAST else len(columns) - 1
    table = Table(
        title=title, title_justify="left", title_style="bold", box=None, pad_edge=False, padding=(0, GAP, 0, 0)
    )
    for number, column in enumerate(columns[:shown], start=1):
        words = column in WORDS or number == len(columns)
        table.add_column(column, justify="left" if words else "right", no_wrap=True)
    if shown == len(columns):
        table.columns[-1].max_width = rest
    for cells in rows:
        table.add_row(*(Text(cell, overflow="ellipsis") for cell in cells[:shown]))
    return table
