"""The reports' networks, and those that a search builds."""

from __future__ import annotations

import gc
from pathlib import Path
from typing import Any

import keras
import numpy as np
import optuna
import pytest

from hypersearch.models.api import Options
from hypersearch.models.data.dataset import Dataset
from hypersearch.models.evaluation.classification import probability_scores
from hypersearch.models.families import autoencoder, cnn
from hypersearch.models.networks import layers as networks
from hypersearch.models.networks.blocks import blocks
from hypersearch.models.networks.published import CLASSIFIERS, R5
from hypersearch.search.space import narrowing, proposals

SHAPE: dict[str, Any] = {
    "depth": 2,
    "filters": 8,
    "growth": 2.0,
    "convolutions": 2,
    "kernel": 3,
    "padding": "same",
    "residual": True,
    "activation": "relu",
    "pooling": "max",
    "batch_norm": True,
    "dropout": 0.1,
    "head": "flatten",
    "dense": 16,
}


@pytest.mark.parametrize(
    ("network", "classes", "parameters"),
    [("R3-default", 5, 40_933), ("R3-own", 5, 259_717), ("R5", 10, 438_026)],
)
def test_published_networks_have_the_published_size(
    network: str, classes: int, parameters: int
) -> None:
    model = networks.classifier(CLASSIFIERS[network], (28, 28), classes)
    assert model.count_params() == parameters


def test_r1_has_the_published_size_and_code() -> None:
    encoder, _, both = autoencoder.built({"network": "R1"}, (28, 28))
    assert both.count_params() == 49_761
    assert encoder.output_shape == (None, 4 * 4 * 16)
    assert both.output_shape == (None, 28, 28, 1)


@pytest.mark.parametrize(("size", "depth"), [((28, 28), 4), ((8, 8), 2), ((1, 1), 1), ((5, 40), 4)])
@pytest.mark.parametrize(
    "change", [{}, {"padding": "valid", "residual": False}, {"pooling": "stride"}, {"kernel": 5}]
)
def test_blocks_fit_any_size(size: tuple[int, int], depth: int, change: dict[str, Any]) -> None:
    layers = blocks({**SHAPE, "depth": depth, **change}, size)
    assert networks.too_small(layers, size) is None
    assert networks.classifier(layers, size, 3).output_shape == (None, 3)


def test_every_proposal_can_be_built() -> None:
    study = optuna.create_study(sampler=optuna.samplers.RandomSampler(seed=0))
    for _ in range(8):
        config = proposals.propose(cnn.FAMILY.space, study.ask())
        assert networks.classifier(cnn.layers_of(config, (28, 28)), (28, 28), 10).output_shape == (
            None,
            10,
        )


def test_filters_grow_up_to_512() -> None:
    layers = blocks({**SHAPE, "depth": 4, "filters": 100, "convolutions": 1}, (28, 28))
    assert [layer[1] for layer in layers if layer[0] == "conv"] == [100, 200, 400, 512]


def test_a_shortcut_adds_no_parameters_and_changes_the_output() -> None:
    with_it, without = (
        networks.classifier(blocks({**SHAPE, "residual": residual}, (8, 8)), (8, 8), 3)
        for residual in (True, False)
    )
    assert with_it.count_params() == without.count_params()
    without.set_weights(with_it.get_weights())
    x_nhwc = np.full((1, 8, 8, 1), 100, np.uint8)
    assert not np.allclose(with_it.predict(x_nhwc, verbose=0), without.predict(x_nhwc, verbose=0))


def test_too_small_agrees_with_keras() -> None:
    words = "images of 8×8 are too small: nothing is left at layer 5 of 12"
    assert networks.too_small(R5, (8, 8)) == words
    with pytest.raises(ValueError, match="negative|Computed output size"):
        networks.classifier(R5, (8, 8), 10)


def test_published_network_ignores_searched_parameters() -> None:
    assert cnn.layers_of({"network": "R5"}, (28, 28)) == list(R5)


