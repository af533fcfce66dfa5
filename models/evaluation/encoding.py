"""What an exported network makes of images.

That is the code of an autoencoder, the mean of a vae, or a layer of a cnn.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hypersearch.models.errors import UserError, unknown
from hypersearch.models.networks.backend import predicted
from hypersearch.models.serialization import network


def encoded(folder: Path, layer: str, x_nhw: Any) -> NDArray[np.float32]:
    """Of each image, uint8 (n, h, w), a row, float32 (n, d).

    `folder`: as `hypersearch export` writes it. `layer`: a classifier's, by its name in Keras,
    flattened; empty: the one before its last. Raises a `UserError` for a folder without a network,
    a layer that it lacks, images of another size.
    """
    from hypersearch.models.networks.encoder_decoder import finite

    model, output = network(folder, x_nhw)
    if "probabilities" in output:
        model = _up_to(model, layer)
    rows_nd = predicted(model, x_nhw[..., None]).reshape(len(x_nhw), -1)
    if "log-variances" in output:
        rows_nd = rows_nd[:, : rows_nd.shape[1] // 2]
    return np.ascontiguousarray(finite(rows_nd), dtype=np.float32)


def _up_to(model: Any, layer: str) -> Any:
    """The network up to a layer.

    One that answers by the mean over views of an image is asked about the image alone.
    """
    import keras

    inner = next((part for part in model.layers if isinstance(part, keras.Model)), model)
    if not layer:
        return keras.Model(inner.inputs, inner.layers[-1].input)
    there = {part.name: part for part in inner.layers[1:]}
    if layer not in there:
        sizes = [
            f"{name} ({int(np.prod(part.output.shape[1:])):,})" for name, part in there.items()
        ]
        raise _no_layer(layer, list(there), sizes)
    return keras.Model(inner.inputs, there[layer].output)


def _no_layer(layer: str, names: list[str], shown: list[str]) -> UserError:
    """The error for a layer that is not there, with the size of those that are."""
    words = str(unknown("layer", layer, names))
    return UserError(words.replace(", ".join(names), ", ".join(shown), 1))
