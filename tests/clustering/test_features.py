"""Features beside scikit-learn's, who may influence them, and what is kept on disk."""

from __future__ import annotations

import pickle
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from sklearn.decomposition import PCA
from sklearn.preprocessing import StandardScaler

from hypersearch.clustering.features import feature_cache, feature_transforms
from hypersearch.clustering.features.feature_spec import FeatureStep
from hypersearch.clustering.features.pipeline import Features, features
from hypersearch.models.api import Options, Source
from hypersearch.models.data import datasets
from hypersearch.models.data.arrays import flatten
from hypersearch.models.data.dataset import Dataset
from hypersearch.models.errors import UserError

FITTED = ("raw", "standard", "pca:3", "standard,pca:3", "pca:5 > standard")


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A user's cache of one's own."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    return tmp_path / "hypersearch" / "features"


class Network:
    """In place of a network: some pixels of each image; counts how often it is asked."""

    def __init__(self) -> None:
        self.asked = 0

    def __call__(self, folder: Path, layer: str, x_nhw: Any) -> Any:
        self.asked += 1
        return flatten(x_nhw)[:, 20:24].copy()

    def features(
        self, dataset: Dataset, text: str = "vae,standard", digest: str = "1", seed: int = 0
    ) -> Features:
        return features(
            dataset,
            Options(seed, features=text, source=Source(Path("nowhere"), digest), encode=self),
        )


def made(dataset: Dataset, text: str) -> Features:
    return features(dataset, Options(features=text))


def test_raw_is_the_pixels(digits: Dataset) -> None:
    found = made(digits, "raw")
    np.testing.assert_array_equal(
        found.x_nd, flatten(np.concatenate([digits.x_train, digits.x_val]))
    )
    assert (found.n_train, found.name, found.x_nd.dtype) == (192, "raw", np.float32)


def test_standardised_columns_are_those_of_scikit_learn(digits: Dataset) -> None:
    pixels_nd = made(digits, "raw").x_nd
    theirs_nd = StandardScaler().fit(pixels_nd[:192].astype(np.float64)).transform(pixels_nd)
    np.testing.assert_allclose(made(digits, "standard").x_nd, theirs_nd, atol=1e-4)


def test_components_are_those_of_scikit_learn(digits: Dataset) -> None:
    pixels_nd = made(digits, "raw").x_nd
    theirs_nd = PCA(3, random_state=0).fit(pixels_nd[:192]).transform(pixels_nd)
    np.testing.assert_allclose(made(digits, "pca:3").x_nd, theirs_nd, atol=1e-4)


@pytest.mark.parametrize("text", FITTED)
def test_images_are_brought_to_where_they_were_put(digits: Dataset, text: str) -> None:
    found = made(digits, text)
    moved = pickle.loads(pickle.dumps(found.transform))
    np.testing.assert_allclose(moved(digits.x_train), found.x_nd[:192], atol=1e-5)
    np.testing.assert_allclose(moved(digits.x_val), found.x_nd[192:], atol=1e-5)
    assert moved(digits.x_test).shape == (len(digits.x_test), found.x_nd.shape[1])


@pytest.mark.parametrize("text", FITTED)
def test_validation_and_test_images_do_not_influence_the_fit(digits: Dataset, text: str) -> None:
    other = replace(digits, x_val=255 - digits.x_val, x_test=255 - digits.x_test, digest="")
    before, after = made(digits, text), made(other, text)
    np.testing.assert_allclose(after.x_nd[:192], before.x_nd[:192], atol=1e-6)
    assert not np.allclose(after.x_nd[192:], before.x_nd[192:])
    np.testing.assert_allclose(
        after.transform(digits.x_test), before.transform(digits.x_test), atol=1e-6
    )


def test_what_was_made_is_kept_by_what_it_was_made_of(digits: Dataset, cache: Path) -> None:
    network = Network()
    first = network.features(digits)
    again = network.features(digits)
    assert network.asked == 1
    np.testing.assert_array_equal(again.x_nd, first.x_nd)
    network.features(digits, "vae")  # the same codes
    assert network.asked == 1
    network.features(datasets.load_dataset("digits", limit=200))
    network.features(digits, digest="2")
    network.features(digits, seed=1)
    network.features(digits, "cnn@flatten")
    network.features(digits, "cnn@dense")
    assert network.asked == 6
    assert len(list(cache.iterdir())) == 6


