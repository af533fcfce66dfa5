"""One K-means in the making, a pass a step, on a ladder of growing subsamples.

Shape suffixes: n images, m some of them, d features, k clusters.
"""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.cluster import KMeans, kmeans_plusplus
from sklearn.exceptions import ConvergenceWarning

from hypersearch.clustering.centroids.curve import share
from hypersearch.clustering.centroids.lloyd import TOLERANCE, Lloyd, blocks
from hypersearch.clustering.features.pipeline import Features
from hypersearch.clustering.scores.agreement import (
    external_scores,
    guarded,
    majority_classes,
)
from hypersearch.clustering.scores.silhouette import Silhouette, davies_bouldin
from hypersearch.clustering.scores.stability import TWIN, stability
from hypersearch.models.api import Config
from hypersearch.models.metrics import worst_of

LADDER = (16, 4, 4)  # the first steps pass over one image in so many, so many times
TWIN_PASSES = 20  # at most, over the images of each of the two small ones


class KMeansRun:
    """One K-means in the making. It is finished when the centres stand still.

    It holds the features of a data set, and fits the training images, or with `fit_on`
    "train+validation" all of them.
    """

    def __init__(self, config: Config, features: Features, seed: int) -> None:
        self._everything = config["fit_on"] == "train+validation"
        self.features = features
        fitted = slice(None) if self._everything else slice(features.n_train)
        self._x_nd, self._y_n = features.x_nd[fitted], features.y_n[fitted]
        self._k, self._init, self._seed = int(config["k"] or 0), str(config["init"]), seed
        self._silhouette = Silhouette(self._x_val)
        self._stability: float | None = None
        self._order_n = np.random.default_rng(seed).permutation(len(self._x_nd))
        self._steps, self.finished = 0, False
        self._lloyd = Lloyd(self._x_nd, self._k)  # the first step starts it
        self._lloyd.centers_kd = first_centers(self._x_nd[self.rows], self._k, self._init, seed)

    @property
    def rows(self) -> NDArray[np.intp]:
        """The places of the fitted images that the next step passes over, (m,)."""
        part = LADDER[self._steps] if self._steps < len(LADDER) else 1
        return self._order_n[: share(len(self._order_n), self._k, part)]

    def step(self) -> Mapping[str, float]:
        """One pass, or several over a subsample; scores on validation and the inertia.

        The inertia is that of all fitted images.
        """
        rows = self.rows
        if len(rows) < len(self._x_nd):
            self._lloyd.start(self._centers_of(rows, len(self._x_nd) // len(rows)))
        else:
            if not self._steps:
                self._lloyd.start(self.centers_kd)
            self._lloyd.step()
            self.finished = self._lloyd.settled()
        self._steps += 1
        return {"inertia": self._lloyd.inertia, **self._scores()}

    @property
    def centers_kd(self) -> NDArray[np.float32]:
        """The centres, float32 (k, d)."""
        return self._lloyd.centers_kd

    def predict(self, x_nd: NDArray[np.float32]) -> NDArray[np.int32]:
        """The cluster of each image, int32 (n,)."""
        return assign(x_nd, self.centers_kd)[0]

    def named_classes(self) -> NDArray[np.int64]:
        """The majority class of each cluster among the fitted images, int64 (k,)."""
        return majority_classes(self._lloyd.labels_n, self._y_n, self._k)

    def estimator(self) -> KMeans:
        """The same K-means as an estimator of scikit-learn."""
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", ConvergenceWarning)  # two centres may be the same
            made = KMeans(self._k, init="random", n_init=1, max_iter=1).fit(self.centers_kd)
        made.cluster_centers_ = self.centers_kd
        made.labels_ = self._lloyd.labels_n
        made.inertia_ = self._lloyd.inertia
        return made

    def save(self, folder: Path) -> None:
        """Write centres, labels and all else that the next pass builds on."""
        state: dict[str, Any] = {
            "steps": self._steps,
            "finished": self.finished,
            **self._lloyd.state,
        }
        if self._stability is not None:
            state["stability"] = self._stability
        np.savez(folder / "kmeans.npz", **state)

    def load(self, folder: Path) -> None:
        """Read them."""
        with np.load(folder / "kmeans.npz") as stored:
            self.finished = bool(stored["finished"])
            self._stability = float(stored["stability"]) if "stability" in stored else None
            if "steps" not in stored:  # from before the ladder, when every pass was over all images
                self._steps = len(LADDER)
                self._lloyd.start(stored["centers_kd"])
                return
            self._steps = int(stored["steps"])
            self._lloyd.restore(stored)

    def _centers_of(self, rows: NDArray[np.intp], passes: int) -> NDArray[np.float32]:
        """The centres after so many passes over these images, or fewer if they settle."""
        return Lloyd(self._x_nd[rows], self._k).start(self.centers_kd).run(0.0, passes).centers_kd

    def _scores(self) -> dict[str, float]:
        labels_n = self._lloyd.labels_n if self._everything else self.predict(self._x_val)
        y_n = self._y_n if self._everything else self.features.y_n[self.features.n_train :]
        if self._stability is None:
            self._stability = self._measured_stability()
        # whatever is fitted, the criteria are those of validation images
        held_out_n = labels_n[-len(self._x_val) :]
        criteria = {
            "silhouette": self._silhouette(held_out_n),
            "davies_bouldin": davies_bouldin(self._x_val, held_out_n),
            "stability": self._stability,
        }
        external = external_scores(labels_n, y_n, self.named_classes())
        return guarded({**criteria, **external}, labels_n)

    @property
    def _x_val(self) -> NDArray[np.float32]:
        """The validation images, (m, d)."""
        return self.features.x_nd[self.features.n_train :]

    def _measured_stability(self) -> float:
        """How far two small fits agree on the validation images; the worst with few images."""
        if min(len(self._x_nd) // 2, TWIN) < self._k:
            return worst_of("stability")
        return stability(
            self._small, self._x_nd, self._seed, times=1, most=TWIN, judged_nd=self._x_val
        )

    def _small(
        self, x_nd: NDArray[np.float32], judged_nd: NDArray[np.float32], seed: int
    ) -> NDArray[np.int32]:
        """The clusters of the second images, by a K-means of the first."""
        first_kd = first_centers(x_nd, self._k, self._init, seed)
        lloyd = Lloyd(x_nd, self._k).start(first_kd).run(TOLERANCE, TWIN_PASSES)
        return assign(judged_nd, lloyd.centers_kd)[0]


def first_centers(x_nd: NDArray[np.float32], k: int, init: str, seed: int) -> NDArray[np.float32]:
    """k rows of x to begin with, float32 (k, d).

    `init`: "k-means++" for D² sampling (Arthur and Vassilvitskii 2007), "random" for even sampling.
    """
    if init == "k-means++":
        # in float32 scikit-learn would convert them again for each centre
        exact_nd = x_nd.astype(np.float64)
        return np.asarray(kmeans_plusplus(exact_nd, k, random_state=seed)[0], dtype=np.float32)
    return x_nd[np.random.default_rng(seed).choice(len(x_nd), k, replace=False)]


def assign(
    x_nd: NDArray[np.float32], centers_kd: NDArray[np.float32]
) -> tuple[NDArray[np.int32], NDArray[np.float32]]:
    """The nearest centre of each row, int32 (n,), and the squared distance to it, float32 (n,)."""
    labels_n = np.empty(len(x_nd), dtype=np.int32)
    distances_n = np.empty(len(x_nd), dtype=np.float32)
    squares_k = np.einsum("kd,kd->k", centers_kd, centers_kd)
    for rows in blocks(len(x_nd)):
        # |x|² is the same for every centre
        partial_nk = squares_k - 2.0 * (x_nd[rows] @ centers_kd.T)
        labels_n[rows] = partial_nk.argmin(axis=1)
        distances_n[rows] = partial_nk.min(axis=1) + np.einsum("nd,nd->n", x_nd[rows], x_nd[rows])
    return labels_n, np.maximum(distances_n, 0.0)
