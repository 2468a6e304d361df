"""Stored vectors: files shipped with plans, and one SQLite file a model in the user's cache directory."""

from __future__ import annotations

import hashlib
import io
import logging
import zlib
from collections.abc import Callable, Iterable
from contextlib import closing
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

import numpy as np

from ..json_cache import cache_directory, write_bytes
from ..settings import DEFAULT_MODEL

if TYPE_CHECKING:
    from sqlite3 import Connection


T = TypeVar("T")
log = logging.getLogger(__name__)


# Sorted keys and their vectors, float16.
Store = tuple[np.ndarray, np.ndarray]


def keys_of(texts: Iterable[str]) -> np.ndarray:
    """The keys under which texts are stored: 64 bits of each text's BLAKE2 hash."""
    digests = b"".join(hashlib.blake2b(text.encode(), digest_size=8).digest() for text in texts)
    return np.frombuffer(digests, dtype="<u8")


def read_store(path: Path) -> Store | None:
    """Sorted keys and their vectors (float16) from a stored file; None where it is absent or damaged."""
    try:
        with np.load(path, allow_pickle=False) as stored:
            keys, vectors = stored["keys"], stored["vectors"]
    except Exception:
        return None
    if keys.dtype != np.uint64 or vectors.dtype != np.float16 or vectors.ndim != 2 or len(keys) != len(vectors):
        return None
    return keys, vectors


def write_store(path: Path, keys: np.ndarray, vectors: np.ndarray) -> None:
    """Store vectors under their keys, moved into place when complete."""
    unique, first = np.unique(keys, return_index=True)
    data = io.BytesIO()
    np.savez(data, keys=unique, vectors=vectors[first].astype(np.float16))
    path.parent.mkdir(parents=True, exist_ok=True)
    write_bytes(path, data.getvalue())


def file_name(model: str) -> str:
    """The name of a model's stored vectors: its own, or a hash where the model is a path."""
    plain = (
        model
        if model.replace("-", "").replace(".", "").replace("_", "").isalnum()
        else hashlib.sha256(model.encode()).hexdigest()[:16]
    )
    return f"{plain}.npz"


def stored(keys: np.ndarray, stores: Iterable[Path] = (), model: str = DEFAULT_MODEL) -> tuple[np.ndarray, np.ndarray]:
    """Stored vectors, from shipped stores and then from the cache; nothing is computed and no model is loaded.

    Returns rows, float16 of shape (number of keys, dimension), zero where there is none, and a mask of the keys found;
    where none is found the dimension says nothing. A row takes about 1 KB: read very many keys in blocks.
    """
    rows, have = no_vectors(len(keys))
    for store in stores:
        rows, have = fill(keys, rows, have, read_store(store))
        if have.all():
            return rows, have
    return fill(keys, rows, have, _read_cache(cache_file(model), np.unique(keys[~have])))


def no_vectors(count: int) -> tuple[np.ndarray, np.ndarray]:
    """Rows and mask of `count` keys before any store is read."""
    return np.zeros((count, 0), dtype=np.float16), np.zeros(count, dtype=bool)


def fill(keys: np.ndarray, rows: np.ndarray, have: np.ndarray, store: Store | None) -> tuple[np.ndarray, np.ndarray]:
    """Rows and mask with what the store adds to them; a store of another dimension adds nothing."""
    if store is None or len(store[0]) == 0:
        return rows, have
    if not have.any():
        rows = np.zeros((len(keys), store[1].shape[1]), dtype=np.float16)
    if rows.shape[1] != store[1].shape[1]:
        return rows, have
    index = np.searchsorted(store[0], keys).clip(max=len(store[0]) - 1)
    hit = (store[0][index] == keys) & ~have
    rows[hit] = store[1][index[hit]]
    return rows, have | hit


# Rows stand in the order of arrival, so that those of one plan are neighbours on the disk.
_TABLE = "CREATE TABLE IF NOT EXISTS vectors (key INTEGER NOT NULL UNIQUE, vector BLOB NOT NULL)"


_KEYS_AT_ONCE = 10_000


