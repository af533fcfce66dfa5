"""The leaderboard in the terminal, readable at 80 columns."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pandas as pd
from rich.console import Console
from rich.table import Table
from rich.text import Text

from analysis.choices import choices
from analysis.layout import fitted
from analysis.leaderboard import check_sort, direction, families, fitted_to, grouped, objectives, rank
from analysis.tables import Study, load_all, missing
from models.api import counted, one_line

STATE_WORDS = {"COMPLETE": "done", "PRUNED": "stopped", "FAIL": "failed"}
ROWS = 10  # of a search that are shown
SHOWN = ("trial", "objective", "resource", "seconds")  # always


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
            console.print(_table(study, family, ranked.head(ROWS), console.width, sort))
            footer = _footer(study, family, ranked, sort, console.width)
            console.print(Text(footer, style="dim"), soft_wrap=True)


def _table(study: Study, family: str, ranked: pd.DataFrame, width: int, sort: str | None) -> Table:
    search = study.search(family)
    tested = next((c for c in (f"test.{search['metric']}", "test.accuracy") if c in ranked), None)
    goals = list(objectives(study, family))
    front = ["front"] * (len(goals) > 1)
    extra = [tested] if tested else []
    if sort and sort in ranked and not sort.startswith("param."):
        extra += [sort] if sort not in (tested, *SHOWN, *(f"val.{goal}" for goal in goals)) else []
    columns = ["#", "trial", *goals, *extra, *front, search["resource"], "seconds", "state"]
    names = varied(ranked, search["space"])
    others = [[_other(row, metric) for _, row in ranked.iterrows()] for metric in goals[1:]]
    scores = list(zip(*map(figures, [ranked["objective"].tolist(), *others]), strict=True))
    places = 1 if ranked["seconds"].max() >= 1 else 3
    rows = []
    for place, (_, row) in enumerate(ranked.iterrows(), start=1):
        more = [with_spread(row, column) for column in extra]
        fronts = ["" if missing(row[name]) else str(row[name]) for name in front]
        spent = f"{row['resource']:.0f}", f"{row['seconds']:.{places}f}"
        label = f"{row['trial']} {row['name']}".strip()
        state = STATE_WORDS[row["state"]]
        told = parameters(row, [*apart(row, names, search["space"]), *names])
        rows.append([str(place), label, *scores[place - 1], *more, *fronts, *spent, state, told])
    on = "" if study.facts["dataset"]["name"] == "none" else f" on {study.facts['dataset']['name']}"
    return fitted([*columns, "parameters"], rows, width, title=f"{study.name} · {family}{on}{fitted_to(study, family)}")


def _footer(study: Study, family: str, ranked: pd.DataFrame, sort: str | None, width: int) -> str:
    """Of a clustering what was chosen with labels and without; how many trials ended in which way, and the failures."""
    counts = ranked["state"].value_counts()
    words = [f"{counts.get(state, 0)} {word}" for state, word in STATE_WORDS.items()]
    search = study.search(family)
    goals = objectives(study, family)
    better = " and ".join(f"{'higher' if mode == 'max' else 'lower'} {metric}" for metric, mode in goals.items())
    better += " is better" if len(goals) == 1 else " are better; no trial beats those of front 1 in all of them"
    if sort and sort in ranked and sort != "objective":
        better += f"; ranked by {sort}, the {'highest' if direction(study, family, sort) == 'max' else 'lowest'} first"
        better += f" of each {' and '.join(grouped(ranked)[sort])}" if sort in grouped(ranked) else ""
    planned = search["trials"] + len(search["baselines"])
    of = f"{len(ranked)} of " if len(ranked) < planned else ""
    shown = f" (the first {ROWS} shown)" if len(ranked) > ROWS else ""
    line = f"{of}{counted(max(planned, len(ranked)), 'trials')}{shown}: {', '.join(words)}; {better}"
    failed = f"\ntracebacks in {study.folder / 'logs'}" if counts.get("FAIL", 0) else ""
    chosen = choices(ranked, list(goals), width)
    return f"{_best(ranked, search['space'])}{chosen}{line}{failed}\n"


def _other(row: pd.Series[Any], metric: str) -> Any:
    """A further objective; like the first, a failed trial has none."""
    return None if row["state"] == "FAIL" else row.get(f"val.{metric}")


def _best(ranked: pd.DataFrame, space: Mapping[str, Any]) -> str:
    """The whole configuration of the first row, if it ran to its end."""
    if ranked.empty or ranked.iloc[0]["state"] != "COMPLETE":
        return ""
    return f"#1 in full: {parameters(ranked.iloc[0], list(space))}\n"


def varied(ranked: pd.DataFrame, space: Mapping[str, Any]) -> list[str]:
    """The parameters whose values differ among the trials, in the space's order: those that the search varied."""
    there = [name for name in space if f"param.{name}" in ranked and not is_fixed(space[name])]
    return [name for name in there if ranked[f"param.{name}"].astype(str).nunique() > 1]


def apart(row: pd.Series[Any], names: Sequence[str], space: Mapping[str, Any]) -> list[str]:
    """The fixed parameters that a baseline has otherwise than the search: `--set` does not change a baseline."""
    fixed = [name for name in space if name not in names and is_fixed(space[name])]
    return [name for name in fixed if str(row.get(f"param.{name}")) != str(space[name]["searched"][0])]


def is_fixed(parameter: Mapping[str, Any]) -> bool:
    """True of a parameter in study.json to which the search gives one value."""
    return len(parameter.get("searched", "several")) == 1


def parameters(row: pd.Series[Any], names: Sequence[str]) -> str:
    """The named parameters that the trial has: depth=3 learning_rate=0.00123."""
    return one_line({name: row[f"param.{name}"] for name in names if not missing(row.get(f"param.{name}"))})


def with_spread(row: pd.Series[Any], column: str) -> str:
    """A figure, with its standard deviation where it is a mean over seeds."""
    spread = row.get(f"{column}_std")
    return figures([row[column]])[0] + ("" if missing(spread) else f" ± {spread:.4f}")


def figures(values: Sequence[Any]) -> list[str]:
    """A column of figures: counts and large ones whole, else four decimals; a dash where one is missing."""
    there = [float(value) for value in values if not missing(value)]
    most = max(map(abs, there), default=0.0)
    whole = most >= 10_000 or (most >= 10 and all(value.is_integer() for value in there))
    return ["–" if missing(value) else f"{value:,.0f}" if whole else f"{value:.4f}" for value in values]
