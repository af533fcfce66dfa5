"""Links within the documentation lead somewhere, and the site has every page."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import yaml

from tests.docs.pages import DOCS, ROOT, anchors, hooks, links, name, pages, slug


@pytest.mark.parametrize("page", pages(), ids=name)
def test_links_lead_somewhere(page):
    for link in links(page):
        if re.match(r"[a-z]+:", link):
            continue  # another site
        path, _, anchor = link.partition("#")
        target = (page.parent / path).resolve() if path else page
        assert target.exists(), f"{name(page)}: {link}"
        assert ROOT in target.parents, f"{name(page)}: {link}"
        if anchor:
            assert anchor in anchors(target), f"{name(page)}: {link}"


def test_slugs_are_those_of_mkdocs():
    assert slug("trials.csv") == "trialscsv"
    assert slug("What is read when") == "what-is-read-when"
    assert slug("How do I …") == "how-do-i"


def paths(entry: object) -> list[str]:
    """The pages that a part of the navigation names."""
    if isinstance(entry, str):
        return [entry]
    parts = entry.values() if isinstance(entry, dict) else entry
    return [path for part in parts for path in paths(part)]


def test_the_navigation_lists_every_page():
    config = yaml.safe_load((ROOT / "mkdocs.yml").read_text(encoding="utf-8"))
    listed = paths(config["nav"])
    own = [path.relative_to(DOCS).as_posix() for path in DOCS.rglob("*.md")]
    assert sorted(listed) == sorted([*own, *hooks().beside()])


def test_every_image_is_shown():
    shown = {(page.parent / link).resolve() for page in pages() for link in links(page)}
    assert [path for path in DOCS.rglob("*.png") if path not in shown] == []


def test_links_to_pages_beside_docs_are_moved_into_the_site():
    linked = hooks().linked
    note = "benchmarks/2026-11-22-report.md"
    assert linked(f"[a](../{note})", "reports.md") == f"[a]({note})"
    assert linked(f"[a](../../{note}#x)", "families/cnn.md") == f"[a](../{note}#x)"
    assert linked("[a](../CONTRIBUTING.md)", "architecture.md") == "[a](CONTRIBUTING.md)"
    assert linked("[a](docs/cluster.md)", "CONTRIBUTING.md") == "[a](cluster.md)"
    assert linked("[a](../features.md)", "families/cnn.md") == "[a](../features.md)"
    assert linked("[a](https://example.org/x.md)", "limits.md") == "[a](https://example.org/x.md)"


def test_the_readme_is_short():
    assert len(Path(ROOT / "README.md").read_text(encoding="utf-8").split()) < 900


def test_the_citation_names_this_version():
    import tomllib

    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    citation = yaml.safe_load((ROOT / "CITATION.cff").read_text(encoding="utf-8"))
    assert citation["version"] == project["version"]
    assert citation["license"] == project["license"]
