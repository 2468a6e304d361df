"""Comparisons of large plans: counted, never timed."""

from __future__ import annotations

import subprocess
import sys
import tracemalloc
from pathlib import Path

import numpy as np
import pytest

import plancmp
from plancmp import candidates, linking, outcomes

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "benchmarks"))
import growth


def aligned(size: int) -> tuple[linking.Alignment, set[tuple[int, int]], list]:
    old, new, truth = growth.made_up(size)
    both = list(growth.plans(old, new))
    return linking.align(linking.score(*both, growth.Hashed()), "hashed"), truth, both


def f1(found: set[tuple[int, int]], truth: set[tuple[int, int]]) -> float:
    return 2 * len(found & truth) / (len(found) + len(truth))


def test_the_pairs_scored_and_the_memory_grow_with_the_sum_of_the_sizes() -> None:
    old, new, truth = growth.made_up(3000)
    both, encoder = list(growth.plans(old, new)), growth.Hashed()
    sides = [linking.side_of(plan) for plan in both]
    found = [linking.side_vectors(plan, side, encoder) for plan, side in zip(both, sides, strict=True)]
    tracemalloc.start()
    alignment = linking.align(linking.similarity.compare(*sides, *found), "hashed")
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    held = sum(len(side.commitments) for side in sides)
    every = len(sides[0].commitments) * len(sides[1].commitments)
    pairs = alignment.scores.pairs
    assert len(pairs) <= 2 * candidates.NEAREST * held < every / 50
    assert all(len(values) == len(pairs) for values in alignment.scores.features.values())
    assert len(alignment.confidence) <= len(pairs)
    # A table of all pairs, a byte a cell, would not fit beside what a comparison of the nearest needs.
    vectors = sum(part.nbytes for part in found)
    assert peak < 6 * vectors + 300 * len(pairs)
    assert f1(set(alignment.links), truth) >= 0.9


def test_quality_does_not_fall_with_size() -> None:
    small, large = (f1(set(alignment.links), truth) for alignment, truth, _ in map(aligned, (300, 1500)))
    assert abs(small - large) <= 0.03


@pytest.mark.parametrize("pair", [("14fyp", "2024"), ("2021", "2024")])
def test_candidates_alone_give_the_links_of_all_pairs(pair: tuple[str, str], monkeypatch: pytest.MonkeyPatch) -> None:
    old, new = (plancmp.load(name) for name in pair)
    every = linking.aligned(old, new)
    monkeypatch.setattr(candidates, "ALL_PAIRS", 100)
    some = linking.aligned(old, new)
    assert len(some.scores.pairs) < len(every.scores.pairs) / 3
    assert len(set(every.links) & set(some.links)) >= 0.98 * len(set(every.links) | set(some.links))
    shared = some.scores.pairs.rows * every.scores.pairs.shape[1] + some.scores.pairs.columns
    for name, values in some.scores.features.items():
        if name != "mutual":
            assert np.allclose(values, every.scores.features[name][shared], atol=1e-5), name
    assert outcomes.from_alignment(old, new, some).links


def test_a_pair_asked_for_is_compared_however_far_apart(monkeypatch: pytest.MonkeyPatch) -> None:
    old, new = plancmp.load("2021"), plancmp.load("2024")
    monkeypatch.setattr(candidates, "ALL_PAIRS", 100)
    alignment = linking.aligned(old, new)
    i, j = next((i, j) for i in range(9) for j in range(9) if alignment.tasks.place(i, j) is None)
    assert alignment.of(i, j) == 0
    asked = linking.aligned(old, new, also=[(i, j)])
    assert asked.scores.pairs.rows[asked.best_pair(i, j)] in asked.scores.old.held(i)


def test_both_directions_look_at_the_same_pairs(monkeypatch: pytest.MonkeyPatch) -> None:
    old, new = plancmp.load("2021"), plancmp.load("2024")
    monkeypatch.setattr(candidates, "ALL_PAIRS", 100)
    there, back = linking.aligned(old, new), linking.aligned(new, old)
    assert {(j, i) for i, j in back.links} == set(there.links)


def test_the_everyday_comparison_needs_no_sparse_matrices() -> None:
    code = (
        "import sys, plancmp\nplancmp.diff(plancmp.load('2021'), plancmp.load('2024'))\n"
        "assert not any(name.split('.')[0] == 'scipy' for name in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
