"""Variational autoencoders (arXiv 1312.6114), dense and convolutional. A step is an epoch.

The prior is a unit Gaussian; the encoder gives the mean and the logarithm of the variance of each
latent dimension. Whatever likelihood a network was trained with, it is judged by the same bound:
`elbo` = -(`loss` + `kl`) in nats an image, where `loss` is the cross-entropy of the pixels in [0,
1] under the decoder's, summed over the image, for one draw of each code. No decoder can bring that
cross-entropy under the entropy of the pixels themselves, 189.9 nats on Fashion-MNIST's test images
(`entropy_floor`). Shape suffixes: n images, h height, w width, d latent.
"""

from __future__ import annotations

from collections.abc import Mapping
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
from hypersearch.models.evaluation.latent_space import FILMED, latent_artifacts
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
from hypersearch.models.networks.training import Trainer, plain, training_space
from hypersearch.models.serialization import save_networks

SPREAD = 0.1  # standard deviation of a pixel under the Gaussian likelihood


class VaeRun:
    """One network in training, on uint8 images (n, h, w); its targets are the images themselves."""

    finished = False

    def __init__(self, config: Config, shared: tuple[Arrays, int], seed: int) -> None:
        layers.begin_anew(seed)
        arrays, epochs = shared
        self._seed = seed
        self._x_train, self._y_train, self._x_val, self._y_val = parts(
            arrays, str(config["fit_on"])
        )
        self.encoder, self.decoder, model = built(config, self._x_train.shape[1:])
        loss = likelihood_loss(str(config["likelihood"]))
        # whether the bound itself is what is trained for
        self._is_bound = config["beta"] == 1 and config["likelihood"] == "bernoulli"
        self.trainer = Trainer(model, config, loss, [], len(self._x_train), epochs, seed)
        self.film: list[Any] = []

    def step(self) -> Mapping[str, float]:
        """Train one epoch; the bound (nats an image), its two parts and the MSE a pixel.

        All are of the validation images. Where the bound itself is trained for, that on the epoch's
        own batches is `train.elbo`.
        """
        trained = self.trainer.epoch(self._x_train, self._x_train[..., None])
        with self.trainer.averaged():
            codes = self.codes(self._x_val)
            scores = self.scores(codes, self._x_val, self._y_val)
        self.film.append(codes[0][:FILMED].astype(np.float16))
        train = {}
        if self._is_bound:
            train["train.elbo"] = -trained["loss"] * self._x_train[0].size
        return {**scores, **train, "parameters": float(self.trainer.model.count_params())}

    def scores(self, codes: tuple[Any, Any], x_nhw: Any, y_n: Any) -> dict[str, float]:
        """What `step` reports, of images and their codes; the probe reads the means."""
        mean_nd, log_variance_nd = codes
        probe = probe_accuracy(
            self.codes(self._x_train[:PROBED])[0], self._y_train[:PROBED], mean_nd, y_n
        )
        draws = np.random.default_rng(self._seed).standard_normal(mean_nd.shape, dtype=np.float32)
        errors = pixel_errors(self.decoded(mean_nd + np.exp(log_variance_nd / 2) * draws), x_nhw)
        loss = errors["loss"] * x_nhw[0].size
        kl = float(divergence(mean_nd, log_variance_nd).mean(dtype=np.float64))
        mse = pixel_errors(self.decoded(mean_nd), x_nhw)["mse"]
        return {
            "elbo": -loss - kl,
            "loss": loss,
            "kl": kl,
            "mse": mse,
            "code_probe_accuracy": probe,
        }

    def codes(self, x_nhw: Any) -> tuple[Any, Any]:
        """Mean and logarithm of the variance of each image's code, float32 (n, d)."""
        both = predicted(self.encoder, x_nhw[..., None])
        mean_nd, log_variance_nd = np.split(finite(both), 2, axis=1)
        return mean_nd, log_variance_nd

    def decoded(self, codes_nd: Any) -> Any:
        """Pixels in [0, 1], float32 (n, h, w)."""
        return predicted(self.decoder, codes_nd)[..., 0]

    def export(self, dataset: Dataset, folder: Path) -> None:
        """Write encoder.keras and decoder.keras."""
        with self.trainer.averaged():
            both = {"encoder": self.encoder, "decoder": self.decoder}
            save_networks(folder, both, dataset, "means and log-variances of codes")

    def save(self, folder: Path) -> None:
        """Write network, optimiser state, epoch and film."""
        self.trainer.save(folder)
        np.save(folder / "film.npy", np.array(self.film))

    def load(self, folder: Path) -> None:
        """Read network, optimiser state, epoch and film."""
        self.trainer.load(folder)
        self.film = list(np.load(folder / "film.npy"))


