"""What principal components reconstruct: the baseline of an autoencoder of that code size."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from hypersearch.models.data.arrays import flatten
from hypersearch.models.data.idx import Pixels


@dataclass(frozen=True)
class PcaBaseline:
    """The principal components of training images.

    mean_d: float32 (d,). components_dd: float32 (d, d), largest first.
    """

    mean_d: NDArray[np.float32]
    components_dd: NDArray[np.float32]

    @classmethod
    def of(cls, x_nhw: Pixels) -> PcaBaseline:
        """The components of images (n, h, w)."""
        x_nd = flatten(x_nhw)
        mean_d = x_nd.mean(axis=0)
        x_nd -= mean_d
        _, components_dd = np.linalg.eigh(x_nd.T @ x_nd)
        return cls(mean_d, np.ascontiguousarray(components_dd[:, ::-1].T))

    def mse(self, x_nhw: Pixels) -> NDArray[np.float64]:
        """The mean squared error a pixel of reconstructions from the first 0, 1 … d components.

        x_nhw: images (n, h, w). Pixels are in [0, 1].
        """
        x_nd = flatten(x_nhw) - self.mean_d
        captured_d = ((x_nd @ self.components_dd.T) ** 2).mean(axis=0, dtype=np.float64)
        total = (x_nd**2).sum(axis=1, dtype=np.float64).mean()
        left_d: NDArray[np.float64] = total - np.concatenate([[0.0], np.cumsum(captured_d)])
        left_d /= x_nd.shape[1]
        return left_d
