"""Batches of texts of like length, so that little of a batch is padding."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence

import numpy as np


def by_length(lengths: Sequence[int], limit: int) -> Iterator[list[int]]:
    """The indexes of all lengths in groups, longest first.

    A group has as many as keep within the limit when each counts as the group's longest, which is what padding makes
    of a batch; one alone may be longer.
    """
    order = sorted(range(len(lengths)), key=lambda i: -lengths[i])
    start = 0
    while start < len(order):
        end = start + max(1, limit // max(1, lengths[order[start]]))
        yield order[start:end]
        start = end


def in_original_order(parts: Sequence[tuple[list[int], np.ndarray]]) -> np.ndarray:
    """The rows of groups of indexes, in the order of the indexes."""
    rows = np.concatenate([rows for _, rows in parts])
    ordered = np.empty_like(rows)
    ordered[[index for indexes, _ in parts for index in indexes]] = rows
    return ordered


def cores() -> int:
    """The processor cores that this process may run on."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
