"""How the trials of a search are ranked, and by what.

Objectives of different families do not compare, so each search is ranked by its own: complete
trials first, best first, then the stopped ones, which were judged on less resource, then the
failed. With several objectives the complete trials are ranked by Pareto front, and within a front
by the first objective. Of equal trials the earlier number wins.
"""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from hypersearch.analysis.study.pareto import front_column
from hypersearch.models.api import TRIAL_COLUMNS
from hypersearch.models.errors import UserError, nearest
from hypersearch.models.metrics import METRICS, row_of
from hypersearch.search.storage.study import Study, concat_trials

STATE_ORDER = {"COMPLETE": 0, "PRUNED": 1, "FAIL": 2}
OF_SEVERAL = ("_low", "_high")  # ends of an interval over seeds: better where the figure itself is


def rank(study: Study, family: str, sort: str | None = None) -> pd.DataFrame:
    """The trials of one search, best first; columns that none of them has are left out.

    By a `sort` that compares only trials of the same k (`grouped`), those of the smallest k come
    first.
    """
    trials = study.trials[study.trials["family"] == family]
    trials = trials.drop(
        columns=[c for c in trials if c not in TRIAL_COLUMNS and trials[c].isna().all()]
    )
    goals = objectives(study, family)
    if len(goals) > 1:
        trials.insert(len(TRIAL_COLUMNS), "front", front_column(trials, goals))
    column = sort if sort is not None and sort in trials else "objective"
    order = trials[["trial"]].assign(state=trials["state"].map(STATE_ORDER), value=trials[column])
    rising = direction(study, family, column) == "min"
    if column != "objective":
        order["state"] = 0
    elif "front" in trials:
        order["state"] += trials["front"].fillna(0) / (
            len(trials) + 1
        )  # 1 … n: within the complete
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
    """The columns that compare only trials with the same values of some parameters, and these
    parameters' names.
    """
    groups = {
        f"{part}.{metric}": [name for name in row.comparable_within if f"param.{name}" in trials]
        for metric, row in METRICS.items()
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
    metric = column.partition(".")[2]
    for end in OF_SEVERAL:
        metric = metric.removesuffix(end)
    return row_of(metric).mode


def check_sort(studies: Sequence[Study], sort: str | None, best: bool = False) -> None:
    """Raise a `UserError` for a column that no study has, or by which the `best` of several do not
    compare.
    """
    trials = concat_trials(study.trials for study in studies)
    columns = [
        str(column) for column in trials if column not in ("study", "family", "name", "state")
    ]
    if sort is not None and sort not in columns:
        raise UserError(
            f"--sort: unknown column {sort!r}, allowed:"
            f" {_in_short(columns)}{nearest(sort, columns)}"
        )
    if best and sort in (groups := grouped(trials)):
        raise UserError(
            f"--best --sort {sort}: it compares only trials of the same"
            f" {' and '.join(groups[sort])}"
        )


def _in_short(columns: Sequence[str]) -> str:
    """Each metric once, parameters not at all: there may be a hundred columns."""
    plain = [column for column in columns if "." not in column]
    metrics = {
        column.partition(".")[2] for column in columns if column.startswith(("val.", "test."))
    }
    told = sorted(metric for metric in metrics if not metric.endswith(("_std", *OF_SEVERAL)))
    return f"{', '.join([*plain, 'param.NAME'])}, and val. or test. before {', '.join(told)}"


def families(study: Study) -> list[str]:
    """The families of a study's searches, in the order in which they ran."""
    return [search["family"] for search in study.facts["searches"]]


def fitted_to(study: Study, family: str) -> str:
    """`, features autoencoder,umap:10` for a search on other features than pixels."""
    features = study.search(family).get("features", "raw")
    return "" if features == "raw" else f", features {features}"
