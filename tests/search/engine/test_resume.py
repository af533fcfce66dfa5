"""Studies that go on: after an interruption, with more trials, in another space, from another
study.
"""

from __future__ import annotations

import json
from pathlib import Path

import optuna
import pandas as pd
import pytest

import hypersearch
from hypersearch.models.errors import UserError
from hypersearch.search.cli.main import main
from hypersearch.search.config.study_files import build
from hypersearch.search.engine.callbacks import RecordCallback
from hypersearch.search.engine.runner import resume_study, run_study
from hypersearch.search.storage import checkpoints

pytestmark = [pytest.mark.usefixtures("ray_session"), pytest.mark.timeout(240)]
SLOW = "benchmarks.slow_toy:FAMILY"
OUT = Path("runs")
COLUMNS = [
    "trial",
    "name",
    "state",
    "objective",
    "resource",
    "param.x",
    "param.shape",
    "param.y",
    "val.accuracy",
]


def run(target, name="study", **options):
    one = {"concurrency": "1"}  # the fewer workers, the sooner they have started
    record, _ = run_study(
        build([target], {"name": name, "dataset": "digits", "out": OUT, **one, **options})
    )
    return hypersearch.load(record.folder)


def resume(name="study", more=0, **changes):
    resume_study(OUT, name, more, changes)
    return hypersearch.load(OUT / name)


def by_number(study):
    return (
        study.trials[[column for column in COLUMNS if column in study.trials]]
        .sort_values("trial")
        .reset_index(drop=True)
    )


def optunas(study):
    """The trials of the toy family in Optuna's storage."""
    return optuna.load_study(
        study_name=f"{study.name}/toy", storage=study.facts["config"]["storage"]
    ).trials


def times(study):
    """When each trial began and ended."""
    return {
        trial.number: (trial.datetime_start, trial.datetime_complete) for trial in optunas(study)
    }


@pytest.fixture
def interrupt(monkeypatch):
    """Interrupt the search once, as Ctrl-C does, when trial `number` has made so many steps."""
    heard = RecordCallback.on_trial_result

    def at(number, steps):
        moments = [(number, steps)]

        def process(self, iteration, trials, trial, result, **info):
            heard(self, iteration, trials, trial, result, **info)
            if (trial.trial.number, trial.trial.resource) in moments:
                moments.clear()
                self._stop.interrupted = True

        monkeypatch.setattr(RecordCallback, "on_trial_result", process)

    return at


def test_a_search_that_was_cut_off_ends_as_if_it_had_not_been(here, interrupt):
    """One worker, two cuts: the same trials, proposals, steps and figures."""
    options = {"trials": "10", "seed": "3"}
    reference = run("toy", name="reference", **options)
    interrupt(2, steps=2)
    cut = run("toy", **options)
    assert len(cut.trials) == 3
    finished = cut.trials[cut.trials["state"] == "COMPLETE"]
    interrupt(6, steps=1)
    resume()
    whole = resume()
    pd.testing.assert_frame_equal(by_number(whole), by_number(reference))
    steps = ["trial", "step", "val.loss"]
    pd.testing.assert_frame_equal(
        *(s.history[steps].sort_values(steps).reset_index(drop=True) for s in (whole, reference))
    )
    kept = whole.trials.set_index("trial").loc[finished["trial"], "objective"].tolist()
    assert kept == finished["objective"].tolist()
    states = {trial.number: trial.state.name for trial in optunas(whole)}
    assert states == dict(zip(whole.trials["trial"], whole.trials["state"], strict=True))
    assert [run["interrupted"] for run in whole.facts["runs"]] == [True, True]


@pytest.mark.parametrize("scheduler", ["asha", pytest.param("median", marks=pytest.mark.slow)])
def test_a_score_that_was_taken_again_counts_the_same_after_a_cut(here, interrupt, scheduler):
    options = {"trials": "24", "searcher": "random", "seed": "2", "scheduler": scheduler}
    reference = by_number(run("tests.few:FAMILY", name="reference", **options))
    interrupt(reference.loc[reference["resource"] > 1, "trial"].iloc[4], steps=2)
    run("tests.few:FAMILY", **options)
    pd.testing.assert_frame_equal(by_number(resume()), reference)
    assert reference["param.x"].nunique() < len(reference)


def test_extend_adds_exactly_so_many(here):
    before = run("toy", trials="4")
    earlier = times(before)
    after = resume(more=3)
    assert earlier.items() <= times(after).items()
    assert len(after.trials) == len(before.trials) + 3
    assert not after.trials["trial"].duplicated().any()
    kept = by_number(after).head(len(before.trials))
    pd.testing.assert_frame_equal(kept, by_number(before), check_dtype=False)
    assert len(optunas(after)) == len(after.trials)
    assert len(resume(more=2).trials) == len(before.trials) + 5


