"""Candidate pairs as cells of a table of old by new, and values computed at these cells only."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import numpy as np

# Up to this many pairs of commitments all are compared.
ALL_PAIRS = 400_000
# How many rows are multiplied at once.
BLOCK_ROWS = 2_048


@dataclass(slots=True)
class CandidatePairs:
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
    def all_of(cls, shape: tuple[int, int]) -> CandidatePairs:
        """All cells of a table."""
        return cls(shape, np.repeat(np.arange(shape[0]), shape[1]), np.tile(np.arange(shape[1]), shape[0]))

    @classmethod
    def from_keys(cls, shape: tuple[int, int], keys: np.ndarray) -> CandidatePairs:
        """The cells of these indexes into the flattened table, sorted and unique."""
        rows, columns = np.divmod(keys, max(shape[1], 1))
        return cls(shape, rows, columns)

    def __len__(self) -> int:
        return len(self.rows)

    def position(self, row: int, column: int) -> int | None:
        """The index of a cell; None for a pair that is no candidate."""
        start, end = self.starts[row], self.starts[row + 1]
        index = start + int(np.searchsorted(self.columns[start:end], column))
        return int(index) if index < end and self.columns[index] == column else None

    def block(self, values: np.ndarray, rows: range, columns: range) -> np.ndarray:
        """The values of a part of the table, as a table; 0 for pairs that are no candidates."""
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

    def usual(self, values: np.ndarray, axis: int, count: int) -> np.ndarray:
        """The mean of the `count` greatest values of every column (axis 0) or row (axis 1), of all where there are fewer."""
        groups = self.columns if axis == 0 else self.rows
        order = np.lexsort((-values, groups))
        starts = np.searchsorted(groups[order], np.arange(self.shape[1 - axis] + 1))
        ranks = np.arange(len(order)) - starts[groups[order]]
        greatest = order[ranks < count]
        number = self.shape[1 - axis]
        sums = np.bincount(groups[greatest], weights=values[greatest], minlength=number)
        means: np.ndarray = (sums / np.diff(starts).clip(1, count)).astype(values.dtype)
        return means


def argmax_of_groups(values: np.ndarray, groups: np.ndarray, count: int) -> np.ndarray:
    """For each of `count` groups the index of its greatest value, the first of equals; -1 for an empty group."""
    peaks = np.full(count, -np.inf, dtype=values.dtype)
    np.maximum.at(peaks, groups, values)
    hits = np.flatnonzero(values >= peaks[groups])[::-1]
    indexes = np.full(count, -1, dtype=np.int64)
    # Assigned backwards, so that earlier indexes overwrite later ones.
    indexes[groups[hits]] = hits
    return indexes


class Products:
    """Dot products of pairs of rows of two matrices, which may be sparse."""

    def __init__(self, old: Any, new: Any) -> None:
        self._sides = old, new
        # Matrices are sparse where a table of all products would be too large.
        self._table = old @ new.T if isinstance(old, np.ndarray) else None

    def of_pairs(self, rows: np.ndarray, columns: np.ndarray) -> np.ndarray:
        """The products of these pairs, as float32."""
        if self._table is not None:
            stored: np.ndarray = self._table[rows, columns]
            return stored
        found = np.empty(len(rows), dtype=np.float32)
        for part, common in shared_columns(*self._sides, rows, columns):
            found[part] = np.asarray(common.sum(axis=1)).ravel()
        return found


def shared_columns(old: Any, new: Any, rows: np.ndarray, columns: np.ndarray) -> Iterator[tuple[slice, Any]]:
    """The products column by column of each pair of rows, block by block: the slice of the pairs and a sparse matrix."""
    for start in range(0, len(rows), 4 * BLOCK_ROWS):
        part = slice(start, start + 4 * BLOCK_ROWS)
        yield part, old[rows[part]].multiply(new[columns[part]]).tocsr()


def matrix(rows: np.ndarray, columns: np.ndarray, values: np.ndarray, shape: tuple[int, int], sparse: bool) -> Any:
    """A matrix with these values at these cells, float32; a scipy one where it must be sparse. rows: in order."""
    if not sparse:
        table = np.zeros(shape, dtype=np.float32)
        table[rows, columns] = values
        return table
    from scipy.sparse import csr_matrix

    starts = np.searchsorted(rows, np.arange(shape[0] + 1)).astype(np.int32)
    table = csr_matrix((np.asarray(values, dtype=np.float32), columns.astype(np.int32), starts), shape=shape)
    table.sort_indices()
    return table


def unit(matrix: Any) -> Any:
    """Rows scaled to length one; rows of zeros stay."""
    if isinstance(matrix, np.ndarray):
        return matrix / np.linalg.norm(matrix, axis=1, keepdims=True).clip(1e-9)
    lengths = np.sqrt(np.asarray(matrix.multiply(matrix).sum(axis=1)).ravel()).clip(1e-9)
    scaled = matrix.copy()
    scaled.data /= np.repeat(lengths, np.diff(matrix.indptr))
    return scaled


class Cosines:
    """Cosines of the rows of two sets of vectors without the direction that all of them share, 0 where negative.

    The vectors are not copied: (a - m)(b - m) is computed from products with the common mean m.
    """

    def __init__(self, old: np.ndarray, new: np.ndarray) -> None:
        mean = (old.sum(0) + new.sum(0)) / max(len(old) + len(new), 1)
        # Two plans that say one thing only have no common direction worth taking off.
        self.mean = mean * 0 if len(old) + len(new) < 8 else mean
        self.old, self.new = old, new
        self._square = float(self.mean @ self.mean)
        self._along = old @ self.mean, new @ self.mean
        lengths = (
            np.einsum("ij,ij->i", side, side) - 2 * along + self._square
            for side, along in zip((old, new), self._along, strict=True)
        )
        self._lengths = tuple(np.sqrt(found.clip(1e-9)) for found in lengths)
        self._table = self.table(slice(None), slice(None)) if len(old) * len(new) <= 2 * ALL_PAIRS else None

    def table(self, rows: Any, columns: Any) -> np.ndarray:
        """The cosines of every one of these rows with every one of these columns, float32."""
        along, lengths = self._along, self._lengths
        found: np.ndarray = self.old[rows] @ self.new[columns].T
        found += self._square - along[0][rows][:, None] - along[1][columns]
        found /= lengths[0][rows][:, None] * lengths[1][columns]
        found.clip(0, 1, out=found)
        return found

    def usual_within(self, count: int, most: int) -> tuple[np.ndarray, np.ndarray]:
        """For every row of either side the mean of its `count` greatest cosines with others of its own side, 0 to 1.

        most: the others are at most so many, at least 2, spread evenly over the side, so that its size changes nothing.
        Where a row has no other it is NaN.
        """
        return self._usual_within(0, count, most), self._usual_within(1, count, most)

    def _usual_within(self, which: int, count: int, most: int) -> np.ndarray:
        side, along, lengths = (self.old, self.new)[which], self._along[which], self._lengths[which]
        others = np.unique(np.linspace(0, len(side) - 1, min(most, len(side))).astype(np.int64))
        found = np.full(len(side), np.nan, dtype=np.float32)
        if len(side) < 2:
            return found
        for start in range(0, len(side), BLOCK_ROWS):
            part = np.arange(start, min(start + BLOCK_ROWS, len(side)))
            near = side[part] @ side[others].T + self._square - along[part][:, None] - along[others]
            near = (near / (lengths[part][:, None] * lengths[others])).clip(0, 1)
            near[part[:, None] == others] = -1
            nearest = -np.sort(-near, axis=1)[:, : min(count, len(others) - 1)]
            found[part] = nearest.mean(axis=1)
        return found

    def of_pairs(self, rows: np.ndarray, columns: np.ndarray) -> np.ndarray:
        """The cosines of these pairs, float32."""
        if self._table is not None:
            stored: np.ndarray = self._table[rows, columns]
            return stored
        found = np.empty(len(rows), dtype=np.float32)
        for start in range(0, len(rows), BLOCK_ROWS):
            part = slice(start, start + BLOCK_ROWS)
            np.einsum("ij,ij->i", self.old[rows[part]], self.new[columns[part]], out=found[part])
        along, lengths = self._along, self._lengths
        found += self._square - along[0][rows] - along[1][columns]
        found /= lengths[0][rows] * lengths[1][columns]
        return found.clip(0, 1, out=found)
