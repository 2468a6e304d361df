"""The comparisons of candidate pairs: what two commitments, and the tasks that hold them, have in common.

Every comparison is a number from 0 to 1 with a name and a meaning (`COMPARISONS`). Words weigh by how rare they are in
the two plans (Spärck Jones 1972), stock words of plans hardly at all; sentence vectors are compared without the
direction that all of them share (Mu and Viswanath 2018, "All-but-the-Top"); agreement on a rare word counts by the odds
that a chance pair shares it (Fellegi and Sunter 1969).
"""

from __future__ import annotations

import itertools
import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from typing import Any

import numpy as np

from . import candidates, glossary, lexicon, objects
from . import commitments as taking_apart
from .candidates import Pairs, Products
from .model import Commitment, Task
from .text import CJK, straight

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
    "bodies": "responsible bodies, the rare ones weighing most",
    "section": "headings under which the tasks stand",
    "head": "the head words of what the two act upon (testing system, demonstration zone)",
    "grain": "how many commitments the tasks of the two plans hold on average: the more, the likelier one is shared",
}


@dataclass(slots=True)
class Side:
    """One plan's tasks made ready for comparison.

    texts: of the tasks, then of the commitments, then of their bare objects; the order of the vectors' rows.
    owner: for each commitment the index of its task.
    """

    tasks: Sequence[Task]
    commitments: list[Commitment]
    owner: np.ndarray
    task_terms: list[list[str]]
    terms: list[list[str]]
    name_terms: list[frozenset[str]]
    kinds: list[str | None]
    campaigns: list[frozenset[str]]
    heads: list[frozenset[str]]
    objects: list[str]
    in_field: list[bool]

    @property
    def texts(self) -> list[str]:
        return [task.full_text for task in self.tasks] + [c.text for c in self.commitments] + self.objects

    def held(self, task: int) -> range:
        """The indexes of the commitments of one task."""
        start, end = np.searchsorted(self.owner, (task, task + 1))
        return range(int(start), int(end))


@cache
def _stemmer():
    import Stemmer

    return Stemmer.Stemmer("english")


@lru_cache(maxsize=65536)
def _stem(word: str) -> str:
    return _stemmer().stemWord(word)


@cache
def _function_words() -> frozenset[str]:
    return frozenset(lexicon.table("words")["en"]["function"])


@cache
def _stock() -> frozenset[str]:
    words = lexicon.table("words")
    return frozenset(_stem(word) for word in words["en"]["stock"] + words["en"]["actors"]) | frozenset(
        words["zh"]["stock"]
    )


@cache
def _field() -> re.Pattern[str]:
    words = lexicon.table("words")
    english = "|".join(sorted(map(re.escape, words["en"]["field"]), key=len, reverse=True))
    return re.compile(rf"\b(?:{english})\b|" + "|".join(words["zh"]["field"]), re.IGNORECASE)


def names_field(text: str) -> bool:
    """True where a text names the field that the plans are about (lexicon/words.toml, `field`)."""
    return bool(_field().search(text))


_WORD = re.compile(r"[a-z0-9]+|[\u3400-\u9fff]+")


@cache
def _variants() -> tuple[dict[tuple[str, ...], tuple[str, ...]], frozenset[str], int]:
    """Translators' variants of one term to the form they are compared as, as words; their first words; the longest."""
    forms: dict[tuple[str, ...], tuple[str, ...]] = {}
    for group in lexicon.table("translations")["group"]:
        first = tuple(_WORD.findall(group["forms"][0]))
        forms.update((tuple(_WORD.findall(form)), first) for form in group["forms"])
    return forms, frozenset(form[0] for form in forms), max(map(len, forms))


def terms_of(text: str) -> list[str]:
    """The words that count, in order, function words left out: English ones as stems, Chinese terms as their English words.

    Chinese that the glossary lacks counts as pairs of characters.
    """
    words = _WORD.findall(straight(glossary.english(text)).casefold().replace("'s", ""))
    forms, beginnings, longest = _variants()
    skip = _function_words()
    terms: list[str] = []
    place = 0
    while place < len(words):
        taken: tuple[str, ...] = (words[place],)
        step = 1
        if words[place] in beginnings:
            for length in range(min(longest, len(words) - place), 0, -1):
                form = tuple(words[place : place + length])
                if form in forms:
                    taken, step = forms[form], length
                    break
        place += step
        for word in taken:
            if CJK.match(word):
                terms.extend(_chinese(word))
            elif word not in skip:
                terms.append(_stem(word))
    return terms


