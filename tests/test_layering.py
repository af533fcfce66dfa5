"""Who may import whom."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
PACKAGES = ("models", "clustering", "search", "analysis")
ALLOWED = {
    "models": {"models"},
    "clustering": {"models", "clustering"},
    "analysis": {"models", "analysis"},
    "search": set(PACKAGES),
}
RAY_FILES = {f"search/{name}.py" for name in ("engine", "controller", "cluster", "feeding", "ledger")}
RAY_FILES |= {f"search/{name}.py" for name in ("trainable", "searcher", "halting", "trackers")}
FILES = sorted(path for package in PACKAGES for path in (ROOT / package).rglob("*.py"))


def imports(path: Path, everywhere: bool) -> set[str]:
    """Top-level names that a file imports: anywhere in it, or at module level."""
    tree = ast.parse(path.read_text())
    nodes = ast.walk(tree) if everywhere else iter(tree.body)
    found: set[str] = set()
    for node in nodes:
        if isinstance(node, ast.Import):
            found |= {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found.add(node.module.split(".")[0])
    return found


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(ROOT)))
def test_arrows_point_one_way(path: Path) -> None:
    name = path.relative_to(ROOT).as_posix()
    anywhere = imports(path, everywhere=True)
    assert anywhere & set(PACKAGES) <= ALLOWED[name.split("/")[0]]
    assert "ray" not in anywhere or name in RAY_FILES
    if not name.startswith("search/"):
        assert "optuna" not in anywhere or name == "analysis/figures/importances.py"
        assert "optuna" not in imports(path, everywhere=False), "Optuna is imported where it is used"
    if name != "models/sampling.py":  # a layer, itself imported where it is used
        assert not {"keras", "tensorflow"} & imports(path, everywhere=False), "Keras is imported where it is used"
    assert "tensorflow" not in anywhere or name == "models/backend.py", "the Keras API only"


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(ROOT)))
def test_files_stay_small(path: Path) -> None:
    assert len(path.read_text().splitlines()) <= 300


def test_driver_does_not_load_tensorflow() -> None:
    code = (
        "import sys; import search.engine, search.cli, search.confirm, analysis; from search.families import *;"
        "[find(name) for name in FAMILIES]; assert not {'tensorflow', 'keras', 'torch', 'jax'} & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], check=True, cwd=ROOT)
