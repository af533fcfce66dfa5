"""The inner loops of DBSCAN, compiled by numba; imported only where a clustering is fitted.

Shape suffixes: n rows, d features, k listed neighbours, m values of min_samples, a and b rows of
two blocks. Distances are squared throughout.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar, cast

import numpy as np
from numba import njit

Loop = TypeVar("Loop", bound=Callable[..., Any])


def compiled(loop: Loop) -> Loop:
    """The loop as machine code, kept on disk for the next process."""
    return cast(Loop, njit(cache=True, nogil=True)(loop))


@compiled
def differences(x_ad: Any, x_db: Any, square_ab: Any) -> None:
    """Squared distances by sums of squared differences, as in scikit-learn's trees."""
    for a in range(x_ad.shape[0]):
        square_ab[a] = 0.0
        for d in range(x_ad.shape[1]):
            value = x_ad[a, d]
            for b in range(x_db.shape[1]):
                difference = x_db[d, b] - value
                square_ab[a, b] += difference * difference


@compiled
def expand(product_ab: Any, norm_a: Any, norm_b: Any) -> None:
    """Make squared distances of inner products, in place: |x|² - 2 x·y + |y|², at least zero."""
    for a in range(product_ab.shape[0]):
        for b in range(product_ab.shape[1]):
            product_ab[a, b] = max(norm_a[a] - 2.0 * product_ab[a, b] + norm_b[b], 0.0)


@compiled
def replace_farthest(square_k: Any, index_k: Any, square: float, index: int) -> None:
    """Put a neighbour in the place of the farthest one, which stands first: the lists are heaps."""
    at, k = 0, len(square_k)
    while True:
        child = 2 * at + 1
        if child + 1 < k and square_k[child + 1] > square_k[child]:
            child += 1
        if child >= k or square_k[child] <= square:
            break
        square_k[at], index_k[at] = square_k[child], index_k[child]
        at = child
    square_k[at], index_k[at] = square, index


@compiled
def offer(
    square_ab: Any, rows_a: Any, rows_b: Any, same: bool, square_nk: Any, index_nk: Any
) -> None:
    """Offer all rows of two blocks to one another as neighbours; `same`: the two blocks are one."""
    farthest_b = np.empty(len(rows_b))
    for b in range(len(rows_b)):
        farthest_b[b] = square_nk[rows_b[b], 0]
    for a in range(len(rows_a)):
        i = rows_a[a]
        farthest = square_nk[i, 0]
        for b in range(len(rows_b)):
            square = square_ab[a, b]
            if square < farthest:
                replace_farthest(square_nk[i], index_nk[i], square, rows_b[b])
                farthest = square_nk[i, 0]
            if not same and square < farthest_b[b]:
                j = rows_b[b]
                replace_farthest(square_nk[j], index_nk[j], square, i)
                farthest_b[b] = square_nk[j, 0]


@compiled
def merge(a_e: Any, b_e: Any, weight_e: Any, order_e: Any, n: int) -> Any:
    """Kruskal's algorithm on edges in `order_e`: the tree of merges, and which edges are kept.

    The smaller component's root is hung below the larger's, at the edge's weight: `parent_n` and
    `height_n`, infinite at a root. Heights rise along each path, which has at most log2 n links, so
    that the component of a row at any threshold is found by climbing while the height is at most
    that.
    """
    parent_n = np.arange(n).astype(np.int32)
    height_n = np.full(n, np.inf)
    size_n = np.ones(n, dtype=np.int32)
    kept_e, kept = np.empty(min(n, len(order_e)), dtype=np.int64), 0
    for edge in order_e:
        i, j = a_e[edge], b_e[edge]
        while parent_n[i] != i:
            i = parent_n[i]
        while parent_n[j] != j:
            j = parent_n[j]
        if i == j:
            continue
        if size_n[i] < size_n[j]:
            i, j = j, i
        parent_n[j], height_n[j] = i, weight_e[edge]
        size_n[i] += size_n[j]
        kept_e[kept] = edge
        kept += 1
    return parent_n, height_n, kept_e[:kept]


@compiled
def meeting(parent_n: Any, height_n: Any, i: int, j: int) -> float:
    """The least threshold at which two rows are connected, infinite if they are not."""
    height = 0.0
    while i != j:
        if height_n[i] > height_n[j]:
            i, j = j, i
        height = height_n[i]
        if height == np.inf:
            break
        i = parent_n[i]
    return height


