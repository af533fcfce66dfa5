"""Image data sets by name or path, always in the same form and split the same way.

Shape suffixes: n images, h height, w width. Heavy libraries are imported where they are used,
because every command imports this module, `hypersearch --help` too.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np

from hypersearch.models.data.dataset import Dataset, stratified_sample, train_val_split
from hypersearch.models.data.idx import Shipped
from hypersearch.models.data.sources import NAMED_SOURCES, existing_path, read_path
from hypersearch.models.errors import UserError

__all__ = ["NAMES", "Dataset", "check_name", "load_dataset", "where"]

NAMES: Mapping[str, str] = {name: source.help for name, source in NAMED_SOURCES.items()}
"""The named data sets, each with a line that says what it holds."""


def load_dataset(
    name_or_path: str | Path,
    data_dir: str | Path | None = None,
    limit: int | None = None,
    seed: int = 0,
) -> Dataset:
    """A data set by name or path, split into train, validation and test.

    A fifth of the training images, stratified and drawn by `seed`, is for validation. The sources
    are in `SOURCES` (models/data/sources.py): names, and paths of a folder of IDX files, an `.npz`
    file, or a folder of CSV files. The files of a named data set are looked for in `data_dir` and
    `data_dir/<name>`, in `$HYPERSEARCH_DATA/<name>`, in the user's cache, and are then downloaded.
    `limit` uses that many training images instead of all, a stratified choice by `seed`, the
    smaller within the larger; the test images stay as shipped. Raises `UserError` for unknown
    names, bad files and limits out of range.
    """
    name = str(name_or_path)
    if source := NAMED_SOURCES.get(name):
        shipped, class_names = source.read(data_dir), source.class_names
    else:
        path = existing_path(name)
        shipped, class_names = _relabelled(_read_checked(path), path)
        name = path.resolve().name
    chosen = stratified_sample(shipped.y_train, limit, seed, name)
    train, val = train_val_split(shipped.y_train, chosen, class_names, seed, name)
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


def where(name: str, data_dir: str | Path | None = None) -> str | None:
    """Where a named data set is, in words; None if `load_dataset` would download it."""
    return NAMED_SOURCES[name].locate(data_dir)


def check_name(name_or_path: str | Path) -> None:
    """Raise a `UserError` unless this is the name of a data set or a path that exists."""
    if str(name_or_path) not in NAMED_SOURCES:
        existing_path(str(name_or_path))


def _read_checked(path: Path) -> Shipped:
    shipped = read_path(path)
    train, test = shipped.x_train.shape[1:], shipped.x_test.shape[1:]
    if train != test:
        raise UserError(
            f"{path}: training images are {_size(train)} pixels and test images {_size(test)};"
            " they must be the same"
        )
    return shipped


def _size(shape: tuple[int, ...]) -> str:
    return "{} x {}".format(*shape)


def _relabelled(shipped: Shipped, path: Path) -> tuple[Shipped, tuple[str, ...]]:
    """Labels as 0..classes-1 in sorted order, and the original labels as names."""
    labels, y_train = np.unique(shipped.y_train, return_inverse=True)
    unseen = np.setdiff1d(shipped.y_test, labels)
    if unseen.size:
        raise UserError(f"{path}: test label {unseen[0]} does not occur among the training labels")
    y_test = np.searchsorted(labels, shipped.y_test)
    names = tuple(str(label) for label in labels)
    return shipped._replace(y_train=y_train.astype(np.int64), y_test=y_test.astype(np.int64)), names
