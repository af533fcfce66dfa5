"""Image data sets by name or path, always in the same form and split the same way.

Shape suffixes: n images, h height, w width. Heavy libraries are imported where they are used,
because every command imports this module, `hypersearch --help` too.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import platformdirs

from hypersearch.models.data import csv_files, download, idx, npz
from hypersearch.models.data.idx import Labels, Pixels, Shipped
from hypersearch.models.errors import UserError, nearest

NAMES: Mapping[str, str] = {
    "fashion-mnist": "60,000 + 10,000 images of clothes, 28 x 28, 10 classes",
    "fashion-mnist-5": "Fashion-MNIST with its 10 classes merged into 5 of unequal size",
    "digits": "scikit-learn's 1,797 handwritten digits, 8 x 8, 10 classes, no download",
}
"""The known data sets, each with a line that says what it is."""

FASHION_CLASSES = (
    "T-shirt/top", "Trouser", "Pullover", "Dress", "Coat", "Sandal", "Shirt",
    "Sneaker", "Bag", "Ankle boot",
)  # fmt: skip
"""The published class names of Fashion-MNIST, by label."""

FASHION_5 = ((0, 6), (5,), (1, 2), (3, 8), (4, 7, 9))
"""The Fashion-MNIST labels that make up each class of `fashion-mnist-5`.

