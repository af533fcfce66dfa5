"""A leaderboard as a page of HTML: one file, without scripts, that a screen reader can read."""

from __future__ import annotations

from collections.abc import Sequence
from xml.etree import ElementTree as Html  # escapes whatever it is given

from analysis.board import Board
from analysis.notes import joined

STYLE = """
:root { color-scheme: light dark; font: 15px/1.5 system-ui, sans-serif; }
body { margin: 1.5rem; }
section { margin-bottom: 2.5rem; }
.wide { overflow-x: auto; }
table { border-collapse: collapse; }
caption { font-weight: bold; text-align: left; padding: 0.3rem 0; }
th, td { padding: 0.2rem 0.7rem; text-align: right; white-space: nowrap; font-variant-numeric: tabular-nums; }
thead th { border-bottom: 2px solid; }
tbody tr { border-bottom: 1px solid color-mix(in srgb, currentColor 25%, transparent); }
tbody th { font-weight: normal; white-space: normal; overflow-wrap: anywhere; min-width: 6rem; }
th.words, td.words { text-align: left; }
td:last-child { white-space: normal; overflow-wrap: anywhere; min-width: 18rem; }
@media print { .wide { overflow: visible; } }
"""
HEADER = ("trial", "family")  # the cell that says what a row is of


def page(boards: Sequence[Board]) -> str:
    """A page with a table for each board: caption, headers of columns and rows, and the notes as a list."""
    root = Html.Element("html", lang="en")
    head, body = Html.SubElement(root, "head"), Html.SubElement(root, "body")
    Html.SubElement(head, "meta", charset="utf-8")
    Html.SubElement(head, "meta", name="viewport", content="width=device-width, initial-scale=1")
    Html.SubElement(head, "title").text = "Leaderboard"
    Html.SubElement(head, "style").text = STYLE
    main = Html.SubElement(body, "main")
    Html.SubElement(main, "h1").text = "Leaderboard"
    if not boards:
        Html.SubElement(main, "p").text = "no studies"
    for board in boards:
        _section(main, board)
    Html.indent(main, "")
    return f"<!DOCTYPE html>\n{Html.tostring(root, encoding='unicode', method='html')}\n"


def _section(main: Html.Element, board: Board) -> None:
    section = Html.SubElement(main, "section")
    table = Html.SubElement(_scrolled(section, board.title), "table")
    Html.SubElement(table, "caption").text = board.title
    row = Html.SubElement(Html.SubElement(table, "thead"), "tr")
    for name, words in zip(board.columns, board.left, strict=True):
        Html.SubElement(row, "th", {"scope": "col", **_class(words)}).text = name
    body = Html.SubElement(table, "tbody")
    for cells in board.rows:
        _row(body, board, cells)
    notes = Html.SubElement(section, "ul")
    for note in board.notes:
        Html.SubElement(notes, "li").text = joined(note)


def _scrolled(section: Html.Element, title: str) -> Html.Element:
    """A wide table scrolls by itself, with the keyboard too."""
    attributes = {"class": "wide", "role": "region", "aria-label": title, "tabindex": "0"}
    return Html.SubElement(section, "div", attributes)


def _row(body: Html.Element, board: Board, cells: Sequence[str]) -> None:
    row = Html.SubElement(body, "tr")
    header = next(place for place, name in enumerate(board.columns) if name in HEADER)
    for place, (cell, words) in enumerate(zip(cells, board.left, strict=True)):
        attributes = {"scope": "row"} if place == header else {}
        Html.SubElement(row, "th" if place == header else "td", {**attributes, **_class(words)}).text = cell


def _class(words: bool) -> dict[str, str]:
    return {"class": "words"} if words else {}
