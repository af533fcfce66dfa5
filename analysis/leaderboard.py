"""Trials ranked, as CSV, Markdown or JSON (for the terminal: analysis/terminal.py).

Objectives of different families do not compare, so each search is ranked by its own: complete trials first, best
first, then the stopped ones, which were judged on less resource, then the failed. With several objectives the complete
trials are ranked by Pareto front, and within a front by the first objective. Of equal trials the earlier number wins.
A clustering has two columns more (analysis/choices.py): `chosen_by`, the criteria by which a trial wins, and
`front_over_clusters`; in Markdown these are told below its table instead.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from analysis.choices import MARKS, as_list, marked
from analysis.pareto import front_column
from analysis.tables import Study, load_all, missing, together
from models.api import DIRECTIONS, SAME, TRIAL_COLUMNS
from models.errors import UserError, nearest, unknown

STATE_ORDER = {"COMPLETE": 0, "PRUNED": 1, "FAIL": 2}


@dataclass(frozen=True)
class Ranking:
    """One search: a title, which says what is ranked, its trials, best first, and a Markdown list of what they say."""

    title: str
    trials: pd.DataFrame
    remarks: str


def write(out: Path, names: Sequence[str], form: str, sort: str | None = None) -> None:
    """Write the leaderboard of the named studies in `out` (none: all) to standard output, in one of `FORMATS`."""
    if form not in FORMATS:
        raise unknown("format", form, ["table", *FORMATS])
    studies = load_all(out, names)
    check_sort(studies, sort)
    sys.stdout.write(FORMATS[form](searches(studies, sort)))


def searches(studies: Sequence[Study], sort: str | None = None) -> list[Ranking]:
    """Each search, ranked by its objective or by `sort`."""
    return [_ranking(study, family, sort) for study in studies for family in families(study)]


def _ranking(study: Study, family: str, sort: str | None) -> Ranking:
    trials, goals = rank(study, family, sort), list(objectives(study, family))
    return Ranking(_title(study, family), marked(trials, goals), as_list(trials, goals))


def rank(study: Study, family: str, sort: str | None = None) -> pd.DataFrame:
    """The trials of one search, best first; columns that none of them has are left out.

    By a `sort` that compares only trials of the same k (`grouped`), those of the smallest k come first.
    """
    trials = study.trials[study.trials["family"] == family]
    trials = trials.drop(columns=[c for c in trials if c not in TRIAL_COLUMNS and trials[c].isna().all()])
    goals = objectives(study, family)
    if len(goals) > 1:
        trials.insert(len(TRIAL_COLUMNS), "front", front_column(trials, goals))
    column = sort if sort is not None and sort in trials else "objective"
    order = trials[["trial"]].assign(state=trials["state"].map(STATE_ORDER), value=trials[column])
    rising = direction(study, family, column) == "min"
    if column != "objective":
        order["state"] = 0
    elif "front" in trials:
        order["state"] += trials["front"].fillna(0) / (len(trials) + 1)  # 1 … n: within the complete
    groups = grouped(trials)
    order["group"] = 0
    if column in groups:
        keys = [_by_size(trials[f"param.{name}"]) for name in groups[column]]
        order["group"] = trials.groupby(keys, dropna=False).ngroup()
    by = ["state", "group", "value", "trial"]
    return trials.loc[order.sort_values(by, ascending=[True, True, rising, True]).index]


def _by_size(column: pd.Series) -> pd.Series:
    """Numbers as numbers, so that 16 comes before 144."""
    numbers = pd.to_numeric(column, errors="coerce")
    return column if numbers.isna().any() else numbers


def grouped(trials: pd.DataFrame) -> dict[str, list[str]]:
    """The columns that compare only trials with the same values of some parameters, and these parameters' names."""
    groups = {
        f"{part}.{metric}": [name for name in names if f"param.{name}" in trials]
        for metric, names in SAME.items()
        for part in ("val", "train", "test")
    }
    return {column: names for column, names in groups.items() if names}


def objectives(study: Study, family: str) -> dict[str, str]:
    """The objectives of a search, each with "min" or "max"."""
    search = study.search(family)
    return dict(search.get("objectives") or {search["metric"]: search["mode"]})


def direction(study: Study, family: str, column: str) -> str:
    """ "max" or "min": where a column is better."""
    if column == "objective":
        return str(study.search(family)["mode"])
    return DIRECTIONS.get(column.partition(".")[2], "min")


def check_sort(studies: Sequence[Study], sort: str | None) -> None:
    """Raise a `UserError` for a column that no study has."""
    trials = together(study.trials for study in studies)
    columns = [str(column) for column in trials if column not in ("study", "family", "name", "state")]
    if sort is not None and sort not in columns:
        raise UserError(f"--sort: unknown column {sort!r}, allowed: {', '.join(columns)}{nearest(sort, columns)}")


def families(study: Study) -> list[str]:
    """The families of a study's searches, in the order in which they ran."""
    return [search["family"] for search in study.facts["searches"]]


def to_csv(ranked: Sequence[Ranking]) -> str:
    """One CSV table of all searches; several criteria in a cell are parted by blanks."""
    table = together(search.trials for search in ranked)
    if "chosen_by" in table:
        table["chosen_by"] = [" ".join(names) if isinstance(names, list) else "" for names in table["chosen_by"]]
    return str(table.to_csv(index=False))


def to_markdown(ranked: Sequence[Ranking]) -> str:
    """A GitHub Markdown table for each search under its title, four significant figures, then its remarks."""
    return "\n".join(_section(search) for search in ranked) or "no studies\n"


def to_json(ranked: Sequence[Ranking]) -> str:
    """A list of objects, one a trial, with the contract's keys; parameters and metrics that it lacks are left out."""
    table = together(search.trials for search in ranked)
    rows = [
        {key: _plain(value) for key, value in row.items() if key in TRIAL_COLUMNS or not missing(value)}
        for row in table.to_dict("records")
    ]
    return json.dumps(rows, indent=2) + "\n"


FORMATS: dict[str, Callable[[Sequence[Ranking]], str]] = {"csv": to_csv, "md": to_markdown, "json": to_json}


def _title(study: Study, family: str) -> str:
    goals = ", ".join(f"{metric} ({mode})" for metric, mode in objectives(study, family).items())
    return f"{study.name} · {family}{fitted_to(study, family)}, objective {goals}"


def fitted_to(study: Study, family: str) -> str:
    """`, features autoencoder,umap:10` for a search on other features than pixels."""
    features = study.search(family).get("features", "raw")
    return "" if features == "raw" else f", features {features}"


def _section(search: Ranking) -> str:
    shown = search.trials.drop(columns=["study", "family"]).drop(columns=list(MARKS), errors="ignore")
    table = shown.map(_markdown_cell).to_markdown(index=False, disable_numparse=True)
    return f"### {search.title}\n\n{table}\n" + (f"\n{search.remarks}" if search.remarks else "")


def _markdown_cell(value: Any) -> str:
    if missing(value):
        return ""
    if isinstance(value, float):
        return f"{value:.0f}" if value.is_integer() else f"{value:.4g}"
    return str(value).replace("|", "\\|").replace("\n", " ")


def _plain(value: Any) -> Any:
    """A value as JSON knows it."""
    if missing(value) or value == "None":
        return None
    return value.item() if hasattr(value, "item") else value
