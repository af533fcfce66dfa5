"""How features are spelled: `raw`, `pca:50`, `autoencoder,umap:10`, `cnn@flatten,standard`.

A chain of steps, joined by commas (or `>`). The first makes rows of the images: their pixels
(`raw`, which need not be written before another step) or what a network makes of them; each of the
others makes new rows of those before it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

from hypersearch.models.errors import UserError, nearest

NETWORKS = ("autoencoder", "vae", "cnn")
"""Families whose fitted networks make rows of images: their code, its mean, or what a layer gives.
"""

SPELLED = (
    "raw",
    "standard",
    "pca:N",
    "umap:N",
    "umap:N@ROWS",
    "tsne:2",
    "autoencoder",
    "vae",
    "cnn",
    "cnn@LAYER",
)
NETWORK = re.compile(
    r"(?P<kind>autoencoder|vae|cnn)(?:@(?P<layer>\w+))?(?::(?P<study>[A-Za-z0-9_][A-Za-z0-9._-]*))?"
)
SIZED = re.compile(r"(?P<kind>pca|umap|tsne):(?P<size>[0-9]+)(?:@(?P<rows>[0-9]+))?")
LEAST_ROWS = 4  # of training images that UMAP and t-SNE can arrange


@dataclass(frozen=True)
class FeatureStep:
    """One step of a chain."""

    kind: str  # "raw", "standard", "pca", "umap", "tsne", or one of `NETWORKS`
    size: int = 0  # columns that pca, umap and tsne give
    rows: int = 0  # training images that umap is fitted on; 0, or more than there are: all
    layer: str = ""  # of a cnn; empty: the one before the last
    study: str = ""  # whose network; empty: this study's

    def __str__(self) -> str:
        """As it is written, without the study."""
        size = f":{self.size}" if self.size else ""
        part = f"@{self.rows or self.layer}" if self.rows or self.layer else ""
        return f"{self.kind}{size}{part}"


def parse(features: str) -> tuple[FeatureStep, ...]:
    """The steps of a chain; a `UserError` that says what was got and what is allowed.

    >>> [str(step) for step in parse("autoencoder > umap:10")]
    ['autoencoder', 'umap:10']
    """
    words = [word.strip() for word in re.split("[,>]", features)]
    if not all(words):
        raise UserError(
            f"features: got {features!r}, expected steps joined by commas, as autoencoder,umap:10"
        )
    steps = tuple(_step(word) for word in words)
    for step in steps[1:]:
        if step.kind in ("raw", *NETWORKS):
            raise UserError(
                f"features: {step} makes rows of images, so it stands first, got {features!r}"
            )
    if steps[0].kind == "raw" and len(steps) > 1:
        return steps[1:]
    return steps


def spelled(features: str) -> str:
    """The same chain in one spelling, its study included: what a record says.

    >>> spelled("raw > pca:50"), spelled("vae:first, standard")
    ('pca:50', 'vae:first,standard')
    """
    return ",".join(f"{step}:{step.study}" if step.study else str(step) for step in parse(features))


def kind(features: str) -> str:
    """The chain without the study of its network.

    Features of equal kind can be compared with a baseline's.
    """
    return ",".join(str(step) for step in parse(features))


def network(features: str) -> FeatureStep | None:
    """The network that the chain begins with, or None."""
    first = parse(features)[0]
    return first if first.kind in NETWORKS else None


def places_others(features: str) -> bool:
    """False if images that come later cannot be placed in these features (t-SNE)."""
    return all(step.kind != "tsne" for step in parse(features))


def check(features: str, pixels: int, n_train: int) -> None:
    """Raise a `UserError` for sizes that so many training images of so many pixels do not admit.

    How many columns a network gives is not known before it is there: these are checked when they
    are made.
    """
    columns: int | None = None if network(features) else pixels
    for step in parse(features):
        check_size(step, columns, n_train)
        columns = step.size or columns


def check_size(step: FeatureStep, columns: int | None, n_train: int) -> None:
    """Raise a `UserError` if a step cannot give its columns from `columns` of them.

    None: their number is not known yet.
    """
    most = n_train if columns is None else min(columns, n_train)
    if step.kind == "pca" and step.size > most:
        given = f"{n_train} training images"
        if columns is not None:
            given += f" of {columns} columns"
        raise UserError(f"features: got {step}, allowed: pca:1 to pca:{most}, of {given}")
    least, rows = step.size + LEAST_ROWS, min(n_train, step.rows or n_train)
    if step.kind in ("umap", "tsne") and rows < least:
        raise UserError(f"features: {step} needs at least {least} training images, got {rows}")


def _step(word: str) -> FeatureStep:
    if word in ("raw", "standard"):
        return FeatureStep(word)
    if match := NETWORK.fullmatch(word):
        return _network(word, **{name: text or "" for name, text in match.groupdict().items()})
    if match := SIZED.fullmatch(word):
        return _sized(word, match["kind"], int(match["size"]), match["rows"])
    raise _unknown(word)


def _network(word: str, kind: str, layer: str, study: str) -> FeatureStep:
    if layer and kind != "cnn":
        raise UserError(
            f"features: got {word!r}, only a cnn is asked for a layer:"
            f" {replace(FeatureStep(kind), study=study)}"
        )
    return FeatureStep(kind, layer=layer, study=study)


def _sized(word: str, kind: str, size: int, rows: str | None) -> FeatureStep:
    if rows is not None and kind != "umap":
        step = FeatureStep(kind, size)
        raise UserError(f"features: got {word!r}, only umap is fitted on some of the rows: {step}")
    if rows is not None and not int(rows):
        raise UserError(
            f"features: got {word!r}, expected umap:N@ROWS with ROWS a whole number from 1 on"
        )
    if kind == "tsne" and size != 2:
        raise UserError(
            f"features: got {word!r}, allowed: tsne:2; for more columns umap:{max(size, 1)}"
        )
    if not size:
        raise UserError(
            f"features: got {word!r}, expected {kind}:N with N a whole number from 1 on"
        )
    return FeatureStep(kind, size, int(rows or 0))


def _unknown(word: str) -> UserError:
    name = re.split("[:@+]", word)[0]
    if name in ("pca", "umap", "tsne"):
        return UserError(
            f"features: got {word!r}, expected {name}:N with N a whole number from 1 on, as"
            f" {name}:2"
        )
    if name in ("raw", "standard"):
        return UserError(f"features: got {word!r}, {name} takes nothing after it")
    names = [re.split("[:@]", each)[0] for each in SPELLED]
    return UserError(
        f"features: unknown step {word!r}, allowed: {', '.join(SPELLED)}{nearest(name, names)}"
    )
