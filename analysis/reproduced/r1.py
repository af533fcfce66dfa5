"""Report R1: a convolutional autoencoder, and pictures of the data in two dimensions."""

from __future__ import annotations

from hypersearch.analysis.reproduced.schema import Best, Column, Row, Table


def _epochs(metric: str) -> dict[str, str]:
    return {name: f"{metric}@{step}" for step, name in enumerate(_FIVE, start=1)}


_FIVE = ("epoch 1", "2", "3", "4", "5")
_RATE = "Adam, 0.001, batches of 128 (the report names none)"
_RECONSTRUCTION = Best(("autoencoder",), "mse", at_most={"param.code": 256})


def _picture(label: str, name: str, place: int, how: str) -> Row:
    reads = {column.heading: f"{name}:{column.key}" for column in _SEPARATION}
    protocol = f"1,500 of {{test}} test images, {how}; placed by kNN accuracy, by the report by eye"
    return Row(label, "autoencoder", "R1", protocol, {f"{name}:place": place}, reads=reads)


_SEPARATION = (
    Column("place", "place", "count"),
    Column("kNN accuracy", "knn_accuracy"),
    Column("trustworthiness", "trustworthiness"),
    Column("silhouette", "silhouette"),
)

R1 = (
    Table(
        "Convolutional autoencoder, 49,761 parameters: MSE a pixel after each epoch",
        "images",
        (
            *(Column(name, f"val.mse@{step}") for step, name in enumerate(_FIVE, start=1)),
            Column("test", "test.mse"),
        ),
        (
            Row(
                "unseen",
                "autoencoder",
                "R1",
                f"{_RATE}; fitted on all {{all}}, the epochs judged on {{val}} of these, theirs on"
                " the test images",
                {
                    f"val.mse@{n}": mse
                    for n, mse in enumerate((0.0559, 0.0362, 0.0285, 0.0241, 0.0217), start=1)
                },
                best=_RECONSTRUCTION,
            ),
            Row(
                "fitted",
                "autoencoder",
                "R1",
                "mean over the epoch, as it goes",
                {"train.mse@1": 0.1014, "train.mse@5": 0.0229},
                reads={**_epochs("train.mse"), "test": ""},
            ),
        ),
    ),
    Table(
        "Pictures in two dimensions: how well they tell the classes apart",
        "picture",
        _SEPARATION,
        (
            _picture("t-SNE", "t-SNE", 1, "pixels"),
            _picture("UMAP", "UMAP", 2, "pixels"),
            _picture("code", "code", 3, "the principal plane of the autoencoder's code"),
        ),
    ),
)
