"""Chained searches: a small autoencoder, and K-means on its codes."""

from __future__ import annotations

import json
import shutil

import pytest

import hypersearch
from hypersearch.analysis.study.ranking import rank
from hypersearch.models.errors import UserError
from hypersearch.search.clean import clean, still_needed
from hypersearch.search.cli.main import main
from hypersearch.search.config.study_files import build
from hypersearch.search.confirm.confirm import confirm_study
from hypersearch.search.confirm.selection import Confirmation
from hypersearch.search.engine.runner import resume_study, run_study
from hypersearch.search.export.export import export_study
from hypersearch.search.optuna_storage.connection import refuse_existing, storage_at
from hypersearch.search.planning.plan import plan_study
from hypersearch.search.storage.files import write_json
from tests.running import run

pytestmark = [pytest.mark.usefixtures("ray_session"), pytest.mark.timeout(240)]
DATA = {"dataset": "digits", "limit": "240", "concurrency": "1"}
SHORT = {"max_resource": "2", "scheduler": "none"}
STUDY = """
[[search]]
family = "kmeans"
features = "autoencoder,standard"
trials = 2
max_resource = 2
scheduler = "none"
space = { k = "10..20" }

[[search]]
family = "autoencoder"
trials = 1
max_resource = 1
only_baselines = ["R4"]
set = { code = "4", layers = "dense", depth = "0" }
"""


@pytest.fixture(scope="module")
def out(tmp_path_factory):
    """The study `first`, an autoencoder and K-means on it."""
    out = tmp_path_factory.mktemp("chained")
    (out / "chained.toml").write_text(STUDY)
    run_study(build([str(out / "chained.toml")], {**DATA, "out": out, "name": "first"}))
    return out


@pytest.fixture
def copied(out, tmp_path):
    """The study, to be changed."""
    shutil.copytree(out, tmp_path / "out")
    return tmp_path / "out"


@pytest.fixture(scope="module")
def two(out, tmp_path_factory):
    """The same, and the study `second`, K-means on the autoencoder of the first."""
    two = tmp_path_factory.mktemp("two") / "out"
    shutil.copytree(out, two)
    options = {"trials": "1", "space": {"k": "10..20"}, "baselines": False, **SHORT}
    run_study(
        build(
            ["kmeans"],
            {**DATA, **options, "out": two, "name": "second", "features": "autoencoder:first"},
        )
    )
    return two


@pytest.fixture
def both(two, tmp_path):
    """Both studies, to be changed."""
    shutil.copytree(two, tmp_path / "both")
    return tmp_path / "both"


def clusterings(study):
    return study.trials[study.trials["family"] == "kmeans"]


def lying(folder):
    """Where a study keeps the one network that it was given."""
    (there,) = (folder / "sources").iterdir()
    return there


def journal(study):
    return [json.loads(line) for line in (study.folder / "journal.jsonl").read_text().splitlines()]


def test_the_network_is_searched_first_and_recorded(out):
    study = hypersearch.load(out / "first")
    assert [search["family"] for search in study.facts["searches"]] == ["autoencoder", "kmeans"]
    started = [event["family"] for event in journal(study) if event["event"] == "start"]
    assert started == ["autoencoder", "autoencoder", "kmeans", "kmeans"]
    assert set(study.trials["state"]) == {"COMPLETE"}
    record = study.search("kmeans")
    assert record["features"] == "autoencoder,standard"
    source = record["source"]
    searched = study.trials[
        (study.trials["family"] == "autoencoder") & (study.trials["name"] == "")
    ]
    assert (source["study"], source["family"], source["trial"]) == (
        "first",
        "autoencoder",
        searched["trial"].iloc[0],
    )
    assert source["fitted_on"] == "train"  # R4's own has seen the validation images
    assert {path.name for path in lying(out / "first").iterdir()} == set(source["files"])
    assert "encoder.keras" in source["files"]


def test_baselines_on_other_features_are_left_out(out):
    record = hypersearch.load(out / "first").search("kmeans")
    assert (
        record["left_out"]["R4-10"]
        == "it is of --features raw, this search of autoencoder,standard"
    )
    assert record["baselines"] == []
    second, _ = plan_study(build(["kmeans"], {**DATA, "out": out, "features": "autoencoder:first"}))
    assert [baseline.name for baseline, _ in second[0].baselines] == ["R4-ae10"]


