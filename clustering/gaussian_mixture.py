"""Gaussian mixtures by scikit-learn, an iteration of EM a step; report R4's as baseline.

An image belongs to the component that is most likely to have made it. Features of more than `MOST`
dimensions are replaced by their leading principal components, once for all trials: on 784 pixels a
full covariance would have 307,720 figures a component, and be singular, as some pixels hardly
change. Two more mixtures are fitted to small samples of the images; how far they agree is the
stability. R4's baseline is meant for the codes of its autoencoder. It has scikit-learn's defaults,
as the report names no other settings. Shape suffixes: n images, d features, k components.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from math import log
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.decomposition import PCA
from sklearn.mixture import GaussianMixture

from hypersearch.clustering.expectation_maximization import (
    empty,
    iterate,
    judged,
    restored,
    state,
)
from hypersearch.clustering.features.feature_transforms import Components
from hypersearch.clustering.features.pipeline import Chain, Features, features
from hypersearch.clustering.scores.agreement import (
    EXTERNAL,
    external_scores,
    guarded,
    majority_classes,
)
from hypersearch.clustering.scores.cluster_summary import cluster_summary
from hypersearch.clustering.scores.silhouette import Silhouette, davies_bouldin
from hypersearch.clustering.scores.stability import TWIN, agreement, halves
from hypersearch.clustering.serialization import save_clustering
from hypersearch.models.api import (
    Baseline,
    Choice,
    Config,
    Evaluation,
    Family,
    Float,
    Int,
    Options,
    Shared,
    Space,
)
from hypersearch.models.compat.sklearn_internals import free_parameters
from hypersearch.models.data.dataset import Dataset

MOST = 64  # dimensions


class MixtureRun:
    """One mixture in the making, and its twins. It is finished when the likelihood stands still.

    That is as in scikit-learn: when an iteration changes the mean log-likelihood by less than 0.001
    nats an image.
    """

    def __init__(self, config: Config, shared: Features, seed: int) -> None:
        self.features = shared
        train, held_out = slice(shared.n_train), slice(shared.n_train, None)
        self._x_nd, self._y_n = shared.x_nd[train].astype(np.float64), shared.y_n[train]
        self._x_val, self._y_val = shared.x_nd[held_out].astype(np.float64), shared.y_n[held_out]
        self._halves = halves(len(self._x_nd), np.random.default_rng(seed), TWIN)
        self.model, *self._twins = (
            empty(config, self._x_nd, s) for s in (seed, seed + 1, seed + 2)
        )
        self._silhouette = Silhouette(self._x_val)

    @property
    def finished(self) -> bool:
        """True when a further iteration would change next to nothing."""
        return bool(getattr(self.model, "converged_", False))

    def step(self) -> Mapping[str, float]:
        """One iteration; BIC and AIC of the fitted images, and scores on validation."""
        if not self.finished:
            iterate(self.model, self._x_nd)
            for twin, rows in zip(self._twins, self._halves, strict=True):
                iterate(twin, self._x_nd[rows])
        likelihood, fitted_n = self.model.judge_fitted(self._x_nd)
        of_validation, labels_n = judged(self.model, self._x_val)
        criteria = {**self._criteria(likelihood), "log_likelihood": of_validation}
        return guarded({**criteria, **self._scores(labels_n, fitted_n)}, labels_n)

    def predict(self, x_nd: NDArray[np.floating]) -> NDArray[np.int32]:
        """The component of each image, int32 (n,)."""
        return judged(self.model, x_nd.astype(np.float64))[1]

    def named_classes(self) -> NDArray[np.int64]:
        """The majority class of each component among the fitted images, int64 (k,)."""
        labels_n = self.model.judge_fitted(self._x_nd)[1]
        return majority_classes(labels_n, self._y_n, self.model.n_components)

    def estimator(self) -> GaussianMixture:
        """The same mixture, as scikit-learn has it."""
        settings = {**self.model.get_params(), "max_iter": 100, "warm_start": False}
        return restored(GaussianMixture(**settings), state(self.model))

    def save(self, folder: Path) -> None:
        """Write the mixture and its twins, as plain arrays."""
        arrays: dict[str, Any] = {}
        for number, each in enumerate([self.model, *self._twins]):
            arrays |= {f"{number}.{name}": array for name, array in state(each).items()}
        np.savez(folder / "mixture.npz", **arrays)

    def load(self, folder: Path) -> None:
        """Read them."""
        with np.load(folder / "mixture.npz") as stored:
            for number, each in enumerate([self.model, *self._twins]):
                own = f"{number}."
                names = [name for name in stored if name.startswith(own)]
                restored(each, {name.removeprefix(own): stored[name] for name in names})

    def _criteria(self, likelihood: float) -> dict[str, float]:
        """BIC (Schwarz 1978) and AIC (Akaike 1974) of the fitted images.

        `likelihood`: their mean log-likelihood, in nats.
        """
        n, free = len(self._x_nd), free_parameters(self.model)
        return {
            "bic": free * log(n) - 2.0 * n * likelihood,
            "aic": free * 2.0 - 2.0 * n * likelihood,
        }

    def _scores(self, labels_n: NDArray[np.int32], fitted_n: NDArray[np.int32]) -> dict[str, float]:
        classes_k = majority_classes(fitted_n, self._y_n, self.model.n_components)
        return {
            "silhouette": self._silhouette(labels_n),
            "davies_bouldin": davies_bouldin(self._x_val, labels_n),
            "stability": agreement(*(judged(twin, self._x_val)[1] for twin in self._twins)),
            **external_scores(labels_n, self._y_val, classes_k),
        }


def reduced(raw: Features, most: int = MOST) -> Features:
    """The features, or the leading principal components of more than `most` dimensions.

    The components are those of the training images.
    """
    if raw.x_nd.shape[1] <= most:
        return raw
    pca = PCA(min(most, raw.n_train), svd_solver="covariance_eigh").fit(raw.x_nd[: raw.n_train])
    projected = Components(pca.mean_.astype(np.float32), pca.components_.astype(np.float32))
    name = f"{raw.name}, {pca.n_components_} principal components"
    return replace(
        raw, x_nd=projected(raw.x_nd), name=name, transform=Chain((raw.transform, projected))
    )


def _prepare(dataset: Dataset, options: Options) -> Shared:
    return reduced(features(dataset, options))


def _evaluate(run: MixtureRun, dataset: Dataset) -> Evaluation:
    x_nd = run.features.transform(dataset.x_test)
    likelihood, labels_n = judged(run.model, x_nd.astype(np.float64))
    classes_k = run.named_classes()
    scores = {"log_likelihood": likelihood, **external_scores(labels_n, dataset.y_test, classes_k)}
    return Evaluation(scores, cluster_summary(labels_n, classes_k, dataset))


def _export(run: MixtureRun, dataset: Dataset, folder: Path) -> None:
    mixture = run.estimator()
    shape = f"as scikit-learn has them where covariance_type={mixture.covariance_type!r}"
    arrays = {
        "weights_k": (mixture.weights_, "float64, the share of each component"),
        "means_kd": (mixture.means_, "float64"),
        "covariances": (mixture.covariances_, f"float64, {shape}"),
        "precisions_cholesky": (
            mixture.precisions_cholesky_,
            f"float64, of their inverses, {shape}",
        ),
    }
    save_clustering(folder, mixture, arrays, run.named_classes(), run.features, dataset)


def _upper_bounds(space: Space, dataset: Dataset) -> Mapping[str, int]:
    """As many components as a twin has images."""
    return {"components": min(len(dataset.x_train) // 2, TWIN)}


def _infeasible_reason(config: Config, dataset: Dataset) -> str | None:
    most = _upper_bounds({}, dataset)["components"]
    if int(config["components"] or 0) > most:
        return f"components = {config['components']} are more than the {most} images of a twin"
    return None


START: Config = {"components": 10, "init": "kmeans", "reg_covar": "relative", "regularisation": 0.1}

FAMILY = Family(
    name="gaussian_mixture",
    space={
        "components": Int(10, 64, log=True),
        "covariance_type": Choice(("full", "tied", "diag", "spherical")),
        "init": Choice(("k-means++", "random", "kmeans", "random_from_data")),
        "reg_covar": Choice(("relative", 1e-6), searched=("relative",)),
        "regularisation": Float(1e-6, 0.3, log=True, when={"reg_covar": "relative"}),
    },
    baselines=(
        Baseline(
            name="R4",
            config={
                "components": 10,
                "covariance_type": "full",
                "init": "kmeans",
                "reg_covar": 1e-6,
            },
            resource=100,  # with scikit-learn's defaults, as the report names no others
            source="R4, autoencoder + Gaussian mixture",
            figures={"test.accuracy": 0.5143},
            features="autoencoder",
            network="R4",
        ),
    ),
    initial_points=(
        {**START, "covariance_type": "full"},
        {**START, "covariance_type": "tied"},
    ),
    metric="v_measure",  # homogeneity and accuracy alone rise with the number of components
    metrics=(
        "bic",
        "aic",
        "log_likelihood",
        "silhouette",
        "davies_bouldin",
        "stability",
        *EXTERNAL,
    ),
    resource="iterations",
    max_resource=81,
    prepare=_prepare,
    start=MixtureRun,
    evaluate=_evaluate,
    export=_export,
    infeasible_reason=_infeasible_reason,
    upper_bounds=_upper_bounds,
    takes_features=True,
)
