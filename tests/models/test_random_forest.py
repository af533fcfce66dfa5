"""A forest that grows tree by tree is the forest that is grown at once."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.ensemble import RandomForestClassifier

from models import random_forest
from models.api import Options
from models.arrays import flatten
from models.datasets import Dataset

CONFIG = {"n_estimators": 6, "max_features": 0.2, "max_depth": 8, "min_samples_leaf": 1, "criterion": "entropy"}


def test_grown_tree_by_tree_equals_grown_at_once(digits: Dataset) -> None:
    shared = random_forest.FAMILY.prepare(digits, Options())
    arrays, _ = shared
    run = random_forest.ForestRun(CONFIG, shared, 3)
    while not run.finished:
        metrics = run.step()
    at_once = RandomForestClassifier(**CONFIG, random_state=3).fit(arrays.x_train, arrays.y_train)
    proba_nc = at_once.predict_proba(flatten(digits.x_test))
    np.testing.assert_array_equal(run.predict(flatten(digits.x_test)), proba_nc)
    assert metrics["accuracy"] == pytest.approx(at_once.score(arrays.x_val, arrays.y_val))
