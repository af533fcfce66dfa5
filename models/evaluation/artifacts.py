"""What pictures and tables need of a classifier's answers to the test images.

Shape suffixes: n images, c classes, w of them named wrongly. scikit-learn is imported where it is
used, because every command that names a network imports this module.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from hypersearch.models.data.dataset import Dataset

GALLERY = 100  # images named wrongly that are kept


def classification_artifacts(
    scores_nc: Any, dataset: Dataset, score: str = "confidence"
) -> dict[str, NDArray[np.generic]]:
    """Arrays about a classifier's answers to the test images.

    `scores_nc` are probabilities or margins, highest for the answer. predicted, truth: int16 (n,);
    confidence (or whatever `score` says): float32 (n,), of the answer; confusion: int32 (c, c),
    true by predicted; report: float32 (c, 4), precision, recall, F1 and number of images of each
    class; wrong: int32 (w,), the images named wrongly with the highest score, that first, at most
    100; wrong_images: uint8 (w, h, w).
    """
    from sklearn.metrics import confusion_matrix, precision_recall_fscore_support

    predicted_n, score_n = scores_nc.argmax(axis=1), scores_nc.max(axis=1)
    classes = range(dataset.n_classes)
    report_4c = precision_recall_fscore_support(
        dataset.y_test, predicted_n, labels=classes, zero_division=0
    )
    missed = np.flatnonzero(predicted_n != dataset.y_test)
    wrong_w = missed[np.argsort(-score_n[missed], kind="stable")][:GALLERY]
    return {
        "predicted": predicted_n.astype(np.int16),
        "truth": dataset.y_test.astype(np.int16),
        score: score_n.astype(np.float32),
        "confusion": confusion_matrix(dataset.y_test, predicted_n, labels=classes).astype(np.int32),
        "report": np.stack(report_4c, axis=1).astype(np.float32),
        "wrong": wrong_w.astype(np.int32),
        "wrong_images": dataset.x_test[wrong_w],
    }
