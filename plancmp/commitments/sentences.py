"""The sentences of a text, and the stretches of it that are never split."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterator, Sequence

from ..lexicon import loader
from ..text import CHINESE, quoted_spans

Span = tuple[int, int]

# What is no part of a commitment at its beginning and end.
EDGES = " .;,。；，！？!?"
# Bracketed text that is longer, in characters, may hold commitments.
_LONGEST_BRACKETS = 80

_SENTENCE_END = {
    "en": re.compile(rf"(?<=[.;!?])[\"”)]?\s+(?=[A-Z“\"(\d{CHINESE}])"),
    "zh": re.compile(r"(?<=[。；！？;])\s*"),
}
_LAST_WORD = re.compile(r"(?:^|[\s(\"“])((?:[^\W\d_]\.)+[^\W\d_]|[^\W\d_]+)\.$")
_FIRST_WORD = re.compile(r"\w+")
_INITIALS = re.compile(r"(?:[^\W\d_]\.)*[^\W\d_]")
_SENTENCE_OPENER = re.compile(r"(?:The|This|These|Those|That|We|It|They|In|On|By|As|For|To|A|An)\b")


def sentences(text: str, language: str) -> Iterator[Span]:
    """Spans of the sentences of a text.

    A full stop inside brackets or quotation marks ends no sentence, nor does that of an abbreviation (U.S., No. 5, Dr.).
    """
    start = 0
    protected = protected_spans(text)
    for match in _SENTENCE_END[language].finditer(text):
        if inside(match.start(), protected) or (language == "en" and _is_abbreviation(text, match)):
            continue
        yield start, match.start() + len(match.group().rstrip())
        start = match.end()
    if start < len(text):
        yield start, len(text)


def _is_abbreviation(text: str, end: re.Match[str]) -> bool:
    """True where the full stop before a possible end of sentence belongs to an abbreviation."""
    if text[end.start() - 1] != ".":
        return False
    word = _LAST_WORD.search(text, max(0, end.start() - 24), end.start())
    if not word:
        return False
    lists = loader.table("promises")["en"]
    name = word.group(1).replace(".", "").casefold()
    if name in lists["numbered_abbreviations"]:
        return text[end.end() : end.end() + 1].isdigit()
    if _INITIALS.fullmatch(word.group(1)):
        # "in the U.S. The agency", "in the U.S. Promote": what begins like a sentence is one.
        following = _FIRST_WORD.match(text, end.end())
        begins = following and following.group().casefold() in loader.table("actions")["en"]["verbs"]
        return not begins and not _SENTENCE_OPENER.match(text, end.end())
    return name in lists["abbreviations"]


def inside(offset: int, spans: Sequence[Span], at_start: bool = False) -> bool:
    """True for an offset inside one of the spans (sorted, disjoint). at_start: the first offset of a span counts as inside."""
    index = bisect_left(spans, (offset + at_start, 0)) - 1
    return index >= 0 and offset < spans[index][1]


_BRACKETS = re.compile(rf"[(（\[][^()（）\[\]]{{1,{_LONGEST_BRACKETS}}}[)）\]]")


def protected_spans(text: str) -> list[Span]:
    """Spans that are never split: quotations, and brackets of up to 80 characters."""
    return _union(quoted_spans(text) + [m.span() for m in _BRACKETS.finditer(text)])


def _union(spans: list[Span]) -> list[Span]:
    merged: list[Span] = []
    for start, end in sorted(spans):
        if merged and start < merged[-1][1]:
            merged[-1] = (merged[-1][0], max(end, merged[-1][1]))
        else:
            merged.append((start, end))
    return merged
