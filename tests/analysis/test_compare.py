"""Studies side by side, against figures worked out by hand."""

from __future__ import annotations

import math

import pytest

from hypersearch.analysis.comparison import figure, tables
from hypersearch.analysis.comparison.compare import compare
from hypersearch.analysis.comparison.incumbents import TimeToTarget
from hypersearch.search.cli.main import main
from hypersearch.search.storage.files import write_json
from tests.analysis import sides
from tests.analysis.played import facts, play, trial
from tests.analysis.sides import BOTH, shown
from tests.analysis.test_incumbents import SEARCH


@pytest.fixture
def out(tmp_path):
    return sides.write(tmp_path)


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
    assert (tpe.reach, random.reach) == (TimeToTarget(2, 2, 2, 2), TimeToTarget(2, 2, 3, 3))
    assert found.duels["tpe-*", "random-*"].probability == 0.75
    assert tpe.curves["resource"].at_p.tolist() == [0, 1, 2, 6]


def test_a_target_of_ones_own(out):
    tpe, random = compare(out, BOTH, target=0.89)[0].sides
    assert (tpe.reach, random.reach) == (
        TimeToTarget(1, math.inf, math.inf, math.inf),
        TimeToTarget(0, math.inf, math.inf, math.inf),
    )


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
    assert found.sides[1].reach == TimeToTarget(0, math.inf, math.inf, math.inf)
    assert found.duels["tpe-*", "poor"].probability == 1.0
    assert "poor: no complete trial, so no incumbent" in list(tables.lines(found))
    assert "poor                    –       –       –" in shown(found)


def test_nobody_has_a_complete_trial(out):
    for name in ("none-0", "none-1"):
        play(out, name, [])
    (found,) = compare(out, ["none-0", "none-1"])
    assert math.isnan(found.target)
    assert [side.reach for side in found.sides] == [None, None]
    assert shown(found).count("no complete trial") == 2
    assert len(figure.draw_comparison([found]).axes) == 3


def test_what_a_reader_should_know(out):
    play(out, "tpe-2", SEARCH, seed=1, max_resource=27)
    (out / "tpe-0" / "journal.jsonl").unlink()
    assert compare(out, BOTH)[0].notes == (
        "tpe-*: studies with equal seeds, 0, 1, 1, are no independent ones",
        (
            "the sides have different seeds, so different validation images: tpe-* 0, 1, 1;"
            " random-* 0, 1"
        ),
        "different max_resource: tpe-* 27, 9; random-* 9",
        "tpe-0 has no journal.jsonl: its seconds are those of one trial after another",
    )


# --- what is refused ------------------------------------------------------------------------------


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
            (
                "unknown study 'randm-0' in {out}, there are: random-0, random-1, tpe-0, tpe-1; did"
                " you mean 'random-0'?"
            ),
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
            (
                "unknown family that all of the studies searched 'cn', allowed: cnn; did you mean"
                " 'cnn'?"
            ),
        ),
        (
            [*BOTH, "--format", "tabel"],
            "unknown format 'tabel', allowed: table, md, csv, json; did you mean 'table'?",
        ),
        ([*BOTH, "--target", "nan"], "--target: got nan, expected a number"),
        (
            [*BOTH, "--figure", "x.gif"],
            "--figure x.gif: unknown suffix '.gif', allowed: .png, .svg, .pdf",
        ),
        ([*BOTH, "--figure", "no/where.png"], "--figure no/where.png: No such file or directory"),
    ],
)
def test_wrong_input_is_one_line(out, here, capsys, arguments, message):
    assert refused(capsys, out, *arguments) == message.format(out=out)


def test_other_images_are_refused(out, capsys):
    change(out, "random-0", dataset={"name": "fashion-mnist", "train": 48_000})
    assert (
        refused(capsys, out, *BOTH)
        == "studies of different images do not compare: tpe-0 of digits (80 + 20 + 10 images of"
        " 8×8, 10 classes), random-0 of fashion-mnist (48,000 + 20 + 10 images of 8×8, 10"
        " classes)"
    )
    change(out, "random-0", dataset={"digest": "another-one"})
    assert (
        refused(capsys, out, *BOTH)
        == "studies of different images do not compare: with the same seed, 0, "
        "tpe-0 has the digest split-0 and random-0 another-"
    )


def test_other_metrics_are_refused_unless_one_is_named(out, capsys):
    change(out, "random-0", metric="loss", mode="min")
    assert (
        refused(capsys, out, *BOTH)
        == "cnn was judged by different metrics, tpe-0 by accuracy, tpe-1 by accuracy, random-0 by"
        " loss, random-1 by accuracy; name one: --metric M"
    )
    assert compare(out, BOTH, metric="accuracy")[0].target == 0.75


def test_other_families_are_refused(out, capsys):
    change(out, "random-0", family="vae")
    message = (
        "no family was searched by all of the studies: tpe-0 cnn; tpe-1 cnn; random-0 vae;"
        " random-1 cnn"
    )
    assert refused(capsys, out, *BOTH) == message


def test_inertia_of_different_k_is_refused(tmp_path, capsys):
    for name, k in (("a", 10), ("b", 20)):
        play(tmp_path, name, [], family="kmeans", metric="inertia", mode="min")
        row = f"{name},kmeans,0,,COMPLETE,5.0,1,1.0,{k},train,5.0"
        columns = "study,family,trial,name,state,objective,resource,seconds"
        columns += ",param.k,param.fit_on,val.inertia"
        (tmp_path / name / "trials.csv").write_text(f"{columns}\n{row}\n")
    assert (
        refused(capsys, tmp_path, "a", "b")
        == "inertia cannot be compared between values of k: 10, 20; name another --metric"
    )
