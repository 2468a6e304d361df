"""Comparisons of large plans: counted, never timed."""

from __future__ import annotations

import itertools
import subprocess
import sys
import tracemalloc

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from made_up import large_plans

import plancmp
from plancmp import pipeline, settings
from plancmp.embeddings import vectors
from plancmp.linkage import blocking, candidate_pairs, match_model, preparation, term_weights


def aligned(size: int) -> tuple[match_model.Alignment, set[tuple[int, int]], list]:
    old, new, truth = large_plans.made_up(size)
    both = list(large_plans.plans(old, new))
    return match_model.predict(pipeline.compare_plans(*both, large_plans.Hashed()), "hashed"), truth, both


def f1(found: set[tuple[int, int]], truth: set[tuple[int, int]]) -> float:
    return 2 * len(found & truth) / (len(found) + len(truth))


def test_the_pairs_and_the_memory_grow_with_the_sum_of_the_sizes_and_the_quality_does_not_fall() -> None:
    old, new, truth = large_plans.made_up(2500)
    both, encoder = list(large_plans.plans(old, new)), large_plans.Hashed()
    records = [preparation.records_of(plan) for plan in both]
    found = [preparation.vectors_of(plan, side, encoder) for plan, side in zip(both, records, strict=True)]
    import scipy.sparse  # noqa: F401  (what loading it takes is not counted)

    tracemalloc.start()
    alignment = match_model.predict(pipeline.compare_records(*records, *found), "hashed")
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    held = sum(len(side.commitments) for side in records)
    every = len(records[0].commitments) * len(records[1].commitments)
    pairs = alignment.scores.pairs
    assert len(pairs) <= 2 * blocking.NEAREST * held < every / 50
    assert all(len(values) == len(pairs) for values in alignment.scores.features.values())
    assert len(alignment.confidence) <= len(pairs)
    # Blocks of a fixed size and a few numbers a pair; a table of all pairs takes twice as much, a copy of all vectors
    # as much again.
    assert peak < 40_000_000 + 100 * len(pairs) < 4 * every
    small, of_small, _ = aligned(300)
    assert f1(set(alignment.links), truth) >= max(0.9, f1(set(small.links), of_small) - 0.03)


def test_one_of_many_alike_is_not_taken_for_a_counterpart() -> None:
    old, new, truth = large_plans.alike(1000)
    both = list(large_plans.plans(old, new))
    alignment = match_model.predict(pipeline.compare_plans(*both, large_plans.Hashed()), "hashed")
    model = match_model.parameters()
    # What the comparisons alone would say, without a look at rivals.
    odds = model.intercept + sum(
        weight * alignment.scores.features[name][alignment.best] for name, weight in model.weights.items()
    )
    usual_lead = sum(model.rivals.values()) * model.limit
    without = 1 / (1 + np.exp(-odds - usual_lead)) >= settings.SETTINGS.threshold
    tasks = zip(alignment.tasks.rows[without].tolist(), alignment.tasks.columns[without].tolist(), strict=True)
    assert f1(set(alignment.links), truth) >= f1(set(tasks), truth) + 0.1
    assert len(set(alignment.links) & truth) >= 0.9 * len(truth)


def test_rivals_are_counted_by_how_good_they_are() -> None:
    odds, groups = np.array([2.0, 2.0, 2.0, 5.0, -np.inf, 1.0]), np.array([0, 0, 0, 1, 1, 2])
    found = match_model._rivals(odds, groups)
    assert found[:3] == pytest.approx(np.log([3, 3, 3]))
    assert found[[3, 5]] == pytest.approx([0, 0])
    assert found[4] > 100