@cache
def _chinese_function() -> re.Pattern[str]:
    return re.compile("|".join(map(re.escape, sorted(lexicon.table("words")["zh"]["function"], key=len, reverse=True))))


def _chinese(run: str) -> list[str]:
    pieces = _chinese_function().split(run)
    return [piece[i : i + 2] for piece in pieces for i in range(max(len(piece) - 1, 1 if piece else 0))]


def with_pairs(terms: list[str]) -> list[str]:
    """Terms and pairs of neighbouring terms."""
    return terms + [f"{a} {b}" for a, b in itertools.pairwise(terms)]


# Words that tell the type of a document or how it is acted upon, not which one it is.
_TYPE_WORDS = [
    "law",
    "regulation",
    "rule",
    "measure",
    "provision",
    "guideline",
    "opinion",
    "standard",
    "interim",
    "trial",
    "implement",
    "implementation",
    "detail",
    "guid",
    "guide",
    "guidance",
    "plan",
    "outline",
    "notice",
    "interpretation",
    "several",
    "issue",
    "concern",
    "concerning",
    "applicable",
    "application",
    "apply",
    "draft",
    "further",
    "strengthen",
    "promote",
    "administration",
    "management",
    "protection",
    "revision",
    "study",
    "revise",
    "formulate",
    "implementing",
    "introduction",
    "legal",
    "system",
    "sound",
    "line",
    "comply",
    "supreme",
    "court",
    "judicial",
    "case",
    "litigation",
    "dispute",
]


@cache
def _type_terms() -> frozenset[str]:
    return frozenset(_stem(word) for word in _TYPE_WORDS)


def prepare(tasks: Sequence[Task]) -> Side:
    """Take the tasks apart and count their words."""
    per_task = [taking_apart.of_task(task) for task in tasks]
    flat = [commitment for found in per_task for commitment in found]
    type_terms = _type_terms()
    return Side(
        tasks=tasks,
        commitments=flat,
        owner=np.array([index for index, found in enumerate(per_task) for _ in found], dtype=np.int64),
        task_terms=[with_pairs(terms_of(task.full_text)) for task in tasks],
        terms=[with_pairs(terms_of(c.text)) for c in flat],
        name_terms=[
            frozenset(term for term in terms_of(objects.object_of(c.text)) if term not in type_terms) for c in flat
        ],
        kinds=[objects.kind_of(c.text) for c in flat],
        campaigns=[c.campaigns for c in flat],
        heads=[frozenset(terms_of(objects.head_of(c.text))) for c in flat],
        objects=[objects.bare_object(c.text) for c in flat],
        in_field=[names_field(task.full_text) for task in tasks],
    )


def to_data(side: Side) -> dict:
    """A side as JSON values; the tasks themselves are left out."""
    return {
        "commitments": [
            [*c.span, c.text, c.stage, c.stage_words, c.intensity, c.intensity_words, sorted(c.campaigns)]
            for c in side.commitments
        ],
        "owner": side.owner.tolist(),
        "task_terms": side.task_terms,
        "terms": side.terms,
        "name_terms": [sorted(terms) for terms in side.name_terms],
        "kinds": side.kinds,
        "heads": [sorted(head) for head in side.heads],
        "objects": side.objects,
        "in_field": side.in_field,
    }


def from_data(data: dict, tasks: Sequence[Task]) -> Side:
    """A side from what `to_data` gave, for the same tasks. Raises KeyError, TypeError or ValueError for anything else."""
    found = [
        Commitment((start, end), text, stage, stage_words, step, step_words, frozenset(campaigns))
        for start, end, text, stage, stage_words, step, step_words, campaigns in data["commitments"]
    ]
    if not len(found) == len(data["owner"]) == len(data["terms"]) == len(data["objects"]) or len(tasks) != len(
        data["task_terms"]
    ):
        raise ValueError("not a side of these tasks")
    return Side(
        tasks=tasks,
        commitments=found,
        owner=np.array(data["owner"], dtype=np.int64),
        task_terms=data["task_terms"],
        terms=data["terms"],
        name_terms=[frozenset(terms) for terms in data["name_terms"]],
        kinds=data["kinds"],
        campaigns=[c.campaigns for c in found],
        heads=[frozenset(head) for head in data["heads"]],
        objects=data["objects"],
        in_field=data["in_field"],
    )


