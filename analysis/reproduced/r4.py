"""Report R4: K-means on pixels; a dense autoencoder, K-means and a mixture of Gaussians on its
code.
"""

from __future__ import annotations

from hypersearch.analysis.reproduced.schema import Best, Column, Row, Table


def _clusterings(clusters: int) -> Best:
    families = ("kmeans", "gaussian_mixture", "dbscan")
    return Best(families, "accuracy", equal={"val.clusters": clusters}, hidden=("val.inertia",))


_PIXELS = "one start by k-means++; fitted and judged on all {all}, as theirs"
_COLUMNS = (
    Column("inertia", "val.inertia", "large"),
    Column("homogeneity", "val.homogeneity"),
    Column("accuracy", "val.accuracy"),
)
R4 = (
    Table(
        "K-means on raw pixels",
        "k",
        _COLUMNS,
        tuple(
            Row(str(k), "kmeans", f"R4-{k}", _PIXELS, best=_clusterings(k))
            for k in (10, 16, 36, 64, 144, 256)
        ),
    ),
    Table(
        "Dense autoencoder, 784 - 32 - 784: cross-entropy a pixel",
        "code",
        (Column("loss", "train.loss"), Column("val loss", "test.loss")),
        (
            Row(
                "32",
                "autoencoder",
                "R4",
                "Adadelta with a rate of 1.0; fitted on all {all}, judged on {test} test images, as"
                " theirs",
                best=Best(
                    ("autoencoder",),
                    "loss",
                    equal={"param.loss": "binary_crossentropy"},
                    at_most={"param.code": 32},
                    hidden=("train.loss",),
                ),
            ),
        ),
    ),
    Table(
        "K-means on the autoencoder's code",
        "k",
        _COLUMNS,
        (
            Row(
                "10",
                "kmeans",
                "R4-ae10",
                "fitted and judged on all {all}; inertia of codes, theirs on the scale of pixels",
                {"val.inertia": 1_906_652.5},
                best=_clusterings(10),
            ),
        ),
    ),
    Table(
        "Mixture of Gaussians on the autoencoder's code",
        "components",
        (Column("accuracy", "test.accuracy"),),
        (
            Row(
                "10",
                "gaussian_mixture",
                "R4",
                "one start; fitted on all {all}, judged on {test} test images, on which theirs was"
                " fitted, too",
                best=_clusterings(10),
            ),
        ),
    ),
)
