"""Confirmation of clusterings: the winners by labels and without, on K-means of digits."""

from __future__ import annotations

import io
import json
import shutil
from collections import Counter

import numpy as np
import pytest
from rich.console import Console

import hypersearch
from hypersearch.analysis.leaderboard import terminal
from hypersearch.models.errors import WorkFailedError
from hypersearch.search.confirm.confirm import confirm_study
from hypersearch.search.confirm.selection import Confirmation, trials_to_confirm
from hypersearch.search.storage.files import read_csv, write_csv
from tests.running import run

pytestmark = [pytest.mark.usefixtures("ray_session"), pytest.mark.timeout(240)]
BEST, LAST = 1, 3  # trials that are no baselines: of the highest and of the lowest V-measure


@pytest.fixture(scope="module")
def searched(tmp_path_factory):
    """A baseline, trial 0, and three trials of K-means, all complete."""
    out = tmp_path_factory.mktemp("winners")
    options = {
        "trials": "3",
        "max_resource": "4",
        "limit": "200",
        "space": {"k": "10..20"},
        "scheduler": "none",
    }
    run("kmeans", **options, out=out, only_baselines="R4-10", seed="1")
    edit(
        out,
        {
            n: {"val.v_measure": value, "objective": value}
            for n, value in ((BEST, 0.95), (LAST, 0.1))
        },
    )
    return out


@pytest.fixture
def out(searched, tmp_path):
    """The study, to be changed."""
    shutil.copytree(searched, tmp_path / "out")
    return tmp_path / "out"


def edit(out, changes):
    """Put values into rows of trials.csv, by trial and column; the stability, which would choose
    too, goes.
    """
    path = out / "study" / "trials.csv"
    columns, rows = read_csv(path)
    left = [{**row, "val.stability": "", **changes.get(int(row["trial"]), {})} for row in rows]
    write_csv(path, columns, left)


def on_test(study):
    return set(study.trials.loc[study.trials["test.nmi"].notna(), "trial"])


def test_both_winners_are_judged_on_test_each_once(out, capfd):
    edit(out, {LAST: {"val.silhouette": 0.9}})
    confirm_study(out, "study", Confirmation(seeds=2, baselines=False))
    study = hypersearch.load(out / "study")
    assert on_test(study) == {BEST, LAST}
    rows = study.trials.set_index("trial").loc[[BEST, LAST]]
    assert (rows[["test.accuracy", "test.hungarian_accuracy", "test.nmi"]] > 0).all(axis=None)
    assert (rows[["test.accuracy_std", "test.nmi_std"]] >= 0).all(axis=None)
    said = capfd.readouterr().out.splitlines()
    assert said[:2] == [
        f"kmeans: trial {BEST} is chosen by labels (v_measure)",
        f"kmeans: trial {LAST} is chosen without labels (silhouette)",
    ]
    judged = Counter(line.split(",")[0] for line in said if "on test" in line)
    assert judged == {f"kmeans: trial {BEST}": 2, f"kmeans: trial {LAST}": 2}


def test_the_evidence_of_each_winner_has_its_place(out):
    edit(out, {LAST: {"val.silhouette": 0.9}})
    confirm_study(out, "study", Confirmation(baselines=False))
    study = hypersearch.load(out / "study")
    found = {}
    for place, name in (("best/kmeans", "best.json"), ("winners/kmeans/silhouette", "winner.json")):
        facts = json.loads((study.folder / place / name).read_text())
        found[facts["trial"]] = facts["chosen_by"]
        with np.load(study.folder / place / "test.npz") as stored:
            assert stored["labels"].shape == (360,)
            assert stored["sizes"].sum() == 360
    assert found == {BEST: ["v_measure"], LAST: ["silhouette"]}
    assert (study.folder / "best" / "kmeans" / "model.skops").exists()

    edit(out, {0: {"val.silhouette": 0.95}})  # now the baseline wins, which has a place of its own
    confirm_study(out, "study", Confirmation(baselines=False), force=True)
    study = hypersearch.load(out / "study")
    assert on_test(study) == {BEST, 0}
    facts = json.loads(
        (study.folder / "baselines" / "kmeans" / "R4-10" / "baseline.json").read_text()
    )
    assert (facts["trial"], facts["chosen_by"]) == (0, ["silhouette"])
    assert not (study.folder / "winners" / "kmeans").exists()


