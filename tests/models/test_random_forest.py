"""A forest that grows tree by tree is the forest that is grown at once."""

from __future__ import annotations

import math
import re
import warnings
from pathlib import Path

import numpy as np
import pytest
from sklearn.ensemble import RandomForestClassifier

from hypersearch.models.api import Options
from hypersearch.models.data.arrays import flatten
from hypersearch.models.data.dataset import Dataset
from hypersearch.models.data.row_features import ROWS
from hypersearch.models.errors import UserError
from hypersearch.models.families import random_forest

CONFIG = {
    "n_estimators": 6,
    "max_features": 0.2,
    "max_depth": 8,
    "min_samples_leaf": 1,
    "criterion": "entropy",
}


def test_grown_tree_by_tree_equals_grown_at_once(digits: Dataset) -> None:
    shared = random_forest.FAMILY.prepare(digits, Options())
    arrays = shared[0]["pixels"]
    run = random_forest.ForestRun(CONFIG, shared, 3)
    while not run.finished:
        metrics = run.step()
    at_once = RandomForestClassifier(**CONFIG, random_state=3).fit(arrays.x_train, arrays.y_train)
    proba_nc = at_once.predict_proba(flatten(digits.x_test))
    np.testing.assert_array_equal(run.predict(digits.x_test), proba_nc)
    assert metrics["accuracy"] == pytest.approx(at_once.score(arrays.x_val, arrays.y_val))


def test_a_tree_on_shapes_asks_for_brightness_and_edges(digits: Dataset, tmp_path: Path) -> None:
    config = {**CONFIG, "inputs": "shapes"}
    run = random_forest.ForestRun(config, random_forest.FAMILY.prepare(digits, Options()), 3)
    run.step()
    random_forest.FAMILY.export(run, digits, tmp_path)
    picture = (tmp_path / "tree.svg").read_text()
    assert (
        len(re.findall(r"(?:brightness|edges \d+°) in cell \d, \d of \d × \d &lt;= ", picture)) >= 3
    )
    points = random_forest.forest_curve(
        ROWS["shapes"](digits.x_train), digits.y_train, [1], config, seed=3
    )
    np.testing.assert_array_equal(
        points[0].forest.predict_proba(ROWS["shapes"](digits.x_test)), run.predict(digits.x_test)
    )


def test_a_shallow_tree_is_drawn_beside_the_model(digits: Dataset, tmp_path: Path) -> None:
    run = random_forest.ForestRun(CONFIG, random_forest.FAMILY.prepare(digits, Options()), 3)
    run.step()
    random_forest.FAMILY.export(run, digits, tmp_path)
    assert run.model.max_depth == 8
    picture = (tmp_path / "tree.svg").read_text()
    assert "A tree of depth 3" in picture
    splits, boxes = (
        len(re.findall(r"row \d, column \d &lt;= ", picture)),
        len(re.findall(r"class = \d", picture)),
    )
    assert 3 <= splits <= 7
    assert boxes == 2 * splits + 1
    assert "value" not in picture


@pytest.mark.parametrize(
    "params", [CONFIG, {**CONFIG, "kind": "extra_trees", "bootstrap": True, "max_samples": 0.5}]
)
def test_each_point_of_the_curve_is_a_forest_of_its_own(
    digits: Dataset, params: dict[str, object]
) -> None:
    x_nd, y_n = flatten(digits.x_train), digits.y_train
    points = random_forest.forest_curve(x_nd, y_n, [12, 5, 30], params, seed=3)
    assert [point.n_estimators for point in points] == [12, 5, 30]
    kind = random_forest.KINDS[str(params.get("kind", "random_forest"))]
    for point in points:
        settings = {key: value for key, value in params.items() if key != "kind"}
        alone = kind(
            **{**settings, "n_estimators": point.n_estimators, "bootstrap": True},
            random_state=3,
            oob_score=True,
        )
        with warnings.catch_warnings():
            warnings.simplefilter(
                "ignore", UserWarning
            )  # five trees leave images that all of them have seen
            alone.fit(x_nd, y_n)
        np.testing.assert_array_equal(
            point.forest.predict_proba(flatten(digits.x_test)),
            alone.predict_proba(flatten(digits.x_test)),
        )
        seen = alone.oob_decision_function_.any(axis=1)
        expected = np.mean(alone.oob_decision_function_[seen].argmax(axis=1) == y_n[seen])
        assert point.oob_accuracy == pytest.approx(expected)


def test_without_bootstrap_nothing_is_out_of_the_bag(digits: Dataset) -> None:
    params = {"bootstrap": False, "max_depth": 3}
    (point,) = random_forest.forest_curve(flatten(digits.x_train), digits.y_train, [2], params)
    assert math.isnan(point.oob_accuracy)


def test_counts_below_one_are_refused(digits: Dataset) -> None:
    with pytest.raises(
        UserError, match=r"^tree_counts must be whole numbers from 1 on, got \[0, 5\]$"
    ):
        random_forest.forest_curve(flatten(digits.x_train), digits.y_train, [0, 5], {})
