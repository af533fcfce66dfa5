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

    from hypersearch.models.serialization import load_exported
    load_exported(Path("FOLDER")).predict(x)   # x: uint8 (n, {height}, {width})

preprocess.json says what goes in and what comes out, best.json what was fitted and how well it did.
"""


def predict(model: Path, images: str, data_dir: Path | None, out: TextIO) -> tuple[int, float]:
    """Write a CSV row for each of `images`; how many there are, and how many a second.

    They are image files, one or a folder of them, or the test images of a data set.
    """
    files = [] if images in NAMES else image_files(Path(images).expanduser())
    x_nhw = read_images(files) if files else load_dataset(images, data_dir=data_dir).x_test
    with muted():
        shelved = load_exported(model, x_nhw)
        shelved.predict(x_nhw[:1])  # builds the graph
    began = time.perf_counter()
    values_nc = shelved.predict(x_nhw)
    speed = len(x_nhw) / (time.perf_counter() - began)
    names: Sequence[str | int] = [file.name for file in files] or range(len(x_nhw))
    csv.writer(out, lineterminator="\n").writerows(_rows(shelved, names, values_nc))
    return len(x_nhw), speed


def _rows(
    shelved: ExportedModel, names: Sequence[str | int], values_nc: Any
) -> Iterator[Sequence[Any]]:
    """A header, then for each image its class and how sure of it the model is, or its code.

    A class is counted from 0, its name is that of the data; a vae's code has a mean and a
    log-variance a dimension.
    """
    if "codes" in shelved.output:
        both = "log-variances" in shelved.output
        words = ("mean", "log_variance") if both else ("code",)
        yield [
            "image",
            *(f"{word}.{n}" for word in words for n in range(values_nc.shape[1] // len(words))),
        ]
        yield from (
            [name, *(f"{value:.6g}" for value in row)]
            for name, row in zip(names, values_nc, strict=True)
        )
        return
    yield [
        "image",
        "class",
        "name",
        "confidence" if shelved.output == "probabilities" else "margin",
    ]
    for name, row in zip(names, values_nc, strict=True):
        label = int(np.argmax(row))
        yield [name, label, shelved.class_names[label], f"{row[label]:.6g}"]
