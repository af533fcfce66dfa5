"""Settings: where they come from, who wins, what is refused and in which words."""

from __future__ import annotations

import pytest

from hypersearch.models.errors import UserError
from hypersearch.search.config.settings import seconds
from hypersearch.search.config.study_files import build, default_name, shipped_studies
from hypersearch.search.families import FAMILIES


def refusal(targets, **options):
    with pytest.raises(UserError) as error:
        build(targets, options)
    assert "\n" not in str(error.value)
    return str(error.value)


def study_file(here, text, name="study.toml"):
    (here / name).write_text(text)
    return [name]


def test_defaults():
    config = build(["cnn", "kmeans"], {})
    assert [search.family for search in config.searches] == ["cnn", "kmeans"]
    assert config.dataset == "fashion-mnist"
    assert config.storage_url == "sqlite:///runs/hypersearch.db"
    assert config.searches[0].trials == 10
    assert config.name.startswith("cnn-kmeans-20")


def test_command_line_wins_over_table_over_file(here):
    text = (
        'dataset = "digits"\ntrials = 3\n[[search]]\nfamily = "cnn"\n[[search]]\nfamily ='
        ' "toy"\ntrials = 4\n'
    )
    targets = study_file(here, text)
    assert [search.trials for search in build(targets, {}).searches] == [3, 4]
    assert [search.trials for search in build(targets, {"trials": "7"}).searches] == [7, 7]
    assert build(targets, {"dataset": "fashion-mnist"}).dataset == "fashion-mnist"


def test_values_from_the_command_line_are_text():
    options = {
        "trials": "0",
        "limit": "100",
        "time_budget": "1h30m",
        "max_resource": "3",
        "set": {"depth": "3"},
    }
    config = build(["cnn"], options)
    assert (config.max_samples, config.time_budget, config.searches[0].max_resource) == (
        100,
        5400.0,
        3,
    )


def test_shipped_studies_are_right():
    assert set(shipped_studies()) == {
        "quick",
        "fashion",
        "n2d",
        "r1",
        "r2",
        "r3",
        "r4",
        "r4-ae",
        "r5",
    }
    for name in ("quick", "fashion"):
        assert {s.family for s in build([name], {}).searches} == set(FAMILIES) - {"toy"}
    encoder, *clusterings = build(["n2d"], {}).searches
    assert (encoder.family, encoder.features) == ("autoencoder", None)
    assert {search.features for search in clusterings} == {"autoencoder,umap:10@15000"}


def test_features_are_given_to_those_that_take_them(here):
    assert [
        s.features for s in build(["autoencoder", "kmeans"], {"features": "pca:2"}).searches
    ] == [None, "pca:2"]
    text = 'features = "pca:3"\n[[search]]\nfamily = "toy"\n[[search]]\nfamily = "kmeans"\n'
    assert [s.features for s in build(study_file(here, text), {}).searches] == [None, "pca:3"]
    assert [s.features for s in build(["study.toml"], {"features": "raw"}).searches] == [
        None,
        "raw",
    ]


def test_features_that_nobody_takes():
    message = refusal(["toy", "cnn"], features="pca:2")
    assert message.startswith("features 'pca:2' are not taken by toy, cnn, but by kmeans")


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"trials": "-1"}, "--trials: got '-1', expected 0 or more"),
        ({"trials": "many"}, "--trials: got 'many', expected a whole number"),
        ({"max_resource": "0"}, "--max-resource: got '0', expected 1 or more"),
        (
            {"time_budget": "soon"},
            "--time-budget: got 'soon', expected a duration such as 90s, 10m or 1h30m",
        ),
        ({"time_budget": "0"}, "--time-budget: got '0', expected more than 0"),
        (
            {"searcher": "tpee"},
            (
                "unknown searcher 'tpee', allowed: tpe, random, gp, qmc, grid, nsga2; did you mean"
                " 'tpe'?"
            ),
        ),
        ({"name": "a/b"}, "--name must be letters, digits, '.', '_' and '-', got 'a/b'"),
    ],
)
def test_wrong_values(options, message):
    assert refusal(["toy"], **options) == message


def test_unknown_target():
    allowed = ", ".join([*FAMILIES, *shipped_studies(), "package.module:FAMILY"])
    assert (
        refusal(["random_forrest"])
        == f"unknown target 'random_forrest', allowed: {allowed}; did you mean 'random_forest'?"
    )


def test_a_family_twice():
    assert (
        refusal(["cnn", "cnn"]) == "family 'cnn' is named twice; a study holds one search a family"
    )


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            "trails = 3\n[[search]]\nfamily = 'cnn'\n",
            "study.toml: unknown key 'trails', allowed: name, dataset,",
        ),
        (
            "[[search]]\nfamily = 'cnn'\nmax_resorce = 3\n",
            (
                "study.toml: [[search]]: unknown key 'max_resorce', allowed: family, trials,"
                " max_resource,"
            ),
        ),
        ("trials = 3\n", "study.toml: expected at least one [[search]] table with a family"),
        ("[[search]]\ntrials = 3\n", "study.toml: a [[search]] table has no family, allowed: cnn,"),
        ("[[search\n", "cannot read the study file study.toml: "),
    ],
)
def test_wrong_study_files(here, text, message):
    assert refusal(study_file(here, text)).startswith(message)


def test_a_wrong_value_in_a_study_file_is_named_as_there(here):
    text = "max_resource = -2\n[[search]]\nfamily = 'cnn'\n"
    assert refusal(study_file(here, text)) == "max_resource: got -2, expected 1 or more"


def test_unknown_key_names_the_nearest(here):
    assert refusal(study_file(here, "trails = 3\n[[search]]\nfamily = 'cnn'\n")).endswith(
        "; did you mean 'trials'?"
    )


@pytest.mark.parametrize(
    ("text", "value"), [("90", 90), ("90s", 90), ("10m", 600), ("1.5h", 5400), ("1h2m3s", 3723)]
)
def test_seconds(text, value):
    assert seconds(text) == value


def test_default_name_has_targets_and_time():
    assert default_name(["my/study.toml", "my.package:FAMILY"]).startswith("study-my-")
