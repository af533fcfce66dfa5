"""A page as a browser's parser sees it: its elements, its text, and what is wrong with it."""

from __future__ import annotations

import itertools
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from html.parser import HTMLParser

VOID = {"meta", "img", "br", "link", "input", "hr"}


@dataclass
class Element:
    tag: str
    attributes: dict[str, str]
    parent: Element | None
    children: list[Element | str] = field(default_factory=list)

    @property
    def text(self) -> str:
        parts = [child if isinstance(child, str) else child.text for child in self.children]
        return re.sub(r"\s+", " ", "".join(parts)).strip()

    def all(self, tag: str, **attributes: str) -> list[Element]:
        """The elements of a tag (or "*"), in order, whose attributes hold these words; `class_` for
        class.
        """
        wanted = {name.rstrip("_"): word for name, word in attributes.items()}
        found = [each for each in self.within() if tag in (each.tag, "*")]
        return [
            e
            for e in found
            if all(word in e.attributes.get(name, "").split() for name, word in wanted.items())
        ]

    def within(self) -> Iterator[Element]:
        for child in self.children:
            if isinstance(child, Element):
                yield child
                yield from child.within()

    def rows(self) -> list[list[str]]:
        return [
            [cell.text for cell in row.within() if cell.tag in ("th", "td")]
            for row in self.all("tr")
        ]


class Page(HTMLParser):
    """`errors`: elements that are not closed in turn."""

    def __init__(self, html: str) -> None:
        super().__init__(convert_charrefs=True)
        self.root = self.here = Element("", {}, None)
        self.errors: list[str] = []
        self.feed(html)
        self.close()
        if self.here is not self.root:
            self.errors.append(f"{self.here.tag} is not closed")

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        made = Element(tag, {name: value or "" for name, value in attrs}, self.here)
        self.here.children.append(made)
        if tag not in VOID:
            self.here = made

    def handle_endtag(self, tag: str) -> None:
        if tag != self.here.tag or self.here.parent is None:
            self.errors.append(f"</{tag}> within {self.here.tag}")
        else:
            self.here = self.here.parent

    def handle_data(self, data: str) -> None:
        self.here.children.append(data)

    def unknown_decl(self, data: str) -> None:
        self.errors.append(f"<![{data}")

    def handle_comment(self, data: str) -> None:
        self.errors.append(f"<!--{data}")

    def table(self, caption: str) -> list[list[str]]:
        """The rows of the first table whose caption begins so; the columns' names first."""
        return next(
            t for t in self.root.all("table") if t.all("caption")[0].text.startswith(caption)
        ).rows()

    @property
    def headings(self) -> list[tuple[int, str]]:
        return [
            (int(each.tag[1]), each.text)
            for each in self.root.within()
            if re.fullmatch("h[1-6]", each.tag)
        ]


def complaints(html: str) -> list[str]:
    """What is wrong with a page: its nesting, what it runs or fetches, and what keeps people from
    reading it.
    """
    page = Page(html)
    return [*page.errors, *_unsafe(page), *_ids(page), *_headings(page), *_unreadable(page)]


def _unsafe(page: Page) -> Iterator[str]:
    for each in page.root.within():
        if each.tag in ("script", "iframe", "object", "embed", "link", "form", "base", "svg"):
            yield f"<{each.tag}> in the page"
        yield from (f"{each.tag} {name}" for name in each.attributes if name.startswith("on"))
        for name in ("href", "src"):
            where = each.attributes.get(name, "#")
            if not where.startswith(("#", "data:image/png;base64,", "data:image/svg+xml;base64,")):
                yield f"{each.tag} {name}={where[:60]}"
    styles = " ".join([*(each.text for each in page.root.all("style"))])
    if "url(" in styles or "@import" in styles:
        yield "a style fetches something"


def _ids(page: Page) -> Iterator[str]:
    ids = Counter(each.attributes["id"] for each in page.root.within() if "id" in each.attributes)
    yield from (f"id {name} twice" for name, count in ids.items() if count > 1)
    links = [link.attributes["href"].removeprefix("#") for link in page.root.all("a")]
    labels = [
        each.attributes["aria-labelledby"]
        for each in page.root.within()
        if "aria-labelledby" in each.attributes
    ]
    yield from (f"nothing is called {name}" for name in (*links, *labels) if name not in ids)


def _headings(page: Page) -> Iterator[str]:
    levels = [level for level, _ in page.headings]
    if levels.count(1) != 1 or levels[0] != 1:
        yield f"headings of the first level: {levels.count(1)}"
    for before, after in itertools.pairwise(levels):
        if after > before + 1:
            yield f"h{after} after h{before}"
    yield from (f"an empty h{level}" for level, text in page.headings if not text)


def _unreadable(page: Page) -> Iterator[str]:
    (html,) = page.root.all("html")
    if not html.attributes.get("lang") or not page.root.all("title")[0].text:
        yield "no language or no title"
    yield from (
        "an image without words" for each in page.root.all("img") if not each.attributes.get("alt")
    )
    yield from (
        "a column or row without scope"
        for each in page.root.all("th")
        if "scope" not in each.attributes
    )
    for table in page.root.all("table"):
        if not table.all("caption") or len({len(row) for row in table.rows()}) != 1:
            yield f"a table without caption or with uneven rows: {table.text[:60]}"
