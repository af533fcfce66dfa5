"""Report R1's three pictures of Fashion-MNIST in two dimensions, measured instead of looked at.

Each places the same test images; how well it keeps neighbourhoods is said of those among the pixels
in all three. Shape suffixes: m test images that are drawn by lot.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from hypersearch.analysis.projections.separation import FEWEST, MOST, pca, sample, separation
from hypersearch.analysis.projections.stored_planes import planes
from hypersearch.analysis.study.evaluation_artifacts import ModelArtifacts, images_of, of_baseline
from hypersearch.models.data.arrays import flatten
from hypersearch.search.storage.study import Study

CODE = "code"
PICTURES = ("t-SNE", "UMAP", CODE)


def pictures(study: Study, family: str, trial: int, name: str) -> Mapping[str, Mapping[str, float]]:
    """For each of `PICTURES` knn_accuracy, trustworthiness, silhouette, and its place, 1 to 3, by
    the first of these.

    The code is that of a confirmed autoencoder, in its principal plane; the others place the
    pixels. Empty where the images or the codes are not there. Takes half a minute the first time;
    the planes are kept in the study's folder.
    """
    drawn = _drawn(study, of_baseline(study, family, trial, name))
    if drawn is None:
        return {}
    codes_md, x_md, classes_m = drawn
    placed = {**dict(planes(study.folder, x_md)), CODE: pca(codes_md)}
    scores = {
        each: vars(separation(x_md, placed[each], classes_m)) for each in PICTURES if each in placed
    }
    ranked = sorted(scores, key=lambda each: -scores[each]["knn_accuracy"])
    return {each: {**scores[each], "place": ranked.index(each) + 1} for each in scores}


def code_separation(study: Study, family: str, trial: int, name: str) -> Mapping[str, float]:
    """The same scores of a network's codes in their principal plane, without a place; empty as
    there.
    """
    drawn = _drawn(study, of_baseline(study, family, trial, name))
    if drawn is None:
        return {}
    codes_md, x_md, classes_m = drawn
    return vars(separation(x_md, pca(codes_md), classes_m))


def _drawn(study: Study, found: ModelArtifacts | None) -> tuple[Any, Any, Any] | None:
    """Codes, (m, d), pixels, float32 (m, d), and classes of the test images that are placed; None
    without them.
    """
    dataset = images_of(study)
    if found is None or dataset is None or not found.has("codes") or len(dataset.y_test) < FEWEST:
        return None
    shown_m = sample(len(dataset.y_test), MOST)
    return found.arrays["codes"][shown_m], flatten(dataset.x_test[shown_m]), dataset.y_test[shown_m]
