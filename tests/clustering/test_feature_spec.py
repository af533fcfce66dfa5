"""How features are spelled, and what a user is told of a wrong spelling."""

from __future__ import annotations

import pytest

from hypersearch.clustering.features import feature_spec
from hypersearch.clustering.features.feature_spec import FeatureStep
from hypersearch.models.errors import UserError


@pytest.mark.parametrize(
    ("text", "chain"),
    [
        ("raw", (FeatureStep("raw"),)),
        ("raw,pca:50", (FeatureStep("pca", 50),)),
        (" standard > pca:3 ", (FeatureStep("standard"), FeatureStep("pca", 3))),
        ("umap:10", (FeatureStep("umap", 10),)),
        (
            "vae:first,umap:10@15000",
            (FeatureStep("vae", study="first"), FeatureStep("umap", 10, rows=15_000)),
        ),
        ("tsne:2", (FeatureStep("tsne", 2),)),
        ("autoencoder,umap:10", (FeatureStep("autoencoder"), FeatureStep("umap", 10))),
        (
            "vae:first.try,standard",
            (FeatureStep("vae", study="first.try"), FeatureStep("standard")),
        ),
        ("cnn", (FeatureStep("cnn"),)),
        (
            "cnn@flatten:other,standard",
            (FeatureStep("cnn", layer="flatten", study="other"), FeatureStep("standard")),
        ),
    ],
)
def test_chains(text: str, chain: tuple[FeatureStep, ...]) -> None:
    assert feature_spec.parse(text) == chain
    assert feature_spec.parse(feature_spec.spelled(text)) == chain


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "features: got '', expected steps joined by commas, as autoencoder,umap:10"),
        (
            "pca:3,,standard",
            (
                "features: got 'pca:3,,standard', expected steps joined by commas, as"
                " autoencoder,umap:10"
            ),
        ),
        ("umap:0", "features: got 'umap:0', expected umap:N with N a whole number from 1 on"),
        ("pca", "features: got 'pca', expected pca:N with N a whole number from 1 on, as pca:2"),
        (
            "pca:2.5",
            "features: got 'pca:2.5', expected pca:N with N a whole number from 1 on, as pca:2",
        ),
        (
            "pca:-1",
            "features: got 'pca:-1', expected pca:N with N a whole number from 1 on, as pca:2",
        ),
        ("tsne:3", "features: got 'tsne:3', allowed: tsne:2; for more columns umap:3"),
        ("pca:3@100", "features: got 'pca:3@100', only umap is fitted on some of the rows: pca:3"),
        (
            "umap:3@0",
            "features: got 'umap:3@0', expected umap:N@ROWS with ROWS a whole number from 1 on",
        ),
        (
            "umap:3@x",
            "features: got 'umap:3@x', expected umap:N with N a whole number from 1 on, as umap:2",
        ),
        ("raw:2", "features: got 'raw:2', raw takes nothing after it"),
        ("vae@flatten", "features: got 'vae@flatten', only a cnn is asked for a layer: vae"),
        ("pca:3,raw", "features: raw makes rows of images, so it stands first, got 'pca:3,raw'"),
        (
            "pca:3,cnn@flatten",
            (
                "features: cnn@flatten makes rows of images, so it stands first, got"
                " 'pca:3,cnn@flatten'"
            ),
        ),
        (
            "autoencodr",
            (
                "features: unknown step 'autoencodr', allowed: raw, standard, pca:N, umap:N,"
                " umap:N@ROWS, tsne:2, autoencoder, vae, cnn, cnn@LAYER; did you mean"
                " 'autoencoder'?"
            ),
        ),
    ],
)
def test_wrong_chains(text: str, words: str) -> None:
    with pytest.raises(UserError) as error:
        feature_spec.parse(text)
    assert str(error.value) == words


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (
            "pca:1000",
            (
                "features: got pca:1000, allowed: pca:1 to pca:784, of 48000 training images of 784"
                " columns"
            ),
        ),
        (
            "pca:9,pca:10",
            "features: got pca:10, allowed: pca:1 to pca:9, of 48000 training images of 9 columns",
        ),
    ],
)
def test_sizes_that_cannot_be(text: str, words: str) -> None:
    with pytest.raises(UserError) as error:
        feature_spec.check(text, 784, 48_000)
    assert str(error.value) == words


def test_too_few_images() -> None:
    with pytest.raises(
        UserError, match="^features: umap:10 needs at least 14 training images, got 13$"
    ):
        feature_spec.check("umap:10", 784, 13)
    with pytest.raises(
        UserError, match="^features: umap:10@13 needs at least 14 training images, got 13$"
    ):
        feature_spec.check("umap:10@13", 784, 48_000)
    feature_spec.check("umap:10@48000", 784, 14)  # no more than there are
    feature_spec.check("autoencoder,pca:700", 64, 48_000)  # how large the code is, nobody knows yet


def test_kinds_are_compared_without_the_study() -> None:
    assert feature_spec.kind("cnn@flatten:other > standard") == feature_spec.kind(
        "cnn@flatten,standard"
    )
    assert feature_spec.kind("cnn") != feature_spec.kind("cnn@flatten")


def test_only_tsne_cannot_place_other_images() -> None:
    assert not feature_spec.places_others("autoencoder,tsne:2")
    assert feature_spec.places_others("autoencoder,umap:2,standard")
