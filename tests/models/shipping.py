"""Data sets as files may hold them, and what must be said of files that do not."""

import numpy as np
import pytest
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from hypersearch.models.data import checks, csv_files
from hypersearch.models.errors import UserError

LABELS = st.integers(0, checks.HIGHEST_LABEL)


@st.composite
def shipped(draw):
    """Arrays of one image size, as a file may hold them."""
    n_train, n_test, h, w = (draw(st.integers(1, 5)) for _ in range(4))
    return csv_files.Shipped(
        draw(hnp.arrays(np.uint8, (n_train, h, w))),
        draw(hnp.arrays(np.int64, n_train, elements=LABELS)),
        draw(hnp.arrays(np.uint8, (n_test, h, w))),
        draw(hnp.arrays(np.int64, n_test, elements=LABELS)),
    )


def assert_same(got, wanted):
    for array, other in zip(got, wanted, strict=True):
        assert array.dtype == other.dtype
        np.testing.assert_array_equal(array, other)


def check_one_line(error):
    assert "\n" not in str(error)


def refusal(read, path):
    with pytest.raises(UserError) as caught:
        read(path)
    assert "\n" not in str(caught.value)
    return str(caught.value).replace(str(path), "HERE")
