"""Encoders and decoders of images, dense or convolutional, as rows of layers.

The layers are those of models/networks/layers.py. The decoder mirrors the encoder: the same widths
in the opposite order. Sizes are (h, w).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from hypersearch.models.api import Choice, Condition, Config, Float, Int, Parameter
from hypersearch.models.networks.layers import ACTIVATIONS, Layer, Size, activated

WIDEST = 256  # filters
PROBED = 10_000  # training images to which a probe is fitted
# of the probe's covariance towards a multiple of the identity: dead units make it singular
SHRINKAGE = 1e-3

WIDE: Config = {
    "layers": "dense",
    "depth": 3,
    "nodes": 1024,
    "taper": 0.5,
    "activation": "gelu",
    "batch_norm": False,
    "noise": 0.0,
}
"""The shape of a wide dense encoder: where a search begins."""
ONE_CYCLE: Config = {
    "optimizer": "adam",
    "learning_rate": 0.002,
    "weight_decay": 1e-4,
    "schedule": "one-cycle",
    "averaging": 0.99,
    "batch_size": 128,
}
"""How it is trained there."""


def coding_space(when: Condition | None = None) -> dict[str, Parameter]:
    """The shape of an encoder, whose mirror image is the decoder."""
    always = dict(when or {})
    dense, convolutional = {**always, "layers": "dense"}, {**always, "layers": "convolutional"}
    hidden = {**dense, "depth": (1, 2, 3, 4)}
    return {
        "layers": Choice(("dense", "convolutional"), when=always),
        "depth": Int(0, 4, when=dense),
        "nodes": Int(64, 1024, log=True, when=hidden),
        "taper": Choice((0.5, 1.0), when=hidden),
        "blocks": Int(1, 3, when=convolutional),
        "filters": Int(16, 64, log=True, when=convolutional),
        "nodes_before_code": Choice((0, 128, 256), when=convolutional),
        "activation": Choice(ACTIVATIONS, when=always),
        "batch_norm": Choice((True, False), when=always),
        "noise": Float(0.0, 0.5, when=always, upper_bound=1.0),
    }


def encoder(config: Mapping[str, Any], size: Size) -> list[Layer]:
    """The layers from images (n, h, w, 1) to the row before the code (n, ·).

    `noise` is added to pixels in training.
    """
    rows: list[Layer] = [("noise", config["noise"])] if config.get("noise") else []
    if config["layers"] == "dense":
        rows.append(("flatten",))
        for width in dense_widths(config):
            rows += _activated(("dense", width), config)
        return rows
    for width in block_widths(config):
        rows += _activated(("conv", width, 3, "same"), config, POOL)
    rows.append(("flatten",))
    if config["nodes_before_code"]:
        rows += _activated(("dense", config["nodes_before_code"]), config)
    return rows


POOL: tuple[Layer, ...] = (("pool", "max", "same"),)


def decoder(config: Mapping[str, Any], size: Size) -> list[Layer]:
    """From codes (n, d) to pixels in [0, 1], (n, h, w, 1)."""
    last: Layer = ("reshape", (*size, 1))
    if config["layers"] == "dense":
        widths = dense_widths(config)[::-1]
        rows = [row for width in widths for row in _activated(("dense", width), config)]
        return [*rows, ("dense", int(np.prod(size)), "sigmoid"), last]
    widths, sizes = block_widths(config)[::-1], halved(size, config["blocks"])[::-1]
    before = config["nodes_before_code"]
    rows = _activated(("dense", before), config) if before else []
    rows += _activated(("dense", int(np.prod(sizes[0])) * widths[0]), config)
    rows.append(("reshape", (*sizes[0], widths[0])))
    for width, larger in zip(widths, sizes[1:], strict=True):
        rows += [("up",), ("crop", larger), *_activated(("conv", width, 3, "same"), config)]
    return [*rows, ("conv", 1, 3, "same", "sigmoid")]


def dense_widths(config: Mapping[str, Any]) -> list[int]:
    """Nodes of each hidden layer of a dense encoder."""
    depth = config["depth"]
    return [max(round(config["nodes"] * config["taper"] ** number), 8) for number in range(depth)]


def block_widths(config: Mapping[str, Any]) -> list[int]:
    """Filters of each block of a convolutional encoder: they double."""
    return [min(config["filters"] * 2**number, WIDEST) for number in range(config["blocks"])]


def halved(size: Size, times: int) -> list[Size]:
    """The size, and what is left of it after each pool, rounded up."""
    sizes = [size]
    for _ in range(times):
        height, width = sizes[-1]
        sizes.append((-(-height // 2), -(-width // 2)))
    return sizes


def finite(codes_nd: Any) -> Any:
    """The codes; a `ValueError` if the network that made them has diverged."""
    if not np.isfinite(codes_nd).all():
        raise ValueError(
            "the network has diverged: its codes are not finite numbers; a lower learning rate"
            " may do"
        )
    return codes_nd


def probe_accuracy(codes_nd: Any, y_n: Any, codes_md: Any, y_m: Any) -> float:
    """The accuracy, in [0, 1], of a linear classifier of codes.

    It is fitted to the first codes and names the classes of the others. It is linear discriminant
    analysis: as good as logistic regression here, and without a loop that may not converge.
    """
    from sklearn.discriminant_analysis import LinearDiscriminantAnalysis

    probe = LinearDiscriminantAnalysis(solver="lsqr", shrinkage=SHRINKAGE)
    return float(probe.fit(codes_nd, y_n).score(codes_md, y_m))


def _activated(layer: Layer, config: Mapping[str, Any], pool: Sequence[Layer] = ()) -> list[Layer]:
    return activated(layer, config["activation"], config["batch_norm"], pool)
