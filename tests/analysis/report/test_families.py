"""A real study of all families on digits, confirmed: every kind of figure has its place, and the
page is sound.
"""

from __future__ import annotations

import shutil

import pytest

from hypersearch.analysis.figures import KINDS
from hypersearch.analysis.report.page import write_report
from hypersearch.search.cli.main import main
from tests.analysis.report.pages import Page, complaints
from tests.analysis.report.test_browser import BROWSER, looked_at

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]

RUN = (
    "run cnn autoencoder vae random_forest linear_svm kmeans dbscan --name all --dataset digits"
    " --limit 300 --trials 9"
)
QUICK = "--max-resource 3 --reduction-factor 2 --no-baselines"
ALWAYS = {"history", "timeline", "slices"}
IMAGES = {"reconstructions", "decoded_grid", "latent", "film", "embeddings"}
CLASSES = {"confusion", "per_class", "misclassified"}
CLUSTERS = {"clusters", "cluster_confusion", "embeddings"}
EXPECTED = {
    "cnn": {"rungs", "intermediate", "curves", *CLASSES},
    "autoencoder": {"rungs", "curves", "beside", *IMAGES},
    "vae": {"rungs", "curves", *IMAGES},
    "random_forest": {"rungs", "intermediate", *CLASSES},
    "linear_svm": {"importances", "parallel", *CLASSES},
    "kmeans": {"curves_over_k", *CLUSTERS},
    "dbscan": {"density_grid", "elbow", *CLUSTERS},
}


def test_every_family(here, capsys):
    assert main([*RUN.split(), *QUICK.split()]) == 0
    assert main(["confirm", "all"]) == 0
    path = write_report(here / "runs", ["all"], strict=True)
    html = path.read_text(encoding="utf-8")
    assert complaints(html) == []
    found = Page(html)
    shown = {
        section.all("h2")[0].text: kinds_in(section)
        for section in found.root.all("section", class_="search")
    }
    lacking = {family: {*ALWAYS, *kinds} - shown[family] for family, kinds in EXPECTED.items()}
    assert {family: kinds for family, kinds in lacking.items() if kinds} == {}
    assert set.union(*shown.values()) == set(KINDS), "a kind of figure that no family has"
    if BROWSER:
        pages, said = looked_at(path, here)
        assert said == []
        assert [(page["wide"], page["broken"], page["beyond"]) for page in pages] == [(0, 0, 0)] * 2
    shutil.rmtree(here / "runs")


def kinds_in(section):
    """The kinds of the figures with a picture."""
    return {
        figure.attributes["id"].rsplit("-", 1)[1]
        for figure in section.all("figure")
        if figure.all("img")
    }