def test_small_plans_know_no_crowd_and_an_explanation_adds_up_in_large_ones() -> None:
    old, new = plancmp.load("2021"), plancmp.load("2024")
    assert pipeline.score_pair(old, new).crowd == {}
    made = large_plans.made_up(250)
    one, other = large_plans.plans(*made[:2])
    encoder = large_plans.Hashed()
    alignment = match_model.predict(pipeline.compare_plans(one, other, encoder), encoder.name)
    assert set(alignment.crowd) == set(match_model.CROWD)
    model = match_model.parameters()
    for place in np.flatnonzero((alignment.confidence > 0.001) & (alignment.confidence < 0.999))[:20]:
        best = alignment.best[place]
        odds = model.intercept + sum(
            weight * float(alignment.scores.features[name][best]) for name, weight in model.weights.items()
        )
        odds += sum(weight * float(alignment.leads[name][best]) for name, weight in model.rivals.items())
        odds += float(alignment.others[place])
        odds += sum(match_model.CROWD[name][0] * float(values[place]) for name, values in alignment.crowd.items())
        assert 1 / (1 + np.exp(-odds)) == pytest.approx(float(alignment.confidence[place]), abs=2e-5)


@pytest.mark.parametrize("pair", [("14fyp", "2024"), ("2021", "2024")])
def test_candidates_alone_give_the_links_of_all_pairs(pair: tuple[str, str], monkeypatch: pytest.MonkeyPatch) -> None:
    old, new = (plancmp.load(name) for name in pair)
    every = pipeline.score_pair(old, new)
    monkeypatch.setattr(candidate_pairs, "ALL_PAIRS", 100)
    some = pipeline.score_pair(old, new)
    assert len(some.scores.pairs) < len(every.scores.pairs) / 3
    assert len(set(every.links) & set(some.links)) >= 0.98 * len(set(every.links) | set(some.links))
    shared = some.scores.pairs.rows * every.scores.pairs.shape[1] + some.scores.pairs.columns
    for name, values in some.scores.features.items():
        # These two compare a pair with others, of which some are no candidates.
        if name not in ("mutual", "standing"):
            # How much the plans share of their bodies and headings is estimated from the candidates.
            near = 0.04 if name in ("bodies", "section") else 1e-5
            assert np.allclose(values, every.scores.features[name][shared], atol=near), name
    assert pipeline.judge(old, new, some).links


def test_a_pair_asked_for_is_compared_however_far_apart(monkeypatch: pytest.MonkeyPatch) -> None:
    old, new = plancmp.load("2021"), plancmp.load("2024")
    monkeypatch.setattr(candidate_pairs, "ALL_PAIRS", 100)
    alignment = pipeline.score_pair(old, new)
    i, j = next((i, j) for i in range(9) for j in range(9) if alignment.tasks.position(i, j) is None)
    assert alignment.confidence_of(i, j) == 0
    asked = pipeline.score_pair(old, new, always=[(i, j)])
    assert asked.scores.pairs.rows[asked.best_pair(i, j)] in asked.scores.old.of_task(i)


def test_both_directions_look_at_the_same_pairs(monkeypatch: pytest.MonkeyPatch) -> None:
    old, new = plancmp.load("2021"), plancmp.load("2024")
    monkeypatch.setattr(candidate_pairs, "ALL_PAIRS", 100)
    there, back = pipeline.score_pair(old, new), pipeline.score_pair(new, old)
    assert {(j, i) for i, j in back.links} == set(there.links)


