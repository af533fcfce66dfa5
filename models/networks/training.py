"""How networks are trained: optimiser, schedule, averaged weights, one epoch at a time.

What an epoch draws, the order of the images, the dropout masks and the augmentation, depends on
(seed, epoch) alone, so that a run which was saved and loaded goes on exactly as one that was not.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np

from hypersearch.models.api import Choice, Condition, Config, Float, Parameter
from hypersearch.models.compat.keras_internals import averages_of, on_average
from hypersearch.models.networks.backend import batches

Change: TypeAlias = Callable[[Any, np.random.Generator], Any]
"""From an epoch's images (n, h, w) and random draws to altered images."""

WARM = 0.3  # of a one-cycle schedule: the share in which the rate rises, from a tenth
LAST = 0.001  # of the peak rate: where cosine and one-cycle end
MOMENTUM = 0.9  # of SGD, with Nesterov's correction
STEPS_AT_ONCE = 16  # batches between two returns to Python


def training_space(
    when: Condition | None = None, optimizers: tuple[str, ...] = ("adam",)
) -> dict[str, Parameter]:
    """The parameters that `Trainer` reads, all under the condition `when`.

    A search chooses one of `optimizers`. `weight_decay` is decoupled (arXiv 1711.05101) and spares
    biases and norms. `averaging` is the share that the average of the weights keeps at each batch;
    the averaged network is the one that is judged.
    """
    always = dict(when or {})
    return {
        "optimizer": Choice(
            ("adam", "sgd", "rmsprop", "adadelta"), searched=optimizers, when=always
        ),
        "learning_rate": Float(
            1e-4, 2e-2, log=True, when={**always, "optimizer": ("adam", "rmsprop")}
        ),
        "sgd_learning_rate": Float(5e-3, 1.0, log=True, when={**always, "optimizer": "sgd"}),
        "adadelta_learning_rate": Float(
            1e-3, 10.0, log=True, when={**always, "optimizer": "adadelta"}
        ),
        "weight_decay": Choice((0.0, 1e-5, 1e-4, 1e-3, 1e-2, 5e-2), when=always),
        "schedule": Choice(
            ("constant", "cosine", "one-cycle"), searched=("cosine", "one-cycle"), when=always
        ),
        "averaging": Choice((0.0, 0.98, 0.99, 0.995), searched=(0.0, 0.99), when=always),
        "batch_size": Choice((32, 64, 128, 256, 512), searched=(64, 128, 256), when=always),
    }


def plain(optimizer: str = "adam", rate: float = 0.001, batch_size: int = 128) -> dict[str, Any]:
    """Training as the reports did it: a constant rate, no decay, no averaging."""
    name = "learning_rate" if optimizer in ("adam", "rmsprop") else f"{optimizer}_learning_rate"
    never = {"weight_decay": 0.0, "schedule": "constant", "averaging": 0.0}
    return {"optimizer": optimizer, name: rate, **never, "batch_size": batch_size}


