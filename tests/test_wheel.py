"""The wheel, installed by itself, runs from an empty folder and finds nothing of the checkout."""

from __future__ import annotations

import os
import subprocess
import sys
import sysconfig
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Built from a copy of what git tracks, so that no old build folder gets in."""
    folder = tmp_path_factory.mktemp("wheel")
    copy = folder / "source"
    copy.mkdir()
    names = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True)
    if names.returncode:
        pytest.skip("not a git checkout")
    for name in names.stdout.splitlines():
        if (ROOT / name).is_file() and not name.startswith(("tests/", "benchmarks/", "docs/")):
            (copy / name).parent.mkdir(parents=True, exist_ok=True)
            (copy / name).write_bytes((ROOT / name).read_bytes())
    build = [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--no-build-isolation"]
    subprocess.run([*build, "--wheel-dir", str(folder), str(copy)], check=True)
    (built,) = folder.glob("*.whl")
    return built


def test_the_wheel_holds_one_package(wheel: Path) -> None:
    names = zipfile.ZipFile(wheel).namelist()
    tops = {name.split("/")[0] for name in names}
    assert {top for top in tops if not top.endswith(".dist-info")} == {"hypersearch"}
    assert "hypersearch/py.typed" in names
    assert "hypersearch/search/studies/quick.toml" in names
    assert "hypersearch/analysis/templates/report.html.j2" in names


@pytest.mark.slow
@pytest.mark.timeout(300)
def test_the_wheel_runs_a_search(wheel: Path, tmp_path: Path) -> None:
    """In an environment that has the dependencies of this one, but not its `hypersearch`."""
    environment, empty = tmp_path / "environment", tmp_path / "empty"
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", environment], check=True)
    python = environment / "bin" / "python"
    site = Path(sysconfig.get_path("purelib", vars={"base": str(environment)}))
    unpacked = site / "wheel"
    zipfile.ZipFile(wheel).extractall(unpacked)
    here = sysconfig.get_path("purelib")
    (site / "dependencies.pth").write_text(f"{unpacked}\n{here}\n")  # no .pth of theirs is read
    empty.mkdir()
    variables = {key: value for key, value in os.environ.items() if key != "PYTHONPATH"}
    command = [python, "-m", "hypersearch", "run", "toy", "--trials", "3", "--name", "first"]
    ran = subprocess.run(command, cwd=empty, env=variables, capture_output=True, text=True)
    assert ran.returncode == 0, ran.stderr
    assert (empty / "runs" / "first" / "trials.csv").is_file()
    where = "import hypersearch.search as s; print(s.__file__)"
    found = subprocess.run([python, "-c", where], cwd=empty, env=variables, capture_output=True)
    assert str(unpacked) in found.stdout.decode()
