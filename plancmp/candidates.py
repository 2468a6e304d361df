"""Which pairs are worth the costly comparisons, and tables that are filled at those pairs only.

Small comparisons look at every pair. Above `ALL_PAIRS` the work would grow with the product of the sizes; then a pair is
looked at where it is among the nearest of either side, by rare words (a product of sparse matrices without the terms
that are common to both plans) or by sentence vectors (compared inside cells of near vectors only).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import numpy as np

# Up to this many pairs of commitments all are compared.
ALL_PAIRS = 400_000
# So many of the nearest, by words and by meaning, are looked at for each commitment of either side.
NEAREST = 12
# A term that stands in more pairs of commitments than this finds no candidates.
_COMMON = 10_000
# How many rows are multiplied at once, and about how many vectors make a cell.
_BLOCK = 2_048
_CELL = 160
_CELLS_OF_ONE = 3


@dataclass(slots=True)
class Pairs:
    """Cells of a table, in row-major order; values at them are arrays of the same length.

    shape: of the table. rows, columns: of each cell. starts: where each row's cells begin, and the end.
    """

    shape: tuple[int, int]
    rows: np.ndarray
    columns: np.ndarray
    starts: np.ndarray = field(init=False)

    def __post_init__(self) -> None:
        self.starts = np.searchsorted(self.rows, np.arange(self.shape[0] + 1))

    @classmethod
    def every(cls, shape: tuple[int, int]) -> Pairs:
        """All cells of a table."""
        return cls(shape, np.repeat(np.arange(shape[0]), shape[1]), np.tile(np.arange(shape[1]), shape[0]))

    @classmethod
    def of_keys(cls, shape: tuple[int, int], keys: np.ndarray) -> Pairs:
        """The cells whose places in the flattened table are given, sorted and unique."""
        rows, columns = np.divmod(keys, max(shape[1], 1))
        return cls(shape, rows, columns)

    def __len__(self) -> int:
        return len(self.rows)

    def place(self, row: int, column: int) -> int | None:
        """Where the values of one cell are; None for a cell that was not looked at."""
        start, end = self.starts[row], self.starts[row + 1]
        found = start + int(np.searchsorted(self.columns[start:end], column))
        return int(found) if found < end and self.columns[found] == column else None

    def block(self, values: np.ndarray, rows: range, columns: range) -> np.ndarray:
        """The values of a part of the table, as a table; 0 for cells that were not looked at."""
        part = slice(self.starts[rows.start], self.starts[rows.stop])
        inside = (self.columns[part] >= columns.start) & (self.columns[part] < columns.stop)
        table = np.zeros((len(rows), len(columns)), dtype=values.dtype)
        table[self.rows[part][inside] - rows.start, self.columns[part][inside] - columns.start] = values[part][inside]
        return table

    def greatest(self, values: np.ndarray, axis: int, floor: float = 0.0) -> np.ndarray:
        """The greatest value, at least `floor`, of every column (axis 0) or row (axis 1)."""
        peaks = np.full(self.shape[1 - axis], floor, dtype=values.dtype)
        np.maximum.at(peaks, self.columns if axis == 0 else self.rows, values)
        return peaks


def first_of_greatest(values: np.ndarray, groups: np.ndarray, count: int) -> np.ndarray:
    """For each of `count` groups the place of its greatest value, the first of equals; -1 for a group of none."""
    peaks = np.full(count, -np.inf, dtype=values.dtype)
    np.maximum.at(peaks, groups, values)
    hits = np.flatnonzero(values >= peaks[groups])[::-1]
    found = np.full(count, -1, dtype=np.int64)
    # Walked backwards, so that earlier places overwrite later ones.
    found[groups[hits]] = hits
    return found


class Products:
    """Dot products of the rows of two matrices, asked for by pairs of rows; the matrices may be sparse."""

    def __init__(self, old: Any, new: Any) -> None:
        self._sides = old, new
        small = isinstance(old, np.ndarray) and len(old) * len(new) <= 2 * ALL_PAIRS
        self._table = old @ new.T if small else None

    def at(self, rows: np.ndarray, columns: np.ndarray) -> np.ndarray:
        """The products of these pairs, as float32."""
        if self._table is not None:
            return self._table[rows, columns]
        old, new = self._sides
        found = np.empty(len(rows), dtype=np.float32)
        for start in range(0, len(rows), 4 * _BLOCK):
            part = slice(start, start + 4 * _BLOCK)
            one, other = old[rows[part]], new[columns[part]]
            if isinstance(one, np.ndarray):
                found[part] = np.einsum("ij,ij->i", one, other)
            else:
                found[part] = np.asarray(one.multiply(other).sum(axis=1)).ravel()
        return found


def shared_columns(old: Any, new: Any, pairs: Pairs) -> Iterator[tuple[slice, Any]]:
    """The columns that both rows of each pair have, block by block: the places of the pairs and a sparse matrix."""
    for start in range(0, len(pairs), 4 * _BLOCK):
        part = slice(start, start + 4 * _BLOCK)
        yield part, old[pairs.rows[part]].multiply(new[pairs.columns[part]]).tocsr()


def matrix(documents: list[tuple[list[int], Any]], width: int, sparse: bool) -> Any:
    """Rows of numbers from (columns, values) of each; a scipy matrix where it must be sparse."""
    if not sparse:
        table = np.zeros((len(documents), width), dtype=np.float32)
        for row, (columns, values) in enumerate(documents):
            table[row, columns] = values
        return table
    from scipy.sparse import csr_matrix

    lengths = [len(columns) for columns, _ in documents]
    places = np.fromiter((c for found, _ in documents for c in found), dtype=np.int32, count=sum(lengths))
    values = [
        np.broadcast_to(np.asarray(v, dtype=np.float32), (n,)) for (_, v), n in zip(documents, lengths, strict=True)
    ]
    made = csr_matrix(
        (np.concatenate(values) if values else np.zeros(0, np.float32), places, np.cumsum([0, *lengths])),
        shape=(len(documents), width),
    )
    made.sort_indices()
    return made


def by_words(old: Any, new: Any) -> np.ndarray:
    """Keys of the pairs of rows that are nearest by the terms that few of the pairs share. old, new: sparse unit rows."""
    pairs_of_term = np.diff(old.tocsc().indptr).astype(np.int64) * np.diff(new.tocsc().indptr)
    rare = np.flatnonzero((pairs_of_term > 0) & (pairs_of_term <= _COMMON))
    old, new = old[:, rare].tocsr(), new[:, rare].tocsr()
    width = np.int64(new.shape[0])
    found = []
    for one, other, swapped in ((old, new, False), (new, old, True)):
        turned = other.T.tocsr()
        for start in range(0, one.shape[0], _BLOCK):
            product = one[start : start + _BLOCK] @ turned
            for row in range(product.shape[0]):
                cells = slice(product.indptr[row], product.indptr[row + 1])
                near = product.indices[cells].astype(np.int64)
                if len(near) > NEAREST:
                    near = near[np.argpartition(-product.data[cells], NEAREST)[:NEAREST]]
                found.append(near * width + (start + row) if swapped else (start + row) * width + near)
    return np.unique(np.concatenate(found)) if found else np.zeros(0, dtype=np.int64)


def by_vectors(old: np.ndarray, new: np.ndarray) -> np.ndarray:
    """Keys of the pairs of rows that are nearest by unit vectors, each compared inside the cells it stands closest to."""
    cells = max(1, round((len(old) + len(new)) / _CELL))
    both = np.concatenate([old, new])
    centres = both[np.linspace(0, len(both) - 1, cells).astype(np.int64)]
    members = [_cells(side, centres) for side in (old, new)]
    width = len(new)
    keys, scores = [], []
    for cell in range(cells):
        rows, columns = members[0][cell], members[1][cell]
        if not len(rows) or not len(columns):
            continue
        near = old[rows] @ new[columns].T
        for table, first, second, swapped in ((near, rows, columns, False), (near.T, columns, rows, True)):
            count = min(NEAREST, len(second))
            best = np.argpartition(-table, count - 1, axis=1)[:, :count]
            mine, theirs = np.repeat(first, count), second[best].ravel()
            keys.append(theirs * width + mine if swapped else mine * width + theirs)
            scores.append(np.take_along_axis(table, best, axis=1).ravel())
    if not keys:
        return np.zeros(0, dtype=np.int64)
    unique, first_seen = np.unique(np.concatenate(keys), return_index=True)
    score = np.concatenate(scores)[first_seen]
    kept = [_nearest(score, group) for group in np.divmod(unique, width)]
    return unique[kept[0] | kept[1]]


def _cells(vectors: np.ndarray, centres: np.ndarray) -> list[np.ndarray]:
    """For each centre the vectors that have it among their nearest."""
    count = min(_CELLS_OF_ONE, len(centres))
    near = [
        np.argpartition(-(vectors[start : start + _BLOCK] @ centres.T), count - 1, axis=1)[:, :count]
        for start in range(0, len(vectors), _BLOCK)
    ]
    cell = np.concatenate(near).ravel()
    order = np.argsort(cell, kind="stable")
    return np.split(order // count, np.searchsorted(cell[order], np.arange(1, len(centres))))


def _nearest(score: np.ndarray, group: np.ndarray) -> np.ndarray:
    """True for the NEAREST greatest scores of each group."""
    order = np.lexsort((-score, group))
    starts = np.flatnonzero(np.diff(group[order], prepend=-1))
    rank = np.arange(len(order)) - np.repeat(starts, np.diff(starts, append=len(order)))
    chosen = np.zeros(len(order), dtype=bool)
    chosen[order[rank < NEAREST]] = True
    return chosen
