"""The comparisons of candidate pairs: what two commitments, and the tasks that contain them, have in common.

Every comparison is a number from 0 to 1 with a name and a meaning (`COMPARISONS`). Words weigh by how rare they are in
the two plans (Spärck Jones 1972), stock words of plans hardly at all; sentence vectors are compared without the
direction that all of them share (Mu and Viswanath 2018, "All-but-the-Top"); agreement on a rare word counts by the odds
that a chance pair shares it (Fellegi and Sunter 1969).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from ..commitments import objects, tokens
from ..model import Task
from . import candidate_pairs
from .candidate_pairs import CandidatePairs, Cosines, Products
from .preparation import PreparedPair
from .records import RaggedLists, Records
from .term_weights import TermWeights

COMPARISONS = {
    "words": "words of the two commitments, the rare ones weighing most",
    "embedding": "meaning of the two commitments, by sentence vectors",
    "object": "meaning of what the two act upon, by sentence vectors",
    "agreement": "how unlikely the shared words are by chance",
    "rarest": "how rare the rarest shared word is",
    "fuzzy": "spelling of what the two act upon (rapidfuzz token_set_ratio)",
    "name": "the same law, document or standard by name",
    "campaign": "the same named campaign, in any script",
    "other_thing": "a different law, or a law against a thing that is none (counts against)",
    "other_kind": "things of different kinds (counts against)",
    "other_field": "one task names the field of the plans, the other never does (counts against)",
    "mutual": "each is the best match of the other among all commitments",
    "task_embedding": "meaning of the two tasks as wholes",
    "task_words": "words of the two tasks as wholes",
    "bodies": "responsible bodies, the rare ones weighing most (0.5: says nothing)",
    "section": "headings under which the tasks stand (0.5: says nothing)",
    "standing": "meaning of the two tasks against what is usual for the nearest of either commitment (0.5: as usual)",
    "own_plan": "meaning of the two tasks against the nearest other tasks of their own plans (0.5: as near as these)",
    "head": "the head words of what the two act upon (testing system, demonstration zone)",
    "closeness": "how close the wording of the two plans is throughout: the closer, the more is asked of a pair",
}


# Plans whose commitments find words as alike as this in the other plan, on average, count as equally close.
_CLOSE = 0.4


@dataclass(slots=True)
class Scores:
    """All comparisons of the candidate pairs of commitments.

    pairs: these, as (old, new). features[name]: one value for each of them, 0 to 1.
    """

    old: Records
    new: Records
    pairs: CandidatePairs
    features: dict[str, np.ndarray]


def compare(pair: PreparedPair, pairs: CandidatePairs) -> Scores:
    """All comparisons of the candidate pairs of commitments of two plans."""
    old, new, weights, large = pair.old, pair.new, pair.weights, pair.large
    n_old, n_new = len(old.tasks), len(new.tasks)
    task_keys, spread = np.unique(old.owner[pairs.rows] * n_new + new.owner[pairs.columns], return_inverse=True)
    tasks = np.divmod(task_keys, max(n_new, 1))
    features = {
        **_shared_terms(*pair.words, weights, pairs),
        "embedding": pair.meaning.of_pairs(pairs.rows, pairs.columns),
        "object": pair.object_cosines().of_pairs(pairs.rows, pairs.columns),
        "head": _shared_heads(old, new, weights, pairs, large),
        **_named(old, new, weights, pairs, large),
    }
    worth = (features["object"] >= 0.3) | (features["agreement"] >= 0.45)
    features["fuzzy"] = _fuzzy(old.objects, new.objects, pairs, worth)
    features["mutual"] = _mutual(features, pairs)
    features["task_embedding"] = _whole_embedding(pair.whole_cosines(), pairs, tasks, spread, (n_old, n_new))
    features["standing"] = _standing(features["task_embedding"], pairs)
    features["own_plan"] = _own_plan(features["task_embedding"], pair.task_cosines(), tasks, spread)
    features["task_words"] = Products(*pair.task_words()).of_pairs(*tasks).clip(0, 1)[spread]
    features["bodies"] = _where_shared(body_overlap(old.tasks, new.tasks, *tasks), *tasks)[spread]
    in_field = [np.array(side.in_field, dtype=bool) for side in (old, new)]
    features["other_field"] = (in_field[0][tasks[0]] != in_field[1][tasks[1]]).astype(np.float32)[spread]
    features["section"] = _where_shared(section_overlap(old.tasks, new.tasks, *tasks), *tasks)[spread]
    closest = [pairs.greatest(features["words"], axis).mean() if len(pairs) else 0.0 for axis in (0, 1)]
    closeness = min(sum(closest) / 2 / _CLOSE, 1.0)
    features["closeness"] = np.full(len(pairs), closeness, dtype=np.float32)
    return Scores(old, new, pairs, features)


def _mutual(features: dict[str, np.ndarray], pairs: CandidatePairs) -> np.ndarray:
    """How good a pair is compared with the best pair that either side has elsewhere, 0 to 1.

    It is the same from both sides, so that swapping the plans changes nothing.
    """
    rough = (
        (features["words"] + features["embedding"]) / 2
        + 0.3 * features["agreement"]
        + 0.3 * np.maximum(features["name"], features["campaign"])
        - 0.25 * features["other_kind"]
        - 0.4 * features["other_thing"]
    )
    from_old = rough / pairs.greatest(rough, 1, 0.3)[pairs.rows]
    from_new = rough / pairs.greatest(rough, 0, 0.3)[pairs.columns]
    mutual: np.ndarray = ((from_old + from_new) / 2).clip(0, 1)
    return mutual


# The overlap of bodies or headings that speaks neither for nor against a link.
_NEUTRAL = 0.3


def _where_shared(overlap: np.ndarray, rows: np.ndarray, columns: np.ndarray) -> np.ndarray:
    """The overlap of bodies or headings for each pair of tasks, as far as the two plans share these at all, 0 to 1.

    Where most tasks find their headings again somewhere in the other plan, another heading speaks against a link; where
    the outline or the ministries are others throughout, nothing follows from it, and every pair has 0.5.
    """
    if not len(overlap):
        return overlap
    sides = [np.zeros(int(of.max()) + 1, dtype=np.float32) for of in (rows, columns)]
    for best, of in zip(sides, (rows, columns), strict=True):
        np.maximum.at(best, of, overlap)
    shared = (sides[0].mean() + sides[1].mean()) / 2
    where_shared: np.ndarray = (0.5 + (overlap - _NEUTRAL) * max(2 * shared - 1, 0)).clip(0, 1).astype(np.float32)
    return where_shared


# Of how many of the nearest the mean is what is usual for a commitment.
_USUAL = 5


def _standing(likeness: np.ndarray, pairs: CandidatePairs) -> np.ndarray:
    """How far each pair's likeness lies above the mean of the nearest of its row and of its column, 0.5 being as usual.

    Some texts are near to all others; the correction is that of Conneau et al. 2018 (cross-domain similarity local scaling).
    """
    usual = (pairs.usual(likeness, 1, _USUAL)[pairs.rows] + pairs.usual(likeness, 0, _USUAL)[pairs.columns]) / 2
    standing: np.ndarray = (0.5 + likeness - usual).clip(0, 1)
    return standing


# The nearest other tasks of a plan are these many, of at most so many: the size of the plans that weights are learned from.
_NEAREST, _OTHERS = 5, 128
# How near they usually are, where a plan has one task only.
_ALONE = 0.3


def _own_plan(
    likeness: np.ndarray, cosines: Cosines, tasks: tuple[np.ndarray, np.ndarray], spread: np.ndarray
) -> np.ndarray:
    """How far the likeness of two tasks lies above that of each to its nearest in its own plan, 0.5 being as near.

    Two tasks of one plan are not the same promise, however alike its style makes them: what counts as near in a pair of
    plans is measured by each plan itself.
    """
    old, new = (np.nan_to_num(usual, nan=_ALONE) for usual in cosines.usual_within(_NEAREST, _OTHERS))
    usual = (old[tasks[0]] + new[tasks[1]]) / 2
    above_usual: np.ndarray = (0.5 + likeness - usual[spread]).clip(0, 1)
    return above_usual


def _shared_terms(old: Any, new: Any, weights: TermWeights, pairs: CandidatePairs) -> dict[str, np.ndarray]:
    """Comparisons by words: how alike, how unlikely what is shared by chance, how rare the rarest of it, 0 to 1.

    old, new: unit rows of weighted terms.
    """
    useful = np.where(weights.agreement > 0.5, weights.agreement, 0)
    if isinstance(old, np.ndarray):
        words = Products(old, new).of_pairs(pairs.rows, pairs.columns)
        has_old, has_new = (old > 0).astype(np.float32), (new > 0).astype(np.float32)
        chance = Products(has_old * weights.agreement, has_new).of_pairs(pairs.rows, pairs.columns)
        table = np.zeros(pairs.shape, dtype=np.float32)
        shared = np.flatnonzero((useful > 0) & has_old.any(0) & has_new.any(0))
        for term in shared[np.argsort(useful[shared], kind="stable")]:
            table[np.ix_(np.flatnonzero(has_old[:, term]), np.flatnonzero(has_new[:, term]))] = useful[term]
        rarest = table[pairs.rows, pairs.columns]
    else:
        words, chance, rarest = (np.zeros(len(pairs), dtype=np.float32) for _ in range(3))
        for part, common in candidate_pairs.shared_columns(old, new, pairs.rows, pairs.columns):
            filled = np.flatnonzero(np.diff(common.indptr))
            starts = common.indptr[:-1][filled]
            if len(filled):
                words[part][filled] = np.add.reduceat(common.data, starts)
                chance[part][filled] = np.add.reduceat(weights.agreement[common.indices], starts)
                rarest[part][filled] = np.maximum.reduceat(useful[common.indices], starts)
    return {"words": words, "agreement": 1 - np.exp(-chance / 10), "rarest": rarest / weights.chance_range}


def _fuzzy(old: Sequence[str], new: Sequence[str], pairs: CandidatePairs, worth: np.ndarray) -> np.ndarray:
    """token_set_ratio of what two commitments act upon, 0 to 1; 0 where neither meaning nor rare words are shared."""
    from rapidfuzz.fuzz import token_set_ratio
    from rapidfuzz.process import cpdist

    ratios = np.zeros(len(pairs), dtype=np.float32)
    folded = [np.array([text.casefold() for text in side], dtype=object) for side in (old, new)]
    selected = np.flatnonzero(worth)
    if len(selected):
        sides = folded[0][pairs.rows[selected]], folded[1][pairs.columns[selected]]
        ratios[selected] = cpdist(*sides, scorer=token_set_ratio, workers=-1) / 100
    return ratios


def _shared_heads(old: Records, new: Records, weights: TermWeights, pairs: CandidatePairs, large: bool) -> np.ndarray:
    """Shared head words over all head words, rare ones weighing most, 0 to 1."""
    weight = np.where(np.isnan(weights.words), 1.0, weights.words.clip(0.6)).astype(np.float32)
    one, other = (weights.sets(side.heads, which, large) for which, side in enumerate((old, new)))
    return _jaccard(*weighed_sets(one, other, weight, pairs.rows, pairs.columns))


def weighed_sets(
    old: Any, new: Any, weight: np.ndarray, rows: np.ndarray, columns: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """The weight of what two sets share, and of all that is in either, for each pair of rows of ones."""
    weighed = old * weight if isinstance(old, np.ndarray) else old.multiply(weight).tocsr()
    shared = Products(weighed, new).of_pairs(rows, columns)
    return shared, (old @ weight)[rows] + (new @ weight)[columns] - shared


def _jaccard(shared: np.ndarray, union: np.ndarray) -> np.ndarray:
    ratio: np.ndarray = np.divide(shared, union, out=np.zeros_like(shared), where=union > 0)
    return ratio


def _whole_embedding(
    cosines: Cosines,
    pairs: CandidatePairs,
    tasks: tuple[np.ndarray, np.ndarray],
    spread: np.ndarray,
    count: tuple[int, int],
) -> np.ndarray:
    """Meaning of the tasks as wholes, for each commitment pair, 0 to 1. The vectors: of tasks, then of commitments.

    A five-year plan's paragraph is about many things; a task that takes up one of them resembles that commitment rather
    than the paragraph. So the best counts of task with task, commitment with task and task with commitment.
    """
    both = cosines.of_pairs(*tasks)[spread]
    one = cosines.of_pairs(pairs.rows + count[0], tasks[1][spread])
    other = cosines.of_pairs(tasks[0][spread], pairs.columns + count[1])
    greatest: np.ndarray = np.maximum(both, (one + other) / 2)
    return greatest


def _named(
    old: Records, new: Records, weights: TermWeights, pairs: CandidatePairs, large: bool
) -> dict[str, np.ndarray]:
    """Comparisons by what is acted upon: the same named thing, a different one, the same campaign."""
    name, other_thing, other_kind, campaign = (np.zeros(len(pairs), dtype=np.float32) for _ in range(4))
    codes = {kind: i + 1 for i, kind in enumerate(sorted({k for k in old.kinds + new.kinds if k}))}
    old_codes = np.array([codes.get(kind or "", 0) for kind in old.kinds], dtype=np.int8)[pairs.rows]
    new_codes = np.array([codes.get(kind or "", 0) for kind in new.kinds], dtype=np.int8)[pairs.columns]
    legal = [codes[kind] for kind in objects.LEGAL_KINDS if kind in codes]
    both = (old_codes > 0) & (new_codes > 0)
    differ = both & (old_codes != new_codes)
    lawlike = np.isin(old_codes, legal) | np.isin(new_codes, legal)
    other_kind[differ & ~lawlike] = 1.0
    other_thing[differ & lawlike] = 1.0
    other_thing[lawlike & ~both] = 0.7
    named = [codes[kind] for kind in objects.named_kinds() if kind in codes]
    same_kind = np.flatnonzero(np.isin(old_codes, named) & (old_codes == new_codes))
    weight = np.where(np.isnan(weights.words), 2.0, weights.words).astype(np.float32)
    old_names, new_names = (weights.sets(side.name_terms, which, large) for which, side in enumerate((old, new)))
    alike = _jaccard(*weighed_sets(old_names, new_names, weight, pairs.rows[same_kind], pairs.columns[same_kind]))
    name[same_kind] = np.where(alike >= 0.45, alike, 0)
    other_thing[same_kind[alike < 0.45]] = 1.0
    with_old, with_new = (np.array([bool(c.campaigns) for c in side.commitments], dtype=bool) for side in (old, new))
    for index in np.flatnonzero(with_old[pairs.rows] & with_new[pairs.columns]):
        one, other = old.commitments[pairs.rows[index]], new.commitments[pairs.columns[index]]
        campaign[index] = bool(one.campaigns & other.campaigns)
    return {"name": name, "campaign": campaign, "other_thing": other_thing, "other_kind": other_kind}


def body_overlap(old: Sequence[Task], new: Sequence[Task], rows: np.ndarray, columns: np.ndarray) -> np.ndarray:
    """Shared responsible bodies over all bodies of each pair of tasks, rare bodies weighing most, 0 to 1.

    0 throughout where one of the plans names none.
    """
    sets = [[sorted({body.key for body in task.bodies}) for task in side] for side in (old, new)]
    if not all(any(side) for side in sets):
        return np.zeros(len(rows), dtype=np.float32)
    counts = Counter(key for side in sets for bodies in side for key in bodies)
    total = len(old) + len(new)
    keys = {key: i for i, key in enumerate(sorted(counts))}
    weight = np.array([np.log((total + 1) / counts[key]) for key in keys], dtype=np.float32)
    sparse = len(old) * len(new) > candidate_pairs.ALL_PAIRS
    matrices = []
    for side in sets:
        lists = RaggedLists.from_lists([[keys[key] for key in bodies] for bodies in side])
        shape = (len(side), len(keys))
        matrices.append(candidate_pairs.matrix(lists.owner, lists.values, np.ones(len(lists.values)), shape, sparse))
    shared, union = weighed_sets(matrices[0], matrices[1], weight, rows, columns)
    return (_jaccard(shared, union) + 1 - np.exp(-shared / 2)) / 2


def section_overlap(old: Sequence[Task], new: Sequence[Task], rows: np.ndarray, columns: np.ndarray) -> np.ndarray:
    """Shared words of the headings above each pair of tasks, words of few headings weighing most, 0 to 1.

    0 throughout where one of the plans has none.
    """
    paths = [[" ".join(section.heading for section in task.section) for task in side] for side in (old, new)]
    if not all(any(side) for side in paths):
        return np.zeros(len(rows), dtype=np.float32)
    distinct = sorted({path for side in paths for path in side})
    terms_of_path = [frozenset(tokens.terms_of(path)) for path in distinct]
    counts = Counter(term for terms in terms_of_path for term in terms)
    index_of = {path: i for i, path in enumerate(distinct)}
    old_paths, new_paths = (np.array([index_of[path] for path in side], dtype=np.int64) for side in paths)
    keys, spread = np.unique(old_paths[rows] * len(distinct) + new_paths[columns], return_inverse=True)
    likeness = np.zeros(len(keys), dtype=np.float32)
    for index, key in enumerate(keys.tolist()):
        one, other = terms_of_path[key // len(distinct)], terms_of_path[key % len(distinct)]
        union = sum(1 / counts[term] for term in one | other)
        likeness[index] = sum(1 / counts[term] for term in one & other) / union if union else 0
    return likeness[spread]
