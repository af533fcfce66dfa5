"""Narrowing a search space by `--set` and `--space`, and reading values of parameters from text."""

from __future__ import annotations

import math
from collections.abc import Container, Mapping
from contextlib import suppress
from dataclasses import replace
from typing import Any

from hypersearch.models.api import Choice, Family, Float, Int, Parameter, Space, Value
from hypersearch.models.errors import UserError, unknown
from hypersearch.search.space.proposals import allowed_values, holds


def narrow(family: Family, fixed: Mapping[str, str], ranges: Mapping[str, str]) -> Space:
    """The family's space with `fixed` parameters and other `ranges`.

    As of `--set depth=3` and `--space filters=16..128`.
    A range may leave the declared one; names that the family does not have are ignored (see
    `check_names`).
    """
    space = dict(family.space)
    for name in sorted(set(fixed) & set(ranges)):
        raise UserError(f"{name} is given to both --set and --space; give it to one")
    for name, text in fixed.items():
        if name in space:
            space[name] = _fix(name, space[name], text)
    for name, text in ranges.items():
        if name in space:
            space[name] = _range(name, space[name], text)
    return space


def up_to(space: Space, name: str, limit: int, given: Container[str], why: str) -> Space:
    """The space without values of the whole parameter `name` above `limit`.

    Where that leaves none, `limit` itself; a `UserError`, with the reason `why`, if the user has
    `given` the range.
    """
    if name not in space:
        return space
    parameter = space[name]
    assert isinstance(parameter, Int)
    if name in given and parameter.low > limit:
        raise UserError(f"{name} = {parameter.low}: {why}")
    return {
        **space,
        name: _between(parameter, min(parameter.low, limit), min(parameter.high, limit)),
    }


def check_names(families: list[Family], names: list[str]) -> None:
    """Raise a `UserError` for a name that none of the families has as a parameter."""
    known = sorted({name for family in families for name in family.space})
    for name in names:
        if name not in known:
            raise unknown("parameter", name, known)


def read(parameter: Parameter, text: str) -> Value:
    """The value that `text` stands for: a choice spelled so, else a number.

    It may be out of range. Inverse of `str` on the values of a parameter.
    """
    if isinstance(parameter, Choice):
        exact = {str(value): value for value in parameter.values}
        if text in exact:
            return exact[text]
        lower_case = {name.lower(): value for name, value in reversed(exact.items())}
        return lower_case.get(text.strip().lower(), text)
    number = parse(text)
    return float(number) if isinstance(parameter, Float) and isinstance(number, int) else number


def _fix(name: str, parameter: Parameter, text: str) -> Parameter:
    value = read(parameter, text)
    if not holds(parameter, value):
        raise UserError(f"--set {name}={text}: not allowed, allowed: {allowed_values(parameter)}")
    if isinstance(parameter, Choice):
        return replace(parameter, searched=(value,))
    return _between(parameter, value, value)


def _range(name: str, parameter: Parameter, text: str) -> Parameter:
    if isinstance(parameter, Choice):
        return _choices(name, parameter, [read(parameter, part) for part in text.split(",")])
    low, dots, high = text.partition("..")
    ends = parse(low), parse(high)
    kind = int if isinstance(parameter, Int) else (int, float)
    if not dots or not all(isinstance(end, kind) for end in ends):
        raise UserError(
            f"--space {name}={text}: expected low..high, as in"
            f" {name}={parameter.low}..{parameter.high}"
        )
    if not ends[0] <= ends[1] or (parameter.log and ends[0] <= 0):  # type: ignore[operator]
        positive = " and must be above 0" if parameter.log else ""
        raise UserError(f"--space {name}={text}: low must not exceed high{positive}")
    least, most = _sensible(parameter)
    if ends[0] < least or ends[1] > most:  # type: ignore[operator]
        allowed = f"{least:g} to {most:g}" if math.isfinite(most) else f"{least:g} or more"
        raise UserError(f"--space {name}={text}: {name} can only be {allowed}")
    return _between(parameter, *ends)


def _sensible(parameter: Float | Int) -> tuple[float, float]:
    """How far a user's range may leave the family's own."""
    least: float = 0
    if parameter.low < 0:
        least = -math.inf
    elif isinstance(parameter, Int):
        least = min(parameter.low, 1)
    most = parameter.upper_bound if isinstance(parameter, Float) else math.inf
    return least, most


def _between(parameter: Float | Int, low: Any, high: Any) -> Parameter:
    return replace(parameter, low=low, high=high)


def _choices(name: str, parameter: Choice, values: list[Value]) -> Choice:
    for value in values:
        if not holds(parameter, value):
            raise UserError(
                f"--space {name}: {value!r} is not allowed, allowed: {allowed_values(parameter)}"
            )
    return replace(parameter, searched=tuple(values))


def parse(text: str) -> int | float | str:
    """A finite number as written, or else the text itself."""
    for kind in (int, float):
        with suppress(ValueError):
            number = kind(text)
            return number if math.isfinite(number) else text.strip()
    return text.strip()
