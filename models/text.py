"""Small helpers for messages."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

PAIRS = (("d", 86_400, "h", 3_600), ("h", 3_600, "min", 60), ("min", 60, "s", 1))
"""Units of time, each with its length in seconds and with the next smaller one."""


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


def duration(
    seconds: float, style: Literal["full", "decimal", "rough"] = "full", joint: str = " "
) -> str:
    """A time in words; `joint` stands between a number and its unit.

    "full": to two units. "decimal": in one unit, with a decimal; for labels of figures. "rough":
    in whole minutes, as an estimate is, but also less than a second.

    >>> [duration(seconds) for seconds in (0.04, 42, 200, 7500)]
    ['0.04 s', '42 s', '3 min 20 s', '2 h 5 min']
    >>> [duration(seconds, "decimal") for seconds in (0.35, 12, 210, 7560)]
    ['0.35 s', '12 s', '3.5 min', '2.1 h']
    >>> [duration(seconds, "rough") for seconds in (0.0002, 0.02, 4.21, 700, 7499)]
    ['under 1 ms', '20 ms', '4.2 s', '12 min', '2 h 5 min']
    """
    if style == "decimal":
        return _in_one_unit(seconds, joint)
    if style == "rough":
        return _rough(seconds, joint)
    if seconds < 59.5:
        places = 2 if seconds < 1 else 1 if seconds < 10 else 0
        return f"{seconds:.{places}f}{joint}s"
    unit, size, smaller, length = next(pair for pair in PAIRS if seconds >= pair[1] - 0.5)
    count, rest = divmod(round(seconds / length), size // length)
    whole = f"{count}{joint}{unit}"
    return f"{whole} {rest}{joint}{smaller}" if rest else whole


def _in_one_unit(seconds: float, joint: str) -> str:
    for size, unit in ((86_400.0, "days"), (3_600.0, "h"), (60.0, "min")):
        if seconds >= 2 * size:
            return f"{seconds / size:.1f}{joint}{unit}"
    number = f"{seconds:.2g}" if seconds < 10 else f"{seconds:.0f}"
    return f"{number}{joint}s"


def _rough(seconds: float, joint: str) -> str:
    if seconds < 0.001:
        return f"under 1{joint}ms"
    if seconds < 0.1:
        return f"{1000 * seconds:.0f}{joint}ms"
    if seconds < 59.5:
        number = f"{seconds:.1f}" if seconds < 10 else f"{seconds:.0f}"
        return f"{number}{joint}s"
    hours, minutes = divmod(round(seconds / 60), 60)
    return f"{hours}{joint}h {minutes}{joint}min" if hours else f"{minutes}{joint}min"
