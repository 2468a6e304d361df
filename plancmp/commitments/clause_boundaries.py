"""Where, inside a sentence, a new commitment begins: at a verb that has an object of its own, or at a new subject."""

from __future__ import annotations

import itertools
import re
from bisect import bisect_left
from collections.abc import Iterator, Sequence
from functools import cache, partial

from ..lexicon import loader
from .sentences import EDGES, Span, inside

# Shorter rests of a text, in characters, are stray punctuation or letters.
SHORTEST = 4
# A shorter English clause, in characters, has a verb without an object.
_SHORTEST_EN = 12

_JOINT = {
    "en": re.compile(
        r",\s+(?:and\s+(?:then\s+)?|as well as\s+|while\s+|then\s+)?|;\s+(?:and\s+)?|\s+and\s+(?:then\s+)?"
    ),
    "zh": re.compile(r"[，,；;](?:并且|并|且|和|同时|还|再)?"),
}
MODAL = re.compile(r"\b(?:will|should|shall|must)\s+(?:be\s+)?(?:\w+ly\s+)?\w+")
_WORD = re.compile(r"[^\W\d_][\w’'-]*")
_EVIDENCE = re.compile(
    r"\s+(?:the|an?|its?|their|his|her|our|them|it|this|that|these|those|all|every|each|both|any|some|no|more|up|down|out|one|two|"
    r"three|four|five|six|seven|eight|nine|ten|what|how|where|whether|on|forward|in|off|over|\d[\d,.]*|[“\"])(?=\W|$)|\s+\d|\s*[“\"]"
)
_NO_OBJECT = re.compile(
    r"\s*(?:[,.;:)]|$|(?:of|and|or|in|for|by|at|from|is|are|as|will|should|shall|must|can|may)\b)", re.IGNORECASE
)

_COORDINATE = re.compile(r"\s+(?:and|or)\s+(\w+)")
# What no object can follow.
_ENDS = re.compile(r"\s*(?:[,.;)]|$|of\b)")
_DETERMINER = re.compile(r"(?:the|an?|its|their|we|these|more)\b", re.IGNORECASE)


@cache
def _words(name: str) -> frozenset[str]:
    """Words of a list of the English actions, with both spellings of -ize."""
    words = loader.table("actions")["en"][name]
    return frozenset(words) | {word[:-3] + "ize" for word in words if word.endswith("ise")}


@cache
def _verb_zh() -> re.Pattern[str]:
    return re.compile("|".join(sorted(loader.table("actions")["zh"]["verbs"], key=len, reverse=True)))


@cache
def _openings(language: str, name: str) -> re.Pattern[str]:
    """Pattern of what a text begins with: one of a list of patterns of the actions (lexicon/actions.toml)."""
    edge = r"\b" if language == "en" else ""
    return re.compile(f"(?:{'|'.join(loader.table('actions')[language][name])}){edge}", re.IGNORECASE)


def _begins_clause(sentence: str, joint: re.Match[str], language: str) -> bool:
    """True where what follows a joint has a verb and an object of its own."""
    if language == "zh":
        # Commas part clauses in Chinese: the members of a list are parted by 、.
        return not _openings(language, "continuations").match(sentence, joint.end())
    position = joint.end()
    comma = joint.group().lstrip().startswith((",", ";"))
    passed_over = _words("adverbs") | {"we", "will", "also", "not"} | ({"to"} if "and" in joint.group() else set())
    adverbial = False
    for match in _WORD.finditer(sentence, position, position + 120):
        if sentence[position : match.start()].strip():
            return False
        word, position = match.group().casefold(), match.end()
        if word in _words("verbs") or word in _words("nouns_too"):
            if coordinate := _COORDINATE.match(sentence, position):
                following = coordinate.group(1).casefold()
                if following in _words("verbs") or following in _words("nouns_too"):
                    return not _ENDS.match(sentence, coordinate.end())
            if word == "have" and not comma:
                return False  # "that involve an area and have an impact"
            if word in _words("verbs"):
                return not _ENDS.match(sentence, position)
            return bool(_EVIDENCE.match(sentence, position)) or (
                (comma or adverbial) and not _NO_OBJECT.match(sentence, position)
            )
        if word in passed_over or (word.endswith("ly") and len(word) > 4) or (adverbial and word == "and"):
            adverbial = True
            continue
        return adverbial and word.endswith("ing") and joint.group().strip() != "and"
    return False


def clauses(sentence: str, language: str, protected: Sequence[Span]) -> Iterator[Span]:
    """Spans of the clauses of one sentence or part of it: each has a verb and an object of its own."""
    joints = [m for m in _JOINT[language].finditer(sentence) if not inside(m.start(), protected, at_start=True)]
    cuts = [joint.span() for joint in joints if _begins_clause(sentence, joint, language)]
    if language == "en":
        cuts = _with_subjects(sentence, joints, cuts)
    start = 0
    opened = False
    for cut_start, cut_end in sorted(cuts):
        before = sentence[start:cut_start]
        if not opened and _only_introduces(before, language):
            opened = True
        elif not _lacks_object(before, sentence[cut_start:cut_end], language):
            yield start, cut_start
            start, opened = cut_end, False
    if start < len(sentence):
        yield start, len(sentence)


