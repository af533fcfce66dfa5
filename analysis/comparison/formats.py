"""A comparison in the terminal and as Markdown, and the choice of a format."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, TypeAlias

from rich.console import Console
from rich.table import Table
from rich.text import Text

from hypersearch.analysis.comparison.compare import Comparison, compare
from hypersearch.analysis.comparison.data import to_csv, to_json
from hypersearch.analysis.comparison.tables import Block, blocks, lines
from hypersearch.analysis.markdown import markdown_table
from hypersearch.models.errors import unknown

Comparisons: TypeAlias = Sequence[Comparison]


def present(
    out: Path, names: Sequence[str], form: str, figure: Path | None = None, **asked: Any
) -> None:
    """Compare the named sides as `asked` (`compare`), and write to standard output in one of
    `FORMATS`, or a table.

    Draws to the file `figure` as well.
    """
    if form not in ("table", *FORMATS):
        raise unknown("format", form, ["table", *FORMATS])
    comparisons = compare(out, names, **asked)
    if figure:
        from hypersearch.analysis.comparison.figure import save  # matplotlib takes a second to load

        save(comparisons, figure)
        sys.stderr.write(f"figure: {figure}\n")
    if form == "table":
        show(comparisons)
    else:
        sys.stdout.write(FORMATS[form](comparisons))


def show(comparisons: Comparisons, console: Console | None = None) -> None:
    """Print tables, and under them who beats whom and what to know."""
    console = console or Console(highlight=False)
    for comparison in comparisons:
        for block in blocks(comparison):
            if block.title:
                console.print(Text(block.title, style="bold"))
            console.print(_rich(block))
            console.print()
        for line in lines(comparison):
            console.print(Text(line, style="dim"))
        console.print()


def to_markdown(comparisons: Comparisons) -> str:
    """Tables under a heading for each family."""
    return "\n".join(_markdown(comparison) for comparison in comparisons)


FORMATS: dict[str, Callable[[Comparisons], str]] = {
    "md": to_markdown,
    "csv": to_csv,
    "json": to_json,
}


def _rich(block: Block) -> Table:
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0))
    for number, column in enumerate(block.columns):
        table.add_column(Text(column), justify="right" if number else "left", no_wrap=number > 0)
    for row in block.rows:
        table.add_row(*(Text(cell, overflow="ellipsis") for cell in row))
    return table


def _markdown(comparison: Comparison) -> str:
    first, *others = blocks(comparison)
    parts = [f"### {first.title}", _markdown_block(first)]
    for block in others:
        if block.title:
            parts.append(block.title)
        parts.append(_markdown_block(block))
    parts.append("\n".join(f"- {line}" for line in lines(comparison)))
    return "\n\n".join(parts) + "\n"


def _markdown_block(block: Block) -> str:
    """All but the first column stand at the right."""
    rows = [[cell.replace("|", "\\|") for cell in row] for row in block.rows]
    left = [True, *[False for _ in block.columns[1:]]]
    return markdown_table(block.columns, rows, left, colons=False)
