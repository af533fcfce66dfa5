"""Networks as rows of layers: written down as data, checked without Keras, built with it.

A layer is ("conv", filters, kernel, padding, activation), ("dense", units, activation), ("act",
activation), ("norm",) or ("norm", momentum), ("drop", rate), ("noise", deviation), ("pool",),
("pool", "average"), ("pool", "max", "same") which rounds odd sides up, ("shrink", filters,
activation) for a learned pool that rounds up, ("up",), ("crop", size), ("flatten",), ("average",)
over all places, ("reshape", shape) or ("residual", layers), which adds what its layers make of
their input to that input. Convolutions and dense layers may end in `False`: they have no bias. Only
the Keras 3 API is used, so that any backend serves.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, TypeAlias

from hypersearch.models.compat.tensorflow_internals import forget_gradients

Layer: TypeAlias = tuple[Any, ...]
Size: TypeAlias = tuple[int, int]

ACTIVATIONS = ("relu", "leaky_relu", "elu", "gelu", "swish")
"""Those that a search may choose from; "linear", "sigmoid" and "elu-0.1" exist besides."""

# of a searched network's norms: Keras's 0.99 would still hold the first values at an early rung
MOMENTUM = 0.9


def activated(
    layer: Layer, activation: str, batch_norm: bool, pool: Sequence[Layer] = ()
) -> list[Layer]:
    """A layer without activation and bias, followed by batch norm or with a bias again.

    A `pool` follows at once: behind norm and activation, these would have four times as much to do,
    and so would its gradient. Without norm a maximum gives the same before an activation that rises
    as behind it.
    """
    if batch_norm:
        return [(*layer, "linear", False), *pool, ("norm", MOMENTUM), ("act", activation)]
    if pool:
        return [(*layer, "linear"), *pool, ("act", activation)]
    return [(*layer, activation)]


def too_small(layers: Sequence[Layer], size: Size) -> str | None:
    """Why these layers cannot take images of `size` (h, w), or None if they can."""
    height, width = size
    for number, layer in enumerate(layers, start=1):
        if layer[0] == "conv" and layer[3] == "valid":
            height, width = height - layer[2] + 1, width - layer[2] + 1
        if layer[0] in ("pool", "shrink"):
            up = layer[0] == "shrink" or layer[2:] == ("same",)
            height, width = (height + up) // 2, (width + up) // 2
        if min(height, width) < 1:
            return (
                f"images of {size[0]}×{size[1]} are too small: nothing is left at layer {number} of"
                f" {len(layers)}"
            )
    return None


def begin_anew(seed: int) -> None:
    """Let go of every earlier network in this process, and seed Keras's draws."""
    import keras

    keras.utils.clear_session()
    forget_gradients()
    keras.utils.set_random_seed(seed)


def images(size: Size) -> tuple[Any, Any]:
    """The input of a network, uint8 images (n, h, w, 1), and the same scaled to [0, 1]."""
    import keras

    inputs = keras.Input((*size, 1), dtype="uint8")
    return inputs, keras.layers.Rescaling(1 / 255)(inputs)


def classifier(layers: Sequence[Layer], size: Size, n_classes: int) -> Any:
    """A `keras.Model` from uint8 images (n, h, w, 1) to class probabilities (n, n_classes)."""
    import keras

    inputs, x = images(size)
    outputs = keras.layers.Dense(n_classes, activation="softmax")(stacked(x, layers))
    return keras.Model(inputs, outputs)


def of_views(model: Any, flip: bool, shift: bool) -> Any:
    """A `keras.Model` that gives the mean of what `model` makes of views of each image.

    Without any view asked for, it is `model` itself. `shift`: the image and it moved by a pixel up,
    down, left and right, black at the side; `flip`: each mirrored too.
    """
    import keras

    if not flip and not shift:
        return model
    (inputs,), (outputs,) = model.inputs, model.outputs
    model = keras.Model(inputs, outputs)  # without the optimiser, which would be exported too
    views = [inputs]
    if shift:
        views += _moved(inputs)
    if flip:
        views += [keras.ops.flip(view, axis=2) for view in views]
    return keras.Model(inputs, keras.layers.Average()([model(view) for view in views]))


def _moved(images_nhw1: Any) -> list[Any]:
    from keras.layers import Cropping2D, ZeroPadding2D

    padded = ZeroPadding2D(1)(images_nhw1)
    return [
        Cropping2D(((1 + down, 1 - down), (1 + right, 1 - right)))(padded)
        for down, right in ((1, 0), (-1, 0), (0, 1), (0, -1))
    ]


def stacked(x: Any, layers: Sequence[Layer]) -> Any:
    """The symbolic tensor `x` after the layers."""
    from keras.layers import Add, Cropping2D

    for kind, *settings in layers:
        if kind == "residual":
            x = Add()([x, stacked(x, settings[0])])
        elif kind == "crop":
            (height, width), (_, rows, columns, _) = settings[0], x.shape
            x = Cropping2D(((0, rows - height), (0, columns - width)))(x)
        else:
            for layer in _keras_layers(kind, *settings):
                x = layer(x)
    return x


def _keras_layers(kind: str, *settings: Any) -> list[Any]:
    from keras import layers

    if kind == "conv":
        filters, kernel, padding, activation, *bias = settings
        return [
            layers.Conv2D(filters, kernel, padding=padding, use_bias=not bias),
            *_activation(activation),
        ]
    if kind == "dense":
        units, activation, *bias = settings
        return [layers.Dense(units, use_bias=not bias), *_activation(activation)]
    if kind == "shrink":
        filters, activation, *bias = settings
        return [
            layers.Conv2D(filters, 2, strides=2, padding="same", use_bias=not bias),
            *_activation(activation),
        ]
    if kind == "pool":
        make = layers.AveragePooling2D if "average" in settings else layers.MaxPooling2D
        return [make(2, padding="same" if "same" in settings else "valid")]
    if kind == "act":
        return _activation(*settings)
    simple = {
        "up": layers.UpSampling2D,
        "norm": lambda: layers.BatchNormalization(
            **dict(zip(["momentum"], settings, strict=False))
        ),
        "flatten": layers.Flatten,
        "average": layers.GlobalAveragePooling2D,
        # without a seed, torch would draw from its global state
        "drop": lambda: layers.Dropout(*settings, seed=0),
        "noise": lambda: layers.GaussianNoise(*settings, seed=0),
        "reshape": lambda: layers.Reshape(*settings),
    }
    return [simple[kind]()]


def _activation(name: str) -> list[Any]:
    from keras import layers

    if name == "linear":
        return []
    if name == "leaky_relu":
        return [layers.LeakyReLU(negative_slope=0.1)]
    if name == "elu-0.1":
        return [layers.ELU(alpha=0.1)]
    return [layers.Activation(name)]
