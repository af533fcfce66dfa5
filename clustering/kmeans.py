"""K-means on a ladder of growing subsamples, with the six rows of report R4 as baselines.

A step costs one pass over all fitted images. The first ones spend it on several of Lloyd's passes
over a subsample: 16 over one image in 16, then 4 over one in 4. The others are one pass over all,
until the centres stand still. `fit_on` says which images are fitted: a search fits the training
images and scores on validation; R4 fitted and scored all 60,000, so its baselines fit and score
training and validation images together. In the first step two more are fitted to small samples of
the fitted images; how far they agree is the stability of these settings, which further steps
repeat.
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

from hypersearch.clustering.centroids.curve import KMeansFit, kmeans_curve, share
from hypersearch.clustering.centroids.lloyd import TOLERANCE, Lloyd, blocks
from hypersearch.clustering.features.pipeline import Features, features
from hypersearch.clustering.scores.agreement import (
    EXTERNAL,
    external_scores,
    guarded,
    majority_classes,
)
from hypersearch.clustering.scores.cluster_summary import center_images, cluster_summary
from hypersearch.clustering.scores.silhouette import Silhouette, davies_bouldin
from hypersearch.clustering.scores.stability import TWIN, stability
from hypersearch.clustering.serialization import save_clustering
from hypersearch.models.api import (
    Baseline,
    Choice,
    Config,
    Evaluation,
    Family,
    Int,
    Options,
    Shared,
    Space,
)
from hypersearch.models.data.datasets import Dataset
from hypersearch.models.metrics import worst_of

__all__ = ["FAMILY", "KMeansFit", "KMeansRun", "assign", "first_centers", "kmeans_curve"]

LADDER = (16, 4, 4)  # the first steps pass over one image in so many, so many times
TWIN_PASSES = 20  # at most, over the images of each of the two small ones


class KMeansRun:
    """One K-means in the making. It is finished when the centres stand still."""

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
        """One pass, or several over a subsample; scores on validation, inertia of all fitted
        images.
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
        """The same K-means as scikit-learn has it."""
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", ConvergenceWarning)  # two centres may be the same
            made = KMeans(self._k, init="random", n_init=1, max_iter=1).fit(self.centers_kd)
        made.cluster_centers_, made.labels_, made.inertia_ = (
            self.centers_kd,
            self._lloyd.labels_n,
            self._lloyd.inertia,
        )
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
        held_out_n = labels_n[
            -len(self._x_val) :
        ]  # whatever is fitted, the criteria are those of validation images
        criteria = {
            "silhouette": self._silhouette(held_out_n),
            "davies_bouldin": davies_bouldin(self._x_val, held_out_n),
            "stability": self._stability,
        }
        return guarded(
            {**criteria, **external_scores(labels_n, y_n, self.named_classes())}, labels_n
        )

    @property
    def _x_val(self) -> NDArray[np.float32]:
        """The validation images, (m, d)."""
        return self.features.x_nd[self.features.n_train :]

    def _measured_stability(self) -> float:
        """How far two small ones agree on the validation images; at its worst where they have too
        few of their own.
        """
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
        return assign(
            judged_nd, Lloyd(x_nd, self._k).start(first_kd).run(TOLERANCE, TWIN_PASSES).centers_kd
        )[0]


def first_centers(x_nd: NDArray[np.float32], k: int, init: str, seed: int) -> NDArray[np.float32]:
    """k rows of x to begin with: by D² sampling (`k-means++`, Arthur and Vassilvitskii 2007) or
    evenly (`random`).
    """
    if init == "k-means++":
        exact_nd = x_nd.astype(
            np.float64
        )  # in float32 scikit-learn would convert them again for each centre
        return np.asarray(kmeans_plusplus(exact_nd, k, random_state=seed)[0], dtype=np.float32)
    return x_nd[np.random.default_rng(seed).choice(len(x_nd), k, replace=False)]


