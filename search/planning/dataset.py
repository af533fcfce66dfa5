"""The data of a study."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from hypersearch.models.api import Family
from hypersearch.models.data.datasets import Dataset, check_name, load_dataset
from hypersearch.models.errors import UserError
from hypersearch.search.config.settings import StudyConfig


def load_data(config: StudyConfig, families: Sequence[Family]) -> Dataset:
    """The data set of a study; an empty one where no family needs data."""
    if not any(family.needs_data for family in families):
        check_name(config.dataset)
        return no_data()
    return load_dataset(
        config.dataset, data_dir=config.data_dir, limit=config.max_samples, seed=config.seed
    )


def check_same_images(dataset: Dataset, study: Mapping[str, Any]) -> None:
    """Raise a `UserError` if `dataset` is not the one of a study.json."""
    if dataset.digest != study["dataset"]["digest"]:
        raise UserError(
            f"{dataset.name} now holds other images than study {study['name']!r} was run on"
        )


def no_data() -> Dataset:
    """A data set without images, for families that need none."""
    x, y = np.zeros((0, 1, 1), dtype=np.uint8), np.zeros(0, dtype=np.int64)
    return Dataset(
        x_train=x,
        y_train=y,
        x_val=x,
        y_val=y,
        x_test=x,
        y_test=y,
        class_names=(),
        name="none",
        digest="",
    )
