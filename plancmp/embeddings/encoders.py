"""Sentence encoders: the choice of a model, and any model that sentence-transformers can load."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from typing import Any, Protocol

import numpy as np

from ..errors import DocumentError, MissingExtra
from ..settings import DEFAULT_MODEL
from ..text import is_cjk
from .batches import by_length, in_original_order

# Tokens of a batch for each thread: what a layer makes of them then stays in the processor's cache. Twice as many, or
# half, is as fast; a fixed number of long texts is far slower.
_TOKENS = 256


class Encoder(Protocol):
    """Anything that turns texts into unit vectors: shape (number of texts, dimension), float32."""

    name: str

    def encode(self, texts: Sequence[str]) -> np.ndarray: ...


class SentenceEncoder:
    """A model that sentence-transformers can load, by name or path."""

    def __init__(self, name: str) -> None:
        self.name = name
        self._model: Any = None

    def _load(self) -> Any:
        if self._model is None:
            os.environ.setdefault("HF_HUB_OFFLINE", "1")
            os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")
            os.environ.setdefault("TRANSFORMERS_VERBOSITY", "error")
            try:
                from sentence_transformers import SentenceTransformer
                from transformers.utils import logging

                quiet: Any = logging.disable_progress_bar
            except ImportError:
                raise MissingExtra(
                    f"the model “{self.name}” needs sentence-transformers, which is not installed",
                    "leave --model out, or: pip install sentence-transformers 'torch<=2.13.0'",
                ) from None
            try:
                quiet()
                self._model = SentenceTransformer(self.name, device="cpu")
            except Exception as error:
                raise DocumentError(
                    f"the model “{self.name}” cannot be loaded: {str(error).splitlines()[0] if str(error) else type(error).__name__}",
                    "give --model a name or path that sentence-transformers can load, or leave it out",
                ) from error
        return self._model

    def encode(self, texts: Sequence[str]) -> np.ndarray:
        """Vectors of the texts, in batches of like length in tokens, so that little of a batch is padding.

        Raises MissingExtra without the extra, DocumentError where the model cannot be loaded.
        """
        model = self._load()
        import torch

        # As many threads as torch takes by itself: the cores that this process may run on.
        parts = []
        for indexes in by_length(_tokens(model, texts), _TOKENS * torch.get_num_threads()):
            batch = [texts[i] for i in indexes]
            rows = model.encode(batch, batch_size=len(batch), normalize_embeddings=True, show_progress_bar=False)
            parts.append((indexes, rows))
        return in_original_order(parts)


def _tokens(model: Any, texts: Sequence[str]) -> list[int]:
    """The length of each text in tokens, or in characters where the model has no tokenizer of the usual kind."""
    from transformers import PreTrainedTokenizerBase

    tokenizer = model.tokenizer
    if not isinstance(tokenizer, PreTrainedTokenizerBase):
        return [len(text) for text in texts]
    most = model.max_seq_length or sys.maxsize
    return [min(len(ids), most) for ids in tokenizer(list(texts))["input_ids"]]


def choose_encoder(model: str | None = None, texts: Sequence[str] = ()) -> Encoder:
    """The encoder named, or the one for the languages of the texts.

    texts: the texts themselves or the codes of their languages. Chinese among them asks for the multilingual encoder.
    """
    if model is None and any(text == "zh" or is_cjk(text) for text in texts):
        from .multilingual import MultilingualEncoder

        return MultilingualEncoder()
    if model is None or model == DEFAULT_MODEL:
        from .minilm import MiniLM

        return MiniLM()
    return SentenceEncoder(model)
