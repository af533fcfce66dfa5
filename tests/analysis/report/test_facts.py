"""What a study was, in words."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from hypersearch.analysis.report.formatting import HELD
from hypersearch.analysis.report.study_facts import commands, details, facts
from tests.analysis.studies import Made, make


@pytest.fixture
def study(tmp_path):
    return make(tmp_path, [Made(0)])


def told(study, **changes):
    said = facts(replace(study, facts={**study.facts, **changes}))
    return {name: words.replace(HELD, "~") for name, words in said}


def test_facts(study):
    assert told(study) == {
        "Data": (
            "digits; 1,149 images to train on, 288 to validate with, 360 to test with; 8~×~8"
            " pixels; 10 classes: 0, 1, 2, 3, 4, 5, 6, 7, 8, 9"
        ),
        "Searched": "cnn",
        "When": "2026-01-31, 10:00 to 10:05 UTC, 5~min",
        "Test images": "not read yet: all figures are on validation images",
        "Seed": "3",
    }


def test_a_study_that_was_interrupted_and_resumed(study):
    first = {
        "started": "2026-01-30T10:00:00+00:00",
        "ended": "2026-01-30T11:00:00+00:00",
        "interrupted": True,
    }
    assert (
        told(study, runs=[first])["When"]
        == "2026-01-30 10:00 to 2026-01-31 10:05 UTC, 1~h 5~min, in 2 runs"
    )
    assert told(study, interrupted=True)["When"].endswith(", 5~min; interrupted")
    assert (
        told(study, ended=None)["When"]
        == "begun 2026-01-31 10:00 UTC; it has not ended: it runs, or was killed"
    )


def test_how_often_test_was_read(study):
    asked = {"top": 1, "seeds": 3, "baselines": True, "fit_on": "train+validation"}
    assert (
        told(study, test_reads=1, confirmed=asked)["Test images"]
        == "read once, by the best of each search and the baselines, trained anew with 3 seeds on"
        " train+validation"
    )
    again = told(
        study, test_reads=2, confirmed={**asked, "top": 4, "baselines": False, "seeds": 1}
    )["Test images"]
    assert (
        again
        == "read 2 times, so figures on test are no longer those of unseen images, by the best 4 of"
        " each search, trained anew with 1 seed on train+validation"
    )


def test_data(study):
    assert told(study, dataset={"name": "none"})["Data"] == "none: these families need no images"
    assert (
        told(study, dataset={"name": "mine"}, config={"max_samples": 100})["Data"]
        == "mine; cut to 100 images by --max-samples"
    )
    many = {"name": "mine", "classes": [str(i) for i in range(30)]}
    assert told(study, dataset=many)["Data"].endswith("18, 19, …")


def test_a_study_of_which_little_is_recorded(study):
    bare = {key: study.facts[key] for key in ("name", "searches", "dataset", "started")}
    least = replace(study, facts={**bare, "dataset": {"name": "digits"}})
    assert dict(facts(least))["Data"] == "digits"
    assert dict(details(least)) == {"Folder": "demo"}


def test_details(study):
    assert dict(details(study)) == {
        "Digest of the images": "0123abcd" * 8,
        "Machine": "A processor, 2 cores, 23.5 GiB, Linux",
        "Versions": "python 3.11.7, hypersearch 0.1.0",
        "Revision": "f" * 40,
        "Settings": "concurrency 1",
        "Storage": "sqlite:///runs/hypersearch.db",
        "Folder": "demo",
    }


def typed(study, cut=False, **changes):
    return [
        command for command, _ in commands(replace(study, facts={**study.facts, **changes}), cut)
    ]


def test_commands(study):
    study = replace(study, folder=Path("runs/demo"))
    assert typed(study) == [
        "hypersearch extend demo --trials 20",
        "hypersearch confirm demo --seeds 3",
        "hypersearch export demo DIR",
    ]
    assert typed(study, cut=True)[0] == "hypersearch resume demo"
    assert typed(study, interrupted=True)[0] == "hypersearch resume demo"
    assert typed(study, ended=None)[0] == "hypersearch resume demo"
    assert "hypersearch confirm demo --seeds 3" not in typed(study, test_reads=1)
    assert "hypersearch confirm demo --force" in typed(
        study, test_reads=1
    )  # its best has no figures on test
    judged = replace(study, trials=study.trials.assign(**{"test.accuracy": 0.9}))
    assert not [command for command in typed(judged, test_reads=1) if "confirm" in command]


def test_a_confirmation_that_was_cut_short_can_go_on(study):
    asked = {"top": 2, "seeds": 3, "baselines": False, "fit_on": "train"}
    cut = {
        "test_reads": 1,
        "confirmed": asked,
        "confirming": {"asked": asked, "done": [[["cnn", 0, 1, False], {}]]},
    }
    typed_now = typed(replace(study, folder=Path("runs/demo")), **cut)
    assert "hypersearch confirm demo --top 2 --seeds 3 --no-baselines --fit-on train" in typed_now
    told = dict(facts(replace(study, facts={**study.facts, **cut})))["Test images"]
    assert told.startswith(
        "read once, by the best 2 of each search, trained anew with 3 seeds on train; "
    )
    assert told.endswith("; cut short, with 1 training done")


def test_commands_name_another_folder_and_quote_it(study):
    moved = replace(study, folder=Path("my runs/a;b"))
    assert typed(moved)[0] == "hypersearch extend 'a;b' --trials 20 --out 'my runs'"
