"""Convolutional networks for classification, with the CNNs of reports R3 and R5 as baselines.

A step is an epoch.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

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
)
from hypersearch.models.data.arrays import Arrays, image_arrays, parts
from hypersearch.models.data.dataset import Dataset
from hypersearch.models.evaluation.artifacts import classification_artifacts
from hypersearch.models.evaluation.classification import probability_scores
from hypersearch.models.networks import layers
from hypersearch.models.networks.augmentation import augmentation_space, augmented
from hypersearch.models.networks.backend import predicted
from hypersearch.models.networks.blocks import blocks
from hypersearch.models.networks.published import CLASSIFIERS
from hypersearch.models.networks.training import Trainer, plain, training_space
from hypersearch.models.serialization import save_networks

SEARCHED: Config = {"network": "blocks"}  # parameters that only a searched network has


@dataclass(frozen=True)
class Images:
    """What the trials of a search share."""

    arrays: Arrays
    epochs: int  # until the schedule of a full trial ends


class CnnRun:
    """One network in training, on uint8 images (n, h, w)."""

    finished = False

    def __init__(self, config: Config, shared: Images, seed: int) -> None:
        import keras

        layers.begin_anew(seed)
        self._config = config
        self._x_train, y_train, self._x_val, self._y_val = parts(
            shared.arrays, str(config["fit_on"])
        )
        size = self._x_train.shape[1:]
        self._targets_nc = np.eye(shared.arrays.n_classes, dtype=np.float32)[y_train]
        model = layers.classifier(layers_of(config, size), size, shared.arrays.n_classes)
        smoothing = config["label_smoothing"]
        loss = keras.losses.CategoricalCrossentropy(label_smoothing=smoothing)
        accuracy = keras.metrics.CategoricalAccuracy(name="accuracy")
        self.trainer = Trainer(
            model, config, loss, [accuracy], len(self._x_train), shared.epochs, seed
        )
        flip, shift = bool(config.get("test_flip")), bool(config.get("test_shift"))
        self._on_the_way = layers.of_views(model, flip, shift=False)
        self._judged = layers.of_views(model, flip, shift) if shift else self._on_the_way
        self._epochs = shared.epochs

    def step(self) -> Mapping[str, float]:
        """Train one epoch; accuracy and loss (nats) on validation.

        `train.…` are those of the epoch's own batches. Only the last epoch asks about shifted
        views, which take five times as long.
        """
        trained = self.train()
        asked = self._judged if self.trainer.epochs_done >= self._epochs else self._on_the_way
        scores = probability_scores(self._answers(asked, self._x_val), self._y_val)
        return {
            **scores,
            **{f"train.{name}": value for name, value in trained.items()},
            "parameters": float(self.trainer.model.count_params()),
        }

    def train(self) -> dict[str, float]:
        """Train one epoch; accuracy and loss on its own batches."""
        return self.trainer.epoch(self._x_train, self._targets_nc, self._change)

    def predict(self, x_nhw: Any) -> Any:
        """Class probabilities, float32 (n, c).

        With `test_flip` and `test_shift`, their mean over views of an image.
        """
        return self._answers(self._judged, x_nhw)

    def save(self, folder: Path) -> None:
        """Write network, optimiser state and epoch."""
        self.trainer.save(folder)

    def load(self, folder: Path) -> None:
        """Read network, optimiser state and epoch."""
        self.trainer.load(folder)

    def export(self, dataset: Dataset, folder: Path) -> None:
        """Write the network that `predict` asks as model.keras."""
        with self.trainer.averaged():
            save_networks(folder, {"model": self._judged}, dataset, "probabilities")

    def _answers(self, network: Any, x_nhw: Any) -> Any:
        with self.trainer.averaged():
            return predicted(network, x_nhw[..., None])

    def _change(self, x_nhw: Any, draws: np.random.Generator) -> Any:
        return augmented(x_nhw, draws, self._config)


def layers_of(config: Config, size: tuple[int, int]) -> list[layers.Layer]:
    """The layers that a configuration names, for images of `size` (h, w)."""
    network = str(config["network"])
    return list(CLASSIFIERS[network]) if network in CLASSIFIERS else blocks(config, size)


def _prepare(dataset: Dataset, options: Options) -> Shared:
    return Images(image_arrays(dataset), options.limit)


def _evaluate(run: CnnRun, dataset: Dataset) -> Evaluation:
    proba_nc = run.predict(dataset.x_test)
    return Evaluation(
        probability_scores(proba_nc, dataset.y_test), classification_artifacts(proba_nc, dataset)
    )


def _infeasible_reason(config: Config, dataset: Dataset) -> str | None:
    return layers.too_small(layers_of(config, dataset.shape), dataset.shape)


def _published(network: str, batch_size: int, fit_on: str) -> Config:
    return {
        "network": network,
        "fit_on": fit_on,
        **plain("adam", 0.001, batch_size),
        "label_smoothing": 0.0,
        "shift": 0,
        "flip": False,
        "erasing": 0.0,
    }


START: Config = {
    **SEARCHED,
    "depth": 3,
    "filters": 32,
    "growth": 2.0,
    "convolutions": 2,
    "kernel": 3,
    "padding": "same",
    "residual": True,
    "activation": "relu",
    "pooling": "max",
    "batch_norm": True,
    "dropout": 0.0,
    "head": "average",
    "dense": 0,
    "fit_on": "train",
    "optimizer": "adam",
    "learning_rate": 0.005,
    "weight_decay": 1e-2,
    "schedule": "one-cycle",
    "averaging": 0.99,
    "batch_size": 128,
    "label_smoothing": 0.0,
    "shift": 1,
    "flip": True,
    "erasing": 0.0,
    "test_flip": True,
    "test_shift": True,
}
"""A small residual network, trained by one cycle (arXiv 1708.07120) with light augmentation."""

_SGD: Config = {
    **{name: value for name, value in START.items() if name != "learning_rate"},
    "optimizer": "sgd",
    "sgd_learning_rate": 0.1,
    "label_smoothing": 0.1,
    "erasing": 0.1,
}

FAMILY = Family(
    name="cnn",
    space={
        "network": Choice(("blocks", *CLASSIFIERS), searched=("blocks",)),
        "depth": Int(1, 4, when=SEARCHED),
        "filters": Int(16, 64, log=True, when=SEARCHED),
        "growth": Choice((1.0, 1.5, 2.0), searched=(1.5, 2.0), when=SEARCHED),
        "convolutions": Choice((1, 2, 3), searched=(1, 2), when=SEARCHED),
        "kernel": Choice((3, 5), searched=(3,), when=SEARCHED),
        "padding": Choice(("same", "valid"), searched=("same",), when=SEARCHED),
        "residual": Choice(
            (True, False), when={**SEARCHED, "padding": "same", "convolutions": (2, 3)}
        ),
        "activation": Choice(layers.ACTIVATIONS, when=SEARCHED),
        "pooling": Choice(("max", "average", "stride"), when=SEARCHED),
        "batch_norm": Choice((True, False), searched=(True,), when=SEARCHED),
        "dropout": Float(0.0, 0.5, when=SEARCHED, upper_bound=1.0),
        "head": Choice(("average", "flatten"), when=SEARCHED),
        "dense": Choice((0, 64, 128, 256), when=SEARCHED),
        "fit_on": Choice(("train", "train+validation", "first-80%"), searched=("train",)),
        **training_space(optimizers=("adam", "sgd")),
        "label_smoothing": Float(0.0, 0.2, upper_bound=1.0),
        **augmentation_space(),
        "test_flip": Choice((True, False), searched=(True,), when={"flip": True}),
        "test_shift": Choice((True, False), searched=(True,), when={"shift": (1, 2, 3)}),
    },
    baselines=(
        Baseline(
            name="R3-default",
            config=_published("R3-default", 128, "first-80%"),
            resource=15,
            source="R3, default CNN",
            dataset="fashion-mnist-5",
            figures={
                "val.accuracy": 0.9373,
                "val.loss": 0.1865,
                "train.accuracy": 0.9588,
                "train.loss": 0.1166,
                "test.accuracy": 0.9285,
                "test.loss": 0.2097,
            },
        ),
        Baseline(
            name="R3-own",
            config=_published("R3-own", 128, "first-80%"),
            resource=15,
            source="R3, own CNN",
            dataset="fashion-mnist-5",
            figures={
                "val.accuracy": 0.9480,
                "val.loss": 0.1510,
                "test.accuracy": 0.9448,
                "test.loss": 0.1614,
            },
        ),
        Baseline(
            name="R5",
            config=_published("R5", 64, "train"),
            resource=30,
            source="R5, CNN",
            figures={
                "val.accuracy": 0.9067,
                "train.accuracy": 0.9140,
                "test.accuracy": 0.8997,
                "test.loss": 0.2891,
            },
        ),
    ),
    metric="accuracy",
    metrics=("accuracy", "loss", "parameters"),
    resource="epochs",
    max_resource=15,
    initial_points=(START, _SGD),
    prepare=_prepare,
    start=CnnRun,
    evaluate=_evaluate,
    export=CnnRun.export,
    infeasible_reason=_infeasible_reason,
)
