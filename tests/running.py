"""Whole searches for tests."""

from __future__ import annotations

from typing import Any

import hypersearch
from hypersearch.search.config.study_files import build
from hypersearch.search.engine.runner import run_study


def run(*targets: str, **options: Any) -> tuple[hypersearch.Study, bool]:
    """The study of a search on digits, and whether it was interrupted; one worker: the fewer, the
    sooner they start.
    """
    standard = {"name": "study", "dataset": "digits", "concurrency": "1"}
    record, interrupted = run_study(build(targets, {**standard, **options}))
    return hypersearch.load(record.folder), interrupted
