"""A PostgreSQL database for the searches."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.postgres import find_binaries, server


@pytest.fixture(scope="session")
def postgres() -> Iterator[str]:
    """The URL, with password, of $HYPERSEARCH_TEST_POSTGRES or of a server started here; skips
    where there is none.
    """
    pytest.importorskip("psycopg", reason="psycopg is not installed: pip install -e .[postgresql]")
    given = os.environ.get("HYPERSEARCH_TEST_POSTGRES")
    if given:
        yield given
        return
    binaries = find_binaries()
    if not binaries:
        pytest.skip(
            "no PostgreSQL server: apt-get install postgresql, or name one in"
            " $HYPERSEARCH_TEST_POSTGRES"
        )
    folder = Path(tempfile.mkdtemp(prefix="hypersearch-"))
    try:
        with server(binaries, folder) as url:
            yield url
    finally:
        shutil.rmtree(folder)