No source states this mapping: it is inferred from figures in the reports that this data set serves
to reproduce.
"""


@dataclass(frozen=True, eq=False)
class Dataset:
    """Gray images in three parts: search sees train and validation, test is for confirmed winners
    only.

    `x_*`: uint8 (n, h, w), C-contiguous, values 0..255. `y_*`: int64 (n,), values 0..classes-1;
    every class occurs in train. `class_names[y]` names a label. `digest`: hexadecimal SHA-256 over
    shapes and bytes of the six arrays, as split and limited, so that it can key a cache; worked out
    when not given. `positions`: int64, the place of each training image, and then of each
    validation image, in the file that it came from.
    """

    x_train: Pixels
    y_train: Labels
    x_val: Pixels
    y_val: Labels
    x_test: Pixels
    y_test: Labels
    class_names: tuple[str, ...]
    name: str
    digest: str = ""
    positions: Labels | None = None

    def __post_init__(self) -> None:
        """Fill in the digest."""
        if not self.digest:
            object.__setattr__(self, "digest", self._sha256())

    @property
    def position_n(self) -> Labels:
        """`positions`, or as if the file held the training images and then the validation
        images.
        """
        return (
            np.arange(len(self.x_train) + len(self.x_val))
            if self.positions is None
            else self.positions
        )

    @property
    def n_classes(self) -> int:
        """How many classes there are."""
        return len(self.class_names)

    @property
    def shape(self) -> tuple[int, int]:
        """Height and width of every image, in pixels."""
        _, height, width = self.x_train.shape
        return height, width

    def whole(self) -> Dataset:
        """The same with the validation images among the training images as well."""
        x, y = (
            np.concatenate([self.x_train, self.x_val]),
            np.concatenate([self.y_train, self.y_val]),
        )
        positions = np.concatenate([self.position_n, self.position_n[len(self.x_train) :]])
        return replace(self, x_train=x, y_train=y, positions=positions, digest="")

    def _sha256(self) -> str:
        digest = hashlib.sha256()
        for array in (self.x_train, self.y_train, self.x_val, self.y_val, self.x_test, self.y_test):
            digest.update(repr(array.shape).encode())
            digest.update(np.ascontiguousarray(array).data)
        return digest.hexdigest()


def load_dataset(
    name_or_path: str | Path,
    data_dir: str | Path | None = None,
    limit: int | None = None,
    seed: int = 0,
) -> Dataset:
    """A data set by name (`NAMES`) or path, split into train and validation (20 % of train)
    stratified by `seed`.

    A path is a folder of IDX files, an `.npz` file, or a folder of CSV files. The files of a named
    data set are looked for in `data_dir` and `data_dir/<name>`, in `$HYPERSEARCH_DATA/<name>`, in
    the user's cache, and then downloaded. `limit` uses that many training images (a stratified
    choice by `seed`, the smaller within the larger) instead of all; the test images stay as
    shipped. Raises `UserError` for unknown names, bad files and limits out of range.
    """
    name = str(name_or_path)
    shipped, class_names, name = _named(name, data_dir) if name in NAMES else _from_path(name)
    chosen = _limited(shipped.y_train, limit, seed, name)
    train, val = _split(shipped.y_train, chosen, class_names, seed, name)
    return Dataset(
        x_train=np.ascontiguousarray(shipped.x_train[train]),
        y_train=shipped.y_train[train],
        x_val=np.ascontiguousarray(shipped.x_train[val]),
        y_val=shipped.y_train[val],
        x_test=np.ascontiguousarray(shipped.x_test),
        y_test=shipped.y_test,
        class_names=class_names,
        name=name,
        positions=np.concatenate([train, val]),
    )


# --- by name --------------------------------------------------------------------------------------


def _named(name: str, data_dir: str | Path | None) -> tuple[Shipped, tuple[str, ...], str]:
    if name == "digits":
        return _digits(), tuple("0123456789"), name
    shipped = _fashion_mnist(data_dir)
    if name == "fashion-mnist":
        return shipped, FASHION_CLASSES, name
    merged_by_label = np.empty(len(FASHION_CLASSES), np.int64)
    for merged, labels in enumerate(FASHION_5):
        merged_by_label[list(labels)] = merged
    five = shipped._replace(
        y_train=merged_by_label[shipped.y_train], y_test=merged_by_label[shipped.y_test]
    )
    return (
        five,
        tuple(" + ".join(FASHION_CLASSES[label] for label in labels) for labels in FASHION_5),
        name,
    )


def _digits() -> Shipped:
    """scikit-learn's digits, 0..16 stretched to 0..255.

    Its test part is ours, so it must not move with the seed.
    """
    from sklearn.datasets import load_digits
    from sklearn.model_selection import train_test_split

    bunch = load_digits()
    x_nhw = np.rint(bunch.images * (255 / 16)).astype(np.uint8)
    y_n = bunch.target.astype(np.int64)
    train, test = train_test_split(np.arange(len(y_n)), test_size=0.2, stratify=y_n, random_state=0)
    return Shipped(x_nhw[train], y_n[train], x_nhw[test], y_n[test])


def where(name: str, data_dir: str | Path | None = None) -> str | None:
    """Where `load` would find the files of a named data set, in words; None if it would download
    them.
    """
    if name == "digits":
        return "comes with scikit-learn"
    files = _located(data_dir, _cache())
    return str(files[idx.STEMS[0]].parent) if files else None


def _cache() -> Path:
    return platformdirs.user_cache_path("hypersearch") / "fashion-mnist"


def _located(data_dir: str | Path | None, cache: Path) -> dict[str, Path] | None:
    return next(
        (files for folder in _folders(data_dir, cache) if len(files := idx.locate(folder)) == 4),
        None,
    )


def _fashion_mnist(data_dir: str | Path | None) -> Shipped:
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


def _folders(data_dir: str | Path | None, cache: Path) -> list[Path]:
    """Where the files may lie, in order; one that lacks any of them is passed over."""
    folders = []
    if data_dir is not None:
        given = Path(data_dir).expanduser()
        folders += [given, given / cache.name]
        if not given.is_dir():
            raise UserError(f"--data-dir {data_dir}: there is no such folder")
    if shared := os.environ.get("HYPERSEARCH_DATA"):
        folders.append(Path(shared).expanduser() / cache.name)
    return [*folders, cache]


# --- by path --------------------------------------------------------------------------------------


def check_name(name_or_path: str | Path) -> None:
    """Raise a `UserError` unless this is the name of a data set or a path that exists."""
    if str(name_or_path) not in NAMES:
        _existing(str(name_or_path))


def _existing(name: str) -> Path:
    path = Path(name).expanduser()
    try:
        exists = bool(name) and path.exists()
    except OSError as error:
        raise UserError(f"dataset {name!r}: cannot be read ({error.strerror})") from error
    if not exists:
        raise UserError(
            f"unknown dataset {name!r}, allowed: {', '.join(NAMES)}, "
            f"or the path of a folder of IDX or CSV files or of an .npz file{nearest(name, NAMES)}"
        )
    return path


def _from_path(name: str) -> tuple[Shipped, tuple[str, ...], str]:
    path = _existing(name)
    shipped = _read(path)
    if shipped.x_train.shape[1:] != shipped.x_test.shape[1:]:
        train, test = (
            "{} x {}".format(*x_nhw.shape[1:]) for x_nhw in (shipped.x_train, shipped.x_test)
        )
        raise UserError(
            f"{path}: training images are {train} pixels and test images {test}; they must be the"
            " same"
        )
    return *_relabelled(shipped, path), path.resolve().name


def _read(path: Path) -> Shipped:
    if not path.is_dir():
        return npz.read_npz(path)
    if files := idx.locate(path):
        if missing := [stem for stem in idx.STEMS if stem not in files]:
            raise UserError(
                f"{path}: IDX files are missing: {', '.join(missing)} (each plain or with .gz)"
            )
        return idx.read_folder(files)
    return csv_files.read_csv_folder(path)


def _relabelled(shipped: Shipped, path: Path) -> tuple[Shipped, tuple[str, ...]]:
    """Labels as 0..classes-1 in sorted order, and the original labels as names."""
    labels, y_train = np.unique(shipped.y_train, return_inverse=True)
    unseen = np.setdiff1d(shipped.y_test, labels)
    if unseen.size:
        raise UserError(f"{path}: test label {unseen[0]} does not occur among the training labels")
    y_test = np.searchsorted(labels, shipped.y_test)
    names = tuple(str(label) for label in labels)
    return shipped._replace(y_train=y_train.astype(np.int64), y_test=y_test.astype(np.int64)), names


# --- train and validation -------------------------------------------------------------------------


def _limited(y_n: Labels, limit: int | None, seed: int, name: str) -> Labels:
    """Indices of `limit` images, in order, with the classes in the proportions of `y_n`.

    Within each class images are ranked at random; the lowest ranks, relative to the size of their
    class, are taken.
    """
    if not 0 <= seed < 2**32:
        raise UserError(f"seed must be 0 to {2**32 - 1}, got {seed}")
    if limit is None:
        return np.arange(len(y_n))
    least = _least(len(np.unique(y_n)))
    if not least <= limit <= len(y_n):
        raise UserError(
            f"limit must be {least} to {len(y_n)} (the training images of {name}), got {limit}"
        )
    order_n = np.random.default_rng(seed).permutation(len(y_n))
    rank_n = np.empty(len(y_n))
    for label in np.unique(y_n):
        members = order_n[y_n[order_n] == label]
        rank_n[members] = np.arange(0.5, len(members)) / len(members)
    chosen = order_n[np.argsort(rank_n[order_n], kind="stable")[:limit]]
    return np.sort(chosen)


def _least(classes: int) -> int:
    """The fewest images of which a fifth, rounded up, can hold one image of every class."""
    return 5 * classes - 4


def _split(
    y_n: Labels, chosen: Labels, class_names: tuple[str, ...], seed: int, name: str
) -> tuple[Labels, Labels]:
    """Indices of the training and the validation images among the chosen ones."""
    counts_c = np.bincount(y_n[chosen], minlength=len(class_names))
    if len(class_names) < 2:
        raise UserError(f"{name}: got 1 class, at least 2 are needed")
    if counts_c.min() < 2:
        label = int(counts_c.argmin())
        raise UserError(
            f"{name}: class {class_names[label]!r} has {counts_c[label]} of the {len(chosen)}"
            " training images used, at least 2 are needed to split them"
        )
    if len(chosen) < _least(len(class_names)):
        raise UserError(
            f"{name}: got {len(chosen)} training images for {len(class_names)} classes, "
            f"at least {_least(len(class_names))} are needed to split them"
        )
    from sklearn.model_selection import train_test_split

    # A whole number, because 0.2 * n may come out a hair above a whole number and be rounded up.
    train, val = train_test_split(
        chosen, test_size=-(-len(chosen) // 5), stratify=y_n[chosen], random_state=seed
    )
    return train, val