def assign(
    x_nd: NDArray[np.float32], centers_kd: NDArray[np.float32]
) -> tuple[NDArray[np.int32], NDArray[np.float32]]:
    """The nearest centre of each row, int32 (n,), and the squared distance to it, float32 (n,)."""
    labels_n, distances_n = (
        np.empty(len(x_nd), dtype=np.int32),
        np.empty(len(x_nd), dtype=np.float32),
    )
    squares_k = np.einsum("kd,kd->k", centers_kd, centers_kd)
    for rows in blocks(len(x_nd)):
        partial_nk = squares_k - 2.0 * (
            x_nd[rows] @ centers_kd.T
        )  # |x|² is the same for every centre
        labels_n[rows] = partial_nk.argmin(axis=1)
        distances_n[rows] = partial_nk.min(axis=1) + np.einsum("nd,nd->n", x_nd[rows], x_nd[rows])
    return labels_n, np.maximum(distances_n, 0.0)


def _prepare(dataset: Dataset, options: Options) -> Shared:
    return features(dataset, options)


def _start(config: Config, shared: Shared, seed: int) -> KMeansRun:
    return KMeansRun(config, shared, seed)


def _evaluate(run: KMeansRun, dataset: Dataset) -> Evaluation:
    labels_n, distances_n = assign(run.features.transform(dataset.x_test), run.centers_kd)
    classes_k = run.named_classes()
    scores = external_scores(labels_n, dataset.y_test, classes_k)
    arrays = cluster_summary(labels_n, classes_k, dataset)
    if run.features.name == "raw":
        arrays["centers"] = center_images(run.centers_kd, dataset)
    return Evaluation({"inertia": float(distances_n.sum(dtype=np.float64)), **scores}, arrays)


def _export(run: KMeansRun, dataset: Dataset, folder: Path) -> None:
    arrays = {
        "centers_kd": (
            run.centers_kd,
            "float32, the centre of each cluster, to the nearest of which a row goes",
        )
    }
    save_clustering(folder, run.estimator(), arrays, run.named_classes(), run.features, dataset)


def _upper_bounds(space: Space, dataset: Dataset) -> Mapping[str, int]:
    """A search proposes no more clusters than it has images to begin from."""
    fit_on = space["fit_on"]
    whole = isinstance(fit_on, Choice) and fit_on.searched == ("train+validation",)
    return {"k": len(dataset.x_train) + (len(dataset.x_val) if whole else 0)}


def _infeasible_reason(config: Config, dataset: Dataset) -> str | None:
    images = len(dataset.x_train) + (
        len(dataset.x_val) if config["fit_on"] == "train+validation" else 0
    )
    return (
        f"k = {config['k']} is more than the {images} images"
        if int(config["k"] or 0) > images
        else None
    )


def _r4(k: int, inertia: float, homogeneity: float, accuracy: float) -> Baseline:
    return Baseline(
        name=f"R4-{k}",
        config={"k": k, "init": "k-means++", "fit_on": "train+validation"},
        resource=300,  # scikit-learn's default limit; all converge before it
        source="R4, K-means on raw pixels",
        figures={"val.inertia": inertia, "val.homogeneity": homogeneity, "val.accuracy": accuracy},
        features="raw",
    )


FAMILY = Family(
    name="kmeans",
    space={
        "k": Int(10, 256, log=True, also=(5,)),
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
        Baseline(
            name="R4-ae10",
            config={"k": 10, "init": "k-means++", "fit_on": "train+validation"},
            resource=300,
            source=(
                "R4, K-means on a dense autoencoder's code of 32; the inertia that it prints,"
                " 1,906,652.5, is on the scale of pixels, so it does not compare with one of codes"
            ),
            figures={"val.homogeneity": 0.5005, "val.accuracy": 0.5537},
            features="autoencoder",
            network="R4",
        ),
        Baseline(
            name="R3-5",
            config={"k": 5, "init": "k-means++", "fit_on": "train"},
            resource=300,
            source=(
                "R3, K-means on its CNN's flatten layer; fitted on the test images, in clusters of"
                " 4,023, 1,984, 1,635, 1,392 and 966"
            ),
            dataset="fashion-mnist-5",
            features="cnn@flatten,standard",
            network="R3-own",
        ),
    ),
    # homogeneity and accuracy alone rise with k, so they would always choose the largest
    metric="v_measure",
    metrics=("inertia", "silhouette", "davies_bouldin", "stability", *EXTERNAL),
    resource="passes",
    max_resource=81,
    prepare=_prepare,
    start=_start,
    evaluate=_evaluate,
    export=_export,
    infeasible_reason=_infeasible_reason,
    upper_bounds=_upper_bounds,
    takes_features=True,
)