@pytest.mark.slow
def test_a_network_of_another_study(two):
    first, second = (hypersearch.load(two / name).search("kmeans") for name in ("first", "second"))
    assert (second["source"]["study"], second["source"]["trial"]) == (
        "first",
        first["source"]["trial"],
    )
    assert second["source"]["digest"] == first["source"]["digest"]
    assert clusterings(hypersearch.load(two / "second"))["state"].tolist() == ["COMPLETE"]


@pytest.mark.slow
def test_a_study_that_goes_on_keeps_its_features(both):
    before = hypersearch.load(both / "first")
    resume_study(both, "first", more=1)
    after = hypersearch.load(both / "first")
    assert after.search("kmeans")["source"] == before.search("kmeans")["source"]
    assert len(after.trials) == len(before.trials) + 2
    shutil.rmtree(both / "first")  # the second has its own copy
    resume_study(both, "second", more=1)
    assert clusterings(hypersearch.load(both / "second"))["state"].tolist() == ["COMPLETE"] * 2


@pytest.mark.slow
def test_a_lost_network_is_exported_again_or_missed(both, capfd):
    before = hypersearch.load(both / "second").search("kmeans")["source"]
    encoder = lying(both / "second") / "encoder.keras"
    encoder.write_bytes(b"torn")
    resume_study(both, "second", more=1)
    study = hypersearch.load(both / "second")
    source = study.search("kmeans")["source"]
    assert (source["trial"], source["digest"]) == (before["trial"], before["digest"])
    assert len(clusterings(study)) == 2
    encoder.unlink()
    shutil.rmtree(both / "first" / "checkpoints")
    capfd.readouterr()
    resume_study(both, "second", more=1)
    lost = (
        f"the features came from trial {before['trial']} of autoencoder in study 'first', whose"
        " model is neither"
    )
    assert f"kmeans: not searched, {lost}" in capfd.readouterr().out
    assert len(clusterings(hypersearch.load(both / "second"))) == 2


@pytest.mark.slow
def test_cleaning_spares_a_network_that_is_not_handed_over_yet(both):
    study = hypersearch.load(both / "first")
    for search in study.facts["searches"]:
        search.pop("source", None)
    write_json(study.folder / "study.json", study.facts)
    (line,) = clean(both, ["first"])
    assert line.endswith(
        " freed, its checkpoints and Ray's logs; those of autoencoder stay for kmeans; --all"
        " removes the study"
    )
    assert [path.name for path in (study.folder / "checkpoints").iterdir()] == ["autoencoder"]
    shutil.rmtree(study.folder / "sources")
    resume_study(both, "first", more=1)
    (line,) = clean(both, ["first"])  # it is handed over now
    assert line.endswith(" freed, its checkpoints and Ray's logs; --all removes the study")
    assert not (study.folder / "checkpoints").exists()
    resume_study(both, "first", more=1)
    assert clusterings(hypersearch.load(study.folder))["state"].tolist() == ["COMPLETE"] * 4
    (lying(study.folder) / "encoder.keras").write_bytes(b"torn")
    assert still_needed(hypersearch.load(study.folder)) == {"autoencoder": ["kmeans"]}
    assert still_needed(hypersearch.load(both / "second")) == {}


@pytest.mark.slow
def test_confirming_and_exporting(both, tmp_path):
    confirm_study(
        both, "second", Confirmation(baselines=False)
    )  # the first's autoencoder takes long to judge
    study = hypersearch.load(both / "second")
    assert clusterings(study)["test.v_measure"].notna().all()
    export_study(both, "second", tmp_path / "exported")
    assert (tmp_path / "exported" / "kmeans" / "clusters.npz").exists()


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (
            {"seed": "1"},
            (
                "autoencoder:first was fitted on other images or another split (digits,"
                " --max-samples 240, seed 0): "
            ),
        ),
        (
            {"limit": "200"},
            (
                "autoencoder:first was fitted on other images or another split (digits,"
                " --max-samples 240, seed 0)"
            ),
        ),
        ({"features": "autoencoder:frist"}, "unknown study 'frist' in "),
        (
            {"features": "vae:first"},
            "unknown family in study 'first' 'vae', allowed: autoencoder, kmeans",
        ),
        (
            {"features": "cnn@flatten"},
            "features: cnn needs a search of cnn in the same study, or cnn:STUDY for one of",
        ),
    ],
)
def test_networks_that_cannot_be_taken(out, options, words):
    with pytest.raises(UserError) as error:
        plan_study(
            build(["kmeans"], {**DATA, "out": out, "features": "autoencoder:first", **options})
        )
    assert words in str(error.value)
    assert "\n" not in str(error.value)


