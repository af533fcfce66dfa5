"""Puts the examples of docstrings into code blocks: Markdown would take `>>>` for a quotation."""

from __future__ import annotations

import re
from typing import Any

import griffe

EXAMPLE = re.compile(r"(?:^>>> .*\n?(?:^(?!>>>).+\n?)*)+", re.MULTILINE)


class Doctests(griffe.Extension):
    """Fences the examples of every object as it is read."""

    def on_object(self, *, obj: Any, **options: Any) -> None:
        """Change the docstring of one object, if it has any."""
        if obj.docstring:
            obj.docstring.value = EXAMPLE.sub(fenced, obj.docstring.value)


def fenced(match: re.Match[str]) -> str:
    """An example as a block of Python, without flags of doctest."""
    code = re.sub(r" +# doctest: .*", "", match[0]).rstrip()
    return f"```python\n{code}\n```\n"
