"""Numbers, times and names as a report shows them."""

from __future__ import annotations

import math
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from hypersearch.models import text as words
from hypersearch.models.metrics import row_of
from hypersearch.models.text import one_line
from hypersearch.search.storage.study import is_missing

DASH = "–"
HELD = "\N{NO-BREAK SPACE}"
LONG = 160  # characters of a name or value that are shown


def short(value: Any, most: int = LONG) -> str:
    """A value as text, cut in the middle where it is longer than `most` characters.

    >>> short("abcdefghij", 5)
    'abc…j'
    """
    text = str(value)
    if len(text) <= most:
        return text
    back = (most - 1) // 4
    return f"{text[: most - 1 - back]}…{text[-back:] if back else ''}"


def column(values: Sequence[Any]) -> list[str]:
    """Figures with as many decimals as the largest needs for five digits, whole ones whole; a dash
    for a missing one.

    >>> column([0.91234, None, 1]), column([236.04, -1914601.2]), column([12, 3.0])
    (['0.9123', '–', '1.0000'], ['236', '−1,914,601'], ['12', '3'])
    """
    there = [float(value) for value in values if not is_missing(value)]
    finite = [abs(value) for value in there if math.isfinite(value)]
    most = max(finite, default=0.0)
    whole = most >= 2 and all(value.is_integer() for value in finite)
    places = 0 if whole or most >= 10_000 else max(0, 4 - int(math.log10(most))) if most >= 1 else 4
    return [DASH if is_missing(value) else signed(float(value), places) for value in values]


def figure(value: Any, metric: str = "") -> str:
    """One figure by itself; counts of things are whole."""
    return count(value) if row_of(metric).whole else column([value])[0]


def count(value: Any) -> str:
    """A whole number, or a dash.

    >>> count(1234.0), count(None)
    ('1,234', '–')
    """
    return DASH if is_missing(value) else signed(float(value), 0)


def signed(value: float, places: int, plus: bool = False) -> str:
    """A number with thousands parted and a real minus sign; with `plus`, a sign in any case but
    zero.
    """
    text = f"{abs(value):,.{places}f}"
    zero = not any(digit in "123456789" for digit in text) and math.isfinite(value)
    return text if zero else f"{'−' if value < 0 else '+' if plus else ''}{text}"


def with_spread(value: Any, spread: Any, metric: str = "") -> str:
    """A figure, with the standard deviation over seeds where there is one."""
    if is_missing(value) or is_missing(spread):
        return figure(value, metric)
    places = len(figure(value).partition(".")[2]) or 1
    return f"{signed(float(value), places)} ± {float(spread):,.{places}f}"


def setting(value: Any) -> str:
    """A parameter's value: floats to three significant digits, as in the leaderboard."""
    return short(one_line({"": value}).removeprefix("="))


def duration(seconds: float) -> str:
    """So long, to two units; a number and its unit stay on one line."""
    return words.duration(seconds, joint=HELD)


def moment(text: Any) -> datetime | None:
    """The time in study.json, in UTC; None if it is none."""
    try:
        found = datetime.fromisoformat(str(text))
    except ValueError:
        return None
    return found.astimezone(UTC) if found.tzinfo else found.replace(tzinfo=UTC)


def day_and_time(text: Any) -> str:
    """`2026-01-31 23:59 UTC`; what is no time as it stands."""
    found = moment(text)
    return f"{found:%Y-%m-%d %H:%M} UTC" if found else short(text)


def span(began: Any, ended: Any) -> str:
    """`2026-01-31, 10:00 to 23:59 UTC`, or both days.

    >>> span("2026-01-31T10:00:00+00:00", "2026-02-01T11:30:00+00:00")
    '2026-01-31 10:00 to 2026-02-01 11:30 UTC'
    """
    first, last = moment(began), moment(ended)
    if not first or not last:
        return f"{day_and_time(began)} to {day_and_time(ended)}"
    if first.date() == last.date():
        return f"{first:%Y-%m-%d, %H:%M} to {last:%H:%M} UTC"
    return f"{first:%Y-%m-%d %H:%M} to {last:%Y-%m-%d %H:%M} UTC"


def listed(words: Sequence[str]) -> str:
    """`a`, `a and b`, `a, b and c`."""
    return " and ".join(filter(None, [", ".join(words[:-1]), *words[-1:]]))


def share(part: float, whole: float) -> str:
    """`63 %` of something, on one line; never 0 % or 100 % of what is only nearly so."""
    if not whole:
        return f"0{HELD}%"
    percent = 100 * part / whole
    rounded = min(max(round(percent), 1), 99) if 0 < part < whole else round(percent)
    return f"{rounded}{HELD}%"
