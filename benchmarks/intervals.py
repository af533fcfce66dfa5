"""Figures of many seeds: means and medians with intervals, and the table of them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from tabulate import tabulate


def interval(
    values: Sequence[float], statistic: Callable[..., Any] = np.mean
) -> tuple[float, float, float]:
    """The statistic over seeds, and its bootstrap 95 % interval (percentiles of 10,000
    resamples).
    """
    array = np.asarray(values, dtype=float)
    drawn = np.random.default_rng(0).integers(len(array), size=(10_000, len(array)))
    low, high = np.percentile(statistic(array[drawn], axis=1), [2.5, 97.5])
    return float(statistic(array)), float(low), float(high)


def table(rows: Sequence[dict[str, Any]]) -> str:
    """Regret by task, budget and method; how often the first method is better than each at the same
    seed.
    """
    lines = []
    groups = dict.fromkeys((row["task"], row["budget"]) for row in rows)
    labels = list(dict.fromkeys(row["method"] for row in rows))
    for task, budget in groups:
        by = {
            label: [
                r["regret"]
                for r in rows
                if (r["task"], r["budget"], r["method"]) == (task, budget, label)
            ]
            for label in labels
        }
        first = np.asarray(by[labels[0]])
        for label in labels:
            other = np.asarray(by[label])
            wins = (first < other) + 0.5 * (first == other)
            won = "" if label == labels[0] else "{:.2f} [{:.2f}, {:.2f}]".format(*interval(wins))
            mean, middle = interval(by[label]), interval(by[label], np.median)
            cells = ["{:.3f} [{:.3f}, {:.3f}]".format(*figures) for figures in (mean, middle)]
            lines.append([task, budget, label, *cells, won])
    headers = ["task", "budget", "method", "mean regret", "median regret", f"P({labels[0]} better)"]
    return tabulate(lines, headers, tablefmt="github", disable_numparse=True)
