"""The best trial of each family over any studies: a row for each family, data set and objective."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd

from hypersearch.analysis.formatting import (
    NOTHING,
    STATE_WORDS,
    figures,
    parameters,
    with_interval,
    with_spread,
)
from hypersearch.analysis.leaderboard.footnotes import Note, by_state, sources, times
from hypersearch.analysis.leaderboard.published import COLUMNS, with_published
from hypersearch.analysis.leaderboard.table import Column, LeaderboardTable, built_table, published
from hypersearch.analysis.study.cluster_choices import with_clusters
from hypersearch.analysis.study.ranking import STATE_ORDER, direction, families, objectives, rank
from hypersearch.models.api import TRIAL_COLUMNS
from hypersearch.search.storage.study import Study, concat_trials, is_missing

ADDED = ("dataset", "metric", "trials", "failed")  # columns that a table of the best has besides


@dataclass(frozen=True)
class BestOfFamily:
    """What several searches of one family, on the same data and by the same first objective, have
    found.

    study: the one with the best trial, None if there is no trial. trial: that one's row, or no row.
    trials: all of them. studies: all that searched.
    """

    family: str
    dataset: str
    metric: str
    study: Study | None
    trial: pd.DataFrame
    trials: pd.DataFrame
    studies: Sequence[Study]


def best_by_family(studies: Sequence[Study], sort: str | None = None) -> list[BestOfFamily]:
    """One for each family, data set and first objective, in the order in which they were searched.

    The best is the first of a search's leaderboard, by its objective or by `sort`; between searches
    a complete trial goes before a stopped one, then the better figure, then the earlier study.
    """
    alike: dict[tuple[str, str, str], list[Study]] = {}
    for study in studies:
        for family in families(study):
            metric = next(iter(objectives(study, family)))
            alike.setdefault((family, _images(study), metric), []).append(study)
    return [_best(*key, group, sort) for key, group in alike.items()]


def _images(study: Study) -> str:
    """The data set, and how many of its images if not all: figures on fewer do not compare."""
    limit = study.facts.get("config", {}).get("max_samples")
    return str(study.facts["dataset"]["name"]) + (f", {limit:,} images" if limit else "")


def _best(
    family: str, dataset: str, metric: str, studies: Sequence[Study], sort: str | None
) -> BestOfFamily:
    ranked = [(study, rank(study, family, sort)) for study in studies]
    found = [(study, _first(trials)) for study, trials in ranked if len(trials)]
    every = concat_trials(trials for _, trials in ranked)
    if not found:
        return BestOfFamily(family, dataset, metric, None, every, every, studies)
    study, trial = min(found, key=lambda pair: _order(pair[0], pair[1], sort))
    return BestOfFamily(
        family, dataset, metric, study, with_published(study, family, trial), every, studies
    )


def _first(ranked: pd.DataFrame) -> pd.DataFrame:
    """The first row, of a trial that has not failed if there is one: a failed one may well have
    taken least time.
    """
    alive = ranked[ranked["state"] != "FAIL"]
    return (ranked if alive.empty else alive).head(1)


def _order(study: Study, first: pd.DataFrame, sort: str | None) -> tuple[int, bool, float]:
    row = first.iloc[0]
    if sort and sort not in first:
        return len(STATE_ORDER), True, 0.0  # what it lacks cannot be compared
    column = sort or "objective"
    state = (
        STATE_ORDER.get(row["state"], len(STATE_ORDER))
        if column == "objective"
        else row["state"] == "FAIL"
    )
    if is_missing(row[column]) or isinstance(row[column], str):
        return state, True, 0.0
    return (
        state,
        False,
        float(row[column]) * (1 if direction(study, row["family"], column) == "min" else -1),
    )


def table(found: Sequence[BestOfFamily]) -> pd.DataFrame:
    """A row for each that has a trial: as in a leaderboard, with the columns `ADDED`."""
    rows = []
    for best in found:
        failed = int((best.trials["state"] == "FAIL").sum())
        counts = {"trials": len(best.trials), "failed": failed}
        rows.append(best.trial.assign(dataset=best.dataset, metric=best.metric, **counts))
    all_of_them = concat_trials(rows)
    lead = [name for name in (*TRIAL_COLUMNS, *ADDED, *COLUMNS) if name in all_of_them]
    return all_of_them[[*lead, *(name for name in all_of_them if name not in lead)]]


def best_board(
    found: Sequence[BestOfFamily], sort: str | None = None, interval: bool = True
) -> LeaderboardTable:
    """The table for people.

    `interval`: a mean over seeds stands with its interval, else with its deviation.
    """
    there = [best for best in found if best.study is not None]
    data = list(dict.fromkeys(best.dataset for best in found))
    on, several = f" on {data[0]}" if len(data) == 1 and data != ["none"] else "", len(data) > 1
    return built_table(
        f"best of each family{on}",
        list(_columns(there, several, sort, interval)),
        list(_notes(found, several, sort)),
    )


def _columns(
    there: Sequence[BestOfFamily], several: bool, sort: str | None, interval: bool
) -> Iterator[Column]:
    rows = [best.trial.iloc[0] for best in there]
    yield "family", [best.family for best in there]
    yield from [("data", [best.dataset for best in there])] * several
    yield "metric", [best.metric for best in there]
    yield "best", [figures([row["objective"]])[0] for row in rows]
    on_test = [f"test.{best.metric}" for best in there]
    over_seeds = with_interval if interval else with_spread
    judged = [
        over_seeds(row, name) if name in row else NOTHING
        for row, name in zip(rows, on_test, strict=True)
    ]
    yield from [("on test", judged)] * any(each != NOTHING for each in judged)
    if sort and any(sort in row for row in rows) and not _shown(sort, there):
        yield sort, [_cell(row.get(sort), sort) for row in rows]
    beside = [published(best.trial) for best in there]
    yield from [("published", [each[0][1][0] if each else "" for each in beside])] * any(beside)
    yield "study", [str(row["study"]) for row in rows]
    yield "trial", [f"{row['trial']} {row['name']}".strip() for row in rows]
    yield "state", [STATE_WORDS.get(row["state"], row["state"]) for row in rows]
    yield "parameters", [_parameters(best) for best in there]


def _shown(sort: str, there: Sequence[BestOfFamily]) -> bool:
    """True if every row has the column by which they are ranked under another name."""
    return sort == "objective" or all(
        sort in (f"test.{best.metric}", f"val.{best.metric}") for best in there
    )


def _cell(value: Any, column: str) -> str:
    if is_missing(value):
        return NOTHING
    return str(value) if column.startswith("param.") else figures([value])[0]


def _parameters(best: BestOfFamily) -> str:
    space = best.study.search(best.family)["space"] if best.study else {}
    return parameters(best.trial.iloc[0], list(space))


def _notes(found: Sequence[BestOfFamily], several: bool, sort: str | None) -> Iterator[Note]:
    """By what the best were chosen, each family's counts and best configuration; then what was read
    and published.
    """
    if sort and sort != "objective":
        yield [f"the best by {sort}; by its metric where no trial of a family has that"]
    seen = [(best.family, best.dataset) for best in found]
    twice = {pair for pair in seen if seen.count(pair) > 1}
    for best in found:
        on = f" on {best.dataset}" if several and best.dataset != "none" else ""
        on += f" by {best.metric}" if (best.family, best.dataset) in twice else ""
        number = "1 study" if len(best.studies) == 1 else f"{len(best.studies)} studies"
        whole = "" if best.study is None else f"; best: {_parameters(best)}"
        rises = with_clusters(best.trials, sort)
        rises = f"; {sort}: {rises}" if rises else ""
        yield [f"{best.family}{on}: {by_state(best.trials)}, in {number}{rises}{whole}"]
    for study in {study.name: study for best in found for study in best.studies}.values():
        if reads := int(study.facts.get("test_reads") or 0):
            yield [f"the test images have been read {times(reads)} for study {study.name}"]
    if found:
        yield from ([line] for line in sources(table(found)))
