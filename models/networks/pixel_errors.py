"""The errors of decoded pixels, as losses to train with and as figures.

Shape suffixes: n images, h height, w width, c channels.
"""

from __future__ import annotations

from typing import Any

import numpy as np


def pixel_loss(kind: str) -> Any:
    """A Keras loss: the mean over pixels of the squared error or the cross-entropy (nats).

    `kind`: "mse" or "binary_crossentropy". The targets are uint8 (n, h, w, 1), the outputs in
    [0, 1].
    """
    from keras import ops

    def squared(target_nhwc: Any, output_nhwc: Any) -> Any:
        return ops.mean(ops.square(_scaled(target_nhwc) - output_nhwc), axis=(1, 2, 3))

    def cross_entropy(target_nhwc: Any, output_nhwc: Any) -> Any:
        return ops.mean(ops.binary_crossentropy(_scaled(target_nhwc), output_nhwc), axis=(1, 2, 3))

    return {"mse": squared, "binary_crossentropy": cross_entropy}[kind]


def _scaled(target_nhwc: Any) -> Any:
    from keras import ops

    return ops.cast(target_nhwc, "float32") / 255.0


def pixel_errors(output_nhw: Any, x_nhw: Any) -> dict[str, float]:
    """Mean squared error, "mse", and mean cross-entropy in nats, "loss", a pixel.

    `output_nhw`: pixels in [0, 1]; `x_nhw`: the images, uint8.
    """
    target_nhw = x_nhw.astype(np.float32) / 255
    p_nhw = np.clip(output_nhw, 1e-7, 1 - 1e-7)
    cross = -(target_nhw * np.log(p_nhw) + (1 - target_nhw) * np.log1p(-p_nhw))
    return {
        "mse": float(np.mean((output_nhw - target_nhw) ** 2)),
        "loss": float(cross.mean(dtype=np.float64)),
    }
