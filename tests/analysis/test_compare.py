"""Studies side by side, against figures worked out by hand."""

from __future__ import annotations

import csv
import io
import json
import math
import shutil

import pytest
from rich.console import Console

from analysis import compare_words
from analysis.compare import compare
from analysis.figures import of_comparison
from analysis.incumbents import Reach
from search.cli import main
from search.trials import write_json
from tests.analysis.played import facts, play, trial
from tests.analysis.test_incumbents import SEARCH

# last incumbents: tpe 0.85 and 0.9, random 0.75 and 0.88
SCRIPTS = {
    ("tpe-0", 0): SEARCH,
    ("tpe-1", 1): [*trial(1, 0, "COMPLETE", 0.7), *trial(2, 1, "COMPLETE", 0.9)],
    ("random-0", 0): [
        *trial(0, 0, "COMPLETE", 0.6),
        *trial(1, 1, "COMPLETE", 0.75),
        *trial(2, 2, "COMPLETE", 0.74),
    ],
    ("random-1", 1): [*trial(0, 0, "FAIL", 0.1), *trial(1, 1, "COMPLETE", 0.3, 0.88)],
}
BOTH = ["tpe-*", "random-*"]


@pytest.fixture
def out(tmp_path):
    for (name, seed), script in SCRIPTS.items():
        play(tmp_path, name, script, seed)
    return tmp_path


def change(out, name, **changed):
    """Write study.json anew."""
    write_json(out / name / "study.json", facts(name, changed.pop("seed", 0), [1e6], changed))


def test_two_sides_of_two_seeds(out):
    (found,) = compare(out, BOTH)
    tpe, random = found.sides
    assert (found.family, found.metric, found.mode, found.resource, found.notes) == (
        *("cnn", "accuracy", "max", "epochs"),
        (),
    )
    assert [one.study for one in tpe.courses] == ["tpe-0", "tpe-1"]
    assert (tpe.final, random.final) == ((0.85, 0.85, 0.9), (0.75, 0.75, 0.88))
    assert (tpe.complete, random.complete) == (4, 4)
    assert [tpe.middle(axis) for axis in ("trials", "resource", "seconds")] == [4, 6, 6]
    assert found.target == 0.75
    assert (tpe.reach, random.reach) == (Reach(2, 2, 2, 2), Reach(2, 2, 3, 3))
    assert found.duels["tpe-*", "random-*"].probability == 0.75
    assert tpe.curves["resource"].at_p.tolist() == [0, 1, 2, 6]


def test_a_target_of_ones_own(out):
    tpe, random = compare(out, BOTH, target=0.89)[0].sides
    assert (tpe.reach, random.reach) == (Reach(1, math.inf, math.inf, math.inf), Reach(0, math.inf, math.inf, math.inf))


def test_another_metric(out):
    (found,) = compare(out, BOTH, metric="val.loss")
    assert (found.metric, found.mode, found.target) == ("loss", "min", 0.25)
    assert found.sides[0].final.median == pytest.approx(0.15)


def test_three_sides_duel_in_pairs(out):
    (found,) = compare(out, ["tpe-0", "tpe-1", "random-?"])
    assert {pair: duel.probability for pair, duel in found.duels.items()} == {
        ("tpe-0", "tpe-1"): 0.0,
        ("tpe-0", "random-?"): 0.5,
        ("tpe-1", "random-?"): 1.0,
    }


def test_a_side_without_complete_trials_is_shown(out):
    play(out, "poor", [*trial(0, 0, "FAIL", 0.5), *trial(1, 1, "PRUNED", 0.6)])
    (found,) = compare(out, ["tpe-*", "poor"])
    assert (found.sides[1].complete, found.target) == (0, 0.85)
    assert found.sides[1].reach == Reach(0, math.inf, math.inf, math.inf)
    assert found.duels["tpe-*", "poor"].probability == 1.0
    assert "poor: no complete trial, so no incumbent" in list(compare_words.lines(found))
    assert "poor                    –       –       –" in shown(found)


def test_nobody_has_a_complete_trial(out):
    for name in ("none-0", "none-1"):
        play(out, name, [])
    (found,) = compare(out, ["none-0", "none-1"])
    assert math.isnan(found.target)
    assert [side.reach for side in found.sides] == [None, None]
    assert shown(found).count("no complete trial") == 2
    assert len(of_comparison.draw([found]).axes) == 3


def test_what_a_reader_should_know(out):
    play(out, "tpe-2", SEARCH, seed=1, max_resource=27)
    (out / "tpe-0" / "journal.jsonl").unlink()
    assert compare(out, BOTH)[0].notes == (
        "tpe-*: studies with equal seeds, 0, 1, 1, are no independent ones",
        "the sides have different seeds, so different validation images: tpe-* 0, 1, 1; random-* 0, 1",
        "different max_resource: tpe-* 27, 9; random-* 9",
        "tpe-0 has no journal.jsonl: its seconds are those of one trial after another",
    )


