"""Configurations and counts in words."""

from __future__ import annotations

import pytest

from hypersearch.models.text import counted, one_line


@pytest.mark.parametrize(
    ("count", "things", "words"),
    [
        (1, "epochs", "1 epoch"),
        (2, "epochs", "2 epochs"),
        (0, "files", "0 files"),
        (1, "files", "1 file"),
        (1, "bytes", "1 byte"),
        (1, "trees", "1 tree"),
        (1, "images", "1 image"),
        (1, "passes", "1 pass"),
        (1, "classes", "1 class"),
        (1, "searches", "1 search"),
        (1, "batches", "1 batch"),
        (2, "searches", "2 searches"),
        (1200, "trees", "1,200 trees"),
    ],
)
def test_so_many_of_something(count: int, things: str, words: str) -> None:
    assert counted(count, things) == words


def test_a_configuration() -> None:
    assert (
        one_line({"depth": 3, "learning_rate": 0.001234, "flip": True})
        == "depth=3 learning_rate=0.00123 flip=True"
    )
