"""Random forests, grown one tree a step by scikit-learn's warm start, with report R5's forest as baseline."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import joblib
import numpy as np
from sklearn.ensemble import RandomForestClassifier

from models.api import Baseline, Choice, Config, Evaluation, Family, Int, Options, Shared
from models.arrays import Arrays, flat_arrays, flatten, prediction_artifacts, probability_scores
from models.datasets import Dataset


class ForestRun:
    """One forest, on pixels, float32 (n, d). It is finished when it has `n_estimators` trees."""

    def __init__(self, config: Config, arrays: Arrays, seed: int) -> None:
        settings: dict[str, Any] = {**config, "n_estimators": 0}
        self._full = int(config["n_estimators"] or 0)
        self._arrays = arrays
        self._forest = RandomForestClassifier(**settings, warm_start=True, random_state=seed, n_jobs=1)
        self._votes_nc = np.zeros((len(arrays.x_val), arrays.n_classes))

    @property
    def finished(self) -> bool:
        """True when all trees are grown."""
        return bool(self._forest.n_estimators >= self._full)

    def step(self) -> Mapping[str, float]:
        """Grow one tree; accuracy and loss (nats) of the forest so far on validation."""
        self._forest.n_estimators += 1
        self._forest.fit(self._arrays.x_train, self._arrays.y_train)
        self._count_votes(self._forest.estimators_[-1])
        return probability_scores(self._votes_nc / self._forest.n_estimators, self._arrays.y_val)

    def predict(self, x_nd: Any) -> Any:
        """Class probabilities, float64 (n, c)."""
        return self._forest.predict_proba(x_nd)

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
        self._votes_nc[:, tree.classes_.astype(int)] += tree.predict_proba(self._arrays.x_val, check_input=False)


def _prepare(dataset: Dataset, options: Options) -> Shared:
    return flat_arrays(dataset)


def _start(config: Config, shared: Shared, seed: int) -> ForestRun:
    return ForestRun(config, shared, seed)


def _evaluate(run: ForestRun, dataset: Dataset) -> Evaluation:
    proba_nc = run.predict(flatten(dataset.x_test))
    return Evaluation(probability_scores(proba_nc, dataset.y_test), prediction_artifacts(proba_nc))


FAMILY = Family(
    name="random_forest",
    space={
        "n_estimators": Int(10, 200, log=True),
        "max_features": Choice(("sqrt", "log2", 0.02, 0.05, 0.1, 0.2)),
        "max_depth": Choice((None, 8, 12, 16, 24, 32)),
        "min_samples_leaf": Int(1, 20, log=True),
        "criterion": Choice(("gini", "entropy")),
    },
    baselines=(
        Baseline(
            name="R5",
            config={
                "n_estimators": 100,
                "max_features": "sqrt",
                "max_depth": None,
                "min_samples_leaf": 1,
                "criterion": "gini",
            },
            resource=100,
            source="R5, random forest",
            figures={"test.accuracy": 0.8790},
        ),
    ),
    metric="accuracy",
    metrics=("accuracy", "loss"),
    resource="trees",
    max_resource=200,
    prepare=_prepare,
    start=_start,
    evaluate=_evaluate,
)
