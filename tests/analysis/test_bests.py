"""The best of each family over several studies, and what stands beside it."""

from __future__ import annotations

import json

import pytest

from hypersearch.analysis.leaderboard import leaderboard
from hypersearch.analysis.leaderboard.best_by_family import best_by_family, table
from hypersearch.search.cli.main import main
from hypersearch.search.storage.study import load_all
from tests.analysis.ranked import again, row, search, write


@pytest.fixture
def out(tmp_path):
    again(tmp_path)
    return tmp_path


def found(out, sort=None, names=()):
    """By family: the study and the number of the best."""
    return {
        best.family: best.study and (best.study.name, int(best.trial.iloc[0]["trial"]))
        for best in best_by_family(load_all(out, names), sort)
    }


def test_a_complete_trial_of_any_study_wins(out):
    """The other study has a CNN of 0.97, but that was stopped."""
    assert found(out) == {
        "cnn": ("again", 0),
        "random_forest": ("again", 0),
        "vae": None,
        "kmeans": ("whole", 1),
        "autoencoder": ("whole", 0),
    }
    assert found(out, names=["whole"])["cnn"] == ("whole", 1)


def test_by_another_column(out):
    assert found(out, "val.accuracy")["cnn"] == ("again", 1)
    assert found(out, "test.accuracy")["cnn"] == ("whole", 1)
    assert found(out, "seconds")["cnn"] == ("again", 0)  # the quickest one failed
    write(out, "unjudged", [search("cnn", "accuracy", {})], [row("cnn", 0, "COMPLETE", 0.99)])
    assert found(out, "test.accuracy")["cnn"] == ("whole", 1)
    assert found(out)["cnn"] == ("unjudged", 0)


def test_counts_are_those_of_all_studies(out):
    rows = {
        entry["family"]: entry for entry in table(best_by_family(load_all(out))).to_dict("records")
    }
    counts = {family: (entry["trials"], entry["failed"]) for family, entry in rows.items()}
    assert counts == {
        "cnn": (6, 1),
        "random_forest": (1, 1),
        "kmeans": (3, 0),
        "autoencoder": (3, 0),
    }
    assert (rows["cnn"]["published"], rows["cnn"]["published_source"][:9]) == (0.967, "Wide ResN")


def test_other_data_and_other_objectives_do_not_compare(out):
    write(
        out,
        "digits",
        [search("cnn", "accuracy", {})],
        [row("cnn", 0, "COMPLETE", 0.99)],
        dataset="digits",
    )
    write(out, "loss", [search("cnn", "loss", {})], [row("cnn", 0, "COMPLETE", 0.1)])
    cnns = [best for best in best_by_family(load_all(out)) if best.family == "cnn"]
    assert [(best.dataset, best.metric, best.study.name) for best in cnns] == [
        ("fashion-mnist", "accuracy", "again"),
        ("digits", "accuracy", "digits"),
        ("fashion-mnist", "loss", "loss"),
    ]


def test_of_equal_ones_the_earlier_study_wins(out):
    write(
        out,
        "later",
        [search("cnn", "accuracy", {})],
        [row("cnn", 0, "COMPLETE", 0.94)],
        started="2026-02-01",
    )
    assert found(out)["cnn"] == ("again", 0)


def test_from_the_command_line(out, capsys):
    assert main(["leaderboard", "--best", "--format", "json", "--out", str(out)]) == 0
    rows = json.loads(capsys.readouterr().out)
    assert [entry["family"] for entry in rows] == ["cnn", "random_forest", "kmeans", "autoencoder"]
    assert list(rows[0])[:13] == [
        *("study", "family", "trial", "name", "state", "objective", "resource", "seconds"),
        *("dataset", "metric", "trials", "failed", "published"),
    ]
    assert main(["leaderboard", "--best", "--out", str(out / "none")]) == 0
    assert capsys.readouterr().out.startswith("no studies in")
    for form in leaderboard.FORMATS:
        assert main(["leaderboard", "--best", "--format", form, "--out", str(out / "none")]) == 0


def test_an_unknown_format_names_the_nearest(out, capsys):
    assert main(["leaderboard", "--format", "latx", "--out", str(out)]) == 2
    assert (
        capsys.readouterr().err
        == "error: unknown format 'latx', allowed: table, csv, md, latex, json, html; did you mean"
        " 'latex'?\n"
    )


@pytest.fixture
def terminal_words(out, capsys, monkeypatch):
    """What the terminal shows of the best, in so many columns."""

    def show(sort, width=80):
        monkeypatch.setenv("COLUMNS", str(width))
        assert main(["leaderboard", "--best", "--sort", sort, "--out", str(out)]) == 0
        return capsys.readouterr().out

    return show


def test_what_they_are_ranked_by_stands_in_the_table(terminal_words):
    shown = terminal_words("val.accuracy")
    head, *rows = [line.split() for line in shown.splitlines()[1:6]]
    assert head[:4] == ["family", "metric", "best", "val.accuracy"]
    assert next(row for row in rows if row[0] == "kmeans")[2:4] == ["0.5200", "0.7226"]
    assert next(row for row in rows if row[0] == "autoencoder")[3] == "–"
    assert "the best by val.accuracy; by its metric where no trial of a family has that\n" in shown
    assert "val.accuracy: it rises with the number of clusters, here 10 to 64" in " ".join(
        shown.split()
    )


def test_at_80_columns_it_stands_beside_figures_in_full(terminal_words):
    assert (
        "seconds" in terminal_words("seconds").splitlines()[1]
    )  # without which another table does where it is narrow
    assert "  stopped" in terminal_words("val.accuracy")  # the best of them: that must be seen
    assert "0.9412 [0.9405, 0.9421]" in terminal_words("test.accuracy_high", 140)
    shown = terminal_words("test.accuracy_high", 86)
    assert "0.9412 ± 0.0008" in shown
    assert "random_…" in shown


def test_as_markdown_they_have_few_columns(out, capsys):
    assert main(["leaderboard", "--best", "--format", "md", "--out", str(out)]) == 0
    lines = capsys.readouterr().out.splitlines()
    names = ["family", "metric", "best", "published", "study", "trial", "state", "parameters"]
    assert [cell.strip() for cell in lines[2].strip("|").split("|")] == names


def test_what_compares_only_at_one_k_ranks_no_best(tmp_path, capsys):
    rows = [
        row("kmeans", n, "COMPLETE", 0.5, param__k=10 * n, val__inertia=9.0 / n) for n in (1, 2)
    ]
    write(tmp_path, "curve", [search("kmeans", "v_measure", {"k": {"low": 10}})], rows)
    assert main(["leaderboard", "--best", "--sort", "val.inertia", "--out", str(tmp_path)]) == 2
    assert (
        capsys.readouterr().err
        == "error: --best --sort val.inertia: it compares only trials of the same k\n"
    )


def test_rows_of_one_family_can_be_told_apart(out, terminal_words):
    write(
        out,
        "digits",
        [search("cnn", "accuracy", {})],
        [row("cnn", 0, "COMPLETE", 0.99)],
        dataset="digits",
    )
    write(out, "loss", [search("cnn", "loss", {})], [row("cnn", 0, "COMPLETE", 0.1)])
    shown = terminal_words("val.accuracy", 72)
    assert "data" in shown.splitlines()[1].split()
    assert "cnn on digits: 1 done" in shown
    assert "cnn on fashion-mnist by loss: 1 done" in shown
