"""Files, folders and registries that the text names are there."""

from __future__ import annotations

import ast
import re

import pytest

from tests.docs.pages import ROOT, inline_code, name, pages, prose

TOPS = ("analysis", "benchmarks", "clustering", "docs", "hypersearch", "models", "search", "tests")
FILE = re.compile(rf"(?:{'|'.join(TOPS)})/(?:[\w./-]*(?:\.\w+|/))?")
REGISTRY = re.compile(r"`([A-Z_]+)`\s(?:in|of)\s`([\w/]+\.py)`")
TO_BE_WRITTEN = {"models/families/mine.py", "clustering/families/mine.py"}


@pytest.mark.parametrize("page", pages(), ids=name)
def test_files_in_the_text_exist(page):
    named = {text for text in inline_code(page) if FILE.fullmatch(text)} - TO_BE_WRITTEN
    assert [text for text in sorted(named) if not (ROOT / text).exists()] == []


def test_registries_in_the_text_exist():
    found = {match for page in pages() for match in REGISTRY.findall(prose(page))}
    assert len(found) >= 7
    for registry, file in sorted(found):
        assert registry in assigned(file), f"{file} has no {registry}"


def assigned(file: str) -> set[str]:
    """The names to which a module assigns."""
    statements = ast.parse((ROOT / file).read_text(encoding="utf-8")).body
    plain = [
        target for each in statements if isinstance(each, ast.Assign) for target in each.targets
    ]
    annotated = [each.target for each in statements if isinstance(each, ast.AnnAssign)]
    return {target.id for target in [*plain, *annotated] if isinstance(target, ast.Name)}
