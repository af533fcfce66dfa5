"""What an installation holds."""

from __future__ import annotations

import subprocess
import sys
import tomllib
from pathlib import Path

ROOT = Path(__file__).parent.parent
SETTINGS = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["setuptools"]
PARTS = ("analysis", "clustering", "models", "search")


def folder(package: str) -> Path:
    """Where the code of a package lies."""
    _, _, inner = package.partition(".")
    return ROOT / (inner.replace(".", "/") or "hypersearch")


def test_there_is_one_package_at_the_top() -> None:
    assert {name.split(".")[0] for name in SETTINGS["packages"]} == {"hypersearch"}


def test_every_package_is_installed() -> None:
    inner = (path.parent for top in PARTS for path in (ROOT / top).rglob("__init__.py"))
    found = ["hypersearch", *(f"hypersearch.{'.'.join(p.relative_to(ROOT).parts)}" for p in inner)]
    assert sorted(SETTINGS["packages"]) == sorted(found)


def test_every_folder_of_code_is_a_package() -> None:
    folders = {path.parent for top in PARTS for path in (ROOT / top).rglob("*.py")}
    assert [each for each in folders if not (each / "__init__.py").is_file()] == []


def test_packages_lie_where_setuptools_looks_for_them() -> None:
    for name, place in SETTINGS["package-dir"].items():
        assert folder(name) == ROOT / place


def test_every_other_file_is_installed() -> None:
    files = {
        path
        for top in ("hypersearch", *PARTS)
        for path in (ROOT / top).rglob("*")
        if path.is_file() and path.suffix != ".py" and "__pycache__" not in path.parts
    }
    data = SETTINGS["package-data"].items()
    installed = {path for name, globs in data for glob in globs for path in folder(name).glob(glob)}
    assert files
    assert files == installed


def test_templates_are_found_from_any_folder(tmp_path: Path) -> None:
    """Not through the working folder, in which a project may have an `analysis` of its own."""
    (tmp_path / "analysis.py").write_text("raise SystemExit('the project of a user')\n")
    code = """
from hypersearch.analysis.templating import environment
for name in ("report.html.j2", "leaderboard.html.j2"):
    environment().get_template(name)
"""
    subprocess.run([sys.executable, "-c", code], check=True, cwd=tmp_path)
