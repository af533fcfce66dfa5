"""Confirmation: on which images, with which models, and what is left of it."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import skops.io
from rich.console import Console

import hypersearch
from hypersearch.analysis.leaderboard.terminal import show
from hypersearch.models.errors import UserError, WorkFailedError
from hypersearch.models.serialization import TREE
from hypersearch.search.confirm import confirm, results
from hypersearch.search.confirm.confirm import confirm_study, done_before
from hypersearch.search.confirm.selection import Confirmation, trials_to_confirm
from hypersearch.search.engine.runner import resume_study
from hypersearch.search.storage.record import locked
from tests.running import run

ASKED = Confirmation(top=2, seeds=2)
pytestmark = [pytest.mark.usefixtures("ray_session"), pytest.mark.timeout(240)]


def test_confirming_again_replaces_the_figures(here):
    run("toy", trials="1", max_resource="3")
    for seeds in (2, 1):
        confirm_study(
            Path("runs"),
            "study",
            Confirmation(top=2, seeds=seeds, baselines=True),
            force=seeds == 1,
        )
    study = hypersearch.load("runs/study")
    assert "test.loss_std" not in study.trials
    assert study.trials["test.loss"].notna().all()
    assert study.facts["test_reads"] == 2


def test_the_kept_model_is_confirmed_as_it_is_and_other_seeds_anew(here):
    run("tests.few:FAMILY", trials="3", max_resource="9", scheduler="none")
    confirm_study(Path("runs"), "study", Confirmation(seeds=2, fit_on="train"))
    study = hypersearch.load("runs/study")
    best = study.trials.sort_values("objective").iloc[0]
    assert (best["test.parameters"], best["name"]) == ((0 + 9) / 2, "")
    assert (best["test.parameters_low"], best["test.parameters_high"]) == (0, 9)
    worst = study.trials[study.trials["name"] == "worst"].iloc[0]
    assert (worst["test.parameters"], worst["test.parameters_std"]) == (
        4,
        0,
    )  # its model was not kept
    for folder, facts, made in (("best", "best", 0), ("baselines", "baseline", 4)):
        place = study.folder / folder / "few"
        place = place / "worst" if folder == "baselines" else place
        assert json.loads((place / f"{facts}.json").read_text())["test"]["parameters"] == made
        with np.load(place / "test.npz") as stored:
            assert stored["made"].tolist() == [made]


def test_it_is_confirmed_on_all_images_unless_asked_otherwise(here):
    run("random_forest", trials="1", max_resource="2", limit="200")
    study = hypersearch.load("runs/study")
    (forest,) = study.facts["searches"]
    for fit_on, whole, kept in (
        ("train+validation", [True] * 2, [False] * 2),
        ("train", [False] * 2, [True, False]),
    ):
        tasks = list(trials_to_confirm(study, forest, Confirmation(top=2, fit_on=fit_on)))
        assert [task.whole for task in tasks] == whole
        assert [bool(task.checkpoint) for task in tasks] == kept  # it keeps one model
    confirm_study(Path("runs"), "study", Confirmation(baselines=False))
    study = hypersearch.load("runs/study")
    assert study.facts["confirmed"] == {
        "top": 1,
        "seeds": 1,
        "baselines": False,
        "fit_on": "train+validation",
    }
    assert json.loads((study.folder / "best" / "random_forest" / "best.json").read_text())["whole"]
    model = skops.io.load(study.folder / "best" / "random_forest" / "model.skops", trusted=[TREE])
    assert model.estimators_[0].tree_.weighted_n_node_samples[0] == 200


def test_a_baseline_that_says_what_it_is_fitted_on_keeps_to_that(here):
    study, _ = run(
        "kmeans",
        trials="1",
        max_resource="2",
        limit="200",
        space={"k": "10..20"},
        only_baselines="R4-10",
    )
    tasks = list(trials_to_confirm(study, study.search("kmeans"), Confirmation(top=9)))
    names = study.trials.set_index("trial")["name"]
    assert {task.whole for task in tasks if names[task.trial]} == {False}
    assert {task.whole for task in tasks if not names[task.trial]} == {True}


@pytest.fixture
def cut(here, monkeypatch):
    """A study whose confirmation was cut short, as by a kill, at the second training that has a
    folder of its own.
    """
    run("tests.few:FAMILY", trials="3", max_resource="9", scheduler="none")
    left = [results.write_evidence]
    with monkeypatch.context() as patch:
        patch.setattr(confirm, "write_evidence", lambda *given: left.pop()(*given))
        with pytest.raises(IndexError):
            confirm_study(here / "runs", "study", ASKED)
    return hypersearch.load("runs/study")


def test_what_was_cut_short_goes_on_and_counts_as_one_reading(here, cut, capsys):
    done = cut.facts["confirming"]["done"]
    assert cut.facts["test_reads"] == 1
    assert 1 <= len(done) < 6
    goes_on = (
        f"with {len(done)} of 6 trainings done, and goes on with hypersearch confirm study --top 2"
        " --seeds 2 --fit-on"
    )
    with pytest.raises(
        UserError, match="--force reads them again; the confirmation was cut short " + goes_on
    ):
        confirm_study(here / "runs", "study", Confirmation(top=1))
    capsys.readouterr()
    show(here / "runs", ["study"], console=Console(width=300))
    assert f"the confirmation was cut short {goes_on}" in capsys.readouterr().out
    before = {path: path.stat().st_mtime_ns for path in cut.folder.rglob("test.npz")}
    confirm_study(here / "runs", "study", ASKED)
    assert f"goes on: {len(done)} of 6 trainings are done\n" in capsys.readouterr().out
    whole = hypersearch.load("runs/study")
    assert {path: path.stat().st_mtime_ns for path in before} == before
    assert len(list(whole.folder.rglob("test.npz"))) == 2
    assert (whole.facts["test_reads"], "confirming" in whole.facts) == (1, False)
    assert whole.trials["test.loss_std"].notna().sum() == 3
    with pytest.raises(UserError, match="--force reads them again$"):
        confirm_study(here / "runs", "study", ASKED)


def test_another_work_is_no_part_of_what_was_cut_short(here, cut):
    (search,) = cut.facts["searches"]
    same = list(trials_to_confirm(cut, search, ASKED))
    assert list(done_before(cut, same)) == [
        tuple(key) for key, _ in cut.facts["confirming"]["done"]
    ]
    for other in (
        [*same[1:], same[0]],
        same[1:],
        list(trials_to_confirm(cut, search, Confirmation(seeds=2))),
    ):
        assert not done_before(cut, other)  # as where a search that went on has another winner
    resume_study(here / "runs", "study", more=1)
    assert (
        hypersearch.load("runs/study").facts["confirming"] == cut.facts["confirming"]
    )  # it is still told of


@pytest.mark.parametrize(
    ("name", "words"), [("NAN", "loss is nan, not a finite number"), ("SINGLE", None)]
)
def test_figures_on_test_are_finite_and_plain_numbers(here, name, words):
    run(f"tests.few:{name}", trials="1", max_resource="2", baselines=False)
    if words:
        with pytest.raises(WorkFailedError, match="^1 of 1 trainings failed"):
            confirm_study(here / "runs", "study", Confirmation())
        (log,) = (here / "runs" / "study" / "logs").glob("confirm-*.traceback.txt")
        assert words in log.read_text()
    else:
        confirm_study(here / "runs", "study", Confirmation())
    assert hypersearch.load("runs/study").trials.get("test.loss", [None])[0] == (
        None if words else 0.5
    )


def test_a_figure_that_is_none_is_missing(here):
    study, _ = run("toy", trials="1", max_resource="3")
    path = study.folder / "trials.csv"
    head, *rows = path.read_text().splitlines()
    path.write_text("\n".join([f"{head},test.loss", *(f"{row},nan" for row in rows)]))
    assert hypersearch.load(study.folder).trials["test.loss"].isna().all()


def test_a_study_in_which_nothing_has_ended_yet(here):
    study, _ = run("toy", trials="1", max_resource="3")
    (study.folder / "trials.csv").unlink()
    with pytest.raises(UserError, match="^study 'study' has no complete trial to confirm$"):
        confirm_study(Path("runs"), "study", Confirmation())


def test_a_study_that_is_running(here):
    study, _ = run("toy", trials="1", max_resource="3")
    with (
        locked(study.folder),
        pytest.raises(UserError, match="^study 'study' is being run by another process$"),
    ):
        confirm_study(Path("runs"), "study", Confirmation())
