"""Search spaces: proposing configurations, and checking configurations against a space."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any, Protocol

import numpy as np

from hypersearch.models.api import Choice, Config, Float, Int, Parameter, Space, Value
from hypersearch.models.errors import UserError, unknown

UNSEARCHED = ("most", "also")  # what of a parameter says nothing of what is searched


class Proposer(Protocol):
    """The part of an Optuna trial that a space needs."""

    def suggest_float(self, name: str, low: float, high: float, *, log: bool = False) -> float: ...  # noqa: D102
    def suggest_int(self, name: str, low: int, high: int, *, log: bool = False) -> int: ...  # noqa: D102
    def suggest_categorical(self, name: str, choices: Any) -> Any: ...  # noqa: D102


def propose(space: Space, trial: Proposer) -> dict[str, Value]:
    """A configuration of the searched part of `space`.

    Parameters with a single value are not asked for.
    """
    config: dict[str, Value] = {}
    for name, parameter in space.items():
        if applies(parameter, config):
            config[name] = _value(name, parameter, trial)
    return config


def _value(name: str, parameter: Parameter, trial: Proposer) -> Value:
    match parameter:
        case Choice(searched=values):
            return values[0] if len(values) == 1 else trial.suggest_categorical(name, values)
        case Float(low=low, high=high, log=log):
            return low if low == high else trial.suggest_float(name, low, high, log=log)
        case Int(low=low, high=high, log=log):
            return low if low == high else trial.suggest_int(name, low, high, log=log)


def grid(space: Space, points: int = 5) -> Iterator[dict[str, Value]]:
    """Every combination of the searched values.

    Of a range, `points` values, evenly spaced or on a log scale.
    """

    def extend(config: dict[str, Value], names: list[str]) -> Iterator[dict[str, Value]]:
        if not names:
            yield config
        elif not applies(space[names[0]], config):
            yield from extend(config, names[1:])
        else:
            for value in _points(space[names[0]], points):
                yield from extend({**config, names[0]: value}, names[1:])

    return extend({}, list(space))


def _points(parameter: Parameter, points: int) -> list[Value]:
    if isinstance(parameter, Choice):
        return list(parameter.searched)
    low, high = float(parameter.low), float(parameter.high)
    spaced = np.geomspace(low, high, points) if parameter.log else np.linspace(low, high, points)
    if isinstance(parameter, Int):
        return list(dict.fromkeys(round(float(value)) for value in spaced))
    return list(dict.fromkeys(min(max(float(value), low), high) for value in spaced))


def applies(parameter: Parameter, config: Config) -> bool:
    """True if the parameter exists in a configuration whose earlier values are given."""
    return all(config.get(other) in several(value) for other, value in parameter.when.items())


def possible(parameter: Parameter, space: Space) -> bool:
    """True if some configuration that a search of `space` may propose has the parameter."""
    return all(
        possible(space[other], space)
        and any(_proposed(space[other], value) for value in several(values))
        for other, values in parameter.when.items()
    )


def _proposed(parameter: Parameter, value: Value) -> bool:
    match parameter:
        case Choice(searched=searched):
            return holds(replace(parameter, values=searched), value)
        case Int():
            return holds(replace(parameter, also=()), value)
        case Float():
            return holds(parameter, value)


def within(space: Space, config: Config) -> dict[str, Value]:
    """What of `config` a search of `space` could propose, each value by itself."""
    return {
        name: value
        for name, value in config.items()
        if name in space and _proposed(space[name], value)
    }


def several(value: Value | tuple[Value, ...]) -> tuple[Value, ...]:
    """The values that a condition names."""
    return value if isinstance(value, tuple) else (value,)


def check(space: Space, config: Config) -> None:
    """Raise a `UserError` unless `config` lies in `space`.

    It must have exactly the parameters that apply, each with an allowed value.
    """
    for name in config:
        if name not in space:
            raise unknown("parameter", name, space)
    for name, parameter in space.items():
        if not applies(parameter, config):
            if name in config:
                raise UserError(f"{name} does not apply where {_condition(parameter, config)}")
        elif name not in config:
            raise UserError(f"{name} is missing, allowed: {allowed_values(parameter)}")
        elif not holds(parameter, config[name]):
            raise UserError(
                f"{name} = {config[name]!r} is out of range, allowed: {allowed_values(parameter)}"
            )


def holds(parameter: Parameter, value: Value) -> bool:
    """True if `value` is allowed, be it searched or not."""
    match parameter:
        case Choice(values=values):
            return any(
                value == allowed and isinstance(value, bool) == isinstance(allowed, bool)
                for allowed in values
            )
        case Int(low=low, high=high, also=also):
            return (
                isinstance(value, int)
                and not isinstance(value, bool)
                and (low <= value <= high or value in also)
            )
        case Float(low=low, high=high):
            return (
                isinstance(value, int | float)
                and not isinstance(value, bool)
                and low <= value <= high
            )


def is_searched(space: Space, config: Config) -> bool:
    """True if a search of `space` could propose `config` itself."""
    for name, parameter in space.items():
        if not applies(parameter, config):
            continue
        if name not in config or not _proposed(parameter, config[name]):
            return False
    return True


def allowed_values(parameter: Parameter) -> str:
    """The allowed values in words."""
    if isinstance(parameter, Choice):
        return ", ".join(str(value) for value in parameter.values)
    also = "".join(f" or {value}" for value in parameter.also) if isinstance(parameter, Int) else ""
    return f"{parameter.low} to {parameter.high}{also}"


def _condition(parameter: Parameter, config: Config) -> str:
    return " and ".join(f"{other} is {config.get(other)!r}" for other in parameter.when)
