"""Private parts of other libraries: which are used, where, and that an upgrade has not taken
them away.
"""

from __future__ import annotations

import ast
import importlib
import importlib.metadata
import inspect
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, TypeGuard

import pytest

ROOT = Path(__file__).parent.parent
PACKAGES = ("hypersearch", "models", "clustering", "analysis", "search")
LIBRARIES = ("ray", "optuna", "keras", "sklearn", "tensorflow")
NAMED_TUPLE = {"_asdict", "_fields", "_make", "_replace"}  # documented

CONTROLLER = "ray.tune.execution.tune_controller:TuneController"
ACTORS = "ray.air.execution._internal:RayActorManager"
OPTIMIZER = "keras.optimizers:Optimizer"
MIXTURE = "sklearn.mixture:GaussianMixture"
USED: dict[
    str, dict[str, tuple[str, ...]]
] = {  # by file: where private names are looked for, and which
    "search/engine/tune_loop.py": {
        "ray.air.execution._internal": ("RayActorManager",),
        "ray.train._internal.storage": ("StorageContext",),
        ACTORS: ("_actor_task_failed", "_live_actors_to_ray_actors_resources", "_resource_manager"),
        "ray.tune.experiment:Trial": ("_default_placement_group_factory",),
        "ray.tune.search.search_algorithm:SearchAlgorithm": ("_finished",),
        CONTROLLER: (
            "_actor_cache",
            "_actor_manager",
            "_actor_started",
            "_actor_to_trial",
            "_callbacks",
            "_maybe_add_actors",
            "_maybe_cache_trial_actor",
            "_maybe_reuse_cached_actor",
            "_maybe_update_trial_queue",
            "_on_training_result",
            "_pending_trials",
            "_pending_trials_list",
            "_running_trials",
            "_schedule_trial_actor",
            "_schedule_trial_reset",
            "_schedule_trial_task",
            "_schedule_trial_train",
            "_search_alg",
            "_staged_trials",
            "_trial_task_failure",
            "_trial_to_actor",
            "_update_trial_queue",
        ),
    },
    "models/compat/tensorflow_internals.py": {
        "tensorflow.python.framework.ops:gradient_registry": ("_registry",)
    },
    "models/compat/keras_internals.py": {
        OPTIMIZER: ("_model_variables_moving_average", "_update_model_variables_moving_average"),
    },
    "models/compat/sklearn_internals.py": {
        "sklearn.ensemble._forest": ("_generate_unsampled_indices",),
        MIXTURE: ("_e_step", "_estimate_log_prob_resp", "_n_parameters"),
    },
}
SYMBOLS = [
    (path, owner, name)
    for path, owners in USED.items()
    for owner, names in owners.items()
    for name in names
]
FILES = sorted(path for package in PACKAGES for path in (ROOT / package).rglob("*.py"))


def found(owner: str) -> Any:
    """A module, or what is named after a colon in it; None if it is not there."""
    module, _, name = owner.partition(":")
    try:
        there = importlib.import_module(module)
    except ImportError:
        return None
    return getattr(there, name, None) if name else there


def has(owner: Any, name: str) -> bool:
    """True for an attribute of a module, class or object, and for one that a class gives to its
    objects.
    """
    if hasattr(owner, name):
        return True
    classes = inspect.getmro(owner) if inspect.isclass(owner) else ()
    return any(
        re.search(rf"\bself\.{name}\b", inspect.getsource(each))
        for each in classes
        if each is not object
    )


@pytest.mark.parametrize(
    ("path", "owner", "name"), SYMBOLS, ids=lambda value: value.rpartition(".")[2]
)
def test_a_private_symbol_is_there(path: str, owner: str, name: str) -> None:
    library = owner.split(".")[0]
    version = importlib.metadata.version({"sklearn": "scikit-learn"}.get(library, library))
    assert has(found(owner), name), (
        f"{path} uses {name} of {owner}, which {library} {version} does not have: change it there"
    )


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(ROOT)))
def test_private_symbols_are_used_in_these_files_alone(path: Path) -> None:
    name = path.relative_to(ROOT).as_posix()
    listed = {symbol for names in USED.get(name, {}).values() for symbol in names}
    modules = {owner.partition(":")[0] for owner in USED.get(name, {})}
    used = set(private(ast.parse(path.read_text()))) - listed - modules
    listing = ", ".join(sorted(used))
    assert not used, f"{name} uses {listing}: use what is public, or name it in this file"


