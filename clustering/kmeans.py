"""K-means on pixels by Lloyd's passes, with the six rows of report R4 as baselines.

A step is one pass over all fitted images (Lloyd 1982): assign each to its nearest centre, then move the centres.
`fit_on` says which images are fitted: a search fits the training images and scores on validation; R4 fitted and
scored all 60,000, so its baselines fit and score training and validation images together.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from sklearn.cluster import kmeans_plusplus

from clustering.features import Features, features
from clustering.meaning import center_images, meaning
from clustering.scores import EXTERNAL, Silhouette, external_scores, guarded, majority_classes
from models.api import Baseline, Choice, Config, Evaluation, Family, Int, Options, Shared
from models.datasets import Dataset

CHUNK = 4096  # rows whose distances are held at once: 4 MB at k = 256
TOLERANCE = 1e-4  # of the mean variance of a pixel, as in scikit-learn's `tol`


class KMeansRun:
    """One K-means in the making. It is finished when the centres stand still."""

    def __init__(self, config: Config, features: Features, seed: int) -> None:
        self._everything = config["fit_on"] == "train+validation"
        self.features = features
        fitted = slice(None) if self._everything else slice(features.n_train)
        self._x_nd, self._y_n = features.x_nd[fitted], features.y_n[fitted]
        self._tolerance = TOLERANCE * float(self._x_nd.var(axis=0).mean())
        self._k = int(config["k"] or 0)
        self._silhouette = Silhouette(self._x_nd if self._everything else features.x_nd[features.n_train :])
        self.finished = False
        self._take(first_centers(self._x_nd, self._k, str(config["init"]), seed))

    def step(self) -> Mapping[str, float]:
        """One pass; scores on validation, inertia (sum of squared distances) of the fitted images."""
        before_kd = self.centers_kd
        self._take(move(self._x_nd, self._labels_n, before_kd))
        self.finished = bool(((self.centers_kd - before_kd) ** 2).sum() <= self._tolerance)
        return {"inertia": self._inertia, **self._scores()}

    def predict(self, x_nd: NDArray[np.float32]) -> NDArray[np.int32]:
        """The cluster of each image, int32 (n,)."""
        return assign(x_nd, self.centers_kd)[0]

    def named_classes(self) -> NDArray[np.int64]:
        """The majority class of each cluster among the fitted images, int64 (k,)."""
        return majority_classes(self._labels_n, self._y_n, self._k)

    def save(self, folder: Path) -> None:
        """Write the centres."""
        np.savez(folder / "kmeans.npz", centers_kd=self.centers_kd, finished=self.finished)

    def load(self, folder: Path) -> None:
        """Read the centres and assign the images to them."""
        with np.load(folder / "kmeans.npz") as stored:
            self.finished = bool(stored["finished"])
            self._take(stored["centers_kd"])

    def _take(self, centers_kd: NDArray[np.float32]) -> None:
        self.centers_kd = centers_kd
        self._labels_n, distances_n = assign(self._x_nd, centers_kd)
        self._inertia = float(distances_n.sum(dtype=np.float64))

    def _scores(self) -> dict[str, float]:
        held_out = slice(self.features.n_train, None)
        labels_n = self._labels_n if self._everything else self.predict(self.features.x_nd[held_out])
        y_n = self._y_n if self._everything else self.features.y_n[held_out]
        scores = external_scores(labels_n, y_n, self.named_classes())
        return guarded({"silhouette": self._silhouette(labels_n), **scores}, labels_n)


def first_centers(x_nd: NDArray[np.float32], k: int, init: str, seed: int) -> NDArray[np.float32]:
    """k rows of x to begin with: by D² sampling (`k-means++`, Arthur and Vassilvitskii 2007) or evenly (`random`)."""
    if init == "k-means++":
        return np.asarray(kmeans_plusplus(x_nd, k, random_state=seed)[0], dtype=np.float32)
    return x_nd[np.random.default_rng(seed).choice(len(x_nd), k, replace=False)]


def assign(x_nd: NDArray[np.float32], centers_kd: NDArray[np.float32]) -> tuple[NDArray[np.int32], NDArray[np.float32]]:
    """The nearest centre of each row, int32 (n,), and the squared distance to it, float32 (n,)."""
    labels_n, distances_n = np.empty(len(x_nd), dtype=np.int32), np.empty(len(x_nd), dtype=np.float32)
    squares_k = np.einsum("kd,kd->k", centers_kd, centers_kd)
    for begin in range(0, len(x_nd), CHUNK):
        rows = slice(begin, begin + CHUNK)
        partial_nk = squares_k - 2.0 * (x_nd[rows] @ centers_kd.T)  # |x|² is the same for every centre
        labels_n[rows] = partial_nk.argmin(axis=1)
        distances_n[rows] = partial_nk.min(axis=1) + np.einsum("nd,nd->n", x_nd[rows], x_nd[rows])
    return labels_n, np.maximum(distances_n, 0.0)


def move(
    x_nd: NDArray[np.float32], labels_n: NDArray[np.int32], centers_kd: NDArray[np.float32]
) -> NDArray[np.float32]:
    """The mean of each cluster, float32 (k, d); an empty cluster keeps its centre."""
    n, k = len(x_nd), len(centers_kd)
    members_kn = sparse.csr_matrix((np.ones(n, dtype=np.float32), (labels_n, np.arange(n))), shape=(k, n))
    sizes_k = np.bincount(labels_n, minlength=k).astype(np.float32)
    means_kd = np.asarray(members_kn @ x_nd) / np.maximum(sizes_k, 1.0)[:, None]
    return np.where(sizes_k[:, None] > 0, means_kd, centers_kd).astype(np.float32)


def _prepare(dataset: Dataset, options: Options) -> Shared:
    return features(dataset, options)


def _start(config: Config, shared: Shared, seed: int) -> KMeansRun:
    return KMeansRun(config, shared, seed)


def _evaluate(run: KMeansRun, dataset: Dataset) -> Evaluation:
    labels_n, distances_n = assign(run.features.transform(dataset.x_test), run.centers_kd)
    classes_k = run.named_classes()
    scores = external_scores(labels_n, dataset.y_test, classes_k)
    arrays = meaning(labels_n, classes_k, dataset)
    if run.features.name == "raw":
        arrays["centers"] = center_images(run.centers_kd, dataset)
    return Evaluation({"inertia": float(distances_n.sum(dtype=np.float64)), **scores}, arrays)


def _unfit(config: Config, dataset: Dataset) -> str | None:
    images = len(dataset.x_train) + (len(dataset.x_val) if config["fit_on"] == "train+validation" else 0)
    return f"k = {config['k']} is more than the {images} images" if int(config["k"] or 0) > images else None


def _r4(k: int, inertia: float, homogeneity: float, accuracy: float) -> Baseline:
    return Baseline(
        name=f"R4-{k}",
        config={"k": k, "init": "k-means++", "fit_on": "train+validation"},
        resource=300,  # scikit-learn's default limit; all converge before it
        source="R4, K-means on raw pixels",
        figures={"val.inertia": inertia, "val.homogeneity": homogeneity, "val.accuracy": accuracy},
    )


FAMILY = Family(
    name="kmeans",
    space={
        "k": Int(10, 256, log=True),
        "init": Choice(("k-means++", "random")),
        "fit_on": Choice(("train", "train+validation"), searched=("train",)),
    },
    baselines=(
        _r4(10, 1_914_601.2, 0.5039, 0.5748),
        _r4(16, 1_686_143.5, 0.6014, 0.6581),
        _r4(36, 1_428_962.3, 0.6508, 0.6869),
        _r4(64, 1_298_158.7, 0.6848, 0.7226),
        _r4(144, 1_146_155.6, 0.7267, 0.7580),
        _r4(256, 1_053_537.5, 0.7546, 0.7830),
    ),
    metric="v_measure",  # homogeneity and accuracy alone rise with k, so they would always choose the largest
    metrics=("inertia", "silhouette", *EXTERNAL),
    resource="passes",
    max_resource=81,
    prepare=_prepare,
    start=_start,
    evaluate=_evaluate,
    unfit=_unfit,
)
