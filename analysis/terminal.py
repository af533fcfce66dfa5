"""The leaderboard in the terminal, readable at 80 columns."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pandas as pd
from rich.console import Console
from rich.measure import Measurement
from rich.table import Table
from rich.text import Text

from analysis.leaderboard import check_sort, families, rank
from analysis.tables import Study, load_all, missing
from models.api import one_line

STATE_WORDS = {"COMPLETE": "done", "PRUNED": "stopped", "FAIL": "failed"}
ROWS = 10  # of a search that are shown
LEAST = 12  # columns without which parameters are not shown at all


def show(out: Path, names: Sequence[str], sort: str | None = None, console: Console | None = None) -> None:
    """Print a table for each search of the named studies (none: all): ten rows, then counts."""
    console = console or Console(highlight=False)
    studies = load_all(out, names)
    check_sort(studies, sort)
    if not studies:
        console.print(f"no studies in {out} yet; `hypersearch run quick` makes one")
    for study in studies:
        for family in families(study):
            ranked = rank(study, family, sort)
            console.print(_table(study, family, ranked.head(ROWS), console))
            console.print(Text(_footer(study, family, ranked), style="dim"), soft_wrap=True)


def _table(study: Study, family: str, ranked: pd.DataFrame, console: Console) -> Table:
    """Figures in full; the parameters take what is left of the width."""
    search = study.search(family)
    on = "" if study.facts["dataset"]["name"] == "none" else f" on {study.facts['dataset']['name']}"
    title = f"{study.name} · {family}{on}"
    columns, rows = _figures(search, ranked)
    rest = console.width - Measurement.get(console, console.options, _drawn(title, columns, rows)).maximum - 2
    if rest >= LEAST:
        columns.append("parameters")
        for cells, (_, row) in zip(rows, ranked.iterrows(), strict=True):
            cells.append(parameters(row, search["space"]))
    return _drawn(title, columns, rows, rest)


def _figures(search: Mapping[str, Any], ranked: pd.DataFrame) -> tuple[list[str], list[list[str]]]:
    """Column heads and cells, but for the parameters."""
    tested = next((c for c in (f"test.{search['metric']}", "test.accuracy") if c in ranked), None)
    columns = ["#", "trial", search["metric"], *([tested] if tested else []), search["resource"], "seconds", "state"]
    rows = []
    for place, (_, row) in enumerate(ranked.iterrows(), start=1):
        test = [with_spread(row, tested)] if tested else []
        figures = [figure(row["objective"]), *test, f"{row['resource']:.0f}", f"{row['seconds']:.1f}"]
        rows.append([str(place), f"{row['trial']} {row['name']}".strip(), *figures, STATE_WORDS[row["state"]]])
    return columns, rows


def _drawn(title: str, columns: Sequence[str], rows: Sequence[Sequence[str]], rest: int | None = None) -> Table:
    table = Table(title=title, title_justify="left", title_style="bold", box=None, pad_edge=False)
    for column in columns:
        words, last = column in ("trial", "state", "parameters"), column == "parameters"
        table.add_column(column, justify="left" if words else "right", no_wrap=True, max_width=rest if last else None)
    for cells in rows:
        table.add_row(*(Text(cell, overflow="ellipsis") for cell in cells))
    return table


def _footer(study: Study, family: str, ranked: pd.DataFrame) -> str:
    """How many trials ended in which way, and where the failures' tracebacks lie."""
    counts = ranked["state"].value_counts()
    words = [f"{counts.get(state, 0)} {word}" for state, word in STATE_WORDS.items()]
    search = study.search(family)
    better = "high" if search["mode"] == "max" else "low"
    line = f"{len(ranked)} trials: {', '.join(words)}; {search['metric']} is better {better}"
    return line + (f"; tracebacks in {study.folder / 'logs'}" if counts.get("FAIL", 0) else "") + "\n"


def parameters(row: pd.Series[Any], space: Mapping[str, Any]) -> str:
    """What the search varied, in the order of the space: depth=3 learning_rate=0.00123."""
    varied = [name for name, parameter in space.items() if len(parameter.get("searched", "several")) > 1]
    return one_line({name: row[f"param.{name}"] for name in varied if not missing(row.get(f"param.{name}"))})


def with_spread(row: pd.Series[Any], column: str) -> str:
    """A mean, with its standard deviation where there is one."""
    spread = row.get(f"{column}_std")
    return figure(row[column]) + ("" if missing(spread) else f" ± {spread:.4f}")


def figure(value: Any) -> str:
    """A value for a column of figures; a dash if it is missing."""
    if missing(value):
        return "–"
    return f"{value:,.0f}" if abs(value) >= 10_000 else f"{value:.4f}"
