"""Texts as lines of stems, in which phrases are found by one regular expression."""

from __future__ import annotations

import re
import unicodedata
from array import array
from collections.abc import Iterable
from functools import cache, lru_cache
from typing import Any

from ..lexicon import loader

_TOKEN = re.compile(
    r"(?P<ip>\bintellectual[ -]property(?: rights?)?\b|\bIPR?s?\b)|(?P<end>[.!?](?=\s|$)|[。！？])|(?P<list>[,;:，；：、]|\b(?:and|or)\b|和|与|及)"
    r"|\d{1,3}(?:,\d{3})+(?!\d)|[A-Za-z0-9]+|[\u3400-\u9fff\uf900-\ufaff]",
    re.IGNORECASE,
)
_MARKERS = {"ip": "ip", "end": "|", "list": "&"}
_IZE = re.compile(r"(\w{4,})i[sz](?:e|ed|es|ing|ations?)")
_WORD = re.compile(r"[a-z]{4,}")
# Number of the sentence, start and end in the text.
Span = tuple[int, int, int]


@lru_cache(maxsize=65536)
def _stem(word: str) -> str:
    """The word without its ending. "Industrialisation" keeps its -iz-, so that it is not taken for "industry"."""
    lexical = loader.table("synonyms")
    word = lexical["spellings"].get(word.lower(), word.lower()).replace(",", "")
    if word.removesuffix("s") in lexical["unstemmed"]:
        return word.removesuffix("s")
    if making := _IZE.fullmatch(word):
        return f"{_stemmer().stemWord(making[1])}iz"
    stem: str = _stemmer().stemWord(word)
    return stem


@cache
def _stemmer() -> Any:
    import Stemmer

    return Stemmer.Stemmer("english")


@cache
def _stop_words() -> frozenset[str]:
    return frozenset(loader.table("synonyms")["stop_words"])


def _tokens(text: str) -> list[tuple[str, int, int]]:
    """The words that are compared: stem, start and end in the text. Stop words are left out.

    A Chinese character stands for itself, `ip` for "intellectual property rights", `|` for the end of a sentence, and `&`
    for what parts or joins a list, which a phrase does not bridge unless it has it too.
    """
    found: list[tuple[str, int, int]] = []
    stop_words = _stop_words()
    for match in _TOKEN.finditer(text):
        stem = _MARKERS[match.lastgroup] if match.lastgroup else _stem(match.group())
        if stem not in stop_words and not (stem == "&" and found and found[-1][0] == "&"):
            found.append((stem, *match.span()))
    return found


def plain(text: str) -> str:
    """The text without accents, as pinyin has them, and with compatibility characters in their usual form."""
    return "".join(char for char in unicodedata.normalize("NFKD", text) if not unicodedata.combining(char))


def stems_of(text: str) -> tuple[str, ...]:
    """The stems of a query or term."""
    return tuple(stem for stem, _, _ in _tokens(plain(text)) if stem != "|")


def typed_words(text: str) -> dict[str, str]:
    """The stems of a text, to the words that they were made of."""
    text = plain(text)
    return {stem: text[start:end] for stem, start, end in _tokens(text)}


def words_of(text: str) -> frozenset[str]:
    """The English words of a text in small letters: those that a misspelt word is compared with."""
    return frozenset(_WORD.findall(plain(text).lower()))


class StemmedText:
    """A task's text as a line of stems.

    line: the stems, each between two spaces. offsets: start and end of each in the text, one after the other. Both may be
    given where they have been computed before.
    """

    __slots__ = ("line", "offsets", "text")

    def __init__(self, text: str, line: str | None = None, offsets: array[int] | None = None) -> None:
        if line is None or offsets is None:
            tokens = _tokens(text)
            line = " " + " ".join(stem for stem, _, _ in tokens) + " "
            offsets = array("I", (offset for _, start, end in tokens for offset in (start, end)))
        self.text, self.line, self.offsets = text, line, offsets

    def spans(self, pattern: re.Pattern[str]) -> list[Span]:
        """The matches of a phrase in the line of stems."""
        spans = []
        for match in pattern.finditer(self.line):
            first = self.line.count(" ", 0, match.start())
            last = first + match.group().strip().count(" ")
            sentence = self.line.count("|", 0, match.start())
            spans.append((sentence, self.offsets[2 * first], self.offsets[2 * last + 1]))
        return spans

    def in_sentences(self, places: Iterable[tuple[int, int]]) -> list[Span]:
        """These places of the text with the numbers of their sentences."""
        ends = [self.offsets[2 * position + 1] for position, stem in enumerate(self.line.split()) if stem == "|"]
        return [(sum(end <= start for end in ends), start, stop) for start, stop in places]


def phrase_pattern(phrases: Iterable[tuple[str, ...]]) -> re.Pattern[str]:
    """Finds any of the phrases in a line of stems. "Intellectual property" may stand between any two words of a phrase;
    `~` is up to three words of the same sentence.
    """
    expressions = []
    for phrase in sorted(phrases, key=len, reverse=True):
        steps = [r"(?: [^ |]+){0,3}?" if stem == "~" else " " + re.escape(stem) for stem in phrase]
        expressions.append("(?: ip)?".join(steps))
    return re.compile(f"(?:{'|'.join(expressions)})(?= )")


def phrase_stems(words: str) -> tuple[str, ...]:
    """A phrase of the lexicon as stems, with its gaps."""
    parts = [stems_of(part) for part in words.split("~")]
    return tuple(stem for i, part in enumerate(parts) for stem in (("~", *part) if i else part))
