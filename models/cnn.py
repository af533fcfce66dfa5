"""Convolutional networks for classification, with the CNNs of reports R3 and R5 as baselines.

A step is an epoch. What an epoch does depends on (seed, epoch) alone: the order of the images and the dropout masks
are drawn anew from both, so that a run which was saved and loaded goes on exactly as one that was not.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from models import networks
from models.api import Baseline, Choice, Config, Evaluation, Family, Float, Int, Options, Shared, Value
from models.arrays import Arrays, image_arrays, prediction_artifacts, probability_scores
from models.datasets import Dataset

PREDICT_BATCH = 512
SEARCHED: Config = {"network": "blocks"}  # parameters that only a searched network has


class CnnRun:
    """One network in training, on uint8 images (n, h, w)."""

    finished = False

    def __init__(self, config: Config, arrays: Arrays, seed: int) -> None:
        import keras

        networks.begin_anew(seed)
        self._config, self._arrays, self._seed, self._epoch = config, arrays, seed, 0
        size = arrays.x_train.shape[1:3]
        model = networks.build(layers_of(config, size), size, arrays.n_classes)
        accuracy = keras.metrics.SparseCategoricalAccuracy(name="accuracy")
        rate, loss = config["learning_rate"], "sparse_categorical_crossentropy"
        self._model = networks.compiled(model, rate, loss, [accuracy])

    def step(self) -> Mapping[str, float]:
        """Train one epoch; accuracy and loss (nats) on validation and, as `train.…`, on the epoch's own batches."""
        order_n = np.random.default_rng([self._seed, self._epoch]).permutation(len(self._arrays.x_train))
        self._reseed_dropout()
        trained = self._model.fit(
            self._arrays.x_train[order_n, ..., None],
            self._arrays.y_train[order_n],
            batch_size=self._config["batch_size"],
            shuffle=False,
            verbose=0,
        ).history
        self._epoch += 1
        scores = probability_scores(self.predict(self._arrays.x_val), self._arrays.y_val)
        return {
            **scores,
            "train.accuracy": float(trained["accuracy"][0]),
            "train.loss": float(trained["loss"][0]),
            "parameters": float(self._model.count_params()),
        }

    def predict(self, x_nhw: Any) -> Any:
        """Class probabilities, float32 (n, c)."""
        return self._model.predict(x_nhw[..., None], batch_size=PREDICT_BATCH, verbose=0)

    def save(self, folder: Path) -> None:
        """Write network, optimiser state and epoch."""
        self._model.save(folder / "model.keras")
        (folder / "run.json").write_text(json.dumps({"epoch": self._epoch}))

    def load(self, folder: Path) -> None:
        """Read network, optimiser state and epoch."""
        import keras

        self._model = keras.models.load_model(folder / "model.keras")
        self._epoch = json.loads((folder / "run.json").read_text())["epoch"]

    def _reseed_dropout(self) -> None:
        for number, layer in enumerate(self._model.layers):
            generator = getattr(layer, "seed_generator", None)
            if generator is not None:
                words = np.random.SeedSequence([self._seed, self._epoch, number]).generate_state(2)
                generator.state.assign(words.astype(generator.state.dtype))


def layers_of(config: Config, size: tuple[int, int]) -> list[networks.Layer]:
    """The layers that a configuration names, for images of `size` (h, w)."""
    network = str(config["network"])
    if network in networks.PUBLISHED:
        return list(networks.PUBLISHED[network])
    shape: dict[str, Any] = {name: config[name] for name in ("depth", "filters", "kernel", "dropout", "batch_norm")}
    return networks.blocks(**shape, size=size)


def _prepare(dataset: Dataset, options: Options) -> Shared:
    return image_arrays(dataset)


def _start(config: Config, shared: Shared, seed: int) -> CnnRun:
    return CnnRun(config, shared, seed)


def _evaluate(run: CnnRun, dataset: Dataset) -> Evaluation:
    proba_nc = run.predict(dataset.x_test)
    return Evaluation(probability_scores(proba_nc, dataset.y_test), prediction_artifacts(proba_nc))


def _unfit(config: Config, dataset: Dataset) -> str | None:
    size = dataset.x_train.shape[1], dataset.x_train.shape[2]
    return networks.too_small(layers_of(config, size), size)


def _published(network: str, batch_size: Value) -> dict[str, Value]:
    return {"network": network, "learning_rate": 0.001, "batch_size": batch_size}


FAMILY = Family(
    name="cnn",
    space={
        "network": Choice(("blocks", *networks.PUBLISHED), searched=("blocks",)),
        "depth": Int(1, 4, when=SEARCHED),
        "filters": Int(8, 64, log=True, when=SEARCHED),
        "kernel": Choice((3, 5), when=SEARCHED),
        "dropout": Float(0.0, 0.5, when=SEARCHED),
        "batch_norm": Choice((True, False), when=SEARCHED),
        "learning_rate": Float(1e-4, 1e-2, log=True),
        "batch_size": Choice((32, 64, 128, 256)),
    },
    baselines=(
        Baseline(
            name="R3-default",
            config=_published("R3-default", 128),
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
            config=_published("R3-own", 128),
            resource=15,
            source="R3, own CNN",
            dataset="fashion-mnist-5",
            figures={"val.accuracy": 0.9480, "val.loss": 0.1510, "test.accuracy": 0.9448, "test.loss": 0.1614},
        ),
        Baseline(
            name="R5",
            config=_published("R5", 64),
            resource=30,
            source="R5, CNN",
            figures={"val.accuracy": 0.9067, "train.accuracy": 0.9140, "test.accuracy": 0.8997, "test.loss": 0.2891},
        ),
    ),
    metric="accuracy",
    metrics=("accuracy", "loss", "parameters"),
    resource="epochs",
    max_resource=15,
    prepare=_prepare,
    start=_start,
    evaluate=_evaluate,
    unfit=_unfit,
)
