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

    `home` is the working directory unless given. Where it does not hold the module, as on a node
    of a cluster, the copy that came with this package is taken, or what the working directory
    holds.
    """
    if ":" not in target and target not in FAMILIES:
        raise unknown("family", target, [*FAMILIES, "package.module:NAME"])
    module, _, attribute = FAMILIES.get(target, target).partition(":")
    home = home or Path.cwd()
    if is_own(target):
        make_importable(code_folder(module, home))
    return _import(target, module, attribute, home)


def code_folder(module: str, home: Path) -> Path:
    """The first folder that holds `module`: `home`, the copy that came with this package, the
    working directory. `home` if none does: the module may be installed.
    """
    copied = Path(str(hypersearch.__file__)).parent / USER_CODE
    top = module.partition(".")[0]
    for folder in (home, copied, Path.cwd()):
        if (folder / top).is_dir() or (folder / f"{top}.py").is_file():
            return folder
    return home


def make_importable(folder: Path) -> None:
    """Put `folder` first on the import path, if it is not on it."""
    if folder.is_dir() and str(folder) not in sys.path:
        sys.path.insert(0, str(folder))


def _import(target: str, module: str, attribute: str, home: Path) -> Family:
    try:
        imported = importlib.import_module(module)
    except (Exception, SystemExit) as error:  # the module is the user's: whatever it raises
        reason = _reason(module, home, error)
        raise UserError(f"cannot import the family {target!r}: {reason}") from error
    if not hasattr(imported, attribute):
        there = [name for name, value in vars(imported).items() if isinstance(value, Family)]
        raise unknown(f"family in {module}", attribute, there)
    family = getattr(imported, attribute)
    if not isinstance(family, Family):
        raise UserError(f"{target!r} is a {type(family).__name__}, expected a hypersearch.Family")
    return family


def _reason(module: str, home: Path, error: BaseException) -> str:
    """Why `module` cannot be imported, and where it was looked for if it is not there."""
    words = f"{type(error).__name__}: {error}"
    if not isinstance(error, ModuleNotFoundError) or not _is_part(error.name, module):
        return words
    top = module.partition(".")[0]
    folder = code_folder(module, home)
    if (folder / f"{top}.py").is_file() and (folder / top).is_dir():
        return (
            f"{top} is the file {folder / top}.py, not the folder {top} beside it; put an"
            " __init__.py into the folder, or rename one of the two"
        )
    if home.is_dir() and home.samefile(Path.cwd()):
        return words
    gone = "" if home.is_dir() else ", which is not there any more"
    return (
        f"{words}; it was expected in {home}{gone}; run the command in the folder that holds"
        f" {top}, or bring that back"
    )


def _is_part(missing: str | None, module: str) -> bool:
    """True if `missing` is `module` or a package that it lies in, not something that it imports."""
    return missing is not None and f"{module}.".startswith(f"{missing}.")