# --- words ---------------------------------------------------------------------------------------------------------

TABLE = """\
cnn on digits: best accuracy on validation, higher is better
side      studies  trials  epochs  seconds  complete  accuracy          interval
tpe-*           2       4       6      6.0         4    0.8500  0.8500 to 0.9000
random-*        2       3       3      3.0         4    0.7500  0.7500 to 0.8800

to reach accuracy 0.7500
side      reached by  trials  epochs  seconds
tpe-*         2 of 2       2       2      2.0
random-*      2 of 2       2       3      3.0

best after trials       1       2       3
tpe-*              0.7000  0.8000  0.8000
random-*                –  0.7500  0.7500

best after epochs  1       2       3
tpe-*              –  0.8000  0.8000
random-*           –       –  0.7500

best after seconds  0.8  1.5     3.0
tpe-*                 –    –  0.8000
random-*              –    –  0.7500

P(tpe-* ends better than random-*) = 0.75, over 2 × 2 studies; by chance p =
0.67 (Mann-Whitney, exact)
of 2 studies: the median; interval: least to greatest, too few for 95 %
"""


def shown(*comparisons, width=80):
    console = Console(width=width, file=io.StringIO(), highlight=False)
    compare_words.show(comparisons, console)
    return "\n".join(line.rstrip() for line in console.file.getvalue().splitlines())


def test_table(out):
    assert shown(*compare(out, BOTH)) == TABLE


def test_a_long_name_is_cut(out):
    shutil.move(out / "random-1", out / ("r" * 60))
    lines = shown(*compare(out, ["tpe-*", "r" * 60])).splitlines()
    assert any(line.startswith("rrrrrrrr") and line.endswith("0.8800") for line in lines)
    assert max(len(line) for line in lines[:6]) <= 80


def test_markdown(out):
    lines = compare_words.to_markdown(compare(out, BOTH)).splitlines()
    assert lines[:2] == [
        "### cnn on digits: best accuracy on validation, higher is better",
        "",
    ]
    assert [cell.strip() for cell in lines[4].strip("|").split("|")] == [
        *("tpe-*", "2", "4", "6", "6.0", "4", "0.8500", "0.8500 to 0.9000"),
    ]
    assert "to reach accuracy 0.7500" in lines
    assert lines[-1].startswith("- of 2 studies: the median; interval: least to greatest")


def test_csv_has_the_curves(out):
    rows = list(csv.DictReader(io.StringIO(compare_words.to_csv(compare(out, BOTH)))))
    assert [list(row.values())[2:] for row in rows[:4]] == [
        ["tpe-*", "trials", "0.0", "", "", ""],
        ["tpe-*", "trials", "1.0", "0.7", "0.7", "0.8"],
        ["tpe-*", "trials", "2.0", "0.8", "0.8", "0.9"],
        ["tpe-*", "trials", "4.0", "0.85", "0.85", "0.9"],
    ]
    assert {(row["side"], row["axis"]) for row in rows} == {
        (side, axis) for side in BOTH for axis in ("trials", "resource", "seconds")
    }


def test_json_has_all(out):
    (found,) = json.loads(compare_words.to_json(compare(out, BOTH, target=0.89)))
    tpe = found["sides"][0]
    assert (tpe["studies"], tpe["seeds"], found["target"]) == (["tpe-0", "tpe-1"], [0, 1], 0.89)
    assert tpe["final"] == {"median": 0.85, "low": 0.85, "high": 0.9, "interval": "least to greatest"}
    assert tpe["reached"] == {"studies": 1, "trials": None, "resource": None, "seconds": None}
    assert tpe["curves"]["seconds"][1] == {"at": 1.0, "median": None, "low": None, "high": 0.7}
    assert found["duels"] == [
        {"first": "tpe-*", "second": "random-*", "probability": 0.75, "p_value": pytest.approx(2 / 3), "exact": True}
    ]


# --- the picture ---------------------------------------------------------------------------------------------------


def test_the_picture_shows_the_curves(out):
    panels = of_comparison.draw(compare(out, BOTH)).axes
    assert [axes.get_xlabel() for axes in panels] == ["trials", "epochs", "seconds"]
    line = panels[0].lines[0]
    assert line.get_label() == "tpe-*"
    assert line.get_xdata().tolist() == [0, 1, 2, 4]
    assert line.get_ydata().tolist()[1:] == [0.7, 0.8, 0.85]
    dotted = [list(line.get_ydata()) for line in panels[0].lines if line.get_linestyle() == ":"]
    assert dotted == [[0.85, 0.85], [0.75, 0.75]]
    assert list(panels[0].lines[-1].get_ydata()) == [0.75, 0.75]
    assert panels[0].get_ylim() == pytest.approx((0.585, 0.915))  # 0.6 is the better of two when the other has none


