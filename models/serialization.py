"""Fitted models as files that outlive the process: Keras's `.keras`, and skops for scikit-learn.

Neither is a pickle: reading one runs no code that it brings along. `preprocess.json` beside them
says what goes in and what comes out. Shape suffixes: n images, h height, w width, c classes or
columns.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from zipfile import BadZipFile

import numpy as np

from hypersearch.models.data.dataset import Dataset
from hypersearch.models.data.row_features import NAMES, ROWS
from hypersearch.models.errors import UserError
from hypersearch.models.networks.backend import predicted

FACTS = "preprocess.json"
WANTED = {
    "pixels": "float32 (n, h · w), pixels divided by 255",
    "shapes": (
        "float32 (n, d), brightness and edges as hypersearch.models.data.row_features.shapes makes"
        " them of images"
    ),
}
TREE = "sklearn.tree._tree.Tree"  # skops leaves it to us whether one is sound


def save_networks(folder: Path, networks: Mapping[str, Any], dataset: Dataset, output: str) -> None:
    """Write each `keras.Model` as NAME.keras, without its optimiser.

    The first one is the one that predicts.
    """
    import keras

    for name, network in networks.items():
        keras.Model(network.inputs, network.outputs, name=network.name).save(
            folder / f"{name}.keras"
        )
    wanted = "uint8 (n, h, w, 1), 0 to 255; scaled inside"
    _describe(folder, f"{next(iter(networks))}.keras", wanted, dataset, output)


def save_estimator(
    folder: Path,
    estimator: Any,
    dataset: Dataset,
    output: str,
    rows: str = "pixels",
    classes: Sequence[str] | None = None,
) -> None:
    """Write a scikit-learn estimator as model.skops.

    `rows`: what it makes of images first (`hypersearch.models.data.row_features`). `classes`: the
    names of what it tells apart, if these are not the classes: of each cluster its likely class.
    """
    import skops.io

    skops.io.dump(estimator, folder / "model.skops")
    names = {} if classes is None else {"classes": list(classes)}
    _describe(folder, "model.skops", WANTED[rows], dataset, output, rows=rows, **names)


@dataclass(frozen=True)
class ExportedModel:
    """A model that was read.

    `output`: "probabilities", "margins", "codes" or "clusters" (see `nearness`). `class_names`: the
    name of each column but of codes; of a cluster that of its likely class.
    """

    apply: Callable[[Any], Any]
    size: tuple[int, int]
    output: str
    class_names: tuple[str, ...]

    def predict(self, x_nhw: Any) -> Any:
        """From uint8 images (n, h, w) to float (n, c); a `UserError` for images of another size."""
        _check_size(self.size, x_nhw)
        return self.apply(x_nhw)


def load_exported(folder: Path, images: Any = None) -> ExportedModel:
    """The model in an exported folder.

    Raises `UserError` if there is none, or if it takes no images of the size of these. `images`:
    uint8 (n, h, w), looked at before the model is read, which may take a while.
    """
    with _whole(folder, images) as (path, facts):
        size, output = tuple(facts["size"]), str(facts["output"])
        if path.suffix == ".keras":
            apply = _network(path)
        else:
            apply = _estimator(path, facts.get("rows", "pixels"), size, output)
        return ExportedModel(apply, size, output, tuple(facts["classes"]))


def network(folder: Path, images: Any = None) -> tuple[Any, str]:
    """The `keras.Model` in an exported folder, and what it gives (`ExportedModel.output`).

    Raises `UserError` as `load_exported` does.
    """
    with _whole(folder, images) as (path, facts):
        if path.suffix != ".keras":
            raise ValueError(f"{path.name} is no network")
        return _keras_model(path), str(facts["output"])


@contextmanager
def _whole(folder: Path, images: Any) -> Iterator[tuple[Path, Mapping[str, Any]]]:
    """The file of an exported model and what is known of it.

    An error in reading it is raised as a `UserError`.
    """
    _check_exported(folder)
    try:
        facts = json.loads((folder / FACTS).read_text(encoding="utf-8"))
        if images is not None:
            _check_size(tuple(facts["size"]), images)
        yield folder / facts["file"], facts
    except (OSError, ValueError, KeyError, BadZipFile) as error:
        raise UserError(f"{folder} holds no whole exported model: {error}") from error


def _check_exported(folder: Path) -> None:
    if (folder / FACTS).exists():
        return
    if (folder / "best.json").exists():
        raise UserError(
            f"{folder} holds a model that cannot be used by itself: its family exports no {FACTS}"
        )
    inside = sorted(path.parent.name for path in folder.glob(f"*/{FACTS}"))
    hint = ""
    if inside:
        hint = f"; there are models in it: {', '.join(str(folder / name) for name in inside)}"
    raise UserError(
        f"{folder} holds no exported model, expected a folder that hypersearch export has"
        f" written{hint}"
    )


def _check_size(size: tuple[int, ...], x_nhw: Any) -> None:
    if x_nhw.shape[1:] != size:
        raise UserError(
            "the model takes images of {}×{}, got {}×{}".format(*size, *x_nhw.shape[1:])
        )


def _keras_model(path: Path) -> Any:
    import keras

    return keras.saving.load_model(path, compile=False)


def _network(path: Path) -> Callable[[Any], Any]:
    model = _keras_model(path)
    return lambda x_nhw: predicted(model, x_nhw[..., None])


def _estimator(path: Path, rows: str, size: tuple[int, ...], output: str) -> Callable[[Any], Any]:
    import skops.io

    model = skops.io.load(path, trusted=[TREE])
    columns = len(NAMES[rows](size))
    if model.n_features_in_ != columns:
        raise ValueError(
            f"it was fitted on rows of {model.n_features_in_} numbers, and {rows} have {columns}"
        )
    for tree in getattr(model, "estimators_", []):
        check_tree(tree.tree_)
    if output == "clusters":
        return lambda x_nhw: nearness(model, ROWS[rows](x_nhw))
    if hasattr(model, "predict_proba"):
        return lambda x_nhw: model.predict_proba(ROWS[rows](x_nhw))
    return lambda x_nhw: margins(model, ROWS[rows](x_nhw))


def margins(machine: Any, x_nd: Any) -> Any:
    """How far each image is on each class's side of its plane, float64 (n, c), c from 2 on."""
    margins_nc = machine.decision_function(x_nd)
    return np.column_stack([-margins_nc, margins_nc]) if margins_nc.ndim == 1 else margins_nc


