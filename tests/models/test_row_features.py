"""What a row says of an image: brightness and edges, on images whose answer is plain."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hypersearch.models.data.arrays import flatten
from hypersearch.models.data.row_features import NAMES, ROWS, shape_names, shapes


def named(image_hw: np.ndarray) -> dict[str, float]:
    """The numbers of one image by name."""
    (row_d,) = shapes(image_hw[None].astype(np.uint8))
    return dict(zip(shape_names(image_hw.shape), row_d.tolist(), strict=True))


def test_rows_of_fashion_mnist_have_765_numbers() -> None:
    assert shapes(np.zeros((2, 28, 28), np.uint8)).shape == (
        2,
        14 * 14 + 7 * 7 + 8 * (7 * 7 + 4 * 4),
    )


def test_brightness_is_the_mean_of_a_cell() -> None:
    image = np.zeros((28, 28))
    image[4:8, 8:10] = 255
    numbers = named(image)
    assert numbers["brightness in cell 2, 4 of 14 × 14"] == 1
    assert numbers["brightness in cell 1, 2 of 7 × 7"] == pytest.approx(0.5)
    assert sum(value for name, value in numbers.items() if "of 14 × 14" in name) == 2


@pytest.mark.parametrize(
    ("turns", "angle"), [(0, 0), (1, 270), (2, 180), (3, 90)]
)  # np.rot90 turns against the clock, and rows count downwards
def test_an_edge_points_to_where_it_is_brighter(turns: int, angle: int) -> None:
    image = np.zeros((28, 28))
    image[:, 14:] = 255  # columns 13 and 14 rise by half of the whole range
    numbers = named(np.rot90(image, turns))
    steep = {name: value for name, value in numbers.items() if name.startswith("edges") and value}
    assert {name.split("°")[0] for name in steep} == {f"edges {angle}"}
    fine = [value for name, value in steep.items() if "of 7 × 7" in name]
    assert fine == pytest.approx(
        [0.25] * 7
    )  # two of four columns in one cell: half of its pixels, at 0.5


def test_a_slope_across_points_between() -> None:
    rows, columns = np.mgrid[:28, :28]
    numbers = named(4 * (rows + columns))
    inside = [numbers[f"edges {angle}° in cell 3, 3 of 7 × 7"] for angle in range(0, 360, 45)]
    assert inside == pytest.approx([0, 4 / 255 * np.sqrt(2), 0, 0, 0, 0, 0, 0])


@given(st.integers(1, 40), st.integers(1, 40), st.integers(0, 2**16))
def test_every_size_has_as_many_numbers_as_names(height: int, width: int, seed: int) -> None:
    x_nhw = np.random.default_rng(seed).integers(0, 256, (3, height, width), dtype=np.uint8)
    for name, rows in ROWS.items():
        x_nd = rows(x_nhw)
        assert x_nd.dtype == np.float32
        assert x_nd.shape == (3, len(set(NAMES[name]((height, width)))))
        assert np.isfinite(x_nd).all()
        assert x_nd.min() >= 0
        assert x_nd.max() <= 1


@pytest.mark.parametrize("size", [(7, 9), (10, 30), (3, 5)])
def test_cells_of_uneven_sizes_are_means_too(size: tuple[int, int]) -> None:
    white = named(np.full(size, 255))
    assert {value for name, value in white.items() if name.startswith("brightness")} == {1.0}
    assert {value for name, value in white.items() if name.startswith("edges")} == {0.0}
    image = np.random.default_rng(0).integers(0, 256, size)
    (rows, columns), numbers = (min(7, size[0]), min(7, size[1])), named(image)
    tops = [place * size[0] // rows for place in range(rows + 1)]
    lefts = [place * size[1] // columns for place in range(columns + 1)]
    for row, column in np.ndindex(rows, columns):
        cell = image[tops[row] : tops[row + 1], lefts[column] : lefts[column + 1]] / 255
        name = f"brightness in cell {row}, {column} of {rows} × {columns}"
        assert numbers[name] == pytest.approx(cell.mean(), abs=1e-6)


def test_chunks_do_not_show(monkeypatch: pytest.MonkeyPatch) -> None:
    x_nhw = np.random.default_rng(0).integers(0, 256, (11, 5, 5), dtype=np.uint8)
    at_once_nd = shapes(x_nhw)
    for pixels in (3, 60, 100):  # an image at a time, two, four
        monkeypatch.setattr("hypersearch.models.data.row_features.CHUNK", pixels)
        np.testing.assert_array_equal(shapes(x_nhw), at_once_nd)
    assert shapes(x_nhw[:0]).shape == (0, len(shape_names((5, 5))))


def test_pixels_are_named_in_the_order_of_their_row() -> None:
    (row_d,) = flatten(np.arange(6, dtype=np.uint8).reshape(1, 2, 3))
    assert NAMES["pixels"]((2, 3))[4] == "row 1, column 1"
    assert row_d[4] * 255 == pytest.approx(4)
