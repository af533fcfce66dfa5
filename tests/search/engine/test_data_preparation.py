"""Features of a search: made on a worker until the search is to end, and without a network."""

from __future__ import annotations

import pickle
import time

import pytest

import hypersearch
from hypersearch.models.api import Options
from hypersearch.models.errors import UserError
from hypersearch.search.config.study_files import build
from hypersearch.search.confirm.confirm import confirm_study
from hypersearch.search.confirm.selection import Confirmation
from hypersearch.search.engine.data_preparation import interruptible_say, on_a_worker
from hypersearch.search.engine.stopper import Halted, Stop
from tests.running import run

pytestmark = [pytest.mark.usefixtures("ray_session"), pytest.mark.timeout(240)]
DATA = {"dataset": "digits", "limit": "240", "concurrency": "1"}
SHORT = {"max_resource": "2", "scheduler": "none"}


def test_making_features_ends_when_the_search_is_to_end(here):
    stop = Stop(budget=None)
    call = on_a_worker(build(["kmeans"], {}), stop)
    assert call(abs, -3) == 3
    stop.interrupted = True
    began = time.monotonic()
    with pytest.raises(Halted):
        call(time.sleep, 60)
    assert time.monotonic() - began < 50
    with pytest.raises(Halted):
        interruptible_say(stop, print)("still at it")


def test_options_are_pickled_without_what_is_of_this_process(here):
    options = Options(3, 2, 5, "pca:2", encode=lambda *asked: None, say=lambda line: None)
    assert pickle.loads(pickle.dumps(options)) == Options(3, 2, 5, "pca:2")


@pytest.mark.slow
def test_features_without_a_network(here):
    study, _ = run("kmeans", **DATA, features="pca:5", trials="1", space={"k": "10..12"}, **SHORT)
    confirm_study(here / "runs", "study", Confirmation())
    assert hypersearch.load(study.folder).trials["test.v_measure"].notna().all()
    with pytest.raises(
        UserError, match="^--warm-start study: its kmeans was fitted on features pca:5, not raw$"
    ):
        run("kmeans", **DATA, name="other", warm_start="study")


@pytest.mark.slow
def test_tsne_places_no_test_images(here):
    run(
        "kmeans",
        **{**DATA, "limit": "80"},
        features="tsne:2",
        trials="1",
        space={"k": "10..12"},
        **SHORT,
    )
    with pytest.raises(
        UserError,
        match="^kmeans of study 'study' was fitted on t-SNE, which cannot place test images",
    ):
        confirm_study(here / "runs", "study", Confirmation())
