"""Mixtures beside scikit-learn's own fit, stopped and taken up again, and on features of many
dimensions.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from sklearn.exceptions import ConvergenceWarning
from sklearn.mixture import GaussianMixture

from hypersearch.clustering import gaussian_mixture
from hypersearch.clustering.expectation_maximization import empty
from hypersearch.clustering.features.pipeline import features
from hypersearch.clustering.gaussian_mixture import FAMILY, MixtureRun, reduced
from hypersearch.clustering.scores import agreement
from hypersearch.models.api import Config, Options
from hypersearch.models.data.arrays import flatten
from hypersearch.models.data.dataset import Dataset
from hypersearch.models.metrics import worst_of

CONFIG: Config = {
    "components": 10,
    "covariance_type": "diag",
    "init": "kmeans",
    "regularisation": 0.01,
}


def started(digits: Dataset, seed: int = 0, **changes: str) -> MixtureRun:
    return MixtureRun({**CONFIG, **changes}, FAMILY.prepare(digits, Options()), seed)


@pytest.mark.parametrize(
    ("covariance_type", "init"),
    [
        ("full", "kmeans"),
        ("tied", "kmeans"),
        ("diag", "k-means++"),
        ("spherical", "random_from_data"),
    ],
)
def test_ends_where_scikit_learn_ends(digits: Dataset, covariance_type: str, init: str) -> None:
    run = started(digits, 3, covariance_type=covariance_type, init=init)
    steps = 0
    while not run.finished:
        metrics = run.step()
        steps += 1
    pixels = features(digits, Options())
    x_nd, x_val = (part.astype(np.float64) for part in np.split(pixels.x_nd, [pixels.n_train]))
    theirs = GaussianMixture(
        10,
        covariance_type=covariance_type,
        init_params=init,
        reg_covar=0.01 * x_nd.var(axis=0).mean(),
        random_state=3,
        max_iter=300,
    ).fit(x_nd)
    assert steps == theirs.n_iter_
    assert run.model.lower_bound_ == pytest.approx(theirs.lower_bound_)
    np.testing.assert_allclose(run.model.means_, theirs.means_, atol=1e-9)
    np.testing.assert_array_equal(run.predict(x_val), theirs.predict(x_val))
    assert metrics["bic"] == pytest.approx(theirs.bic(x_nd))
    assert metrics["aic"] == pytest.approx(theirs.aic(x_nd))
    assert metrics["log_likelihood"] == pytest.approx(theirs.score(x_val))


@pytest.mark.parametrize("init", ["k-means++", "random"])
def test_so_many_steps_are_so_many_iterations_of_scikit_learn(digits: Dataset, init: str) -> None:
    run = started(digits, 1, covariance_type="full", init=init)
    for _ in range(4):
        metrics = run.step()
    pixels = features(digits, Options())
    x_nd = pixels.x_nd[: pixels.n_train].astype(np.float64)
    theirs = GaussianMixture(
        10,
        init_params=init,
        reg_covar=0.01 * x_nd.var(axis=0).mean(),
        random_state=1,
        max_iter=4,
        tol=0.0,
    )
    with pytest.warns(ConvergenceWarning):
        theirs.fit(x_nd)
    np.testing.assert_array_equal(run.model.means_, theirs.means_)
    np.testing.assert_array_equal(run.model.precisions_, theirs.precisions_)
    assert metrics["bic"] == pytest.approx(theirs.bic(x_nd), rel=1e-12)
    np.testing.assert_array_equal(run.model.judge_fitted(x_nd)[1], theirs.predict(x_nd))


def test_an_iteration_asks_once_how_likely_the_images_are(
    digits: Dataset, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = started(digits)
    run.step()
    asked: list[int] = []
    plain = GaussianMixture._estimate_log_prob_resp
    monkeypatch.setattr(
        GaussianMixture,
        "_estimate_log_prob_resp",
        lambda self, x_nd, **kwargs: asked.append(len(x_nd)) or plain(self, x_nd, **kwargs),
    )
    run.step()
    held_out = [len(digits.x_val)] * 3  # by the mixture and its twins
    halves = [len(digits.x_train) // 2] * 2
    assert sorted(asked) == sorted([len(digits.x_train), *halves, *held_out])


def test_a_converged_mixture_stays_as_it_is(digits: Dataset, tmp_path: Path) -> None:
    run = started(digits)
    while not run.finished:
        metrics = run.step()
    assert run.step() == metrics
    run.save(tmp_path)
    loaded = started(digits)
    assert not loaded.finished
    loaded.load(tmp_path)
    assert loaded.finished
    assert loaded.step() == metrics


@pytest.mark.parametrize("covariance_type", ["full", "tied", "diag", "spherical"])
@pytest.mark.parametrize("steps", [0, 2])
def test_save_and_load_continue_to_the_same_end(
    digits: Dataset, tmp_path: Path, covariance_type: str, steps: int
) -> None:
    whole = started(digits, covariance_type=covariance_type)
    for _ in range(steps):
        whole.step()
    whole.save(tmp_path)
    loaded = started(digits, covariance_type=covariance_type)
    loaded.load(tmp_path)
    while not whole.finished:
        assert loaded.step() == whole.step()
    assert loaded.finished
    assert loaded.model.lower_bound_ == whole.model.lower_bound_
    np.testing.assert_array_equal(
        loaded.model.precisions_cholesky_, whole.model.precisions_cholesky_
    )


def test_many_dimensions_are_reduced_once_for_all(digits: Dataset) -> None:
    raw = features(digits, Options())
    few = reduced(raw, most=10)
    assert few.x_nd.shape == (len(raw.x_nd), 10)
    assert few.x_nd.dtype == np.float32
    assert few.name == "raw, 10 principal components"
    np.testing.assert_allclose(few.x_nd[: raw.n_train].mean(axis=0), 0, atol=1e-5)
    np.testing.assert_allclose(few.transform(digits.x_val), few.x_nd[raw.n_train :], atol=1e-5)
    assert reduced(raw) is raw  # 64 pixels


def test_regularisation_is_relative_to_the_variance(digits: Dataset) -> None:
    x_nd = np.array([[0.0, 0.0], [2.0, 6.0]])
    assert empty(CONFIG, x_nd, 0).reg_covar == pytest.approx(0.01 * (1 + 9) / 2)
    assert empty(CONFIG, 10 * x_nd, 0).reg_covar == pytest.approx(100 * 0.01 * (1 + 9) / 2)
    assert empty(CONFIG, np.ones((2, 2)), 0).reg_covar == 0.01


def test_the_reports_mixture_is_scikit_learns_default(digits: Dataset) -> None:
    (baseline,) = FAMILY.baselines
    x_nd = 9.0 * flatten(digits.x_train).astype(np.float64)
    ours, theirs = empty(baseline.config, x_nd, 0).get_params(), GaussianMixture(10).get_params()
    own = {"max_iter": 1, "warm_start": True, "random_state": 0}
    assert ours == {**theirs, **own}


def test_a_mixture_that_puts_all_into_one_component_cannot_win(
    digits: Dataset, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = started(digits)
    run.step()
    monkeypatch.setattr(
        gaussian_mixture, "judged", lambda mixture, x_nd: (9.0, np.zeros(len(x_nd), dtype=np.int32))
    )
    metrics = run.step()
    assert {name: metrics[name] for name in FAMILY.metrics if name != "clusters"} == {
        name: worst_of(name) for name in FAMILY.metrics if name != "clusters"
    }
    assert metrics["clusters"] == 1


def test_stability_is_that_of_two_mixtures_on_disjoint_images(digits: Dataset) -> None:
    run = started(digits)
    assert -1 <= run.step()["stability"] < 1
    first, second = run._halves
    assert len(first) == len(second) == len(digits.x_train) // 2
    assert not set(first) & set(second)


def test_more_components_than_half_of_the_images_is_unfit(digits: Dataset) -> None:
    assert FAMILY.infeasible_reason(CONFIG, digits) is None
    reason = FAMILY.infeasible_reason({**CONFIG, "components": 97}, digits)
    assert reason == "components = 97 are more than the 96 images of a twin"


def test_evaluation_tells_what_the_components_mean(digits: Dataset) -> None:
    run = started(digits)
    run.step()
    evaluation = FAMILY.evaluate(run, digits)
    assert {"log_likelihood", *agreement.EXTERNAL} == set(evaluation.metrics)
    assert evaluation.artifacts["confusion"].sum() == len(digits.x_test)
    shares = evaluation.artifacts["purity"] @ evaluation.artifacts["sizes"] / len(digits.x_test)
    assert shares == pytest.approx(evaluation.metrics["accuracy"], abs=1e-6)