def _only_introduces(before: str, language: str) -> bool:
    """True for a phrase without a verb that opens a clause: "At the frontier, ...", 围绕重点产业，……"""
    text = before.strip(EDGES)
    opening = _openings(language, "prepositions").match(text)
    if not opening:
        return False
    return not (_verb_zh().search(text, opening.end()) if language == "zh" else MODAL.search(text))


def _lacks_object(before: str, joint: str, language: str) -> bool:
    """True where a verb has no object yet: "build and improve the database" is one clause."""
    if language == "zh":
        return len(before.strip()) < SHORTEST
    words = [word.casefold().strip(",") for word in before.split()]
    if len(before.strip()) < _SHORTEST_EN or all(word in _verb_phrase_words() for word in words):
        return True
    if "," in joint and re.search(r"\b(?:will|should|shall|must)(?:\s+\w+)?\s+\w+\s*$", before):
        return False  # "The system will improve, ..."
    if len(words) < 2:
        return False
    last, previous = words[-1], words[-2]
    if last in _words("verbs") or last in _words("adverbs") or last.endswith("ly"):
        # "In view of A, establish and improve": the verb stands alone behind the comma.
        alone = before.split()[-2].endswith(",")
        return alone or previous in ("to", "and", "not") or previous in _words("adverbs") or previous.endswith("ly")
    return last in _words("nouns_too") and (previous in ("to", "not") or previous.endswith("ly"))


# "will be established and implemented, and ..."
_PARTICIPLE = re.compile(r"(?:\w+ly\s+)?\w+ed\b(?=\s*(?:,|;|\.|$)|\s+(?:and|or|by|in|to|for|through|with|at|on|as)\b)")


_BE = re.compile(r"\bbe\b")
_INFINITIVE = re.compile(r"\bto\s+\w+")


def _with_subjects(sentence: str, joints: Sequence[re.Match[str]], cuts: list[Span]) -> list[Span]:
    """The cuts of a sentence some of whose clauses have subjects ("A will be improved and B will be built").

    Between two of its predicates one joint ends the first clause; behind that joint a word that looks like a verb is part
    of the second subject ("prevention and control system").
    """
    modals = list(MODAL.finditer(sentence))
    if not modals:
        return cuts
    starts = [start for start, _ in cuts]
    joint_starts = [joint.start() for joint in joints]
    first = modals[0].start()
    kept = cuts[: bisect_left(starts, first)] if is_imperative(sentence) else []
    for modal, following in zip(modals, [*modals[1:], None], strict=True):
        end = following.start() if following else len(sentence)
        inner = cuts[bisect_left(starts, modal.end()) : bisect_left(starts, end)]
        active = not _BE.search(modal.group()) or _INFINITIVE.search(sentence, modal.end(), end)
        if following:
            between = joints[bisect_left(joint_starts, modal.end()) : bisect_left(joint_starts, end)]
            candidates = [
                joint for joint in between if joint.end() <= end and not _PARTICIPLE.match(sentence, joint.end())
            ]
            last = max(candidates, key=partial(_rank, sentence, modal), default=None)
            inner = [cut for cut in inner if last is not None and cut[0] < last.start()]
            kept.extend([last.span()] if last is not None else [])
        kept.extend(inner if active else [])
    return sorted(set(kept))


def _rank(sentence: str, modal: re.Match[str], joint: re.Match[str]) -> tuple[int, int]:
    """How likely a joint is to part two clauses with subjects: the kind of joint, then its offset.

    A joint right behind a predicate is the best; lists end predicates more often than they begin subjects.
    """
    words = joint.group()
    if ";" in words or not sentence[modal.end() : joint.start()].strip():
        return 4, -joint.start()
    if "," in words and "and" in words:
        return 3, joint.start()
    determined = _DETERMINER.match(sentence, joint.end())
    return ("," in words) + bool(determined), -joint.start()


def is_imperative(sentence: str, sure: bool = False) -> bool:
    """True where a sentence begins with a verb, adverbs before it passed over. sure: not with a word that may be a noun."""
    for match in itertools.islice(_WORD.finditer(sentence), 4):
        word = match.group().casefold()
        if word in _words("verbs"):
            return True
        if word in _words("nouns_too"):
            return not sure or bool(_EVIDENCE.match(sentence, match.end()))
        if word not in _words("adverbs") and not word.endswith("ly"):
            return False
    return False


@cache
def _verb_phrase_words() -> frozenset[str]:
    return (
        _words("verbs")
        | _words("nouns_too")
        | _words("adverbs")
        | {"and", "to", "we", "will", "out", "down", "up", "on"}
    )
