"""What an installation holds."""

from __future__ import annotations

import tomllib
from pathlib import Path

ROOT = Path(__file__).parent.parent
SETTINGS = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["setuptools"]
CODE = ("analysis", "clustering", "models", "search")


def test_every_package_is_installed() -> None:
    found = {path.parent.relative_to(ROOT) for top in CODE for path in (ROOT / top).rglob("__init__.py")}
    assert sorted(SETTINGS["packages"]) == sorted(".".join(path.parts) for path in found)


def test_every_other_file_is_installed() -> None:
    files = {path for top in CODE for path in (ROOT / top).rglob("*") if path.is_file() and path.suffix != ".py"}
    files = {path for path in files if "__pycache__" not in path.parts}
    data = SETTINGS["package-data"].items()
    installed = {path for name, globs in data for glob in globs for path in (ROOT / name.replace(".", "/")).glob(glob)}
    assert files
    assert files == installed
