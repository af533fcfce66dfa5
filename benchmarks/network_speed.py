"""How fast networks train here, beside plain Keras `fit`; medians of three turns, all in one run.

    # epochs fed as Keras does, and as we do
    python benchmarks/network_speed.py doze
    # pools before norm and activation, and after
    python benchmarks/network_speed.py order
    # two packed one-thread trials against sgemm's peak
    python benchmarks/network_speed.py rate
    # to 0.925 validation accuracy, ≤ 100,000 parameters
    HYPERSEARCH_DATA=… python benchmarks/network_speed.py epochs
    HYPERSEARCH_DATA=… python benchmarks/network_speed.py seconds  # of an epoch

Both train the same network. Plain: float32 images in memory, `fit` as Keras's guides write it, Adam
at 0.001. Ours: the family `cnn` as a search runs it. Operations are counted in convolutions and
dense layers alone, two for each multiplication and addition, three times the forward pass. The time
to 0.925 is epochs times seconds; the epochs may be counted while other programs run, the seconds
may not. Each process has one thread.
"""

from __future__ import annotations

import multiprocessing
import os
import sys
import time
from pathlib import Path
from statistics import median
from typing import Any

sys.path.insert(0, str(Path(__file__).parent.parent))

import numpy as np

from hypersearch.models.api import Options
from hypersearch.models.data.datasets import Dataset, load_dataset
from hypersearch.models.families import cnn
from hypersearch.models.networks.backend import batches
from hypersearch.search.engine.cluster import worker_environment

TURNS, EPOCHS, IMAGES, BATCH = 3, 4, 3_840, 128
PEAK = 1024  # rows of the matrices that are multiplied
NETWORK = {
    "network": "blocks",
    "depth": 3,
    "filters": 32,
    "growth": 2.0,
    "convolutions": 1,
    "kernel": 3,
    "padding": "same",
    "activation": "relu",
    "pooling": "max",
    "batch_norm": True,
    "dropout": 0.0,
    "head": "average",
    "dense": 0,
    "fit_on": "train",
}
CONSTANT = {
    "optimizer": "adam",
    "learning_rate": 0.001,
    "weight_decay": 0.0,
    "schedule": "constant",
    "averaging": 0.0,
}
QUICK = {
    "optimizer": "adam",
    "learning_rate": 0.01,
    "weight_decay": 0.01,
    "schedule": "one-cycle",
    "averaging": 0.99,
}
NO_CHANGE = {"label_smoothing": 0.0, "shift": 0, "flip": False, "erasing": 0.0}


def doze() -> None:
    """Seconds of each epoch, two processes side by side, of arrays given to `fit` and of our
    pipeline.
    """
    later: dict[str, list[float]] = {"by Keras": [], "by us": []}
    for turn in range(TURNS):
        for fed, kept in later.items():
            for result in side_by_side(measure_epochs, fed):
                print(
                    f"turn {turn + 1}, fed {fed}: "
                    + " ".join(f"{seconds:.2f}" for seconds in result),
                    flush=True,
                )
                kept += result[1:]  # the first one traces
    for fed, kept in later.items():
        print(f"fed {fed}: median {median(kept):.2f} s, longest {max(kept):.2f} s an epoch")


def measure_epochs(fed: str, barrier: Any, results: Any) -> None:
    dataset = random_images()
    config = {**NETWORK, **CONSTANT, "batch_size": BATCH, **NO_CHANGE}
    model = cnn.CnnRun(config, cnn.FAMILY.prepare(dataset, Options()), 0).trainer.model
    x, targets = dataset.x_train[..., None], np.eye(10, dtype=np.float32)[dataset.y_train]
    arrays = {"x": x, "y": targets, "batch_size": BATCH, "shuffle": False}
    barrier.wait()
    seconds = []
    for _ in range(6):
        began = time.perf_counter()
        model.fit(**(batches(x, targets, BATCH) if fed == "by us" else arrays), verbose=0)
        seconds.append(time.perf_counter() - began)
    results.put(seconds)


