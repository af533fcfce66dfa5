"""Small files, written whole or not at all: JSON, text, and CSV tables that grow."""

from __future__ import annotations

import csv
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, TypeAlias

from hypersearch.models.files import write_beside

Row: TypeAlias = Mapping[str, Any]


class GrowingCsv:
    """A CSV file that grows by rows, and now and then by a column. Missing values are empty."""

    def __init__(self, path: Path, columns: Sequence[str]) -> None:
        self.path = path
        self._columns = list(columns)
        self._rows: list[Row] = []

    def append(self, row: Row) -> None:
        """Add a row; it is on disk when this returns."""
        self._rows.append(row)
        if self._widen([row]) or not self.path.exists():
            write_csv(self.path, self._columns, self._rows)
        else:
            with self.path.open("a", newline="", encoding="utf-8") as file:
                csv.DictWriter(file, self._columns).writerow(row)

    def replace(self, rows: Sequence[Row]) -> None:
        """Have these rows and no others."""
        self._rows = list(rows)
        self._widen(rows)
        write_csv(self.path, self._columns, self._rows)

    def _widen(self, rows: Sequence[Row]) -> bool:
        """Add the columns that are new in `rows`; True if there were any."""
        before = len(self._columns)
        self._columns += dict.fromkeys(
            column for row in rows for column in row if column not in self._columns
        )
        return len(self._columns) > before


def read_csv(path: Path) -> tuple[list[str], list[dict[str, str]]]:
    """The columns and rows of a CSV file, as text."""
    with path.open(newline="", encoding="utf-8") as file:
        reader = csv.DictReader(file)
        return list(reader.fieldnames or []), list(reader)


def write_csv(path: Path, columns: Sequence[str], rows: Sequence[Row]) -> None:
    """Write a CSV file, whole or not at all."""
    with (
        write_beside(path) as temporary,
        temporary.open("w", newline="", encoding="utf-8") as file,
    ):
        writer = csv.DictWriter(file, columns)
        writer.writeheader()
        writer.writerows(rows)


def write_json(path: Path, facts: Row) -> None:
    """Write a JSON file, whole or not at all."""
    write_text(path, json.dumps(facts, indent=2, default=str) + "\n")


def write_text(path: Path, text: str) -> None:
    """Write a text file in UTF-8, whole or not at all."""
    with write_beside(path) as temporary:
        temporary.write_text(text, encoding="utf-8", errors="backslashreplace")
