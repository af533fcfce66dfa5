"""What a report says, as records: of a study what was searched and on what, of each of its searches
what came out.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd

from hypersearch.analysis.formatting import STATE_WORDS
from hypersearch.analysis.report import published_figures, tables
from hypersearch.analysis.report.budget import Budget, as_table, budget, budget_sentence
from hypersearch.analysis.report.failures import Failures, failures
from hypersearch.analysis.report.formatting import DASH, duration, listed, short
from hypersearch.analysis.report.images import Picture, of_the_model
from hypersearch.analysis.report.study_facts import commands, details, facts
from hypersearch.analysis.report.tables import Best, Table
from hypersearch.analysis.study.ranking import families, objectives, rank
from hypersearch.analysis.study.worker_times import Life, lives
from hypersearch.models.text import counted
from hypersearch.search.storage.study import Study


@dataclass(frozen=True)
class SearchPart:
    """One search of a study."""

    anchor: str
    family: str
    lines: tuple[str, ...]  # how it was searched
    left_out: tuple[tuple[str, str], ...]  # baselines, each with the reason
    counts: tuple[tuple[str, int], ...]  # trials by state, in words
    best: tuple[Best, ...]
    published: tuple[Table, ...]
    board: Table | None
    chosen: tuple[Table, ...]
    budget: Budget
    budget_words: str
    budget_table: Table
    pictures: tuple[Picture, ...]  # of its trials
    model: tuple[Picture, ...]  # of the best of them
    model_words: str
    failures: Failures


@dataclass(frozen=True)
class StudyPart:
    """One study.

    `facts` and `details` are names with what is to be said; `commands` with what they do.
    """

    anchor: str
    name: str
    facts: tuple[tuple[str, str], ...]
    details: tuple[tuple[str, str], ...]
    commands: tuple[tuple[str, str], ...]
    summary: Table
    searches: tuple[SearchPart, ...]


def study_part(study: Study, anchor: str, drawn: Mapping[str, Sequence[Picture]]) -> StudyPart:
    """All that a report says of a study; `drawn`: the figures of each of its families."""
    searches = tuple(
        search_part(study, family, f"{anchor}-{number}", drawn[family])
        for number, family in enumerate(families(study), start=1)
    )
    cut = any(search.budget.cut for search in searches)
    return StudyPart(
        anchor,
        short(study.name),
        tuple(facts(study)),
        tuple(details(study)),
        tuple(commands(study, cut)),
        _summary(study, searches),
        searches,
    )


def search_part(study: Study, family: str, anchor: str, drawn: Sequence[Picture]) -> SearchPart:
    """All that a report says of a search."""
    ranked, told = rank(study, family), lives(study.folder, family)
    spent = budget(study, family, told)
    model = tuple(picture for picture in drawn if picture.group == "model")
    published = (
        published_figures.baselines(study, family, ranked),
        published_figures.peers(study, family, ranked),
    )
    return SearchPart(
        anchor,
        short(family, 80),
        tuple(_lines(study, family)),
        tuple(
            (short(name, 80), short(reason))
            for name, reason in study.search(family).get("left_out", {}).items()
        ),
        tuple(_counts(ranked, told)),
        tuple(tables.best_trials(study, family, ranked)),
        tuple(table for table in published if table),
        tables.leaderboard(study, family, ranked) if len(ranked) else None,
        tuple(tables.chosen(study, family, ranked)),
        spent,
        budget_sentence(spent),
        as_table(spent),
        tuple(picture for picture in drawn if picture.group == "search"),
        model,
        of_the_model(study, family, ranked, model),
        failures(study, family),
    )


def _lines(study: Study, family: str) -> Iterator[str]:
    search = study.search(family)
    unit = short(search["resource"], 40)
    longest = (
        f" of up to {counted(search['max_resource'], unit)}" if "max_resource" in search else ""
    )
    by = f", proposed by {short(search['searcher'], 60)}" if "searcher" in search else ""
    own = [f"{counted(search['trials'], 'trials')}{longest}{by}"] if search["trials"] else []
    given = [counted(len(search["baselines"]), "baselines")] if search["baselines"] else []
    yield (
        f"{', and '.join([*own, *given]) or 'No trials'}; {_stopping(search)};"
        f" {tables.better(study, family)}."
    )
    if search.get("features", "raw") != "raw":
        yield f"Fitted on features: {short(search['features'])}."


def _stopping(search: Mapping[str, Any]) -> str:
    """Who is stopped, and when."""
    scheduler = search.get("scheduler", "none")
    if search.get("max_resource") == 1:
        return "each is a single step"
    if not search.get("stops_early", scheduler != "none"):  # studies of earlier versions lack it
        return "none is stopped early"
    rungs = [str(rung) for rung in search.get("rungs") or ()]
    at = f" at {listed(rungs)}" if rungs else ""
    return f"{short(scheduler, 40)} stops early{at}"


def _counts(ranked: pd.DataFrame, told: Sequence[Life]) -> Iterator[tuple[str, int]]:
    """Trials by how they ended; those that were cut off, or have not ended, where there are any."""
    ended = set(ranked["trial"])
    cut = sum(life.cut and life.trial in ended for life in told)
    for state, word in STATE_WORDS.items():
        count = int((ranked["state"] == state).sum())
        yield word, count - cut if state == "PRUNED" else count
    begun = sum(life.trial not in ended for life in told)
    yield from ((word, count) for word, count in (("cut off", cut), ("not ended", begun)) if count)


def _summary(study: Study, searches: tuple[SearchPart, ...]) -> Table:
    """The best of each search, in a row each."""
    rows = tuple(
        _row(search, list(objectives(study, family)))
        for search, family in zip(searches, families(study), strict=True)
    )
    columns = ("family", "objective", "on validation", "on test", "best trial", "trials", "time")
    words = frozenset({"family", "objective", "best trial"})
    links = tuple(search.anchor for search in searches)
    return Table("The best of each search", columns, rows, left=words, links=links)


def _row(search: SearchPart, goals: list[str]) -> tuple[str, ...]:
    best, spent = search.best[0] if search.best else None, search.budget
    figures = {row[0]: row[1:] for row in best.scores.rows} if best else {}
    first, second = (
        [figures.get(goal, ())[place : place + 1] for goal in goals] for place in range(2)
    )
    return (
        search.family,
        ", ".join(goals),
        *(", ".join(cell[0] for cell in cells if cell) or DASH for cells in (first, second)),
        best.title.partition(": ")[2] if best else "none is complete",
        f"{sum(count for _, count in search.counts):,}",
        duration(spent.searched.seconds + spent.baselines.seconds),
    )
