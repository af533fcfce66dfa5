"""`hypersearch predict`: a model that was exported, at work on images."""

from __future__ import annotations

import csv
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, TextIO

import numpy as np

from hypersearch.models.data.datasets import NAMES, load_dataset
from hypersearch.models.data.image_files import image_files, read_images
from hypersearch.models.serialization import ExportedModel, load_exported
from hypersearch.search.display.terminal import muted

HEAD = "The best {family} of study {study}, as `hypersearch export` wrote it: {words}.\n\n"
USE = """\
    # IMAGES: image files, a folder of them, or a data set by name or path
    hypersearch predict FOLDER IMAGES

    from pathlib import Path
    from hypersearch.models.serialization import load_exported
    load_exported(Path("FOLDER")).predict(x)   # x: uint8 (n, {height}, {width})

preprocess.json says what goes in and what comes out, best.json what was fitted and how well it did.
"""


NOT_USABLE = "It is as the family saves it between steps; `hypersearch predict` cannot use it.\n"


def predict(model: Path, images: str, data_dir: Path | None, out: TextIO) -> tuple[int, float]:
    """Write a CSV row for each image to `out`. Returns their number, and images a second.

    `images` is an image file, a folder of them, or a data set, of which the test images are taken.
    """
    files = [] if images in NAMES else image_files(Path(images).expanduser())
    x_nhw = read_images(files) if files else load_dataset(images, data_dir=data_dir).x_test
    with muted():
        exported = load_exported(model, x_nhw)
        exported.predict(x_nhw[:1])  # builds the graph
    began = time.perf_counter()
    values_nc = exported.predict(x_nhw)
    speed = len(x_nhw) / (time.perf_counter() - began)
    names: Sequence[str | int] = [file.name for file in files] or range(len(x_nhw))
    csv.writer(out, lineterminator="\n").writerows(_rows(exported, names, values_nc))
    return len(x_nhw), speed


def _rows(
    exported: ExportedModel, names: Sequence[str | int], values_nc: Any
) -> Iterator[Sequence[Any]]:
    """Yield a header, then a row for each image.

    A code, or a class with the confidence or margin of the model. Classes count from 0; the name
    of a class is that of the data.
    """
    if "codes" in exported.output:
        yield from _code_rows(exported, names, values_nc)
        return
    sureness = "confidence" if exported.output == "probabilities" else "margin"
    yield ["image", "class", "name", sureness]
    for name, row in zip(names, values_nc, strict=True):
        label = int(np.argmax(row))
        yield [name, label, exported.class_names[label], f"{row[label]:.6g}"]


def _code_rows(
    exported: ExportedModel, names: Sequence[str | int], values_nc: Any
) -> Iterator[Sequence[Any]]:
    """The code of each image. That of a vae has a mean and a log-variance a dimension."""
    words = ("mean", "log_variance") if "log-variances" in exported.output else ("code",)
    dimensions = range(values_nc.shape[1] // len(words))
    yield ["image", *(f"{word}.{n}" for word in words for n in dimensions)]
    for name, row in zip(names, values_nc, strict=True):
        yield [name, *(f"{value:.6g}" for value in row)]
