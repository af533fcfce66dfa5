"""Leaderboards in every format, byte for byte as in tests/analysis/golden.

After a change that is meant: HYPERSEARCH_UPDATE_GOLDEN=1 python -m pytest
tests/analysis/test_golden.py, and look at the difference before it is committed.
"""

from __future__ import annotations

import csv
import io
import json
import os
import re
from html.parser import HTMLParser
from pathlib import Path

import pytest
from rich.console import Console

from hypersearch.analysis.leaderboard import leaderboard, terminal
from tests.analysis.ranked import HOSTILE, STUDIES

GOLDEN = Path(__file__).parent / "golden"
WIDTHS = (80, 120)
FORMS = [*(f"{width}.txt" for width in WIDTHS), *leaderboard.FORMATS]


@pytest.fixture
def shown(here, capsys):
    """Writes a study and gives its leaderboard in some format."""

    def write(name, form, **asked):
        if not Path("runs").exists():
            STUDIES[name](Path("runs"))
        if not form.endswith(".txt"):
            leaderboard.write(Path("runs"), [], form, **asked)
            return capsys.readouterr().out
        console = Console(width=int(form.removesuffix(".txt")), file=io.StringIO(), highlight=False)
        terminal.show(Path("runs"), [], console=console, **asked)
        return "\n".join(line.rstrip() for line in console.file.getvalue().split("\n"))

    return write


def check(text, name):
    """Compare with the golden file; with HYPERSEARCH_UPDATE_GOLDEN write it instead."""
    path = GOLDEN / name
    if os.environ.get("HYPERSEARCH_UPDATE_GOLDEN"):
        path.write_bytes(text.encode())
        pytest.skip(f"wrote {name}")
    assert text.encode().decode() == path.read_bytes().decode()


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("name", [name for name in STUDIES if name != "again"])
def test_leaderboard(shown, name, form):
    check(shown(name, form), f"{name}.{form}")


@pytest.mark.parametrize("form", FORMS)
def test_best_of_each_family(shown, form):
    check(shown("again", form, best=True), f"best.{form}")


def test_there_are_no_other_golden_files():
    names = [name for name in STUDIES if name != "again"]
    assert {path.name for path in GOLDEN.iterdir()} == {
        f"{name}.{form}" for name in [*names, "best"] for form in FORMS
    }


# --- what the hostile ones must not do ------------------------------------------------------------


@pytest.mark.parametrize("best", [False, True])
def test_a_terminal_gets_nothing_that_it_would_obey(shown, best):
    for width in WIDTHS:
        text = shown("hostile", f"{width}.txt", best=best)
        assert all(each.isprintable() or each == "\n" for each in text)
        assert "\\\\ \\input{/etc" in text or best


def test_csv_and_json_keep_them_as_they_are(shown):
    rows = list(csv.DictReader(io.StringIO(shown("hostile", "csv"), newline="")))
    assert {(row["name"], row["param.text"]) for row in rows} == {
        (text, text) for text in HOSTILE.values()
    }
    rows = json.loads(shown("hostile", "json"), parse_constant=pytest.fail)
    assert {(row["name"], row["param.text"]) for row in rows} == {
        (text, text) for text in HOSTILE.values()
    }


def test_markdown_has_as_many_cells_in_each_line(shown):
    lines = [line for line in shown("hostile", "md").splitlines() if line.startswith("|")]
    assert len(lines) == 2 + len(HOSTILE)
    assert len({len(re.findall(r"\|", re.sub(r"\\.", "", line))) for line in lines}) == 1
    assert "<script" not in "".join(lines)


def test_latex_has_as_many_cells_in_each_line_and_no_commands_of_theirs(shown):
    text = shown("hostile", "latex")
    rows = [line for line in text.splitlines() if line.endswith(r" \\") and "caption" not in line]
    assert len(rows) == 2 + len(HOSTILE)
    assert len({len(re.findall("&", re.sub(r"\\.", "", row))) for row in rows}) == 1
    plain = re.sub(r"\\[&%$#_{}]", "", text)  # escaped ones
    assert plain.count("{") == plain.count("}")
    assert not set("$#_^~\x1b") & set(plain)
    commands = {
        *(
            "toprule",
            "midrule",
            "bottomrule",
            "endfirsthead",
            "endhead",
            "endfoot",
            "par",
            "noindent",
            "scriptsize",
        ),
        *(
            "begingroup",
            "sloppy",
            "endgroup",
            "setlength",
            "tabcolsep",
            "raggedright",
            "arraybackslash",
        ),
        *(
            "begin",
            "end",
            "caption",
            "linewidth",
            "usepackage",
            "textbackslash",
            "textasciicircum",
            "textasciitilde",
        ),
        *("textless", "textgreater", "textbar", "textquotedbl", "ensuremath", "pm", "cdot"),
    }
    assert set(re.findall(r"\\([a-zA-Z]+)", plain)) <= commands


class Page(HTMLParser):
    """Elements, header cells without a scope, and how many cells each row has."""

    def __init__(self, text):
        super().__init__()
        self.elements, self.unscoped, self.rows, self.text = [], 0, [], []
        self.feed(text)
        self.close()

    def handle_starttag(self, tag, attributes):
        self.elements.append(tag)
        if tag == "tr":
            self.rows.append(0)
        if tag in ("td", "th"):
            self.rows[-1] += 1
        if tag == "th":
            self.unscoped += "scope" not in dict(attributes)

    def handle_data(self, data):
        self.text.append(data)


@pytest.mark.parametrize("best", [False, True])
def test_html_is_a_table_with_headers_and_no_elements_of_theirs(shown, best):
    page = Page(shown("hostile", "html", best=best))
    allowed = {
        "html",
        "head",
        "meta",
        "title",
        "style",
        "body",
        "main",
        "h1",
        "section",
        "div",
        "table",
        "caption",
    }
    assert set(page.elements) == {*allowed, "thead", "tbody", "tr", "th", "td", "ul", "li"}
    assert page.unscoped == 0
    assert len(set(page.rows)) == 1
    assert len(page.rows) == (2 if best else 1 + len(HOSTILE))
    assert "<script>alert('x')</script>" in "".join(page.text)


# --- sizes ----------------------------------------------------------------------------------------


def test_no_line_of_a_table_is_too_wide(shown):
    for width in (60, *WIDTHS, 200):
        lines = shown("whole", f"{width}.txt").splitlines()
        table = [line for line in lines if line.startswith(("#  ", "1  ", "2  "))]
        assert len(table) == 9
        assert all(len(line) <= width for line in table)
