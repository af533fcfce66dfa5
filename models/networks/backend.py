"""What Keras leaves to its backends: sharing a GPU, feeding arrays, predicting."""

from __future__ import annotations

import os
from typing import Any


def share_memory() -> None:
    """Let the Keras backend that is imported later share the GPU.

    Call it before the first operation. TensorFlow would take all memory, JAX three quarters of it;
    PyTorch takes what it needs. A backend that is imported already keeps the settings that it has.
    """
    os.environ.setdefault("TF_FORCE_GPU_ALLOW_GROWTH", "true")
    os.environ.setdefault("XLA_PYTHON_CLIENT_PREALLOCATE", "false")


def batches(x: Any, y: Any | None, batch_size: int) -> dict[str, Any]:
    """Arguments for Keras's `fit` and `predict` that feed arrays in their order.

    On TensorFlow, Keras makes a tf.data pipeline of arrays, whose tuning thread wakes after 10, 20,
    40 … ms; an epoch of a small network may end only when it does, after up to twice the time
    (benchmarks/2026-11-21-models.md). This pipeline is not tuned.
    """
    import keras

    in_order = {} if y is None else {"shuffle": False}
    if keras.backend.backend() != "tensorflow":
        targets = {} if y is None else {"y": y}
        return {"x": x, "batch_size": batch_size, **in_order, **targets}
    import tensorflow as tf

    options = tf.data.Options()
    options.autotune.enabled = False
    options.threading.private_threadpool_size = 1
    data = tf.data.Dataset.from_tensor_slices(x if y is None else (x, y))
    return {"x": data.batch(batch_size).with_options(options), **in_order}


def predicted(model: Any, x: Any, batch_size: int = 128) -> Any:
    """What a `keras.Model` makes of an array, as an array.

    On a CPU, larger batches only take more memory.
    """
    return model.predict(**batches(x, None, batch_size), verbose=0)
