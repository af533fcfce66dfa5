"""Scores that every classifier reports."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray


def probability_scores(proba_nc: NDArray[np.floating], y_n: NDArray[np.int64]) -> dict[str, float]:
    """Accuracy in [0, 1] and mean cross-entropy in nats of class probabilities (n, c)."""
    picked_n = np.clip(proba_nc[np.arange(len(y_n)), y_n], 1e-7, 1.0)
    accuracy = float(np.mean(proba_nc.argmax(axis=1) == y_n))
    return {"accuracy": accuracy, "loss": float(-np.log(picked_n).mean()) + 0.0}  # never -0
