"""A skip of what must be there is a failure."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.required import pytest_configure

pytest_plugins = ["pytester"]

ROOT = Path(__file__).parent.parent
TESTS = """\
import pytest

@pytest.fixture
def server():
    pytest.skip("no PostgreSQL server: apt-get install postgresql")

def test_with_a_server(server):
    pass

@pytest.mark.skipif(True, reason="none of chromium, google-chrome is installed")
def test_in_a_browser():
    pass

def test_on_real_images():
    pytest.skip("HYPERSEARCH_DATA is not set")

def test_on_a_disk():
    pytest.skip("may not mount here")

@pytest.mark.xfail(reason="chromium draws it otherwise", strict=True)
def test_that_fails():
    raise AssertionError
"""
LINES = {
    "postgresql": "HYPERSEARCH_REQUIRE says that postgresql is there, but the test was skipped: "
    "no PostgreSQL server: apt-get install postgresql",
    "chromium": "HYPERSEARCH_REQUIRE says that chromium is there, but the test was skipped: "
    "none of chromium, google-chrome is installed",
    "real_data": "HYPERSEARCH_REQUIRE says that real_data is there, but the test was skipped: "
    "HYPERSEARCH_DATA is not set",
}


@pytest.fixture
def outcome(pytester, monkeypatch) -> Callable[[str, str | None], tuple[dict[str, int], str]]:
    """Runs tests beside the hooks and nothing else of ours: how many ended how, and the output."""
    pytester.makeconftest("from tests.required import *\n")
    pytester.makeini("[pytest]\n")

    def ran(code: str, require: str | None) -> tuple[dict[str, int], str]:
        monkeypatch.delenv("HYPERSEARCH_REQUIRE", raising=False)
        if require is not None:
            monkeypatch.setenv("HYPERSEARCH_REQUIRE", require)
        pytester.makepyfile(code)
        result = pytester.runpytest_inprocess("-p", "no:cacheprovider", "-rfE")
        return result.parseoutcomes(), result.stdout.str() + result.stderr.str()

    return ran


@pytest.mark.parametrize("require", [None, "", " , "])
def test_without_a_requirement_tests_are_skipped(outcome, require):
    assert outcome(TESTS, require)[0] == {"skipped": 4, "xfailed": 1}


@pytest.mark.parametrize(
    ("name", "kind"),
    [("postgresql", "errors"), ("chromium", "errors"), ("real_data", "failed")],
)
def test_a_skip_of_what_is_required_fails(outcome, name, kind):
    counts, text = outcome(TESTS, name)
    assert counts == {kind: 1, "skipped": 3, "xfailed": 1}
    assert [each for each in LINES if LINES[each] in text] == [name]


def test_all_at_once(outcome):
    counts, text = outcome(TESTS, "postgresql, chromium,real_data")
    assert counts == {"errors": 2, "failed": 1, "skipped": 1, "xfailed": 1}
    assert all(line in text for line in LINES.values())


def test_a_file_that_is_skipped_as_a_whole_fails(outcome):
    code = "import pytest\npytest.importorskip('no_such_module', reason='psycopg is missing')\n"
    assert outcome(code, "chromium")[0] == {"skipped": 1}
    counts, text = outcome(code, "postgresql")
    assert counts == {"errors": 1}
    assert "postgresql is there, but the test was skipped: psycopg is missing" in text


def test_a_name_that_is_not_known(monkeypatch):
    monkeypatch.setenv("HYPERSEARCH_REQUIRE", "postgresql,browser")
    message = "HYPERSEARCH_REQUIRE: got 'browser', allowed are postgresql, chromium, real_data"
    with pytest.raises(pytest.UsageError, match=f"^{message}$"):
        pytest_configure()


def test_the_reasons_of_our_tests_are_understood():
    names = ("test_browser.py", "test_real_data.py")
    paths = [str(path) for name in names for path in (ROOT / "tests").rglob(name)]
    lacking = {"PATH": "/nowhere", "HYPERSEARCH_DATA": ""}
    environment = {**os.environ, **lacking, "HYPERSEARCH_REQUIRE": "chromium,real_data"}
    command = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "-p", "no:xdist", *paths]
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True)
    assert done.returncode == 1, done.stdout
    for name in ("chromium", "real_data"):
        assert f"HYPERSEARCH_REQUIRE says that {name} is there" in done.stdout
    assert " skipped" not in done.stdout.splitlines()[-1]


def test_the_reasons_of_the_database_are_understood():
    text = (ROOT / "tests" / "search" / "conftest.py").read_text()
    assert text.count("skip(") == text.count("psycopg is not installed") + text.count(
        "no PostgreSQL server"
    )
