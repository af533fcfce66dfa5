"""The reports' figures beside ours: a Markdown table from studies that ran their baselines.

    hypersearch run cnn --dataset fashion-mnist-5 --trials 0 --baselines --name r3
    hypersearch run kmeans --trials 0 --baselines --name r4
    hypersearch confirm r3 --fit-on train      # for figures on test
    python benchmarks/baselines.py runs/r3 runs/r4

Only figures that a report gives for the study's own data set are compared.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pandas as pd

import hypersearch

HEAD = "| baseline | figure | theirs | ours | difference |\n|---|---|---:|---:|---:|"


def rows(study: hypersearch.Study) -> Iterator[str]:
    """A row for each figure that a report gives."""
    for search in study.facts["searches"]:
        for baseline in search["baselines"]:
            if baseline["dataset"] == study.facts["dataset"]["name"]:
                yield from compare(study, search["family"], baseline)


def compare(study: hypersearch.Study, family: str, baseline: dict) -> Iterator[str]:
    mine = study.trials[
        (study.trials["family"] == family) & (study.trials["name"] == baseline["name"])
    ]
    if mine.empty:
        yield f"| {family} {baseline['name']} | did not run | | | |"
        return
    row = mine.iloc[0]
    history = study.history[
        (study.history["family"] == family) & (study.history["trial"] == row["trial"])
    ]
    last = history.sort_values("step").iloc[-1]
    state = "" if row["state"] == "COMPLETE" else f" ({row['state']} at {row['resource']})"
    for figure, theirs in baseline["figures"].items():
        ours = row.get(figure, last.get(figure))
        figures = f"{shown(theirs)} | {shown(ours)} | {gap(theirs, ours)}"
        yield f"| {family} {baseline['name']}{state} | {figure} | {figures} |"


def shown(value: float | None) -> str:
    if value is None or pd.isna(value):
        return "not confirmed"
    return f"{value:,.1f}" if value > 1000 else f"{value:.4f}"


def gap(theirs: float, ours: float | None) -> str:
    if ours is None or pd.isna(ours):
        return ""
    return f"{(ours - theirs) / theirs:+.2%}" if theirs > 1000 else f"{ours - theirs:+.4f}"


if __name__ == "__main__":
    print(HEAD)
    for folder in sys.argv[1:]:
        print("\n".join(rows(hypersearch.load(Path(folder)))))
