"""What helps a forest: validation accuracy of forests that differ in one thing.

    HYPERSEARCH_DATA=… python benchmarks/forests.py --images 12000 --trees 100

Extremely randomised trees on so many of the 48,000 training images, judged on the 12,000 for
validation; one thread, the median of three seeds. With these numbers it takes about ten minutes.
"""

from __future__ import annotations

import argparse
import sys
import time
from pathlib import Path
from statistics import median

sys.path.insert(0, str(Path(__file__).parent.parent))

import numpy as np
from sklearn.ensemble import ExtraTreesClassifier

from hypersearch.models.data.datasets import load_dataset
from hypersearch.models.data.row_features import ROWS

VARIANTS: dict[str, tuple[str, dict[str, object]]] = {
    "pixels, a fifth at each split": ("pixels", {"max_features": 0.2}),
    "pixels, entropy": ("pixels", {"max_features": 0.2, "criterion": "entropy"}),
    "pixels, two fifths": ("pixels", {"max_features": 0.4}),
    "shapes, a tenth at each split": ("shapes", {"max_features": 0.1}),
    "shapes, a fifth": ("shapes", {"max_features": 0.2}),
    "shapes, a fifth, entropy": ("shapes", {"max_features": 0.2, "criterion": "entropy"}),
}


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--images", type=int, default=12_000)
    parser.add_argument("--trees", type=int, default=100)
    asked = parser.parse_args()
    dataset = load_dataset("fashion-mnist")
    x_nhw, y_n = dataset.x_train[: asked.images], dataset.y_train[: asked.images]
    for name, (rows, settings) in VARIANTS.items():
        fitted, judged = ROWS[rows](x_nhw), ROWS[rows](dataset.x_val)
        began, accuracies = time.process_time(), []
        for seed in range(3):
            forest = ExtraTreesClassifier(asked.trees, random_state=seed, n_jobs=1, **settings).fit(
                fitted, y_n
            )
            accuracies.append(float(np.mean(forest.predict(judged) == dataset.y_val)))
        seconds, listed = (
            (time.process_time() - began) / 3,
            ", ".join(f"{value:.4f}" for value in accuracies),
        )
        print(
            f"{name}: median {median(accuracies):.4f} ({listed}), {seconds:.0f} s of one core each",
            flush=True,
        )


if __name__ == "__main__":
    main()
