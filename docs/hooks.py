"""What MkDocs does besides: fills in tables, and brings pages from beside `docs/` into the site.

MkDocs calls the functions that begin with `on_`.
"""

from __future__ import annotations

import posixpath
import re
import tempfile
import tomllib
from pathlib import Path
from typing import Any

from registry_tables import filled

ROOT = Path(__file__).parent.parent
BESIDE = ("benchmarks/*.md", "CHANGELOG.md", "CONTRIBUTING.md")
"""Pages of the repository that the site has as well, under the same path."""

LINK = re.compile(r"(?P<open>\]\()(?P<target>[^)#\s:]+\.(?:md|py|png))(?P<rest>(?:#[^)\s]*)?\))")
PACKAGE = tempfile.TemporaryDirectory(prefix="hypersearch-docs-")


def beside() -> list[str]:
    """The paths of the pages that lie outside `docs/`, within the repository."""
    return [
        path.relative_to(ROOT).as_posix() for glob in BESIDE for path in sorted(ROOT.glob(glob))
    ]


def linked(markdown: str, page: str) -> str:
    """The same with links between pages as they lie in the site; `page`: its path there."""
    home = "" if page in beside() else "docs/"
    folder = posixpath.dirname(page)

    def moved(match: re.Match[str]) -> str:
        target = posixpath.normpath(posixpath.join(home, folder, match["target"]))
        placed = target.removeprefix("docs/")
        return match["open"] + posixpath.relpath(placed, folder or ".") + match["rest"]

    return LINK.sub(moved, markdown)


def on_config(config: Any) -> Any:
    """Show mkdocstrings the package in one folder: its parts lie beside each other here."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    folders = project["tool"]["setuptools"]["package-dir"]
    home = Path(PACKAGE.name) / "hypersearch"
    home.mkdir(exist_ok=True)
    parts = [ROOT / folder for name, folder in folders.items() if "." in name]
    for path in [*parts, *(ROOT / folders["hypersearch"]).glob("*.py")]:
        link = home / path.name
        link.unlink(missing_ok=True)
        link.symlink_to(path)
    config.plugins["mkdocstrings"].config.handlers["python"]["paths"] = [PACKAGE.name]
    return config


on_config.mkdocs_priority = 100  # type: ignore[attr-defined]  # before mkdocstrings reads it


def on_files(files: Any, config: Any) -> Any:
    """Add the pages that lie outside `docs/`."""
    from mkdocs.structure.files import File

    for path in beside():
        files.append(File.generated(config, path, abs_src_path=str(ROOT / path)))
    return files


def on_page_markdown(markdown: str, page: Any, config: Any, files: Any) -> str:
    """Fill in what is generated, and mend the links to pages beside `docs/`."""
    return linked(filled(markdown), page.file.src_uri)
