"""Trials ranked (analysis/study/ranking.py), as a table for the terminal, CSV, Markdown, LaTeX,
JSON or HTML.

CSV and JSON have all columns, Markdown those of each search; a terminal, LaTeX, HTML and the best
of several searches have the few of analysis/leaderboard/table.py. Beside those of trials.csv stand,
where there are such, in CSV and JSON: `front` (of several objectives); of a clustering `chosen_by`,
the criteria by which a trial wins, and `front_over_clusters` (analysis/study/cluster_choices.py);
`published`, the figure of a baseline's report or of the same task, `difference`, how far the trial
is from it, and `published_source`; `test_reads`, how often the test images have been read for a
study. The others tell these in notes under the table.
"""

from __future__ import annotations

import json
import math
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import pandas as pd

from hypersearch.analysis.formatting import plain
from hypersearch.analysis.leaderboard.best_by_family import best_board, best_by_family, table
from hypersearch.analysis.leaderboard.footnotes import Note, joined, under
from hypersearch.analysis.leaderboard.latex import longtable
from hypersearch.analysis.leaderboard.published import with_published
from hypersearch.analysis.leaderboard.table import LeaderboardTable, leaderboard_table
from hypersearch.analysis.leaderboard.terminal import show
from hypersearch.analysis.markdown import markdown_table
from hypersearch.analysis.study.cluster_choices import MARKS, marked
from hypersearch.analysis.study.ranking import check_sort, families, fitted_to, objectives, rank
from hypersearch.analysis.templating import environment
from hypersearch.models.api import TRIAL_COLUMNS
from hypersearch.models.errors import unknown
from hypersearch.search.storage.study import Study, concat_trials, is_missing, load_all

READS = "test_reads"
TOLD = (*MARKS, "published_source", READS)  # columns that stand in notes instead where people read
MARKDOWN = str.maketrans(
    {**{each: f"\\{each}" for each in "\\|`*[]$"}, "<": "&lt;", ">": "&gt;", "&": "&amp;"}
)


@dataclass(frozen=True)
class Ranking:
    """One search, or the best of several: a title, which says what is ranked, its trials, best
    first, with all columns.

    notes: what stands under them. board: the same in few columns. Both are made when they are asked
    for. one: whether it is a single search, whose study and family are in the title.
    """

    title: str
    trials: pd.DataFrame
    notes: Callable[[], Sequence[Note]]
    board: Callable[..., LeaderboardTable]
    one: bool = True


def write(
    out: Path, names: Sequence[str], form: str, sort: str | None = None, best: bool = False
) -> None:
    """Write the leaderboard of the named studies in `out` (none: all) to standard output, as a
    table or in `FORMATS`.

    `best`: of each family one row over all these studies.
    """
    if form not in ("table", *FORMATS):
        raise unknown("format", form, ["table", *FORMATS])
    if form == "table":
        show(out, names, sort, best=best)
    else:
        studies = load_all(out, names)
        check_sort(studies, sort, best)
        ranked = [best_ranking(studies, sort)] if best and studies else searches(studies, sort)
        sys.stdout.write(FORMATS[form](ranked))


def searches(studies: Sequence[Study], sort: str | None = None) -> list[Ranking]:
    """Each search, ranked by its objective or by `sort`."""
    return [_ranking(study, family, sort) for study in studies for family in families(study)]


def _ranking(study: Study, family: str, sort: str | None) -> Ranking:
    ranked = with_published(study, family, rank(study, family, sort))
    trials = marked(ranked, list(objectives(study, family)))
    if study.facts.get(READS):
        trials = trials.assign(**{READS: study.facts[READS]})
    told = partial(under, study, family, ranked, sort)
    return Ranking(
        _title(study, family), trials, told, partial(leaderboard_table, study, family, ranked, sort)
    )


def best_ranking(studies: Sequence[Study], sort: str | None = None) -> Ranking:
    """The best trial of each family, data set and objective."""
    found = best_by_family(studies, sort)
    whole = best_board(found, sort)
    return Ranking(
        whole.title, table(found), lambda: whole.notes, partial(best_board, found, sort), one=False
    )


def to_csv(ranked: Sequence[Ranking]) -> str:
    """One CSV table of all searches; several criteria in a cell are parted by blanks."""
    every = concat_trials(search.trials for search in ranked)
    if "chosen_by" in every:
        every["chosen_by"] = [
            " ".join(names) if isinstance(names, list) else "" for names in every["chosen_by"]
        ]
    return str(every.to_csv(index=False))


def to_markdown(ranked: Sequence[Ranking]) -> str:
    """A GitHub Markdown table for each search under its title, four significant figures, then its
    notes.

    The best of several, whose parameters differ, in the columns of a terminal.
    """
    return "\n".join(_section(search) for search in ranked) or "no studies\n"


def to_latex(ranked: Sequence[Ranking]) -> str:
    """A longtable for each search; means over seeds with their deviation, which is shorter than the
    interval.

    The best of several have their parameters in the notes alone: their table is wide.
    """
    return (
        "\n".join(
            longtable(search.board(interval=False), parameters=search.one) for search in ranked
        )
        or "% no studies\n"
    )


def to_html(ranked: Sequence[Ranking]) -> str:
    """A page with a table for each search."""
    boards = [search.board() for search in ranked]
    return environment().get_template("leaderboard.html.j2").render(boards=boards, joined=joined)


def to_json(ranked: Sequence[Ranking]) -> str:
    """A list of objects, one a trial, with the contract's keys; parameters and metrics that it
    lacks are left out.
    """
    every = concat_trials(search.trials for search in ranked)
    rows = [
        {
            key: _plain(value)
            for key, value in row.items()
            if key in TRIAL_COLUMNS or not is_missing(value)
        }
        for row in every.to_dict("records")
    ]
    return json.dumps(rows, indent=2) + "\n"


FORMATS: dict[str, Callable[[Sequence[Ranking]], str]] = {
    "csv": to_csv,
    "md": to_markdown,
    "latex": to_latex,
    "json": to_json,
    "html": to_html,
}


def _title(study: Study, family: str) -> str:
    goals = ", ".join(f"{metric} ({mode})" for metric, mode in objectives(study, family).items())
    return f"{study.name} · {family}{fitted_to(study, family)}, objective {goals}"


def _section(search: Ranking) -> str:
    if search.one:
        table = search.trials.drop(columns=["study", "family", *TOLD], errors="ignore")
    else:
        made = search.board()
        table = pd.DataFrame(made.rows, columns=made.columns)
    shown = table.map(_markdown_cell)
    heads = [_markdown_cell(str(column)) for column in shown]
    lines = markdown_table(heads, shown.to_numpy().tolist())
    notes = "".join(f"- {_markdown_cell(joined(note))}\n" for note in search.notes())
    return f"### {_markdown_cell(search.title)}\n\n{lines}\n\n{notes}"


def _markdown_cell(value: Any) -> str:
    if is_missing(value):
        return ""
    if isinstance(value, float):
        return f"{value:.0f}" if value.is_integer() else f"{value:.4g}"
    return plain(str(value)).translate(MARKDOWN)


def _plain(value: Any) -> Any:
    """A value as JSON knows it."""
    if (
        is_missing(value)
        or value == "None"
        or (isinstance(value, float) and not math.isfinite(value))
    ):
        return None
    return value.item() if hasattr(value, "item") else value
