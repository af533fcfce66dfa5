"""Whole searches through real Ray: what they find, what they record, how they bear what goes
wrong.
"""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import optuna
import pandas as pd
import pytest

import hypersearch
from hypersearch.models.errors import UserError
from hypersearch.search.confirm.confirm import confirm_study
from hypersearch.search.confirm.selection import Confirmation
from hypersearch.search.engine.callbacks import RecordCallback
from hypersearch.search.storage.record import locked
from tests.running import run

pytestmark = [pytest.mark.usefixtures("ray_session"), pytest.mark.timeout(240)]
BROKEN = "tests.broken:FAMILY"
ROOT = Path(__file__).parents[3]


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    """Two families on digits, then confirmed."""
    out = tmp_path_factory.mktemp("whole")
    options = {
        "out": out,
        "limit": "300",
        "trials": "3",
        "max_resource": "3",
        "space": {"k": "10..20"},
        "only_baselines": "R5,R4-10,R4-16",  # of each family those that it has
    }
    run("random_forest", "kmeans", **options)
    confirm_study(out, "study", Confirmation(top=1, seeds=2, baselines=False))
    return hypersearch.load(out / "study")


def test_every_trial_is_recorded_once(whole):
    assert not whole.trials.duplicated(["family", "trial"]).any()
    counts = whole.trials.groupby("family").size().to_dict()
    assert counts == {"random_forest": 4, "kmeans": 5}


def test_baselines_come_first_and_run_to_the_end(whole):
    baselines = whole.trials[whole.trials["name"] != ""]
    assert set(baselines["state"]) == {"COMPLETE"}
    forest = baselines[baselines["family"] == "random_forest"]
    assert forest[["trial", "name", "resource"]].to_numpy().tolist() == [[0, "R5", 3]]
    left_out = {s["family"]: s["left_out"] for s in whole.facts["searches"]}
    assert left_out == {"random_forest": {}, "kmeans": {}}


def test_states_follow_the_resource(whole):
    complete = whole.trials[whole.trials["state"] == "COMPLETE"]
    stopped = whole.trials[whole.trials["state"] == "PRUNED"]
    assert (complete["resource"] <= 3).all()  # K-means may converge before
    assert (complete.loc[complete["family"] != "kmeans", "resource"] == 3).all()
    assert (stopped["resource"] == 1).all()
    assert len(complete) + len(stopped) == len(whole.trials)


def test_the_objective_is_the_last_value_in_the_history(whole):
    last = whole.history.sort_values("step").groupby(["family", "trial"]).last()
    for _, row in whole.trials.iterrows():
        metric = whole.search(row["family"])["metric"]
        assert row["objective"] == last.loc[(row["family"], row["trial"]), f"val.{metric}"]


def test_steps_rise_by_one(whole):
    for _, steps in whole.history.groupby(["family", "trial"])["step"]:
        assert steps.tolist() == list(range(1, len(steps) + 1))


def test_optuna_holds_the_same_trials(whole):
    storage = whole.facts["config"]["storage"]
    for family, ours in whole.trials.groupby("family"):
        theirs = optuna.load_study(study_name=f"study/{family}", storage=storage).trials
        assert {t.number: t.state.name for t in theirs} == dict(
            zip(ours["trial"], ours["state"], strict=True)
        )
        steps = whole.history[whole.history["family"] == family].groupby("trial").size().to_dict()
        assert {t.number: len(t.intermediate_values) for t in theirs} == steps


def test_study_json_tells_what_was_run(whole):
    facts = whole.facts
    assert facts["dataset"]["train"] == 240
    assert facts["seed"] == 0
    assert {"python", "ray", "optuna", "scikit-learn"} <= set(facts["versions"])
    assert facts["hardware"]["cores"] == os.cpu_count()
    assert facts["started"] <= facts["ended"]
    assert facts["searches"][0]["rungs"] == [1]
    assert facts["searches"][1]["space"]["k"]["high"] == 20


