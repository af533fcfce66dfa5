"""The record `Dataset`, and how its training images are limited and split.

Shape suffixes: n images, h height, w width, c classes.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace

import numpy as np

from hypersearch.models.data.idx import Labels, Pixels
from hypersearch.models.errors import UserError


@dataclass(frozen=True, eq=False)
class Dataset:
    """Gray images in three parts: train, validation and test.

    A search sees train and validation; test is for confirmed winners only.

    `x_*`: uint8 (n, h, w), C-contiguous, values 0..255. `y_*`: int64 (n,), values 0..classes-1;
    every class occurs in train. `class_names[y]` names a label. `digest`: hexadecimal SHA-256 over
    shapes and bytes of the six arrays, as split and limited, so that it can key a cache; computed
    if not given. `positions`: int64, the place of each training image, and then of each validation
    image, in the file that it came from.
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
        """`positions`; if not given, training images come first, then validation images."""
        if self.positions is None:
            return np.arange(len(self.x_train) + len(self.x_val))
        return self.positions

    @property
    def n_classes(self) -> int:
        """The number of classes."""
        return len(self.class_names)

    @property
    def shape(self) -> tuple[int, int]:
        """Height and width of every image, in pixels."""
        _, height, width = self.x_train.shape
        return height, width

    def whole(self) -> Dataset:
        """The same data with the validation images among the training images as well."""
        val_positions_n = self.position_n[len(self.x_train) :]
        return replace(
            self,
            x_train=np.concatenate([self.x_train, self.x_val]),
            y_train=np.concatenate([self.y_train, self.y_val]),
            positions=np.concatenate([self.position_n, val_positions_n]),
            digest="",
        )

    def _sha256(self) -> str:
        digest = hashlib.sha256()
        for array in (self.x_train, self.y_train, self.x_val, self.y_val, self.x_test, self.y_test):
            digest.update(repr(array.shape).encode())
            digest.update(np.ascontiguousarray(array).data)
        return digest.hexdigest()


def stratified_sample(y_n: Labels, limit: int | None, seed: int, name: str) -> Labels:
    """Indices of `limit` images, in order, with the classes in the proportions of `y_n`.

    Within each class, images are ranked at random. The images with the lowest ranks, relative to
    the size of their class, are taken, so that a smaller sample lies within a larger one. Raises
    `UserError` for a seed or a limit that is out of range; `name` is the data set's.
    """
    if not 0 <= seed < 2**32:
        raise UserError(f"seed must be 0 to {2**32 - 1}, got {seed}")
    if limit is None:
        return np.arange(len(y_n))
    fewest = _fewest_images(len(np.unique(y_n)))
    if not fewest <= limit <= len(y_n):
        raise UserError(
            f"limit must be {fewest} to {len(y_n)} (the training images of {name}), got {limit}"
        )
    order_n = np.random.default_rng(seed).permutation(len(y_n))
    rank_n = np.empty(len(y_n))
    for label in np.unique(y_n):
        members = order_n[y_n[order_n] == label]
        rank_n[members] = np.arange(0.5, len(members)) / len(members)
    chosen = order_n[np.argsort(rank_n[order_n], kind="stable")[:limit]]
    return np.sort(chosen)


def train_val_split(
    y_n: Labels, chosen: Labels, class_names: tuple[str, ...], seed: int, name: str
) -> tuple[Labels, Labels]:
    """Indices of the training and the validation images among the chosen ones.

    A fifth, rounded up, is for validation, stratified by class. Raises `UserError` for images that
    are too few to be split; `name` is the data set's.
    """
    _check_can_be_split(y_n[chosen], class_names, name)
    from sklearn.model_selection import train_test_split

    # A whole number, because 0.2 * n may come out a hair above a whole number and be rounded up.
    n_val = -(-len(chosen) // 5)
    train, val = train_test_split(chosen, test_size=n_val, stratify=y_n[chosen], random_state=seed)
    return train, val


def _check_can_be_split(y_n: Labels, class_names: tuple[str, ...], name: str) -> None:
    counts_c = np.bincount(y_n, minlength=len(class_names))
    if len(class_names) < 2:
        raise UserError(f"{name}: got 1 class, at least 2 are needed")
    if counts_c.min() < 2:
        label = int(counts_c.argmin())
        raise UserError(
            f"{name}: class {class_names[label]!r} has {counts_c[label]} of the {len(y_n)}"
            " training images used, at least 2 are needed to split them"
        )
    fewest = _fewest_images(len(class_names))
    if len(y_n) < fewest:
        raise UserError(
            f"{name}: got {len(y_n)} training images for {len(class_names)} classes, "
            f"at least {fewest} are needed to split them"
        )


def _fewest_images(classes: int) -> int:
    """The fewest images of which a fifth, rounded up, can hold one image of every class."""
    return 5 * classes - 4
