"""What is used of TensorFlow that is not public: its registry of gradient functions.

It keeps the graph of each traced `tf.custom_gradient` for good, and Keras's optimisers trace one a
network: 2 MB for a small one.
"""

from __future__ import annotations


def forget_gradients() -> None:
    """Have TensorFlow, if it is Keras's backend, let go of the graphs of earlier networks.

    No network that is in use may be trained in new shapes afterwards.
    """
    import keras

    if keras.backend.backend() == "tensorflow":
        from tensorflow.python.framework.ops import gradient_registry

        kept = gradient_registry._registry
        for name in [name for name in kept if name.startswith("CustomGradient-")]:
            del kept[name]
