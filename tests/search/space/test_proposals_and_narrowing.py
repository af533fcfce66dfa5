"""Proposing, checking and narrowing."""

from __future__ import annotations

import re
from dataclasses import replace

import optuna
import pytest

from hypersearch.models.api import Choice, Float, Int
from hypersearch.models.errors import UserError
from hypersearch.models.families import cnn, toy
from hypersearch.search.space import description, narrowing, proposals

SPACE = {
    "kind": Choice(("a", "b", "old"), searched=("a", "b")),
    "size": Int(1, 8, log=True, when={"kind": "a"}),
    "rate": Float(0.1, 1.0),
    "flag": Choice((True, False)),
    "one": Choice(("only",)),
}


def proposal(space, seed=0):
    return proposals.propose(
        space, optuna.create_study(sampler=optuna.samplers.RandomSampler(seed=seed)).ask()
    )


def test_conditional_parameters_come_only_where_they_apply():
    configs = [proposal(SPACE, seed) for seed in range(30)]
    assert {config["kind"] for config in configs} == {"a", "b"}
    assert all(("size" in config) == (config["kind"] == "a") for config in configs)
    assert all(config["one"] == "only" for config in configs)


GOOD = {"kind": "a", "size": 3, "rate": 0.5, "flag": True, "one": "only"}


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (
            {"sise": 3},
            "unknown parameter 'sise', allowed: kind, size, rate, flag, one; did you mean 'size'?",
        ),
        ({"size": 9}, "size = 9 is out of range, allowed: 1 to 8"),
        ({"size": 2.5}, "size = 2.5 is out of range, allowed: 1 to 8"),
        ({"size": True}, "size = True is out of range, allowed: 1 to 8"),
        ({"flag": 1}, "flag = 1 is out of range, allowed: True, False"),
        ({"kind": "c"}, "kind = 'c' is out of range, allowed: a, b, old"),
        ({"kind": "b"}, "size does not apply where kind is 'b'"),
    ],
)
def test_check_names_what_is_wrong(change, message):
    proposals.check(SPACE, GOOD)
    with pytest.raises(UserError) as error:
        proposals.check(SPACE, {**GOOD, **change})
    assert str(error.value) == message


def test_a_value_beside_the_range_is_for_baselines_and_set():
    space = {"k": Int(10, 20, also=(5,))}
    family = replace(toy.FAMILY, space=space)
    proposals.check(space, {"k": 5})
    assert not proposals.is_searched(space, {"k": 5})
    assert narrowing.narrow(family, {"k": "5"}, {})["k"] == Int(5, 5, also=(5,))
    with pytest.raises(UserError, match="^k = 6 is out of range, allowed: 10 to 20 or 5$"):
        proposals.check(space, {"k": 6})
    assert description.to_record(space) == {
        "k": {"kind": "Int", "low": 10, "high": 20, "log": False, "when": {}}
    }


def test_check_misses_a_parameter():
    with pytest.raises(UserError, match="^rate is missing, allowed: 0.1 to 1.0$"):
        proposals.check(SPACE, {name: value for name, value in GOOD.items() if name != "rate"})


def test_a_parameter_that_is_the_resource_stays_within_it():
    space = {"trees": Int(10, 1000, log=True), "rate": Float(0.1, 1.0)}
    ends = "a trial ends at 3"
    assert narrowing.up_to(space, "trees", 300, (), ends) == {
        **space,
        "trees": Int(10, 300, log=True),
    }
    assert narrowing.up_to(space, "trees", 3, (), ends) == {**space, "trees": Int(3, 3, log=True)}
    assert narrowing.up_to(space, "trees", 300, {"trees"}, ends)["trees"].high == 300
    assert narrowing.up_to(space, "", 3, (), ends) == space
    with pytest.raises(UserError, match="^trees = 10: a trial ends at 3$"):
        narrowing.up_to(space, "trees", 3, {"trees"}, ends)


