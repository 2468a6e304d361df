"""Blocking: which pairs of commitments are worth the costly comparisons.

In small comparisons every pair is a candidate. Above `ALL_PAIRS` the work would grow with the product of the sizes; then a pair is
a candidate where it is among the nearest of either side, by rare words (a product of sparse matrices without the terms
that are common to both plans) or by sentence vectors (compared inside cells of near vectors only).
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np

from .candidate_pairs import BLOCK_ROWS, CandidatePairs, Cosines, unit
from .preparation import PreparedPair

# How many of the nearest, by words and by meaning, are candidates for each commitment of either side.
NEAREST = 12
# All commitments of so many of the nearest tasks, by meaning, are candidates too.
NEAREST_TASKS = 4
# A term that stands in more pairs of commitments than this finds no candidates.
_COMMON = 10_000
# About how many vectors make a cell, and to how many cells each vector belongs.
_CELL = 160
_CELLS_OF_ONE = 3


def by_words(old: Any, new: Any) -> np.ndarray:
    """Keys of the pairs of rows that are nearest by the terms that few of the pairs share. old, new: sparse unit rows."""
    pairs_of_term = np.diff(old.tocsc().indptr).astype(np.int64) * np.diff(new.tocsc().indptr)
    rare = np.flatnonzero((pairs_of_term > 0) & (pairs_of_term <= _COMMON))
    old, new = old[:, rare].tocsr(), new[:, rare].tocsr()
    width = np.int64(new.shape[0])
    found = []
    for one, other, swapped in ((old, new, False), (new, old, True)):
        transposed = other.T.tocsr()
        for start in range(0, one.shape[0], BLOCK_ROWS):
            product = one[start : start + BLOCK_ROWS] @ transposed
            for row in range(product.shape[0]):
                cells = slice(product.indptr[row], product.indptr[row + 1])
                near = product.indices[cells].astype(np.int64)
                if len(near) > NEAREST:
                    near = near[np.argpartition(-product.data[cells], NEAREST)[:NEAREST]]
                found.append(near * width + (start + row) if swapped else (start + row) * width + near)
    return np.unique(np.concatenate(found)) if found else np.zeros(0, dtype=np.int64)


def by_vectors(cosines: Cosines, count: int = NEAREST) -> np.ndarray:
    """Keys of the pairs of rows that are nearest by their vectors, each compared inside the cells it stands closest to."""
    width = len(cosines.new)
    cells = max(1, round((len(cosines.old) + width) / _CELL))
    centres = np.linspace(0, len(cosines.old) + width - 1, cells).astype(np.int64)
    centres = np.concatenate(
        [
            cosines.old[centres[centres < len(cosines.old)]],
            cosines.new[centres[centres >= len(cosines.old)] - len(cosines.old)],
        ]
    )
    centres = unit(centres - cosines.mean)
    members = [_cells(side, centres, cosines.mean) for side in (cosines.old, cosines.new)]
    keys, scores = [], []
    for rows, columns in zip(*members, strict=True):
        if not len(rows) or not len(columns):
            continue
        near = cosines.table(rows, columns)
        for table, first, second, swapped in ((near, rows, columns, False), (near.T, columns, rows, True)):
            best = _greatest(table, count)
            near_to, nearest = np.repeat(first, best.shape[1]), second[best].ravel()
            keys.append(nearest * width + near_to if swapped else near_to * width + nearest)
            scores.append(np.take_along_axis(table, best, axis=1).ravel())
    if not keys:
        return np.zeros(0, dtype=np.int64)
    unique, first_seen = np.unique(np.concatenate(keys), return_index=True)
    score = np.concatenate(scores)[first_seen]
    of_old, of_new = (_nearest(score, group, count) for group in np.divmod(unique, width))
    chosen: np.ndarray = unique[of_old | of_new]
    return chosen


def _greatest(table: np.ndarray, count: int) -> np.ndarray:
    """The indexes of the `count` greatest values of each row, in no order."""
    count = min(count, table.shape[1])
    return np.argpartition(-table, count - 1, axis=1)[:, :count]


def _cells(vectors: np.ndarray, centres: np.ndarray, mean: np.ndarray) -> list[np.ndarray]:
    """For each centre the vectors that have it among their nearest."""
    count = min(_CELLS_OF_ONE, len(centres))
    common = centres @ mean
    near = [
        _greatest(vectors[start : start + BLOCK_ROWS] @ centres.T - common, count)
        for start in range(0, len(vectors), BLOCK_ROWS)
    ]
    cell = np.concatenate(near).ravel()
    order = np.argsort(cell, kind="stable")
    return np.split(order // count, np.searchsorted(cell[order], np.arange(1, len(centres))))


def _nearest(score: np.ndarray, group: np.ndarray, count: int) -> np.ndarray:
    """True for the `count` greatest scores of each group."""
    order = np.lexsort((-score, group))
    starts = np.flatnonzero(np.diff(group[order], prepend=-1))
    rank = np.arange(len(order)) - np.repeat(starts, np.diff(starts, append=len(order)))
    chosen = np.zeros(len(order), dtype=bool)
    chosen[order[rank < count]] = True
    return chosen


def candidate_pairs(pair: PreparedPair, always: Iterable[tuple[int, int]] = ()) -> CandidatePairs:
    """The pairs of commitments worth comparing: all, or in large plans the nearest by words and by meaning.

    always: pairs of tasks, as indexes, whose commitments are candidates in any case.
    """
    shape = (len(pair.old.commitments), len(pair.new.commitments))
    if not pair.large:
        return CandidatePairs.all_of(shape)
    near_tasks = zip(*np.divmod(by_vectors(pair.task_cosines(), NEAREST_TASKS), len(pair.new.tasks)), strict=True)
    keys = [by_words(*pair.words), by_vectors(pair.meaning)]
    keys += [
        (np.array(pair.old.of_task(i))[:, None] * shape[1] + np.array(pair.new.of_task(j))).ravel()
        for i, j in (*near_tasks, *always)
    ]
    return CandidatePairs.from_keys(shape, np.unique(np.concatenate(keys)))
