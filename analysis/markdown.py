"""Tables in Markdown."""

from __future__ import annotations

from collections.abc import Sequence

from tabulate import tabulate


def markdown_table(
    columns: Sequence[str],
    rows: Sequence[Sequence[str]],
    left: Sequence[bool] | None = None,
    colons: bool = True,
) -> str:
    """A GitHub Markdown table of cells that are escaped already.

    left: of each column if its cells stand at the left, else at the right; None: all do. colons:
    whether the rule under the heads tells this to what renders the table.
    """
    sides = ["left" if each else "right" for each in left or [True for _ in columns]]
    form = "pipe" if colons else "github"
    return tabulate(rows, columns, form, colalign=sides, disable_numparse=True)
