"""Random forests and extra-trees, grown one tree a step; report R5's forest as baseline.

The trees are added by scikit-learn's warm start. `forest_curve` gives the whole curve over the
number of trees from a single forest. Shape suffixes: n images, d numbers a row, c classes.
"""

from __future__ import annotations

import copy
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import joblib
import numpy as np
import sklearn
from numpy.typing import NDArray
from sklearn.base import clone
from sklearn.ensemble import ExtraTreesClassifier, RandomForestClassifier

from hypersearch.models.api import (
    Baseline,
    Choice,
    Config,
    Evaluation,
    Family,
    Float,
    Int,
    Options,
    Shared,
)
from hypersearch.models.compat.sklearn_internals import unsampled_rows
from hypersearch.models.data.arrays import Arrays, flat_arrays
from hypersearch.models.data.dataset import Dataset
from hypersearch.models.data.row_features import ROWS
from hypersearch.models.errors import UserError
from hypersearch.models.evaluation.artifacts import classification_artifacts
from hypersearch.models.evaluation.classification import probability_scores
from hypersearch.models.serialization import save_estimator

PICTURED = 3  # depth of the tree that is drawn
KINDS = {"random_forest": RandomForestClassifier, "extra_trees": ExtraTreesClassifier}


class ForestRun:
    """One forest, on rows of pixels or of shapes (`hypersearch.models.data.row_features`).

    It is finished when it has `n_estimators` trees.
    """

    def __init__(self, config: Config, shared: tuple[Mapping[str, Arrays], int], seed: int) -> None:
        arrays, threads = shared
        self.inputs = str(config.get("inputs", "pixels"))
        self.arrays = arrays[self.inputs]
        self._full = int(config["n_estimators"] or 0)
        self._forest = empty_forest(config, seed, threads)
        self._votes_nc = np.zeros((len(self.arrays.x_val), self.arrays.n_classes))

    @property
    def finished(self) -> bool:
        """True when all trees are grown."""
        return bool(self._forest.n_estimators >= self._full)

    def step(self) -> Mapping[str, float]:
        """Grow one tree; accuracy and loss (nats) of the forest so far on validation."""
        grow(self._forest, self.arrays.x_train, self.arrays.y_train, self._forest.n_estimators + 1)
        self._count_votes(self._forest.estimators_[-1])
        return probability_scores(self._votes_nc / self._forest.n_estimators, self.arrays.y_val)

    @property
    def model(self) -> Any:
        """The scikit-learn forest."""
        return self._forest

    def predict(self, x_nhw: Any) -> Any:
        """Class probabilities, float64 (n, c), of images, uint8 (n, h, w)."""
        return self._forest.predict_proba(ROWS[self.inputs](x_nhw))

    def save(self, folder: Path) -> None:
        """Write the forest."""
        joblib.dump(self._forest, folder / "forest.joblib")

    def load(self, folder: Path) -> None:
        """Read the forest and count its votes again, tree by tree."""
        self._forest = joblib.load(folder / "forest.joblib")
        self._votes_nc[:] = 0.0
        for tree in self._forest.estimators_:
            self._count_votes(tree)

    def _count_votes(self, tree: Any) -> None:
        self._votes_nc[:, tree.classes_.astype(int)] += tree.predict_proba(
            self.arrays.x_val, check_input=False
        )


@dataclass(frozen=True)
class ForestPoint:
    """One point of a forest's curve: its first `n_estimators` trees.

    A forest of that size would have the same trees. `oob_accuracy`: in [0, 1], of the images that
    some tree has not seen; NaN without bootstrap. `forest`: a scikit-learn classifier that shares
    its trees with the other points.
    """

    n_estimators: int
    oob_accuracy: float
    forest: Any


def forest_curve(
    x_nd: NDArray[np.float32],
    y_n: NDArray[np.int64],
    tree_counts: Sequence[int],
    params: Config,
    seed: int = 0,
    threads: int = 1,
) -> list[ForestPoint]:
    """The forests of `tree_counts` trees, in that order, for the cost of the largest.

    x: float32 (n, d), as `hypersearch.models.data.row_features.ROWS` or anything else makes it; y:
    int64 (n,). `params`: of `FAMILY.space` or of scikit-learn's constructor, those that are missing
    as there; `n_estimators` and `inputs` are not read. Raises a `UserError` for counts below 1.
    """
    if not tree_counts or min(tree_counts) < 1:
        raise UserError(f"tree_counts must be whole numbers from 1 on, got {list(tree_counts)}")
    forest = empty_forest(params, seed, threads)
    votes, points = OutOfBag(x_nd, y_n, forest), dict[int, ForestPoint]()
    for count in sorted(set(tree_counts)):
        grow(forest, x_nd, y_n, count)
        points[count] = ForestPoint(
            count, votes.accuracy(forest.estimators_), first_trees(forest, count)
        )
    return [points[count] for count in tree_counts]