def _signed(keys: np.ndarray) -> list[int]:
    """The keys as SQLite's integers, which have a sign."""
    signed: list[int] = keys.view(np.int64).tolist()
    return signed


def cache_file(model: str) -> Path:
    """The SQLite file of a model's computed vectors."""
    return cache_directory() / Path(file_name(model)).with_suffix(".sqlite")


def _read_cache(path: Path, keys: np.ndarray) -> Store | None:
    """The rows of the cache file for the keys, sorted by key; None where there is none or the file is unusable."""
    if not path.exists():
        return None
    import sqlite3

    def read(file: Connection) -> list[tuple[int, bytes]]:
        found = []
        for start in range(0, len(keys), _KEYS_AT_ONCE):
            block = ",".join(map(str, _signed(keys[start : start + _KEYS_AT_ONCE])))
            found += file.execute(f"SELECT key, CAST(vector AS BLOB) FROM vectors WHERE key IN ({block})").fetchall()
        return found

    try:
        found = _with_file(path, read)
    except (OSError, sqlite3.Error):
        return None
    found = [(key, vector) for key, row in found if (vector := _checked(key, row)) is not None]
    size = len(found[-1][1]) if found else 0
    found = [(key, vector) for key, vector in found if len(vector) == size]
    if not size or size % 2:
        return None
    found_keys = np.array([key for key, _ in found], dtype=np.int64).view(np.uint64)
    rows = np.frombuffer(b"".join(vector for _, vector in found), dtype="<f2").reshape(len(found), -1)
    # A row that is no unit vector counts as absent.
    sound = np.abs(np.linalg.norm(rows.astype(np.float32), axis=1) - 1) < 0.01
    order = np.argsort(found_keys)
    order = order[sound[order]]
    return found_keys[order], rows[order]


def _with_checksum(key: int, vector: bytes) -> bytes:
    """A row of the cache: the vector and a checksum of it and its key, for SQLite does not notice a flipped bit."""
    return vector + zlib.crc32(vector, key & 0xFFFFFFFF).to_bytes(4, "little")


def _checked(key: int, row: bytes) -> bytes | None:
    """The vector of a row of the cache, or None where the row is damaged."""
    return row[:-4] if len(row) > 4 and _with_checksum(key, row[:-4]) == row else None


def write_cache(path: Path, keys: np.ndarray, rows: np.ndarray) -> None:
    """Store vectors; where that fails, a warning says so and the work goes on."""
    import sqlite3

    signed = _signed(keys)
    entries = [(key, _with_checksum(key, row.tobytes())) for key, row in zip(signed, rows.astype("<f2"), strict=True)]
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        _with_file(path, lambda file: file.executemany("INSERT OR REPLACE INTO vectors VALUES (?, ?)", entries))
    except (OSError, sqlite3.Error) as error:
        _warn_not_stored(path.parent, getattr(error, "strerror", None) or str(error))


@cache
def _warn_not_stored(directory: Path, reason: str) -> None:
    log.warning("vectors could not be kept in %s: %s", directory, reason)


def _with_file(path: Path, work: Callable[[Connection], T]) -> T:
    """The result of `work` on the cache file, in one transaction; a damaged file is deleted first.

    Raises OSError or sqlite3.Error where the file cannot be used.
    """
    import sqlite3

    damage = (sqlite3.SQLITE_ERROR, sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB)
    try:
        return _attempt(path, work)
    except (sqlite3.DatabaseError, UnicodeDecodeError) as error:
        # An error that quotes bytes of a damaged file comes as one of decoding.
        if isinstance(error, sqlite3.Error) and error.sqlite_errorcode & 0xFF not in damage:
            raise
        path.unlink(missing_ok=True)
        return _attempt(path, work)


def _attempt(path: Path, work: Callable[[Connection], T]) -> T:
    import sqlite3

    # Another process at work is waited for; it locks the file no longer than it takes to write a chunk.
    with closing(sqlite3.connect(path, timeout=60)) as file, file:
        file.execute(_TABLE)
        return work(file)