def test_components_are_taken_from_the_disk(
    digits: Dataset, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = made(digits, "pca:3")
    monkeypatch.setitem(
        feature_transforms.FITS, "pca", replace(feature_transforms.FITS["pca"], fit=None)
    )  # type: ignore[arg-type]
    again = made(digits, "pca:3")
    np.testing.assert_array_equal(again.x_nd, first.x_nd)
    np.testing.assert_array_equal(again.transform(digits.x_test), first.transform(digits.x_test))
    with pytest.raises(TypeError):
        made(digits, "pca:4")


@pytest.mark.parametrize(
    "damage", ["empty", "torn", "flipped", "pickle", "objects", "short", "nan", "other"]
)
def test_a_damaged_entry_is_made_anew(digits: Dataset, cache: Path, damage: str) -> None:
    network = Network()
    first = network.features(digits)
    (entry,) = cache.iterdir()
    whole = entry.read_bytes()
    middle = len(whole) // 2
    damaged = {
        "empty": b"",
        "torn": whole[:-100],
        "flipped": whole[:middle] + bytes([whole[middle] ^ 255]) + whole[middle + 1 :],
        "pickle": pickle.dumps({"rows": first.x_nd}),
    }
    rows = {
        "short": first.x_nd[:3],
        "nan": first.x_nd * np.nan,
        "objects": np.array([{}], dtype=object),
    }
    if damage in damaged:
        entry.write_bytes(damaged[damage])
    else:
        with entry.open("wb") as file:
            np.savez(file, **({"rows": rows[damage]} if damage in rows else {"lines": first.x_nd}))
    again = network.features(digits)
    assert network.asked == 2
    np.testing.assert_array_equal(again.x_nd, first.x_nd)
    network.features(digits)
    assert network.asked == 2  # it is whole again


def test_a_cache_that_cannot_be_written_is_done_without(
    digits: Dataset, cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(file: Any, **arrays: Any) -> None:
        file.write_bytes(b"the beginning")
        raise OSError(28, "no space left")

    with monkeypatch.context() as patch:
        patch.setattr(feature_cache.np, "savez", fails)
        assert Network().features(digits).x_nd.shape == (240, 4)
    assert list(cache.iterdir()) == []


def test_columns_that_a_network_does_not_have(digits: Dataset) -> None:
    words = "^features: got pca:5, allowed: pca:1 to pca:4, of 192 training images of 4 columns$"
    with pytest.raises(UserError, match=words):
        Network().features(digits, "autoencoder,pca:5")


def test_a_network_that_is_not_given(digits: Dataset) -> None:
    with pytest.raises(UserError, match="^features: cnn@flatten needs a fitted cnn, got none"):
        made(digits, "cnn@flatten")


def test_tsne_arranges_what_it_has_and_nothing_else() -> None:
    few = datasets.load_dataset("digits", limit=60)
    found = made(few, "pca:10,tsne:2")
    assert found.x_nd.shape == (60, 2)
    with pytest.raises(
        UserError, match="^features: t-SNE cannot place images that it was not fitted with"
    ):
        found.transform(few.x_test)


@pytest.mark.slow  # UMAP is compiled first
@pytest.mark.timeout(600)
def test_umap(cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(feature_transforms, "LONG", 0.0)
    monkeypatch.setattr(feature_transforms, "EVERY", 0.0)
    few, lines = datasets.load_dataset("digits", limit=100), list[str]()
    found = features(few, Options(features="umap:2", say=lines.append))
    assert lines[0].startswith("features: umap:2 of 80 rows: about ")
    assert any(" %, " in line for line in lines[1:-1])
    assert lines[-1].startswith("features: umap:2 of 80 rows: done in ")
    assert found.x_nd.shape == (100, 2)
    moved = pickle.loads(pickle.dumps(found.transform))
    np.testing.assert_array_equal(moved(few.x_train), found.x_nd[:80])
    np.testing.assert_allclose(
        moved(few.x_val), found.x_nd[80:], atol=1e-4
    )  # its graph was made again
    next(cache.iterdir()).unlink()
    np.testing.assert_array_equal(made(few, "umap:2").x_nd, found.x_nd)
    other = replace(few, x_val=255 - few.x_val, digest="")
    np.testing.assert_array_equal(made(other, "umap:2").x_nd[:80], found.x_nd[:80])


@pytest.mark.slow  # UMAP is compiled first
@pytest.mark.timeout(600)
def test_umap_of_some_of_the_rows(cache: Path) -> None:
    few = datasets.load_dataset("digits", limit=100)
    found = made(few, "umap:2@40")
    fitted_n = feature_transforms.fitted_rows(FeatureStep("umap", 2, rows=40), 80, 0)
    assert len(set(fitted_n)) == 40
    assert fitted_n.max() < 80
    assert np.isfinite(found.x_nd).all()
    alone = replace(few, x_train=few.x_train[fitted_n], y_train=few.y_train[fitted_n], digest="")
    np.testing.assert_array_equal(made(alone, "umap:2").x_nd[:40], found.x_nd[fitted_n])
    np.testing.assert_array_equal(found.transform(few.x_train[fitted_n]), found.x_nd[fitted_n])
    np.testing.assert_array_equal(made(few, "umap:2@80").x_nd, made(few, "umap:2").x_nd)


@pytest.mark.slow
def test_umap_brings_no_tensorflow_into_the_driver() -> None:
    code = (
        "import sys; import hypersearch.clustering.features.pipeline; assert not {'umap', 'numba'}"
        " & set(sys.modules);from hypersearch.models.compat.umap_package import umap_package;"
        " umap_package().UMAP;assert not {'tensorflow', 'keras'} & set(sys.modules)"
    )
    subprocess.run(
        [sys.executable, "-c", code], check=True, cwd=Path(__file__).parent.parent.parent
    )
