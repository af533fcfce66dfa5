"""Linear support vector machines, one class against the rest; report R5's as baseline.

liblinear cannot be stopped and taken up again, so that a trial is a single step.
"""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import joblib
import numpy as np
from sklearn.exceptions import ConvergenceWarning
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import LinearSVC

from hypersearch.models.api import (
    Baseline,
    Choice,
    Config,
    Evaluation,
    Family,
    Float,
    Options,
    Shared,
)
from hypersearch.models.data.arrays import Arrays, flat_arrays, flatten
from hypersearch.models.data.dataset import Dataset
from hypersearch.models.evaluation.artifacts import classification_artifacts
from hypersearch.models.serialization import margins, save_estimator


class SvmRun:
    """One machine, on pixels, float32 (n, d) in [0, 1]; `scaling` is what it is fitted on."""

    def __init__(self, config: Config, arrays: Arrays, seed: int) -> None:
        self._arrays, self._scaling, self.finished = arrays, config["scaling"], False
        dual = config.get("dual", True)  # the plain hinge has no other form
        machine = LinearSVC(
            C=config["C"],
            loss=config["loss"],
            dual=dual,
            max_iter=config["max_iter"],
            random_state=seed,
        )
        self.model: Any = machine
        if self._scaling == "standard":
            self.model = make_pipeline(StandardScaler(), machine)

    def step(self) -> Mapping[str, float]:
        """Fit; accuracy, and the mean squared hinge loss of images and classes, on validation."""
        if not self.finished:
            self._fit()
        train, val = self._arrays.y_train, self._arrays.y_val
        fitted = margin_scores(self.margins(self._arrays.x_train), train)
        scores = margin_scores(self.margins(self._arrays.x_val), val)
        return {**scores, **{f"train.{name}": value for name, value in fitted.items()}}

    def margins(self, x_nd: Any) -> Any:
        """How far each image lies on each class's side of its plane, in margins, float64 (n, c)."""
        return margins(self.model, x_nd)

    def save(self, folder: Path) -> None:
        """Write the machine."""
        joblib.dump((self.model, self.finished), folder / "machine.joblib")

    def load(self, folder: Path) -> None:
        """Read the machine."""
        self.model, self.finished = joblib.load(folder / "machine.joblib")

    def _fit(self) -> None:
        bytes_ = self._scaling == "none"
        x_nd: Any = self._arrays.x_train
        if bytes_:
            x_nd = x_nd * np.float32(255)
        with warnings.catch_warnings():
            # how long it may try is a parameter
            warnings.simplefilter("ignore", ConvergenceWarning)
            self.model.fit(x_nd, self._arrays.y_train)
        if bytes_:
            self.model.coef_ *= 255  # the same machine, for pixels in [0, 1]
        self.finished = True


def margin_scores(margins_nc: Any, y_n: Any) -> dict[str, float]:
    """Accuracy in [0, 1] and mean squared hinge loss.

    The loss is the mean of max(0, 1 - t·m)², with t = 1 for the image's class and -1 for the
    others.
    """
    signs_nc = np.where(np.arange(margins_nc.shape[1]) == y_n[:, None], 1.0, -1.0)
    hinge_nc = np.maximum(0.0, 1.0 - signs_nc * margins_nc)
    return {
        "accuracy": float(np.mean(margins_nc.argmax(axis=1) == y_n)),
        "loss": float(np.mean(hinge_nc**2)),
    }


def _prepare(dataset: Dataset, options: Options) -> Shared:
    return flat_arrays(dataset)


def _export(run: SvmRun, dataset: Dataset, folder: Path) -> None:
    save_estimator(folder, run.model, dataset, "margins")


def _evaluate(run: SvmRun, dataset: Dataset) -> Evaluation:
    margins_nc = run.margins(flatten(dataset.x_test))
    return Evaluation(
        margin_scores(margins_nc, dataset.y_test),
        classification_artifacts(margins_nc, dataset, "margin"),
    )


FAMILY = Family(
    name="linear_svm",
    space={
        "C": Float(1e-5, 10.0, log=True),
        "scaling": Choice(("none", "unit", "standard"), searched=("unit", "standard")),
        "loss": Choice(("squared_hinge", "hinge")),
        "dual": Choice((True, False), when={"loss": "squared_hinge"}),
        "max_iter": Choice((100, 1000), searched=(100,)),
    },
    baselines=(
        Baseline(
            name="R5",
            config={
                "C": 1.0,
                "scaling": "none",
                "loss": "squared_hinge",
                "dual": True,
                "max_iter": 1000,
            },
            resource=1,
            source="R5, linear SVM",
            figures={"test.accuracy": 0.7600},
        ),
    ),
    metric="accuracy",
    metrics=("accuracy", "loss"),
    resource="fits",
    max_resource=1,
    prepare=_prepare,
    start=SvmRun,
    evaluate=_evaluate,
    export=_export,
)