def _mostly_chinese(side: Side) -> bool:
    """True where most tasks hold Chinese words that the glossary did not turn into English."""
    return 2 * sum(any(CJK.search(term) for term in terms) for terms in side.task_terms) > len(side.task_terms)


class Weights:
    """How much each term counts in these two plans: idf, cut down for stock words and for pairs."""

    def __init__(self, old: Side, new: Side) -> None:
        in_old = Counter(term for terms in old.task_terms for term in set(terms))
        in_new = Counter(term for terms in new.task_terms for term in set(terms))
        self.index = {term: i for i, term in enumerate(sorted(in_old.keys() | in_new.keys()))}
        df_old = np.array([in_old[term] for term in self.index], dtype=np.float32)
        df_new = np.array([in_new[term] for term in self.index], dtype=np.float32)
        pair = np.array([" " in term for term in self.index])
        known_stock = _stock()
        stock = np.array([all(part in known_stock for part in term.split(" ")) for term in self.index])
        total = len(old.tasks) + len(new.tasks)
        self.idf = np.log((total + 1) / (df_old + df_new + 0.5)).clip(0.05)
        # Between languages what the glossary does not know can never agree: it says nothing, rather than no.
        languages = {_mostly_chinese(side) for side in (old, new)}
        foreign = np.array([len(languages) > 1 and bool(CJK.search(term)) for term in self.index])
        self.idf[foreign] = 0
        self.idf *= np.where(stock, np.where(pair, 0.4, 0.25), np.where(pair, 0.7, 1.0))
        df_old[foreign] = df_new[foreign] = np.sqrt(len(old.tasks) * len(new.tasks))
        chance = len(old.tasks) * len(new.tasks) / (df_old.clip(1) * df_new.clip(1))
        self.chance_range = float(np.log(max(len(old.tasks) * len(new.tasks), 2)))
        self.agreement = (np.log(chance).clip(0) * np.where(stock, 0.12, 1.0) * np.where(pair, 0.5, 1.0)).astype(
            np.float32
        )

    def matrix(self, documents: Sequence[Sequence[str]], counted: bool, sparse: bool) -> Any:
        """Rows of weighted terms, shape (documents, terms); counted: repeated terms weigh a little more."""
        rows = []
        for document in documents:
            counts = {self.index[term]: n for term, n in Counter(document).items() if term in self.index}
            columns = list(counts)
            times = np.array(list(counts.values()), dtype=np.float32)
            rows.append((columns, self.idf[columns] * ((1 + np.log(times)) if counted else 1)))
        return candidates.matrix(rows, len(self.index), sparse)


# Fifty pairs of commitments and more in a pair of tasks count alike.
_MOST_GRAIN = float(np.log(50))


def unit(matrix: Any) -> Any:
    """Rows scaled to length one; rows of zeros stay."""
    if isinstance(matrix, np.ndarray):
        return matrix / np.linalg.norm(matrix, axis=1, keepdims=True).clip(1e-9)
    lengths = np.sqrt(np.asarray(matrix.multiply(matrix).sum(axis=1)).ravel()).clip(1e-9)
    scaled = matrix.copy()
    scaled.data /= np.repeat(lengths, np.diff(matrix.indptr))
    return scaled


