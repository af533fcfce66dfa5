"""Small helpers for messages."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


def one_line(config: Mapping[str, Any]) -> str:
    """A configuration in words: `depth=3 learning_rate=0.00123`."""
    return " ".join(
        f"{k}={v:.3g}" if isinstance(v, float) else f"{k}={v}" for k, v in config.items()
    )


def counted(count: int, things: str) -> str:
    """So many of something that is named in the plural: 1 epoch, 2 epochs, 1 pass, 1 search."""
    longer = things.endswith(("sses", "ches", "shes", "xes"))
    one = things.removesuffix("es" if longer else "s")
    return f"{count:,} {things if count != 1 else one}"
