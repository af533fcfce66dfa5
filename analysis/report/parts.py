"""What a report says, as records: of a study what was searched and on what, of each of its searches what came out."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import pandas as pd

from analysis.leaderboard import families, objectives, rank
from analysis.report import tables
from analysis.report.budget import Budget, Journal, as_table, budget, in_words, read_journal
from analysis.report.facts import commands, details, facts
from analysis.report.failures import Failures, failures
from analysis.report.pictures import Picture, pictures
from analysis.report.tables import Best, Table
from analysis.report.words import DASH, duration, listed, short
from analysis.tables import Study
from analysis.terminal import STATE_WORDS
from models.api import counted


@dataclass(frozen=True)
class SearchPart:
    """One search of a study."""

    anchor: str
    family: str
    lines: tuple[str, ...]  # how it was searched
    left_out: tuple[tuple[str, str], ...]  # baselines, each with the reason
    counts: tuple[tuple[str, int], ...]  # trials by state, in words
    best: tuple[Best, ...]
    published: Table | None
    board: Table | None
    chosen: tuple[Table, ...]
    budget: Budget
    budget_words: str
    budget_table: Table
    pictures: tuple[Picture, ...]
    failures: Failures


@dataclass(frozen=True)
class StudyPart:
    """One study. `facts` and `details` are names with what is to be said; `commands` with what they do."""

    anchor: str
    name: str
    facts: tuple[tuple[str, str], ...]
    details: tuple[tuple[str, str], ...]
    commands: tuple[tuple[str, str], ...]
    summary: Table
    searches: tuple[SearchPart, ...]


def study_part(study: Study, anchor: str, say: Callable[[str], None], strict: bool) -> StudyPart:
    """All that a report says of a study; `say` hears of figures that fail, `strict` lets them raise."""
    journal = read_journal(study.folder)
    searches = tuple(
        search_part(study, family, f"{anchor}-{number}", journal, say, strict)
        for number, family in enumerate(families(study), start=1)
    )
    return StudyPart(
        anchor,
        short(study.name),
        tuple(facts(study)),
        tuple(details(study)),
        tuple(commands(study, bool(journal.cut))),
        _summary(study, searches),
        searches,
    )


def search_part(
    study: Study, family: str, anchor: str, journal: Journal, say: Callable[[str], None], strict: bool
) -> SearchPart:
    """All that a report says of a search."""
    ranked, spent = rank(study, family), budget(study, family, journal)
    return SearchPart(
        anchor,
        short(family, 80),
        tuple(_lines(study, family)),
        tuple((short(name, 80), short(reason)) for name, reason in study.search(family).get("left_out", {}).items()),
        tuple(_counts(study, family, ranked, journal)),
        tuple(tables.best_trials(study, family, ranked)),
        tables.beside_published(study, family, ranked),
        tables.leaderboard(study, family, ranked) if len(ranked) else None,
        tuple(tables.chosen(study, family, ranked)),
        spent,
        in_words(spent),
        as_table(spent),
        tuple(pictures(study, family, say, strict)),
        failures(study, family),
    )


def _lines(study: Study, family: str) -> Iterator[str]:
    search = study.search(family)
    own, given = counted(search["trials"], "trials"), counted(len(search["baselines"]), "baselines")
    longest = counted(search["max_resource"], search["resource"]) if "max_resource" in search else search["resource"]
    stops = f"{search['scheduler']} stops early" if search.get("scheduler", "none") != "none" else "nobody is stopped"
    rungs = [str(rung) for rung in search.get("rungs") or ()]
    at = f" at {listed(rungs)}" if rungs and search.get("scheduler") in ("asha", "hyperband") else ""
    if search.get("max_resource") == 1:
        stops, at = "a trial is a single step", ""
    who = f"{own} proposed by {short(search['searcher'], 60)}" if search["trials"] and "searcher" in search else own
    yield f"{who} and {given}, of up to {longest}; {stops}{at}; {tables.better(study, family)}."
    if search.get("features", "raw") != "raw":
        yield f"Fitted on features: {short(search['features'])}."


def _counts(study: Study, family: str, ranked: pd.DataFrame, journal: Journal) -> Iterator[tuple[str, int]]:
    cut = sum(1 for name, _ in journal.cut if name == family)
    for state, word in STATE_WORDS.items():
        count = int((ranked["state"] == state).sum())
        yield word, count - cut if state == "PRUNED" else count
    begun = {number for name, number in journal.limits if name == family}
    open_ = len(begun - set(ranked["trial"]))
    yield from ((word, count) for word, count in (("cut off", cut), ("not ended", open_)) if count)


def _summary(study: Study, searches: tuple[SearchPart, ...]) -> Table:
    """The best of each search, in a row each."""
    rows = tuple(
        _row(search, list(objectives(study, family))) for search, family in zip(searches, families(study), strict=True)
    )
    columns = ("family", "objective", "on validation", "on test", "best trial", "trials", "time")
    words = frozenset({"family", "objective", "best trial"})
    links = tuple(search.anchor for search in searches)
    return Table("The best of each search", columns, rows, left=words, links=links)


def _row(search: SearchPart, goals: list[str]) -> tuple[str, ...]:
    best, spent = search.best[0] if search.best else None, search.budget
    figures = {row[0]: row[1:] for row in best.scores.rows} if best else {}
    first, second = ([figures.get(goal, ())[place : place + 1] for goal in goals] for place in range(2))
    return (
        search.family,
        ", ".join(goals),
        *(", ".join(cell[0] for cell in cells if cell) or DASH for cells in (first, second)),
        best.title.partition(": ")[2] if best else "none is complete",
        f"{sum(count for _, count in search.counts):,}",
        duration(spent.searched.seconds + spent.baselines.seconds),
    )
