"""The five reports: their titles and their tables, in their own form."""

from __future__ import annotations

from collections.abc import Mapping

from hypersearch.analysis.reproduced.r1 import R1
from hypersearch.analysis.reproduced.r2 import R2
from hypersearch.analysis.reproduced.r3 import R3
from hypersearch.analysis.reproduced.r4 import R4
from hypersearch.analysis.reproduced.r5 import R5
from hypersearch.analysis.reproduced.schema import Table

TABLES: Mapping[str, tuple[Table, ...]] = {"R1": R1, "R2": R2, "R3": R3, "R4": R4, "R5": R5}
"""By report its tables, in the report's order."""

TITLES: Mapping[str, str] = {
    "R1": "Fashion images and category classification",
    "R2": "Representation learning on Fashion-MNIST",
    "R3": "FashionMNIST with a Twist!",
    "R4": "Cluster analysis on fashion MNIST dataset using unsupervised learning",
    "R5": "Fashion MNIST Image Classification",
}