@compiled
def unsettled(parent_mn: Any, height_mn: Any, core_mn: Any, most: float, limit_n: Any) -> None:
    """Write the distance below which a row's edges may still improve a tree; -1 where none can.

    Two rows are connected at the later of the thresholds at which each has joined the largest
    component's root, and no edge of a row is lighter than its core distance.
    """
    limit_n[:] = -1.0
    for m in range(len(parent_mn)):
        parent_n, height_n = parent_mn[m], height_mn[m]
        root_n, joined_n = np.empty(len(parent_n), dtype=np.int32), np.zeros(len(parent_n))
        size_n = np.zeros(len(parent_n), dtype=np.int64)
        for i in range(len(parent_n)):
            j = i
            while parent_n[j] != j:
                joined_n[i] = height_n[j]
                j = parent_n[j]
            root_n[i] = j
            size_n[j] += 1
        largest = np.argmax(size_n)
        for i in range(len(parent_n)):
            joined = joined_n[i] if root_n[i] == largest else np.inf
            if core_mn[m, i] <= most and joined > core_mn[m, i]:
                limit_n[i] = max(limit_n[i], joined)


@compiled
def collect(
    square_ab: Any,
    rows_a: Any,
    rows_b: Any,
    same: bool,
    limit_n: Any,
    most: float,
    core_mn: Any,
    parent_mn: Any,
    height_mn: Any,
    pair_e2: Any,
    square_e: Any,
    state: Any,
) -> bool:
    """Gather the pairs of two blocks that improve some tree; False when the buffer is full.

    `state`: the row of the first block to go on with, and the number of pairs gathered.
    """
    for a in range(state[0], len(rows_a)):
        if state[1] + len(rows_b) > len(square_e):
            state[0] = a
            return False
        i = rows_a[a]
        for b in range(a + 1 if same else 0, len(rows_b)):
            square, j = square_ab[a, b], rows_b[b]
            if square > most or square >= max(limit_n[i], limit_n[j]):
                continue
            for m in range(len(core_mn)):
                weight = max(square, core_mn[m, i], core_mn[m, j])
                if weight <= most and weight < meeting(parent_mn[m], height_mn[m], i, j):
                    pair_e2[state[1], 0], pair_e2[state[1], 1], square_e[state[1]] = i, j, square
                    state[1] += 1
                    break
    state[0] = 0
    return True


@compiled
def components(parent_n: Any, height_n: Any, core_n: Any, most: float) -> Any:
    """The root of each row's component at the threshold `most`; of a row not core, itself."""
    root_n = np.arange(len(parent_n)).astype(np.int32)
    for i in range(len(parent_n)):
        if core_n[i] <= most:
            j = i
            while height_n[j] <= most:
                j = parent_n[j]
            root_n[i] = j
    return root_n


@compiled
def named(root_n: Any, core_n: Any, most: float) -> Any:
    """Number the components by their lowest core row, from 0; -1 for rows that are not core."""
    label_n, number_n, count = np.full(len(root_n), -1), np.full(len(root_n), -1), 0
    for i in range(len(root_n)):
        if core_n[i] <= most:
            if number_n[root_n[i]] < 0:
                number_n[root_n[i]] = count
                count += 1
            label_n[i] = number_n[root_n[i]]
    return label_n


@compiled
def add_borders(
    label_n: Any, core_n: Any, square_nk: Any, index_nk: Any, low: float, high: float
) -> bool:
    """Give rows that are not core the lowest cluster of a core row within reach.

    False if rounding leaves the reach of a row in doubt.
    """
    for i in range(len(label_n)):
        if core_n[i] <= low:
            continue
        for k in range(square_nk.shape[1]):
            square, j = square_nk[i, k], index_nk[i, k]
            if square > high:
                break
            if core_n[j] <= low:
                if square > low:
                    return False
                if label_n[i] < 0 or label_n[j] < label_n[i]:
                    label_n[i] = label_n[j]
    return True


@compiled
def flood(start_n: Any, node_n: Any, first_n: Any, to_e: Any) -> Any:
    """The labels of DBSCAN when it spreads from each of `start_n` in turn along the arcs.

    `first_n`, `to_e`: the arcs that leave each node, as in a CSR matrix; `node_n`: the node of each
    row.
    """
    label_n, stack, count = np.full(len(node_n), -1), np.empty(len(node_n), dtype=np.int64), 0
    for i in start_n:
        if label_n[node_n[i]] >= 0:
            continue
        stack[0], height = node_n[i], 1
        label_n[node_n[i]] = count
        while height > 0:
            height -= 1
            at = stack[height]
            for e in range(first_n[at], first_n[at + 1]):
                if label_n[to_e[e]] < 0:
                    label_n[to_e[e]] = count
                    stack[height] = to_e[e]
                    height += 1
        count += 1
    return label_n[node_n]
