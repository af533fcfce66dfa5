"""A trained classifier that says whether it recognises what a decoder has drawn.

It settles by a number what report R2 says of pictures, how complete and how continuous a latent
space is.
"""

from __future__ import annotations

import contextlib
import hashlib
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import platformdirs

from hypersearch.models.api import Config
from hypersearch.models.data.arrays import image_arrays
from hypersearch.models.data.dataset import Dataset
from hypersearch.models.evaluation.latent_space import Recognizer
from hypersearch.models.families.cnn import CnnRun, Images, layers_of
from hypersearch.models.files import write_beside
from hypersearch.models.networks.backend import predicted

SURE = 0.9  # the probability from which an image counts as recognised
IMAGES, EPOCHS = 20_000, 6
SEEN = 12_000  # images that it is shown at least, over and over if there are fewer
RECIPE: Config = {
    "network": "blocks",
    "depth": 3,
    "filters": 24,
    "growth": 2.0,
    "convolutions": 1,
    "kernel": 3,
    "padding": "same",
    "activation": "relu",
    "pooling": "max",
    "batch_norm": True,
    "dropout": 0.0,
    "head": "average",
    "dense": 0,
    "fit_on": "train",
    "optimizer": "adam",
    "learning_rate": 0.005,
    "weight_decay": 1e-3,
    "schedule": "one-cycle",
    "averaging": 0.0,
    "batch_size": 64,
    "label_smoothing": 0.0,
    "shift": 0,
    "flip": False,
    "erasing": 0.0,
}


def recognizer_for(dataset: Dataset) -> Recognizer:
    """The recognizer of a data set's images.

    It is trained on up to 20,000 of the training images, or read as it was trained before. It is
    the same for every network, seed and study, and is kept in the user's cache.
    """
    import keras

    kept = platformdirs.user_cache_path("hypersearch") / "judges" / f"{_key(dataset)}.keras"
    try:
        model = keras.saving.load_model(kept, compile=False)
    except Exception:  # it is not there, or whatever is wrong with it
        model = _trained(dataset)
        _keep(model, kept)

    def recognised(x_nhw: Any) -> float:
        proba_nc = predicted(model, (x_nhw * 255).round().astype(np.uint8)[..., None])
        return float(np.mean(proba_nc.max(axis=1) >= SURE))

    return recognised


def _trained(dataset: Dataset) -> Any:
    arrays = image_arrays(dataset)
    n = max(min(len(arrays.x_train), IMAGES), SEEN // EPOCHS)
    these = np.arange(n) % len(arrays.x_train)
    shown = replace(arrays, x_train=arrays.x_train[these], y_train=arrays.y_train[these])
    run = CnnRun(RECIPE, Images(shown, EPOCHS), seed=0)
    for _ in range(EPOCHS):
        run.train()
    return run.trainer.model


def _keep(model: Any, path: Path) -> None:
    """Write it whole; a cache that cannot be written is done without."""
    with contextlib.suppress(OSError):
        path.parent.mkdir(parents=True, exist_ok=True)
        with write_beside(path) as temporary:
            model.save(temporary)


def _key(dataset: Dataset) -> str:
    import keras

    recipe = sorted(RECIPE.items(), key=str), layers_of(RECIPE, dataset.shape), IMAGES, EPOCHS, SEEN
    words = f"{dataset.digest} {recipe} {keras.__version__}"
    return hashlib.sha256(words.encode()).hexdigest()[:24]
