"""Small data sets on disk, in the formats that are read."""

from __future__ import annotations

import gzip
from pathlib import Path

import numpy as np

from hypersearch.models.data import idx


def numbered(counts, first=0):
    """Images 2 x 2 that each spell their own number, and their labels, in a random but fixed
    order.
    """
    y_n = np.random.default_rng(1).permutation(np.repeat(np.arange(len(counts)), counts))
    number_n = np.arange(len(y_n)) + first
    return (
        np.stack([number_n // 256, number_n % 256, y_n, y_n], axis=1)
        .reshape(-1, 2, 2)
        .astype(np.uint8),
        y_n,
    )


def save_npz(folder, counts, name="data.npz", **change):
    """An .npz with `counts` training images of each class, and two test images of each."""
    x_train, y_train = numbered(counts)
    x_test, y_test = numbered([2] * len(counts), first=60_000)
    arrays = {"x_train": x_train, "y_train": y_train, "x_test": x_test, "y_test": y_test}
    path = Path(folder) / name
    np.savez(path, **(arrays | change))
    return path


def write_idx(folder, arrays, end=".gz"):
    folder.mkdir(parents=True, exist_ok=True)
    for stem, array in zip(idx.STEMS, arrays, strict=True):
        data = idx.header(array.shape) + array.astype(np.uint8).tobytes()
        (folder / f"{stem}{end}").write_bytes(gzip.compress(data) if end else data)
