"""Corrections of words that occur in no plan and in no lexicon."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection
from dataclasses import dataclass
from functools import cache
from typing import Protocol

from .stems import plain, stems_of

_WORD = re.compile(r"(?<![\w“”\"])[A-Za-z]{4,}(?![\w])")
_PAIR = re.compile(r"(?<![\w“”\"])([A-Za-z]{3,}) ([A-Za-z]{3,})(?![\w])")
# A shorter word is too easily another.
_LEAST_LETTERS = 4
# From this length on two letters may be wrong; shorter than _SURE_LETTERS, only a word of the lexicon is meant.
_LONG, _SURE_LETTERS = 7, 6


@cache
def _english_words() -> frozenset[str]:
    from ..embeddings import minilm

    return minilm.english_words()


class Vocabulary(Protocol):
    """What is known of the words of all plans."""

    def has(self, key: str) -> bool:
        """True where any task has this key."""

    def words(self) -> frozenset[str]:
        """The English words of all tasks, in small letters."""


@dataclass(frozen=True, slots=True)
class Correction:
    """A word that occurs nowhere, and the word searched instead. completed: the one begins with the other."""

    typed: str
    searched: str
    completed: bool = False


def corrected(
    query: str, vocabulary: Vocabulary, known_words: Callable[[], Collection[str]]
) -> tuple[str, tuple[Correction, ...]]:
    """The query with each misspelt word as the likeliest word of the plans or the lexicon.

    known_words: gives those of the lexicon, which are never corrected; called where a word is in no plan.
    """
    if not _WORD.search(plain(query)):
        return query, ()
    corrections: list[Correction] = []

    def occurs(typed: str) -> bool:
        return all(vocabulary.has(stem) or stem in _stems(frozenset(known_words())) for stem in stems_of(typed))

    def one_word(match: re.Match[str]) -> str:
        joined = match[1] + match[2]
        if (occurs(match[1]) and occurs(match[2])) or joined.lower() not in known_words():
            return match.group()
        corrections.append(Correction(match.group(), joined))
        return joined

    def word_meant(match: re.Match[str]) -> str:
        typed = match.group()
        # An English word that no plan has is none that is misspelt: "bread" is not "broad".
        if occurs(typed) or typed.lower() in _english_words():
            return typed
        words = vocabulary.words()
        found = (
            _completion(typed.lower(), words)
            or _nearest(typed.lower(), known_words(), words)
            or _two_words(typed.lower(), known_words())
        )
        if found is None:
            return typed
        corrections.append(Correction(typed, found, found.startswith(typed.lower())))
        return found

    return _WORD.sub(word_meant, _PAIR.sub(one_word, plain(query))), tuple(corrections)


@cache
def _stems(words: frozenset[str]) -> frozenset[str]:
    return frozenset(stem for word in words for stem in stems_of(word))


def _completion(typed: str, words: Collection[str]) -> str | None:
    """The one word, in its shortest form, that begins with what was typed."""
    longer = [word for word in words if word.startswith(typed)]
    return min(longer, key=len) if len({stems_of(word) for word in longer}) == 1 else None


def _two_words(typed: str, known: Collection[str]) -> str | None:
    """The word as two words of the lexicon that were written as one."""
    cuts = range(4, len(typed) - 3)
    return next((f"{typed[:cut]} {typed[cut:]}" for cut in cuts if {typed[:cut], typed[cut:]} <= set(known)), None)


def _nearest(typed: str, known: Collection[str], words: Collection[str]) -> str | None:
    """The nearest word with the same first letter: of equally near ones that of the lexicon, then that of the plans."""
    from rapidfuzz import process
    from rapidfuzz.distance import OSA

    if len(typed) < _LEAST_LETTERS:
        return None
    candidates = sorted(
        word for word in {*known, *(words if len(typed) >= _SURE_LETTERS else ())} if word[0] == typed[0]
    )
    most = 2 if len(typed) >= _LONG else 1
    near = process.extract(typed, candidates, scorer=OSA.distance, score_cutoff=most, limit=None)
    return (
        min(near, key=lambda found: (found[1], found[0] not in known, found[0] not in words, found[0]))[0]
        if near
        else None
    )