@pytest.mark.parametrize("form", ["png", "svg", "pdf"])
def test_the_picture_in_a_file(out, form, capsys):
    assert main(["compare", *BOTH, "--out", str(out), "--figure", str(out / f"sides.{form}")]) == 0
    assert (out / f"sides.{form}").stat().st_size > 1000
    assert "to reach accuracy 0.7500" in capsys.readouterr().out


# --- what is refused -----------------------------------------------------------------------------------------------


def refused(capsys, out, *arguments):
    assert main(["compare", *arguments, "--out", str(out)]) == 2
    shown = capsys.readouterr()
    assert shown.out == ""
    assert shown.err.count("\n") == 1
    return shown.err.removeprefix("error: ").strip()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["tpe-*"], "compare takes two sides or more, got tpe-*"),
        (
            ["tpe-*", "randm-0"],
            "unknown study 'randm-0' in {out}, there are: random-0, random-1, tpe-0, tpe-1; did you mean 'random-0'?",
        ),
        (
            ["tpe-*", "gp-*"],
            "no study in {out} matches 'gp-*', there are: random-0, random-1, tpe-0, tpe-1",
        ),
        (["tpe-*", "tpe-0"], "study 'tpe-0' is on two sides, 'tpe-*' and 'tpe-0'"),
        (["tpe-0", "tpe-0"], "study 'tpe-0' is on two sides, 'tpe-0' and 'tpe-0'"),
        (
            [*BOTH, "--metric", "acuracy"],
            "unknown metric of cnn 'acuracy', allowed: accuracy, loss; did you mean 'accuracy'?",
        ),
        (
            [*BOTH, "--family", "cn"],
            "unknown family that all of the studies searched 'cn', allowed: cnn; did you mean 'cnn'?",
        ),
        ([*BOTH, "--format", "tabel"], "unknown format 'tabel', allowed: table, md, csv, json; did you mean 'table'?"),
        ([*BOTH, "--target", "nan"], "--target: got nan, expected a number"),
        ([*BOTH, "--figure", "x.gif"], "--figure x.gif: unknown suffix '.gif', allowed: .png, .svg, .pdf"),
        ([*BOTH, "--figure", "no/where.png"], "--figure no/where.png: No such file or directory"),
    ],
)
def test_wrong_input_is_one_line(out, here, capsys, arguments, message):
    assert refused(capsys, out, *arguments) == message.format(out=out)


def test_other_images_are_refused(out, capsys):
    change(out, "random-0", dataset={"name": "fashion-mnist", "train": 48_000})
    assert refused(capsys, out, *BOTH) == (
        "studies of different images do not compare: tpe-0 of digits (80 + 20 + 10 images of 8×8, 10 classes), "
        "random-0 of fashion-mnist (48,000 + 20 + 10 images of 8×8, 10 classes)"
    )
    change(out, "random-0", dataset={"digest": "another-one"})
    assert refused(capsys, out, *BOTH) == (
        "studies of different images do not compare: with the same seed, 0, "
        "tpe-0 has the digest split-0 and random-0 another-"
    )


def test_other_metrics_are_refused_unless_one_is_named(out, capsys):
    change(out, "random-0", metric="loss", mode="min")
    assert refused(capsys, out, *BOTH) == (
        "cnn was judged by different metrics, tpe-0 by accuracy, tpe-1 by accuracy, random-0 by loss, random-1 by "
        "accuracy; name one: --metric M"
    )
    assert compare(out, BOTH, metric="accuracy")[0].target == 0.75


def test_other_families_are_refused(out, capsys):
    change(out, "random-0", family="vae")
    message = "no family was searched by all of the studies: tpe-0 cnn; tpe-1 cnn; random-0 vae; random-1 cnn"
    assert refused(capsys, out, *BOTH) == message


def test_inertia_of_different_k_is_refused(tmp_path, capsys):
    for name, k in (("a", 10), ("b", 20)):
        play(tmp_path, name, [], family="kmeans", metric="inertia", mode="min")
        row = f"{name},kmeans,0,,COMPLETE,5.0,1,1.0,{k},train,5.0"
        columns = "study,family,trial,name,state,objective,resource,seconds,param.k,param.fit_on,val.inertia"
        (tmp_path / name / "trials.csv").write_text(f"{columns}\n{row}\n")
    assert refused(capsys, tmp_path, "a", "b") == (
        "inertia cannot be compared between values of k: 10, 20; name another --metric"
    )