def test_confirm_leaves_a_study_alone_that_another_process_runs(whole):
    words = "^study 'study' is being run by another process$"
    with locked(whole.folder), pytest.raises(UserError, match=words):
        confirm_study(
            whole.folder.parent, "study", Confirmation(top=1, seeds=1, baselines=False), force=True
        )


def test_confirm_writes_test_columns_and_the_winner(whole):
    confirmed = whole.trials[whole.trials["test.accuracy"].notna()]
    assert confirmed["family"].unique().tolist() == ["random_forest", "kmeans"]
    assert (confirmed["test.accuracy"].between(0, 1) & (confirmed["test.accuracy_std"] >= 0)).all()
    assert whole.facts["test_reads"] == 1
    for family in ("random_forest", "kmeans"):
        best = whole.folder / "best" / family
        assert (best / "model.skops").stat().st_size > 0
        facts = json.loads((best / "best.json").read_text())
        rows = confirmed[confirmed["family"] == family]
        assert facts["trial"] == rows.loc[rows["objective"].idxmax(), "trial"]
        assert len(rows) == 1 or family == "kmeans"  # of which the silhouette may choose another
    with np.load(whole.folder / "best" / "random_forest" / "test.npz") as stored:
        assert stored["predicted"].shape == (360,)


def test_a_second_confirmation_is_refused(whole):
    from hypersearch.models.errors import UserError

    with pytest.raises(
        UserError, match="have been read once for study 'study'; --force reads them again$"
    ):
        confirm_study(whole.folder.parent, "study", Confirmation(top=1, seeds=1, baselines=True))


def test_the_terminal_is_kept_clean(here, capfd):
    run("toy", trials="2")
    shown = capfd.readouterr()
    assert shown.err == ""
    assert [line.split()[0] for line in shown.out.splitlines()] == ["toy:", "toy", "toy", "toy"]


@pytest.mark.parametrize(
    ("way", "words"),
    [
        ("raise", "ValueError: this configuration is broken"),
        ("nan", "ValueError: loss is nan, not a finite number"),
        ("start", "RuntimeError: cannot start"),
        ("die", "The actor died unexpectedly"),
    ],
)
def test_a_failing_trial_is_recorded_and_the_search_goes_on(here, way, words):
    study, _ = run(BROKEN, trials="4", space={"way": f"{way},fine"}, scheduler="none", seed="3")
    states = dict(zip(study.trials["param.way"], study.trials["state"], strict=True))
    assert len(study.trials) == 4
    assert states == {way: "FAIL", "fine": "COMPLETE"}
    for number in study.trials.loc[study.trials["state"] == "FAIL", "trial"]:
        text = (study.folder / "logs" / f"broken-{number}.traceback.txt").read_text()
        assert words in text
    theirs = optuna.load_study(
        study_name="study/broken", storage=study.facts["config"]["storage"]
    ).trials
    assert {t.number: t.state.name for t in theirs} == dict(
        zip(study.trials["trial"], study.trials["state"], strict=True)
    )


def test_the_guides_examples_run(here, monkeypatch):
    """CONTRIBUTING's family, in README's kind of study file, then confirmed."""
    monkeypatch.syspath_prepend(here)
    (code,) = re.findall(r"```python\n(.*?)```", (ROOT / "CONTRIBUTING.md").read_text(), re.S)
    (here / "knn.py").write_text(code)
    (here / "own.toml").write_text(
        '[[search]]\nfamily = "knn:FAMILY"\ntrials = 3\nspace = { k = "1..9" }\n'
    )
    study, _ = run("own.toml", limit="200")
    assert study.trials["state"].tolist() == ["COMPLETE"] * 4
    assert study.trials.set_index("trial")["param.k"][0] == 5
    confirm_study(Path("runs"), "study", Confirmation(top=1, seeds=1, baselines=False))
    assert hypersearch.load("runs/study").trials["test.accuracy"].max() > 0.8


