"""The registry: every family by name, and people's own by `package.module:FAMILY`. A new family is one line here."""

from __future__ import annotations

import importlib
import sys
from pathlib import Path

from models.api import Family
from models.errors import UserError, unknown

FAMILIES = {
    "cnn": "models.cnn:FAMILY",
    "autoencoder": "models.autoencoder:FAMILY",
    "vae": "models.vae:FAMILY",
    "random_forest": "models.random_forest:FAMILY",
    "linear_svm": "models.linear_svm:FAMILY",
    "kmeans": "clustering.kmeans:FAMILY",
    "dbscan": "clustering.dbscan:FAMILY",
    "gaussian_mixture": "clustering.gaussian_mixture:FAMILY",
    "toy": "models.toy:FAMILY",
}


def find(target: str, home: Path | None = None) -> Family:
    """The family called `target`, or the one at `package.module:NAME`, which may lie in the folder `home`.

    `home` is the working directory unless given; a worker gives the driver's.
    """
    if ":" not in target and target not in FAMILIES:
        raise unknown("family", target, [*FAMILIES, "package.module:NAME"])
    module, _, attribute = FAMILIES.get(target, target).partition(":")
    return _import(target, module, attribute, str(home or Path.cwd()))


def _import(target: str, module: str, attribute: str, home: str) -> Family:
    if target not in FAMILIES and home not in sys.path:
        sys.path.insert(0, home)
    try:
        imported = importlib.import_module(module)
    except Exception as error:  # the module is the user's: whatever it raises is theirs to mend
        raise UserError(f"cannot import the family {target!r}: {type(error).__name__}: {error}") from error
    if not hasattr(imported, attribute):
        there = [name for name, value in vars(imported).items() if isinstance(value, Family)]
        raise unknown(f"family in {module}", attribute, there)
    family = getattr(imported, attribute)
    if not isinstance(family, Family):
        raise UserError(f"{target!r} is a {type(family).__name__}, expected a models.api.Family")
    return family