def test_a_value_may_be_allowed_and_not_searched():
    assert proposals.is_searched(SPACE, GOOD)
    old = {"kind": "old", "rate": 0.5, "flag": True, "one": "only"}
    proposals.check(SPACE, old)
    assert not proposals.is_searched(SPACE, old)


def test_set_fixes_and_space_widens():
    space = narrowing.narrow(
        cnn.FAMILY, {"depth": "3", "batch_norm": "true"}, {"filters": "16..128", "kernel": "5"}
    )
    config = proposal(space)
    assert (config["depth"], config["batch_norm"], config["kernel"]) == (3, True, 5)
    assert space["filters"] == Int(16, 128, log=True, when=cnn.SEARCHED)


def test_set_may_name_what_is_not_searched():
    config = proposal(narrowing.narrow(cnn.FAMILY, {"network": "R5", "optimizer": "adam"}, {}))
    assert {"network", "learning_rate", "batch_size"} < set(config)
    assert not {"depth", "filters", "sgd_learning_rate"} & set(config)


@pytest.mark.parametrize(
    ("fixed", "ranges", "message"),
    [
        ({"x": "2"}, {}, "--set x=2: not allowed, allowed: 0.0 to 1.0"),
        ({}, {"x": "1"}, "--space x=1: expected low..high, as in x=0.0..1.0"),
        ({}, {"x": "-1..1"}, "--space x=-1..1: x can only be 0 to 1"),
        ({}, {"x": "0..2"}, "--space x=0..2: x can only be 0 to 1"),
        ({}, {"x": "1..0"}, "--space x=1..0: low must not exceed high"),
        ({}, {"shape": "bowl,bole"}, "--space shape: 'bole' is not allowed, allowed: bowl, valley"),
    ],
)
def test_bad_narrowing(fixed, ranges, message):
    with pytest.raises(UserError) as error:
        narrowing.narrow(toy.FAMILY, fixed, ranges)
    assert str(error.value) == message


def test_counts_stay_counts_and_shares_shares():
    for text, words in (
        ("depth=0..3", "depth can only be 1 or more"),
        ("dropout=0..2", "dropout can only be 0 to 1"),
    ):
        name, _, given = text.partition("=")
        with pytest.raises(UserError, match=f"^--space {re.escape(text)}: {words}$"):
            narrowing.narrow(cnn.FAMILY, {}, {name: given})


def test_log_range_stays_above_zero():
    with pytest.raises(UserError, match="low must not exceed high and must be above 0$"):
        narrowing.narrow(cnn.FAMILY, {}, {"learning_rate": "0..1"})


@pytest.mark.parametrize("value", ["none", None, "1", "l2", True, 0.1, 8])
def test_read_is_the_inverse_of_str(value):
    parameter = Choice(("none", None, "1", "l2", True, 0.1, 8))
    found = narrowing.read(parameter, str(value))
    assert found == value
    assert type(found) is type(value)


def test_read_takes_words_in_any_case_and_numbers_of_the_right_kind():
    assert narrowing.read(Choice((True, False)), "true") is True
    assert narrowing.read(Choice((None, 8)), "none") is None
    assert isinstance(narrowing.read(Float(0.0, 2.0), "1"), float)
    assert proposals.holds(Choice((None, 8)), narrowing.read(Choice((None, 8)), "8.0")) is False


def test_set_and_space_of_one_parameter():
    with pytest.raises(UserError, match="^x is given to both --set and --space; give it to one$"):
        narrowing.narrow(toy.FAMILY, {"x": "0.5"}, {"x": "0..1"})


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("3", 3),
        ("0.5", 0.5),
        ("1e-3", 0.001),
        ("sqrt", "sqrt"),
        ("inf", "inf"),
        ("3.0", 3.0),
        ("nan", "nan"),
    ],
)
def test_parse(text, value):
    assert narrowing.parse(text) == value
    assert type(narrowing.parse(text)) is type(value)