class Trainer:
    """A `keras.Model` in training."""

    def __init__(
        self,
        model: Any,
        config: Config,
        loss: Any,
        metrics: Sequence[Any],
        n: int,
        epochs: int,
        seed: int,
    ) -> None:
        """`config`: of `training_space`; `n` training images; `epochs` until the schedule ends."""
        self.model, self.epochs_done = model, 0
        self._batch_size, self._seed = int(config["batch_size"] or 0), seed
        steps = -(-n // self._batch_size)
        self._optimizer = optimizer(config, steps * epochs)
        self._averaged = bool(config["averaging"])
        # All variables are made here: TensorFlow never frees the graphs of those made in a step.
        self._optimizer.build(model.trainable_variables)
        at_once = min(STEPS_AT_ONCE, steps)
        model.compile(self._optimizer, loss, metrics=list(metrics), steps_per_execution=at_once)

    def epoch(self, x_nhw: Any, targets_n: Any, change: Change | None = None) -> dict[str, float]:
        """Train once on each image; the metrics of the epoch's own batches.

        `change` alters the images before.
        """
        draws = np.random.default_rng([self._seed, self.epochs_done])
        order_n = draws.permutation(len(x_nhw))
        self._reseed()
        x_nhw = x_nhw[order_n]
        if change:
            x_nhw = change(x_nhw, draws)
        feed = batches(x_nhw[..., None], targets_n[order_n], self._batch_size)
        fitted = self.model.fit(**feed, verbose=0)
        self.epochs_done += 1
        return {name: float(values[0]) for name, values in fitted.history.items()}

    @contextmanager
    def averaged(self) -> Iterator[None]:
        """Meanwhile the network has its averaged weights, if it has any."""
        if not self._averaged or not self.epochs_done:
            yield
            return
        trained = self.model.trainable_variables
        own = [to_numpy(each) for each in trained]
        averages = [to_numpy(each) for each in averages_of(self._optimizer)]
        _assign(trained, averages)
        try:
            yield
        finally:
            _assign(trained, own)

    def save(self, folder: Path) -> None:
        """Write weights, optimiser state and epoch."""
        np.savez(folder / "network.npz", self.epochs_done, *map(to_numpy, self._variables))

    def load(self, folder: Path) -> None:
        """Read weights, optimiser state and epoch."""
        with np.load(folder / "network.npz") as stored:
            epoch, *values = (stored[name] for name in stored.files)
        self.epochs_done = int(epoch)
        _assign(self._variables, values)

    @property
    def _variables(self) -> list[Any]:
        return [*self.model.variables, *self._optimizer.variables]

    def _reseed(self) -> None:
        for number, layer in enumerate(self.model.layers):
            generator = getattr(layer, "seed_generator", None)
            if generator is not None:
                words = np.random.SeedSequence(
                    [self._seed, self.epochs_done, number]
                ).generate_state(2)
                generator.state.assign(words.astype(generator.state.dtype))


def _assign(variables: Sequence[Any], values: Sequence[Any]) -> None:
    for variable, value in zip(variables, values, strict=True):
        variable.assign(value)


def to_numpy(tensor: Any) -> Any:
    """A backend's tensor or variable as an array."""
    import keras

    return keras.ops.convert_to_numpy(tensor)


def optimizer(config: Config, steps: int) -> Any:
    """The Keras optimiser of a configuration, whose schedule ends after `steps` batches."""
    from keras import optimizers

    kind = str(config["optimizer"])
    peak = config.get("learning_rate") or config.get(f"{kind}_learning_rate")
    averaging = config["averaging"]
    how: dict[str, Any] = {
        "learning_rate": _rate(str(config["schedule"]), peak, steps),
        "weight_decay": config["weight_decay"] or None,
        "use_ema": bool(averaging),
    }
    if averaging:
        how["ema_momentum"] = averaging
    makers: Mapping[str, Callable[..., Any]] = {
        "adam": optimizers.Adam,
        "sgd": lambda **how: optimizers.SGD(momentum=MOMENTUM, nesterov=True, **how),
        "rmsprop": optimizers.RMSprop,
        "adadelta": optimizers.Adadelta,
    }
    made = makers[kind](**how)
    made.exclude_from_weight_decay(var_names=["bias", "gamma", "beta"])
    # `fit` would put the averages in the weights' place
    made.finalize_variable_values = lambda variables: None
    if averaging:
        on_average(made, lambda variables: _average(made, variables, averaging))
    return made


def _average(optimizer: Any, variables: Sequence[Any], most: Any) -> None:
    """Move the averages towards the weights.

    At batch t they keep min(`most`, t / (10 + t)), so the first weights are soon forgotten.
    """
    from keras import ops

    batch = ops.cast(optimizer.iterations, "float32")
    kept = ops.minimum(float(most), batch / (10 + batch))
    for variable, average in zip(variables, averages_of(optimizer), strict=True):
        average.assign(kept * average + (1 - kept) * variable)


def _rate(schedule: str, peak: Any, steps: int) -> Any:
    from keras.optimizers.schedules import CosineDecay

    if schedule == "constant":
        return peak
    if schedule == "cosine":
        return CosineDecay(peak, max(steps, 1), alpha=LAST)
    warm = round(WARM * steps)
    return CosineDecay(
        peak / 10, max(steps - warm, 1), alpha=LAST, warmup_target=peak, warmup_steps=warm
    )
