"""Autoencoders, dense and convolutional, with those of reports R1 and R4 as baselines.

A step is an epoch. Shape suffixes: n images, h height, w width, d code.
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
    Int,
    Options,
    Shared,
)
from hypersearch.models.data.arrays import Arrays, image_arrays, parts
from hypersearch.models.data.dataset import Dataset
from hypersearch.models.evaluation.latent_space import FILMED, latent_artifacts
from hypersearch.models.evaluation.pca_baseline import PcaBaseline
from hypersearch.models.families.recognition import recognizer_for
from hypersearch.models.networks import layers
from hypersearch.models.networks.backend import predicted
from hypersearch.models.networks.encoder_decoder import (
    ONE_CYCLE,
    PROBED,
    WIDE,
    coding_space,
    decoder,
    encoder,
    finite,
    probe_accuracy,
)
from hypersearch.models.networks.pixel_errors import pixel_errors, pixel_loss
from hypersearch.models.networks.published import R1_DECODER, R1_ENCODER
from hypersearch.models.networks.training import Trainer, plain, training_space
from hypersearch.models.serialization import save_networks

SEARCHED: Config = {"network": "mirrored"}


@dataclass(frozen=True)
class Images:
    """What the trials of a search share.

    `floor_d`: the validation MSE of PCA with 0, 1, 2 … components.
    """

    arrays: Arrays
    epochs: int  # until the schedule of a full trial ends
    floor_d: Any
    floor: PcaBaseline


class AutoencoderRun:
    """One network in training, on uint8 images (n, h, w); its targets are the images themselves."""

    finished = False

    def __init__(self, config: Config, shared: Images, seed: int) -> None:
        layers.begin_anew(seed)
        self.shared = shared
        self._x_train, self._y_train, self._x_val, self._y_val = parts(
            shared.arrays, str(config["fit_on"])
        )
        size = self._x_train.shape[1:]
        self.encoder, self.decoder, model = built(config, size)
        loss = pixel_loss(str(config["loss"]))
        self._minimised = "mse" if config["loss"] == "mse" else "loss"
        self.trainer = Trainer(model, config, loss, [], len(self._x_train), shared.epochs, seed)
        self.film: list[Any] = []

    @property
    def code_size(self) -> int:
        """d."""
        return int(self.encoder.output_shape[-1])

    def step(self) -> Mapping[str, float]:
        """Train one epoch; errors a pixel on validation, and the accuracy of a probe of the codes.

        The error that is minimised, on the epoch's own batches with their noise, is `train.mse` or
        `train.loss`.
        """
        trained = self.trainer.epoch(self._x_train, self._x_train[..., None])
        with self.trainer.averaged():
            codes_nd = self.codes(self._x_val)
            scores = self.scores(codes_nd, self._x_val, self._y_val, self.shared.floor_d)
        self.film.append(codes_nd[:FILMED].astype(np.float16))
        train = {f"train.{self._minimised}": trained["loss"]}
        return {**scores, **train, "parameters": float(self.trainer.model.count_params())}

    def scores(self, codes_nd: Any, x_nhw: Any, y_n: Any, floor_d: Any) -> dict[str, float]:
        """MSE, cross-entropy (nats a pixel), the accuracy of a probe, and PCA's MSE.

        `floor_d`: PCA's MSE with 0, 1, 2 … components; reported is that of the size of the code.
        """
        probe = probe_accuracy(
            self.codes(self._x_train[:PROBED]), self._y_train[:PROBED], codes_nd, y_n
        )
        errors = pixel_errors(self.decoded(codes_nd), x_nhw)
        floor = float(floor_d[min(self.code_size, len(floor_d) - 1)])
        return {**errors, "code_probe_accuracy": probe, "pca_mse": floor}

    def codes(self, x_nhw: Any) -> Any:
        """float32 (n, d)."""
        return finite(predicted(self.encoder, x_nhw[..., None]))

    def decoded(self, codes_nd: Any) -> Any:
        """Pixels in [0, 1], float32 (n, h, w)."""
        return predicted(self.decoder, codes_nd)[..., 0]

    def export(self, dataset: Dataset, folder: Path) -> None:
        """Write encoder.keras and decoder.keras."""
        with self.trainer.averaged():
            both = {"encoder": self.encoder, "decoder": self.decoder}
            save_networks(folder, both, dataset, "codes")

    def save(self, folder: Path) -> None:
        """Write network, optimiser state, epoch and film."""
        self.trainer.save(folder)
        np.save(folder / "film.npy", np.array(self.film))

    def load(self, folder: Path) -> None:
        """Read network, optimiser state, epoch and film."""
        self.trainer.load(folder)
        self.film = list(np.load(folder / "film.npy"))


def built(config: Config, size: layers.Size) -> tuple[Any, Any, Any]:
    """Encoder, decoder and both together, as `keras.Model`s."""
    import keras

    inputs, x = layers.images(size)
    if config["network"] == "R1":
        codes = layers.stacked(x, R1_ENCODER)
        rows = list(R1_DECODER)
    else:
        code: layers.Layer = ("dense", config["code"], config["code_activation"])
        codes = layers.stacked(x, [*encoder(config, size), code])
        rows = decoder(config, size)
    start = keras.Input(codes.shape[1:])
    back = keras.Model(start, layers.stacked(start, rows))
    return keras.Model(inputs, codes), back, keras.Model(inputs, back(codes))


def _prepare(dataset: Dataset, options: Options) -> Shared:
    floor = PcaBaseline.of(dataset.x_train)
    return Images(image_arrays(dataset), options.limit, floor.mse(dataset.x_val), floor)


def _evaluate(run: AutoencoderRun, dataset: Dataset) -> Evaluation:
    with run.trainer.averaged():
        codes_nd = run.codes(dataset.x_test)
        floor_d = run.shared.floor.mse(dataset.x_test)
        scores = run.scores(codes_nd, dataset.x_test, dataset.y_test, floor_d)
        seen, arrays = latent_artifacts(
            run.decoded, codes_nd, gaussian_like(codes_nd), dataset, recognizer_for(dataset)
        )
    film = {"film": np.array(run.film), "film_classes": dataset.y_val[:FILMED]}
    return Evaluation({**scores, **seen}, {**arrays, **film})


def gaussian_like(codes_nd: Any) -> Any:
    """Draws from the Gaussian with the mean and the covariance of the codes, float32 (n, d).

    An autoencoder has no prior of its own.
    """
    mean_d = codes_nd.mean(axis=0)
    covariance_dd = np.atleast_2d(np.cov(codes_nd, rowvar=False, bias=True))
    draws = np.random.default_rng(0)
    drawn_nd = draws.multivariate_normal(mean_d, covariance_dd, len(codes_nd))
    return drawn_nd.astype(np.float32)


def _infeasible_reason(config: Config, dataset: Dataset) -> str | None:
    if config["network"] == "R1" and dataset.shape != (28, 28):
        return "its layers are made for images of 28×28, got {}×{}".format(*dataset.shape)
    return None


_R2_SHAPE: Config = {
    "layers": "dense",
    "depth": 2,
    "nodes": 512,
    "taper": 0.5,
    "activation": "relu",
    "noise": 0.0,
}
_R4_SHAPE: Config = {"layers": "dense", "depth": 0, "activation": "relu", "noise": 0.0}

START: Config = {
    **SEARCHED,
    "code": 32,
    "code_activation": "linear",
    **WIDE,
    "loss": "mse",
    "fit_on": "train",
    **ONE_CYCLE,
}

FAMILY = Family(
    name="autoencoder",
    space={
        "network": Choice(("mirrored", "R1"), searched=("mirrored",)),
        "code": Int(2, 128, log=True, when=SEARCHED),
        "code_activation": Choice(("linear", "relu"), searched=("linear",), when=SEARCHED),
        **coding_space(SEARCHED),
        "loss": Choice(("mse", "binary_crossentropy")),
        "fit_on": Choice(("train", "train+validation"), searched=("train",)),
        **training_space(),
    },
    baselines=(
        Baseline(
            name="R1",
            config={
                "network": "R1",
                "loss": "mse",
                "fit_on": "train+validation",
                **plain("adam", 0.001, 128),
            },
            resource=5,
            source="R1, convolutional autoencoder",
            figures={"test.mse": 0.0217},
        ),
        Baseline(
            name="R2",
            config={
                **SEARCHED,
                "code": 2,
                "code_activation": "linear",
                **_R2_SHAPE,
                "batch_norm": False,
                "loss": "binary_crossentropy",
                "fit_on": "train",
                **plain("adam", 0.001, 128),
            },
            resource=27,
            source="R2, autoencoder; it gives no sizes, so these are ours, those of its VAE",
        ),
        Baseline(
            name="R4",
            config={
                **SEARCHED,
                "code": 32,
                "code_activation": "relu",
                **_R4_SHAPE,
                "batch_norm": False,
                "loss": "binary_crossentropy",
                "fit_on": "train+validation",
                **plain("adadelta", 1.0, 256),
            },
            resource=50,
            source="R4, dense autoencoder",
            figures={"train.loss": 0.2930, "test.loss": 0.2950},
        ),
    ),
    metric="mse",
    metrics=("mse", "loss", "code_probe_accuracy", "pca_mse", "parameters"),
    resource="epochs",
    max_resource=27,
    initial_points=(START,),
    prepare=_prepare,
    start=AutoencoderRun,
    evaluate=_evaluate,
    export=AutoencoderRun.export,
    infeasible_reason=_infeasible_reason,
)
