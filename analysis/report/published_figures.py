"""What others have published beside what a search found: the figures of the baselines' sources, and
of peers.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

import pandas as pd

from hypersearch.analysis.leaderboard.published import Published, for_search
from hypersearch.analysis.report.formatting import DASH, figure, short, signed, with_spread
from hypersearch.analysis.report.tables import PARTS, Table, trial_name
from hypersearch.analysis.study.cluster_choices import is_clustering
from hypersearch.models.metrics import METRICS, row_of
from hypersearch.search.storage.study import Study

LEFT = frozenset({"published", "baseline", "figure", "source", "our trial"})


class Ours(NamedTuple):
    """A figure of ours as it is shown, as it is, and the trial that has it."""

    shown: str = DASH
    value: float | None = None
    trial: str = DASH


def baselines(study: Study, family: str, ranked: pd.DataFrame) -> Table | None:
    """What the sources of the baselines report on these data, beside ours; None where they report
    nothing on them.

    Figures on test are compared with ours on test where it was confirmed, else with ours on
    validation, which is said.
    """
    rows = tuple(_of_sources(study, family, ranked[ranked["state"] == "COMPLETE"]))
    columns = ("baseline", "figure", "theirs", "ours", "difference", "best found", "source")
    return (
        Table("Published figures of the baselines, and ours", columns, rows, left=LEFT)
        if rows
        else None
    )


def peers(study: Study, family: str, ranked: pd.DataFrame) -> Table | None:
    """What others report for the same task on the same data, beside our best complete trial that
    compares; or None.
    """
    complete = ranked[ranked["state"] == "COMPLETE"]
    rows = tuple(_of_peer(each, complete) for each in for_search(study, family))
    columns = ("published", "theirs", "ours", "difference", "our trial", "figure", "source")
    return (
        Table("Published by others for this task, on the same data", columns, rows, left=LEFT)
        if rows
        else None
    )


def _of_sources(study: Study, family: str, complete: pd.DataFrame) -> Iterator[tuple[str, ...]]:
    for baseline in study.search(family)["baselines"]:
        if baseline.get("dataset") != study.facts["dataset"]["name"]:
            continue
        own = complete[complete["name"] == baseline["name"]].head(1)
        found = _comparable(complete[complete["name"] == ""], own)
        told, figures = short(baseline["name"], 60), baseline.get("figures", {})
        for name, theirs in figures.items():
            part, _, metric = name.partition(".")
            if part not in PARTS:
                continue
            columns = [name] if f"val.{metric}" in figures else [name, f"val.{metric}"]
            ours = _first(own, columns)
            best = Ours() if row_of(metric).comparable_within else _first(found, columns)
            shown = figure(theirs), ours.shown, _apart(ours, theirs), best.shown
            yield (
                told,
                f"{metric} on {PARTS[part]}",
                *shown,
                short(baseline.get("source", "published")),
            )


def _comparable(found: pd.DataFrame, ours: pd.DataFrame) -> pd.DataFrame:
    """Of clusterings those with as few clusters as ours: with more, all are better."""
    if not is_clustering(found):
        return found
    most = ours["val.clusters"].iloc[0] if len(ours) else 0
    return found[found["val.clusters"] <= most]


def _of_peer(each: Published, complete: pd.DataFrame) -> tuple[str, ...]:
    metric = each.metric.partition(".")[2]
    names = [metric, *(name for name, row in METRICS.items() if row.same_as == metric)]
    alike = _alike(complete, each.when)
    ours = _first(alike, [f"{part}.{name}" for part in ("test", "val") for name in names])
    told = ours.shown, _apart(ours, each.value), ours.trial, f"{metric} on test"
    return short(each.task), figure(each.value), *told, short(each.source)


def _alike(complete: pd.DataFrame, when: Mapping[str, float]) -> pd.DataFrame:
    """The trials that have the values without which they do not compare."""
    if not set(when) <= set(complete):
        return complete.head(0)
    for name, value in when.items():
        complete = complete[complete[name] == value]
    return complete


def _first(trials: pd.DataFrame, columns: list[str]) -> Ours:
    """The figure of the first trial that has one in the first of these columns in which there is
    any.
    """
    for column in columns:
        there = trials[trials[column].notna()] if column in trials else trials.head(0)
        if len(there):
            row: pd.Series[Any] = there.iloc[0]
            instead = " (validation)" * (column.startswith("val.") and column != columns[0])
            shown = with_spread(row[column], row.get(f"{column}_std")) + instead
            return Ours(shown, float(row[column]), trial_name(row))
    return Ours()


def _apart(ours: Ours, theirs: float) -> str:
    if ours.value is None:
        return DASH
    return signed(ours.value - theirs, len(figure(theirs).partition(".")[2]), plus=True)
