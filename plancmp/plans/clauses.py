"""Responsibility clauses: their spans in a text, and the bodies that they name.

The bodies and their printed forms are data (lexicon/bodies.toml). What a clause says besides names is a closed list of
connectors, so that a word which is neither is reported as a body that the lexicon lacks.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from functools import cache, lru_cache

from ..lexicon import loader
from ..model import Body
from ..text import CJK, fold, normalise, straight_quotes

CUE = re.compile(
    r"\b(?:responsible|in (?:the )?charge|responsibilit(?:y|ies)|will be done|take the lead|led by)\b|负责|牵头|参与|配合|落实",
    re.IGNORECASE,
)
BRACKET = re.compile(r"[()（）]")
_TAKES_LEAD = re.compile(r"[^，,;；()（）]{0,40}?牵头")
_LEADERSHIP = re.compile(r"\bunder\s+(?:the\s+)+leadership\s+of\b|\bled by\b", re.IGNORECASE)
_CONNECTORS = frozenset(
    [
        "the",
        "and",
        "in",
        "charge",
        "of",
        "is",
        "are",
        "be",
        "shall",
        "will",
        "responsible",
        "according",
        "to",
        "division",
        "responsibilities",
        "responsibility",
        "this",
        "done",
        "by",
        "with",
        "accordance",
        "their",
        "respective",
        "respectively",
        "its",
        "based",
        "on",
        "under",
        "leadership",
        "take",
        "takes",
        "lead",
        "led",
        "jointly",
        "each",
        "or",
        "as",
        "well",
        "for",
        "together",
        "s",
    ]
)
_CN_CONNECTORS = re.compile(
    r"按照?(?:各自)?职责(?:分工)?|按(?:照)?分工|根据职责分工|分别|各自|共同|会同|联合|具体|负责(?:落实)?|牵头|配合|参与|落实|组织实施|实施|等|和|及|与|、"
)


def brackets(text: str) -> list[tuple[int, int]]:
    """Spans of the outermost brackets, full- and half-width alike; one that is never closed runs to the end."""
    spans, depth, start = [], 0, 0
    for sign in BRACKET.finditer(text):
        if sign.group() in "(（":
            if depth == 0:
                start = sign.start()
            depth += 1
        elif depth:
            depth -= 1
            if depth == 0:
                spans.append((start, sign.end()))
    if depth:
        spans.append((start, len(text)))
    return spans


@lru_cache(maxsize=8192)
def clauses(text: str) -> tuple[tuple[int, int], ...]:
    """Spans of the responsibility clauses in the text, brackets included.

    A clause is a bracket that says who is responsible, or holds nothing but names of bodies and ends the text.
    """
    found = []
    last = len(text.rstrip(' .。”"'))
    for start, end in brackets(text):
        inner = text[start + 1 : end].rstrip(")） .。")
        if not inner.strip():
            continue
        closed = text[end - 1] in ")）"
        ends_text = end >= last
        if CUE.search(inner):
            if ends_text or (closed and bodies_of(text[start:end])[0]):
                found.append((start, end))
        elif ends_text:
            named, unknown = bodies_of(text[start:end])
            if named and not unknown:
                found.append((start, end))
    return tuple(found)


@cache
def _whole_clauses() -> dict[str, loader.BodyEntry]:
    return {fold(form): entry for entry in loader.bodies().values() for form in entry.whole_clause}


def bodies_of(clause: str) -> tuple[list[Body], list[str]]:
    """The bodies that a clause names, in order, each once, and the words in it that were not understood.

    Longest form first, without regard to case (lexicon/bodies.toml). A body after "under the leadership of" or
    before 牵头 leads.
    """
    plain = straight_quotes(normalise(clause)).strip()
    inner = plain.strip("()（）.。 ")
    folded = inner.casefold()
    if entry := _whole_clauses().get(folded):
        return [Body(entry.id, entry.name, inner, doubtful=True)], []
    if len(folded) != len(inner):
        inner = folded
    leadership = _LEADERSHIP.search(inner)
    found: dict[str, Body] = {}
    order: list[tuple[int, str]] = []
    unknown: list[str] = []
    position = 0

    def leads(start: int, end: int) -> bool:
        if leadership and start >= leadership.end():
            return not inner[leadership.end() : start].strip().removeprefix("the").strip()
        return bool(_TAKES_LEAD.match(inner, end))

    def between(start: int, end: int) -> None:
        for piece, offset in _unknown_names(inner, start, end):
            body = Body(None, piece, piece, leads(offset, offset + len(piece)))
            if body.key not in found:
                found[body.key] = body
                order.append((offset, body.key))
                unknown.append(piece)

    for match in loader.body_pattern().finditer(folded):
        if CJK.search(match.group()) and _inside_longer_name(folded, match):
            continue
        between(position, match.start())
        position = match.end()
        body_id, doubtful = loader.body_forms()[match.group()]
        body = Body(
            body_id,
            loader.bodies()[body_id].name,
            inner[match.start() : match.end()],
            leads(match.start(), match.end()),
            doubtful,
        )
        if body_id not in found:
            found[body_id] = body
            order.append((match.start(), body_id))
        elif body.lead:
            found[body_id] = replace(found[body_id], lead=True)
    between(position, len(inner))
    return [found[key] for _, key in order], unknown


def _inside_longer_name(folded: str, match: re.Match[str]) -> bool:
    """True for 知识产权局 in 省知识产权局: a Chinese form is a body of its own only between separators."""
    before = folded[max(0, match.start() - 40) : match.start()]
    if not before or not CJK.match(before[-1]) or re.search(r"(?:由|和|及|与|会同|联合|同|牵头|配合)$", before):
        return False
    return not any(known.end() == len(before) for known in loader.body_pattern().finditer(before))


def _unknown_names(inner: str, start: int, end: int) -> Iterator[tuple[str, int]]:
    """Names that the lexicon lacks in inner[start:end], with their character offsets in inner."""
    stretch = inner[start:end]
    if CJK.search(stretch):
        for match in re.finditer(r"[^、，,;；:：()（）\s]+", stretch):
            piece = _CN_CONNECTORS.sub(" ", match.group()).strip()
            if len(piece) >= 2:
                first = piece.split(" ")[0]
                if len(first) >= 2:
                    yield first, start + match.start()
        return
    for match in re.finditer(r"[^,;:.()、，；：。（）]+", stretch):
        words = match.group().split()
        while words and words[0].casefold() in _CONNECTORS:
            words.pop(0)
        while words and words[-1].casefold().strip("'") in _CONNECTORS:
            words.pop()
        if words and any(word.casefold() not in _CONNECTORS for word in words):
            yield " ".join(words), start + match.start()
