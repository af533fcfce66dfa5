"""What the trials of a clustering say beside their ranking: who wins with labels and without, and the front over k.

Homogeneity and accuracy rise with the number of clusters whatever the clustering is worth, so a good one is one that
no other beats with as few. Figures first (`winners`, `front_over_clusters`), then their words (`choices`).
"""

from __future__ import annotations

import textwrap
from collections.abc import Mapping
from dataclasses import dataclass

import pandas as pd

from analysis.pareto import front_column
from analysis.tables import missing
from models.api import DIRECTIONS, UNSUPERVISED

LABELLED = "v_measure"  # chooses among clusterings unless the search's own metric looks at labels
UNLABELLED = ("silhouette", "bic", "stability")  # criteria that are shown beside it, where they are reported
TOLD = ("v_measure", "accuracy", "hungarian_accuracy", "clusters")  # of a winner


@dataclass(frozen=True)
class Winner:
    """The complete trial that a criterion chooses. `scores`: its figures on validation by metric name."""

    criterion: str
    trial: int
    name: str  # a baseline's, else empty
    scores: Mapping[str, float]

    @property
    def labelled(self) -> bool:
        """True if the criterion looks at labels."""
        return self.criterion not in UNSUPERVISED


def is_clustering(ranked: pd.DataFrame) -> bool:
    """True of trials that report how far clusters agree with classes."""
    return {f"val.{name}" for name in (LABELLED, "accuracy", "clusters")} <= set(ranked)


def winners(ranked: pd.DataFrame, metric: str) -> list[Winner]:
    """The winner by labels first, then those without: by the search's own `metric`, and by the usual criteria.

    Inertia chooses none, as it falls with every further cluster.
    """
    by_label = LABELLED if metric in UNSUPERVISED else metric
    own = [metric] * (metric in UNSUPERVISED - {"inertia"})
    found = [_winner(ranked, criterion) for criterion in dict.fromkeys([by_label, *own, *UNLABELLED])]
    return [winner for winner in found if winner]


def front_over_clusters(ranked: pd.DataFrame) -> list[tuple[int, float]]:
    """Number of clusters and accuracy of the trials that no other beats with as few clusters, by rising number.

    Of complete trials, on validation; degenerate ones are none.
    """
    real = ranked[(ranked["val.clusters"] > 1) & ~degenerate(ranked)]
    first = real[(front_column(real, {"clusters": "min", "accuracy": "max"}) == 1).fillna(False)]
    pairs = zip(first["val.clusters"].astype(int), first["val.accuracy"].astype(float), strict=True)
    return sorted(set(pairs))


def degenerate(ranked: pd.DataFrame) -> pd.Series:
    """True for the trials whose scores were put at their worst: one cluster, or mostly noise."""
    return ranked["val.accuracy"] == 0.0


def choices(ranked: pd.DataFrame, metric: str, width: int) -> str:
    """Both in words, in lines of up to `width` characters; empty for what is no clustering."""
    if not is_clustering(ranked):
        return ""
    lines = [_told(winner) for winner in winners(ranked, metric)]
    front = ", ".join(f"{clusters}: {accuracy:.4f}" for clusters, accuracy in front_over_clusters(ranked))
    if front:
        lines.append(f"Pareto front over clusters (accuracy): {front}")
    return "".join(textwrap.fill(line, width, subsequent_indent="  ") + "\n" for line in lines)


def _winner(ranked: pd.DataFrame, criterion: str) -> Winner | None:
    """As the leaderboard does: of equal ones the earlier number."""
    column = f"val.{criterion}"
    if column not in ranked:
        return None
    there = ranked[(ranked["state"] == "COMPLETE") & ranked[column].notna() & ~degenerate(ranked)]
    if there.empty:
        return None
    rising = DIRECTIONS[criterion] == "min"
    first = there.sort_values([column, "trial"], ascending=[rising, True]).iloc[0]
    names = dict.fromkeys([criterion, *TOLD])
    scores = {name: float(first[f"val.{name}"]) for name in names if not missing(first.get(f"val.{name}"))}
    return Winner(criterion, int(first["trial"]), str(first["name"]), scores)


def _told(winner: Winner) -> str:
    """One line: chosen without labels (bic): trial 3, bic 402,113, v_measure 0.5213, …"""
    how = "by" if winner.labelled else "without"
    trial = f"{winner.trial} {winner.name}".strip()
    figures = ", ".join(f"{name} {_figure(name, value)}" for name, value in winner.scores.items())
    return f"chosen {how} labels ({winner.criterion}): trial {trial}, {figures}"


def _figure(name: str, value: float) -> str:
    return f"{value:,.0f}" if name == "clusters" or abs(value) >= 1000 else f"{value:.4f}"
