"""What holds for every kind of figure over evidence."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from hypersearch.analysis.figures.base import FigureKind
from hypersearch.analysis.figures.registry import FIGURES
from tests.analysis.figures.confirmed import study_of

NAMES = {
    *(
        "curves",
        "confusion",
        "per_class",
        "misclassified",
        "reconstructions",
        "decoded_grid",
        "latent",
        "film",
    ),
    *("beside", "elbow", "clusters", "cluster_confusion", "embeddings"),
}


MODEL_KINDS = [kind for kind in FIGURES if kind.group == "model"]


def test_names():
    assert {kind.name for kind in MODEL_KINDS} == NAMES
    assert len(MODEL_KINDS) == len(NAMES)


@pytest.mark.parametrize("kind", MODEL_KINDS, ids=lambda kind: kind.name)
def test_a_study_that_was_not_confirmed_has_no_figure(tmp_path, kind: FigureKind):
    assert kind.compute(study_of(tmp_path, "autoencoder"), "autoencoder") is None


def test_no_network_is_loaded_and_no_umap():
    code = (
        "import sys; from hypersearch.analysis.figures.registry import FIGURES;"
        "assert not {'tensorflow', 'keras', 'umap', 'numba', 'ray', 'optuna'} & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], check=True, cwd=Path(__file__).parents[3])
