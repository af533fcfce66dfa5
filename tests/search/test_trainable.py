"""What counts as a result."""

from __future__ import annotations

import pytest

from search.trainable import objective_of


def test_the_objective_is_the_named_metric():
    assert objective_of({"loss": 0.5, "accuracy": 0.9}, "accuracy") == 0.9


def test_a_missing_metric_is_named_with_those_that_there_are():
    with pytest.raises(ValueError, match="^the run reports no 'nmi'; it reports accuracy, loss$"):
        objective_of({"loss": 0.5, "accuracy": 0.9}, "nmi")


@pytest.mark.parametrize("value", [float("nan"), float("inf"), -float("inf")])
def test_a_metric_that_is_not_finite_fails_the_trial(value):
    with pytest.raises(ValueError, match=f"^loss is {value}, not a finite number$"):
        objective_of({"loss": value, "accuracy": 0.9}, "accuracy")
