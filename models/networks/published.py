"""The convolutional networks of the reports R1, R3 and R5, layer by layer.

The layers are those of models/networks/layers.py.
"""

from __future__ import annotations

from collections.abc import Mapping

from hypersearch.models.networks.layers import Layer

R3_DEFAULT: tuple[Layer, ...] = (
    ("conv", 32, 3, "same", "relu"),
    ("pool",),
    ("conv", 32, 3, "same", "relu"),
    ("flatten",),
)

R3_OWN: tuple[Layer, ...] = (
    ("conv", 32, 3, "same", "relu"),
    ("conv", 128, 3, "valid", "relu"),
    ("pool",),
    ("norm",),
    ("drop", 0.5),
    ("conv", 64, 3, "same", "relu"),
    ("pool",),
    ("norm",),
    ("drop", 0.5),
    ("flatten",),
    ("dense", 64, "relu"),
)

R5: tuple[Layer, ...] = (
    ("conv", 64, 3, "valid", "leaky_relu"),
    ("pool",),
    ("drop", 0.25),
    ("conv", 128, 3, "valid", "elu-0.1"),
    ("pool",),
    ("drop", 0.25),
    ("conv", 256, 3, "valid", "leaky_relu"),
    ("pool",),
    ("drop", 0.4),
    ("flatten",),
    ("dense", 256, "elu-0.1"),
    ("drop", 0.3),
)

CLASSIFIERS: Mapping[str, tuple[Layer, ...]] = {
    "R3-default": R3_DEFAULT,
    "R3-own": R3_OWN,
    "R5": R5,
}
"""Without the last dense layer, of a unit a class."""

R1_ENCODER: tuple[Layer, ...] = (
    ("conv", 64, 3, "same", "relu"),
    ("pool",),
    ("conv", 32, 3, "same", "relu"),
    ("pool",),
    ("conv", 16, 3, "same", "relu"),
    ("pool", "max", "same"),
    ("flatten",),
)
"""For images of 28 × 28: its code is 4 × 4 × 16."""

R1_DECODER: tuple[Layer, ...] = (
    ("reshape", (4, 4, 16)),
    ("conv", 16, 3, "same", "relu"),
    ("up",),
    ("conv", 32, 3, "same", "relu"),
    ("up",),
    ("conv", 64, 3, "valid", "relu"),
    ("up",),
    ("conv", 1, 3, "same", "sigmoid"),
)
