"""Failures by kind, with the ends of their tracebacks."""

from __future__ import annotations

from hypersearch.analysis.report.failures import LINES, NO_LOG, SHOWN, failures
from tests.analysis.studies import HOSTILE, Made, make


def failed(number, words, lines=2):
    return Made(
        number,
        (0.5,),
        "FAIL",
        failure="\n".join([*(f"  line {i}" for i in range(lines)), words, ""]),
    )


def test_like_failures_stand_together_most_frequent_first(tmp_path):
    trials = [failed(0, "KeyError: 'a'"), *(failed(n, "ValueError: no") for n in (1, 2)), Made(3)]
    found = failures(make(tmp_path, trials), "cnn")
    assert found.trials == 3
    assert [(kind.words, kind.what) for kind in found.kinds] == [
        ("ValueError: no", "2 trials: 1, 2"),
        ("KeyError: 'a'", "trial 0"),
    ]
    assert found.kinds[1].ending == "  line 0\n  line 1\nKeyError: 'a'"


def test_only_the_end_of_a_long_traceback(tmp_path):
    (kind,) = failures(make(tmp_path, [failed(0, "ValueError: no", 500)]), "cnn").kinds
    lines = kind.ending.splitlines()
    assert (len(lines), lines[0], lines[1], lines[-1]) == (
        LINES + 1,
        "…",
        "  line 476",
        "ValueError: no",
    )


def test_endless_words_are_cut(tmp_path):
    (kind,) = failures(make(tmp_path, [failed(0, HOSTILE * 50)]), "cnn").kinds
    assert len(kind.words) <= 300
    assert len(kind.ending) < 5000


def test_many_trials_and_many_kinds(tmp_path):
    trials = [failed(n, f"ValueError: {n}") for n in range(20)] + [
        failed(n, "OSError: full") for n in range(20, 40)
    ]
    found = failures(make(tmp_path, trials), "cnn")
    assert found.kinds[0].what == "20 trials: 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31, …"
    assert (len(found.kinds), found.more) == (SHOWN, 21 - SHOWN)


def test_a_traceback_that_is_gone(tmp_path):
    study = make(tmp_path, [failed(0, "ValueError: no")])
    (study.folder / "logs" / "cnn-0.traceback.txt").unlink()
    assert [kind.words for kind in failures(study, "cnn").kinds] == [NO_LOG]


def test_what_kept_a_search_from_beginning_and_from_being_confirmed(tmp_path):
    study = make(tmp_path, [Made(0)])
    (study.folder / "logs" / "cnn.traceback.txt").write_text("Traceback\nOSError: no images\n")
    (study.folder / "logs" / "confirm-cnn-0-7.traceback.txt").write_text("Traceback\nMemoryError\n")
    (study.folder / "logs" / "confirm-cnnx-0-7.traceback.txt").write_text("of another family")
    assert [(kind.words, kind.what) for kind in failures(study, "cnn").kinds] == [
        ("OSError: no images", "the search could not begin"),
        ("MemoryError", "confirmation (confirm-cnn-0-7)"),
    ]


def test_a_family_of_ones_own_has_a_name_with_a_colon(tmp_path):
    study = make(tmp_path, [Made(0, (), "FAIL", failure="ValueError: no", family="my.own:FAMILY")])
    assert [kind.words for kind in failures(study, "my.own:FAMILY").kinds] == ["ValueError: no"]


def test_a_family_that_names_another_folder_reads_nothing_there(tmp_path):
    study = make(tmp_path, [Made(0)])
    (tmp_path / "secret.traceback.txt").write_text("secret")
    assert failures(study, "../../secret").kinds == ()
