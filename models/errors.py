"""What a user is told: `UserError`, the input is wrong; `WorkFailedError`, the work is.

All else is our fault.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable

MOST_MEANT = 3  # names in a suggestion


class UserError(Exception):
    """The user's input is wrong.

    The message is one line: what was got, what is allowed, the nearest right name.
    """


class WorkFailedError(Exception):
    """The input was right and the work failed: one line, exit code 1.

    The tracebacks are in the study's logs/.
    """


def last_line(error: BaseException) -> str:
    """What is said of an error in one line: the last of its message, or its type if it has none.

    >>> last_line(ValueError("one\n two ")), last_line(MemoryError())
    ('two', 'MemoryError')
    """
    return (str(error).strip() or type(error).__name__).splitlines()[-1].strip()


def nearest(name: str, allowed: Iterable[str]) -> str:
    """`; did you mean 'x'?` for the allowed name closest to `name`, or an empty string.

    Where few begin as `name` does, these.

    >>> nearest("R3", ["R5", "R3-own", "R3-default"])
    "; did you mean 'R3-own' or 'R3-default'?"
    """
    allowed = list(allowed)
    longer = [each for each in allowed if each.lower().startswith(name.lower())]
    if not name or not 1 <= len(longer) <= MOST_MEANT:
        longer = difflib.get_close_matches(name, allowed, n=1, cutoff=0.5)
    return f"; did you mean {' or '.join(map(repr, longer))}?" if longer else ""


def unknown(what: str, name: str, allowed: Iterable[str]) -> UserError:
    """The error for a name that is not among the allowed ones.

    >>> str(unknown("family", "cn", ["cnn", "toy"]))
    "unknown family 'cn', allowed: cnn, toy; did you mean 'cnn'?"
    """
    allowed = list(allowed)
    return UserError(
        f"unknown {what} {name!r}, allowed: {', '.join(allowed)}{nearest(name, allowed)}"
    )
