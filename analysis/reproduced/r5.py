"""Report R5: a CNN, random forests, a linear SVM."""

from __future__ import annotations

from hypersearch.analysis.reproduced.schema import Best, Column, Row, Table

_FOREST = "fitted on all {all}; val: on {train}, judged on {val}"
_BEST_FOREST = Best(("random_forest",), "accuracy")
R5 = (
    Table(
        "Classifiers",
        "model",
        (
            Column("params", "val.parameters", "count"),
            Column("train", "train.accuracy"),
            Column("val", "val.accuracy"),
            Column("test", "test.accuracy"),
            Column("test loss", "test.loss"),
        ),
        (
            Row(
                "CNN",
                "cnn",
                "R5",
                "fitted on {train}, judged on {val} drawn by the seed, stratified; theirs by"
                " another lot",
                {"val.parameters": 438_026},
                best=Best(("cnn",), "accuracy"),
            ),
            Row("forest, 100", "random_forest", "R5", _FOREST, best=_BEST_FOREST),
            Row(
                "forest, 1,000",
                "random_forest",
                "",
                _FOREST,
                {"test.accuracy": 0.8790},
                says="states 0.8790 of 100 trees; the table that it prints is of 1,000",
                best=_BEST_FOREST,
            ),
            Row(
                "linear SVM",
                "linear_svm",
                "R5",
                "pixels 0 to 255, 1,000 iterations; it does not converge, and its accuracy swings"
                " as it goes",
                best=Best(("linear_svm",), "accuracy"),
            ),
        ),
    ),
)