def test_time_budget_ends_the_search_and_keeps_what_there_is(here):
    started = time.monotonic()
    study, interrupted = run(
        BROKEN, trials="9", set={"way": "slow"}, time_budget="6s", scheduler="none"
    )
    assert time.monotonic() - started < 50
    assert not interrupted
    assert set(study.trials["state"]) == {"PRUNED"}
    assert study.trials["resource"].max() <= 1  # the second step sleeps for a minute
    theirs = optuna.load_study(
        study_name="study/broken", storage=study.facts["config"]["storage"]
    ).trials
    assert {t.state.name for t in theirs} == {"PRUNED"}


def test_one_worker_and_one_seed_give_the_same_trials(here):
    first, _ = run("toy", name="first", trials="12", concurrency="1", seed="5")
    second, _ = run("toy", name="second", trials="12", concurrency="1", seed="5")
    columns = ["trial", "state", "objective", "resource", "param.x", "param.shape", "param.y"]
    pd.testing.assert_frame_equal(first.trials[columns], second.trials[columns])


def test_baselines_alone(here):
    study, _ = run("toy", trials="0")
    assert study.trials["name"].tolist() == ["centre"]
    assert study.trials["resource"].tolist() == [27]


def test_a_study_name_is_not_used_twice(here):
    from hypersearch.models.errors import UserError

    run("toy", trials="1", out="one", storage="sqlite:///shared.db")
    with pytest.raises(
        UserError, match="^study 'study/toy' exists already in the storage; choose another --name$"
    ):
        run("toy", trials="1", out="two", storage="sqlite:///shared.db")
    assert not Path("two/study").exists()


def test_more_than_there_is_is_refused_before_the_first_trial(here):
    from hypersearch.models.errors import UserError

    with pytest.raises(UserError, match="^--gpus-per-trial 64: there are .* GPUs$"):
        run("toy", gpus_per_trial="64")
    assert not Path("runs/study").exists()


def test_a_failed_trial_counts_the_steps_that_it_finished(here):
    study, _ = run(BROKEN, trials="1", set={"way": "nan"}, scheduler="none")
    assert study.trials[["state", "resource"]].to_numpy().tolist() == [["FAIL", 1]]
    assert study.trials["objective"].isna().all()
    assert study.history["step"].tolist() == [1]


def test_an_error_of_the_engine_loses_no_trial(here, monkeypatch):
    """As a second Ctrl-C would, the storage's breakdown ends the search at once; what had begun is
    recorded.
    """

    def broken(self, *arguments, **info):
        if any(trial.steps for trial in self._searcher.trials.values()):
            raise OSError("disk full")

    monkeypatch.setattr(RecordCallback, "on_step_end", broken)
    with pytest.raises(OSError, match="disk full"):
        run(BROKEN, trials="4", set={"way": "slow"}, concurrency="1")
    study = hypersearch.load(here / "runs" / "study")
    assert study.trials["state"].tolist() == ["PRUNED"]
    assert study.facts["ended"]


@pytest.mark.slow
def test_interrupt_keeps_everything_and_exits_130(here):
    command = [
        sys.executable,
        "-m",
        "hypersearch",
        "run",
        BROKEN,
        "--set",
        "way=slow",
        "--name",
        "study",
        "--trials",
        "4",
    ]
    environment = dict(os.environ)
    history = here / "runs" / "study" / "history.csv"
    with subprocess.Popen([*command, "--dataset", "digits"], env=environment) as process:
        while not history.exists() and process.poll() is None:
            time.sleep(0.2)
        process.send_signal(signal.SIGINT)
        assert process.wait(timeout=90) == 130
    study = hypersearch.load(here / "runs" / "study")
    assert study.facts["interrupted"]
    assert set(study.trials["state"]) == {"PRUNED"}
    assert len(study.trials) >= 1