def test_the_everyday_comparison_needs_no_sparse_matrices() -> None:
    code = (
        "import sys, plancmp\nplancmp.diff(plancmp.load('2021'), plancmp.load('2024'))\n"
        "assert not any(name.split('.')[0] == 'scipy' for name in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr


@given(st.integers(0, 2**32 - 1), st.integers(1, 9), st.integers(1, 9))
def test_cosines_are_those_without_the_common_mean(seed: int, rows: int, columns: int) -> None:
    rng = np.random.default_rng(seed)
    old, new = (rng.standard_normal((count, 6)).astype(np.float32) + 1 for count in (rows, columns))
    mean = (old.sum(0) + new.sum(0)) / (rows + columns) * (rows + columns >= 8)
    a, b = (candidate_pairs.unit(side - mean) for side in (old, new))
    pairs = candidate_pairs.CandidatePairs.all_of((rows, columns))
    made = candidate_pairs.Cosines(old, new)
    expected = (a @ b.T).clip(0, 1)
    assert made.of_pairs(pairs.rows, pairs.columns).reshape(rows, columns) == pytest.approx(expected, abs=1e-4)
    assert made.table(slice(None), slice(None)) == pytest.approx(expected, abs=1e-4)


@given(st.integers(0, 2**32 - 1), st.integers(1, 9), st.integers(1, 9), st.integers(1, 4), st.integers(2, 9))
def test_what_is_usual_within_a_side_is_the_mean_of_its_nearest_others(
    seed: int, rows: int, columns: int, count: int, most: int
) -> None:
    rng = np.random.default_rng(seed)
    old, new = (rng.standard_normal((size, 6)).astype(np.float32) + 1 for size in (rows, columns))
    mean = (old.sum(0) + new.sum(0)) / (rows + columns) * (rows + columns >= 8)
    for side, found in zip((old, new), candidate_pairs.Cosines(old, new).usual_within(count, most), strict=True):
        likeness = (candidate_pairs.unit(side - mean) @ candidate_pairs.unit(side - mean).T).clip(0, 1)
        for row, usual in enumerate(found):
            others = sorted(np.delete(likeness[row], row), reverse=True)
            if not others:
                assert np.isnan(usual)
            elif len(side) <= most:
                assert usual == pytest.approx(np.mean(others[:count]), abs=1e-4)
            else:
                assert others[-1] - 1e-4 <= usual <= others[0] + 1e-4


def test_a_near_twin_in_its_own_plan_makes_a_counterpart_less_sure() -> None:
    old, new = ["Revise the seed law.", "Train more judges."], ["Amend the law on seeds.", "Build a patent database."]

    def own_plan(texts: list[str]) -> float:
        records = [preparation.records_of_texts(side) for side in (texts, new)]
        rows = [vectors.embed(side.texts) for side in records]
        scores = pipeline.compare_records(*records, *rows)
        return float(scores.features["own_plan"][0])

    alone, with_twin = own_plan([*old, "Hold a fair."]), own_plan([*old, "Revise the law on seeds and plants."])
    assert 0 <= with_twin < alone <= 1
    assert 0 <= own_plan(old[:1]) <= 1


WORDS = st.lists(st.sampled_from(["seed", "law", "court", "tax", "river", "plan", "boat"]), min_size=1, max_size=6)


@given(st.lists(WORDS, min_size=1, max_size=4), st.lists(WORDS, min_size=1, max_size=4), st.booleans())
def test_terms_are_weighed_by_how_rare_they_are(old: list[list[str]], new: list[list[str]], counted: bool) -> None:
    """The numbers of `TermWeights`, computed word by word."""
    from collections import Counter

    from plancmp.commitments import tokens

    prepared = [preparation.records_of_texts([" ".join(words) for words in side]) for side in (old, new)]
    weights = term_weights.TermWeights(*prepared)
    known = [[[tokens.terms_of(word)[0] for word in words] for words in side] for side in (old, new)]
    all_terms = [[[*words, *map(" ".join, itertools.pairwise(words))] for words in side] for side in known]
    documents = Counter(term for side in all_terms for found in side for term in set(found))

    def weight(term: str) -> float:
        idf = max(np.log((len(old) + len(new) + 1) / (documents[term] + 0.5)), 0.05)
        stock = all(part in tokens.stock_terms() for part in term.split(" "))
        return idf * ((0.4 if " " in term else 0.25) if stock else (0.7 if " " in term else 1.0))

    for which in (0, 1):
        for sparse in (False, True):
            table = weights.matrix(prepared[which].task_terms, which, counted, sparse)
            table = table.toarray() if sparse else table
            for row, found in zip(table, all_terms[which], strict=True):
                expected = [weight(term) * (1 + np.log(n) if counted else 1) for term, n in Counter(found).items()]
                assert sorted(row[row > 0]) == pytest.approx(sorted(expected), rel=1e-4)
