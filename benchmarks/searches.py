"""What searches found: a Markdown table from studies, those that were confirmed with their figures
on the test images.

    hypersearch run random_forest --no-baselines --trials 50 --time-budget 20m --name forest
    hypersearch confirm forest --seeds 3
    python benchmarks/searches.py runs/forest

Figures on test: mean ± sample standard deviation over the seeds of the confirmation.
"""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import pandas as pd

import hypersearch
from hypersearch.analysis.formatting import parameters, with_spread
from hypersearch.analysis.study.ranking import rank

HEAD = """\
| family | data | trials: done, stopped, failed | minutes | validation | test |
|---|---|---|---:|---|---|"""


def rows(study: hypersearch.Study) -> Iterator[str]:
    """A row for each search."""
    for search in study.facts["searches"]:
        ranked = rank(study, search["family"])
        states = Counter(ranked["state"])
        counts = f"{len(ranked)}: {states['COMPLETE']}, {states['PRUNED']}, {states['FAIL']}"
        best = ranked.iloc[0]
        validation = f"{search['metric']} {best['objective']:.4f}"
        data = study.facts["dataset"]["name"]
        yield (
            f"| {search['family']} | {data} | {counts} | {minutes(study):.0f} | {validation} |"
            f" {on_test(best)} |"
        )


def winners(study: hypersearch.Study) -> Iterator[str]:
    """Each winner's configuration, in a line."""
    for search in study.facts["searches"]:
        best = rank(study, search["family"]).iloc[0]
        yield (
            f"- {study.name} {search['family']}, trial {best['trial']}:"
            f" {parameters(best, list(search['space']))}"
        )


def on_test(best: pd.Series) -> str:
    means = [
        name
        for name in best.index
        if name.startswith("test.") and not name.endswith(("_std", "_low", "_high"))
    ]
    found = [name for name in means if not pd.isna(best[name])]
    return ", ".join(f"{name[5:]} {with_spread(best, name)}" for name in found) or "–"


def minutes(study: hypersearch.Study) -> float:
    """Of all runs of the study, its start and end included."""
    runs = [*study.facts.get("runs", []), study.facts]
    ended = [(run["started"], run["ended"]) for run in runs if run["ended"]]
    return (
        sum(
            (datetime.fromisoformat(b) - datetime.fromisoformat(a)).total_seconds()
            for a, b in ended
        )
        / 60
    )


if __name__ == "__main__":
    studies = [hypersearch.load(Path(folder)) for folder in sys.argv[1:]]
    print(HEAD)
    for study in studies:
        print("\n".join(rows(study)))
    print()
    for study in studies:
        print("\n".join(winners(study)))
