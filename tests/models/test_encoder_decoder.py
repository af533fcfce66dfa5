"""Encoders, decoders, what is asked of codes, and the floor that PCA sets."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import optuna
import pytest
from sklearn.decomposition import PCA

from hypersearch.models.api import Options
from hypersearch.models.data.arrays import flatten
from hypersearch.models.data.dataset import Dataset
from hypersearch.models.evaluation.pca_baseline import PcaBaseline
from hypersearch.models.families import autoencoder, vae
from hypersearch.models.networks.encoder_decoder import finite, halved, probe_accuracy
from hypersearch.search.space import narrowing, proposals


def proposal(family: Any, **fixed: str) -> dict[str, Any]:
    study = optuna.create_study(sampler=optuna.samplers.RandomSampler(seed=2))
    return proposals.propose(narrowing.narrow(family, fixed, {}), study.ask())


@pytest.mark.parametrize("size", [(28, 28), (8, 8), (5, 11), (1, 3)])
@pytest.mark.parametrize("layers", ["dense", "convolutional"])
def test_what_is_decoded_has_the_size_of_the_image(size: tuple[int, int], layers: str) -> None:
    config = proposal(autoencoder.FAMILY, layers=layers, code="3")
    encoder, decoder, both = autoencoder.built(config, size)
    assert encoder.output_shape == (None, 3)
    assert decoder.output_shape == both.output_shape == (None, *size, 1)


def test_the_mirror_image_has_the_same_widths() -> None:
    config = proposal(
        autoencoder.FAMILY, layers="dense", depth="3", nodes="64", taper="0.5", batch_norm="False"
    )
    encoder, decoder, _ = autoencoder.built(config, (8, 8))
    widths = [
        [layer.units for layer in model.layers if hasattr(layer, "units")]
        for model in (encoder, decoder)
    ]
    assert widths == [[64, 32, 16, config["code"]], [16, 32, 64, 64]]


def test_sides_are_halved_and_rounded_up() -> None:
    assert halved((28, 5), 3) == [(28, 5), (14, 3), (7, 2), (4, 1)]


def test_the_floor_is_that_of_pca(digits: Dataset) -> None:
    floor = PcaBaseline.of(digits.x_train).mse(digits.x_val)
    for size in (1, 10, 64):
        pca = PCA(size, svd_solver="full").fit(flatten(digits.x_train))
        back = pca.inverse_transform(pca.transform(flatten(digits.x_val)))
        assert floor[size] == pytest.approx(np.mean((back - flatten(digits.x_val)) ** 2), abs=1e-6)
    assert len(floor) == 65
    assert floor[0] == pytest.approx(
        np.mean((flatten(digits.x_train).mean(axis=0) - flatten(digits.x_val)) ** 2)
    )


def test_pixel_errors_by_hand() -> None:
    errors = autoencoder.pixel_errors(
        np.array([[[0.5, 0.25]]], np.float32), np.array([[[255, 0]]], np.uint8)
    )
    assert errors["mse"] == pytest.approx((0.25 + 0.0625) / 2)
    assert errors["loss"] == pytest.approx(-(math.log(0.5) + math.log(0.75)) / 2)


def test_a_probe_reads_what_is_linear_in_the_codes() -> None:
    draws = np.random.default_rng(0)
    labels = draws.integers(0, 3, 600)
    codes = np.eye(3)[labels] * 5 + draws.normal(size=(600, 3))
    codes = np.column_stack([codes, np.zeros(600)])  # a dead unit
    assert probe_accuracy(codes[:300], labels[:300], codes[300:], labels[300:]) > 0.95
    assert probe_accuracy(codes[:300] * 0, labels[:300], codes[300:] * 0, labels[300:]) < 0.5


def test_codes_that_are_no_numbers_are_named() -> None:
    with pytest.raises(ValueError, match="^the network has diverged"):
        finite(np.array([[1.0, np.nan]]))


def test_divergence_by_hand() -> None:
    mean_nd, log_variance_nd = (
        np.array([[0.0, 0.0], [1.0, -2.0]]),
        np.array([[0.0, 0.0], [0.0, math.log(4.0)]]),
    )
    expected = [0.0, 0.5 * (1 + 4 + (4 - 1 - math.log(4)))]
    np.testing.assert_allclose(vae.divergence(mean_nd, log_variance_nd), expected)


def test_the_entropy_floor_is_reached_by_the_pixels_themselves() -> None:
    x_nhw = np.array([[[0, 255, 51]]], np.uint8)
    expected = -(0.2 * math.log(0.2) + 0.8 * math.log(0.8))
    assert vae.entropy_floor(x_nhw) == pytest.approx(expected, abs=1e-4)


def test_the_bound_is_the_sum_of_its_parts_and_the_film_grows(digits: Dataset) -> None:
    run = vae.VaeRun(
        proposal(vae.FAMILY, latent="2", layers="dense"),
        vae.FAMILY.prepare(digits, Options(limit=2)),
        0,
    )
    for epoch in (1, 2):
        metrics = run.step()
        assert metrics["elbo"] == pytest.approx(-metrics["loss"] - metrics["kl"])
        assert np.array(run.film).shape == (epoch, len(digits.x_val), 2)
    assert metrics["loss"] > vae.entropy_floor(digits.x_val)
    assert metrics["kl"] >= 0


@pytest.mark.parametrize(
    ("family", "fixed", "metric"),
    [
        (autoencoder, {"loss": "mse"}, "mse"),
        (autoencoder, {"loss": "binary_crossentropy"}, "loss"),
        (vae, {"beta": "1", "likelihood": "bernoulli"}, "elbo"),
    ],
)
def test_what_is_trained_on_has_the_scale_of_what_is_validated(
    digits: Dataset, family: Any, fixed: dict[str, str], metric: str
) -> None:
    config = proposal(
        family.FAMILY, layers="dense", batch_norm="False", noise="0", schedule="constant", **fixed
    )
    still = {name: 1e-9 for name in config if name.endswith("learning_rate")}
    shared = family.FAMILY.prepare(digits, Options(limit=2))
    run = (vae.VaeRun if family is vae else autoencoder.AutoencoderRun)(
        {**config, **still}, shared, 0
    )
    scores = run.step()
    assert scores[f"train.{metric}"] == pytest.approx(scores[metric], rel=0.1)
