"""The JSON cache: one result for each key and program version; results never depend on the cache."""

from __future__ import annotations

import os
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


def test_a_flipped_bit_counts_as_damage(cache: Path) -> None:
    compute = Counter()
    expected = cached(compute)
    (path,) = files(cache)
    whole = path.read_bytes()
    for place in range(len(whole)):
        for bit in (1, 2, 16):
            path.write_bytes(whole[:place] + bytes([whole[place] ^ bit]) + whole[place + 1 :])
            assert json_cache.cached("kind", "key", lambda: expected, dict, dict) == expected


def test_the_results_of_the_last_three_program_versions_are_kept(cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    compute = Counter()
    beside = cache / "all-MiniLM-L6-v2.sqlite"
    beside.parent.mkdir()
    beside.write_text("vectors belong to no version")

    def ask(version: str) -> dict:
        monkeypatch.setattr(json_cache, "program_fingerprint", lambda: version)
        found = cached(compute)
        # Each version was used a second later than the one before.
        for age, path in enumerate(sorted((cache / "kept").iterdir(), key=lambda path: path.stat().st_ctime_ns)):
            for used in (path, *path.iterdir()):
                os.utime(used, (1e9 + age, 1e9 + age))
        return found

    # Two checkouts used in turn find what they computed.
    assert [ask(version)["made"] for version in ("a", "b", "a", "b", "c", "a")] == [1, 2, 1, 2, 3, 1]
    assert ask("d") == {"made": 4}
    assert len(list((cache / "kept").iterdir())) == 3
    assert ask("d") == {"made": 4}
    assert beside.exists()


def test_a_cache_that_cannot_be_written_is_done_without(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "file").write_text("in the way")
    monkeypatch.setenv("PLANCMP_CACHE", str(tmp_path / "file" / "cache"))
    compute = Counter()
    assert [cached(compute), cached(compute)] == [{"made": 1}, {"made": 2}]
