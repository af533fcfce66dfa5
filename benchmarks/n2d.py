"""Whom labels and other criteria choose of clusterings with ten clusters: means over studies with
different seeds.

    for s in 0 1 2 3 4; do
      hypersearch run n2d --seed $s --name n2d-$s
      hypersearch confirm n2d-$s --fit-on train
    done
    python benchmarks/n2d.py runs/n2d-{0,1,2,3,4}

Choices are made on validation; `confirm` judges each on the test images. N2D: 0.672 and 0.684
(arXiv 1908.05968).
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence

import pandas as pd

import hypersearch
from hypersearch.analysis.study.cluster_choices import chosen_by
from hypersearch.analysis.study.ranking import families, objectives, rank

FIGURES = ("val.hungarian_accuracy", "val.nmi", "test.hungarian_accuracy", "test.nmi")
HEAD = (
    "| family | chosen by | Hungarian, val | NMI, val | Hungarian, test | NMI, test | on test by"
    " study |"
)
FAMILIES = ("gaussian_mixture", "kmeans")


def chosen(studies: Sequence[hypersearch.Study]) -> Iterator[dict[str, object]]:
    """A row for each study, family and criterion: the figures of the trial that it chooses."""
    for study in studies:
        for family in (each for each in FAMILIES if each in families(study)):
            ranked = rank(study, family)
            for trial, criteria in chosen_by(ranked, list(objectives(study, family))).items():
                figures = ranked.set_index("trial").loc[trial, list(FIGURES)]
                yield from ({"family": family, "criterion": each, **figures} for each in criteria)


def row(names: tuple[str, str], found: pd.DataFrame) -> str:
    """Means ± sample standard deviations."""
    figures = [f"{found[name].mean():.4f} ± {found[name].std():.4f}" for name in FIGURES]
    each = ", ".join(
        f"{h:.4f}/{n:.4f}" for h, n in zip(found[FIGURES[2]], found[FIGURES[3]], strict=True)
    )
    return f"| {' | '.join([*names, *figures, each])} |"


if __name__ == "__main__":
    studies = [hypersearch.load(folder) for folder in sys.argv[1:]]
    table = pd.DataFrame(chosen(studies))
    print(f"{HEAD}\n|{'---|' * 7}")
    for names, found in table.groupby(["family", "criterion"], sort=False):
        print(row(names, found))
