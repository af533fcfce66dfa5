"""Reconstructions, decoded grids and latent planes, by hand."""

from __future__ import annotations

import numpy as np
import pytest

from hypersearch.analysis.figures.models.latent import FILM, LATENT, film, latent
from hypersearch.analysis.figures.models.latent_comparison import LATENT_COMPARISON as BESIDE
from hypersearch.analysis.figures.models.latent_comparison import beside
from hypersearch.analysis.figures.models.reconstructions import (
    DECODED_GRID,
    RECONSTRUCTIONS,
    decoded_grid,
    reconstructions,
)
from hypersearch.models.evaluation.latent_space import decode_grid
from tests.analysis.figures.confirmed import HOSTILE, confirmed, drawn, search, study_of

N = 60


def arrays_of(d: int) -> dict[str, np.ndarray]:
    """Codes of three classes that lie apart along the first axis; a film in which they part."""
    draws = np.random.default_rng(0)
    truth = np.arange(N) % 3
    codes = draws.normal(0, 0.1, (N, d))
    codes[:, 0] += 10 * truth
    codes[:, 1] *= 20

    def decode(codes_nd):
        return np.clip(np.broadcast_to(codes_nd[:, :1, None] / 20, (len(codes_nd), 4, 6)), 0, 1)

    flat = draws.normal(0, 0.1, (N, d))
    film = np.stack([flat + share * (codes - flat) for share in np.linspace(0, 1, 9)])
    images = draws.integers(0, 256, (N, 4, 6)).astype(np.uint8)
    return {
        "codes": codes.astype(np.float16),
        "truth": truth.astype(np.int16),
        "originals": images,
        "reconstructions": images,
        **decode_grid(decode, codes),
        "film": film.astype(np.float16),
        "film_classes": truth,
    }


def test_reconstructions(tmp_path):
    arrays = arrays_of(2)
    arrays["originals"] = np.zeros((3, 2, 2), np.uint8)
    arrays["reconstructions"] = np.array([0, 51, 255], np.uint8)[:, None, None] * np.ones(
        (1, 2, 2), np.uint8
    )
    record = reconstructions(study_of(tmp_path, "vae", arrays), "vae")
    assert record.mse_m == pytest.approx([0, 0.04, 1])
    axes = drawn(RECONSTRUCTIONS, record).axes[0]
    assert [label.get_text() for label in axes.get_xticklabels()] == ["0.0000", "0.0400", "1.0000"]
    assert (
        RECONSTRUCTIONS.describe(record)
        == "3 test images, each over its reconstruction; of the first 3 the mean squared error of a"
        " pixel is 0.3467 on average, from 0.0000 to 1.0000."
    )


def test_many_reconstructions_stand_in_two_bands(tmp_path):
    assert (
        len(
            drawn(
                RECONSTRUCTIONS, reconstructions(study_of(tmp_path, "vae", arrays_of(2)), "vae")
            ).axes
        )
        == 2
    )


def test_originals_of_an_older_study_come_from_its_data(tmp_path, digits):
    arrays = {"reconstructions": digits.x_test[:100]}
    dataset = {"name": "digits", "classes": tuple("0123456789"), "digest": digits.digest}
    study = study_of(
        tmp_path,
        "vae",
        arrays,
        dataset=dataset,
        config={"dataset": "digits", "max_samples": 240},
        seed=0,
    )
    assert (reconstructions(study, "vae").mse_m == np.zeros(100)).all()
    dataset["digest"] = ""
    assert reconstructions(study_of(tmp_path, "vae", dataset=dataset), "vae") is None


def test_the_decoded_grid_and_where_it_lies(tmp_path):
    arrays = arrays_of(2)
    record = decoded_grid(study_of(tmp_path, "vae", arrays), "vae")
    np.testing.assert_array_equal(record.images_sshw, arrays["grid"])
    assert record.directions == "code"
    axes = drawn(DECODED_GRID, record).axes[0]
    labels = [float(label.get_text()) for label in axes.get_yticklabels()]
    assert labels == sorted(labels, reverse=True)  # from the top down
    np.testing.assert_allclose(labels, arrays["grid_axis"][1][::-1][[0, 4, 7, 10, 14]], rtol=0.01)
    assert DECODED_GRID.describe(record).startswith(
        "15 by 15 images decoded from a grid over the latent space, code 1"
    )


