"""The tables of one search: leaderboard, best trial, choices of a clustering."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd

from hypersearch.analysis.formatting import STATE_WORDS, apart, parameters, varied
from hypersearch.analysis.report.formatting import (
    DASH,
    column,
    count,
    figure,
    listed,
    setting,
    short,
    signed,
    with_spread,
)
from hypersearch.analysis.study.cluster_choices import front_over_clusters, is_clustering, winners
from hypersearch.analysis.study.ranking import OF_SEVERAL, objectives
from hypersearch.models.metrics import BETTER
from hypersearch.search.storage.study import Study, is_missing

FIXED = "fixed"
PARTS = {
    "val": "validation",
    "test": "test",
}  # of the images, by the beginning of a figure's column
JUDGED_ON = {False: "validation images", True: "the images fitted"}
ROWS = 20  # of a leaderboard that are shown
WIDE_CELL, LONG_CELL = 24, 60  # letters from which on a cell may be broken into lines
WORDS = frozenset(
    {
        "trial",
        "state",
        "parameter",
        "value",
        "searched",
        "metric",
        "figure",
        "baseline",
        "chosen by",
        "judged on",
    }
)
"""Columns that stand at the left."""


@dataclass(frozen=True)
class Table:
    """A table as it is shown.

    head: the place of the column that names each row. kinds: a class for each row, or none. left:
    the columns of words. links: where the head of each row leads, or none. parameters: the place
    from which on columns are parameters.
    """

    caption: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    head: int = 0
    kinds: tuple[str, ...] = ()
    left: frozenset[str] = WORDS
    links: tuple[str, ...] = ()
    parameters: int = 1000

    def kind(self, place: int, cell: str = "") -> str:
        """The class of a cell in column `place`."""
        name, own = self.columns[place], place >= self.parameters
        width = "long" if len(cell) > LONG_CELL else "wide" if len(cell) > WIDE_CELL else ""
        kinds = {
            "words": own or name in self.left,
            "state": name == "state" and not own,
            "parameter": own,
            width: width,
        }
        return " ".join(kind for kind, applies in kinds.items() if applies)


@dataclass(frozen=True)
class Best:
    """A complete trial in full.

    `fixed` are the parameters that the search did not vary: depth=3 kernel=5.
    """

    title: str  # Best trial: 3
    scores: Table
    parameters: Table | None  # None where nothing was varied
    fixed: str


def leaderboard(study: Study, family: str, ranked: pd.DataFrame) -> Table:
    """The first trials of a search, best first, as in the terminal."""
    search, shown = study.search(family), ranked.head(ROWS)
    goals = list(objectives(study, family))
    tested = next((c for c in (f"test.{search['metric']}", "test.accuracy") if c in ranked), None)
    cells: dict[str, Sequence[str]] = {"#": [str(place) for place in range(1, len(shown) + 1)]}
    cells["trial"] = [trial_name(row) for _, row in shown.iterrows()]
    for metric in goals:
        cells[metric] = _objective(shown, metric, metric == search["metric"])
    if tested:
        cells[f"on test: {tested.removeprefix('test.')}"] = _spread_column(shown, tested)
    if "front" in ranked:
        cells["front"] = [count(value) for value in shown["front"]]
    cells[short(search["resource"], 40)] = [count(value) for value in shown["resource"]]
    cells["seconds"] = _seconds(shown)
    cells["state"] = [STATE_WORDS.get(state, state) for state in shown["state"]]
    told = _parameters(shown, search["space"])
    rows = tuple(zip(*cells.values(), *(values for _, values in told), strict=True))
    caption = (
        "All trials, best first"
        if len(ranked) <= ROWS
        else f"The best {ROWS} of {len(ranked):,} trials"
    )
    columns = (*cells, *(short(name, 40) for name, _ in told))
    return Table(caption, columns, rows, 1, tuple(cells["state"]), parameters=len(cells))


def trial_name(row: pd.Series[Any]) -> str:
    """`3`, or of a baseline `0 R5`."""
    return short(f"{row['trial']} {row['name']}".strip(), 60)


def best_trials(study: Study, family: str, ranked: pd.DataFrame) -> list[Best]:
    """The best complete trial; if that is a baseline, also the best that the search has found
    itself.
    """
    complete = ranked[ranked["state"] == "COMPLETE"]
    found = complete[complete["name"] == ""].head(1)
    first = complete.head(1)
    rows = [row for table in (first, found) for _, row in table.iterrows()]
    told = [_best(study, family, rows[0])] if rows else []
    if len(rows) == 2 and rows[0]["trial"] != rows[1]["trial"]:
        told.append(_best(study, family, rows[1], "Best trial that the search found"))
    return told


def _best(study: Study, family: str, row: pd.Series[Any], title: str = "Best trial") -> Best:
    name = f"{title}: {trial_name(row)}" + (" (baseline)" if row["name"] else "")
    space = study.search(family)["space"]
    there = [parameter for parameter in space if not is_missing(row.get(f"param.{parameter}"))]
    fixed = [parameter for parameter in there if searched(space[parameter]) == FIXED]
    return Best(
        name,
        scores(study, family, row),
        _parameter_table(row, space, there, fixed),
        short(parameters(row, fixed), 800),
    )


def scores(study: Study, family: str, row: pd.Series[Any]) -> Table:
    """All figures of a trial, on validation and, once confirmed, on test; the objectives first."""
    parts = [
        part
        for part in PARTS
        if any(str(name).startswith(f"{part}.") for name in row.dropna().index)
    ]
    there = [
        str(name).partition(".")[2]
        for name in row.dropna().index
        if str(name).startswith(("val.", "test."))
    ]
    metrics = dict.fromkeys(
        [
            *objectives(study, family),
            *(name for name in there if not name.endswith(("_std", *OF_SEVERAL))),
        ]
    )
    rows = [
        (
            metric,
            *(
                with_spread(row.get(f"{part}.{metric}"), row.get(f"{part}.{metric}_std"), metric)
                for part in parts
            ),
        )
        for metric in metrics
    ]
    seeds = (study.facts.get("confirmed") or {}).get("seeds", 1)
    over = (
        f"; on test mean ± standard deviation of {seeds} seeds"
        if "test" in parts and seeds > 1
        else ""
    )
    return Table(f"Scores{over}", ("metric", *(PARTS[part] for part in parts)), tuple(rows))


def _parameter_table(
    row: pd.Series[Any], space: Mapping[str, Any], there: Sequence[str], fixed: Sequence[str]
) -> Table | None:
    free = [name for name in there if name not in fixed]
    rows = [
        (short(name, 60), setting(row[f"param.{name}"]), searched(space[name])) for name in free
    ]
    return Table("Parameters", ("parameter", "value", "searched"), tuple(rows)) if rows else None


def searched(parameter: Mapping[str, Any]) -> str:
    """What was searched of a parameter: `0.0001 … 0.02, log`, `adam, sgd`, or `fixed`."""
    if "searched" in parameter:
        values = [setting(value) for value in parameter["searched"]]
        return short(", ".join(values)) if len(values) > 1 else FIXED
    if "low" not in parameter or "high" not in parameter:
        return DASH
    if parameter["low"] == parameter["high"]:
        return FIXED
    return (
        f"{setting(parameter['low'])} …"
        f" {setting(parameter['high'])}{', log' * bool(parameter.get('log'))}"
    )


def chosen(study: Study, family: str, ranked: pd.DataFrame) -> list[Table]:
    """Of a clustering: who wins by labels and without, and the front over the number of
    clusters.
    """
    if not is_clustering(ranked):
        return []
    picked = winners(ranked, list(objectives(study, family)))
    metrics = dict.fromkeys(name for winner in picked for name in winner.scores)
    tested = dict.fromkeys(name for winner in picked for name in winner.tested)
    rows = [
        (
            f"{winner.criterion} ({'by' if winner.labelled else 'without'} labels)",
            short(f"{winner.trial} {winner.name}".strip(), 60),
            *(figure(winner.scores.get(name), name) for name in metrics),
            *(with_spread(*winner.tested.get(name, (None, None))) for name in tested),
        )
        for winner in picked
    ]
    heads = ("chosen by", "trial", *metrics, *(f"on test: {name}" for name in tested))
    tables = [Table("Chosen with labels and without", heads, tuple(rows))] if rows else []
    front = [
        (f"{at.clusters:,}", figure(at.accuracy), JUDGED_ON[at.fitted])
        for at in front_over_clusters(ranked)
    ]
    caption = "No other trial is as accurate with as few clusters"
    return (
        [*tables, Table(caption, ("clusters", "accuracy", "judged on"), tuple(front))]
        if front
        else tables
    )


def _objective(shown: pd.DataFrame, metric: str, first: bool) -> list[str]:
    """A failed trial has none."""
    values = (
        shown["objective"]
        if first
        else shown.get(f"val.{metric}", pd.Series(index=shown.index, dtype=float))
    )
    return column(
        [None if state == "FAIL" else v for v, state in zip(values, shown["state"], strict=True)]
    )


def _spread_column(shown: pd.DataFrame, name: str) -> list[str]:
    return [with_spread(row.get(name), row.get(f"{name}_std")) for _, row in shown.iterrows()]


def _seconds(shown: pd.DataFrame) -> list[str]:
    places = 1 if shown["seconds"].max() >= 1 else 3
    return [DASH if is_missing(value) else signed(value, places) for value in shown["seconds"]]


def _parameters(shown: pd.DataFrame, space: Mapping[str, Any]) -> list[tuple[str, list[str]]]:
    """A column for each varied parameter, after those fixed ones that a baseline has otherwise."""
    names = varied(shown, space)
    rows = [row for _, row in shown.iterrows()]
    others = dict.fromkeys(
        name for row in rows for name in apart(row, names, space) if _setting(row, name) != DASH
    )
    return [(name, [_setting(row, name) for row in rows]) for name in (*others, *names)]


def _setting(row: pd.Series[Any], name: str) -> str:
    value = row.get(f"param.{name}")
    return DASH if is_missing(value) else setting(value)


def better(study: Study, family: str) -> str:
    """`higher accuracy and lower loss are better`."""
    goals = objectives(study, family)
    words = [f"{BETTER[mode]} {metric}" for metric, mode in goals.items()]
    return f"{listed(words)} {'is' if len(goals) == 1 else 'are'} better"
