"""What travels to the nodes of a cluster."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from hypersearch.models.errors import UserError
from hypersearch.search.config.study_files import build
from hypersearch.search.engine.cluster import own_families, own_homes
from hypersearch.search.engine.staging import copy_user_code, imported_from, staged_package
from hypersearch.search.families import USER_CODE, find
from tests.project import TARGET, make_project

OURS = ("models", "utils")


@pytest.fixture
def project(here: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A user's folder, the working directory, whose family has been imported."""
    folder = make_project(here / "project")
    (folder / ".venv" / "lib").mkdir(parents=True)
    (folder / ".venv" / "lib" / "installed.py").write_text("")
    (folder / "models" / "unused.txt").write_text("a table that the family reads")
    monkeypatch.chdir(folder)
    monkeypatch.setattr(sys, "path", [*sys.path, str(folder / ".venv" / "lib")])
    assert find(TARGET).name == "knn"
    import installed  # noqa: F401  # of the virtual environment

    yield folder
    for name in [*sys.modules]:
        if name.partition(".")[0] in (*OURS, "installed"):
            del sys.modules[name]


def test_what_was_imported_from_a_folder(project: Path) -> None:
    assert imported_from(project) == [project / "models", project / "utils.py"]
    assert imported_from(project / "analysis") == []


def test_the_users_modules_are_copied_whole(project: Path, tmp_path: Path) -> None:
    copy_user_code(project, tmp_path / "to")
    copied = {path.relative_to(tmp_path / "to").as_posix() for path in (tmp_path / "to").rglob("*")}
    assert copied == {"models", "models/__init__.py", "models/knn.py", "models/unused.txt"} | {
        "utils.py"
    }


def test_a_study_without_own_families_takes_nothing_of_the_user(here: Path) -> None:
    config = build(["toy", "kmeans"], {"dataset": "digits"})
    assert own_families(config) == own_homes(config) == []
    package = staged_package(here / "staged")
    assert not (package / USER_CODE).exists()


def test_the_staged_package_alone_imports_the_family(project: Path, tmp_path: Path) -> None:
    config = build([TARGET, "toy"], {"dataset": "digits"})
    assert own_families(config) == [TARGET]
    assert own_homes(config) == [project]
    package = staged_package(tmp_path / "staged", own_homes(config))
    shutil.move(project, tmp_path / "out-of-reach")
    code = f"""
import sys
from pathlib import Path
from hypersearch.search.families import FAMILIES, find
family = find({TARGET!r}, Path({str(project)!r}))
assert family.name == "knn" and family.space["k"].high == 20, family
staged = Path(sys.argv[1])
for name in ("hypersearch", "hypersearch.search", "models", "models.knn", "utils"):
    assert staged in Path(sys.modules[name].__file__).parents, sys.modules[name]
[find(name) for name in FAMILIES]
assert find("toy").name == "toy"
"""
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    ended = subprocess.run(
        [sys.executable, "-P", "-c", code, str(package)],
        cwd=elsewhere,
        env={**os.environ, "PYTHONPATH": str(package.parent)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert ended.returncode == 0, ended.stderr


def test_a_family_that_is_nowhere_is_said_to_be_missing(here: Path) -> None:
    gone = here / "gone"
    with pytest.raises(UserError) as caught:
        find("nowhere.mine:FAMILY", gone)
    assert str(caught.value) == (
        "cannot import the family 'nowhere.mine:FAMILY': ModuleNotFoundError: No module named"
        f" 'nowhere'; it was expected in {gone}, which is not there any more; run the command in"
        " the folder that holds nowhere, or bring that back"
    )


def test_what_a_family_itself_lacks_is_named(here: Path) -> None:
    Path("lacking.py").write_text("import no_such_library\n")
    with pytest.raises(UserError) as caught:
        find("lacking:FAMILY")
    assert str(caught.value) == (
        "cannot import the family 'lacking:FAMILY': ModuleNotFoundError: No module named"
        " 'no_such_library'"
    )
