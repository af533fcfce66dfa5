"""The data sources: what `--dataset` can be.

A new source is one row of `SOURCES` here. `hypersearch list datasets`, `hypersearch doctor`, the
errors that say what is allowed and the tables of the documentation are made from the rows.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from hypersearch.models.data import csv_files, idx, npz
from hypersearch.models.data.idx import Shipped
from hypersearch.models.data.named_sets import (
    DIGITS_CLASSES,
    FASHION_5_CLASSES,
    FASHION_CLASSES,
    DataDir,
    locate_digits,
    locate_fashion_mnist,
    read_digits,
    read_fashion_mnist,
    read_fashion_mnist_5,
)
from hypersearch.models.errors import UserError, nearest

FOLDER = "a folder of {} files"
FILE = "an {} file"


@dataclass(frozen=True)
class NamedSource:
    """A data set that is known by its name.

    `help`: what it holds. `class_names[y]` names the label y. `read` and `locate` take
    `--data-dir`; `locate` says where the files are, or None if they would be downloaded.
    """

    name: str
    help: str
    class_names: tuple[str, ...]
    read: Callable[[DataDir], Shipped]
    locate: Callable[[DataDir], str | None]


@dataclass(frozen=True)
class PathSource:
    """A format in which a user's own data can be.

    `layout`: `FOLDER` or `FILE`. `holds`: the files or arrays in it, by name. `help`: a sentence on
    what is in these. `present`: which of the format's files are in a folder, for the error about
    a folder that no source matches.
    """

    name: str
    layout: str
    holds: str
    help: str
    matches: Callable[[Path], bool]
    read: Callable[[Path], Shipped]
    present: Callable[[Path], Sequence[str]] = lambda folder: ()

    @property
    def place(self) -> str:
        """What the path is of: a folder of IDX files."""
        return self.layout.format(self.name)


_ROWS: tuple[NamedSource | PathSource, ...] = (
    NamedSource(
        name="fashion-mnist",
        help="60,000 + 10,000 images of clothes, 28 x 28, 10 classes",
        class_names=FASHION_CLASSES,
        read=read_fashion_mnist,
        locate=locate_fashion_mnist,
    ),
    NamedSource(
        name="fashion-mnist-5",
        help="Fashion-MNIST with its 10 classes merged into 5 of unequal size",
        class_names=FASHION_5_CLASSES,
        read=read_fashion_mnist_5,
        locate=locate_fashion_mnist,
    ),
    NamedSource(
        name="digits",
        help="scikit-learn's 1,797 handwritten digits, 8 x 8, 10 classes, no download",
        class_names=DIGITS_CLASSES,
        read=read_digits,
        locate=locate_digits,
    ),
    PathSource(
        name="IDX",
        layout=FOLDER,
        holds=f"{', '.join(idx.STEMS)} (plain or .gz)",
        help="The format of MNIST.",
        matches=idx.is_idx_folder,
        read=idx.read_idx_folder,
    ),
    PathSource(
        name=".npz",
        layout=FILE,
        holds="x_train, x_test of shape (n, height, width) and y_train, y_test of shape (n,)",
        help="Arrays of NumPy. Nothing in it is unpickled.",
        matches=npz.is_npz_file,
        read=npz.read_npz,
    ),
    PathSource(
        name="CSV",
        layout=FOLDER,
        holds=csv_files.NEEDED,
        help=(
            "In train.csv and test.csv the label comes first, then the pixels row by row."
            " With or without a header line."
        ),
        matches=csv_files.is_csv_folder,
        read=csv_files.read_csv_folder,
        present=csv_files.present,
    ),
)

SOURCES: Mapping[str, NamedSource | PathSource] = {source.name: source for source in _ROWS}
"""All sources, by name. A name goes before a path, and paths are matched in this order."""

NAMED_SOURCES = {name: row for name, row in SOURCES.items() if isinstance(row, NamedSource)}
PATH_SOURCES = {name: row for name, row in SOURCES.items() if isinstance(row, PathSource)}


def existing_path(name_or_path: str) -> Path:
    """The path in `--dataset`; a `UserError` that says what is allowed unless it exists."""
    path = Path(name_or_path).expanduser()
    try:
        exists = bool(name_or_path) and path.exists()
    except OSError as error:
        raise UserError(f"dataset {name_or_path!r}: cannot be read ({error.strerror})") from error
    if not exists:
        raise UserError(
            f"unknown dataset {name_or_path!r}, allowed: {', '.join(NAMED_SOURCES)}, "
            f"or the path of {_places(PATH_SOURCES.values())}"
            f"{nearest(name_or_path, NAMED_SOURCES)}"
        )
    return path


def read_path(path: Path) -> Shipped:
    """The data at an existing path, by the first source that it matches.

    Raises `UserError` if no source matches, or as the source's reader does.
    """
    for source in PATH_SOURCES.values():
        if source.matches(path):
            return source.read(path)
    raise _no_data_set(path)


def _no_data_set(path: Path) -> UserError:
    folders = [source for source in PATH_SOURCES.values() if source.layout == FOLDER]
    if path.is_dir():
        names = [name for source in folders for name in source.present(path)]
        got = f"only {', '.join(names)}" if names else "none of these"
        allowed = ", or ".join(source.holds for source in folders)
        return UserError(f"{path}: no data set, got {got}; allowed: {allowed}")
    files = _places(source for source in PATH_SOURCES.values() if source.layout == FILE)
    return UserError(f"{path}: not {files}; allowed: {files}, or {_places(folders)}")


def _places(sources: Iterable[PathSource]) -> str:
    """What the paths are of, those of one layout together: a folder of IDX or CSV files."""
    names: dict[str, list[str]] = {}
    for source in sources:
        names.setdefault(source.layout, []).append(source.name)
    return " or of ".join(layout.format(" or ".join(each)) for layout, each in names.items())
