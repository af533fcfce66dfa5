"""What was spent and spared, by hand."""

from __future__ import annotations

import pytest

from hypersearch.analysis.report.budget import Spent, as_table, budget, budget_sentence
from hypersearch.analysis.report.formatting import HELD
from hypersearch.analysis.study.worker_times import lives
from tests.analysis.studies import CNN, Made, make

TRIALS = (
    Made(0, (0.5,) * 9, name="R5"),
    Made(1, (0.6,) * 9),
    Made(2, (0.7,), "PRUNED"),  # spared 8 epochs of a second each
    Made(3, (0.7,) * 3, "PRUNED", limit=5),  # spared 2
    Made(4, (0.7,) * 2, "PRUNED", cut=True),
    Made(5, (0.1,), "FAIL", failure="ValueError: no"),
    Made(6, (), "PRUNED"),
)


def test_budget(tmp_path):
    study = make(tmp_path, TRIALS)
    spent = budget(study, "cnn", lives(study.folder, "cnn"))
    assert spent.searched == Spent(6, 16, 16.0)
    assert spent.baselines == Spent(1, 9, 9.0)
    assert spent.spared == Spent(2, 10, 10.0)
    assert spent.cut == 1
    assert spent.bar == [("spent", 45.71), ("given", 25.71), ("spared", 28.57)]
    assert (
        budget_sentence(spent).replace(HELD, "~")
        == "Early stopping ended 2 trials before their time and spared 10 of 26 epochs (38~%),"
        " about 10~s of work at these trials' own pace. The end of the search cut off 1 trial; a"
        " resume goes on with them."
    )
    assert as_table(spent).kinds == ("spent", "given", "spared")
    assert tuple(
        tuple(cell.replace(HELD, "~") for cell in row) for row in as_table(spent).rows
    ) == (
        ("searched", "6", "16", "16~s"),
        ("baselines", "1", "9", "9.0~s"),
        ("spared (estimate)", "2", "10", "10~s"),
    )


def test_without_a_journal_each_trial_had_the_whole_resource(tmp_path):
    study = make(tmp_path, TRIALS[:4])
    (study.folder / "journal.jsonl").unlink()
    assert budget(study, "cnn", lives(study.folder, "cnn")).spared == Spent(2, 14, 14.0)


def test_a_trial_that_went_on_is_not_cut_off(tmp_path):
    study = make(tmp_path, TRIALS[4:5])
    line = '{"event": "rewind", "at": 2e9, "family": "cnn", "trial": 4, "resource": 2}\n'
    with (study.folder / "journal.jsonl").open("a") as journal:
        journal.write(line + '{"event": "start", "torn')
    assert budget(study, "cnn", lives(study.folder, "cnn")).cut == 0


@pytest.mark.parametrize("trials", [(), TRIALS[:2]])
def test_nobody_was_stopped(tmp_path, trials):
    study = make(tmp_path, trials)
    spent = budget(study, "cnn", lives(study.folder, "cnn"))
    assert spent.spared == Spent(0, 0, 0.0)
    assert budget_sentence(spent) == "No trial was stopped early."
    assert [kind for kind, _ in spent.bar] == ["spent", "given"][: len(trials)]


def test_a_parameter_may_say_where_a_trial_ends(tmp_path):
    trials = [
        Made(0, (0.5,), "PRUNED", params={"depth": 4}),
        Made(1, (0.5,), "PRUNED", params={"rate": 0.1}),
    ]
    study = make(tmp_path, trials, searches=({**CNN, "resource_parameter": "depth"},))
    assert budget(study, "cnn", lives(study.folder, "cnn")).spared == Spent(2, 3 + 8, 11.0)
