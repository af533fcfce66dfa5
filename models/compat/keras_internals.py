"""What is used of Keras's optimisers that is not public: the averages of weights that `use_ema`
keeps.

`_model_variables_moving_average` holds the averages; the public way to read them puts them in the
weights' place. `_update_model_variables_moving_average` moves them after each batch; Keras offers
no momentum that rises.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any


def averages_of(optimizer: Any) -> Sequence[Any]:
    """The averaged weights, in the order of the trainable variables."""
    averages: Sequence[Any] = optimizer._model_variables_moving_average
    return averages


def on_average(optimizer: Any, update: Callable[[Sequence[Any]], None]) -> None:
    """Have `update`, which is given the trainable variables, move the averages after each batch."""
    optimizer._update_model_variables_moving_average = update
