"""The registry: every family by name, and people's own by `package.module:FAMILY`.

A new family is one line here.
"""

from __future__ import annotations

import importlib
import sys
from pathlib import Path

import hypersearch
from hypersearch.models.api import Family
from hypersearch.models.errors import UserError, unknown

FAMILIES = {
    "cnn": "hypersearch.models.families.cnn:FAMILY",
    "autoencoder": "hypersearch.models.families.autoencoder:FAMILY",
    "vae": "hypersearch.models.families.vae:FAMILY",
    "random_forest": "hypersearch.models.families.random_forest:FAMILY",
    "linear_svm": "hypersearch.models.families.linear_svm:FAMILY",
    "kmeans": "hypersearch.clustering.kmeans:FAMILY",
    "dbscan": "hypersearch.clustering.dbscan:FAMILY",
    "gaussian_mixture": "hypersearch.clustering.gaussian_mixture:FAMILY",
    "toy": "hypersearch.models.families.toy:FAMILY",
}


USER_CODE = "_user_code"  # folder of the package on a node of a cluster: what came with the study


def is_own(target: str) -> bool:
    """True for a family of the user's, named as `package.module:NAME`."""
    return target not in FAMILIES


def find(target: str, home: Path | None = None) -> Family:
    """The family called `target`, or the one at `package.module:NAME`, which may lie in the folder
    `home`.

    `home` is the working directory unless given. Where there is no such folder, as on a node of a
    cluster, the copy that came with this package is taken.
    """
    if ":" not in target and target not in FAMILIES:
        raise unknown("family", target, [*FAMILIES, "package.module:NAME"])
    module, _, attribute = FAMILIES.get(target, target).partition(":")
    if is_own(target):
        make_importable(home or Path.cwd())
    return _import(target, module, attribute)


def make_importable(home: Path) -> None:
    """Put `home` first on the import path; where it is not there, the copy that came with us."""
    copied = Path(str(hypersearch.__file__)).parent / USER_CODE
    folder = str(home if home.is_dir() else copied)
    if folder not in sys.path:
        sys.path.insert(0, folder)


def _import(target: str, module: str, attribute: str) -> Family:
    try:
        imported = importlib.import_module(module)
    except Exception as error:  # the module is the user's: whatever it raises is theirs to mend
        raise UserError(
            f"cannot import the family {target!r}: {type(error).__name__}: {error}"
        ) from error
    if not hasattr(imported, attribute):
        there = [name for name, value in vars(imported).items() if isinstance(value, Family)]
        raise unknown(f"family in {module}", attribute, there)
    family = getattr(imported, attribute)
    if not isinstance(family, Family):
        raise UserError(f"{target!r} is a {type(family).__name__}, expected a hypersearch.Family")
    return family