@pytest.mark.slow
def test_a_process_keeps_nothing_of_earlier_networks(digits: Dataset) -> None:
    """TensorFlow keeps graphs for good if it is let; a worker fits hundreds of networks."""
    shared = cnn.FAMILY.prepare(digits, Options(limit=2))
    study = optuna.create_study(sampler=optuna.samplers.RandomSampler(seed=0))
    small = {"depth": "1", "filters": "16", "schedule": "one-cycle", "averaging": "0.99"}
    config = proposals.propose(narrowing.narrow(cnn.FAMILY, small, {}), study.ask())

    def graphs_after_a_run() -> int:
        run = cnn.CnnRun(config, shared, seed=0)
        run.step()
        del run
        networks.begin_anew(0)
        gc.collect()
        return sum(
            type(thing).__name__.endswith(("FuncGraph", "GraphModule"))
            for thing in gc.get_objects()
        )

    assert graphs_after_a_run() == graphs_after_a_run()


def test_pooling_before_an_activation_is_the_same_and_pools_only_the_first_convolution() -> None:
    kinds = [
        layer[0] for layer in blocks({**SHAPE, "depth": 1, "dropout": 0.0, "dense": 0}, (8, 8))
    ]
    assert kinds == ["conv", "pool", "norm", "act", "residual", "flatten"]
    unit = [("conv", 4, 3, "same", "linear"), ("pool",), ("act", "relu")]
    assert networks.activated(("conv", 4, 3, "same"), "relu", False, [("pool",)]) == unit
    early, late = (
        networks.classifier([*rows, ("flatten",)], (8, 8), 3)
        for rows in (unit, [("conv", 4, 3, "same", "relu"), ("pool",)])
    )
    late.set_weights(early.get_weights())
    x_nhwc = np.random.default_rng(0).integers(0, 256, (5, 8, 8, 1), np.uint8)
    np.testing.assert_allclose(
        early.predict(x_nhwc, verbose=0), late.predict(x_nhwc, verbose=0), atol=1e-6
    )


def views_of(x_nhwc: np.ndarray, flip: bool, shift: bool) -> list[np.ndarray]:
    wide = np.pad(x_nhwc, ((0, 0), (1, 1), (1, 1), (0, 0)))
    corners = [(1, 1), *([(0, 1), (2, 1), (1, 0), (1, 2)] if shift else [])]
    views = [wide[:, top : top + 8, left : left + 8] for top, left in corners]
    return views + [np.ascontiguousarray(view[:, :, ::-1]) for view in views] * flip


@pytest.mark.parametrize(
    ("flip", "shift", "count"),
    [(False, True, 5), pytest.param(True, True, 10, marks=pytest.mark.slow)],
)
def test_a_network_of_views_gives_their_mean(
    flip: bool, shift: bool, count: int, tmp_path: Path
) -> None:
    model = networks.classifier(blocks({**SHAPE, "depth": 1}, (8, 8)), (8, 8), 3)
    mean = networks.of_views(model, flip, shift)
    x_nhwc = np.random.default_rng(0).integers(0, 256, (5, 8, 8, 1), np.uint8)
    views = [model.predict(view, verbose=0) for view in views_of(x_nhwc, flip, shift)]
    assert len(views) == count
    np.testing.assert_allclose(mean.predict(x_nhwc, verbose=0), np.mean(views, axis=0), atol=1e-6)
    mean.save(tmp_path / "mean.keras")
    again = keras.saving.load_model(tmp_path / "mean.keras")
    np.testing.assert_allclose(
        again.predict(x_nhwc, verbose=0), mean.predict(x_nhwc, verbose=0), atol=1e-6
    )
    assert len(mean.weights) == len(model.weights)


@pytest.mark.slow
def test_the_last_epoch_is_judged_by_all_views(digits: Dataset) -> None:
    run = cnn.CnnRun({**cnn.START, "depth": 1}, cnn.FAMILY.prepare(digits, Options(limit=2)), 0)
    losses = [(run.step()["loss"], loss(run, digits)) for _ in range(2)]
    assert losses[0][0] != losses[0][1]
    assert losses[1][0] == losses[1][1]


def loss(run: cnn.CnnRun, digits: Dataset) -> float:
    return probability_scores(run.predict(digits.x_val), digits.y_val)["loss"]


def test_a_network_of_views_is_exported_without_its_optimiser(
    digits: Dataset, tmp_path: Path
) -> None:
    run = cnn.CnnRun({**cnn.START, "depth": 1}, cnn.FAMILY.prepare(digits, Options(limit=1)), 0)
    run.step()
    run.export(digits, tmp_path)
    exported = keras.saving.load_model(tmp_path / "model.keras")
    assert all(getattr(part, "optimizer", None) is None for part in [exported, *exported.layers])
