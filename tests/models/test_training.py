"""Averaged weights, schedules, and what an epoch draws."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from hypersearch.models.api import Options
from hypersearch.models.data.dataset import Dataset
from hypersearch.models.families import cnn
from hypersearch.models.networks.training import optimizer, plain, to_numpy

NETWORK: dict[str, Any] = {
    "network": "blocks",
    "depth": 1,
    "filters": 16,
    "growth": 1.0,
    "convolutions": 1,
    "kernel": 3,
    "padding": "same",
    "activation": "relu",
    "pooling": "max",
    "batch_norm": True,
    "dropout": 0.2,
    "head": "flatten",
    "dense": 0,
    "fit_on": "train",
    "label_smoothing": 0.1,
    "shift": 0,
    "flip": False,
    "erasing": 0.0,
}


def test_averages_follow_the_weights_from_the_first_batches_on(digits: Dataset) -> None:
    """By hand: at batch t = 0, 1, 2 they keep 0, 1/11, 2/12 of what they were."""
    import keras

    made = optimizer({**plain(), "averaging": 0.99}, 10)
    variable = keras.Variable(np.array([1.0], np.float32))
    made.build([variable])
    expected, weights = 1.0, []
    for step in range(3):
        made.apply([np.array([1.0], np.float32)], [variable])
        weights.append(float(to_numpy(variable)[0]))
        kept = step / (10 + step)
        expected = kept * expected + (1 - kept) * weights[-1]
    assert len(set(weights)) == 3
    assert float(to_numpy(made._model_variables_moving_average[0])[0]) == pytest.approx(
        expected, rel=1e-6
    )


def test_the_averaged_network_is_judged_and_the_other_trained(digits: Dataset) -> None:
    shared = cnn.FAMILY.prepare(digits, Options(limit=2))
    run = cnn.CnnRun({**NETWORK, **plain(rate=0.01), "averaging": 0.99}, shared, 0)
    run.step()
    own = run.trainer.model.get_weights()
    with run.trainer.averaged():
        averaged = run.trainer.model.get_weights()
    assert any(not np.array_equal(one, other) for one, other in zip(own, averaged, strict=True))
    for before, after in zip(own, run.trainer.model.get_weights(), strict=True):
        np.testing.assert_array_equal(before, after)


def test_a_few_epochs_learn_the_digits(digits: Dataset) -> None:
    recipe = {**plain(rate=0.02, batch_size=32), "schedule": "one-cycle", "averaging": 0.99}
    run = cnn.CnnRun({**NETWORK, **recipe}, cnn.FAMILY.prepare(digits, Options(limit=9)), 0)
    accuracies = [run.step()["accuracy"] for _ in range(9)]
    assert accuracies[-1] > 0.9


@pytest.mark.parametrize(
    ("schedule", "rates"),
    [("constant", [1.0, 1.0, 1.0]), ("cosine", [1.0, 0.5, 0.0]), ("one-cycle", [0.1, 0.8, 0.0])],
)
def test_schedules(schedule: str, rates: list[float]) -> None:
    made = optimizer({**plain("sgd", 1.0), "schedule": schedule}, 100)
    found = []
    for step in (0, 50, 100):
        made.iterations.assign(step)
        found.append(float(to_numpy(made.learning_rate)))
    assert found == pytest.approx(rates, abs=0.02)
