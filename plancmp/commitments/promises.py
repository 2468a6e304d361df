"""What is no promise: purposes, frames, narration about the past, background and definitions (lexicon/promises.toml)."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import cache

from ..lexicon import loader
from ..text import any_of, lowered
from .clause_boundaries import MODAL, is_imperative
from .sentences import EDGES, Span, inside


@cache
def _compiled(language: str, name: str) -> re.Pattern[str]:
    return any_of(loader.table("promises")[language][name])


_NEXT_CLAUSE = re.compile(r",\s+and\s|[；;]")


def purposes(sentence: str, language: str, protected: Sequence[Span]) -> list[Span]:
    """Spans of the purposes of a sentence ("so as to ...", 以便…), one that opens it ("In order to ...,") among them."""
    small = lowered(sentence)
    spans: list[Span] = []
    comma = re.compile(r"[，；;]" if language == "zh" else r"[,;]\s")
    for match in _compiled(language, "purposes").finditer(small):
        if inside(match.start(), protected) or (spans and match.start() < spans[-1][1]):
            continue
        opens = not sentence[: match.start()].strip(EDGES)
        stop = next((m for m in comma.finditer(sentence, match.end()) if not inside(m.start(), protected)), None)
        if opens and not stop:
            continue  # a purpose alone: the sentence has nothing else
        if not opens and stop and _compiled(language, "long_purposes").search(match.group()):
            stop = stop if _NEXT_CLAUSE.match(sentence, stop.start()) else None
        spans.append((match.start(), stop.start() if stop else len(sentence)))
    return spans


def is_promise(words: str, language: str) -> bool:
    """False for narration about the past, background, definitions, and what stands in brackets alone.

    words: a sentence or a clause.
    """
    bare = words.strip(EDGES)
    if not bare or (bare[0] in "(（[" and bare[-1] in ")）]" and not re.search(r"[)）\]]", bare[1:-1])):
        return False
    small = lowered(bare)
    if _compiled(language, "frames").match(small):
        return False
    if language == "zh":
        return not _compiled(language, "narration").search(small)
    if MODAL.search(small) or any(is_imperative(part, sure=True) for part in re.split(r"[,;:]\s", bare)):
        return True
    # What is said in quotation marks or in a relative clause says nothing about the sentence.
    plain = re.sub(r"[“\"][^“”\"]{0,200}[”\"]|,?\s+(?:(?:in |of |to |for )?which|that|who|whose|where)\b.*", " ", small)
    return not _compiled(language, "narration").search(plain)
