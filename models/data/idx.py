"""Reads IDX, the file format of MNIST and Fashion-MNIST, plain or gzipped.

A file is a big-endian magic number (0x0803 for images, 0x0801 for labels), one 32-bit length a
dimension, then the bytes. Nothing in a file is trusted: it is read no further than one byte past
what its header promises.
"""

from __future__ import annotations

import gzip
import hashlib
import struct
import zlib
from collections.abc import Mapping
from io import BufferedReader
from math import prod
from pathlib import Path
from typing import NamedTuple, TypeAlias

import numpy as np
from numpy.typing import NDArray

from hypersearch.models.errors import UserError

Pixels: TypeAlias = NDArray[np.uint8]
Labels: TypeAlias = NDArray[np.int64]

STEMS = (
    "train-images-idx3-ubyte",
    "train-labels-idx1-ubyte",
    "t10k-images-idx3-ubyte",
    "t10k-labels-idx1-ubyte",
)
"""The four files of a data set, in the order of `Shipped`."""

MAX_BYTES = 4 * 2**30
"""A header that promises more is taken for damaged: no gray image set of this kind is that large.
"""

_MAGIC = {3: 0x00000803, 1: 0x00000801}
_KIND = {3: "images", 1: "labels"}
_CHUNK = 2**22


class Shipped(NamedTuple):
    """A data set as its files hold it.

    x_*: uint8 (n, h, w). y_*: int64 (n,), the labels of the files.
    """

    x_train: Pixels
    y_train: Labels
    x_test: Pixels
    y_test: Labels


def read_images(path: Path) -> Pixels:
    """The images of an IDX file, uint8 (n, h, w), with n, h and w at least 1.

    A file whose name ends in `.gz` is unpacked. Raises `UserError` for a file that cannot be
    opened, is no IDX image file, is cut short or runs on too long.
    """
    return _read(path, 3)


def read_labels(path: Path) -> Labels:
    """The labels of an IDX file, int64 (n,) in 0..255; the same errors as `read_images`."""
    return _read(path, 1).astype(np.int64)


def is_idx_folder(path: Path) -> bool:
    """True for a folder that holds any of the four files."""
    return path.is_dir() and bool(locate(path))


def read_idx_folder(folder: Path) -> Shipped:
    """The data set in a folder; a `UserError` if files are missing, or as `read_folder` raises."""
    files = locate(folder)
    if missing := [stem for stem in STEMS if stem not in files]:
        raise UserError(
            f"{folder}: IDX files are missing: {', '.join(missing)} (each plain or with .gz)"
        )
    return read_folder(files)


def read_folder(files: Mapping[str, Path]) -> Shipped:
    """The data set in the four files that `locate` found.

    Raises `UserError` if images and labels differ in number, and for a file that cannot be read.
    """
    train, train_labels, test, test_labels = (files[stem] for stem in STEMS)
    return Shipped(*_pair(train, train_labels), *_pair(test, test_labels))


def locate(folder: Path) -> dict[str, Path]:
    """Which of the four files are in `folder`, by stem.

    They may end in `.gz`, and be spelled `-idx` or `.idx`.
    """
    found = {}
    for stem in STEMS:
        spellings = (stem, stem.replace("-idx", ".idx"))
        paths = (folder / f"{spelling}{end}" for spelling in spellings for end in ("", ".gz"))
        if path := next(filter(_is_file, paths), None):
            found[stem] = path
    return found


def header(shape: tuple[int, ...]) -> bytes:
    """The first bytes of the IDX file of an array of this shape.

    Three lengths are those of images, one length is that of labels.
    """
    return struct.pack(f">{1 + len(shape)}I", _MAGIC[len(shape)], *shape)


def sha256(array: Pixels | Labels) -> str:
    """The hexadecimal SHA-256 of the unpacked IDX file that holds `array`.

    A file is nothing but its header and its bytes.
    """
    digest = hashlib.sha256(header(array.shape))
    digest.update(np.ascontiguousarray(array, dtype=np.uint8).data)
    return digest.hexdigest()


def _is_file(path: Path) -> bool:
    try:
        return path.is_file()
    except OSError as error:  # a folder that may not be entered
        raise UserError(f"{path}: cannot be read ({error.strerror})") from error


def _pair(images: Path, labels: Path) -> tuple[Pixels, Labels]:
    x_nhw, y_n = read_images(images), read_labels(labels)
    if len(x_nhw) != len(y_n):
        raise UserError(
            f"{labels}: got {len(y_n)} labels for the {len(x_nhw)} images of {images.name}"
        )
    return x_nhw, y_n


def _read(path: Path, dimensions: int) -> Pixels:
    try:
        with _open(path) as file:
            shape = _shape(path, file.read(4 + 4 * dimensions), dimensions)
            data = _at_most(file, prod(shape) + 1)
    except gzip.BadGzipFile as error:
        raise UserError(
            f"{path}: not a gzip file, or a damaged one; drop .gz from the name of a plain one"
        ) from error
    except (EOFError, zlib.error) as error:
        raise UserError(f"{path}: damaged or truncated gzip data") from error
    except OSError as error:
        raise UserError(
            f"{path}: cannot be read ({error.strerror or type(error).__name__})"
        ) from error
    if len(data) != prod(shape):
        got = f"truncated, {len(data):,} bytes of data"
        if len(data) > prod(shape):
            got = "trailing bytes"
        raise UserError(
            f"{path}: {got}; its header promises {prod(shape):,} bytes ({_times(shape)})"
        )
    return np.frombuffer(data, np.uint8).reshape(shape)


def _open(path: Path) -> gzip.GzipFile | BufferedReader:
    return gzip.open(path) if path.suffix == ".gz" else path.open("rb")


def _shape(path: Path, head: bytes, dimensions: int) -> tuple[int, ...]:
    """The lengths that a header gives, checked before a byte of data is read."""
    if len(head) < 4 + 4 * dimensions:
        raise UserError(
            f"{path}: truncated, {len(head)} bytes where the header alone has {4 + 4 * dimensions}"
        )
    magic, *shape = struct.unpack(f">{1 + dimensions}I", head)
    if magic != _MAGIC[dimensions]:
        raise UserError(
            f"{path}: not an IDX file of {_KIND[dimensions]}, got magic number {magic:#010x}, "
            f"allowed {_MAGIC[dimensions]:#010x}"
        )
    if prod(shape) == 0:
        raise UserError(
            f"{path}: empty, got {_times(shape)} {_KIND[dimensions]}; at least one is needed"
        )
    if prod(shape) > MAX_BYTES:
        raise UserError(
            f"{path}: its header promises {prod(shape):,} bytes ({_times(shape)}), allowed"
            f" {MAX_BYTES:,}"
        )
    return tuple(shape)


def _at_most(file: gzip.GzipFile | BufferedReader, count: int) -> bytearray:
    """Up to `count` bytes, a chunk at a time.

    So a header that lies cannot make the process reserve what it promises.
    """
    data = bytearray()
    while len(data) < count and (chunk := file.read(min(_CHUNK, count - len(data)))):
        data += chunk
    return data


def _times(shape: tuple[int, ...] | list[int]) -> str:
    return " x ".join(map(str, shape))
