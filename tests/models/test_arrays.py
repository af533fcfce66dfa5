"""What a configuration is fitted on, and what it is judged by."""

from __future__ import annotations

import numpy as np
import pytest

from hypersearch.models.data.arrays import image_arrays, parts
from hypersearch.models.data.dataset import Dataset


def test_the_first_four_fifths_of_the_file_and_the_rest(digits: Dataset) -> None:
    arrays = image_arrays(digits)
    x_fit, y_fit, x_val, y_val = parts(arrays, "first-80%")
    in_file = np.argsort(arrays.position_n)
    x_nhw = np.concatenate([digits.x_train, digits.x_val])[in_file]
    y_n = np.concatenate([digits.y_train, digits.y_val])[in_file]
    assert (len(x_fit), len(x_val)) == (192, 48)
    np.testing.assert_array_equal(np.concatenate([x_fit, x_val]), x_nhw)
    np.testing.assert_array_equal(np.concatenate([y_fit, y_val]), y_n)
    assert not np.array_equal(
        x_nhw, np.concatenate([digits.x_train, digits.x_val])
    )  # the split had mixed them


@pytest.mark.parametrize(("fit_on", "fitted"), [("train", 192), ("train+validation", 240)])
def test_the_validation_images_judge_otherwise(digits: Dataset, fit_on: str, fitted: int) -> None:
    x_fit, y_fit, x_val, y_val = parts(image_arrays(digits), fit_on)
    assert len(x_fit) == len(y_fit) == fitted
    np.testing.assert_array_equal(x_fit[:192], digits.x_train)
    np.testing.assert_array_equal(x_val, digits.x_val)
    np.testing.assert_array_equal(y_val, digits.y_val)
