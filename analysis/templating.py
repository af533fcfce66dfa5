"""Pages of HTML from the templates of analysis/templates.

On its way into a page whatever comes from outside goes through `clean`, then through Jinja2's
escaping.
"""

from __future__ import annotations

import re
from functools import cache
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined

UNPRINTABLE = re.compile(
    r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff\ufffe\uffff]"
)


@cache
def environment() -> Environment:
    """Where the templates are: `environment().get_template(NAME).render(...)`."""
    return Environment(
        loader=PackageLoader("hypersearch.analysis"),
        autoescape=True,
        undefined=StrictUndefined,
        finalize=_printable,
        trim_blocks=True,
        lstrip_blocks=True,
    )


def _printable(value: Any) -> Any:
    """Plain text without what HTML may not hold; markup that macros have made as it is."""
    return clean(value) if type(value) is str else value


def clean(text: str) -> str:
    """The text with U+FFFD for what HTML may not hold, and for what turns the direction of the
    words around it.

    >>> clean("a\\x00b\\u202ec")
    'a\\ufffdb\\ufffdc'
    """
    return UNPRINTABLE.sub("\N{REPLACEMENT CHARACTER}", text)
