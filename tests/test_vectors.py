"""Vectors: shipped ones are right, computed ones are kept, a damaged cache is rebuilt."""

from __future__ import annotations

import contextlib
import io
import sqlite3
import subprocess
import sys
from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from plancmp.cli import progress
from plancmp.embeddings import batches, encoders, minilm, vector_store, vectors
from plancmp.embeddings.minilm import MiniLM
from plancmp.errors import DocumentError, MissingExtra
from plancmp.linkage import preparation
from plancmp.plans import catalogue
from plancmp.settings import DEFAULT_MODEL


class Counting:
    """An encoder of made-up vectors that counts what it is asked for."""

    name = "counting"

    def __init__(self, dimension: int = 16, stop_at: int | None = None) -> None:
        """stop_at: the call, counted from 1, that is interrupted."""
        self.dimension, self.stop_at = dimension, stop_at
        self.calls: list[list[str]] = []

    @property
    def asked(self) -> list[str]:
        return [text for call in self.calls for text in call]

    def encode(self, texts: Sequence[str]) -> np.ndarray:
        self.calls.append(list(texts))
        if len(self.calls) == self.stop_at:
            raise KeyboardInterrupt
        keys = vector_store.keys_of(texts)
        seeds = [np.random.default_rng(int(key % 2**32)).standard_normal(self.dimension) for key in keys]
        return np.array([seed / np.linalg.norm(seed) for seed in seeds], dtype=np.float32)


@pytest.mark.parametrize("plan_id", ["2008", "2021-2022", "14fyp", "2023", "2024"])
def test_shipped_vectors_cover_every_text_of_the_plan(plan_id: str) -> None:
    plan = catalogue.stored(plan_id)
    stored = vector_store.read_store(catalogue.directories()[plan_id] / vector_store.file_name(DEFAULT_MODEL))
    assert stored is not None
    assert set(vector_store.keys_of(preparation.records_of(plan).texts).tolist()) <= set(stored[0].tolist())


@pytest.fixture(scope="module")
def packaged() -> MiniLM:
    return MiniLM()


def test_shipped_vectors_are_those_of_the_model(packaged: MiniLM) -> None:
    for plan_id in ("2021-2022", "2024"):
        plan = catalogue.stored(plan_id)
        texts = preparation.records_of(plan).texts[::15]
        shipped = vectors.embed(
            texts, [catalogue.directories()[plan_id] / vector_store.file_name(packaged.name)], encoder=Counting()
        )
        assert np.abs(shipped - packaged.encode(texts)).max() < 2e-3


ODD = ["", " ", "x", "昆仑 2024", "\x00\u202e", "naïve café — “quoted”", "word " * 2_000, "a" * 5_000]


def test_the_packaged_weights_give_the_vectors_of_sentence_transformers_which_gets_batches_of_like_length(
    packaged: MiniLM, monkeypatch: pytest.MonkeyPatch
) -> None:
    encoder = encoders.SentenceEncoder(str(minilm.default_weights()))
    model, texts = encoder._load(), [*preparation.records_of(catalogue.stored("2023")).texts[:40], *ODD]
    batches: list[list[str]] = []

    class Watched:
        tokenizer, max_seq_length = model.tokenizer, model.max_seq_length

        def encode(self, batch: list[str], **options: object) -> np.ndarray:
            batches.append(batch)
            return model.encode(batch, **options)

    monkeypatch.setattr(encoder, "_model", Watched())
    # Two programs that share nothing but the weights: what both say is right, in whatever batches.
    assert np.abs(packaged.encode(texts) - encoder.encode(texts)).max() < 1e-5
    lengths = [encoders._tokens(model, batch) for batch in batches]
    flat = [length for batch in lengths for length in batch]
    assert sorted(text for batch in batches for text in batch) == sorted(texts)
    assert flat == sorted(flat, reverse=True)
    assert sum(len(batch) * max(batch) for batch in lengths) <= 1.2 * sum(flat)


