"""Text to vector: shipped and stored vectors first, a model only for texts that have none.

Vectors are unit length, stored as float16 and keyed by the hash of the exact text: shipped ones beside the plan they
belong to (`data/<id>/<model>.npz`, keys sorted), computed ones in the user's cache directory, one SQLite file a model, so
that a sentence of many plans is embedded once. What is computed is stored chunk by chunk: interrupted work resumes where it
stopped, and two processes at once do no harm. A damaged file counts as absent and is written anew.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

import numpy as np

from .batches import by_length, in_original_order
from .encoders import Encoder, choose_encoder
from .vector_store import Store, cache_file, fill, keys_of, no_vectors, stored, write_cache

# Characters computed before they are stored: a second or so of work, and the most that an interruption costs.
_CHUNK = 20_000


# Called with texts done, texts in all, and the share of the work that is done, 0 to 1. Texts differ in length: time left
# follows from the share. Called first with 0 texts before the work and after each chunk.
Progress = Callable[[int, int, float], None]


def embed(
    texts: Sequence[str],
    stores: Iterable[Path] = (),
    encoder: Encoder | None = None,
    progress: Progress | None = None,
) -> np.ndarray:
    """Unit vectors of the texts: shape (number of texts, dimension), float32.

    stores: files looked at first, those shipped with plans. What neither they nor the cache have is computed, longest
    texts first, and stored chunk by chunk; `progress` reports that only. A first run and a second give the same bytes.
    Raises DocumentError where a model is needed and cannot be loaded.
    """
    encoder = encoder or choose_encoder()
    if not texts:
        return np.zeros((0, 1), dtype=np.float32)
    keys = keys_of(texts)
    rows, have = stored(keys, stores, encoder.name)
    while not have.all():
        missing = dict.fromkeys(text for text, here in zip(texts, have, strict=True) if not here)
        fresh = _computed(list(missing), encoder, progress)
        if fresh[1].shape[1] != rows.shape[1]:
            # Nothing was stored, or it came from another model of this name.
            rows, have = no_vectors(len(keys))
        rows, have = fill(keys, rows, have, fresh)
    return rows.astype(np.float32)


def _computed(texts: Sequence[str], encoder: Encoder, progress: Progress | None) -> Store:
    """Keys, sorted, and vectors of texts that differ, each chunk stored as soon as it is computed."""
    path, keys = cache_file(encoder.name), keys_of(texts)
    lengths = [len(text) + 1 for text in texts]
    parts = []
    done, work, total = 0, 0, sum(lengths)
    report = progress or (lambda *_: None)
    report(0, len(texts), 0.0)
    for indexes in by_length(lengths, _CHUNK):
        # Rounded as a stored vector is, so that a first run and a second give the same bytes.
        rows = encoder.encode([texts[i] for i in indexes]).astype(np.float16)
        write_cache(path, keys[indexes], rows)
        parts.append((indexes, rows))
        done, work = done + len(indexes), work + sum(lengths[i] for i in indexes)
        report(done, len(texts), work / total)
    order = np.argsort(keys)
    return keys[order], in_original_order(parts)[order]
