"""What the trials of a clustering say beside their ranking: who wins with labels and without, and
the front over k.

Homogeneity and accuracy rise with the number of clusters whatever the clustering is worth, so a
good one is one that no other beats with as few. Figures first (`winners`, `on_front`), then their
words (`remarks`). `goals` are a search's objectives, the first first.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import pandas as pd

from hypersearch.analysis.formatting import HELD
from hypersearch.analysis.study.pareto import front_column
from hypersearch.models.api import TRIAL_COLUMNS
from hypersearch.models.metrics import mode_of, row_of, worst_of
from hypersearch.search.storage.study import is_missing

LABELLED = "v_measure"  # chooses among clusterings unless the search's own metric looks at labels
UNLABELLED = (
    "silhouette",
    "bic",
    "stability",
)  # criteria that are shown beside it, where they are reported
TOLD = ("v_measure", "accuracy", "hungarian_accuracy", "clusters")  # of a winner
TESTED = ("accuracy", "hungarian_accuracy", "nmi")  # of a winner that is confirmed
MARKS = ("chosen_by", "front_over_clusters")  # the columns that `marked` adds


@dataclass(frozen=True)
class Winner:
    """The complete trial that a criterion chooses.

    `scores`: its figures on validation by metric name. `tested`: those on test, once it is
    confirmed, each with its sample standard deviation over seeds, None where there is one seed.
    """

    criterion: str
    trial: int
    name: str  # a baseline's, else empty
    scores: Mapping[str, float]
    tested: Mapping[str, tuple[float, float | None]]

    @property
    def labelled(self) -> bool:
        """True if the criterion looks at labels."""
        return row_of(self.criterion).looks_at_labels


def is_clustering(ranked: pd.DataFrame) -> bool:
    """True of trials that report how far clusters agree with classes."""
    return {
        f"val.{name}" for name in (LABELLED, "accuracy", "hungarian_accuracy", "clusters")
    } <= set(ranked)


def winners(ranked: pd.DataFrame, goals: Sequence[str]) -> list[Winner]:
    """The winner by labels first, then those without: by what the search itself goes by, and by the
    usual criteria.

    None of what is no clustering. Inertia chooses only among clusterings of one k: it falls with
    every further cluster.
    """
    if not is_clustering(ranked):
        return []
    by_label = next((goal for goal in goals if row_of(goal).looks_at_labels), LABELLED)
    alone = [goal for goal in goals if row_of(goal).alone and not row_of(goal).looks_at_labels]
    own = [goal for goal in alone if _compares(ranked, goal)]
    found = [
        _winner(ranked, criterion) for criterion in dict.fromkeys([by_label, *own, *UNLABELLED])
    ]
    return [winner for winner in found if winner]


def chosen_by(ranked: pd.DataFrame, goals: Sequence[str]) -> dict[int, list[str]]:
    """By the number of each trial that wins: the criteria that choose it, the one that looks at
    labels first.
    """
    found: dict[int, list[str]] = {}
    for winner in winners(ranked, goals):
        found.setdefault(winner.trial, []).append(winner.criterion)
    return found


def on_front(ranked: pd.DataFrame) -> pd.Series[bool]:
    """True for the complete trials whose accuracy on validation no other reaches with as few
    clusters or fewer.

    Degenerate ones are none.
    """
    real = ranked[~degenerate(ranked)]
    goals = {name: mode_of(name) for name in ("clusters", "accuracy")}
    first = (front_column(real, goals) == 1).fillna(False)
    return first.reindex(ranked.index, fill_value=False).astype(bool)


class Point(NamedTuple):
    """A trial on the front. fitted: it was judged on the images that it was fitted on, as some
    reports did.
    """

    clusters: int
    accuracy: float
    fitted: bool


def front_over_clusters(ranked: pd.DataFrame) -> list[Point]:
    """The trials on the front, by rising number of clusters."""
    first = ranked[on_front(ranked)]
    fit_on = (
        first["param.fit_on"].fillna("train") if "param.fit_on" in first else ["train"] * len(first)
    )
    fitted = (images != "train" for images in fit_on)
    return sorted(
        set(
            map(
                Point,
                first["val.clusters"].astype(int),
                first["val.accuracy"].astype(float),
                fitted,
            )
        )
    )


def with_clusters(ranked: pd.DataFrame, column: str | None) -> str:
    """That a metric rises with the number of clusters whatever a clustering is worth; empty of
    other metrics.
    """
    if (
        column not in ranked
        or not is_clustering(ranked)
        or row_of(str(column).partition(".")[2]).grows_with != "clusters"
    ):
        return ""
    judged = ranked[~degenerate(ranked) & ranked[column].notna()]
    counts = judged["val.clusters"].dropna().astype(int)
    return f"it rises with the number of clusters, here {counts.min()} to {counts.max()}" * (
        counts.nunique() > 1
    )


def degenerate(ranked: pd.DataFrame) -> pd.Series[bool]:
    """True for clusterings of one cluster or none, and for those whose scores were put at their
    worst.

    Only then is the Hungarian accuracy 0: it is matched on the very images that it judges, so some
    image of any cluster is right. The accuracy, whose names for clusters come from other images,
    may be 0 of a sound clustering.
    """
    worst = worst_of("hungarian_accuracy")
    return (ranked["val.clusters"] < 2) | (ranked["val.hungarian_accuracy"] == worst)


def marked(ranked: pd.DataFrame, goals: Sequence[str]) -> pd.DataFrame:
    """A clustering with the columns `MARKS`: the criteria that choose each trial, and if it is on
    the front over k.
    """
    if not is_clustering(ranked):
        return ranked
    criteria = chosen_by(ranked, goals)
    lists = pd.Series(
        [criteria.get(int(n), []) for n in ranked["trial"]], index=ranked.index, dtype=object
    )
    table = ranked.copy()
    place = len(TRIAL_COLUMNS)
    table.insert(place, "chosen_by", lists)
    table.insert(place + 1, "front_over_clusters", on_front(ranked))
    return table


def remarks(ranked: pd.DataFrame, goals: Sequence[str]) -> list[list[str]]:
    """Winners, each told once, and front in words, each in a line or more; none of what is no
    clustering.

    Words that belong together are joined by no-break spaces (analysis/leaderboard/footnotes.py).
    """
    groups: dict[int, list[Winner]] = {}
    for winner in winners(ranked, goals):
        groups.setdefault(winner.trial, []).append(winner)
    said = [_told(group) for group in groups.values()]
    points = front_over_clusters(ranked) if said else []
    front = ", ".join(
        f"{point.clusters}:{HELD}{point.accuracy:.4f}{'*' * point.fitted}" for point in points
    )
    star = f"; * judged on the images it was fitted{HELD}on" * any(point.fitted for point in points)
    return [*said, [f"Pareto front over clusters (accuracy): {front}{star}"]] if front else said


def describe_choice(criteria: Sequence[str]) -> str:
    """`by labels (v_measure) and without labels (silhouette, bic)`."""
    looking: dict[str, list[str]] = {"by": [], "without": []}
    for criterion in criteria:
        looking["by" if row_of(criterion).looks_at_labels else "without"].append(criterion)
    return " and ".join(
        f"{how} labels ({', '.join(names)})" for how, names in looking.items() if names
    )


def _compares(ranked: pd.DataFrame, metric: str) -> bool:
    """False if a metric compares only trials with the same values of some parameters, and these
    differ.
    """
    columns = [f"param.{name}" for name in row_of(metric).comparable_within]
    return all(ranked[column].nunique() <= 1 for column in columns if column in ranked)


def _winner(ranked: pd.DataFrame, criterion: str) -> Winner | None:
    """As the leaderboard does: of equal ones the earlier number."""
    column = f"val.{criterion}"
    if column not in ranked:
        return None
    there = ranked[(ranked["state"] == "COMPLETE") & ranked[column].notna() & ~degenerate(ranked)]
    if there.empty:
        return None
    rising = mode_of(criterion) == "min"
    first = there.sort_values([column, "trial"], ascending=[rising, True]).iloc[0]
    names = dict.fromkeys([criterion, *TOLD])
    scores = {
        name: float(first[f"val.{name}"])
        for name in names
        if not is_missing(first.get(f"val.{name}"))
    }
    tested = {
        name: _over_seeds(first, f"test.{name}")
        for name in TESTED
        if not is_missing(first.get(f"test.{name}"))
    }
    return Winner(criterion, int(first["trial"]), str(first["name"]), scores, tested)


def _over_seeds(row: pd.Series[Any], column: str) -> tuple[float, float | None]:
    spread: Any = row.get(f"{column}_std")
    return float(row[column]), None if is_missing(spread) else float(spread)


def _told(group: Sequence[Winner]) -> list[str]:
    """chosen without labels (bic): trial 3, bic 402,113, v_measure 0.5213, …; and once confirmed,
    its test figures.

    `group`: the same trial, by the criteria that choose it.
    """
    winner = group[0]
    trial = f"trial {winner.trial} {winner.name}".strip().replace(" ", HELD)
    own = {each.criterion: each.scores[each.criterion] for each in group}
    figures = ", ".join(
        f"{name}{HELD}{_figure(name, value)}" for name, value in {**own, **winner.scores}.items()
    )
    first = f"chosen {describe_choice([each.criterion for each in group])}: {trial}, {figures}"
    tested = ", ".join(f"{name}{HELD}{_spread(*figure)}" for name, figure in winner.tested.items())
    return [first, f"on test: {tested}"] if tested else [first]


def _spread(mean: float, deviation: float | None) -> str:
    return f"{mean:.4f}" + ("" if deviation is None else f"{HELD}±{HELD}{deviation:.4f}")


def _figure(name: str, value: float) -> str:
    return f"{value:,.0f}" if row_of(name).whole or abs(value) >= 1000 else f"{value:.4f}"
