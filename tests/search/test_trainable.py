"""What counts as a result."""

from __future__ import annotations

import pytest

from search.trainable import check_metrics


def test_whole_metrics_pass():
    check_metrics({"loss": 0.5, "accuracy": 0.9}, ["accuracy"])


def test_a_missing_metric_is_named_with_those_that_there_are():
    with pytest.raises(ValueError, match="^the run reports no 'nmi'; it reports accuracy, loss$"):
        check_metrics({"loss": 0.5, "accuracy": 0.9}, ["nmi"])


@pytest.mark.parametrize("value", [float("nan"), float("inf"), -float("inf")])
def test_a_metric_that_is_not_finite_fails_the_trial(value):
    with pytest.raises(ValueError, match=f"^loss is {value}, not a finite number$"):
        check_metrics({"loss": value, "accuracy": 0.9}, ["accuracy"])
