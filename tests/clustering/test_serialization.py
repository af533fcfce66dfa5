"""A clustering that was exported and read again gives images the clusters that it gave before."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import skops.io
from sklearn.cluster import KMeans
from sklearn.neighbors import NearestNeighbors

from hypersearch.clustering import dbscan, gaussian_mixture, kmeans
from hypersearch.clustering.centroids import kmeans_run
from hypersearch.clustering.features.feature_transforms import Components, Standard, Tsne
from hypersearch.clustering.features.pipeline import Chain, Features, features
from hypersearch.clustering.gaussian_mixture import reduced
from hypersearch.clustering.serialization import transformers_of
from hypersearch.models import serialization
from hypersearch.models.api import Config, Options
from hypersearch.models.data.arrays import flatten
from hypersearch.models.data.dataset import Dataset
from hypersearch.models.errors import UserError

CONFIGS: dict[str, Config] = {
    "kmeans": {"k": 12, "init": "k-means++", "fit_on": "train"},
    "gaussian_mixture": {
        "components": 10,
        "covariance_type": "full",
        "init": "kmeans",
        "regularisation": 0.01,
    },
}


def rows(digits: Dataset, spelled: str) -> Features:
    return features(digits, Options(features=spelled))


@pytest.mark.parametrize("spelled", ["raw", "standard", "standard,pca:9"])
@pytest.mark.parametrize("module", [kmeans, gaussian_mixture])
def test_read_again_it_gives_the_same_clusters(
    module: Any, spelled: str, digits: Dataset, tmp_path: Path
) -> None:
    family = module.FAMILY
    made = rows(digits, spelled)
    shared = reduced(made, most=20) if module is gaussian_mixture else made
    run = family.start(CONFIGS[family.name], shared, 0)
    for _ in range(3):
        run.step()
    family.export(run, digits, tmp_path)
    shelved = serialization.load_exported(tmp_path)
    near_nk = shelved.predict(digits.x_test)
    assert near_nk.shape == (len(digits.x_test), len(shelved.class_names))
    np.testing.assert_array_equal(
        near_nk.argmax(axis=1), run.predict(shared.transform(digits.x_test))
    )
    assert list(shelved.class_names) == [digits.class_names[c] for c in run.named_classes()]
    assert shelved.output == "clusters"


def test_what_is_exported_is_scikit_learns(digits: Dataset, tmp_path: Path) -> None:
    run = kmeans_run.KMeansRun(CONFIGS["kmeans"], rows(digits, "raw"), 0)
    run.step()
    kmeans.FAMILY.export(run, digits, tmp_path)
    theirs = skops.io.load(tmp_path / "model.skops")
    assert type(theirs) is KMeans
    np.testing.assert_array_equal(theirs.cluster_centers_, run.centers_kd)
    np.testing.assert_array_equal(
        theirs.predict(flatten(digits.x_test)), run.predict(flatten(digits.x_test))
    )
    assert theirs.score(run.features.x_nd[: len(digits.x_train)]) == pytest.approx(
        -theirs.inertia_, rel=1e-5
    )


def test_probabilities_of_a_mixture_and_distances_to_centres(
    digits: Dataset, tmp_path: Path
) -> None:
    for module, folder in ((kmeans, tmp_path / "kmeans"), (gaussian_mixture, tmp_path / "mixture")):
        folder.mkdir()
        run = module.FAMILY.start(CONFIGS[module.FAMILY.name], rows(digits, "raw"), 0)
        run.step()
        module.FAMILY.export(run, digits, folder)
        near_nk = serialization.load_exported(folder).predict(digits.x_test)
        if module is gaussian_mixture:
            np.testing.assert_allclose(near_nk.sum(axis=1), 1.0)
        else:
            away_nd = flatten(digits.x_test) - run.centers_kd[3]
            np.testing.assert_allclose(-near_nk[:, 3], np.linalg.norm(away_nd, axis=1), rtol=1e-4)


def behind_a_network(digits: Dataset) -> Features:
    """Standardised codes of a network, which here adds up columns of pixels."""
    made = rows(digits, "raw")
    code = made.x_nd.reshape(-1, 8, 8).sum(axis=1)
    standard = Standard(code.mean(axis=0), code.std(axis=0) + np.float32(1.0))
    chain = Chain((lambda x_nhw: (x_nhw / np.float32(255)).sum(axis=1), standard))
    return replace(made, x_nd=standard(code), transform=chain, name="autoencoder,standard")


@pytest.mark.parametrize("module", [kmeans, gaussian_mixture])
def test_behind_a_network_plain_arrays_are_written(
    module: Any, digits: Dataset, tmp_path: Path
) -> None:
    family, shared = module.FAMILY, behind_a_network(digits)
    run = family.start(CONFIGS[family.name], shared, 0)
    run.step()
    family.export(run, digits, tmp_path)
    facts = json.loads((tmp_path / "clusters.json").read_text())
    assert (
        facts["rows"]
        == "float32 (n, 8), made of images as `--features` has it: autoencoder,standard"
    )
    with np.load(tmp_path / "clusters.npz") as stored:
        assert set(stored) == set(facts["arrays"])
        code_nd = (digits.x_test / np.float32(255)).sum(axis=1)
        x_nd = (code_nd - stored["step2_mean_d"]) / stored["step2_scale_d"]
        np.testing.assert_allclose(x_nd, shared.transform(digits.x_test), rtol=1e-6)
        np.testing.assert_array_equal(stored["classes_k"], run.named_classes())
        if module is kmeans:
            away_nk = np.linalg.norm(x_nd[:, None] - stored["centers_kd"], axis=2)
            np.testing.assert_array_equal(away_nk.argmin(axis=1), run.predict(x_nd))
        else:
            np.testing.assert_array_equal(stored["means_kd"], run.model.means_)
            assert stored["covariances"].shape == (10, 8, 8)
    with pytest.raises(UserError, match="holds no exported model"):
        serialization.load_exported(tmp_path)


def test_the_mixtures_own_components_are_written_too(digits: Dataset, tmp_path: Path) -> None:
    shared = reduced(behind_a_network(digits), most=3)
    run = gaussian_mixture.MixtureRun(CONFIGS["gaussian_mixture"], shared, 0)
    run.step()
    gaussian_mixture.FAMILY.export(run, digits, tmp_path)
    with np.load(tmp_path / "clusters.npz") as stored:
        x_nd = ((digits.x_test / np.float32(255)).sum(axis=1) - stored["step2_mean_d"]) / stored[
            "step2_scale_d"
        ]
        x_nd = (x_nd - stored["step3_mean_d"]) @ stored["step3_components_kd"].T
    np.testing.assert_allclose(x_nd, shared.transform(digits.x_test), atol=1e-5)


def test_a_density_is_written_as_its_core_images(digits: Dataset, tmp_path: Path) -> None:
    config: Config = {
        "eps_from": "quantile",
        "eps_quantile": 0.6,
        "min_samples": 5,
        "fit_on": "train",
    }
    run = dbscan.FAMILY.start(config, dbscan.FAMILY.prepare(digits, Options()), 0)
    run.step()
    dbscan.FAMILY.export(run, digits, tmp_path)
    x_nd = flatten(digits.x_test)
    with np.load(tmp_path / "clusters.npz") as stored:
        away_n1, near_n1 = NearestNeighbors(n_neighbors=1).fit(stored["core_md"]).kneighbors(x_nd)
        labels_n = np.where(away_n1[:, 0] <= stored["eps"], stored["labels_m"][near_n1[:, 0]], -1)
        assert stored["min_samples"] == 5
    expected_n = run.predict(x_nd)
    np.testing.assert_array_equal(labels_n, expected_n)
    assert 0 < np.mean(expected_n == -1) < 1


def test_a_dbscan_of_the_judged_has_settings_alone(digits: Dataset, tmp_path: Path) -> None:
    config: Config = {"eps_from": "value", "eps": 1.5, "min_samples": 5, "fit_on": "judged"}
    run = dbscan.FAMILY.start(config, dbscan.FAMILY.prepare(digits, Options()), 0)
    run.step()
    dbscan.FAMILY.export(run, digits, tmp_path)
    with np.load(tmp_path / "clusters.npz") as stored:
        assert {name: array.item() for name, array in stored.items()} == {
            "eps": 1.5,
            "min_samples": 5,
        }


def test_what_scikit_learn_has_nothing_for() -> None:
    components = Components(np.zeros(4, np.float32), np.eye(4, dtype=np.float32))
    assert transformers_of(flatten) == []
    assert len(transformers_of(Chain((Chain((flatten, components)), components))) or []) == 2
    assert transformers_of(Chain((flatten, Tsne()))) is None
    assert transformers_of(components) is None
