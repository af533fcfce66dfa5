"""What several seeds gave: mean, deviation and bootstrap interval, by hand and by all resamples."""

from __future__ import annotations

from itertools import product
from statistics import fmean

import numpy as np
import pytest

from hypersearch.search.confirm.over_seeds import interval, over_seeds, summarize


def test_of_one_seed_there_is_only_the_figure():
    assert summarize([0.25]) == {"": 0.25}


@pytest.mark.parametrize("values", [[9.0, 0.0], [1.0, 2.0, 6.0]])
def test_of_two_or_three_it_is_the_least_and_the_greatest(values):
    assert interval(values) == (min(values), max(values))


def test_mean_and_deviation():
    assert summarize([1.0, 2.0, 6.0]) == {
        "": 3.0,
        "_std": pytest.approx(7**0.5),
        "_low": 1.0,
        "_high": 6.0,
    }


@pytest.mark.parametrize("count", [2, 3, 7])
def test_equal_figures_have_no_width(count):
    found = summarize([0.1] * count)
    assert found == pytest.approx({"": 0.1, "_std": 0.0, "_low": 0.1, "_high": 0.1})
    assert found["_low"] <= found[""] <= found["_high"]


def test_of_five_it_is_near_the_percentiles_of_all_resamples():
    values = [0.90, 0.91, 0.93, 0.96, 0.99]
    every = [fmean(sample) for sample in product(values, repeat=5)]  # 3,125
    assert interval(values) == pytest.approx(tuple(np.quantile(every, [0.025, 0.975])), abs=0.002)
    assert min(values) < interval(values)[0] < fmean(values) < interval(values)[1] < max(values)


def test_the_same_figures_have_the_same_interval():
    assert interval([0.1, 0.5, 0.2, 0.7]) == interval([0.1, 0.5, 0.2, 0.7])


def test_columns_of_each_trial():
    figures = [
        ("cnn", 1, {"loss": 2.0, "accuracy": 0.5}),
        ("toy", 1, {"loss": 1.0}),
        ("cnn", 1, {"loss": 4.0, "accuracy": 0.5}),
    ]
    found = over_seeds(figures)
    assert found["toy", 1] == {"test.loss": 1.0}
    assert list(found["cnn", 1]) == [
        f"test.{metric}{end}"
        for metric in ("accuracy", "loss")
        for end in ("", "_std", "_low", "_high")
    ]
    assert [found["cnn", 1][f"test.loss{end}"] for end in ("", "_low", "_high")] == [3.0, 2.0, 4.0]
