"""A user's folder whose files are called as the parts of hypersearch are."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

ROOT = Path(__file__).parent.parent
OTHERS = ("search.py", "analysis.py", "clustering.py", "config.py", "models.py", "search_space.py")
TARGET = "models.knn:FAMILY"
DATA = ("--dataset", "digits", "--max-samples", "200")
COMMAND = (sys.executable, "-m", "hypersearch")
CONSOLE_SCRIPT = (  # what an installation puts into bin/
    sys.executable,
    "-P",
    "-c",
    "import sys; from hypersearch.search.cli.main import main; sys.exit(main())",
)


def example_family() -> str:
    """The family that CONTRIBUTING.md shows whole."""
    text = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    (code,) = (
        block
        for block in re.findall(r"```python\n(.*?)```", text, re.DOTALL)
        if 'name="knn"' in block
    )
    return str(code)


def make_project(folder: Path) -> Path:
    """Write the files of a user; those that nobody should import end the program."""
    (folder / "models").mkdir(parents=True)
    (folder / "analysis").mkdir()
    for name in (*OTHERS, "analysis/__init__.py"):
        (folder / name).write_text(f"raise SystemExit('{name} was imported')\n")
    (folder / "utils.py").write_text("NEIGHBOURS = 20\n")
    (folder / "models" / "__init__.py").write_text("import utils\n")
    code = example_family()
    assert "Int(1, 20)" in code
    code = code.replace("Int(1, 20)", "Int(1, NEIGHBOURS)")
    (folder / "models" / "knn.py").write_text(f"from utils import NEIGHBOURS\n{code}")
    return folder


def call(
    folder: Path,
    *words: str,
    command: tuple[str, ...] = COMMAND,
    more: Mapping[str, str] | None = None,
) -> subprocess.CompletedProcess[str]:
    """Run a command in `folder`, as a user does."""
    environment = {**os.environ, **(more or {})}
    return subprocess.run(
        [*command, *words],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        timeout=180,
        check=False,
    )