def test_a_code_of_two_is_shown_as_it_is(tmp_path):
    arrays = arrays_of(2)
    record = latent(study_of(tmp_path, "vae", arrays), "vae")
    np.testing.assert_array_equal(record.places_m2, arrays["codes"])
    assert record.classes_m.tolist() == arrays["truth"].tolist()
    assert (record.dimensions, record.directions, record.share) == (2, "code", pytest.approx(1))
    assert record.knn_accuracy == 1.0
    assert (
        LATENT.describe(record)
        == "60 test images in a code of 2 dimensions, coloured by class; in this plane their 10"
        " nearest neighbours name 100.0% of them rightly."
    )


def test_a_longer_code_is_shown_in_its_principal_plane(tmp_path):
    record = latent(study_of(tmp_path, "vae", arrays_of(5)), "vae")
    assert (record.dimensions, record.directions) == (5, "principal axis")
    assert 0.99 < record.share < 1
    assert record.knn_accuracy == 1.0
    assert drawn(LATENT, record).axes[0].get_xlabel() == "principal axis 1"


def test_a_code_of_one(tmp_path):
    arrays = {
        **arrays_of(2),
        "codes": np.arange(N, dtype=np.float16)[:, None],
        "grid_origin": np.zeros(1),
    }
    arrays["grid_plane"] = np.eye(2, 1)
    record = latent(study_of(tmp_path, "vae", arrays), "vae")
    assert record.places_m2[:, 1].tolist() == [0] * N
    drawn(LATENT, record)


def test_the_film_shows_six_epochs_evenly(tmp_path):
    arrays = arrays_of(5)
    record = film(study_of(tmp_path, "vae", arrays, classes=HOSTILE), "vae")
    assert record.epochs == (1, 3, 4, 6, 7, 9)
    at = (arrays["film"][3].astype(float) - arrays["grid_origin"]) @ arrays["grid_plane"].T
    np.testing.assert_allclose(record.places_fm2[2], at, atol=1e-5)
    assert record.knn_accuracies[0] < 0.6 < record.knn_accuracies[-1] == 1.0
    axes = drawn(FILM, record).axes
    assert [each.get_title(loc="left") for each in axes] == [
        f"epoch {epoch}" for epoch in record.epochs
    ]
    assert {each.get_xlim() for each in axes} == {axes[0].get_xlim()}


def test_a_short_film(tmp_path):
    arrays = arrays_of(2)
    arrays["film"] = arrays["film"][:2]
    assert film(study_of(tmp_path, "vae", arrays), "vae").epochs == (1, 2)
    arrays["film"] = arrays["film"][:1]
    assert film(study_of(tmp_path / "other", "vae", arrays), "vae") is None


def test_both_families_stand_side_by_side(tmp_path):
    both = [search("autoencoder", "mse", "min"), search("vae", "elbo")]
    alone = study_of(
        tmp_path,
        "autoencoder",
        arrays_of(5),
        {"test": {"recognised": 0.5, "mse": 0.1}},
        searches=both,
    )
    assert beside(alone, "autoencoder") is None
    confirmed(
        tmp_path, "vae", arrays_of(2), {"test": {"recognised": 0.25, "between_recognised": 0.75}}
    )
    study = study_of(tmp_path, "autoencoder", searches=both)
    assert beside(study, "vae") is None
    record = beside(study, "autoencoder")
    first, second = record.rows()
    assert first == {
        "model": "Autoencoder",
        "dimensions": 5,
        "knn_accuracy": 1.0,
        "recognised": 0.5,
    }
    assert second["between_recognised"] == 0.75
    assert len(drawn(BESIDE, record).axes) == 4
    assert (
        "Variational autoencoder, code of 2: 100.0% named rightly by neighbours"
        in BESIDE.describe(record)
    )
    assert "recognised 25.0%, between recognised 75.0%" in BESIDE.describe(record)


def test_a_classifier_has_none_of_these(tmp_path):
    study = study_of(tmp_path, "cnn", {"predicted": np.zeros(3)})
    assert [
        compute(study, "cnn") for compute in (reconstructions, decoded_grid, latent, film, beside)
    ] == [None] * 5
