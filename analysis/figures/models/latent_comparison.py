"""An autoencoder's latent space beside that of a variational autoencoder of the same study.

It settles by numbers what report R2 says of such pictures: which one is more complete, and more
continuous.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from matplotlib.figure import Figure

from hypersearch.analysis.figures import style
from hypersearch.analysis.figures.base import FigureKind
from hypersearch.analysis.figures.models.latent import PLANE, Latent, draw_latent_into, latent_of
from hypersearch.analysis.figures.models.reconstructions import DecodedGrid, draw_grid_into, grid_of
from hypersearch.analysis.figures.panels import legend
from hypersearch.analysis.study.evaluation_artifacts import ModelArtifacts, of_winner, truth
from hypersearch.search.storage.study import Study

FAMILIES: Mapping[str, str] = {"autoencoder": "Autoencoder", "vae": "Variational autoencoder"}
NEEDED = ("codes", "grid", "grid_axis", *PLANE)
FIGURES = ("recognised", "prior_recognised", "between_recognised")


@dataclass(frozen=True)
class Side:
    """One family: its scatter, its grid, and the shares of images that a classifier recognises
    (`hypersearch.models.evaluation.latent_space`).

    recognised: of reconstructions; prior_recognised: of what is decoded from the prior
    (completeness); between_recognised: of what lies half way between two images (continuity). Those
    that are known.
    """

    title: str
    latent: Latent
    grid: DecodedGrid
    figures: Mapping[str, float]


@dataclass(frozen=True)
class Beside:
    """Both families, the autoencoder first."""

    sides: tuple[Side, ...]

    def rows(self) -> list[dict[str, str | float]]:
        """A row for each family: model, dimensions, knn_accuracy in the plane, and the shares that
        are recognised.
        """
        return [
            {
                "model": side.title,
                "dimensions": side.latent.dimensions,
                "knn_accuracy": side.latent.knn_accuracy,
                **side.figures,
            }
            for side in self.sides
        ]


def beside(study: Study, family: str) -> Beside | None:
    """Of the winners of both; asked for the autoencoder, so that a study has it once.

    None where one is missing.
    """
    if family != "autoencoder":
        return None
    sides = [_side(study, each, of_winner(study, each, *NEEDED)) for each in FAMILIES]
    there = tuple(side for side in sides if side)
    return Beside(there) if len(there) == len(FAMILIES) else None


def draw_latent_comparison(record: Beside) -> Figure:
    """Scatters above, grids below."""
    figure = style.figure(7.0, 7.6)
    for column, side in enumerate(record.sides):
        above, below = (
            figure.add_subplot(2, len(record.sides), row * len(record.sides) + column + 1)
            for row in (0, 1)
        )
        draw_latent_into(above, side.latent)
        above.set_title(f"{side.title}, {_code(side.latent.dimensions)}")
        draw_grid_into(below, side.grid)
    legend(figure, record.sides[0].latent.names)
    return figure


def describe_latent_comparison(record: Beside) -> str:
    """The figures of both."""
    words = [
        f"{side.title}, {_code(side.latent.dimensions)}: "
        f"{side.latent.knn_accuracy:.1%} named rightly by neighbours in the plane"
        + "".join(f", {name.replace('_', ' ')} {value:.1%}" for name, value in side.figures.items())
        for side in record.sides
    ]
    return f"Latent spaces and what they decode to. {'; '.join(words)}."


def _code(dimensions: int) -> str:
    return f"code of {dimensions}"


def _side(study: Study, family: str, found: ModelArtifacts | None) -> Side | None:
    true_n = truth(study, found) if found else None
    if found is None or true_n is None:
        return None
    test = found.facts.get("test", {})
    figures = {name: float(test[name]) for name in FIGURES if name in test}
    return Side(FAMILIES[family], latent_of(study, found, true_n), grid_of(found), figures)


LATENT_COMPARISON = FigureKind(
    name="beside",
    title="Autoencoder and variational autoencoder side by side",
    compute=beside,
    draw=draw_latent_comparison,
    describe=describe_latent_comparison,
    caption=(
        "Both latent spaces and what they decode to, the variational one usually more continuous."
    ),
    group="model",
)