class OutOfBag:
    """The votes on each image of the trees that have not seen it, counted as the trees come."""

    def __init__(self, x_nd: Any, y_n: Any, forest: Any) -> None:
        self._x_nd, self._forest, self._seen = x_nd, forest, 0
        classes_c, self._y_n = np.unique(y_n, return_inverse=True)
        self._votes_nc = np.zeros((len(y_n), len(classes_c)))

    def accuracy(self, trees: Sequence[Any]) -> float:
        """After all of `trees`, the first of which were counted before."""
        if not self._forest.bootstrap:
            return math.nan
        n, drawn = len(self._x_nd), bag_size(self._forest, self._x_nd)
        for tree in trees[self._seen :]:
            left_out = unsampled_rows(tree.random_state, n, drawn)
            proba_mc = tree.predict_proba(self._x_nd[left_out], check_input=False)
            self._votes_nc[np.ix_(left_out, tree.classes_.astype(int))] += proba_mc
        self._seen = len(trees)
        judged = self._votes_nc.any(axis=1)
        if not judged.any():
            return math.nan
        return float(np.mean(self._votes_nc[judged].argmax(axis=1) == self._y_n[judged]))


def bag_size(forest: Any, x_nd: Any) -> int:
    """How many images scikit-learn draws for each tree of a bootstrapped forest."""
    share = forest.max_samples
    if share is None:
        return len(x_nd)
    return share if isinstance(share, int) else max(round(len(x_nd) * share), 1)


def empty_forest(config: Config, seed: int, threads: int) -> Any:
    """The scikit-learn forest of a configuration, without trees."""
    settings: dict[str, Any] = {**config, "n_estimators": 0}
    settings.pop("inputs", None)  # x is made of them already
    kind = KINDS[settings.pop("kind", "random_forest")]
    return kind(**settings, warm_start=True, random_state=seed, n_jobs=threads)


def grow(forest: Any, x_nd: Any, y_n: Any, count: int) -> None:
    """Give the forest `count` trees; it has fewer."""
    forest.n_estimators = count
    with sklearn.config_context(assume_finite=True):
        forest.fit(x_nd, y_n)


def first_trees(forest: Any, count: int) -> Any:
    """The forest with its first `count` trees alone."""
    part = copy.copy(forest)
    part.estimators_, part.n_estimators = forest.estimators_[:count], count
    return part


def _prepare(dataset: Dataset, options: Options) -> Shared:
    return {name: flat_arrays(dataset, rows) for name, rows in ROWS.items()}, options.threads


def _export(run: ForestRun, dataset: Dataset, folder: Path) -> None:
    """Write the forest as model.skops, and tree.svg.

    The tree that is drawn is fitted as those of the forest are, but for its depth.
    """
    from hypersearch.models.evaluation.tree_plot import draw_tree

    save_estimator(folder, run.model, dataset, "probabilities", run.inputs)
    shallow = clone(run.model).set_params(max_depth=PICTURED, warm_start=False)
    grow(shallow, run.arrays.x_train, run.arrays.y_train, 1)
    draw_tree(shallow.estimators_[0], dataset, run.inputs, folder / "tree.svg")


def _evaluate(run: ForestRun, dataset: Dataset) -> Evaluation:
    proba_nc = run.predict(dataset.x_test)
    return Evaluation(
        probability_scores(proba_nc, dataset.y_test), classification_artifacts(proba_nc, dataset)
    )


START: Config = {
    "inputs": "shapes",
    "kind": "extra_trees",
    "n_estimators": 200,
    "max_features": 0.2,
    "max_depth": None,
    "min_samples_leaf": 1,
    "criterion": "entropy",
    "bootstrap": False,
}
"""Extremely randomised trees (Geurts et al. 2006) on all images, each split among a fifth of what
describes them.
"""

FAMILY = Family(
    name="random_forest",
    space={
        "inputs": Choice(tuple(ROWS)),
        "kind": Choice(("random_forest", "extra_trees")),
        "n_estimators": Int(10, 1000, log=True),
        "max_features": Choice(("sqrt", "log2", 0.02, 0.05, 0.1, 0.2, 0.3)),
        "max_depth": Choice((None, 3, 8, 12, 16, 24, 32), searched=(None, 12, 16, 24, 32)),
        "min_samples_leaf": Int(1, 20, log=True),
        "criterion": Choice(("gini", "entropy")),
        "bootstrap": Choice((True, False)),
        "max_samples": Float(0.2, 1.0, when={"bootstrap": True}, upper_bound=1.0),
    },
    baselines=(
        Baseline(
            name="R5",
            config={
                "inputs": "pixels",
                "kind": "random_forest",
                "n_estimators": 100,
                "max_features": "sqrt",
                "max_depth": None,
                "min_samples_leaf": 1,
                "criterion": "gini",
                "bootstrap": True,
                "max_samples": 1.0,
            },
            resource=100,
            source="R5, random forest",
            figures={"test.accuracy": 0.8790},
        ),
    ),
    metric="accuracy",
    metrics=("accuracy", "loss"),
    resource="trees",
    max_resource=300,
    resource_parameter="n_estimators",
    initial_points=(START,),
    prepare=_prepare,
    start=ForestRun,
    evaluate=_evaluate,
    export=_export,
)
