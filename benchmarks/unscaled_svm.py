"""What accuracy R5's linear SVM reaches on pixels from 0 to 255, by how many iterations liblinear
is given.

    HYPERSEARCH_DATA=… python benchmarks/unscaled_svm.py

It does not converge there, so that the accuracy depends on when it stops. Seed 0; validation
images.
"""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent))

from hypersearch.models.api import Options
from hypersearch.models.data.datasets import load_dataset
from hypersearch.models.families import linear_svm

ITERATIONS = (5, 10, 20, 40, 100)

if __name__ == "__main__":
    shared = linear_svm.FAMILY.prepare(load_dataset("fashion-mnist"), Options())
    (baseline,) = linear_svm.FAMILY.baselines
    for iterations in ITERATIONS:
        for scaling in ("none", "unit"):
            config = {**baseline.config, "scaling": scaling, "max_iter": iterations}
            scores = linear_svm.FAMILY.start(config, shared, 0).step()
            figures = (
                f"validation {scores['accuracy']:.4f}, training {scores['train.accuracy']:.4f}"
            )
            print(f"{iterations} iterations, scaling {scaling}: {figures}", flush=True)
