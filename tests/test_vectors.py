"""Vectors: shipped ones are right, computed ones are kept, a damaged cache is rebuilt."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest

from plancmp import corpus, linking, vectors
from plancmp.errors import DocumentError


class Counting:
    """An encoder of made-up vectors that counts what it is asked for."""

    name = "counting"

    def __init__(self) -> None:
        self.asked: list[str] = []

    def encode(self, texts, progress=None) -> np.ndarray:
        self.asked += list(texts)
        seeds = [np.random.default_rng(int(key % 2**32)).standard_normal(16) for key in vectors.keys_of(texts)]
        return np.array([seed / np.linalg.norm(seed) for seed in seeds], dtype=np.float32)


@pytest.mark.parametrize("plan_id", ["2008", "2021-2022", "14fyp", "2023", "2024"])
def test_shipped_vectors_cover_every_text_of_the_plan(plan_id: str) -> None:
    plan = corpus.stored(plan_id)
    stored = vectors.read_store(corpus.directories()[plan_id] / vectors.file_name(vectors.DEFAULT_MODEL))
    assert stored is not None
    assert set(vectors.keys_of(linking.side_of(plan).texts).tolist()) <= set(stored[0].tolist())


def test_shipped_vectors_are_those_of_the_model() -> None:
    encoder = vectors.SentenceEncoder()
    for plan_id in ("2021-2022", "2024"):
        plan = corpus.stored(plan_id)
        texts = linking.side_of(plan).texts[::15]
        shipped = vectors.embed(
            texts, [corpus.directories()[plan_id] / vectors.file_name(encoder.name)], encoder=Counting()
        )
        assert np.abs(shipped - encoder.encode(texts)).max() < 2e-3


def test_a_text_is_embedded_once_and_the_second_time_gives_the_same_bytes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PLANCMP_CACHE", str(tmp_path))
    encoder = Counting()
    first = vectors.embed(["a", "b", "a"], group="g", encoder=encoder)
    second = vectors.embed(["b", "a", "c"], group="g", encoder=encoder)
    assert encoder.asked == ["a", "b", "c"]
    assert (first[0] == first[2]).all()
    assert (second[0] == first[1]).all()
    assert (second[1] == first[0]).all()


@pytest.mark.parametrize("damage", [b"", b"PK\x03\x04 not a store", b"\x00" * 500])
def test_a_damaged_cache_is_rebuilt(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, damage: bytes) -> None:
    monkeypatch.setenv("PLANCMP_CACHE", str(tmp_path))
    before = vectors.embed(["a", "b"], group="g", encoder=Counting())
    (stored,) = tmp_path.rglob("*.npz")
    stored.write_bytes(damage)
    encoder = Counting()
    assert (vectors.embed(["a", "b"], group="g", encoder=encoder) == before).all()
    assert encoder.asked == ["a", "b"]
    assert vectors.read_store(stored) is not None


def test_two_at_once_do_no_harm(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PLANCMP_CACHE", str(tmp_path))
    texts = [[f"text {i % 30}" for i in range(n, n + 20)] for n in range(16)]
    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(lambda some: vectors.embed(some, group="g", encoder=Counting()), texts))
    for some, rows in zip(texts, found, strict=True):
        assert (rows == vectors.embed(some, group="g", encoder=Counting())).all()
    assert not list(tmp_path.rglob("*.part"))


def test_an_unwritable_cache_is_no_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    blocked = tmp_path / "file"
    blocked.write_text("in the way")
    monkeypatch.setenv("PLANCMP_CACHE", str(blocked / "below"))
    assert vectors.embed(["a"], encoder=Counting()).shape == (1, 16)


def test_a_model_that_does_not_exist_is_one_clear_error() -> None:
    with pytest.raises(DocumentError, match="cannot be loaded"):
        vectors.SentenceEncoder("no/such-model-anywhere").encode(["a"])


def test_the_weights_are_the_published_ones() -> None:
    assert (vectors.default_weights() / "model.safetensors").is_file()


def test_damaged_weights_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(vectors, "_WEIGHTS_SHA256", "0" * 64)
    with pytest.raises(DocumentError, match="not the published file"):
        vectors.default_weights()
