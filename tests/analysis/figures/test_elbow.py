"""The k-distance curve and what is marked on it."""

from __future__ import annotations

import numpy as np
import pytest

from hypersearch.analysis.figures.clusterings.elbow import ELBOW, elbow, ordinal
from tests.analysis.figures.confirmed import drawn, search, study_of

ARRAYS = {"k_distances": np.linspace(1.0, 5.0, 5), "elbow": np.array(4.0)}
BEST = {"config": {"min_samples": 15}, "test": {"eps": 3.5}}


def words(figure):
    return [text.get_text() for text in figure.axes[0].texts]


def test_the_curve_its_elbow_and_the_chosen_eps(tmp_path):
    record = elbow(study_of(tmp_path, "dbscan", ARRAYS, BEST), "dbscan")
    assert (record.k, record.elbow, record.eps, record.core, record.reported) == (
        15,
        4.0,
        3.5,
        0.6,
        (),
    )
    assert words(drawn(ELBOW, record)) == ["chosen eps 3.5", "elbow 4"]
    assert (
        ELBOW.describe(record)
        == "Distances to the 15th nearest image, from 1 to 5, with an elbow at 4; the chosen eps,"
        " 3.5, makes 60% of the fitted images core points."
    )


def test_the_reports_elbows_stand_by_features_of_their_kind_alone(tmp_path):
    dataset = {"name": "fashion-mnist-5", "classes": ["ant"]}
    searches = [search("dbscan", features="cnn@flatten,standard")]
    record = elbow(
        study_of(tmp_path, "dbscan", ARRAYS, BEST, dataset=dataset, searches=searches), "dbscan"
    )
    assert record.reported == (20.0, 45.0)
    assert words(drawn(ELBOW, record)) == [
        "chosen eps 3.5",
        "elbow 4",
        "R3's elbow 20",
        "R3's elbow 45",
    ]
    assert ELBOW.describe(record).endswith(" Report R3 read its elbows at 20 and 45.")
    searches = [search("dbscan", features="raw")]
    assert (
        elbow(study_of(tmp_path, "dbscan", dataset=dataset, searches=searches), "dbscan").reported
        == ()
    )


def test_a_curve_that_does_not_bend(tmp_path):
    best = {"config": {"min_samples": 5, "eps": 45.0}, "test": {}}
    record = elbow(study_of(tmp_path, "dbscan", {"k_distances": np.full(5, 2.0)}, best), "dbscan")
    assert (record.elbow, record.eps, record.core) == (None, 45.0, 1.0)
    assert "no elbow" in ELBOW.describe(record)
    drawn(ELBOW, record)


def test_another_family_has_none(tmp_path):
    assert elbow(study_of(tmp_path, "kmeans", {"labels": np.zeros(3)}), "kmeans") is None


@pytest.mark.parametrize(
    ("number", "word"),
    [(1, "1st"), (2, "2nd"), (3, "3rd"), (11, "11th"), (15, "15th"), (113, "113th"), (50, "50th")],
)
def test_ordinal(number, word):
    assert ordinal(number) == word
