"""The JSON cache: one result for each key and program version; results never depend on the cache."""

from __future__ import annotations

from pathlib import Path

import pytest

from plancmp import json_cache


class Counter:
    """Computes a result and counts how often."""

    def __init__(self) -> None:
        self.times = 0

    def __call__(self) -> dict:
        self.times += 1
        return {"made": self.times}


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("PLANCMP_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache"


def cached(compute: Counter, key: str = "key", kind: str = "kind") -> dict:
    return json_cache.cached(kind, key, compute, dict, dict)


def files(cache: Path) -> list[Path]:
    return sorted(path for path in cache.rglob("*") if path.is_file())


def test_a_result_is_computed_once_for_each_key_and_kind(cache: Path) -> None:
    compute = Counter()
    assert [cached(compute), cached(compute), cached(compute, "other"), cached(compute, kind="other")] == [
        {"made": 1}, {"made": 1}, {"made": 2}, {"made": 3}
    ]  # fmt: skip
    assert len(files(cache)) == 3


def test_a_damaged_file_counts_as_absent(cache: Path) -> None:
    compute = Counter()
    cached(compute)
    for damage in (b"", b"{", b"\xff\x00", b"[1]"):
        files(cache)[0].write_bytes(damage)
        times = compute.times
        assert cached(compute) == {"made": times + 1} == cached(compute)


def test_another_program_version_computes_again_and_clears_up(cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    compute = Counter()
    cached(compute), cached(compute, "other")
    beside = cache / "all-MiniLM-L6-v2.sqlite"
    beside.write_text("vectors belong to no state")
    monkeypatch.setattr(json_cache, "program_fingerprint", lambda: "another")
    assert cached(compute) == {"made": 3}
    assert len(files(cache)) == 2
    assert beside.exists()


def test_a_cache_that_cannot_be_written_is_done_without(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "file").write_text("in the way")
    monkeypatch.setenv("PLANCMP_CACHE", str(tmp_path / "file" / "cache"))
    compute = Counter()
    assert [cached(compute), cached(compute)] == [{"made": 1}, {"made": 2}]
