"""Turns a skip of what must be there into a failure.

`HYPERSEARCH_REQUIRE` names what must be there, with commas between: `postgresql`, `chromium`,
`real_data`. Where it is not set, tests that lack something are skipped, as on a laptop.
"""

from __future__ import annotations

import os
from collections.abc import Generator

import pytest

__all__ = ["pytest_configure", "pytest_make_collect_report", "pytest_runtest_makereport"]

VARIABLE = "HYPERSEARCH_REQUIRE"

# A skip is about one of these if its reason has one of the words, in any case.
WORDS = {
    "postgresql": ("postgres", "psycopg"),
    "chromium": ("chromium",),
    "real_data": ("hypersearch_data", "fashion-mnist"),
}


def required() -> list[str]:
    """What must be there; `pytest.UsageError` for a name that is not known."""
    names = [name.strip() for name in os.environ.get(VARIABLE, "").split(",") if name.strip()]
    for name in names:
        if name not in WORDS:
            raise pytest.UsageError(f"{VARIABLE}: got {name!r}, allowed are {', '.join(WORDS)}")
    return names


def lacking(reason: str) -> str | None:
    """Which of the required things a skip is about, judged by its reason."""
    reason = reason.lower()
    return next((name for name in required() if any(word in reason for word in WORDS[name])), None)


def pytest_configure() -> None:
    """Say at once that a name is not known."""
    required()


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_runtest_makereport() -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """A test that is skipped, or whose fixture skips."""
    report = yield
    _fail_if_required(report)
    return report


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_make_collect_report() -> Generator[None, pytest.CollectReport, pytest.CollectReport]:
    """A file that is skipped as a whole."""
    report = yield
    _fail_if_required(report)
    return report


def _fail_if_required(report: pytest.TestReport | pytest.CollectReport) -> None:
    if not report.skipped or hasattr(report, "wasxfail") or not isinstance(report.longrepr, tuple):
        return
    reason = report.longrepr[2].removeprefix("Skipped: ")
    name = lacking(reason)
    if name:
        report.outcome = "failed"
        report.longrepr = (
            f"{VARIABLE} says that {name} is there, but the test was skipped: {reason}"
        )
