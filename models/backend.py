"""What Keras's backends must be told, since Keras does not: to share a GPU, and to forget."""

from __future__ import annotations

import os


def share_memory() -> None:
    """Have whatever Keras backend is imported later share the GPU. Call it before the first operation.

    TensorFlow would take all memory, JAX three quarters of it; PyTorch takes what it needs. A backend that is imported
    already keeps the settings that it has.
    """
    os.environ.setdefault("TF_FORCE_GPU_ALLOW_GROWTH", "true")
    os.environ.setdefault("XLA_PYTHON_CLIENT_PREALLOCATE", "false")


def forget_gradients() -> None:
    """Have TensorFlow, if it is the backend, let go of the graphs of earlier networks.

    It keeps the graph of each traced `tf.custom_gradient` for good, and Keras's optimisers trace one a network: 2 MB
    for a small one. No network that is in use may be trained in new shapes afterwards.
    """
    import keras

    if keras.backend.backend() == "tensorflow":
        from tensorflow.python.framework.ops import gradient_registry

        kept = gradient_registry._registry
        for name in [name for name in kept if name.startswith("CustomGradient-")]:
            del kept[name]
