"""The leaderboard in the terminal, readable at 80 columns."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

import pandas as pd
from rich.console import Console
from rich.text import Text

from hypersearch.analysis.formatting import HELD, STATE_WORDS
from hypersearch.analysis.leaderboard.best_by_family import best_board, best_by_family
from hypersearch.analysis.leaderboard.footnotes import Note, filled
from hypersearch.analysis.leaderboard.published import with_published
from hypersearch.analysis.leaderboard.table import LeaderboardTable, leaderboard_table
from hypersearch.analysis.leaderboard.text_table import fit_columns, fits
from hypersearch.analysis.study.ranking import check_sort, families, rank
from hypersearch.search.storage.study import Study, load_all

ROWS = 10  # of a search that are shown
SPARE = (
    "published",
    "seconds",
    "data",
    "state",
)  # what a narrow terminal does without, in this order


def show(
    out: Path,
    names: Sequence[str],
    sort: str | None = None,
    console: Console | None = None,
    best: bool = False,
) -> None:
    """Print a table for each search of the named studies (none: all): ten rows, then notes; or the
    `best` of each.
    """
    console = console or Console(highlight=False)
    studies = load_all(out, names)
    check_sort(studies, sort, best)
    if not studies:
        console.print(Text(f"no studies in {out} yet; `hypersearch run quick` makes one"))
    elif best:
        _print(
            _fitting(partial(best_board, best_by_family(studies, sort), sort), console),
            console,
            sort,
        )
    else:
        for study in studies:
            for family in families(study):
                _show(study, family, sort, console)


def _show(study: Study, family: str, sort: str | None, console: Console) -> None:
    ranked = with_published(study, family, rank(study, family, sort))
    made = _fitting(partial(leaderboard_table, study, family, ranked, sort, ROWS), console)
    _print(made, console, sort, _failures(study, ranked))


def _fitting(make: Callable[..., LeaderboardTable], console: Console) -> LeaderboardTable:
    """The board with intervals, or without where they have no room."""
    made = make()
    return made if fits(made.columns, made.rows, console.width) else make(interval=False)


def _print(
    made: LeaderboardTable, console: Console, sort: str | None, more: Sequence[Note] = ()
) -> None:
    spare = [name for name in SPARE if name != sort and not _tells(made, name)]
    console.print(fit_columns(made.columns, made.rows, console.width, made.title, spare))
    console.print(Text(filled([*made.notes, *more], console.width), style="dim"), soft_wrap=True)


def _tells(made: LeaderboardTable, name: str) -> bool:
    """True of states other than done, and of data sets where a family is there on several."""
    if name not in made.columns or name not in ("state", "data"):
        return False
    cells = [row[made.columns.index(name)] for row in made.rows]
    return (
        any(cell != STATE_WORDS["COMPLETE"] for cell in cells)
        if name == "state"
        else _repeated(made, "family")
    )


def _repeated(made: LeaderboardTable, name: str) -> bool:
    cells = [row[made.columns.index(name)] for row in made.rows]
    return len(set(cells)) < len(cells)


def _failures(study: Study, ranked: pd.DataFrame) -> list[Note]:
    """Where the tracebacks are, in one line, to be copied."""
    if not (ranked["state"] == "FAIL").any():
        return []
    return [[f"tracebacks in {study.folder / 'logs'}".replace(" ", HELD)]]
