"""What pages take from the registries."""

from __future__ import annotations

import re

import pytest

from hypersearch.analysis.figures import KINDS
from hypersearch.models.metrics import METRICS
from hypersearch.search.families import FAMILIES, find
from hypersearch.search.schedulers.registry import SCHEDULERS
from hypersearch.search.searchers import SEARCHERS
from tests.docs.pages import DOCS, prose, tables

TABLES = tables()
MARKED = {
    path: TABLES.MARK.findall(path.read_text(encoding="utf-8")) for path in DOCS.rglob("*.md")
}


def test_every_generator_is_used_and_every_mark_known():
    used = {name for marks in MARKED.values() for name, _ in marks}
    assert used == set(TABLES.GENERATORS)


def test_every_mark_is_understood():
    for path, marks in MARKED.items():
        assert path.read_text(encoding="utf-8").count("<!-- generated") == len(marks), path


def test_every_family_has_a_page():
    named = {argument for marks in MARKED.values() for name, argument in marks if name == "family"}
    assert named == set(FAMILIES)
    assert all((DOCS / "families" / f"{name}.md").is_file() for name in FAMILIES)


@pytest.mark.parametrize("name", FAMILIES)
def test_the_page_of_a_family_has_its_parameters_and_baselines(name):
    page = TABLES.filled(prose(DOCS / "families" / f"{name}.md"))
    family = find(name)
    named = {row.split("`")[1] for row in re.findall(r"^\| `.*$", page, flags=re.MULTILINE)}
    assert set(family.space) <= named
    assert {baseline.name for baseline in family.baselines} <= named


@pytest.mark.parametrize(
    ("made", "names"),
    [
        ("searchers", SEARCHERS),
        ("schedulers", SCHEDULERS),
        ("metrics", METRICS),
        ("figures", KINDS),
    ],
)
def test_a_table_has_a_row_for_each_entry(made, names):
    rows = TABLES.GENERATORS[made]().splitlines()[2:]
    assert [row.split("`")[1] for row in rows] == list(names)
    assert all(cell.strip() for row in rows for cell in row.strip("| ").split(" | ")[-1:])


def test_a_table_has_as_many_cells_in_each_row():
    several = {"family", "commands"}  # tables with headings between them
    made = [make() for name, make in TABLES.GENERATORS.items() if name not in several]
    for text in made:
        counts = {len(re.findall(r"(?<!\\)\|", line)) for line in text.splitlines()}
        assert len(counts) == 1, text


def test_bars_in_cells_are_escaped():
    assert TABLES.table(("a",), [("x|y\nz",)]).splitlines()[-1] == r"| x\|y z |"
