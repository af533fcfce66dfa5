"""The reports' networks, and those that a search builds."""

from __future__ import annotations

import gc

import pytest

from models import cnn, networks
from models.arrays import image_arrays
from models.datasets import Dataset


@pytest.mark.parametrize(
    ("network", "classes", "parameters"), [("R3-default", 5, 40_933), ("R3-own", 5, 259_717), ("R5", 10, 438_026)]
)
def test_published_networks_have_the_published_size(network: str, classes: int, parameters: int) -> None:
    model = networks.build(networks.PUBLISHED[network], (28, 28), classes)
    assert model.count_params() == parameters


@pytest.mark.parametrize("size", [(28, 28), (8, 8), (1, 1), (5, 40)])
@pytest.mark.parametrize("depth", [1, 4])
def test_blocks_fit_any_size(size: tuple[int, int], depth: int) -> None:
    layers = networks.blocks(depth, 8, 3, 0.1, True, size)
    assert networks.too_small(layers, size) is None
    assert networks.build(layers, size, 3).output_shape == (None, 3)


def test_filters_double_up_to_256() -> None:
    layers = networks.blocks(4, 64, 5, 0.0, False, (28, 28))
    assert [layer[1] for layer in layers if layer[0] == "conv"] == [64, 128, 256, 256]


def test_too_small_agrees_with_keras() -> None:
    words = "images of 8×8 are too small: nothing is left at layer 5 of 12"
    assert networks.too_small(networks.R5, (8, 8)) == words
    with pytest.raises(ValueError, match="negative|Computed output size"):
        networks.build(networks.R5, (8, 8), 10)


def test_published_network_ignores_searched_parameters() -> None:
    assert cnn.layers_of({"network": "R5"}, (28, 28)) == list(networks.R5)


def test_a_process_keeps_nothing_of_earlier_networks(digits: Dataset) -> None:
    """TensorFlow keeps graphs for good if it is let; a worker fits hundreds of networks."""
    arrays = image_arrays(digits)
    config = {"network": "blocks", "depth": 1, "filters": 8, "kernel": 3, "dropout": 0.1, "batch_norm": True}

    def graphs_after_a_run() -> int:
        run = cnn.CnnRun({**config, "learning_rate": 0.01, "batch_size": 128}, arrays, seed=0)
        run.step()
        del run
        networks.begin_anew(0)
        gc.collect()
        return sum(type(thing).__name__.endswith(("FuncGraph", "GraphModule")) for thing in gc.get_objects())

    assert graphs_after_a_run() == graphs_after_a_run()
