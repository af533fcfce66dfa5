"""Whole searches for tests."""

from __future__ import annotations

from typing import Any

import analysis
from search.config import build
from search.engine import run_study


def run(*targets: str, **options: Any) -> tuple[analysis.Study, bool]:
    """The study of a search on digits, and whether it was interrupted; one worker: the fewer, the sooner they start."""
    standard = {"name": "study", "dataset": "digits", "concurrency": "1"}
    record, interrupted = run_study(build(targets, {**standard, **options}))
    return analysis.load(record.folder), interrupted
