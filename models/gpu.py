"""A GPU among several processes: take memory as it is needed, not all there is."""

from __future__ import annotations

import os


def share_memory() -> None:
    """Have whatever Keras backend is imported later share the GPU. Call it before the first operation.

    TensorFlow would take all memory, JAX three quarters of it; PyTorch takes what it needs. A backend that is imported
    already keeps the settings that it has.
    """
    os.environ.setdefault("TF_FORCE_GPU_ALLOW_GROWTH", "true")
    os.environ.setdefault("XLA_PYTHON_CLIENT_PREALLOCATE", "false")
