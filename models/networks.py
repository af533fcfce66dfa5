"""Networks as rows of layers: written down as data, checked without Keras, built with it.

A layer is ("conv", filters, kernel, padding, activation), ("pool",), ("norm",), ("drop", rate), ("flatten",) or
("dense", units, activation). The last dense layer, of the class count with softmax, is added by `build`.
Only the Keras 3 API is used, so that any backend serves.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, TypeAlias

from models.backend import forget_gradients

Layer: TypeAlias = tuple[Any, ...]

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
    ("conv", 128, 3, "valid", "elu"),
    ("pool",),
    ("drop", 0.25),
    ("conv", 256, 3, "valid", "leaky_relu"),
    ("pool",),
    ("drop", 0.4),
    ("flatten",),
    ("dense", 256, "elu"),
    ("drop", 0.3),
)

PUBLISHED = {"R3-default": R3_DEFAULT, "R3-own": R3_OWN, "R5": R5}
"""The reports' networks by name."""


def blocks(
    depth: int, filters: int, kernel: int, dropout: float, batch_norm: bool, size: tuple[int, int]
) -> list[Layer]:
    """`depth` blocks of convolution, pool and dropout; filters double a block, up to 256.

    A block pools only while both sides of the image (h, w) stay at 1 or more afterwards.
    """
    side, layers = min(size), list[Layer]()
    for block in range(depth):
        layers.append(("conv", min(filters * 2**block, 256), kernel, "same", "relu"))
        if batch_norm:
            layers.append(("norm",))
        if side >= 2:
            layers.append(("pool",))
            side //= 2
        if dropout > 0:
            layers.append(("drop", dropout))
    return [*layers, ("flatten",)]


def too_small(layers: Sequence[Layer], size: tuple[int, int]) -> str | None:
    """Why these layers cannot take images of `size` (h, w), or None if they can."""
    height, width = size
    for number, layer in enumerate(layers, start=1):
        if layer[0] == "conv" and layer[3] == "valid":
            height, width = height - layer[2] + 1, width - layer[2] + 1
        if layer[0] == "pool":
            height, width = height // 2, width // 2
        if min(height, width) < 1:
            return f"images of {size[0]}×{size[1]} are too small: nothing is left at layer {number} of {len(layers)}"
    return None


def begin_anew(seed: int) -> None:
    """Let go of every earlier network in this process, and seed Keras's draws."""
    import keras

    keras.utils.clear_session()
    forget_gradients()
    keras.utils.set_random_seed(seed)


def compiled(model: Any, learning_rate: Any, loss: Any, metrics: Sequence[Any]) -> Any:
    """The model with Adam. All variables are made here: TensorFlow never frees the graphs of those made in a step."""
    import keras

    optimizer = keras.optimizers.Adam(learning_rate=learning_rate)
    optimizer.build(model.trainable_variables)
    model.compile(optimizer, loss, metrics=list(metrics))
    return model


def build(layers: Sequence[Layer], size: tuple[int, int], n_classes: int) -> Any:
    """A `keras.Model` from uint8 images (n, h, w, 1) to class probabilities (n, n_classes).

    Pixels are scaled to [0, 1] inside, by a layer without parameters.
    """
    import keras

    stack = [keras.Input((*size, 1), dtype="uint8"), keras.layers.Rescaling(1 / 255)]
    for layer in layers:
        stack.extend(_keras_layers(*layer))
    return keras.Sequential([*stack, keras.layers.Dense(n_classes, activation="softmax")])


def _keras_layers(kind: str, *settings: Any) -> list[Any]:
    from keras import layers

    if kind == "conv":
        filters, kernel, padding, activation = settings
        return [layers.Conv2D(filters, kernel, padding=padding), _activation(activation)]
    if kind == "dense":
        units, activation = settings
        return [layers.Dense(units), _activation(activation)]
    simple = {
        "pool": lambda: layers.MaxPooling2D(2),
        "norm": layers.BatchNormalization,
        "drop": lambda: layers.Dropout(*settings, seed=0),  # without a seed, torch would draw from its global state
        "flatten": layers.Flatten,
    }
    return [simple[kind]()]


def _activation(name: str) -> Any:
    from keras import layers

    if name == "leaky_relu":
        return layers.LeakyReLU(negative_slope=0.1)
    if name == "elu":
        return layers.ELU(alpha=0.1)
    return layers.Activation(name)
