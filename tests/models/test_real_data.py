"""The real Fashion-MNIST files."""

import os

import numpy as np
import pytest

from hypersearch.models.data.datasets import load_dataset


@pytest.fixture
def real():
    if not os.environ.get("HYPERSEARCH_DATA"):
        pytest.skip("HYPERSEARCH_DATA is not set")


@pytest.mark.real_data
def test_real_fashion_mnist(real):
    data = load_dataset("fashion-mnist")
    assert (data.x_train.shape, data.x_val.shape, data.x_test.shape) == (
        (48_000, 28, 28), (12_000, 28, 28), (10_000, 28, 28),
    )  # fmt: skip
    for y_n, each in ((data.y_train, 4_800), (data.y_val, 1_200), (data.y_test, 1_000)):
        assert np.bincount(y_n).tolist() == [each] * 10


@pytest.mark.real_data
def test_real_fashion_mnist_5(real):
    data = load_dataset("fashion-mnist-5")
    shipped = np.bincount(data.y_train) + np.bincount(data.y_val)
    assert shipped.tolist() == [12_000, 6_000, 12_000, 12_000, 18_000]
    assert np.bincount(data.y_test).tolist() == [2_000, 1_000, 2_000, 2_000, 3_000]
