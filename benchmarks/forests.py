"""How good a forest can be on raw pixels: validation accuracy of forests that differ in one thing, on the full data.

    HYPERSEARCH_DATA=… python benchmarks/forests.py --trees 60

Extremely randomised trees on the 48,000 training images, seed 0, one thread; it takes about half an hour.
"""

from __future__ import annotations

import argparse
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent))

import numpy as np
from sklearn.ensemble import ExtraTreesClassifier

from models.arrays import flatten
from models.datasets import load

VARIANTS = {
    "a fifth of the pixels at each split": {"max_features": 0.2},
    "entropy": {"max_features": 0.2, "criterion": "entropy"},
    "two fifths of the pixels": {"max_features": 0.4},
    "and a shifted copy of each image": {"max_features": 0.2, "copies": True},
}


def shifted(x_nhw: np.ndarray) -> np.ndarray:
    """Each image by a pixel or none, up or down and to a side, at random."""
    n, h, w = x_nhw.shape
    padded, by_n2 = np.pad(x_nhw, ((0, 0), (1, 1), (1, 1))), np.random.default_rng(0).integers(0, 3, (n, 2))
    moved = np.empty_like(x_nhw)
    for down, right in np.ndindex(3, 3):
        these = (by_n2 == [down, right]).all(axis=1)
        moved[these] = padded[these, down : down + h, right : right + w]
    return moved


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--trees", type=int, default=60)
    trees = parser.parse_args().trees
    dataset = load("fashion-mnist")
    for name, settings in VARIANTS.items():
        x_nhw, y_n = dataset.x_train, dataset.y_train
        if settings.pop("copies", False):
            x_nhw, y_n = np.concatenate([x_nhw, shifted(x_nhw)]), np.concatenate([y_n, y_n])
        began = time.process_time()
        forest = ExtraTreesClassifier(trees, random_state=0, n_jobs=1, **settings).fit(flatten(x_nhw), y_n)
        seconds = time.process_time() - began
        accuracy = np.mean(forest.predict(flatten(dataset.x_val)) == dataset.y_val)
        print(f"{trees} trees, {name}: {accuracy:.4f}, {seconds:.0f} s of one core", flush=True)


if __name__ == "__main__":
    main()
