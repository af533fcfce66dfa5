"""A searched network: blocks that each halve the sides of the image, and a head."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from hypersearch.models.networks.layers import Layer, Size, activated

WIDEST = 512  # filters


def blocks(config: Mapping[str, Any], size: Size) -> list[Layer]:
    """`depth` blocks for images of `size` (h, w), and the head that makes a row of each.

    Block b has `convolutions` of round(`filters` · `growth`^b) filters, at most 512. The first is
    pooled, only while both sides stay at 1 or more afterwards; the others work on what is left, a
    quarter, and with `residual` they lie on a shortcut (arXiv 1512.03385, 3.2). A convolution pads
    where the image would otherwise be used up.
    """
    side, layers = min(size), list[Layer]()
    for block in range(config["depth"]):
        width = min(round(config["filters"] * config["growth"] ** block), WIDEST)
        for number in range(config["convolutions"]):
            padding = config["padding"] if side >= 2 * config["kernel"] else "same"
            if padding == "valid":
                side -= config["kernel"] - 1
            convolution: Layer = ("conv", width, config["kernel"], padding)
            if number == 0 and side >= 2:
                layers += _pooled(convolution, width, config)
                rounded_up = config["pooling"] == "stride"
                side = (side + 1) // 2 if rounded_up else side // 2
            else:
                unit = _activated(convolution, config)
                layers += [("residual", unit)] if number and config.get("residual") else unit
        layers += _dropped(config)
    return [*layers, *_head(config)]


def _pooled(convolution: Layer, width: int, config: Mapping[str, Any]) -> list[Layer]:
    if config["pooling"] == "stride":
        return [*_activated(convolution, config), *_activated(("shrink", width), config)]
    pool: Layer = ("pool",) if config["pooling"] == "max" else ("pool", "average")
    return _activated(convolution, config, [pool])


def _head(config: Mapping[str, Any]) -> list[Layer]:
    row: list[Layer] = [(config["head"],)]
    if not config["dense"]:
        return row
    return [*row, *_activated(("dense", config["dense"]), config), *_dropped(config)]


def _activated(layer: Layer, config: Mapping[str, Any], pool: Sequence[Layer] = ()) -> list[Layer]:
    return activated(layer, config["activation"], config["batch_norm"], pool)


def _dropped(config: Mapping[str, Any]) -> list[Layer]:
    return [("drop", config["dropout"])] if config["dropout"] > 0 else []
