"""The pages of the documentation, and what is in them: blocks of code, links, headings."""

from __future__ import annotations

import importlib
import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType

ROOT = Path(__file__).parent.parent.parent
DOCS = ROOT / "docs"

FENCE = re.compile(r"```(?P<language>\w*)(?: title=\"(?P<title>[^\"]+)\")?")
COMMENT = re.compile(r"<!-- (?P<kind>not run|slow): (?P<reason>.*) -->")
INLINE = re.compile(r"`([^`\n]+)`")
LINK = re.compile(r"!?\[[^\]]*\]\((?P<target>[^)\s]+)\)")
HEADING = re.compile(r"^#{1,6} (?P<text>.+)$", re.MULTILINE)


@dataclass(frozen=True)
class Block:
    """A fenced block. `mark`: "not run" or "slow", as a comment before it says, with a reason."""

    page: str  # its path in the repository
    line: int  # of its first line of code, from 1
    language: str
    title: str  # the file that it is, or empty
    code: str
    mark: str = ""
    reason: str = ""

    @property
    def place(self) -> str:
        """Where it stands: docs/cluster.md:12."""
        return f"{self.page}:{self.line}"


def pages() -> list[Path]:
    """README.md and all pages of `docs/`."""
    return [ROOT / "README.md", *sorted(DOCS.rglob("*.md"))]


def name(page: Path) -> str:
    """The path of a page in the repository."""
    return page.relative_to(ROOT).as_posix()


def blocks(page: Path) -> list[Block]:
    """The fenced blocks of a page, in their order."""
    return list(_blocks(name(page), page.read_text(encoding="utf-8").splitlines()))


def _blocks(page: str, lines: list[str]) -> Iterator[Block]:
    opened: re.Match[str] | None = None
    begin = 0
    for number, line in enumerate(lines):
        if opened is None and line.startswith("```"):
            opened, begin = FENCE.fullmatch(line), number + 1
            assert opened, f"{page}:{number + 1}: a fence that is not understood: {line}"
        elif opened and line == "```":
            before = COMMENT.fullmatch(lines[begin - 2]) if begin > 1 else None
            yield Block(
                page,
                begin + 1,
                opened["language"],
                opened["title"] or "",
                "\n".join(lines[begin:number]) + "\n",
                before["kind"] if before else "",
                before["reason"] if before else "",
            )
            opened = None


def prose(page: Path) -> str:
    """A page without its fenced blocks."""
    return re.sub(r"^```.*?^```$", "", page.read_text(encoding="utf-8"), flags=re.M | re.S)


def inline_code(page: Path) -> list[str]:
    """What stands in code type within the text."""
    return INLINE.findall(prose(page))


def links(page: Path) -> list[str]:
    """The targets of links and images."""
    return LINK.findall(INLINE.sub("code", prose(page)))


def anchors(page: Path) -> set[str]:
    """What a link to a page can name after `#`: its headings, and the objects that it documents."""
    text = prose(page)
    if "<!-- generated: commands" in text or "<!-- generated: family " in text:
        text = tables().filled(text)  # these have headings
    documented = re.findall(r"^::: (hypersearch\.\w+)$", text, flags=re.MULTILINE)
    return {*map(slug, HEADING.findall(text)), *documented}


def slug(heading: str) -> str:
    """The anchor of a heading, as MkDocs and GitHub make it."""
    plain = re.sub(r"[`*]|\[([^\]]*)\]\([^)]*\)", r"\1", heading)
    return re.sub(r"[-\s]+", "-", re.sub(r"[^\w\s-]", "", plain).strip().lower())


def hooks() -> ModuleType:
    """`docs/hooks.py`, which is no part of a package."""
    return _module("hooks")


def tables() -> ModuleType:
    """`docs/registry_tables.py`."""
    return _module("registry_tables")


def _module(name: str) -> ModuleType:
    """A module of `docs/`, found as MkDocs finds it."""
    sys.path.insert(0, str(DOCS))
    try:
        return importlib.import_module(name)
    finally:
        sys.path.remove(str(DOCS))
