"""Report R3: two CNNs on five classes, DBSCAN and K-means on the features of one of them."""

from __future__ import annotations

from hypersearch.analysis.reproduced.schema import Best, Column, Row, Table

_FIT = (
    "fitted on the first 80 % of the file, judged on the rest, as theirs; which class is which is"
    " inferred"
)
_FEATURES = "theirs of a network with other random weights"


def _cnns(**theirs: dict[str, float]) -> tuple[Row, ...]:
    best = Best(("cnn",), "accuracy")
    return tuple(
        Row(name, "cnn", f"R3-{name}", _FIT, figures, best=best) for name, figures in theirs.items()
    )


_CLUSTERS = (
    Column("clusters", "test.clusters", "count"),
    Column("noise", "noise", "count"),
    Column("elbow", "elbow", "words"),
    Column("sizes", "sizes", "words"),
)
R3 = (
    Table(
        "CNNs on five classes: accuracy on validation images after each epoch",
        "CNN",
        (
            Column("parameters", "val.parameters", "count"),
            Column("epoch 1", "val.accuracy@1"),
            Column("epoch 5", "val.accuracy@5"),
            Column("last", "val.accuracy"),
        ),
        _cnns(
            default={"val.parameters": 40_933, "val.accuracy@1": 0.8855, "val.accuracy@5": 0.9232},
            own={"val.parameters": 259_717},
        ),
    ),
    Table(
        "The same at their end: accuracies and losses",
        "CNN",
        (
            Column("train", "train.accuracy"),
            Column("loss", "train.loss"),
            Column("val", "val.accuracy"),
            Column("loss", "val.loss"),
            Column("test", "test.accuracy"),
            Column("loss", "test.loss"),
        ),
        _cnns(default={}, own={}),
    ),
    Table(
        "DBSCAN of the test images, on the own CNN's flatten layer; elbow of the 15-distances",
        "eps",
        _CLUSTERS,
        (
            Row(
                "45",
                "dbscan",
                "R3-45",
                f"{_FEATURES}; the elbow is that among up to 20,000 training images",
                {"noise": 1_655, "sizes": "8,218 / 57 / 58 / 12", "elbow": "45"},
            ),
            Row(
                "20",
                "dbscan",
                "R3-20",
                _FEATURES,
                {"elbow": "20"},
                says="read from the curve, not used further",
            ),
        ),
    ),
    Table(
        "K-means of five on the same features; test images",
        "k",
        (Column("sizes", "sizes", "words"),),
        (
            Row(
                "5",
                "kmeans",
                "R3-5",
                f"fitted on {{train}} training images, theirs on the test images; {_FEATURES}",
                {"sizes": "4,023 / 1,984 / 1,635 / 1,392 / 966"},
            ),
        ),
    ),
)