def test_a_text_has_one_vector_whatever_is_asked_with_it(packaged: MiniLM) -> None:
    together = packaged.encode(ODD)
    alone = np.concatenate([packaged.encode([text]) for text in ODD])
    assert np.abs(together - alone).max() < 1e-5
    assert np.linalg.norm(together, axis=1) == pytest.approx(np.ones(len(ODD)), abs=1e-5)
    assert packaged.encode([]).shape == (0, together.shape[1])


def test_the_default_model_loads_no_model_library() -> None:
    code = (
        "import sys; from plancmp.embeddings import encoders; encoders.choose_encoder().encode(['a task']);"
        "print([m for m in ('torch', 'transformers', 'sentence_transformers', 'sklearn', 'scipy') if m in sys.modules])"
    )
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "[]\n"


def test_a_model_of_ones_own_says_what_it_needs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "sentence_transformers", None)
    with pytest.raises(MissingExtra, match="some/model"):
        encoders.choose_encoder("some/model").encode(["a"])


@settings(deadline=None)
@given(st.lists(st.integers(0, 50)), st.integers(1, 100))
def test_groups_by_length_have_every_index_once_and_keep_within_the_limit(lengths: list[int], limit: int) -> None:
    groups = list(batches.by_length(lengths, limit))
    flat = [place for group in groups for place in group]
    assert sorted(flat) == list(range(len(lengths)))
    assert [lengths[i] for i in flat] == sorted(lengths, reverse=True)
    assert all(len(group) == 1 or len(group) * lengths[group[0]] <= limit for group in groups)


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty cache, with chunks of few short texts."""
    monkeypatch.setenv("PLANCMP_CACHE", str(tmp_path))
    monkeypatch.setattr(vectors, "_CHUNK", 24)
    return tmp_path / "counting.sqlite"


def test_a_text_is_embedded_once_and_the_second_time_gives_the_same_bytes(cache: Path) -> None:
    encoder = Counting()
    first = vectors.embed(["a", "b", "a"], encoder=encoder)
    second = vectors.embed(["b", "a", "c"], encoder=encoder)
    assert encoder.asked == ["a", "b", "c"]
    assert (first[0] == first[2]).all()
    assert (second[0] == first[1]).all()
    assert (second[1] == first[0]).all()


def test_a_sentence_of_two_plans_is_embedded_once(cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(vectors, "_CHUNK", 20_000)
    encoder = Counting()
    for plan_id in ("2021-2022", "2024"):
        preparation.vectors_of(catalogue.stored(plan_id), preparation.records_of(catalogue.stored(plan_id)), encoder)
    both = [
        text for plan_id in ("2021-2022", "2024") for text in preparation.records_of(catalogue.stored(plan_id)).texts
    ]
    assert len(set(both)) < len(both)
    assert sorted(encoder.asked) == sorted(set(both))


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=20, deadline=None)
@given(st.data())
def test_the_order_of_texts_does_not_matter(cache: Path, data: st.DataObject) -> None:
    cache.unlink(missing_ok=True)
    texts = data.draw(st.lists(st.text(max_size=30), min_size=1, max_size=20))
    mixed = data.draw(st.permutations(texts))
    rows = dict(zip(texts, vectors.embed(texts, encoder=Counting()), strict=True))
    again = Counting()
    assert all((rows[t] == row).all() for t, row in zip(mixed, vectors.embed(mixed, encoder=again), strict=True))
    assert again.asked == []
    cache.unlink()
    assert all((rows[t] == row).all() for t, row in zip(mixed, vectors.embed(mixed, encoder=again), strict=True))


def test_interrupted_work_goes_on_where_it_stopped(cache: Path) -> None:
    texts = [f"text {i:02}" for i in range(20)]
    first, second = Counting(stop_at=3), Counting()
    with pytest.raises(KeyboardInterrupt):
        vectors.embed(texts, encoder=first)
    done = [text for call in first.calls[:2] for text in call]
    assert done
    rows = vectors.embed(texts, encoder=second)
    assert sorted(done + second.asked) == texts
    cache.unlink()
    assert (rows == vectors.embed(texts, encoder=Counting())).all()


def test_progress_rises_to_its_end_and_counts_every_text_once(cache: Path) -> None:
    texts = [f"text {'x' * (i % 9)} {i}" for i in range(30)]
    told: list[tuple[int, int, float]] = []
    vectors.embed(texts + texts[:7], encoder=Counting(), progress=lambda *report: told.append(report))
    assert told[0] == (0, 30, 0.0)
    assert told[-1] == (30, 30, 1.0)
    assert len(told) > 4
    assert all(a[0] < b[0] and a[2] < b[2] for a, b in pairwise(told))
    vectors.embed(texts, encoder=Counting(), progress=lambda *report: told.append(report))
    assert told[-1] == (30, 30, 1.0)
    assert [done for done, _, _ in told].count(0) == 1


def test_stored_computes_nothing(cache: Path) -> None:
    rows, have = vector_store.stored(vector_store.keys_of(["a"]), model="counting")
    assert not have.any()
    assert not cache.exists()
    known = vectors.embed(["a", "b"], encoder=Counting())
    rows, have = vector_store.stored(vector_store.keys_of(["b", "none", "a", "b"]), model="counting")
    assert have.tolist() == [True, False, True, True]
    assert rows.dtype == np.float16
    assert (rows[have] == known[[1, 0, 1]]).all()


def test_where_all_is_shipped_no_database_is_loaded(cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = cache.parent / "shipped.npz"
    vector_store.write_store(path, vector_store.keys_of(["a"]), np.ones((1, 4)) / 2)
    monkeypatch.setitem(sys.modules, "sqlite3", None)
    assert vectors.embed(["a"], [path], encoder=Counting()).tolist() == [[0.5] * 4]


def test_a_flipped_bit_of_a_kept_vector_is_noticed(cache: Path) -> None:
    """Even one that leaves it nearly as long as before."""
    before = vectors.embed(["a", "b"], encoder=Counting())
    with contextlib.closing(sqlite3.connect(cache)) as file, file:
        for key, row in file.execute("SELECT key, vector FROM vectors").fetchall():
            file.execute("UPDATE vectors SET vector = ? WHERE key = ?", (bytes([row[0] ^ 1]) + row[1:], key))
    encoder = Counting()
    assert (vectors.embed(["a", "b"], encoder=encoder) == before).all()
    assert sorted(encoder.asked) == ["a", "b"]


@pytest.mark.parametrize("damage", [b"", b"PK\x03\x04 not a store", b"\x00" * 500])
def test_a_damaged_cache_is_made_anew(cache: Path, damage: bytes) -> None:
    before = vectors.embed(["a", "b"], encoder=Counting())
    cache.write_bytes(damage)
    encoder, third = Counting(), Counting()
    assert (vectors.embed(["a", "b"], encoder=encoder) == before).all()
    assert encoder.asked == ["a", "b"]
    assert (vectors.embed(["a", "b"], encoder=third) == before).all()
    assert third.asked == []


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=25, deadline=None)
@given(st.data())
def test_no_damage_stops_the_work_or_gives_what_is_no_vector(cache: Path, data: st.DataObject) -> None:
    cache.unlink(missing_ok=True)
    texts = [f"text {i:02}" for i in range(20)]
    vectors.embed(texts, encoder=Counting())
    content = bytearray(cache.read_bytes())
    start = data.draw(st.integers(0, len(content) - 1))
    noise = data.draw(st.binary(min_size=1, max_size=200))
    content[start : start + len(noise)] = noise
    cache.write_bytes(bytes(content[: data.draw(st.integers(1, len(content)))]))
    rows = vectors.embed(texts, encoder=Counting())
    assert np.abs(np.linalg.norm(rows, axis=1) - 1).max() < 0.02


def test_damage_to_the_names_inside_the_file_is_damage(cache: Path) -> None:
    vectors.embed(["a"], encoder=Counting())
    content = cache.read_bytes()
    start = content.index(b"CREATE TABLE")
    for place in range(start, content.index(b")", start) + 1):
        cache.write_bytes(content[:place] + b"\x80" + content[place + 1 :])
        rows = vectors.embed(["a"], encoder=Counting())
        assert (rows == Counting().encode(["a"]).astype(np.float16)).all()


def test_a_file_of_another_layout_is_made_anew(cache: Path) -> None:
    import sqlite3

    with sqlite3.connect(cache) as file:
        file.execute("CREATE TABLE vectors (something)")
    file.close()
    vectors.embed(["a"], encoder=Counting())
    encoder = Counting()
    vectors.embed(["a"], encoder=encoder)
    assert encoder.asked == []


def test_another_model_of_the_same_name_replaces_what_was_kept(cache: Path) -> None:
    vectors.embed(["a", "b"], encoder=Counting())
    other = Counting(dimension=24)
    assert vectors.embed(["a", "b", "c"], encoder=other).shape == (3, 24)
    assert sorted(other.asked) == ["a", "b", "c"]
    assert vectors.embed(["a", "b", "c"], encoder=other).shape == (3, 24)
    assert len(other.asked) == 3


WRITER = """
import sys
from test_vectors import Counting
from plancmp.embeddings import vectors
from plancmp.settings import DEFAULT_MODEL
vectors._CHUNK = 40
first = int(sys.argv[1])
vectors.embed([f"text {i}" for i in range(first, first + 60)], encoder=Counting())
"""


def test_processes_that_write_at_once_lose_nothing(cache: Path, root: Path) -> None:
    at_once = [
        subprocess.Popen([sys.executable, "-c", WRITER, str(first)], cwd=root / "tests") for first in (0, 40, 80)
    ]
    assert [process.wait(timeout=120) for process in at_once] == [0, 0, 0]
    texts, encoder = [f"text {i}" for i in range(140)], Counting()
    rows = vectors.embed(texts, encoder=encoder)
    assert encoder.asked == []
    assert (rows == Counting().encode(texts).astype(np.float16)).all()


def test_a_cache_that_cannot_be_written_costs_one_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    blocked = tmp_path / "file"
    blocked.write_text("in the way")
    monkeypatch.setenv("PLANCMP_CACHE", str(blocked / "below"))
    monkeypatch.setattr(vectors, "_CHUNK", 8)
    texts = ["text a", "text b", "text c"]
    rows = vectors.embed(texts, encoder=Counting())
    assert (rows == Counting().encode(texts).astype(np.float16)).all()
    (warning,) = caplog.messages
    assert warning.startswith(f"vectors could not be kept in {blocked / 'below'}")


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_progress_is_drawn_on_a_terminal_only(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = iter([10.0, 20.0, 30.0])
    monkeypatch.setattr("plancmp.cli.progress.time.monotonic", lambda: next(clock))
    told = [(0, 5678, 0.0), (100, 5678, 0.1), (1234, 5678, 0.2), (5678, 5678, 1.0)]
    for stream in (Terminal(), io.StringIO()):
        monkeypatch.setattr(sys, "stderr", stream)
        for report in told:
            progress.embedding(*report)
        drawn = stream.getvalue().split("\r\x1b[K")
        if isinstance(stream, Terminal):
            assert drawn[3] == "embedding 1,234 of 5,678 texts, about 80 s left"
            assert drawn[4] == ""
        else:
            # Where nothing can be drawn, long work is announced in one line.
            assert drawn == ["plancmp: embedding texts once, 5,678 in all\n"]


def test_a_model_that_does_not_exist_is_one_clear_error() -> None:
    with pytest.raises(DocumentError, match="cannot be loaded"):
        encoders.SentenceEncoder("no/such-model-anywhere").encode(["a"])


def test_the_weights_are_the_published_ones() -> None:
    assert (minilm.default_weights() / "model.safetensors").is_file()


def test_damaged_weights_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(minilm, "_WEIGHTS_SHA256", "0" * 64)
    with pytest.raises(DocumentError, match="not the published file"):
        minilm.default_weights()
