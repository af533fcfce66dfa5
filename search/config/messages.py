"""One line for a setting that pydantic refuses."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from pydantic import ValidationError

from hypersearch.models.errors import nearest

PARSED = {
    "int_parsing": "a whole number",
    "float_parsing": "a number",
    "bool_parsing": "true or false",
}
"""What pydantic's errors of these types mean."""

BOUNDS = {
    "greater_than_equal": "{} or more",
    "greater_than": "more than {}",
    "less_than_equal": "{} at most",
}
"""And of these, which name a bound."""


def validation_message(error: ValidationError, options: Mapping[str, Any]) -> str:
    """The first problem, in one line.

    Settings in `options` were given on the command line and are named as there.
    """
    problem = error.errors()[0]
    key = next(
        str(part) for part in reversed(problem["loc"]) if isinstance(part, str) and "[" not in part
    )
    shown = f"--{key.replace('_', '-')}" if key in options else key
    got, context = problem["input"], problem.get("ctx", {})
    if isinstance(got, float):
        got = options.get(key, got)  # 0s as it was typed
    if problem["type"] in ("literal_error", "unknown_name"):
        expected = re.findall(r"'([^']+)'", str(context.get("expected", "")))
        allowed = [str(name) for name in context.get("allowed", expected)]
        return f"unknown {key} {got!r}, allowed: {', '.join(allowed)}{nearest(str(got), allowed)}"
    if problem["type"] == "string_pattern_mismatch":
        return f"{shown} must be letters, digits, '.', '_' and '-', got {got!r}"
    if problem["type"] in PARSED:
        return f"{shown}: got {got!r}, expected {PARSED[problem['type']]}"
    if problem["type"] in BOUNDS:
        return (
            f"{shown}: got {got!r}, expected"
            f" {BOUNDS[problem['type']].format(f'{next(iter(context.values())):.10g}')}"
        )
    message = problem["msg"].removeprefix("Value error, ").removeprefix("Input should be ")
    return f"{shown}: got {got!r}, expected {message.removeprefix('expected ')}"
