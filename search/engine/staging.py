"""What travels to the nodes of a cluster: this package as one module, and the user's own family.

Ray ships folders. The four parts of the package lie at different places of a checkout, so they are
copied together first: one folder `hypersearch`, which is all that Ray's workers get from here.
"""

from __future__ import annotations

import shutil
import sys
from collections.abc import Iterable
from pathlib import Path

import hypersearch
from hypersearch import analysis, clustering, models, search
from hypersearch.search.families import USER_CODE

IGNORED = shutil.ignore_patterns("__pycache__", "*.pyc")


def staged_package(to: Path, homes: Iterable[Path] = ()) -> Path:
    """Copy the package to the folder `to/hypersearch`, and what was imported from `homes` into
    it.
    """
    package = to / "hypersearch"
    shutil.copytree(_folder(hypersearch), package, ignore=IGNORED)
    for part in (analysis, clustering, models, search):
        place = package / part.__name__.rpartition(".")[2]
        if not place.exists():  # an installed package holds them already
            shutil.copytree(_folder(part), place, ignore=IGNORED)
    for home in homes:
        copy_user_code(home, package / USER_CODE)
    return package


def copy_user_code(home: Path, to: Path) -> None:
    """Copy the modules that were imported from the folder `home`, each whole: a file, or a
    package.
    """
    for top in imported_from(home):
        if top.is_dir():
            shutil.copytree(top, to / top.name, ignore=IGNORED, dirs_exist_ok=True)
        else:
            to.mkdir(parents=True, exist_ok=True)
            shutil.copy2(top, to / top.name)


def imported_from(home: Path) -> list[Path]:
    """The files and folders right in `home` that hold imported modules; a virtual environment is
    none.
    """
    home, found = home.resolve(), set()
    for name, module in list(sys.modules.items()):
        file = Path(getattr(module, "__file__", None) or "/")
        if file.is_absolute() and file.resolve().is_relative_to(home):
            top = home / file.resolve().relative_to(home).parts[0]
            if top.stem == name.partition(".")[0]:
                found.add(top)
    return sorted(found)


def _folder(package: object) -> Path:
    return Path(str(getattr(package, "__file__", ""))).parent
