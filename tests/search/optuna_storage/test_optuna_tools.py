"""Optuna's own plots, and optuna-dashboard, open what a search has stored."""

from __future__ import annotations

import io
import json
import math
from wsgiref.util import setup_testing_defaults

import numpy as np
import optuna
import pytest
from optuna.visualization import matplotlib as plots

from hypersearch.models.families.toy import toy_loss
from hypersearch.search.config.study_files import build
from hypersearch.search.optuna_storage.connection import storage_at
from hypersearch.search.optuna_storage.writer import OptunaStorageWriter
from hypersearch.search.planning.plan import plan_study
from hypersearch.search.storage.trial import Step, Trial

pytestmark = pytest.mark.filterwarnings("ignore::optuna.exceptions.ExperimentalWarning")

STATES = {
    2: ("PRUNED", 1),
    5: ("PRUNED", 3),
    8: ("FAIL", 2),
    11: ("RUNNING", 2),
}  # all others: COMPLETE after 9


def toy_trial(number: int) -> Trial:
    """A baseline, then trials along x, on one curve and on the other."""
    shape = {"shape": "bowl", "y": 0.3 + number / 30} if number % 2 == 0 else {"shape": "valley"}
    state, steps = STATES.get(number, ("COMPLETE", 9))
    trial = Trial(
        "toy",
        number,
        "centre" * (number == 0),
        {"x": number / 12, **shape},
        0,
        9,
        started=1e6 + number,
    )
    losses = [toy_loss(trial.params, step) for step in range(1, steps + 1)]
    trial.steps = [
        Step(step, step / 10, loss, {"loss": loss}) for step, loss in enumerate(losses, start=1)
    ]
    trial.state, trial.ended = state, 1e6 + number + steps / 10
    return trial


TRIALS = [toy_trial(number) for number in range(12)]
COMPLETE = [trial for trial in TRIALS if trial.state == "COMPLETE"]


@pytest.fixture(scope="module")
def storage(tmp_path_factory):
    """The database that a search of these trials leaves."""
    (search,), _ = plan_study(build(["toy"], {"name": "study"}))
    url = f"sqlite:///{tmp_path_factory.mktemp('tools')}/hypersearch.db"
    with storage_at(url) as there:
        writer = OptunaStorageWriter(there, "study/toy", search, print)
        writer.add_existing(TRIALS)
        writer.close()
    return url


@pytest.fixture
def study(storage):
    return optuna.load_study(study_name="study/toy", storage=storage)


@pytest.fixture(autouse=True)
def closed():
    """No figure stays open."""
    import matplotlib.pyplot as plt

    plt.switch_backend("agg")
    yield
    plt.close("all")


def test_history_shows_the_complete_trials_and_the_best_so_far(study):
    axes = plots.plot_optimization_history(study)
    values = [trial.objective if trial.state == "COMPLETE" else math.inf for trial in TRIALS]
    points = axes.collections[0].get_offsets()
    assert points[:, 0].tolist() == [trial.number for trial in COMPLETE]
    assert points[:, 1].tolist() == pytest.approx([trial.objective for trial in COMPLETE])
    assert axes.lines[0].get_ydata().tolist() == pytest.approx(
        np.minimum.accumulate(values).tolist()
    )


def test_intermediate_values_show_every_step_of_all_that_did_not_fail(study):
    lines = plots.plot_intermediate_values(study).lines
    drawn = [trial for trial in TRIALS if trial.state != "FAIL"]
    assert [line.get_xdata().tolist() for line in lines] == [
        [s.resource for s in trial.steps] for trial in drawn
    ]
    losses = [step.objective for trial in drawn for step in trial.steps]
    assert [value for line in lines for value in line.get_ydata()] == pytest.approx(losses)


def test_slices_are_of_the_searched_parameters(study):
    axes = plots.plot_slice(study, params=["x", "y"])
    assert [each.get_xlabel() for each in axes] == ["x", "y"]
    assert axes[0].collections[0].get_offsets()[:, 0].tolist() == [
        trial.params["x"] for trial in COMPLETE
    ]
    assert len(axes[1].collections[0].get_offsets()) == sum(
        "y" in trial.params for trial in COMPLETE
    )


def test_importances_are_of_all_parameters(study):
    labels = plots.plot_param_importances(study).get_yticklabels()
    assert {label.get_text() for label in labels} == {"x", "y", "shape"}


@pytest.mark.parametrize(
    "plot", ["plot_contour", "plot_edf", "plot_parallel_coordinate", "plot_rank", "plot_timeline"]
)
def test_the_other_plots_open_it_too(study, plot):
    getattr(plots, plot)(study)


@pytest.mark.slow
def test_the_dashboard_shows_it(study, storage):
    dashboard = pytest.importorskip("optuna_dashboard", reason="pip install -e .[dashboard]")
    app = dashboard.wsgi(storage)
    (found,) = asked(app, "/api/studies")["study_summaries"]
    assert (found["study_name"], found["directions"]) == ("study/toy", ["minimize"])
    detail = asked(app, f"/api/studies/{found['study_id']}")
    states = {trial["number"]: trial["state"].upper() for trial in detail["trials"]}
    assert states == {trial.number: trial.state for trial in TRIALS}
    assert {parameter["name"] for parameter in detail["union_search_space"]} == {"x", "y", "shape"}


def asked(app, path):
    """The JSON that the app answers a GET with."""
    environment = {"PATH_INFO": path}
    setup_testing_defaults(environment)
    environment["wsgi.input"] = io.BytesIO()
    statuses = []
    body = b"".join(app(environment, lambda status, headers, error=None: statuses.append(status)))
    assert statuses == ["200 OK"], body
    return json.loads(body)