def test_what_is_listed_is_used() -> None:
    for path, owners in USED.items():
        used = set(private(ast.parse((ROOT / path).read_text())))
        listed = {name for names in owners.values() for name in names if name.startswith("_")}
        assert listed <= used, f"{path} no longer uses {', '.join(sorted(listed - used))}"


@pytest.mark.parametrize(
    ("code", "names"),
    [
        ("from optuna.study._multi import rank", {"optuna.study._multi"}),
        ("from optuna.study import _rank", {"_rank"}),
        ("import ray._private", {"ray._private"}),
        ("study._storage.x", {"_storage"}),
        (
            "import optuna\n"
            "class A(optuna.samplers.TPESampler):\n    def _sample(self): self._rng, self._own",
            {"_rng"},
        ),
        (
            "from optuna.samplers import TPESampler\n"
            "class A(TPESampler):\n    def _sample(self): pass",
            {"_sample"},
        ),
        (
            "class A:\n"
            "    def f(self, other):\n        return self._x + other._x\n    def _x(self): pass",
            set(),
        ),
        ("row._replace(x=1)", set()),
    ],
)
def test_what_counts_as_private(
    code: str, names: set[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    import optuna

    monkeypatch.setattr(optuna.samplers.TPESampler, "_sample", None, raising=False)
    monkeypatch.setattr(optuna.samplers.TPESampler, "_rng", None, raising=False)
    assert set(private(ast.parse(code))) - ({"_sample"} if "_rng" in names else set()) == names


def private(tree: ast.Module) -> Iterator[str]:
    """The private names of other libraries that a file uses.

    Modules and names that it imports, attributes of anything but `self` that the file does not
    define itself, and those of `self` that the class inherits from a class of a library.
    """
    own = set(defined(tree))
    for node in ast.walk(tree):
        if (
            isinstance(node, ast.ImportFrom)
            and node.module
            and node.module.split(".")[0] not in PACKAGES
        ):
            if is_private(node.module):
                yield node.module
            yield from (alias.name for alias in node.names if is_private(alias.name))
        elif isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names if is_private(alias.name))
        elif isinstance(node, ast.Attribute) and is_private(node.attr) and not is_self(node.value):
            if is_super(node.value) or node.attr not in own | NAMED_TUPLE:
                yield node.attr
        elif isinstance(node, ast.ClassDef):
            mine = {*defined(node), *(each.attr for each in ast.walk(node) if of_self(each))}
            yield from (
                name for base in bases(node, tree) for name in sorted(mine) if has(base, name)
            )


def is_private(name: str) -> bool:
    """True if a part of a dotted name begins with one underscore; `__future__` does not."""
    return any(part.startswith("_") and not part.startswith("__") for part in name.split("."))


def is_self(node: ast.AST) -> bool:
    return isinstance(node, ast.Name) and node.id in ("self", "cls")


def is_super(node: ast.AST) -> bool:
    return (
        isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "super"
    )


def of_self(node: ast.AST) -> TypeGuard[ast.Attribute]:
    return isinstance(node, ast.Attribute) and is_self(node.value) and is_private(node.attr)


def defined(tree: ast.AST) -> Iterator[str]:
    """Private names of functions, and of attributes that are set or declared."""
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef) and is_private(node.name):
            yield node.name
        elif of_self(node) and isinstance(node.ctx, ast.Store):
            yield node.attr
        elif (
            isinstance(node, ast.AnnAssign)
            and isinstance(node.target, ast.Name)
            and is_private(node.target.id)
        ):
            yield node.target.id


def bases(node: ast.ClassDef, tree: ast.Module) -> Iterator[Any]:
    """The classes of the libraries that a class is made from."""
    at: dict[str, str] = {}  # by the name in the file
    for each in ast.walk(tree):
        if isinstance(each, ast.ImportFrom) and each.module:
            at |= {
                alias.asname or alias.name: f"{each.module}.{alias.name}" for alias in each.names
            }
        elif isinstance(each, ast.Import):
            at |= {alias.asname or alias.name: alias.name for alias in each.names}
    for base in node.bases:
        first, *rest = ast.unparse(base).split(".")
        where = ".".join([at.get(first, first), *rest])
        if where.split(".")[0] in LIBRARIES:
            module, _, name = where.rpartition(".")
            there = found(f"{module}:{name}")
            assert there is not None, where
            yield there