def test_the_leaderboard_shows_both_on_test(out):
    edit(out, {LAST: {"val.silhouette": 0.9}})
    confirm_study(out, "study", Confirmation(seeds=2))
    console = Console(width=80, file=io.StringIO(), highlight=False)
    terminal.show(out, [], console=console)
    lines = console.file.getvalue().splitlines()
    first, second = (at for at, line in enumerate(lines) if line.startswith("chosen "))
    for start in (first, second):
        told = " ".join(lines[start : start + 5])
        assert "  on test: accuracy 0." in told
        assert told.count("±") >= 2
    assert all(len(line) <= 80 for line in lines[first:])


def test_a_winner_whose_training_fails_leaves_the_others(out):
    edit(out, {LAST: {"val.silhouette": 0.9, "param.k": "999"}})  # more clusters than images
    with pytest.raises(WorkFailedError, match="^1 of 2 trainings failed; see "):
        confirm_study(out, "study", Confirmation(baselines=False))
    study = hypersearch.load(out / "study")
    assert on_test(study) == {BEST}
    assert list((study.folder / "logs").glob(f"confirm-kmeans-{LAST}-*.traceback.txt"))
    console = Console(width=80, file=io.StringIO(), highlight=False)
    terminal.show(out, [], console=console)
    assert console.file.getvalue().count("on test: ") == 1


def tasks(study, **asked):
    """By trial: the criteria that choose it, and where its evidence goes."""
    work = list(trials_to_confirm(study, study.search("kmeans"), Confirmation(**asked)))
    assert len({task.trial for task in work}) == len(work)
    places = {
        task.trial: task.folder and str(task.folder.relative_to(study.folder.resolve()))
        for task in work
    }
    return {task.trial: (task.chosen_by, places[task.trial]) for task in work}


def test_one_that_wins_by_everything_is_trained_once(out):
    study = hypersearch.load(out / "study")
    study.trials.loc[study.trials["trial"] == BEST, "val.silhouette"] = 0.9
    assert tasks(study, baselines=False) == {BEST: (("v_measure", "silhouette"), "best/kmeans")}


def test_the_best_three_a_winner_and_a_baseline(out):
    edit(out, {0: {"val.v_measure": 0.01, "objective": 0.01}, LAST: {"val.silhouette": 0.9}})
    study = hypersearch.load(out / "study")
    work = tasks(study, top=3)
    assert set(work) == {0, 1, 2, LAST}
    assert work[LAST] == (("silhouette",), "winners/kmeans/silhouette")
    assert work[0] == ((), "baselines/kmeans/R4-10")
    assert work[BEST] == (("v_measure",), "best/kmeans")


def test_degenerate_and_unfinished_trials_are_no_winners(out):
    edit(out, {LAST: {"val.silhouette": 0.9}})
    study = hypersearch.load(out / "study")
    last = study.trials["trial"] == LAST
    for column, value in (("state", "FAIL"), ("state", "PRUNED"), ("val.hungarian_accuracy", 0.0)):
        before = study.trials[column].copy()
        study.trials.loc[last, column] = value
        assert LAST not in tasks(study, baselines=False)
        study.trials[column] = before
    assert LAST in tasks(study, baselines=False)


def test_where_all_are_degenerate_the_ranking_decides(out):
    study = hypersearch.load(out / "study")
    study.trials["val.hungarian_accuracy"] = 0.0
    assert tasks(study, baselines=False) == {BEST: ((), "best/kmeans")}


def test_a_search_without_complete_trials_and_one_of_a_single_trial(out):
    study = hypersearch.load(out / "study")
    study.trials["state"] = "PRUNED"
    assert tasks(study) == {}
    study.trials.loc[study.trials["trial"] == LAST, "state"] = "COMPLETE"
    assert tasks(study) == {LAST: (("v_measure", "silhouette"), "best/kmeans")}


def test_another_objective_brings_its_own_winner(out):
    edit(out, {1: {"val.silhouette": 0.9}, LAST: {"val.ari": 0.99, "val.silhouette": 0.1}})
    study = hypersearch.load(out / "study")
    study.search("kmeans")["objectives"] = {"silhouette": "max", "ari": "max"}
    found = {trial: why for trial, (why, _) in tasks(study, baselines=False).items() if why}
    assert found == {LAST: ("ari",), 1: ("silhouette",)}
