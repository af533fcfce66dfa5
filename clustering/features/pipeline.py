"""What clusterings are fitted on: rows of numbers, made of images by a chain of steps.

How a chain is spelled is in clustering/features/feature_spec.py. Each step is fitted on the
training images alone and then applied to the others; t-SNE, which can only arrange what it has from
the beginning, arranges training and validation images together and refuses all others. What takes
long is kept in the user's cache (clustering/features/feature_cache.py) under a digest of the
images, of how they are split, of each step with its settings and the version of its library, and of
a network's weights.

Shape suffixes: n images, h height, w width, d features.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable
from dataclasses import dataclass
from importlib import metadata
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hypersearch.clustering.features import feature_cache, feature_transforms
from hypersearch.clustering.features.feature_spec import (
    NETWORKS,
    FeatureStep,
    check_size,
    parse,
    spelled,
)
from hypersearch.models.api import Options, Source
from hypersearch.models.data.arrays import flatten
from hypersearch.models.data.dataset import Dataset
from hypersearch.models.errors import UserError
from hypersearch.models.evaluation.encoding import encoded


@dataclass(frozen=True)
class Features:
    """Training images, then validation images, as rows: x float32 (n, d), y int64 (n,).

    `transform` makes rows of other images, uint8 (n, h, w), in the same way. `name`: how they were
    made, as in `--features`.
    """

    x_nd: NDArray[np.float32]
    y_n: NDArray[np.int64]
    n_train: int
    n_classes: int
    name: str
    transform: Callable[[Any], NDArray[np.float32]]


@dataclass(frozen=True)
class Chain:
    """Fitted steps, one after another: from images, uint8 (n, h, w), to rows. It can be pickled.

    `key`: of what they were made of, under which rows that take long are kept too; None: none do.
    """

    steps: tuple[Callable[[Any], NDArray[np.float32]], ...]
    key: str | None = None

    def __call__(self, x_nhw: Any) -> NDArray[np.float32]:
        """float32 (n, d); a `UserError` if a step cannot place images that come later."""
        if self.key is None:
            return self._rows(x_nhw)
        images = hashlib.sha256(np.ascontiguousarray(x_nhw).tobytes()).hexdigest()
        key = feature_cache.key_of(self.key, images, x_nhw.shape)
        return feature_cache.kept(key, len(x_nhw), lambda: {"rows": self._rows(x_nhw)})["rows"]

    def _rows(self, x_nhw: Any) -> NDArray[np.float32]:
        for step in self.steps:
            x_nhw = step(x_nhw)
        return np.asarray(x_nhw, dtype=np.float32)


@dataclass(frozen=True)
class Network:
    """Asks an exported network (models/evaluation/encoding.py) in the calling process."""

    source: Source
    layer: str

    def __call__(self, x_nhw: Any) -> NDArray[np.float32]:
        """float32 (n, d)."""
        return encoded(self.source.folder, self.layer, x_nhw)


def features(dataset: Dataset, options: Options) -> Features:
    """The features that `options` ask for; a `UserError` if they cannot be made of these images."""
    first, *others = parse(options.features)
    n_train, y_n = len(dataset.x_train), np.concatenate([dataset.y_train, dataset.y_val])
    key = feature_cache.key_of(dataset.digest, n_train, options.seed)
    if first.kind not in ("raw", *NETWORKS):
        first, others = FeatureStep("raw"), [first, *others]
    key, x_nd, placed = _of_images(first, dataset, options, key)
    chain = [placed]
    for step in others:
        key, x_nd, placed = _of_rows(step, x_nd, n_train, options, key)
        chain.append(placed)
    is_slow = any(isinstance(step, Network | feature_transforms.Umap) for step in chain)
    transform = Chain(tuple(chain), key if is_slow else None)
    return Features(x_nd, y_n, n_train, dataset.n_classes, spelled(options.features), transform)


def _of_images(
    step: FeatureStep, dataset: Dataset, options: Options, key: str
) -> tuple[str, Any, Any]:
    """The key, the rows and the fitted step that makes them of images."""
    if step.kind == "raw":
        return key, np.concatenate([flatten(dataset.x_train), flatten(dataset.x_val)]), flatten
    source = options.source
    if source is None:
        raise UserError(f"features: {step} needs a fitted {step.kind}, got none (Options.source)")
    x_nhw = np.concatenate([dataset.x_train, dataset.x_val])
    key = feature_cache.key_of(
        key, str(step), source.digest, metadata.version("keras"), os.environ.get("KERAS_BACKEND")
    )
    ask = options.encode or encoded

    def make() -> feature_cache.Arrays:
        return {"rows": ask(source.folder, step.layer, x_nhw)}

    rows = feature_cache.kept(key, len(x_nhw), make)["rows"]
    return key, rows, Network(source, step.layer)


def _of_rows(
    step: FeatureStep, x_nd: Any, n_train: int, options: Options, key: str
) -> tuple[str, Any, Any]:
    """The same of a step that makes rows of rows."""
    check_size(step, x_nd.shape[1], n_train)
    key = feature_cache.key_of(key, str(step), feature_transforms.settings(step))
    fitted = feature_transforms.FITS[step.kind]

    def make() -> feature_cache.Arrays:
        return fitted.fit(step, x_nd, n_train, options)

    arrays = feature_cache.kept(key, len(x_nd), make) if fitted.costly else make()
    return key, arrays["rows"], fitted.of(step, x_nd, n_train, options.seed, arrays)