def order() -> None:
    """Seconds of an epoch of the same convolutions, pooled before norm and activation and after."""
    before, after = in_turns(measure_order, ("before", "after"))
    print(f"median: before {before:.2f} s, after {after:.2f} s, {before / after:.2f} times")


def in_turns(measure: Any, ways: tuple[str, ...]) -> list[float]:
    """The median seconds of each way, measured in turns by two processes side by side."""
    taken: dict[str, list[float]] = {way: [] for way in ways}
    for turn in range(TURNS):
        for way, kept in taken.items():
            results = side_by_side(measure, way)
            kept += results
            print(
                f"turn {turn + 1}, {way}: " + " ".join(f"{each:.2f}" for each in results),
                flush=True,
            )
    return [median(values) for values in taken.values()]


def measure_order(where: str, barrier: Any, results: Any) -> None:
    dataset = random_images()
    config = {**NETWORK, **CONSTANT, "batch_size": BATCH, **NO_CHANGE}
    if where == "after":
        early = cnn.layers_of(config, dataset.shape)
        late = [layer for layer in early if layer != ("pool",)]
        for place in [place for place, layer in enumerate(late) if layer[0] == "act"][::-1]:
            late.insert(place + 1, ("pool",))
        cnn.layers_of = lambda config, size: late
    run = cnn.CnnRun(config, cnn.FAMILY.prepare(dataset, Options()), 0)
    run.train()  # traces
    barrier.wait()
    began = time.perf_counter()
    for _ in range(EPOCHS):
        run.train()
    results.put((time.perf_counter() - began) / EPOCHS)


def rate() -> None:
    """Operations a second of two processes side by side, and of sgemm in both."""
    shares: dict[str, list[float]] = {"plain": [], "ours": []}
    for turn in range(TURNS):
        for way in shares:
            results = side_by_side(measure_rate, way)
            speed, peak = (sum(result[key] for result in results) / 1e9 for key in ("rate", "peak"))
            shares[way].append(speed / peak)
            print(
                f"turn {turn + 1}: {way} {speed:.1f} of {peak:.1f} GFLOP/s = {speed / peak:.0%}",
                flush=True,
            )
    for way, values in shares.items():
        print(f"{way}: median {median(values):.0%} of the peak")


def measure_rate(way: str, barrier: Any, results: Any) -> None:
    dataset = random_images()
    before = peak()
    epoch, macs = trainer(way, dataset, {**NETWORK, **CONSTANT, "batch_size": BATCH, **NO_CHANGE})
    epoch()  # traces
    barrier.wait()
    began = time.perf_counter()
    for _ in range(EPOCHS):
        epoch()
    taken = (time.perf_counter() - began) / EPOCHS
    results.put({"rate": 6 * macs * len(dataset.x_train) / taken, "peak": (before + peak()) / 2})


def epochs() -> None:
    """Epochs until 0.925 of the validation images are named rightly; they do not depend on what
    else runs.
    """
    for seed in map(int, sys.argv[2:] or range(TURNS)):
        for way in ("ours", "plain"):
            (result,) = side_by_side(count_epochs, way, seed, processes=1)
            print(
                f"seed {seed}, {way}: {result['epochs']} epochs, accuracy {result['accuracy']}",
                flush=True,
            )


def count_epochs(way: str, seed: int, barrier: Any, results: Any) -> None:
    epoch, limit = on_images(way, seed)
    reached = [0.0]
    while reached[-1] < 0.925 and len(reached) <= limit:
        reached.append(epoch())
    results.put(
        {"epochs": len(reached) - 1, "accuracy": " ".join(f"{value:.4f}" for value in reached[1:])}
    )


def seconds() -> None:
    """Seconds of an epoch on Fashion-MNIST, validation included, two one-thread processes side by
    side.
    """
    plain, ours = in_turns(measure_seconds, ("plain", "ours"))
    print(f"median: plain {plain:.1f} s, ours {ours:.1f} s, {ours / plain:.2f} times")


def measure_seconds(way: str, barrier: Any, results: Any) -> None:
    epoch, _ = on_images(way, 0)
    epoch()  # traces
    barrier.wait()
    began = time.perf_counter()
    epoch()
    results.put(time.perf_counter() - began)


