"""What is searched of a parameter, in words."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from hypersearch.models.api import Choice, Condition, Float, Int, Parameter, Space, Value
from hypersearch.search.space.proposals import UNSEARCHED, several


def describe_range(parameter: Parameter, space: Space) -> str:
    """What a search of `space` proposes of a parameter: 8 to 64 (log) where shape = bowl."""
    if isinstance(parameter, Choice):
        words = ", ".join(map(str, parameter.searched))
    elif is_fixed(parameter):
        words = str(parameter.low)
    else:
        scale = " (log)" if parameter.log else ""
        words = f"{parameter.low} to {parameter.high}{scale}"
    return words + _condition(parameter.when, space)


def is_fixed(parameter: Parameter) -> bool:
    """True if a search has but one value for it."""
    if isinstance(parameter, Choice):
        return len(parameter.searched) == 1
    return parameter.low == parameter.high


def on_demand(parameter: Parameter) -> tuple[Value, ...]:
    """The values that a search does not propose, but that a baseline or the user may give."""
    match parameter:
        case Choice(values=values, searched=searched):
            return tuple(value for value in values if value not in searched)
        case Int(also=also):
            return also
        case Float():
            return ()


def _condition(when: Condition, space: Space) -> str:
    """` where shape = bowl`, for what is not so everywhere."""
    open_ones = [
        f"{name} = {' or '.join(map(str, several(value)))}"
        for name, value in when.items()
        if not _always(space[name], several(value))
    ]
    return f" where {' and '.join(open_ones)}" if open_ones else ""


def _always(parameter: Parameter, values: tuple[Value, ...]) -> bool:
    only = parameter.searched[0] if isinstance(parameter, Choice) else parameter.low
    return is_fixed(parameter) and only in values


def to_record(space: Space) -> dict[str, dict[str, Any]]:
    """The space as plain data for study.json."""
    return {
        name: {
            "kind": type(p).__name__,
            **{key: value for key, value in asdict(p).items() if key not in UNSEARCHED},
        }
        for name, p in space.items()
    }
