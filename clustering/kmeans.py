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

from collections.abc import Mapping
from pathlib import Path

import numpy as np

from hypersearch.clustering.centroids.kmeans_run import KMeansRun, assign
from hypersearch.clustering.features.pipeline import features
from hypersearch.clustering.scores.agreement import EXTERNAL, external_scores
from hypersearch.clustering.scores.cluster_summary import center_images, cluster_summary
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
from hypersearch.models.data.dataset import Dataset


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
    meaning = "float32, the centre of each cluster, to the nearest of which a row goes"
    arrays = {"centers_kd": (run.centers_kd, meaning)}
    save_clustering(folder, run.estimator(), arrays, run.named_classes(), run.features, dataset)


def _upper_bounds(space: Space, dataset: Dataset) -> Mapping[str, int]:
    """A search proposes no more clusters than it has images to begin from."""
    fit_on = space["fit_on"]
    whole = isinstance(fit_on, Choice) and fit_on.searched == ("train+validation",)
    return {"k": _fitted_images(dataset, whole)}


def _infeasible_reason(config: Config, dataset: Dataset) -> str | None:
    images = _fitted_images(dataset, whole=config["fit_on"] == "train+validation")
    if int(config["k"] or 0) > images:
        return f"k = {config['k']} is more than the {images} images"
    return None


def _fitted_images(dataset: Dataset, whole: bool) -> int:
    """The number of training images, and with `whole` of validation images as well."""
    return len(dataset.x_train) + (len(dataset.x_val) if whole else 0)


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
