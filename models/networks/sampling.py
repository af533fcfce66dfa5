"""The draw between a variational encoder and its decoder.

It imports Keras, so it is imported where it is used.
"""

from __future__ import annotations

from typing import Any

import keras
from keras import ops


@keras.saving.register_keras_serializable("hypersearch")
class Sampling(keras.layers.Layer):  # type: ignore[misc]  # Keras ships no types
    """From means and log-variances side by side, (n, 2d), to a draw of each code, (n, d).

    The draw is z in arXiv 1312.6114. It adds `weight` times the KL divergence from the unit
    Gaussian, in nats an image, to the loss.
    """

    def __init__(self, weight: float = 1.0, **options: Any) -> None:
        super().__init__(**options)
        self.weight = weight
        self.seed_generator = keras.random.SeedGenerator(0)

    def call(self, both: Any, training: bool = False) -> Any:
        """Means as they are while the network does not train."""
        mean, log_variance = ops.split(both, 2, axis=-1)
        kl = -0.5 * ops.sum(1 + log_variance - ops.square(mean) - ops.exp(log_variance), axis=-1)
        self.add_loss(self.weight * ops.mean(kl))
        if not training:
            return mean
        draw = keras.random.normal(ops.shape(mean), seed=self.seed_generator)
        return mean + ops.exp(0.5 * log_variance) * draw

    def get_config(self) -> dict[str, Any]:
        """With `weight`."""
        return {**super().get_config(), "weight": self.weight}
