"""The registry of metrics: every row is complete and used, and nothing repeats what a row says."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from hypersearch.models.errors import UserError
from hypersearch.models.evaluation.latent_space import latent_artifacts
from hypersearch.models.families.autoencoder import gaussian_like
from hypersearch.models.metrics import METRICS, Metric, mode_of, row_of, worst_of
from hypersearch.search.families import FAMILIES, find

ROOT = Path(__file__).parents[2]
TOPS = ("hypersearch", "models", "clustering", "analysis", "search")
FILES = [path for top in TOPS for path in sorted((ROOT / top).rglob("*.py"))]
REPORTED = {metric for name in FAMILIES for metric in find(name).metrics}


@pytest.mark.parametrize("name", METRICS)
def test_a_row_is_complete(name: str) -> None:
    row = METRICS[name]
    assert row.name == name
    assert row.mode in ("min", "max")
    assert row.needs in ("labels", "proba", "nothing")
    assert row.help[0].isupper()
    assert row.help.endswith(".")
    assert ". " not in row.help
    assert len(row.help) <= 100
    assert not row.same_as or METRICS[row.same_as].mode == row.mode


@pytest.mark.parametrize("name", METRICS)
def test_a_row_is_used_by_a_family(name: str) -> None:
    assert (name in REPORTED) != METRICS[name].test_only


def test_what_is_measured_on_test_images_alone_is_used(digits) -> None:
    codes_nd = digits.x_test.reshape(-1, 64).astype("float32") / 255
    found, _ = latent_artifacts(
        lambda some_nd: some_nd.reshape(-1, 8, 8).clip(0, 1),
        codes_nd,
        gaussian_like(codes_nd),
        digits,
        lambda pixels: 0.5,
    )
    vae = (ROOT / "models/families/vae.py").read_text(encoding="utf-8")
    assert '"entropy_floor": entropy_floor(' in vae
    assert {*found, "entropy_floor"} == {name for name, row in METRICS.items() if row.test_only}


@pytest.mark.parametrize("name", FAMILIES)
def test_parameters_within_which_a_metric_compares_are_known(name: str) -> None:
    family = find(name)
    for metric in family.metrics:
        within = METRICS[metric].comparable_within
        assert not within or set(within) & set(family.space)


def test_an_objective_ranks_alone() -> None:
    assert all(METRICS[find(name).metric].ranks_any for name in FAMILIES)


def test_the_worst_value_is_at_the_far_end() -> None:
    assert (worst_of("accuracy"), worst_of("silhouette"), worst_of("noise_fraction")) == (0, -1, 1)
    for row in METRICS.values():
        if row.worst is not None and row.needs == "nothing" and row.name != "noise_fraction":
            assert (row.worst < 0) == (row.mode == "max")
    with pytest.raises(ValueError, match="no worst value of inertia"):
        worst_of("inertia")


def test_a_metric_that_is_not_registered_has_no_direction() -> None:
    assert (row_of("f1").mode, row_of("f1").comparable_within) == ("min", ())
    with pytest.raises(UserError) as error:
        mode_of("acuracy")
    allowed = ", ".join(METRICS)
    assert str(error.value) == (
        f"metric 'acuracy' has no registered direction, allowed: {allowed}; did you mean"
        " 'accuracy'?"
    )


def directions(tree: ast.AST) -> Iterator[int]:
    """The lines on which the name of a metric stands beside "min" or "max", as in a table."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Dict | ast.Tuple | ast.List | ast.Call):
            beside = {
                each.value for each in ast.iter_child_nodes(node) if isinstance(each, ast.Constant)
            }
            if beside & {"min", "max"} and beside & METRICS.keys():
                yield node.lineno


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(ROOT)))
def test_only_the_registry_says_where_a_metric_is_better(path: Path) -> None:
    found = list(directions(ast.parse(path.read_text(encoding="utf-8"))))
    assert bool(found) == (path == ROOT / "models/metrics.py")


def test_a_table_of_directions_is_found() -> None:
    for line in ('T = {"mse": "min"}', 'T = ("nmi", "max"), 1', 'best("mse", "min")'):
        assert list(directions(ast.parse(line)))
    assert not list(directions(ast.parse('pool = ("pool", "max")')))


def test_needs_say_what_looks_at_labels() -> None:
    assert row_of("v_measure").looks_at_labels
    assert row_of("loss").looks_at_labels
    assert not row_of("silhouette").looks_at_labels
    assert Metric("own", "max", help="Own.").looks_at_labels
