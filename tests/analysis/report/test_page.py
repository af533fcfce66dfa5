"""The whole page: right and readable whatever a study holds."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, replace

import pytest

from hypersearch.analysis.figures import KINDS, style
from hypersearch.analysis.figures.base import FigureKind
from hypersearch.analysis.report import images, page
from hypersearch.analysis.report.images import SMALL
from hypersearch.analysis.report.page import write_report
from hypersearch.models.errors import UserError
from tests.analysis.report.pages import Page, complaints
from tests.analysis.studies import CNN, HOSTILE, Made, make


def many(count):
    """Trials of which two thirds are stopped, and some fail in three ways."""
    for n in range(count):
        params = {
            "depth": 1 + n % 4,
            "rate": 0.0001 * 1.007 ** (n % 900),
            "pooling": ("max", "average")[n % 2],
        }
        top = 0.5 + 0.4 * ((n * 0.618) % 1)
        if n % 50 == 49:
            yield Made(n, (top,), "FAIL", params=params, failure=f"Traceback\nValueError: {n % 3}")
        elif n % 3:
            yield Made(n, (top,), "PRUNED", params=params)
        else:
            yield Made(n, tuple(top * (1 - 0.5**i) for i in range(1, 10)), params=params)


BASELINE = Made(0, (0.5, 0.85), name="R5", params={"depth": 3, "rate": 0.001, "pooling": "max"})
STUDIES = {
    "nothing has run": [],
    "nothing has ended": [Made(0, (0.5,), "RUNNING"), Made(1, (), "RUNNING")],
    "all have failed": [
        Made(n, (), "FAIL", failure=f"Traceback\nValueError: {n % 2}") for n in range(5)
    ],
    "a single trial": [Made(0)],
    "a single stopped trial": [Made(0, (0.5,), "PRUNED")],
    "a baseline alone": [BASELINE],
    "a small search": [BASELINE, *(Made(n, (0.1 * n,) * n) for n in range(1, 9))],
    "two thousand steps": list(many(400)),
}


@pytest.mark.parametrize("trials", STUDIES.values(), ids=STUDIES.keys())
@pytest.mark.usefixtures("few_figures")
def test_every_study_gives_a_sound_page(tmp_path, trials):
    check(tmp_path, trials)


@pytest.mark.slow
@pytest.mark.parametrize(
    "trials", [*STUDIES.values(), list(many(1000))], ids=[*STUDIES.keys(), "a thousand"]
)
def test_every_study_gives_a_sound_page_with_all_figures(tmp_path, trials):
    assert len(check(tmp_path, trials)) < 5_000_000


def check(tmp_path, trials):
    html = page([make(tmp_path, trials)], strict=True)
    assert complaints(html) == []
    found = Page(html)
    assert found.headings[0] == (1, "demo")
    counts = {word: int(count.replace(",", "")) for count, word in _counts(found)}
    assert sum(counts.values()) == len(trials)
    assert counts["failed"] == sum(trial.state == "FAIL" for trial in trials)
    assert counts.get("not ended", 0) == sum(trial.state == "RUNNING" for trial in trials)
    return html


def _counts(found):
    return [item.text.split(" ", 1) for item in found.root.all("ul", class_="counts")[0].all("li")]


@pytest.fixture
def no_figures(monkeypatch):
    monkeypatch.setattr(images, "KINDS", {})


@pytest.fixture
def few_figures(monkeypatch):
    """All are tested by themselves."""
    monkeypatch.setattr(images, "KINDS", {name: KINDS[name] for name in ("history", "timeline")})


@pytest.mark.usefixtures("no_figures")
def test_what_a_page_says(tmp_path):
    failed = Made(
        4, (0.1,), "FAIL", failure="Traceback (most recent call last)\nValueError: too deep"
    )
    study = make(tmp_path, [BASELINE, Made(1), Made(2, (0.7,), "PRUNED"), failed])
    found = Page(page([study], strict=True))
    parts = [text for level, text in found.headings if level <= 3]
    assert parts == [
        *(
            "demo",
            "cnn",
            "Best trial: 1",
            "Beside published figures",
            "Leaderboard",
            "Budget",
            "The best model",
        ),
        "Failures",
    ]
    assert found.table("The best of each search") == [
        ["family", "objective", "on validation", "on test", "best trial", "trials", "time"],
        ["cnn", "accuracy", "0.9000", "–", "1", "4", "6.0 s"],
    ]
    assert found.table("All trials")[1][:3] == ["1", "1", "0.9000"]
    assert (
        "5 trials of up to 9 epochs, proposed by tpe, and 1 baseline; asha stops early at 1 and 3"
        in found.root.text
    )
    assert found.root.all("pre")[-1].text.endswith("ValueError: too deep")
    assert [link.attributes["href"] for link in found.root.all("nav")[0].all("a")] == ["#study-1-1"]
    way = [item.text for item in found.root.all("ul", class_="way")[0].all("li")]
    assert way == [
        "best trial",
        "published figures",
        "leaderboard",
        "budget",
        "the best model",
        "failures",
    ]


@pytest.mark.usefixtures("no_figures")
def test_several_studies_on_a_page(tmp_path):
    studies = [
        make(tmp_path, [Made(n) for n in range(count)], name)
        for name, count in (("a", 1), ("b", 3))
    ]
    html = page(studies, strict=True)
    assert complaints(html) == []
    found = Page(html)
    assert [heading for heading in found.headings if heading[0] <= 3] == [
        *((1, "2 studies"), (2, "a"), (3, "cnn"), (2, "b"), (3, "cnn")),
    ]
    assert [link.text for link in found.root.all("nav")[0].all("a")] == ["a", "cnn", "b", "cnn"]


@pytest.mark.usefixtures("few_figures")
def test_hostile_words_stay_words(tmp_path):
    search = {
        **CNN,
        "space": {
            HOSTILE: {
                "kind": "Choice",
                "values": [HOSTILE, "b"],
                "searched": [HOSTILE, "b"],
                "when": {},
            }
        },
        "baselines": [{**CNN["baselines"][0], "name": HOSTILE, "source": HOSTILE}],
        "left_out": {HOSTILE: HOSTILE},
        "searcher": HOSTILE,
        "features": HOSTILE,
        "resource": HOSTILE,
    }
    trials = [
        Made(0, name=HOSTILE, params={HOSTILE: HOSTILE}),
        Made(1, params={HOSTILE: "b"}),
        Made(2),
    ]
    trials += [
        Made(n, (0.1,), "FAIL", failure=f"{HOSTILE}\n{HOSTILE}", params={HOSTILE: "b"})
        for n in range(3, 5)
    ]
    study = make(tmp_path, trials, searches=(search,))
    facts = {
        **study.facts,
        "name": HOSTILE,
        "versions": {HOSTILE: HOSTILE},
        "git_revision": HOSTILE,
    }
    facts["dataset"] = {
        **facts["dataset"],
        "name": HOSTILE,
        "classes": [HOSTILE] * 10,
        "digest": HOSTILE,
    }
    facts["config"] = {**facts["config"], "storage": HOSTILE, "warm_start": HOSTILE}
    facts["hardware"] = dict.fromkeys(facts["hardware"], HOSTILE)
    facts["started"] = facts["ended"] = HOSTILE
    (study.folder / "study.json").write_text(json.dumps(facts))
    path = write_report(tmp_path, [], strict=True)
    html = path.read_text(encoding="utf-8")
    assert complaints(html) == []
    assert "<script" not in html
    assert not re.search("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\u202e]", html)
    found = Page(html)
    start = "<script>alert(1)</script>\"'&{{ 7 * 7 }}$\\frac{$���</title>--><![CDATA[ü漢字🙂x"
    assert found.headings[0][1].startswith(start)
    assert len(html) < 1_000_000


@pytest.mark.usefixtures("no_figures")
def test_a_family_with_a_hostile_name(tmp_path):
    name = HOSTILE[:40]
    study = make(
        tmp_path, [Made(n, family=name) for n in range(2)], searches=({**CNN, "family": name},)
    )
    html = page([study], strict=True)
    assert complaints(html) == []
    assert Page(html).headings[1][1].startswith("<script>")


@dataclass(frozen=True)
class Dots:
    count: int


def _draw(dots):
    figure = style.figure(4.0, 3.0)
    axes = figure.subplots()
    axes.plot(range(dots.count), range(dots.count), "o")
    axes.set_title("<b>&")
    return figure


def kinds(**changes):
    standard = {
        "compute": lambda study, family: Dots(5),
        "draw": _draw,
        "describe": lambda dots: f"{dots.count} dots",
    }
    return {"dots": FigureKind("dots", "Some <b>dots", **{**standard, **changes})}


@pytest.fixture
def study(tmp_path):
    return make(tmp_path, [Made(0)])


def test_a_figure_has_title_words_and_size(study, monkeypatch):
    monkeypatch.setattr(images, "KINDS", kinds(caption="What the dots show."))
    html = page([study], strict=True)
    assert complaints(html) == []
    (figure,) = Page(html).root.all("figure")
    (image,) = figure.all("img")
    assert figure.all("figcaption")[0].text == "Some <b>dotsWhat the dots show."
    assert [image.attributes[name] for name in ("alt", "width", "height")] == [
        "5 dots",
        "384",
        "288",
    ]
    assert image.attributes["src"].startswith("data:image/svg+xml;base64,")


def test_a_large_svg_becomes_a_png(study, monkeypatch):
    monkeypatch.setattr(images, "KINDS", kinds(compute=lambda study, family: Dots(SMALL // 20)))
    (image,) = Page(page([study])).root.all("img")
    assert image.attributes["src"].startswith("data:image/png;base64,")


def test_a_kind_that_does_not_apply_is_left_out(study, monkeypatch):
    monkeypatch.setattr(images, "KINDS", kinds(compute=lambda study, family: None))
    found = Page(page([study], strict=True))
    assert not found.root.all("figure")
    assert "Figures of the search" not in [text for _, text in found.headings]


def test_a_kind_that_any_search_may_have_says_why_it_is_not_there(study, monkeypatch):
    changes = {"title": "Some <b>dots", "compute": lambda study, family: None}
    shown = {name: replace(KINDS[name], **changes) for name in ("timeline", "curves")}
    monkeypatch.setattr(images, "KINDS", shown)
    html = page([study], strict=True)
    assert complaints(html) == []
    found = Page(html)
    assert not found.root.all("figure")
    assert [each.text for each in found.root.all("ul", class_="nothing")] == [
        f"Some <b>dots – not shown: {kind.empty}" for kind in shown.values()
    ]


def test_what_a_study_without_trials_says(tmp_path):
    found = Page(page([make(tmp_path, [], searches=({**CNN, "baselines": []},))], strict=True))
    said = [each.text for each in found.root.all("p")]
    for words in (
        "No trial has run to its end, so there is no best one.",
        "No figures are known that others have published for this task on these data.",
        "No trial has ended yet.",
        "Nothing is spent yet: no trial has ended.",
        "No trial has failed.",
    ):
        assert words in said
    assert any(
        f"hypersearch confirm demo --out {tmp_path} trains it anew" in words for words in said
    )
    assert len(found.root.all("ul", class_="nothing")[0].all("li")) == 7


@pytest.mark.parametrize("part", ["compute", "draw", "describe"])
def test_a_figure_that_fails_costs_only_itself(tmp_path, study, monkeypatch, part):
    def fail(*given):
        raise ValueError("no\n<i>ink</i>")

    monkeypatch.setattr(images, "KINDS", kinds(**{part: fail}))
    said = []
    html = write_report(tmp_path, [], say=said.append).read_text(encoding="utf-8")
    assert complaints(html) == []
    (figure,) = Page(html).root.all("figure")
    assert figure.text.endswith("This figure could not be made: ValueError: no <i>ink</i>")
    assert said == ["demo: the figure dots of cnn could not be made: ValueError: no <i>ink</i>"]
    with pytest.raises(ValueError, match="ink"):
        page([study], strict=True)


def test_every_kind_of_figure_is_explained():
    assert all(kind.caption.endswith(".") for kind in KINDS.values())
    assert all(kind.empty.endswith(".") for kind in KINDS.values() if kind.empty)


@pytest.mark.usefixtures("no_figures")
def test_where_it_is_written(tmp_path):
    for name in ("a", "b"):
        make(tmp_path, [Made(0)], name)
    assert write_report(tmp_path, []) == tmp_path / "report.html"
    assert write_report(tmp_path, ["b"]) == tmp_path / "b" / "report.html"
    assert write_report(tmp_path, ["a"], tmp_path / "here.html") == tmp_path / "here.html"
    assert not list(tmp_path.rglob("*.partial*"))


@pytest.mark.usefixtures("no_figures")
def test_what_is_refused(tmp_path):
    with pytest.raises(UserError, match="^no studies in .*; `hypersearch run quick` makes one$"):
        write_report(tmp_path, [])
    make(tmp_path, [Made(0)])
    with pytest.raises(UserError, match="^unknown study 'dem' in .*; did you mean 'demo'"):
        write_report(tmp_path, ["dem"])
    with pytest.raises(
        UserError, match="^cannot write .*/there/report.html: No such file or directory$"
    ):
        write_report(tmp_path, [], tmp_path / "there" / "report.html")
    with pytest.raises(UserError, match="^cannot write .*: Is a directory$"):
        write_report(tmp_path, [], tmp_path / "demo")
    assert not list(tmp_path.rglob("*.partial*"))


@pytest.mark.usefixtures("no_figures")
def test_the_same_study_gives_the_same_page(study):
    assert page([study]) == page([study])