def on_images(way: str, seed: int) -> tuple[Any, int]:
    """A function that trains an epoch on Fashion-MNIST and gives the validation accuracy; the most
    epochs.
    """
    limit, recipe = (6, QUICK) if way == "ours" else (30, CONSTANT)
    config = {**NETWORK, **recipe, "batch_size": BATCH, **NO_CHANGE, "flip": way == "ours"}
    return trainer(way, load_dataset("fashion-mnist"), config, limit, seed)[0], limit


def trainer(
    way: str, dataset: Dataset, config: dict[str, Any], limit: int = EPOCHS + 1, seed: int = 0
) -> Any:
    """A function that trains an epoch and gives the validation accuracy; and the network's
    multiplications an image.
    """
    import keras

    if way == "ours":
        run = cnn.CnnRun(config, cnn.FAMILY.prepare(dataset, Options(limit=limit)), seed)
        return lambda: float(run.step()["accuracy"]), multiplications(run.trainer.model)
    keras.utils.set_random_seed(seed)
    layers = cnn.layers_of(config, dataset.shape)
    inputs = keras.Input((*dataset.shape, 1))
    outputs = keras.layers.Dense(dataset.n_classes, activation="softmax")(
        layers.stacked(inputs, layers)
    )
    model = keras.Model(inputs, outputs)
    model.compile(
        keras.optimizers.Adam(0.001), "sparse_categorical_crossentropy", metrics=["accuracy"]
    )
    x, x_val = (
        part[..., None].astype(np.float32) / 255 for part in (dataset.x_train, dataset.x_val)
    )

    def epoch() -> float:
        validation = (x_val, dataset.y_val)
        fitted = model.fit(
            x, dataset.y_train, batch_size=BATCH, verbose=0, validation_data=validation
        )
        return float(fitted.history["val_accuracy"][0])

    return epoch, multiplications(model)


def multiplications(model: Any) -> int:
    """Of one image's forward pass, in convolutions and dense layers."""
    total = 0
    for layer in model.layers:
        if type(layer).__name__ == "Conv2D":
            _, height, width, filters = layer.output.shape
            total += (
                height
                * width
                * filters
                * layer.kernel_size[0]
                * layer.kernel_size[1]
                * layer.input.shape[-1]
            )
        elif type(layer).__name__ == "Dense":
            total += layer.input.shape[-1] * layer.units
    return total


def peak() -> float:
    """Operations a second of float32 matrix multiplication."""
    a = np.random.default_rng(0).random((PEAK, PEAK), dtype=np.float32)
    speeds = []
    for _ in range(20):
        began = time.perf_counter()
        a @ a
        speeds.append(2 * PEAK**3 / (time.perf_counter() - began))
    return median(speeds)


def random_images() -> Dataset:
    draws = np.random.default_rng(0)
    x, y = (
        draws.integers(0, 256, (IMAGES + 128, 28, 28), dtype=np.uint8),
        draws.integers(0, 10, IMAGES + 128),
    )
    parts = {"x_train": x[:IMAGES], "y_train": y[:IMAGES], "x_val": x[IMAGES:], "y_val": y[IMAGES:]}
    names = tuple(map(str, range(10)))
    return Dataset(**parts, x_test=x[:10], y_test=y[:10], class_names=names, name="random")


def side_by_side(work: Any, *words: Any, processes: int = 2) -> list[Any]:
    """What so many processes put when each does the work, together."""
    context = multiprocessing.get_context("spawn")
    barrier, results = context.Barrier(processes), context.Queue()
    started = [
        context.Process(target=work, args=(*words, barrier, results)) for _ in range(processes)
    ]
    for process in started:
        process.start()
    found = [results.get() for _ in started]
    for process in started:
        process.join()
    return found


if __name__ == "__main__":
    os.environ.update({**worker_environment(1), "TF_CPP_MIN_LOG_LEVEL": "3"})
    {"doze": doze, "order": order, "rate": rate, "epochs": epochs, "seconds": seconds}[
        sys.argv[1]
    ]()