def nearness(clustering: Any, x_nd: Any) -> Any:
    """How near each image is to each cluster, (n, k), the largest to its own.

    Of a mixture the probability that the component has made the image, else minus the distance to
    the centre.
    """
    if hasattr(clustering, "predict_proba"):
        return clustering.predict_proba(np.asarray(x_nd, dtype=np.float64))
    return -clustering.transform(x_nd)


def check_tree(tree: Any) -> None:
    """Raise a `ValueError` if a tree that was read leads out of its arrays.

    scikit-learn does not check this.
    """
    left, right, place = tree.children_left, tree.children_right, np.arange(tree.node_count)
    inner = left != -1
    later = (left > place) & (left < tree.node_count) & (right > place) & (right < tree.node_count)
    known = (tree.feature >= 0) & (tree.feature < tree.n_features)
    if not np.array_equal(inner, right != -1) or not (later & known)[inner].all():
        raise ValueError("a tree in it is damaged")


def _describe(
    folder: Path, file: str, wanted: str, dataset: Dataset, output: str, **more: Any
) -> None:
    facts = {
        "file": file,
        "input": wanted,
        "size": dataset.shape,
        "output": output,
        "classes": dataset.class_names,
    }
    facts |= more
    (folder / FACTS).write_text(json.dumps(facts, indent=2) + "\n", encoding="utf-8")
