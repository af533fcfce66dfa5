"""DBSCAN (Ester, Kriegel, Sander and Xu 1996): the family that searches eps and min_samples.

A search fits the training images (20,000 drawn by the search's seed, where there are more) and
gives each validation image the cluster of its nearest core image, if that is within eps.
`fit_on="judged"` is what report R3 did: the images to be judged are clustered themselves,
validation images in the search and test images in `confirm`. eps is searched as a quantile of the
distances to the min_samples-th neighbour, and reported as eps. A search prepares neighbours and
trees once; a trial only cuts them. No stability is reported: it compares fits of samples, and at
one eps a sample, being less dense than the whole, has fewer core images and other clusters. Shape
suffixes: n images, m core images, d features, k clusters or listed neighbours.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray
from sklearn.neighbors import NearestNeighbors

from hypersearch.clustering.density_based.grid import as_rows, dbscan_grid
from hypersearch.clustering.features.pipeline import Features, features
from hypersearch.clustering.scores.agreement import (
    EXTERNAL,
    NOISE,
    external_scores,
    guarded,
    majority_classes,
    noise_fraction,
)
from hypersearch.clustering.scores.cluster_summary import cluster_summary
from hypersearch.clustering.scores.silhouette import Silhouette, davies_bouldin
from hypersearch.clustering.serialization import LIKELY, save_arrays
from hypersearch.models.api import (
    Baseline,
    Choice,
    Config,
    Evaluation,
    Family,
    Float,
    Options,
    Shared,
)
from hypersearch.models.data.dataset import Dataset

if TYPE_CHECKING:
    from hypersearch.clustering.density_based.reachability import ReachabilityTrees

# images fitted in a search: their distances in 784 dimensions take a minute on two cores
MOST = 20_000
SEARCHED = (5, 10, 15, 20, 30, 50)
CORE = "float32, the core images' rows; a row goes to the nearest one's cluster if within eps"
CURVE = 1001  # points of the curve of distances that are kept


@dataclass(frozen=True)
class Prepared:
    """What all trials of a search share: the features, which rows are fitted, and their trees.

    `near_nk`, `distance_nk`: for each validation image the nearest fitted images, as indices into
    `fitted_n`.
    """

    features: Features
    fitted_n: NDArray[np.int64]
    reachability: ReachabilityTrees
    near_nk: NDArray[np.int64]
    distance_nk: NDArray[np.floating]
    silhouette: Silhouette  # of clusterings of the validation images

    @property
    def x_val(self) -> NDArray[np.float32]:
        """The validation images."""
        return self.features.x_nd[self.features.n_train :]

    @property
    def y_val(self) -> NDArray[np.int64]:
        """Their classes."""
        return self.features.y_n[self.features.n_train :]


class DbscanRun:
    """One DBSCAN; a trial is a single step, and the seed plays no part."""

    def __init__(self, config: Config, shared: Prepared, seed: int) -> None:
        self.shared, self.finished = shared, False
        self.min_samples = int(config["min_samples"] or 0)
        self.judges_itself = config["fit_on"] == "judged"
        at = shared.reachability.min_samples.index(self.min_samples)
        self._core_square_n = shared.reachability.core_mn[at]
        if config["eps_from"] == "value":
            self.eps = float(config["eps"] or 0.0)
        else:
            self.eps = self._quantile(float(config["eps_quantile"] or 0.0))
        self._labels_n: NDArray[np.intp] = np.empty(0, dtype=np.intp)

    def step(self) -> Mapping[str, float]:
        """Fit; scores on validation, each at its worst for a clustering that is degenerate."""
        if not self.finished and not self.judges_itself:
            from hypersearch.clustering.density_based.dbscan_labels import DbscanLabels

            labels = DbscanLabels(self.shared.reachability)
            self._labels_n = labels.labels(self.eps, [self.min_samples])[0]
        self.finished = True
        labels_n = self.predict(self.shared.x_val) if self.judges_itself else self._listed()
        apart = {
            "silhouette": self.shared.silhouette(labels_n),
            "davies_bouldin": davies_bouldin(self.shared.x_val, labels_n),
        }
        return guarded({**apart, **self.scores(labels_n, self.shared.y_val)}, labels_n)

    def predict(self, x_nd: NDArray[np.float32]) -> NDArray[np.intp]:
        """The cluster of each image, int (n,): of its nearest core image within eps, else -1.

        With `fit_on` "judged", these images are clustered themselves.
        """
        if self.judges_itself:
            return dbscan_grid(x_nd, [self.eps], [self.min_samples]).reshape(-1)
        core = np.flatnonzero(self._core_n)
        if not len(core):
            return np.full(len(x_nd), NOISE)
        fitted_nd = self.shared.reachability.x_nd[core]
        distance_n1, near_n1 = NearestNeighbors(n_neighbors=1).fit(fitted_nd).kneighbors(x_nd)
        return np.where(distance_n1[:, 0] <= self.eps, self._labels_n[core[near_n1[:, 0]]], NOISE)

    def scores(self, labels_n: NDArray[np.intp], y_n: NDArray[np.int64]) -> dict[str, float]:
        """eps, the share of noise, and the agreement with the classes."""
        scores = external_scores(labels_n, y_n, self.named_classes(labels_n, y_n))
        return {**scores, "noise_fraction": noise_fraction(labels_n), "eps": self.eps}

    def named_classes(
        self, labels_n: NDArray[np.intp], y_n: NDArray[np.int64]
    ) -> NDArray[np.int64]:
        """The majority class of each cluster, int64 (k,), among the images that were fitted."""
        own = (labels_n, y_n) if self.judges_itself else (self._labels_n, self._y_fitted)
        return majority_classes(*own, int(own[0].max(initial=NOISE)) + 1)

    def curve(self) -> NDArray[np.floating]:
        """1,001 quantiles of the distances to the min_samples-th neighbour, smallest first."""
        return np.asarray(np.quantile(np.sqrt(self._core_square_n), np.linspace(0.0, 1.0, CURVE)))

    def arrays(self) -> dict[str, tuple[NDArray[Any], str]]:
        """What the clusters are, each array with its meaning.

        They are eps, min_samples and, if images were fitted, the core images.
        """
        settings = {
            "eps": (np.array(self.eps), "float64, the radius of a neighbourhood"),
            "min_samples": (
                np.array(self.min_samples),
                "int64, images within eps, itself counted, of a core image",
            ),
        }
        if self.judges_itself:
            return settings
        core = np.flatnonzero(self._core_n)
        x_md, labels_m = self.shared.reachability.x_nd[core], self._labels_n[core]
        return {
            **settings,
            "core_md": (x_md, CORE),
            "labels_m": (labels_m, "int64, the cluster of each core image, from 0 on"),
            "classes_k": (self.named_classes(self._labels_n, self._y_fitted), LIKELY),
        }

    def save(self, folder: Path) -> None:
        """Write the labels of the fitted images."""
        np.savez(
            folder / "dbscan.npz", labels_n=self._labels_n, finished=self.finished, eps=self.eps
        )

    def load(self, folder: Path) -> None:
        """Read them."""
        with np.load(folder / "dbscan.npz") as stored:
            self._labels_n, self.finished = stored["labels_n"], bool(stored["finished"])

    @property
    def _core_n(self) -> NDArray[np.bool_]:
        return np.asarray((self._core_square_n <= self.eps**2) & (self._labels_n != NOISE))

    @property
    def _y_fitted(self) -> NDArray[np.int64]:
        return self.shared.features.y_n[self.shared.fitted_n]

    def _quantile(self, quantile: float) -> float:
        """eps, a hair above a distance that occurs, so that the row of that distance is core."""
        distance = float(np.quantile(np.sqrt(self._core_square_n), quantile))
        return max(distance * (1.0 + 1e-6), 1e-12)

    def _listed(self) -> NDArray[np.intp]:
        """`predict` for the validation images, from their listed neighbours if these suffice."""
        near_nk, distance_nk = self.shared.near_nk, self.shared.distance_nk
        core_nk = self._core_n[near_nk] & (distance_nk <= self.eps)
        first_n = core_nk.argmax(axis=1)
        found_n = core_nk.any(axis=1)
        labels_n = np.where(
            found_n, self._labels_n[near_nk[np.arange(len(near_nk)), first_n]], NOISE
        )
        beyond = np.flatnonzero(~found_n & (distance_nk[:, -1] <= self.eps))
        if len(beyond):
            labels_n[beyond] = self.predict(self.shared.x_val[beyond])
        return labels_n


def _prepare(dataset: Dataset, options: Options) -> Shared:
    from hypersearch.clustering.density_based.reachability import reachability_trees

    made = features(dataset, options)
    fitted_n = np.sort(np.random.default_rng(options.seed).permutation(made.n_train)[:MOST])
    fitted_nd = as_rows(made.x_nd[fitted_n])
    listed = NearestNeighbors(n_neighbors=min(max(SEARCHED), len(fitted_nd))).fit(fitted_nd)
    distance_nk, near_nk = listed.kneighbors(made.x_nd[made.n_train :])
    silhouette = Silhouette(made.x_nd[made.n_train :])
    trees = reachability_trees(fitted_nd, SEARCHED)
    return Prepared(made, fitted_n, trees, near_nk, distance_nk, silhouette)


def _evaluate(run: DbscanRun, dataset: Dataset) -> Evaluation:
    from hypersearch.clustering.density_based.k_distance import elbow

    labels_n, curve = run.predict(run.shared.features.transform(dataset.x_test)), run.curve()
    bend = elbow(curve)
    classes_k = run.named_classes(labels_n, dataset.y_test)
    artifacts: dict[str, Any] = {
        **cluster_summary(labels_n, classes_k, dataset),
        "k_distances": curve,
    }
    if np.isfinite(bend):
        artifacts["elbow"] = np.array(bend)
    return Evaluation(run.scores(labels_n, dataset.y_test), artifacts)


def _export(run: DbscanRun, dataset: Dataset, folder: Path) -> None:
    save_arrays(folder, run.arrays(), run.shared.features, dataset)


def _infeasible_reason(config: Config, dataset: Dataset) -> str | None:
    images = len(dataset.x_train)
    if int(config["min_samples"] or 0) > images:
        return f"min_samples = {config['min_samples']} is more than the {images} images"
    return None


def _r3(eps: float, figures: Mapping[str, float]) -> Baseline:
    return Baseline(
        name=f"R3-{eps:g}",
        config={"eps_from": "value", "eps": eps, "min_samples": 15, "fit_on": "judged"},
        resource=1,
        source=(
            "R3, DBSCAN on the 2,304 features of its CNN, at an elbow of the 15-distance curve,"
            f" {eps:g}"
        ),
        dataset="fashion-mnist-5",
        figures=figures,
        features="cnn@flatten,standard",
        network="R3-own",
    )


FAMILY = Family(
    name="dbscan",
    space={
        "eps_from": Choice(("quantile", "value"), searched=("quantile",)),
        "eps_quantile": Float(0.05, 0.99, when={"eps_from": "quantile"}, upper_bound=1.0),
        "eps": Float(1e-6, 1e6, log=True, when={"eps_from": "value"}),
        "min_samples": Choice(SEARCHED),
        "fit_on": Choice(("train", "judged"), searched=("train",)),
    },
    baselines=(_r3(45.0, {"test.clusters": 4.0, "test.noise_fraction": 0.1655}), _r3(20.0, {})),
    metric="v_measure",  # of the clusterings that `guarded` lets pass
    metrics=("silhouette", "davies_bouldin", *EXTERNAL, "noise_fraction", "eps"),
    resource="fits",
    max_resource=1,
    prepare=_prepare,
    start=DbscanRun,
    evaluate=_evaluate,
    export=_export,
    infeasible_reason=_infeasible_reason,
    deterministic=True,
    takes_features=True,
)