def test_a_network_whose_model_is_not_kept():
    options = {**DATA, "features": "autoencoder", "keep_models": "0"}
    with pytest.raises(UserError, match="needs its model kept, got --keep-models 0$"):
        plan_study(build(["kmeans", "autoencoder"], options))


def test_a_family_that_takes_no_features(here, capsys):
    (here / "wrong.toml").write_text('[[search]]\nfamily = "toy"\nfeatures = "pca:2"\n')
    assert main(["run", "wrong.toml", "--dataset", "digits"]) == 2
    assert "toy takes no features, got 'pca:2'; families that do: kmeans" in capsys.readouterr().err


def test_a_search_that_finds_no_network_ends_the_one_that_needs_it(here, capfd):
    words = "from dataclasses import replace\nfrom tests.broken import FAMILY\n"
    (here / "failing_encoder.py").write_text(
        f"{words}FAMILY = replace(FAMILY, name='autoencoder')\n"
    )
    options = {**DATA, "trials": "1", "set": {"way": "raise"}, "features": "autoencoder", **SHORT}
    study, _ = run("kmeans", "failing_encoder:FAMILY", "toy", **{**options, "baselines": False})
    missing = (
        "kmeans: not searched, autoencoder of study 'study' has no complete trial whose model was"
        " kept"
    )
    assert missing in capfd.readouterr().out
    assert dict(zip(study.trials["family"], study.trials["state"], strict=True)) == {
        "autoencoder": "FAIL",
        "toy": "COMPLETE",
    }
    assert "source" not in study.search("kmeans")


@pytest.mark.slow
def test_baselines_alone_take_the_network_that_they_name(here):
    names = {
        "trials": "0",
        "only_baselines": "R2,R4,R4-ae10",
        "max_resource": "1",
        "features": "autoencoder",
    }
    study, _ = run("kmeans", "gaussian_mixture", "autoencoder", **DATA, **names)
    ranked = rank(study, "autoencoder")
    assert ranked["name"].tolist()[0] != "R4"  # else any choice would do
    for family, baselines in (("kmeans", ["R4-ae10"]), ("gaussian_mixture", ["R4"])):
        assert study.search(family)["source"]["name"] == "R4"
        assert rank(study, family)["name"].tolist() == baselines
    assert lying(study.folder).name.startswith("study.autoencoder.")  # one copy for both


@pytest.mark.slow
def test_baselines_of_another_network_are_left_out(copied, capfd):
    options = {
        **DATA,
        "out": copied,
        "name": "third",
        "features": "autoencoder:first",
        **SHORT,
        "trials": "1",
    }
    run_study(build(["kmeans"], {**options, "space": {"k": "10..20"}, "only_baselines": "R4-ae10"}))
    study = hypersearch.load(copied / "third")
    why = (
        "it is of autoencoder R4's network, this search of trial"
        f" {study.search('kmeans')['source']['trial']}'s"
    )
    assert study.search("kmeans")["left_out"]["R4-ae10"] == why
    assert study.search("kmeans")["baselines"] == []
    assert f"kmeans: baseline R4-ae10 is left out: {why}" in capfd.readouterr().out
    assert clusterings(study)["name"].tolist() == [""]


def test_confirming_without_the_network(copied):
    (lying(copied / "first") / "encoder.keras").write_bytes(b"torn")
    with pytest.raises(
        UserError,
        match="is not the network that made the features; hypersearch resume brings it back",
    ):
        confirm_study(copied, "first", Confirmation(baselines=False))
    assert hypersearch.load(copied / "first").facts["test_reads"] == 0


@pytest.mark.slow
def test_features_that_cannot_be_made_are_the_users_to_mend(copied, capfd):
    options = [
        "--dataset",
        "digits",
        "--limit",
        "240",
        "--out",
        str(copied),
        "--name",
        "third",
        "--trials",
        "1",
    ]
    assert (
        main(
            [
                "run",
                "kmeans",
                *options,
                "--features",
                "autoencoder:first,pca:50",
                "--max-resource",
                "1",
            ]
        )
        == 2
    )
    assert (
        "features: got pca:50, allowed: pca:1 to pca:4, of 192 training images of 4"
        in capfd.readouterr().err
    )
    assert not (copied / "third").exists()
    with storage_at(f"sqlite:///{copied}/hypersearch.db") as storage:  # so that the name is free
        refuse_existing(storage, ["third/kmeans"])
