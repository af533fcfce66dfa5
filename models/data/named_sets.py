"""The named data sets: Fashion-MNIST, with ten classes or five, and scikit-learn's digits."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TypeAlias

import numpy as np
import platformdirs

from hypersearch.models.data import download, idx
from hypersearch.models.data.idx import Labels, Pixels, Shipped
from hypersearch.models.errors import UserError

DataDir: TypeAlias = str | Path | None
"""The setting `--data-dir`: the folder in which named data are looked for first."""

DIGITS_CLASSES = tuple("0123456789")

FASHION_CLASSES = (
    "T-shirt/top", "Trouser", "Pullover", "Dress", "Coat", "Sandal", "Shirt",
    "Sneaker", "Bag", "Ankle boot",
)  # fmt: skip
"""The published class names of Fashion-MNIST, by label."""

FASHION_5 = ((0, 6), (5,), (1, 2), (3, 8), (4, 7, 9))
"""The Fashion-MNIST labels that make up each class of `fashion-mnist-5`.

No source states this mapping. It is inferred from figures in the reports that this data set serves
to reproduce.
"""

FASHION_5_CLASSES = tuple(
    " + ".join(FASHION_CLASSES[label] for label in labels) for labels in FASHION_5
)


# --- digits ---------------------------------------------------------------------------------------


def read_digits(data_dir: DataDir) -> Shipped:
    """scikit-learn's digits, 0..16 stretched to 0..255; `data_dir` plays no part.

    scikit-learn has no test part, so a fifth is drawn, the same whatever the seed of a study.
    """
    from sklearn.datasets import load_digits
    from sklearn.model_selection import train_test_split

    bunch = load_digits()
    x_nhw = np.rint(bunch.images * (255 / 16)).astype(np.uint8)
    y_n = bunch.target.astype(np.int64)
    train, test = train_test_split(np.arange(len(y_n)), test_size=0.2, stratify=y_n, random_state=0)
    return Shipped(x_nhw[train], y_n[train], x_nhw[test], y_n[test])


def locate_digits(data_dir: DataDir) -> str:
    """Where the digits are, in words."""
    return "comes with scikit-learn"


# --- Fashion-MNIST --------------------------------------------------------------------------------


def read_fashion_mnist(data_dir: DataDir) -> Shipped:
    """Fashion-MNIST, downloaded if its files are nowhere.

    Raises `UserError` for files that are not the published ones, a `data_dir` that is no folder,
    and a download that fails.
    """
    cache = _cache()
    files = _located(data_dir, cache) or download.fetch_all(download.FASHION_MNIST, cache)
    shipped = idx.read_folder(files)
    arrays: tuple[Pixels | Labels, ...] = shipped
    for remote, array in zip(download.FASHION_MNIST, arrays, strict=True):
        if idx.sha256(array) != remote.sha256:
            path = files[remote.stem]
            raise UserError(
                f"{path}: not the published Fashion-MNIST file (its SHA-256 differs); "
                f"to use it all the same, give the path {path.parent} as the dataset"
            )
    return shipped


def read_fashion_mnist_5(data_dir: DataDir) -> Shipped:
    """Fashion-MNIST with its ten classes merged into five; errors as `read_fashion_mnist`."""
    shipped = read_fashion_mnist(data_dir)
    merged_by_label = np.empty(len(FASHION_CLASSES), np.int64)
    for merged, labels in enumerate(FASHION_5):
        merged_by_label[list(labels)] = merged
    return shipped._replace(
        y_train=merged_by_label[shipped.y_train], y_test=merged_by_label[shipped.y_test]
    )


def locate_fashion_mnist(data_dir: DataDir) -> str | None:
    """The folder of the files; None if they would be downloaded."""
    files = _located(data_dir, _cache())
    return str(files[idx.STEMS[0]].parent) if files else None


def _cache() -> Path:
    return platformdirs.user_cache_path("hypersearch") / "fashion-mnist"


def _located(data_dir: DataDir, cache: Path) -> dict[str, Path] | None:
    """The four files by stem, of the first folder that holds all of them; else None."""
    for folder in _folders(data_dir, cache):
        files = idx.locate(folder)
        if len(files) == len(idx.STEMS):
            return files
    return None


def _folders(data_dir: DataDir, cache: Path) -> list[Path]:
    """Where the files may lie, in order; a folder that lacks any of them is passed over."""
    folders = []
    if data_dir is not None:
        given = Path(data_dir).expanduser()
        folders += [given, given / cache.name]
        if not given.is_dir():
            raise UserError(f"--data-dir {data_dir}: there is no such folder")
    if shared := os.environ.get("HYPERSEARCH_DATA"):
        folders.append(Path(shared).expanduser() / cache.name)
    return [*folders, cache]
