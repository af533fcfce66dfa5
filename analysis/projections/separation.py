"""How well a plane tells classes apart, and planes that rows are put into: PCA, t-SNE and UMAP.

Shape suffixes: n rows, m of them that are drawn by lot, d columns.
"""

from __future__ import annotations

import math
import warnings
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from hypersearch.models.evaluation.latent_space import principal_plane

Rows: TypeAlias = NDArray[np.floating]

NEIGHBOURS = 10  # that name a row, and whose order trustworthiness looks at
FOLDS = 5
FEWEST = 20  # rows that can be embedded
MOST = 1_500  # test images that are put in a plane
COMPONENTS = 50  # to which t-SNE's rows are reduced, as its authors do
PERPLEXITY = 30.0


@dataclass(frozen=True)
class Separation:
    """How well an embedding in two dimensions shows the classes, and the rows that it was made of.

    knn_accuracy: in [0, 1], of naming a row by its 10 nearest neighbours in the plane, in 5 folds.
    trustworthiness: in [0, 1], of the neighbourhoods of 10 (Venna and Kaski 2001, M1). silhouette:
    in [-1, 1], of the classes in the plane (Rousseeuw 1987); NaN for a single class.
    """

    knn_accuracy: float
    trustworthiness: float
    silhouette: float


def separation(rows_nd: Rows, places_n2: Rows, classes_n: NDArray[np.integer]) -> Separation:
    """The scores of an embedding `places_n2` of `rows_nd`, of at least `FEWEST` rows."""
    from sklearn.manifold import trustworthiness
    from sklearn.metrics import silhouette_score

    several = 2 <= len(np.unique(classes_n)) < len(classes_n)
    return Separation(
        knn_accuracy(places_n2, classes_n),
        float(
            trustworthiness(
                rows_nd, places_n2, n_neighbors=min(NEIGHBOURS, (len(rows_nd) - 1) // 2)
            )
        ),
        float(silhouette_score(places_n2, classes_n)) if several else math.nan,
    )


def knn_accuracy(rows_nd: Rows, classes_n: NDArray[np.integer]) -> float:
    """The share of rows, (n, d), that their 10 nearest of four fifths of the others name rightly;
    NaN for under 20.
    """
    from sklearn.model_selection import KFold, cross_val_score
    from sklearn.neighbors import KNeighborsClassifier

    if len(rows_nd) < FEWEST:
        return math.nan
    folds = KFold(FOLDS, shuffle=True, random_state=0)
    return float(
        cross_val_score(KNeighborsClassifier(NEIGHBOURS), rows_nd, classes_n, cv=folds).mean()
    )


def sample(n: int, most: int) -> NDArray[np.int64]:
    """At most so many of n rows, drawn by lot, always the same, in their order."""
    return np.sort(np.random.default_rng(0).permutation(n)[:most])


def pca(rows_nd: Rows) -> Rows:
    """The principal plane; of one or two columns these themselves."""
    origin_d, plane_2d = principal_plane(rows_nd.astype(np.float64))
    return np.asarray((rows_nd - origin_d) @ plane_2d.T)


def tsne(rows_nd: Rows) -> Rows:
    """t-SNE (van der Maaten and Hinton 2008) with scikit-learn's settings, of at most 50 principal
    components.
    """
    from sklearn.decomposition import PCA
    from sklearn.manifold import TSNE

    if rows_nd.shape[1] > COMPONENTS:
        rows_nd = PCA(min(COMPONENTS, len(rows_nd)), random_state=0).fit_transform(rows_nd)
    perplexity = min(PERPLEXITY, (len(rows_nd) - 1) / 3)
    return np.asarray(TSNE(2, perplexity=perplexity, random_state=0).fit_transform(rows_nd))


def umap(rows_nd: Rows) -> Rows | None:
    """UMAP (arXiv 1802.03426) with its authors' settings; None where umap-learn is not
    installed.
    """
    from hypersearch.models.compat.umap_package import umap_package

    try:
        package = umap_package()
    except ImportError:
        return None
    reducer = package.UMAP(n_components=2, random_state=0, n_jobs=1)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return np.asarray(reducer.fit_transform(np.array(rows_nd, dtype=np.float32, order="C")))


METHODS: Mapping[str, Callable[[Rows], Any]] = {"PCA": pca, "t-SNE": tsne, "UMAP": umap}
"""From rows, float (n, d), n ≥ 20, to a plane, float (n, 2), or None where it cannot be done; the
same every time.
"""
