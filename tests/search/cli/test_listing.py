"""What `hypersearch list` says, at 80 columns."""

from __future__ import annotations

from dataclasses import replace

import pytest

from hypersearch.models.api import Baseline, Choice, Float, Int
from hypersearch.models.errors import UserError
from hypersearch.models.families import toy
from hypersearch.models.metrics import BETTER, METRICS
from hypersearch.search.cli.listing import _searched_values, _used, listing
from hypersearch.search.cli.main import main
from hypersearch.search.families import FAMILIES, find
from hypersearch.search.space.description import describe_range


@pytest.fixture(autouse=True)
def narrow(monkeypatch):
    monkeypatch.setenv("COLUMNS", "80")
    monkeypatch.setenv("TERM", "dumb")


def rows(text):
    """The lines that begin with a name, by it."""
    return {line.split()[0]: line for line in text.splitlines() if line[:1].strip()}


def test_families(here):
    text = listing("families", None, here)
    assert max(map(len, text.splitlines())) <= 80
    assert set(FAMILIES) < set(rows(text))
    assert rows(text)["cnn"].split()[1:] == [
        "accuracy",
        "15",
        "epochs",
        "R3-default,",
        "R3-own,",
        "R5",
    ]
    assert "--features is for kmeans, dbscan, gaussian_mixture." in text
    for name in FAMILIES:
        assert all(baseline.name in text for baseline in find(name).baselines)


@pytest.mark.parametrize("name", FAMILIES)
def test_one_family(here, name):
    text = listing("families", name, here)
    assert max(map(len, text.splitlines())) <= 80
    assert set(find(name).space) <= set(rows(text))


def test_the_words_of_one_family(here, capsys):
    assert main(["list", "families", "toy"]) == 0
    assert [line.rstrip() for line in capsys.readouterr().out.splitlines()] == [
        "toy: loss, lower is better; a full trial is 27 steps",
        "other metrics: accuracy (max)",
        "baseline centre, 27 steps: the middle of the space",
        "",
        "parameter  searched                       baselines",
        "x          0.0 to 1.0                     0.5",
        "shape      bowl, valley                   bowl",
        "y          0.0 to 1.0 where shape = bowl  0.5",
        "",
        "--set P=V fixes a parameter, --space P=LOW..HIGH or P=A,B searches other values.",
    ]


def test_what_is_not_searched_unless_asked_for():
    kind = Choice(("a", "b", "c"), searched=("a",))
    family = replace(
        toy.FAMILY, space={"kind": kind, "k": Int(2, 8, log=True, also=(1,)), "x": Float(0.5, 0.5)}
    )
    assert [_searched_values(family, name) for name in family.space] == [
        "a; on demand b, c",
        "2 to 8 (log); on demand 1",
        "0.5",
    ]


def test_a_condition_is_said_unless_it_always_holds():
    space = {"kind": Choice(("a", "b", "c"), searched=("a",)), "size": Choice((1, 2))}
    assert describe_range(Int(1, 3, when={"kind": "a"}), space) == "1 to 3"
    assert (
        describe_range(Int(1, 3, when={"kind": ("b", "c")}), space) == "1 to 3 where kind = b or c"
    )
    assert (
        describe_range(Int(1, 3, when={"kind": ("a", "b"), "size": 2}), space)
        == "1 to 3 where size = 2"
    )


def test_values_of_baselines():
    def named(name, **config):
        return Baseline(name, config, 1, "a test")

    three = [
        named("one", k=10, init="random"),
        named("two", k=16, init="random"),
        named("three", k=10, init="random"),
    ]
    assert _used("k", three) == "10 (one, three), 16 (two)"
    assert _used("init", three) == "random"
    assert _used("init", [*three, named("four", k=1)]) == "random (one, two, three)"
    assert _used("depth", three) == ""


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (
            ("families", "cn"),
            (
                f"unknown family 'cn', allowed: {', '.join(FAMILIES)}, package.module:NAME; did you"
                " mean"
            ),
        ),
        (
            ("datasets", "cnn"),
            "list datasets takes no name, got 'cnn'; list families takes that of a family",
        ),
        (
            ("familys", None),
            (
                "unknown list 'familys', allowed: families, metrics, datasets, studies; did you"
                " mean"
                " 'families'?"
            ),
        ),
    ],
)
def test_what_is_not_there(here, arguments, words):
    with pytest.raises(UserError) as error:
        listing(*arguments, here)
    assert str(error.value).startswith(words)


def test_a_family_of_ones_own(here):
    assert "parameter" in listing("families", "tests.few:FAMILY", here)


def test_metrics(here):
    text = listing("metrics", None, here)
    assert max(map(len, text.splitlines())) <= 80
    found = rows(text)
    assert [name for name in found if name != "metric"] == list(METRICS)
    for name, row in METRICS.items():
        words = found[name].split()
        assert words[1:3] == [BETTER[row.mode], row.needs]
        assert words[3] == row.help.split()[0]


def test_a_metric_that_is_not_registered_is_listed_without_a_direction(here, monkeypatch):
    own = replace(toy.FAMILY, metrics=("loss", "seconds_a_step"))
    monkeypatch.setattr(toy, "FAMILY", own)
    assert "other metrics: seconds_a_step\n" in listing("families", "toy", here)
