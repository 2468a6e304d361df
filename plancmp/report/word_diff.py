"""Word-level diff of two texts (by characters in Chinese): what was removed, added or moved.

Only words are marked. Punctuation, white space, the style of quotation marks and the case of a first letter are
never a change. Words that stand in another place are moved, not removed and added. Two texts that share
almost nothing are left unmarked: a page of marks would suggest a revision that nobody made. Translators' variants
(lexicon/translations.toml) and the names of one campaign are equal; a hyphenated word or a Chinese term is marked whole.
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from functools import lru_cache

from ..lexicon import variants
from ..text import CHINESE

SAME, REMOVED, ADDED, MOVED = "same", "removed", "added", "moved"
CHANGED = (REMOVED, ADDED)


@dataclass(frozen=True, slots=True)
class Run:
    """A stretch of text and what it is: same, removed, added or moved."""

    text: str
    kind: str


def side_by_side(old: str, new: str) -> tuple[tuple[Run, ...], tuple[Run, ...]]:
    """Both texts in runs: same, removed, moved for the old one; same, added, moved for the new one.

    The runs of a side, put together, are that text exactly.
    """
    marks = _mark(old, new)
    return tuple(_runs(marks.old, marks.old_kinds)), tuple(_runs(marks.new, marks.new_kinds))


def inline(old: str, new: str) -> tuple[Run, ...]:
    """Both texts as one: the new text with the removed words of the old one put in where they stood.

    All runs but the removed ones, put together, are the new text exactly. A moved passage stands at its new place only.
    Texts that share almost nothing come one after the other, the old one removed and the new one added.
    """
    marks = _mark(old, new)
    if not marks.related:
        if not old or not new:
            return tuple(run for run in (Run(old, REMOVED), Run(new, ADDED)) if run.text)
        return (Run(old + _separator(old, new), REMOVED), Run(new, ADDED))
    return tuple(_join(_merge(marks)))


def tracked(old: str, new: str) -> tuple[Run, ...]:
    """Both texts as one, every character accounted for: same, removed and added runs.

    All runs but the removed ones, put together, are the new text exactly, and all but the added ones the old text. Unlike
    in the other views, punctuation and capital letters count. Texts that share almost nothing come one after the other.
    """
    marks = _mark(old, new)
    if not marks.related or not marks.partner:
        runs = (Run(old, SAME),) if old == new else (Run(old, REMOVED), Run(new, ADDED))
        return tuple(run for run in runs if run.text)
    pieces: list[Run] = []
    old_end = new_end = 0
    for index, partner in sorted(marks.partner.items()):
        (a, b), (c, d) = marks.old.spans[index], marks.new.spans[partner]
        pieces += _replacement(old[old_end:a], new[new_end:c])
        pieces += _replacement(old[a:b], new[c:d])
        old_end, new_end = b, d
    pieces += _replacement(old[old_end:], new[new_end:])
    return tuple(_join(pieces))


def _replacement(old: str, new: str) -> Iterator[Run]:
    """One passage in place of another; white space and punctuation that both begin or end with stay."""
    if old == new:
        yield Run(old, SAME)
        return
    head = tail = 0
    most = min(len(old), len(new))
    while head < most and old[head] == new[head] and not old[head].isalnum():
        head += 1
    while tail < most - head and old[-1 - tail] == new[-1 - tail] and not old[-1 - tail].isalnum():
        tail += 1
    yield Run(old[:head], SAME)
    yield Run(old[head : len(old) - tail], REMOVED)
    yield Run(new[head : len(new) - tail], ADDED)
    yield Run(old[len(old) - tail :], SAME)


def related(old: str, new: str) -> bool:
    """False where the texts share so little that nothing is marked."""
    return _mark(old, new).related


# A word with its inner apostrophes, a number with its separators, one Chinese character, or a sign that has a meaning.
# "High-level" and "high level" are the same two words: a hyphen is punctuation.
_WORD = re.compile(
    rf"[{CHINESE}]|\d+(?:[.,]\d+)*(?![^\W_])|[^\W_{CHINESE}][^\W_{CHINESE}\u0300-\u036f]*[\u0300-\u036f]*"
    rf"(?:['’ʼ][^\W_{CHINESE}]+)*|[%‰§+=±×÷≤≥$€£¥￥]"
)
_LIGHT_WORDS = frozenset(
    re.findall(r"\S+", "a an and as at be by for from in into is it its of on or that the their this to with")
    + list("的了和与及等在对为")
)
_OPENING, _CLOSING = "\"'“‘(（[「『《<", "\"'”’)）]」』》>"


# What parts words that could be one term, and the hyphens that make one word of two.
_STOPS = re.compile(r"[.,;:!?…，。；：、！？]")
_HYPHEN = re.compile(r"[-\u2010\u2011]")


@dataclass(frozen=True, slots=True)
class WordList:
    """The words of a text: keys to compare, spans in the text, and the weight of each word in a comparison.

    A term of several words that has variants is one word. hyphened: a hyphen alone stands between a word and the one before.
    """

    text: str
    keys: tuple[str, ...]
    spans: tuple[tuple[int, int], ...]
    weights: tuple[float, ...]
    hyphened: tuple[bool, ...]

    def weight(self, start: int, end: int) -> float:
        return sum(self.weights[start:end])

    def between(self, index: int) -> str:
        """What stands before word `index`: punctuation and space (after the last word, for one past it)."""
        start = self.spans[index - 1][1] if index else 0
        return self.text[start : self.spans[index][0] if index < len(self.spans) else len(self.text)]


@dataclass(frozen=True, slots=True)
class _Marks:
    """The kind of every word of both texts; partner: index of each unchanged old word to its index in the new text."""

    old: WordList
    new: WordList
    old_kinds: tuple[str, ...]
    new_kinds: tuple[str, ...]
    partner: dict[int, int]
    related: bool


@lru_cache(maxsize=1024)
def cut_words(text: str) -> WordList:
    """The words of a text with the keys they are compared by."""
    plain = [match.span() for match in _WORD.finditer(text)]
    keys: list[str] = []
    spans: list[tuple[int, int]] = []
    weights: list[float] = []
    for words in _between_stops(text, plain):
        for unit in variants.marked_as_one().units([_key(text[a:b]).lower() for a, b in words]):
            members = [_key(text[a:b]) for a, b in words[unit.start : unit.end]]
            known = len(members) > 1 or unit.words != (members[0].lower(),)
            keys.append(" ".join(unit.words) if known else members[0])
            spans.append((words[unit.start][0], words[unit.end - 1][1]))
            weights.append(sum(map(_weight, members)))
    hyphened = tuple(
        index > 0 and bool(_HYPHEN.fullmatch(text[spans[index - 1][1] : start]))
        for index, (start, _) in enumerate(spans)
    )
    return WordList(text, tuple(keys), tuple(spans), tuple(weights), hyphened)


def _between_stops(text: str, spans: Sequence[tuple[int, int]]) -> Iterator[Sequence[tuple[int, int]]]:
    """The spans of words in stretches without a stop: no term runs across one."""
    start = 0
    for index in range(1, len(spans) + 1):
        if index == len(spans) or _STOPS.search(text, spans[index - 1][1], spans[index][0]):
            yield spans[start:index]
            start = index


def _weight(key: str) -> float:
    return 0.1 if key in _LIGHT_WORDS else 0.5 if re.match(f"[{CHINESE}]", key) else 1.0


def _key(word: str) -> str:
    plain = unicodedata.normalize("NFKC", word).replace("’", "'").replace("ʼ", "'")
    return plain[:1].lower() + plain[1:]


@lru_cache(maxsize=1024)
def _mark(old: str, new: str) -> _Marks:
    left, right = cut_words(old), cut_words(new)
    blocks = _without_islands(_blocks(left.keys, right.keys), left, right)
    old_kinds, new_kinds = [REMOVED] * len(left.keys), [ADDED] * len(right.keys)
    partner: dict[int, int] = {}
    for a, b, size in blocks:
        old_kinds[a : a + size] = new_kinds[b : b + size] = [SAME] * size
        partner.update(zip(range(a, a + size), range(b, b + size), strict=True))
    _mark_compounds_whole(left, right, old_kinds, new_kinds, partner)
    for a, b, size in _moves(left, right, old_kinds, new_kinds):
        old_kinds[a : a + size] = new_kinds[b : b + size] = [MOVED] * size
    if not _shares_enough(left, right, old_kinds, new_kinds):
        return _Marks(left, right, (SAME,) * len(left.keys), (SAME,) * len(right.keys), {}, False)
    return _Marks(left, right, tuple(old_kinds), tuple(new_kinds), partner, True)


def _shares_enough(left: WordList, right: WordList, old_kinds: Sequence[str], new_kinds: Sequence[str]) -> bool:
    """At least a quarter of the shorter text, by weight, stands in the other; texts without words differ in nothing."""
    if not left.keys and not right.keys:
        return True
    shared = sum(w for w, kind in zip(left.weights, old_kinds, strict=True) if kind != REMOVED)
    back = sum(w for w, kind in zip(right.weights, new_kinds, strict=True) if kind != ADDED)
    least = min(sum(left.weights), sum(right.weights))
    return least > 0 and min(shared, back) / least >= 0.25


def _blocks(old: Sequence[str], new: Sequence[str]) -> list[tuple[int, int, int]]:
    """Stretches that both have in the same order: (start in old, start in new, words), the longest found first.

    Long stretches read better than the greatest number of single words. Very repetitive texts, for which finding them
    takes too long, get the latter.
    """
    head = next((i for i, (a, b) in enumerate(zip(old, new, strict=False)) if a != b), min(len(old), len(new)))
    rest = min(len(old), len(new)) - head
    tail = next((i for i in range(rest) if old[-1 - i] != new[-1 - i]), rest)
    a, b = old[head : len(old) - tail], new[head : len(new) - tail]
    counts = Counter(b)
    if sum(counts[key] for key in a) < 1_000_000:
        inner = [tuple(block) for block in SequenceMatcher(None, a, b, autojunk=False).get_matching_blocks()]
    else:
        from rapidfuzz.distance import LCSseq

        numbers = {key: number for number, key in enumerate({*a, *b})}
        codes = LCSseq.opcodes([numbers[key] for key in a], [numbers[key] for key in b])
        inner = [(c.src_start, c.dest_start, c.src_end - c.src_start) for c in codes if c.tag == "equal"]
    blocks = [(0, 0, head), *((head + i, head + j, n) for i, j, n in inner), (len(old) - tail, len(new) - tail, tail)]
    joined: list[tuple[int, int, int]] = []
    for i, j, size in blocks:
        if size and joined and (joined[-1][0] + joined[-1][2], joined[-1][1] + joined[-1][2]) == (i, j):
            joined[-1] = (*joined[-1][:2], joined[-1][2] + size)
        elif size:
            joined.append((i, j, size))
    return joined


def _without_islands(blocks: list[tuple[int, int, int]], left: WordList, right: WordList) -> list[tuple[int, int, int]]:
    """The blocks without those that only break up a change: "the" or a lone word between two rewritten passages."""
    remaining: list[tuple[int, int, int]] = []
    for n, (a, b, size) in enumerate(blocks):
        before_a, before_b = (
            (remaining[-1][0] + remaining[-1][2], remaining[-1][1] + remaining[-1][2]) if remaining else (0, 0)
        )
        after_a, after_b = blocks[n + 1][:2] if n + 1 < len(blocks) else (len(left.keys), len(right.keys))
        weight = left.weight(a, a + size)
        before = max(left.weight(before_a, a), right.weight(before_b, b))
        after = max(left.weight(a + size, after_a), right.weight(b + size, after_b))
        if not (before and after and (weight <= 0.5 or (weight <= 2 and min(before, after) >= 3 * weight))):
            remaining.append((a, b, size))
    return remaining


def _mark_compounds_whole(
    left: WordList, right: WordList, old_kinds: list[str], new_kinds: list[str], partner: dict[int, int]
) -> None:
    """Mark all of a hyphenated word where a part of it changed, and with it what its other parts were matched with."""
    back = {j: i for i, j in partner.items()}
    sides = ((old_kinds, partner), (new_kinds, back))
    compounds = [(side, compound) for side, words in enumerate((left, right)) for compound in _compounds(words)]
    again = True
    while again:
        again = False
        for side, compound in compounds:
            kinds, matched = sides[side]
            other_kinds, other_matched = sides[1 - side]
            if len({kinds[index] for index in compound}) == 1:
                continue
            again = True
            for index in compound:
                if kinds[index] == SAME:
                    other = matched.pop(index)
                    del other_matched[other]
                    kinds[index], other_kinds[other] = CHANGED[side], CHANGED[1 - side]


def _compounds(words: WordList) -> Iterator[range]:
    start = 0
    for index in range(1, len(words.keys) + 1):
        if index == len(words.keys) or not words.hyphened[index]:
            if index - start > 1:
                yield range(start, index)
            start = index


def _moves(
    left: WordList, right: WordList, old_kinds: Sequence[str], new_kinds: Sequence[str]
) -> list[tuple[int, int, int]]:
    """Passages of changed words that stand in both texts, the longest first: three or more words of meaning."""
    seeds: dict[tuple[str, ...], list[int]] = defaultdict(list)
    for j in range(len(right.keys) - 2):
        if all(kind == ADDED for kind in new_kinds[j : j + 3]):
            seeds[right.keys[j : j + 3]].append(j)
    candidates = []
    for i in range(len(left.keys) - 2):
        if any(kind != REMOVED for kind in old_kinds[i : i + 3]):
            continue
        for j in seeds.get(left.keys[i : i + 3], ())[:20]:
            if i and j and left.keys[i - 1] == right.keys[j - 1] and (old_kinds[i - 1], new_kinds[j - 1]) == CHANGED:
                continue  # the tail of a longer candidate
            size = 3
            while (
                i + size < len(left.keys)
                and j + size < len(right.keys)
                and left.keys[i + size] == right.keys[j + size]
                and (old_kinds[i + size], new_kinds[j + size]) == CHANGED
            ):
                size += 1
            first, end = i, i + size
            while first < end and (left.hyphened[first] or right.hyphened[first - i + j]):
                first += 1
            while first < end and (_goes_on(left, end) or _goes_on(right, end - i + j)):
                end -= 1
            if left.weight(first, end) >= 3:
                candidates.append((first, first - i + j, end - first))
    taken_old, taken_new = set[int](), set[int]()
    moves = []
    for i, j, size in sorted(candidates, key=lambda c: (-c[2], c[0], c[1])):
        if taken_old.isdisjoint(range(i, i + size)) and taken_new.isdisjoint(range(j, j + size)):
            taken_old.update(range(i, i + size))
            taken_new.update(range(j, j + size))
            moves.append((i, j, size))
    return moves


def _goes_on(words: WordList, end: int) -> bool:
    """True where a hyphenated word runs across the end of a passage."""
    return end < len(words.keys) and words.hyphened[end]


def _runs(words: WordList, kinds: Sequence[str]) -> list[Run]:
    """A text in runs: what stands between two words of one kind belongs to it, all else that is no word is the same."""
    pieces = []
    for index, (start, end) in enumerate(words.spans):
        joins_previous = index > 0 and kinds[index - 1] == kinds[index]
        pieces.append(Run(words.between(index), kinds[index] if joins_previous else SAME))
        pieces.append(Run(words.text[start:end], kinds[index]))
    pieces.append(Run(words.between(len(words.spans)), SAME))
    return _join(pieces)


def _join(runs: Sequence[Run] | Iterator[Run]) -> list[Run]:
    """Runs with neighbours of one kind made one and empty ones left out."""
    joined: list[Run] = []
    for run in runs:
        if joined and joined[-1].kind == run.kind:
            joined[-1] = Run(joined[-1].text + run.text, run.kind)
        elif run.text:
            joined.append(run)
    return joined


def _merge(marks: _Marks) -> Iterator[Run]:
    """The new text run by run, with each removed passage after the same word that it followed in the old text."""
    removed_before: dict[int, list[tuple[int, int]]] = defaultdict(list)
    after = 0
    for index, kind in enumerate(marks.old_kinds):
        if kind == SAME:
            after = marks.partner[index] + 1
        elif kind == REMOVED:
            if removed_before[after] and removed_before[after][-1][1] == index:
                removed_before[after][-1] = (removed_before[after][-1][0], index + 1)
            else:
                removed_before[after].append((index, index + 1))
    old, new = marks.old, marks.new
    for index in range(len(new.keys) + 1):
        removed_here = removed_before.get(index, ())
        replaced = index < len(new.keys) and marks.new_kinds[index] != SAME
        if removed_here and not replaced and index:
            for number, (start, end) in enumerate(removed_here):
                # Between two removed passages stood one that moved.
                yield Run((" …" if number else "") + _passage(old, start, end), REMOVED)
        joins_previous = (
            0 < index < len(new.keys) and marks.new_kinds[index - 1] == marks.new_kinds[index] and not removed_here
        )
        yield Run(new.between(index), marks.new_kinds[index] if joins_previous else SAME)
        if removed_here and (replaced or not index):
            quoted = any(char in _OPENING for char in new.between(index))
            pieces = [
                _passage(old, start, end, whole=not quoted).lstrip(" ,.;:，。；：、") for start, end in removed_here
            ]
            text = " … ".join(pieces)
            following = new.text[new.spans[index][0] :] if index < len(new.keys) else ""
            yield Run(text + _separator(text, following), REMOVED)
        if index < len(new.keys):
            yield Run(new.text[slice(*new.spans[index])], marks.new_kinds[index])


def _passage(words: WordList, start: int, end: int, whole: bool = True) -> str:
    """Words of the old text; whole: with what stood before them, and the bracket or quotation mark that closes it."""
    text = words.text[words.spans[start][0] : words.spans[end - 1][1]]
    if not whole:
        return text
    lead = words.between(start) if start else ""
    opened = sum(char in _OPENING for char in lead)
    closers = re.match(f"[{re.escape(_CLOSING)}]*", words.between(end))
    return lead + text + (closers.group()[:opened] if closers else "")


def _separator(left: str, right: str) -> str:
    """A space between two pieces of text unless either side is Chinese or has one."""
    if not left or not right or left[-1].isspace() or right[0].isspace():
        return ""
    return "" if re.match(f"[{CHINESE}]", left[-1]) and re.match(f"[{CHINESE}]", right[0]) else " "