def test_a_finished_study_has_nothing_to_resume(here, capfd):
    before = run("toy", trials="2")
    after = resume()
    pd.testing.assert_frame_equal(by_number(before), by_number(after))
    assert "toy: not searched, all its trials have ended" in capfd.readouterr().out


def test_another_space_keeps_the_trials_and_says_which_lie_outside(here, capfd):
    before = run("toy", trials="6", scheduler="none", max_resource="1", seed="1")
    after = resume(more=3, space={"x": "0..0.5"})
    added = by_number(after).tail(3)
    assert (added["param.x"].astype(float) <= 0.5).all()
    assert len(after.trials) == 10
    numbers = sorted(before.trials.loc[before.trials["param.x"].astype(float) > 0.5, "trial"])
    said = (
        "outside of the space now, and not shown to the sampler: trials"
        f" {', '.join(map(str, numbers))}"
    )
    assert said in capfd.readouterr().out


def test_a_warm_start_learns_from_another_study(here):
    run("toy", name="first", trials="30", scheduler="none", max_resource="1")
    options = {"trials": "4", "scheduler": "none", "max_resource": "1", "seed": "5"}
    cold = run("toy", name="cold", **options)
    warm = run("toy", name="warm", warm_start="first", **options)
    assert len(warm.trials) == 5
    assert by_number(warm)["param.x"].tolist()[1:] != by_number(cold)["param.x"].tolist()[1:]


def test_a_warm_start_by_another_objective_is_refused(here):
    run("toy", name="first", trials="1")
    words = "^--warm-start first: its toy was judged by loss, not accuracy$"
    with pytest.raises(UserError, match=words):
        run("toy", name="second", trials="1", metric="accuracy", warm_start="first")
    assert not Path("runs/second").exists()


@pytest.mark.parametrize("torn", [pytest.param(False, marks=pytest.mark.slow), True])
def test_a_torn_checkpoint_is_not_used(here, interrupt, torn):
    interrupt(1, steps=5)
    run(SLOW, trials="2", baselines=False, scheduler="none")
    (saved,) = checkpoints.home(OUT / "study" / "checkpoints", "slow_toy", 1).iterdir()
    assert saved.name == "1"  # without rungs, the first step and then every minute
    if torn:
        (saved / "toy.json").write_text('{"ste')
    whole = resume()
    assert whole.trials["resource"].tolist() == [27, 27]
    journal = [
        json.loads(line) for line in (OUT / "study" / "journal.jsonl").read_text().splitlines()
    ]
    assert [event["resource"] for event in journal if event["event"] == "rewind"] == [
        0 if torn else 1
    ]


def test_a_step_that_was_saved_but_not_heard_of_is_not_lost(here, interrupt):
    """The worker saves a step before the driver hears of it; a stop in between leaves the
    checkpoint ahead.
    """
    interrupt(1, steps=5)
    cut = run(SLOW, trials="2", baselines=False, scheduler="none")
    number, journal = 1, OUT / "study" / "journal.jsonl"
    first = cut.history[cut.history["trial"] == number].iloc[0]
    kept = [
        e
        for e in map(json.loads, journal.read_text().splitlines())
        if e["trial"] != number or e["event"] == "start"
    ]
    journal.write_text("".join(json.dumps(event) + "\n" for event in kept))
    steps = resume().history
    steps = steps[steps["trial"] == number]
    assert steps["step"].tolist() == list(range(1, 28))
    assert steps.iloc[0]["val.loss"] == first["val.loss"]


def test_only_the_best_models_stay_on_disk(here):
    study = run("toy", trials="12", keep_models="2", scheduler="none", max_resource="2")
    ranked = study.trials.sort_values("objective")["trial"].tolist()
    kept = {int(path.name) for path in (OUT / "study" / "checkpoints" / "toy").iterdir()}
    assert kept == set(ranked[:2])


def test_unknown_study(here, capsys):
    run("toy", name="known", trials="1")
    capsys.readouterr()
    assert main(["resume", "knwn"]) == 2
    error = capsys.readouterr().err
    assert error == "error: unknown study 'knwn' in runs, there are: known; did you mean 'known'?\n"


def test_a_wrong_change_is_one_line(here, capsys):
    run("toy", trials="1")
    capsys.readouterr()
    assert main(["extend", "study", "--trials", "1", "--time-budget", "soon"]) == 2
    assert (
        capsys.readouterr().err
        == "error: --time-budget: got 'soon', expected a duration such as 90s, 10m or 1h30m\n"
    )
