"""What searches found: a Markdown table from studies, those that were confirmed with their figures on the test images.

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

import analysis
from analysis.leaderboard import rank
from models.api import one_line

HEAD = """\
| family | data | trials: done, stopped, failed | minutes | validation | test |
|---|---|---|---:|---|---|"""


def rows(study: analysis.Study) -> Iterator[str]:
    """A row for each search, and below the table, each winner's configuration."""
    for search in study.facts["searches"]:
        ranked = rank(study, search["family"])
        states = Counter(ranked["state"])
        counts = f"{len(ranked)}: {states['COMPLETE']}, {states['PRUNED']}, {states['FAIL']}"
        best = ranked.iloc[0]
        validation = f"{search['metric']} {best['objective']:.4f}"
        data = study.facts["dataset"]["name"]
        yield f"| {search['family']} | {data} | {counts} | {minutes(study):.0f} | {validation} | {on_test(best)} |"


def winners(study: analysis.Study) -> Iterator[str]:
    for search in study.facts["searches"]:
        best = rank(study, search["family"]).iloc[0]
        params = {name[6:]: value for name, value in best.items() if name.startswith("param.") and not pd.isna(value)}
        yield f"- {study.name} {search['family']}, trial {best['trial']}: {one_line(params)}"


def on_test(best: pd.Series) -> str:
    means = [name for name in best.index if name.startswith("test.") and not name.endswith("_std")]
    found = [name for name in means if not pd.isna(best[name])]
    return ", ".join(f"{name[5:]} {best[name]:.4f}{spread(best.get(name + '_std'))}" for name in found) or "–"


def spread(deviation: float | None) -> str:
    return "" if deviation is None or pd.isna(deviation) else f" ± {deviation:.4f}"


def minutes(study: analysis.Study) -> float:
    """Of all runs of the study, its start and end included."""
    runs = [*study.facts.get("runs", []), study.facts]
    ended = [(run["started"], run["ended"]) for run in runs if run["ended"]]
    return sum((datetime.fromisoformat(b) - datetime.fromisoformat(a)).total_seconds() for a, b in ended) / 60


if __name__ == "__main__":
    studies = [analysis.load(Path(folder)) for folder in sys.argv[1:]]
    print(HEAD)
    for study in studies:
        print("\n".join(rows(study)))
    print()
    for study in studies:
        print("\n".join(winners(study)))
