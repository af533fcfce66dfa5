"""What a search spent, and what early stopping spared."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import pandas as pd

from hypersearch.analysis.report.formatting import duration, share, short
from hypersearch.analysis.report.tables import Table
from hypersearch.analysis.study.worker_times import Life
from hypersearch.models.text import counted
from hypersearch.search.storage.study import Study

PARTS = frozenset({"part"})


@dataclass(frozen=True)
class Spent:
    """So many trials, units of the search's resource and seconds of its workers."""

    trials: int
    steps: int
    seconds: float


@dataclass(frozen=True)
class Budget:
    """What a search spent. `spared`: what its stopped trials would have taken beyond, each at its
    own pace.

    `cut` are those that the end of the search cut off, and that a resume takes up again: they count
    as spent alone.
    """

    resource: str
    searched: Spent
    baselines: Spent
    spared: Spent
    cut: int

    @property
    def bar(self) -> list[tuple[str, float]]:
        """The parts of a bar in percent: what was spent on searched trials and on baselines, and
        what was spared.
        """
        parts = {
            "spent": self.searched.seconds,
            "given": self.baselines.seconds,
            "spared": self.spared.seconds,
        }
        whole = sum(parts.values())
        return [
            (kind, round(100 * seconds / whole, 2))
            for kind, seconds in parts.items()
            if seconds and whole
        ]


def budget(study: Study, family: str, told: Sequence[Life]) -> Budget:
    """What the ended trials of a search spent; `told` is what the journal says of them."""
    trials = study.trials[study.trials["family"] == family]
    cut = trials["trial"].isin([life.trial for life in told if life.cut])
    trials = trials.assign(left=_full(study, family, trials, told) - trials["resource"].fillna(0))
    own = trials["name"] == ""
    stopped = trials[
        own & ~cut & (trials["state"] == "PRUNED") & (trials["left"] > 0) & (trials["resource"] > 0)
    ]
    seconds = float((stopped["seconds"] / stopped["resource"] * stopped["left"]).sum())
    spared = Spent(len(stopped), int(stopped["left"].sum()), seconds)
    return Budget(
        study.search(family)["resource"],
        _spent(trials[own]),
        _spent(trials[~own]),
        spared,
        int(cut.sum()),
    )


def _full(
    study: Study, family: str, trials: pd.DataFrame, told: Sequence[Life]
) -> pd.Series[float]:
    """The resource at which each trial is complete: its limit, or less where a parameter says
    so.
    """
    search = study.search(family)
    limits = (
        trials["trial"]
        .map({life.trial: life.max_resource for life in told})
        .fillna(search.get("max_resource", 0))
    )
    asked = trials.get(
        f"param.{search.get('resource_parameter', '')}", pd.Series(index=trials.index, dtype=float)
    )
    both = pd.DataFrame({"limit": limits.astype(float), "asked": pd.to_numeric(asked)})
    return both.min(axis=1)


def budget_sentence(spent: Budget) -> str:
    """What early stopping spared, in a sentence or two."""
    whole, unit = spent.searched.steps + spent.spared.steps, short(spent.resource, 40)
    if spent.spared.trials:
        first = (
            f"Early stopping ended {counted(spent.spared.trials, 'trials')} before their time and"
            f" spared {spent.spared.steps:,} of {counted(whole, unit)}"
            f" ({share(spent.spared.steps, whole)}), about {duration(spent.spared.seconds)} of work"
            " at these trials' own pace."
        )
    else:
        first = "No trial was stopped early."
    more = (
        f" The end of the search cut off {counted(spent.cut, 'trials')}; a resume goes on with"
        " them." * bool(spent.cut)
    )
    return first + more


def as_table(spent: Budget) -> Table:
    """What was spent and spared, a row each.

    The seconds are of workers: with several at once, the search took less.
    """
    rows = {
        "spent": ("searched", spent.searched),
        "given": ("baselines", spent.baselines),
        "spared": ("spared (estimate)", spent.spared),
    }
    there = {kind: (name, part) for kind, (name, part) in rows.items() if part.trials}
    cells = [
        (name, f"{part.trials:,}", f"{part.steps:,}", duration(part.seconds))
        for name, part in there.values()
    ]
    columns = ("part", "trials", short(spent.resource, 40), "time")
    return Table(
        "Work of all workers together", columns, tuple(cells), kinds=tuple(there), left=PARTS
    )


def _spent(trials: pd.DataFrame) -> Spent:
    return Spent(
        len(trials),
        int(trials["resource"].fillna(0).sum()),
        float(trials["seconds"].fillna(0).sum()),
    )
