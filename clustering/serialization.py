"""Clusterings as files that outlive the process, without pickles (models/serialization.py).

Where scikit-learn can make the rows of pixels, a scikit-learn object that takes pixels, which
`hypersearch predict` can use. Else, behind a network or UMAP, plain arrays: clusters.npz, and
clusters.json, which says what they are and how the rows are made. Shape suffixes: n images, d
columns, k clusters or columns that are made.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.decomposition import PCA
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from hypersearch.clustering.features.feature_transforms import Components, Standard
from hypersearch.clustering.features.pipeline import Chain, Features
from hypersearch.models.data.arrays import flatten
from hypersearch.models.data.dataset import Dataset
from hypersearch.models.serialization import save_estimator

LIKELY = "int64, of each cluster the likely class, as its number in `classes`"


def save_clustering(
    folder: Path,
    estimator: Any,
    arrays: Mapping[str, tuple[NDArray[Any], str]],
    classes_k: NDArray[np.int64],
    features: Features,
    dataset: Dataset,
) -> None:
    """Write a clustering into a folder: an estimator of pixels, or where there is none, arrays.

    estimator: scikit-learn's, fitted on rows of these features. arrays: the same, each with what it
    is. classes_k: the likely class of each cluster.
    """
    transformers = transformers_of(features.transform)
    if transformers is None:
        save_arrays(folder, {**arrays, "classes_k": (classes_k, LIKELY)}, features, dataset)
        return
    whole = make_pipeline(*transformers, estimator) if transformers else estimator
    classes = [dataset.class_names[c] for c in classes_k]
    save_estimator(folder, whole, dataset, "clusters", classes=classes)


def save_arrays(
    folder: Path,
    arrays: Mapping[str, tuple[NDArray[Any], str]],
    features: Features,
    dataset: Dataset,
) -> None:
    """Write arrays, each with what it is, as clusters.npz and clusters.json."""
    everything = {**arrays, **steps_of(features.transform)}
    plain: dict[str, Any] = {name: array for name, (array, _) in everything.items()}
    np.savez(folder / "clusters.npz", **plain)
    rows = (
        f"float32 (n, {features.x_nd.shape[1]}), made of images as `--features` has it:"
        f" {features.name}"
    )
    words = {name: f"{what}, {array.shape}" for name, (array, what) in everything.items()}
    facts = {"rows": rows, "size": dataset.shape, "classes": dataset.class_names, "arrays": words}
    (folder / "clusters.json").write_text(json.dumps(facts, indent=2) + "\n", encoding="utf-8")


def transformers_of(transform: Callable[[Any], Any]) -> list[Any] | None:
    """The scikit-learn transformers that make the same rows as `transform`.

    They take pixels, float32 (n, h · w) in [0, 1]. None if scikit-learn has none for a step.
    """
    first, *others = _parts(transform)
    made = [_transformer(step) for step in others]
    return None if first is not flatten or None in made else made


def steps_of(transform: Callable[[Any], Any]) -> dict[str, tuple[NDArray[Any], str]]:
    """What the standardisations and principal components among the steps were fitted to.

    The arrays are in the order of the steps.
    """
    arrays = {}
    for number, step in enumerate(_parts(transform), start=1):
        name = f"step{number}"
        if isinstance(step, Standard | Components):
            what = f"float32, step {number} takes this from each row"
            arrays[f"{name}_mean_d"] = step.mean_d, what
        if isinstance(step, Standard):
            what = f"float32, step {number} then divides by this"
            arrays[f"{name}_scale_d"] = step.scale_d, what
        if isinstance(step, Components):
            what = f"float32, step {number} then projects on these"
            arrays[f"{name}_components_kd"] = step.components_kd, what
    return arrays


def _parts(transform: Callable[[Any], Any]) -> Iterator[Callable[[Any], Any]]:
    if isinstance(transform, Chain):
        for step in transform.steps:
            yield from _parts(step)
    else:
        yield transform


def _transformer(step: Callable[[Any], Any]) -> Any | None:
    if isinstance(step, Standard):
        return _fitted(
            StandardScaler(),
            mean_=step.mean_d,
            scale_=step.scale_d,
            n_features_in_=len(step.mean_d),
        )
    if isinstance(step, Components):
        k, d = step.components_kd.shape
        return _fitted(
            PCA(k),
            mean_=step.mean_d,
            components_=step.components_kd,
            n_components_=k,
            n_features_in_=d,
        )
    return None


def _fitted(estimator: Any, **attributes: Any) -> Any:
    """The estimator with what another has been fitted to."""
    for name, value in attributes.items():
        setattr(estimator, name, value)
    return estimator