def centred(old: np.ndarray, new: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Two sets of vectors without their common direction, as unit vectors."""
    mean = (old.sum(0) + new.sum(0)) / max(len(old) + len(new), 1)
    # Two plans that say one thing only have no common direction worth taking off.
    if len(old) + len(new) < 8:
        mean = mean * 0
    return unit(old - mean), unit(new - mean)


@dataclass(slots=True)
class Scores:
    """All comparisons of the pairs of commitments that were looked at.

    pairs: these, as (old, new). features[name]: one value for each of them.
    """

    old: Side
    new: Side
    pairs: Pairs
    features: dict[str, np.ndarray]


def compare(
    old: Side,
    new: Side,
    old_vectors: np.ndarray,
    new_vectors: np.ndarray,
    also: Iterable[tuple[int, int]] = (),
) -> Scores:
    """Score the pairs of commitments worth it. The vectors' rows follow `Side.texts`.

    also: pairs of tasks whose commitments are compared in any case.
    """
    weights = Weights(old, new)
    shape = (len(old.commitments), len(new.commitments))
    large = shape[0] * shape[1] > candidates.ALL_PAIRS
    old_rows, new_rows = weights.matrix(old.terms, False, large), weights.matrix(new.terms, False, large)
    old_words, new_words = unit(old_rows), unit(new_rows)
    n_old, n_new = len(old.tasks), len(new.tasks)
    c_old, c_new = n_old + shape[0], n_new + shape[1]
    meaning = centred(old_vectors[n_old:c_old], new_vectors[n_new:c_new])
    if large:
        keys = [candidates.by_words(old_words, new_words), candidates.by_vectors(*meaning)]
        keys += [(np.array(old.held(i))[:, None] * shape[1] + np.array(new.held(j))).ravel() for i, j in also]
        pairs = Pairs.of_keys(shape, np.unique(np.concatenate(keys)))
    else:
        pairs = Pairs.every(shape)
    cells = pairs.rows, pairs.columns
    task_keys, spread = np.unique(old.owner[pairs.rows] * n_new + new.owner[pairs.columns], return_inverse=True)
    tasks = np.divmod(task_keys, max(n_new, 1))
    agreement, rarest = _agreement(old_rows, new_rows, weights, pairs)
    features = {
        "words": Products(old_words, new_words).at(*cells),
        "embedding": Products(*meaning).at(*cells).clip(0, 1),
        "object": Products(*centred(old_vectors[c_old:], new_vectors[c_new:])).at(*cells).clip(0, 1),
        "agreement": agreement,
        "head": _shared_heads(old, new, weights, pairs, large),
        "rarest": rarest,
        **_named(old, new, weights, pairs),
    }
    features["fuzzy"] = _fuzzy(old.objects, new.objects, pairs, (features["object"] >= 0.3) | (agreement >= 0.45))
    # How good a pair is compared with the best pair that either side has elsewhere; the same from both sides, so that
    # swapping the plans changes nothing.
    rough = (
        (features["words"] + features["embedding"]) / 2
        + 0.3 * agreement
        + 0.3 * np.maximum(features["name"], features["campaign"])
        - 0.25 * features["other_kind"]
        - 0.4 * features["other_thing"]
    )
    from_old = rough / pairs.greatest(rough, 1, 0.3)[pairs.rows]
    from_new = rough / pairs.greatest(rough, 0, 0.3)[pairs.columns]
    features["mutual"] = ((from_old + from_new) / 2).clip(0, 1)
    features["task_embedding"] = _whole_embedding(old, new, old_vectors[:c_old], new_vectors[:c_new], pairs)
    whole = (unit(weights.matrix(side.task_terms, True, large)) for side in (old, new))
    features["task_words"] = Products(*whole).at(*tasks).clip(0, 1)[spread]
    features["bodies"] = body_overlap(old.tasks, new.tasks, *tasks)[spread]
    in_field = [np.array(side.in_field, dtype=bool) for side in (old, new)]
    features["other_field"] = (in_field[0][tasks[0]] != in_field[1][tasks[1]]).astype(np.float32)[spread]
    features["section"] = section_overlap(old.tasks, new.tasks, *tasks)[spread]
    held = shape[0] / max(n_old, 1) * shape[1] / max(n_new, 1)
    features["grain"] = np.full(len(pairs), min(np.log(max(held, 1)) / _MOST_GRAIN, 1), dtype=np.float32)
    return Scores(old, new, pairs, features)


def _agreement(old: Any, new: Any, weights: Weights, pairs: Pairs) -> tuple[np.ndarray, np.ndarray]:
    """How unlikely the shared terms of each pair are by chance, and how rare the rarest of them is, 0 to 1."""
    useful = np.where(weights.agreement > 0.5, weights.agreement, 0)
    if isinstance(old, np.ndarray):
        has_old, has_new = (old > 0).astype(np.float32), (new > 0).astype(np.float32)
        chance = Products(has_old * weights.agreement, has_new).at(pairs.rows, pairs.columns)
        table = np.zeros(pairs.shape, dtype=np.float32)
        shared = np.flatnonzero((useful > 0) & has_old.any(0) & has_new.any(0))
        for term in shared[np.argsort(useful[shared], kind="stable")]:
            table[np.ix_(np.flatnonzero(has_old[:, term]), np.flatnonzero(has_new[:, term]))] = useful[term]
        rarest = table[pairs.rows, pairs.columns]
    else:
        chance, rarest = (np.zeros(len(pairs), dtype=np.float32) for _ in range(2))
        for part, common in candidates.shared_columns(old, new, pairs):
            lengths = np.diff(common.indptr)
            filled = np.flatnonzero(lengths)
            starts = common.indptr[:-1][filled]
            if len(filled):
                chance[part][filled] = np.add.reduceat(weights.agreement[common.indices], starts)
                rarest[part][filled] = np.maximum.reduceat(useful[common.indices], starts)
    return 1 - np.exp(-chance / 10), rarest / weights.chance_range


def _fuzzy(old: Sequence[str], new: Sequence[str], pairs: Pairs, worth: np.ndarray) -> np.ndarray:
    """token_set_ratio of what two commitments act upon, 0 to 1; 0 where neither meaning nor rare words are shared."""
    from rapidfuzz.fuzz import token_set_ratio

    ratios = np.zeros(len(pairs), dtype=np.float32)
    folded = [[text.casefold() for text in side] for side in (old, new)]
    places = np.flatnonzero(worth)
    rows, columns = pairs.rows[places].tolist(), pairs.columns[places].tolist()
    ratios[places] = [token_set_ratio(folded[0][i], folded[1][j]) / 100 for i, j in zip(rows, columns, strict=True)]
    return ratios


def _shared_heads(old: Side, new: Side, weights: Weights, pairs: Pairs, large: bool) -> np.ndarray:
    """Shared head words over all head words, rare ones weighing most, 0 to 1."""
    known = {term: i for i, term in enumerate(sorted({t for side in (old, new) for head in side.heads for t in head}))}
    weight = np.array(
        [max(float(weights.idf[weights.index[t]]), 0.6) if t in weights.index else 1.0 for t in known], dtype=np.float32
    )
    shared, union = _weighed_sets(old.heads, new.heads, known, weight, large, pairs.rows, pairs.columns)
    return np.divide(shared, union, out=np.zeros_like(shared), where=union > 0)


def _weighed_sets(
    old: Sequence[frozenset[str]],
    new: Sequence[frozenset[str]],
    known: dict[str, int],
    weight: np.ndarray,
    sparse: bool,
    rows: np.ndarray,
    columns: np.ndarray,
) -> tuple[np.ndarray, np.ndarray]:
    """The weight of what two sets share, and of all that is in either, for each pair of rows."""
    one, other = (
        candidates.matrix([([known[term] for term in found], 1) for found in side], len(known), sparse)
        for side in (old, new)
    )
    weighed = one * weight if isinstance(one, np.ndarray) else one.multiply(weight).tocsr()
    shared = Products(weighed, other).at(rows, columns)
    return shared, (one @ weight)[rows] + (other @ weight)[columns] - shared


def _whole_embedding(
    old: Side, new: Side, old_vectors: np.ndarray, new_vectors: np.ndarray, pairs: Pairs
) -> np.ndarray:
    """Meaning of the tasks as wholes, for each commitment pair, 0 to 1. The vectors: of tasks, then of commitments.

    A five-year plan's paragraph is about many things; a task that takes up one of them resembles that commitment rather
    than the paragraph. So the best counts of task with task, commitment with task and task with commitment.
    """
    cosines = Products(*centred(old_vectors, new_vectors))
    row_task, column_task = old.owner[pairs.rows], new.owner[pairs.columns]
    both = cosines.at(row_task, column_task).clip(0, 1)
    one = cosines.at(pairs.rows + len(old.tasks), column_task).clip(0, 1)
    other = cosines.at(row_task, pairs.columns + len(new.tasks)).clip(0, 1)
    return np.maximum(both, (one + other) / 2)


def _named(old: Side, new: Side, weights: Weights, pairs: Pairs) -> dict[str, np.ndarray]:
    """Comparisons by what is acted upon: the same named thing, a different one, the same campaign."""
    name, other_thing, other_kind, campaign = (np.zeros(len(pairs), dtype=np.float32) for _ in range(4))
    codes = {kind: i + 1 for i, kind in enumerate(sorted({k for k in old.kinds + new.kinds if k}))}
    old_codes = np.array([codes.get(kind or "", 0) for kind in old.kinds], dtype=np.int8)[pairs.rows]
    new_codes = np.array([codes.get(kind or "", 0) for kind in new.kinds], dtype=np.int8)[pairs.columns]
    legal = [codes[kind] for kind in ("law", "interpretation") if kind in codes]
    both = (old_codes > 0) & (new_codes > 0)
    differ = both & (old_codes != new_codes)
    lawlike = np.isin(old_codes, legal) | np.isin(new_codes, legal)
    other_kind[differ & ~lawlike] = 1.0
    other_thing[differ & lawlike] = 1.0
    other_thing[lawlike & ~both] = 0.7
    named = [codes[kind] for kind in objects.named_kinds() if kind in codes]
    idf = {term: float(weights.idf[i]) for term, i in weights.index.items()}
    for place in np.flatnonzero(np.isin(old_codes, named) & (old_codes == new_codes)):
        shared = _overlap(old.name_terms[pairs.rows[place]], new.name_terms[pairs.columns[place]], idf)
        if shared >= 0.45:
            name[place] = shared
        else:
            other_thing[place] = 1.0
    with_old, with_new = (np.array([bool(found) for found in side.campaigns], dtype=bool) for side in (old, new))
    for place in np.flatnonzero(with_old[pairs.rows] & with_new[pairs.columns]):
        campaign[place] = bool(old.campaigns[pairs.rows[place]] & new.campaigns[pairs.columns[place]])
    return {"name": name, "campaign": campaign, "other_thing": other_thing, "other_kind": other_kind}


def _overlap(one: frozenset[str], other: frozenset[str], idf: dict[str, float]) -> float:
    union = sum(idf.get(term, 2.0) for term in one | other)
    return sum(idf.get(term, 2.0) for term in one & other) / union if union else 0.0


def body_overlap(old: Sequence[Task], new: Sequence[Task], rows: np.ndarray, columns: np.ndarray) -> np.ndarray:
    """Shared responsible bodies over all bodies of each pair of tasks, rare bodies weighing most, 0 to 1."""
    sets = [[frozenset(body.key for body in task.bodies) for task in side] for side in (old, new)]
    if not all(any(side) for side in sets):
        return np.full(len(rows), _UNKNOWN["bodies"], dtype=np.float32)
    counts = Counter(key for side in sets for bodies in side for key in bodies)
    total = len(old) + len(new)
    keys = {key: i for i, key in enumerate(sorted(counts))}
    weight = np.array([np.log((total + 1) / counts[key]) for key in keys], dtype=np.float32)
    sparse = len(old) * len(new) > candidates.ALL_PAIRS
    shared, union = _weighed_sets(sets[0], sets[1], keys, weight, sparse, rows, columns)
    jaccard = np.divide(shared, union, out=np.zeros_like(shared), where=union > 0)
    return (jaccard + 1 - np.exp(-shared / 2)) / 2


# What a comparison counts where one of the plans says nothing of it at all: neither for nor against.
_UNKNOWN = {"bodies": 0.4, "section": 0.3}


def section_overlap(old: Sequence[Task], new: Sequence[Task], rows: np.ndarray, columns: np.ndarray) -> np.ndarray:
    """Shared words of the headings above each pair of tasks, words of few headings weighing most, 0 to 1."""
    paths = [[" ".join(section.heading for section in task.section) for task in side] for side in (old, new)]
    if not all(any(side) for side in paths):
        return np.full(len(rows), _UNKNOWN["section"], dtype=np.float32)
    distinct = sorted({path for side in paths for path in side})
    terms = [frozenset(terms_of(path)) for path in distinct]
    counts = Counter(term for found in terms for term in found)
    place = {path: i for i, path in enumerate(distinct)}
    old_places, new_places = (np.array([place[path] for path in side], dtype=np.int64) for side in paths)
    keys, spread = np.unique(old_places[rows] * len(distinct) + new_places[columns], return_inverse=True)
    likeness = np.zeros(len(keys), dtype=np.float32)
    for at, key in enumerate(keys.tolist()):
        one, other = terms[key // len(distinct)], terms[key % len(distinct)]
        union = sum(1 / counts[term] for term in one | other)
        likeness[at] = sum(1 / counts[term] for term in one & other) / union if union else 0
    return likeness[spread]
