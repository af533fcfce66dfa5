"""The shape of the code: who may import whom, no circles, small rooms, small files."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
TOPS = ("hypersearch", "models", "clustering", "analysis", "search")
FILES = sorted(path for top in TOPS for path in (ROOT / top).rglob("*.py"))
MOST_FILES = 13  # a folder: a dozen, and its __init__.py
MOST_LINES = 300

LAYERS = ("models", "clustering", "storage", "analysis", "search", "hypersearch")
"""From the lowest up: a file imports from its own layer and those below.

The study's storage, `search/storage`, is what the search writes and the analysis reads.
"""


def module_of(path: Path) -> str:
    """The name by which a file is imported."""
    parts = path.relative_to(ROOT).with_suffix("").parts
    parts = parts[:-1] if parts[-1] == "__init__" else parts
    return ".".join(parts if parts[0] == "hypersearch" else ("hypersearch", *parts))


MODULES = {module_of(path): path for path in FILES}
ROOMS = {module for module, path in MODULES.items() if path.name == "__init__.py"}


def imported(path: Path, everywhere: bool = True) -> Iterator[str]:
    """The modules that a file imports: anywhere in it, or when it is loaded."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    for node in ast.walk(tree) if everywhere else tree.body:
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            for alias in node.names:
                inner = f"{node.module}.{alias.name}"
                yield inner if inner in MODULES else node.module


def graph() -> dict[str, set[str]]:
    """By module, the files of ours that it imports; a room by itself is no file."""
    return {
        module: {name for name in imported(path) if name in MODULES and name not in ROOMS}
        for module, path in MODULES.items()
    }


def room_of(module: str) -> str:
    """A file's room. A file that stands beside rooms is one of its own."""
    folder = module.rpartition(".")[0]
    beside_rooms = any(other.rpartition(".")[0] == folder for other in ROOMS - {module})
    return module if module in ROOMS or beside_rooms else folder


def circles(arrows: Mapping[str, set[str]]) -> list[list[str]]:
    """Groups of nodes that reach each other, by taking away, again and again, what is at an end."""
    left = {node: {to for to in tos if to != node} for node, tos in arrows.items()}
    while True:
        ends = {node for node, tos in left.items() if not tos & left.keys()}
        aimed_at = {to for tos in left.values() for to in tos}
        ends |= left.keys() - aimed_at
        if not ends:
            return [sorted(left)] if left else []
        left = {node: tos for node, tos in left.items() if node not in ends}


def layer_of(module: str) -> int:
    """How high a module stands."""
    parts = module.split(".")[1:]
    if not parts or parts[0] not in LAYERS:
        return LAYERS.index("hypersearch")
    return LAYERS.index("storage" if parts[:2] == ["search", "storage"] else parts[0])


def test_no_two_files_import_each_other() -> None:
    assert circles(graph()) == []


def test_no_two_rooms_import_each_other() -> None:
    arrows: dict[str, set[str]] = {}
    for module, others in graph().items():
        arrows.setdefault(room_of(module), set()).update(map(room_of, others))
    assert circles(arrows) == []


def test_circles_are_found() -> None:
    assert circles({"a": {"b"}, "b": {"c"}, "c": {"a"}, "d": {"a"}}) == [["a", "b", "c"]]
    assert circles({"a": {"b", "c"}, "b": {"c"}, "c": set()}) == []


@pytest.mark.parametrize("module", sorted(MODULES))
def test_arrows_point_down(module: str) -> None:
    path = MODULES[module]
    ours = [name for name in imported(path) if name.split(".")[0] == "hypersearch"]
    higher = [name for name in ours if layer_of(name) > layer_of(module)]
    allowed = {"hypersearch"}  # the package itself, for where it lies; it loads nothing
    assert set(higher) <= allowed


@pytest.mark.parametrize("module", sorted(MODULES))
def test_nothing_is_found_by_an_unqualified_name(module: str) -> None:
    tops = {name.split(".")[0] for name in imported(MODULES[module])}
    assert not tops & {"models", "clustering", "analysis", "search"}


LOOK_UPS = ("PackageLoader", "files", "import_module", "find_spec")  # that take a package by name


@pytest.mark.parametrize("module", sorted(MODULES))
def test_nothing_is_looked_up_by_an_unqualified_name(module: str) -> None:
    tree = ast.parse(MODULES[module].read_text(encoding="utf-8"))
    calls = [node for node in ast.walk(tree) if isinstance(node, ast.Call) and node.args]
    asked = [
        str(call.args[0].value)
        for call in calls
        if ast.unparse(call.func).split(".")[-1] in LOOK_UPS
        and isinstance(call.args[0], ast.Constant)
    ]
    assert not {name.split(".")[0] for name in asked} & set(TOPS[1:])


@pytest.mark.parametrize("module", sorted(MODULES))
def test_heavy_libraries_stay_in_their_rooms(module: str) -> None:
    path = MODULES[module]
    anywhere = {name.split(".")[0] for name in imported(path)}
    at_once = {name.split(".")[0] for name in imported(path, everywhere=False)}
    in_search = layer_of(module) == LAYERS.index("search")
    if not module.startswith(RAY_ROOMS):
        assert "ray" not in anywhere
    if not in_search:
        assert (
            "optuna" not in anywhere or module == "hypersearch.analysis.figures.search.importances"
        )
        assert "optuna" not in at_once, "Optuna is imported where it is used"
    if module not in KERAS_LAYERS:
        assert not {"keras", "tensorflow"} & at_once, "Keras is imported where it is used"
    assert "tensorflow" not in anywhere or module in TENSORFLOW_FILES, "the Keras API only"


RAY_ROOMS = (
    "hypersearch.search.engine",
    "hypersearch.search.schedulers",
    "hypersearch.search.suggest.optuna_searcher",
    "hypersearch.search.trackers",
)
KERAS_LAYERS = (
    "hypersearch.models.networks.sampling",
)  # a layer, itself imported where it is used
TENSORFLOW_FILES = (
    "hypersearch.models.networks.backend",
    "hypersearch.models.compat.tensorflow_internals",
)


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(ROOT)))
def test_files_stay_small(path: Path) -> None:
    assert len(path.read_text(encoding="utf-8").splitlines()) <= MOST_LINES


def test_rooms_stay_small() -> None:
    count = Counter(path.parent.relative_to(ROOT).as_posix() for path in FILES)
    assert {folder: files for folder, files in count.items() if files > MOST_FILES} == {}


def test_driver_does_not_load_tensorflow() -> None:
    code = """
import sys
import hypersearch.search.engine.runner, hypersearch.search.cli.main
import hypersearch.search.confirm.confirm
from hypersearch.search.families import FAMILIES, find
[find(name) for name in FAMILIES]
assert not {"tensorflow", "keras", "torch", "jax"} & set(sys.modules)
"""
    subprocess.run([sys.executable, "-c", code], check=True, cwd=ROOT)


def test_the_package_alone_loads_nothing_heavy() -> None:
    code = """
import sys
import hypersearch
dir(hypersearch), hypersearch.__version__
heavy = {"tensorflow", "keras", "ray", "optuna", "pandas", "sklearn", "numpy"}
assert not heavy & set(sys.modules), heavy & set(sys.modules)
for name in hypersearch.__all__:
    getattr(hypersearch, name)
assert not {"tensorflow", "keras", "ray"} & set(sys.modules)
"""
    subprocess.run([sys.executable, "-c", code], check=True, cwd=ROOT)
