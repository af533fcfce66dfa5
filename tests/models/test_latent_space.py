"""What is kept of a latent space, and the recognizer of what is decoded from it."""

from __future__ import annotations

import keras
import numpy as np
import pytest

from hypersearch.models.evaluation.latent_space import (
    SHOWN,
    as_bytes,
    decode_grid,
    latent_artifacts,
    principal_plane,
)
from hypersearch.models.families import recognition
from hypersearch.models.families.autoencoder import gaussian_like
from hypersearch.models.families.recognition import recognizer_for


@pytest.fixture(scope="module")
def recognizer(digits, tmp_path_factory):
    patch = pytest.MonkeyPatch()
    cache = tmp_path_factory.mktemp("cache")
    patch.setattr(recognition.platformdirs, "user_cache_path", lambda name: cache)
    yield recognizer_for(digits)
    patch.undo()


def corners(codes_nd):
    """A decoder whose images are of one gray each: the first coordinate."""
    return np.clip(np.broadcast_to(codes_nd[:, :1, None], (len(codes_nd), 8, 8)), 0, 1)


def test_the_recognizer_knows_digits_from_noise(digits, recognizer):
    draws = np.random.default_rng(0)
    noise = draws.random((200, 8, 8))
    shuffled = draws.permuted(digits.x_test.reshape(-1, 64), axis=1).reshape(-1, 8, 8) / 255
    assert recognizer(digits.x_test / 255) > 0.7
    assert recognizer(noise) < 0.5
    assert recognizer(shuffled) < recognizer(digits.x_test / 255) - 0.2


def test_the_recognizer_is_trained_once(digits, recognizer, monkeypatch):
    monkeypatch.setattr(recognition, "_trained", lambda dataset: pytest.fail("trained again"))
    assert recognizer_for(digits)(digits.x_test / 255) == recognizer(digits.x_test / 255)


def test_a_recognizer_that_cannot_be_kept_recognises(digits, tmp_path, monkeypatch):
    network = keras.Sequential(
        [keras.Input((8, 8, 1)), keras.layers.Flatten(), keras.layers.Dense(2, "softmax")]
    )
    monkeypatch.setattr(recognition, "_trained", lambda dataset: network)
    (tmp_path / "judges").touch()  # where its folder should be
    monkeypatch.setattr(recognition.platformdirs, "user_cache_path", lambda name: tmp_path)
    assert 0 <= recognizer_for(digits)(np.zeros((3, 8, 8))) <= 1


def test_images_decoded_from_real_codes_are_recognised_and_from_nowhere_are_not(digits, recognizer):
    codes = digits.x_test.reshape(-1, 64).astype(np.float32) / 255
    prior = np.random.default_rng(1).random(codes.shape, dtype=np.float32)
    scores, arrays = latent_artifacts(
        lambda codes_nd: codes_nd.reshape(-1, 8, 8).clip(0, 1), codes, prior, digits, recognizer
    )
    assert scores["recognised"] == recognizer(digits.x_test / 255)
    assert scores["prior_recognised"] == recognizer(prior.reshape(-1, 8, 8))
    assert scores["recognised"] > scores["between_recognised"] > 0  # pixels are a poor latent space
    np.testing.assert_array_equal(arrays["reconstructions"], digits.x_test[:SHOWN])
    np.testing.assert_array_equal(arrays["originals"], digits.x_test[:SHOWN])
    np.testing.assert_array_equal(arrays["truth"], digits.y_test)
    np.testing.assert_array_equal(arrays["between"][:, -1], digits.x_test[:10])
    np.testing.assert_array_equal(arrays["samples"], as_bytes(prior[:SHOWN].reshape(-1, 8, 8)))
    assert arrays["between"].shape == (10, 9, 8, 8)


def test_a_grid_of_two_dimensions_is_that_of_their_percentiles():
    codes = np.stack(np.meshgrid(np.linspace(0, 1, 101), np.linspace(0, 4, 101)), axis=-1).reshape(
        -1, 2
    )
    grid = decode_grid(corners, codes, side=3)
    np.testing.assert_allclose(grid["grid_axis"], [[0.02, 0.5, 0.98], [0.08, 2.0, 3.92]], atol=1e-6)
    assert grid["grid"].shape == (3, 3, 8, 8)
    assert grid["grid"][0, :, 0, 0].tolist() == [5, 128, 250]  # the first axis goes across
    down = decode_grid(lambda codes_nd: corners(codes_nd[:, ::-1] / 4), codes, side=3)["grid"]
    assert down[:, 0, 0, 0].tolist() == [250, 128, 5]  # and the second one up


def test_a_grid_of_more_dimensions_lies_in_the_principal_plane():
    draws = np.random.default_rng(0)
    codes = draws.standard_normal((5_000, 5)) * [0.1, 3.0, 0.1, 1.0, 0.1] + 7
    origin, plane = principal_plane(codes)
    np.testing.assert_allclose(origin, 7, atol=0.2)
    np.testing.assert_allclose(np.abs(plane), [[0, 1, 0, 0, 0], [0, 0, 0, 1, 0]], atol=0.05)


def test_a_single_dimension_has_a_grid_of_equal_rows_and_a_gaussian():
    codes = np.random.default_rng(0).uniform(0, 1, (1_000, 1)).astype(np.float32)
    grid = decode_grid(corners, codes, side=3)["grid"]
    assert grid.shape == (3, 3, 8, 8)
    assert (np.diff(grid[0, :, 0, 0].astype(int)) > 0).all()
    np.testing.assert_array_equal(grid[0], grid[2])
    assert gaussian_like(codes).shape == codes.shape


def test_a_single_code_is_a_latent_space_too(digits):
    code = np.full((1, 5), 0.5, dtype=np.float32)
    _, arrays = latent_artifacts(corners, code, gaussian_like(code), digits, lambda pixels: 1.0)
    np.testing.assert_array_equal(gaussian_like(code), code)
    assert (arrays["grid"] == 128).all()


def test_an_autoencoder_is_given_the_gaussian_of_its_codes():
    codes = np.random.default_rng(1).standard_normal((20_000, 2)) @ [[2.0, 1.0], [0.0, 0.5]] + [
        3.0,
        -1.0,
    ]
    drawn = gaussian_like(codes)
    np.testing.assert_allclose(drawn.mean(axis=0), [3, -1], atol=0.1)
    np.testing.assert_allclose(np.cov(drawn, rowvar=False), np.cov(codes, rowvar=False), atol=0.2)
