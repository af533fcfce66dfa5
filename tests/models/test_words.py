"""Configurations and counts in words."""

from __future__ import annotations

import pytest

from models.api import counted, one_line


@pytest.mark.parametrize(
    ("count", "things", "words"),
    [(1, "epochs", "1 epoch"), (2, "epochs", "2 epochs"), (1, "passes", "1 pass"), (1200, "trees", "1,200 trees")],
)
def test_so_many_of_something(count: int, things: str, words: str) -> None:
    assert counted(count, things) == words


def test_a_configuration() -> None:
    assert one_line({"depth": 3, "learning_rate": 0.001234, "flip": True}) == "depth=3 learning_rate=0.00123 flip=True"