def built(config: Config, size: layers.Size) -> tuple[Any, Any, Any]:
    """Encoder, decoder, and both with a draw between, as `keras.Model`s.

    The encoder gives means and log-variances side by side.
    """
    import keras

    from hypersearch.models.networks.sampling import Sampling

    inputs, x = layers.images(size)
    both = layers.stacked(
        x, [*encoder(config, size), ("dense", 2 * int(config["latent"] or 0), "linear")]
    )
    start = keras.Input((config["latent"],))
    back = keras.Model(start, layers.stacked(start, decoder(config, size)))
    drawn = Sampling(float(config["beta"] or 0.0) / (size[0] * size[1]))(both)
    return keras.Model(inputs, both), back, keras.Model(inputs, back(drawn))


def likelihood_loss(likelihood: str) -> Any:
    """The negative log-likelihood of uint8 targets (n, h, w, 1), in nats a pixel.

    A constant of the Gaussian is left out.
    """
    if likelihood == "bernoulli":
        return pixel_loss("binary_crossentropy")
    squared = pixel_loss("mse")

    def gaussian(target_nhwc: Any, output_nhwc: Any) -> Any:
        return squared(target_nhwc, output_nhwc) / (2 * SPREAD**2)

    return gaussian


def divergence(mean_nd: Any, log_variance_nd: Any) -> Any:
    """KL of each code's Gaussian from the prior in nats, (n,) (arXiv 1312.6114, appendix B)."""
    return -0.5 * (1 + log_variance_nd - mean_nd**2 - np.exp(log_variance_nd)).sum(axis=1)


def entropy_floor(x_nhw: Any) -> float:
    """The mean entropy of images whose pixels are taken for probabilities, in nats an image."""
    target_nhw = x_nhw.astype(np.float32) / 255
    return pixel_errors(target_nhw, x_nhw)["loss"] * float(x_nhw[0].size)


def _prepare(dataset: Dataset, options: Options) -> Shared:
    return image_arrays(dataset), options.limit


def _evaluate(run: VaeRun, dataset: Dataset) -> Evaluation:
    with run.trainer.averaged():
        mean_nd, log_variance_nd = codes = run.codes(dataset.x_test)
        scores = run.scores(codes, dataset.x_test, dataset.y_test)
        prior_nd = np.random.default_rng(0).standard_normal(mean_nd.shape, dtype=np.float32)
        seen, arrays = latent_artifacts(
            run.decoded, mean_nd, prior_nd, dataset, recognizer_for(dataset)
        )
    film = {"film": np.array(run.film), "film_classes": dataset.y_val[:FILMED]}
    return Evaluation(
        {**scores, **seen, "entropy_floor": entropy_floor(dataset.x_test)},
        {**arrays, **film, "log_variances": log_variance_nd.astype(np.float16)},
    )


START: Config = {
    "latent": 32,
    **WIDE,
    "beta": 1.0,
    "likelihood": "bernoulli",
    "fit_on": "train",
    **ONE_CYCLE,
}

FAMILY = Family(
    name="vae",
    space={
        "latent": Int(2, 64, log=True),
        **coding_space(),
        "beta": Float(0.1, 10.0, log=True),
        "likelihood": Choice(("bernoulli", "gaussian")),
        "fit_on": Choice(("train", "train+validation"), searched=("train",)),
        **training_space(),
    },
    baselines=(
        Baseline(
            name="R2",
            config={
                "latent": 2,
                "layers": "dense",
                "depth": 2,
                "nodes": 512,
                "taper": 0.5,
                "activation": "relu",
                "batch_norm": False,
                "noise": 0.0,
                "beta": 1.0,
                "likelihood": "bernoulli",
                "fit_on": "train",
                **plain("adam", 0.001, 128),
            },
            resource=27,
            source="R2, variational autoencoder; it gives no sizes, so these are ours",
        ),
    ),
    metric="elbo",
    metrics=("elbo", "loss", "kl", "mse", "code_probe_accuracy", "parameters"),
    resource="epochs",
    max_resource=27,
    initial_points=(START,),
    prepare=_prepare,
    start=VaeRun,
    evaluate=_evaluate,
    export=VaeRun.export,
)
