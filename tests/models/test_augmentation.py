"""Images altered: what stays, what moves, how much is erased."""

from __future__ import annotations

import numpy as np
import pytest

from hypersearch.models.networks.augmentation import augmented, erase, shifted

X = np.random.default_rng(0).integers(1, 256, (400, 6, 9), dtype=np.uint8)


def draws() -> np.random.Generator:
    return np.random.default_rng(5)


def test_nothing_asked_is_a_copy() -> None:
    result = augmented(X, draws(), {"shift": 0, "flip": False, "erasing": 0.0})
    np.testing.assert_array_equal(result, X)
    assert not np.shares_memory(result, X)


def test_shifts_bring_in_black_and_are_all_there() -> None:
    one = np.zeros((900, 5, 5), np.uint8)
    one[:, 2, 2] = 7
    moved = shifted(one, draws(), 1)
    assert (moved.sum(axis=(1, 2)) == 7).all()
    counts = (moved == 7).sum(axis=0)
    assert (counts[1:4, 1:4] > 60).all()
    assert counts[1:4, 1:4].sum() == 900
    assert (shifted(one, draws(), 3).sum(axis=(1, 2)) == 0).any()


def test_half_of_the_images_are_mirrored() -> None:
    result = augmented(X, draws(), {"flip": True})
    same, mirrored = (result == X).all(axis=(1, 2)), (result == X[:, :, ::-1]).all(axis=(1, 2))
    assert (same ^ mirrored).all()
    assert 150 < mirrored.sum() < 250


@pytest.mark.parametrize("share", [0.25, 1.0])
def test_a_share_of_the_images_loses_a_rectangle(share: float) -> None:
    x_nhw = np.zeros((2000, 28, 28), np.uint8)
    erase(x_nhw, draws(), share)
    hit = x_nhw.any(axis=(1, 2))
    assert abs(hit.mean() - share) < 0.03
    areas = [np.ptp(rows) * np.ptp(columns) for rows, columns in map(np.nonzero, x_nhw[hit])]
    assert 0.01 < np.mean(areas) / 28**2 < 0.2


def test_the_draws_decide() -> None:
    config = {"shift": 2, "flip": True, "erasing": 0.5}
    np.testing.assert_array_equal(augmented(X, draws(), config), augmented(X, draws(), config))
    assert (augmented(X, draws(), config) != augmented(X, np.random.default_rng(6), config)).any()
