"""A model that was exported and read again predicts what it did before."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import optuna
import pytest
from sklearn.tree import DecisionTreeClassifier

from hypersearch.models import serialization
from hypersearch.models.api import Options
from hypersearch.models.data.arrays import flatten
from hypersearch.models.data.dataset import Dataset
from hypersearch.models.data.row_features import ROWS
from hypersearch.models.errors import UserError
from hypersearch.models.families import autoencoder, cnn, linear_svm, random_forest, vae
from hypersearch.search.space import narrowing, proposals

SMALL = {"depth": "1..1", "filters": "16..16", "nodes": "64..64", "n_estimators": "10..10"}
ASKED = {
    "cnn": lambda run, x: run.predict(x),
    "autoencoder": lambda run, x: run.codes(x),
    "vae": lambda run, x: np.concatenate(run.codes(x), axis=1),
    "random_forest": lambda run, x: run.predict(x),
    "linear_svm": lambda run, x: run.margins(flatten(x)),
}


@pytest.mark.parametrize(
    "module",
    [cnn, autoencoder, pytest.param(vae, marks=pytest.mark.slow), random_forest, linear_svm],
)
def test_read_again_it_says_the_same(module: Any, digits: Dataset, tmp_path: Path) -> None:
    family = module.FAMILY
    space = narrowing.narrow(
        family, {}, {name: text for name, text in SMALL.items() if name in family.space}
    )
    study = optuna.create_study(sampler=optuna.samplers.RandomSampler(seed=4))
    averaged = {"averaging": 0.99} if "averaging" in family.space else {}
    config = {**proposals.propose(space, study.ask()), **averaged}
    run = family.start(config, family.prepare(digits, Options(limit=1)), 0)
    run.step()
    family.export(run, digits, tmp_path)
    shelved = serialization.load_exported(tmp_path)
    expected = (
        ASKED[family.name](run, digits.x_test)
        if family.name in ("cnn", "random_forest", "linear_svm")
        else None
    )
    if expected is None:
        with run.trainer.averaged():
            expected = ASKED[family.name](run, digits.x_test)
    np.testing.assert_allclose(shelved.predict(digits.x_test), expected, rtol=1e-4, atol=1e-5)
    assert shelved.class_names == digits.class_names
    with pytest.raises(UserError, match="^the model takes images of 8×8, got 4×8$"):
        shelved.predict(digits.x_test[:, :4])


def test_two_classes_have_two_margins(digits: Dataset, tmp_path: Path) -> None:
    two = {
        f"{axis}_{part}": getattr(digits, f"{axis}_{part}")
        for axis in "xy"
        for part in ("train", "val", "test")
    }
    kept = {part: two[f"y_{part}"] < 2 for part in ("train", "val", "test")}
    few = Dataset(
        **{name: array[kept[name[2:]]] for name, array in two.items()},
        class_names=("0", "1"),
        name="two",
    )
    config = {"C": 1.0, "scaling": "unit", "loss": "squared_hinge", "dual": True, "max_iter": 100}
    run = linear_svm.FAMILY.start(config, linear_svm.FAMILY.prepare(few, Options()), 0)
    run.step()
    linear_svm.FAMILY.export(run, few, tmp_path)
    margins = serialization.load_exported(tmp_path).predict(few.x_test)
    assert margins.shape == (len(few.x_test), 2)
    np.testing.assert_allclose(margins, run.margins(flatten(few.x_test)))


def test_a_tree_that_points_out_of_itself_is_refused(digits: Dataset) -> None:
    tree = DecisionTreeClassifier(max_depth=2).fit(flatten(digits.x_train), digits.y_train).tree_
    serialization.check_tree(tree)
    for array, value in (
        (tree.children_left, 99),
        (tree.children_right, 0),
        (tree.feature, 64),
        (tree.feature, -7),
    ):
        before = array[0]
        array[0] = value
        with pytest.raises(ValueError, match="^a tree in it is damaged$"):
            serialization.check_tree(tree)
        array[0] = before
    serialization.check_tree(tree)


@pytest.mark.parametrize("inputs", ROWS)
def test_a_forest_sees_what_it_was_fitted_on(inputs: str, digits: Dataset, tmp_path: Path) -> None:
    family = random_forest.FAMILY
    run = family.start({"inputs": inputs, "n_estimators": 2}, family.prepare(digits, Options()), 0)
    run.step()
    family.export(run, digits, tmp_path)
    np.testing.assert_allclose(
        serialization.load_exported(tmp_path).predict(digits.x_test), run.predict(digits.x_test)
    )
    facts = json.loads((tmp_path / serialization.FACTS).read_text())
    assert facts.pop("rows") == inputs
    (tmp_path / serialization.FACTS).write_text(
        json.dumps(facts)
    )  # as one from before there was anything but pixels
    if inputs == "pixels":
        np.testing.assert_allclose(
            serialization.load_exported(tmp_path).predict(digits.x_test), run.predict(digits.x_test)
        )
    else:
        with pytest.raises(UserError, match="fitted on rows of 633 numbers, and pixels have 64$"):
            serialization.load_exported(tmp_path)


def test_a_folder_without_a_model(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="holds no exported model"):
        serialization.load_exported(tmp_path)
