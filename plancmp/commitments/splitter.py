"""Splitting the text of a task into its commitments: action, strength, object (CODEBOOK "Units").

English and Chinese take the same steps, each with its own lexicon (actions.toml, promises.toml): sentences; purposes and
frames, which are no promises; clauses, which begin where a new verb has a new object; and, where one verb governs a list of
laws or other instruments, one commitment for each member. What is left between the spans is punctuation and "and".
"""

from __future__ import annotations

import itertools
import re
from bisect import bisect_left
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cache, lru_cache, partial

from ..lexicon import loader
from ..model import Commitment, Task
from ..text import CHINESE, CJK, any_of, fold, is_cjk, lowered, quoted_spans
from . import objects
from .strength import campaigns_in, strength

Span = tuple[int, int]

_EDGES = " .;,。；，！？!?"
# Shorter rests of a text, in characters, are stray punctuation or letters.
_SHORTEST = 4


@dataclass(frozen=True, slots=True)
class _Cut:
    """A stretch of a text: its span, the span of the verb phrase that stands earlier, the words that follow a list."""

    span: Span
    verb: Span | None = None
    tail: Span | None = None
    is_promise: bool = True


_SENTENCE_END = {
    "en": re.compile(rf"(?<=[.;!?])[\"”)]?\s+(?=[A-Z“\"(\d{CHINESE}])"),
    "zh": re.compile(r"(?<=[。；！？;])\s*"),
}
_LAST_WORD = re.compile(r"(?:^|[\s(\"“])((?:[^\W\d_]\.)+[^\W\d_]|[^\W\d_]+)\.$")
_INITIALS = re.compile(r"(?:[^\W\d_]\.)*[^\W\d_]")
_SENTENCE_OPENER = re.compile(r"(?:The|This|These|Those|That|We|It|They|In|On|By|As|For|To|A|An)\b")


def sentences(text: str, language: str) -> Iterator[Span]:
    """Spans of the sentences of a text.

    A full stop inside brackets or quotation marks ends no sentence, nor does that of an abbreviation (U.S., No. 5, Dr.).
    """
    start = 0
    protected = _protected_spans(text)
    for match in _SENTENCE_END[language].finditer(text):
        if _inside(match.start(), protected) or (language == "en" and _is_abbreviation(text, match)):
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
        # "in the U.S. The agency": what begins like a sentence is one.
        return not _SENTENCE_OPENER.match(text, end.end())
    return name in lists["abbreviations"]


def _inside(offset: int, spans: Sequence[Span], at_start: bool = False) -> bool:
    """True for an offset inside one of the spans (sorted, disjoint). at_start: the first offset of a span counts as inside."""
    index = bisect_left(spans, (offset + at_start, 0)) - 1
    return index >= 0 and offset < spans[index][1]


_BRACKETS = re.compile(r"[(（\[][^()（）\[\]]{1,80}[)）\]]")


def _protected_spans(text: str) -> list[Span]:
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


@cache
def _compiled(language: str, name: str) -> re.Pattern[str]:
    return any_of(loader.table("promises")[language][name])


_NEXT_CLAUSE = re.compile(r",\s+and\s|[；;]")


def _asides(sentence: str, language: str, protected: Sequence[Span]) -> list[Span]:
    """Spans of the purposes of a sentence ("so as to ...", 以便…) and of a purpose that opens it ("In order to ...,")."""
    small = lowered(sentence)
    asides: list[Span] = []
    comma = re.compile(r"[，；;]" if language == "zh" else r"[,;]\s")
    for match in _compiled(language, "purposes").finditer(small):
        if _inside(match.start(), protected) or (asides and match.start() < asides[-1][1]):
            continue
        opens = not sentence[: match.start()].strip(_EDGES)
        stop = next((m for m in comma.finditer(sentence, match.end()) if not _inside(m.start(), protected)), None)
        if opens and not stop:
            continue  # a purpose alone: the sentence has nothing else
        if not opens and stop and match.group().strip(" ,，").startswith(_TO_THE_END):
            stop = stop if _NEXT_CLAUSE.match(sentence, stop.start()) else None
        asides.append((match.start(), stop.start() if stop else len(sentence)))
    return asides


# What these open goes on behind a comma: "so as to promote A, strengthen B and build C".
_TO_THE_END = ("so as to", "in order to", "thereby", "thus", "以便", "从而", "以期")


_JOINT = {
    "en": re.compile(
        r",\s+(?:and\s+(?:then\s+)?|as well as\s+|while\s+|then\s+)?|;\s+(?:and\s+)?|\s+and\s+(?:then\s+)?"
    ),
    "zh": re.compile(r"[，,；;](?:并且|并|且|和|同时|还|再)?"),
}
_MODAL = re.compile(r"\b(?:will|should|shall|must)\s+(?:be\s+)?(?:\w+ly\s+)?\w+")
_WORD = re.compile(r"[^\W\d_][\w’'-]*")
_EVIDENCE = re.compile(
    r"\s+(?:the|an?|its?|their|his|her|our|them|it|this|that|these|those|all|every|each|both|any|some|no|more|up|down|out|one|two|"
    r"three|four|five|six|seven|eight|nine|ten|what|how|where|whether|on|forward|in|off|over|\d[\d,.]*|[“\"])(?=\W|$)|\s+\d|\s*[“\"]"
)
_NO_OBJECT = re.compile(
    r"\s*(?:[,.;:)]|$|(?:of|and|or|in|for|by|at|from|is|are|as|will|should|shall|must|can|may)\b)", re.IGNORECASE
)


@cache
def _words(name: str) -> frozenset[str]:
    """Words of a list of the English actions, with both spellings of -ize."""
    words = loader.table("actions")["en"][name]
    return frozenset(words) | {word[:-3] + "ize" for word in words if word.endswith("ise")}


@cache
def _verb_zh() -> re.Pattern[str]:
    return re.compile("|".join(sorted(loader.table("actions")["zh"]["verbs"], key=len, reverse=True)))


# What goes on with the clause before it: parts of a whole, examples.
_CONTINUATION_ZH = re.compile(r"其中|包括|特别|尤其|以及|即|含|例如|比如|如|等|使|让|不(?!断)|或|到\d{4}年|力争到")
_PREPOSITION_ZH = re.compile(
    r"在|对|以|将|把|由|向|为|与|就|从|按|依|根据|通过|结合|针对|面向|围绕|聚焦|依托|坚持|到|至|于|自|当|随着|同时|此外|充分|立足|突出|\d{4}年|今年|明年|年内"
)


def _begins_clause(sentence: str, joint: re.Match[str], language: str) -> bool:
    """True where what follows a joint has a verb and an object of its own."""
    if language == "zh":
        # Commas part clauses in Chinese: the members of a list are parted by 、.
        return not _CONTINUATION_ZH.match(sentence, joint.end())
    position = joint.end()
    comma = joint.group().lstrip().startswith((",", ";"))
    passed_over = _words("adverbs") | {"we", "will", "also", "not"} | ({"to"} if "and" in joint.group() else set())
    adverbial = False
    for match in _WORD.finditer(sentence, position, position + 120):
        if sentence[position : match.start()].strip():
            return False
        word, position = match.group().casefold(), match.end()
        if word in _words("verbs") or word in _words("nouns_too"):
            if coordinate := re.match(r"\s+(?:and|or)\s+(\w+)", sentence[position:]):
                following = coordinate.group(1).casefold()
                if following in _words("verbs") or following in _words("nouns_too"):
                    return not re.match(r"\s*(?:[,.;)]|$|of\b)", sentence[position + coordinate.end() :])
            rest = sentence[position:]
            if word == "have" and not comma:
                return False  # "that involve an area and have an impact"
            if word in _words("verbs"):
                return not re.match(r"\s*(?:[,.;)]|$|of\b)", rest)
            return bool(_EVIDENCE.match(rest)) or ((comma or adverbial) and not _NO_OBJECT.match(rest))
        if word in passed_over or (word.endswith("ly") and len(word) > 4) or (adverbial and word == "and"):
            adverbial = True
            continue
        return adverbial and word.endswith("ing") and joint.group().strip() != "and"
    return False


def _clauses(sentence: str, language: str, protected: Sequence[Span]) -> Iterator[Span]:
    """Spans of the clauses of one sentence or part of it: each has a verb and an object of its own."""
    joints = [m for m in _JOINT[language].finditer(sentence) if not _inside(m.start(), protected, at_start=True)]
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


_PREPOSITION = re.compile(
    r"(?:in|at|on|under|after|before|from|by|through|with|within|for|to|during|as|based on|across|along|since|until|throughout|following|"
    r"focusing on|according to|relying on|around|beyond|where|when|while|if)\b",
    re.IGNORECASE,
)


def _only_introduces(before: str, language: str) -> bool:
    """True for a phrase without a verb that opens a clause: "At the frontier, ...", 围绕重点产业，……"""
    text = before.strip(_EDGES)
    if language == "zh":
        opening = _PREPOSITION_ZH.match(text)
        return bool(opening) and not _verb_zh().search(text, opening.end() if opening else 0)
    return bool(_PREPOSITION.match(text)) and not _MODAL.search(text)


def _lacks_object(before: str, joint: str, language: str) -> bool:
    """True where a verb has no object yet: "build and improve the database" is one clause."""
    if language == "zh":
        return len(before.strip()) < _SHORTEST
    words = [word.casefold().strip(",") for word in before.split()]
    if len(before.strip()) < 12 or all(word in _verb_phrase_words() for word in words):
        return True
    if "," in joint and re.search(r"\b(?:will|should|shall|must)(?:\s+\w+)?\s+\w+\s*$", before):
        return False  # "The system will improve, ..."
    last, previous = words[-1], words[-2]
    if last in _words("verbs") or last in _words("adverbs") or last.endswith("ly"):
        # "In view of A, establish and improve": the verb stands alone behind the comma.
        alone = before.split()[-2].endswith(",")
        return alone or previous in ("to", "and", "not") or previous in _words("adverbs") or previous.endswith("ly")
    return last in _words("nouns_too") and (previous in ("to", "not") or previous.endswith("ly"))


# "will be established and implemented, and ..."
_PARTICIPLE = re.compile(r"(?:\w+ly\s+)?\w+ed\b(?=\s*(?:,|;|\.|$)|\s+(?:and|or|by|in|to|for|through|with|at|on|as)\b)")


def _with_subjects(sentence: str, joints: Sequence[re.Match[str]], cuts: list[Span]) -> list[Span]:
    """The cuts of a sentence some of whose clauses have subjects ("A will be improved and B will be built").

    Between two of its predicates one joint ends the first clause; behind that joint a word that looks like a verb is part
    of the second subject ("prevention and control system").
    """
    modals = list(_MODAL.finditer(sentence))
    if not modals:
        return cuts
    kept: list[Span] = []
    if _is_imperative(sentence):
        kept.extend(cut for cut in cuts if cut[0] < modals[0].start())
    for modal, following in zip(modals, [*modals[1:], None], strict=True):
        end = following.start() if following else len(sentence)
        inner = [cut for cut in cuts if modal.end() <= cut[0] < end]
        active = not re.search(r"\bbe\b", modal.group()) or re.search(r"\bto\s+\w+", sentence[modal.end() : end])
        if following:
            between = [
                joint
                for joint in joints
                if modal.end() <= joint.start() and joint.end() <= end and not _PARTICIPLE.match(sentence, joint.end())
            ]
            last = max(between, key=partial(_rank, sentence, modal), default=None)
            inner = [cut for cut in inner if last is not None and cut[0] < last.start()] if active else []
            if last is not None:
                kept.append(last.span())
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
    determined = re.match(r"(?:the|an?|its|their|we|these|more)\b", sentence[joint.end() :], re.IGNORECASE)
    return ("," in words) + bool(determined), -joint.start()


def _is_imperative(sentence: str, sure: bool = False) -> bool:
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


_INSTRUMENT = re.compile(
    r"\b(?:laws?|acts?|bills?|codes?|ordinances?|decrees?|statutes?|by-?laws?|regulations?|rules?|measures|provisions|guidelines?|opinions|"
    r"standards?|norms?|conventions?|treat(?:y|ies)|protocols?|agreements?|interpretations?|plans?|notice|system|catalogue?s?|guidance|"
    r"actions?|campaigns?|rectification|conferences?|forums?|surveys?|assessments?|polic(?:y|ies)|strateg(?:y|ies))\b"
)
_LIST = re.compile(
    r",\s+(?:and\s+)?(?:of\s+(?=the\s|its\s))?(?=the\s|several\s|an?\s|its\s|rules\s|[“\"])|\s+and\s+(?:of\s+(?=the\s|its\s))?(?=the\s|several\s|an?\s|its\s|[“\"])"
)
# Where the first member of a list begins: "the revision of | the law ...", or else "Formulate | the ...".
_OF_ITEM = re.compile(
    r"\b(?:revision|formulation|introduction|promulgation|legislative process|amendment|drafting|enactment|overhaul)s?\s+(?:of|to)\s+"
)
_ITEM = re.compile(r"\s(?=the\s|several\s|an?\s|[“\"])")
# A list behind one of these is one of examples, places or means, not of things promised.
_NO_LIST = re.compile(
    r"\b(?:such as|including|between|based on|relying on|in line with|in accordance with)\b",
    re.IGNORECASE,
)


_WORK_ON = re.compile(
    r"(?:^|\b(?:the|an?)\s+)(?:[\w-]+\s+){0,3}(?:[\w-]+(?:ing|tion|sion|ment|ysis|ance|ence|al|age)|requests?)\s+of\b"
)


def _is_thing(member: str) -> bool:
    """True for a member of a list that is a commitment of its own: an instrument, or work on something ("the sorting of ...")."""
    return bool(_INSTRUMENT.search(member) or _WORK_ON.search(member))


def _list_members(clause: str) -> list[Span]:
    """Spans of the members of a list of named instruments inside a clause; fewer than two where it holds no list."""
    cuts = [match.span() for match in _LIST.finditer(clause)]
    protected = quoted_spans(clause) if cuts else []
    cuts = [cut for cut in cuts if not _inside(cut[0], protected)]
    if not cuts:
        return []
    small = lowered(clause)
    pieces: list[Span] = []
    start = 0
    for cut_start, cut_end in [*cuts, (len(clause), len(clause))]:
        if pieces and not (_is_thing(small[start:cut_start]) and _is_thing(small[slice(*pieces[-1])])):
            pieces[-1] = (pieces[-1][0], cut_start)
        else:
            pieces.append((start, cut_start))
        start = cut_end
    if len(pieces) < 2:
        return []
    first = clause[: pieces[0][1]]
    head = _OF_ITEM.search(first) or _ITEM.search(first)
    if not head or head.end() >= 60 or _NO_LIST.search(first):
        return []
    members = [(head.end(), pieces[0][1]), *pieces[1:]]
    if any(clause[a] in '“"' for a, _ in members[1:]) and not re.match(r"(?:the\s+)?[“\"]", clause[members[0][0] :]):
        return []  # "evaluation of the implementation of the “Outline” and “Plan”"
    return members


_TITLES_ZH = re.compile(r"(?:《[^《》]{2,80}》[、和及与以]{0,2}){2,}")
_INSTRUMENT_ZH = r"(?:法|条例|办法|规定|细则|规程|意见|规划|解释|行动|整治)"
_BARE_ZH = re.compile(
    rf"[^、，《》]{{2,40}}?{_INSTRUMENT_ZH}(?:(?:、|以及|[和及与])[^、，《》]{{2,40}}?{_INSTRUMENT_ZH})+(?=[^》]{{0,8}}$)"
)
_BARE_JOINT_ZH = re.compile(rf"{_INSTRUMENT_ZH}(、|以及|[和及与])")
# Longer words behind a list belong to its last member only.
_LONGEST_TAIL = 8


def _list_members_zh(clause: str) -> tuple[list[Span], Span | None]:
    """Spans of the instruments that one Chinese verb governs, and of what is done to all of them, said behind the last."""
    if match := _TITLES_ZH.search(clause):
        members = [
            (match.start() + m.start(), match.start() + m.end()) for m in re.finditer("《[^《》]+》", match.group())
        ]
    elif match := _BARE_ZH.search(clause):
        start = match.end() - len(objects.parse(clause[match.start() : match.end()]).text)
        joints = [m.span(1) for m in _BARE_JOINT_ZH.finditer(clause, start, match.end()) if m.end() < match.end()]
        members = list(zip([start, *(b for _, b in joints)], [*(a for a, _ in joints), match.end()], strict=True))
    else:
        return [], None
    tail = clause[match.end() :].strip(_EDGES)
    return members, (match.end(), len(clause)) if 0 < len(tail) <= _LONGEST_TAIL else None


def _is_promise(words: str, language: str) -> bool:
    """False for narration about the past, background, definitions, and what stands in brackets alone.

    words: a sentence or a clause.
    """
    bare = words.strip(_EDGES)
    if not bare or (bare[0] in "(（[" and bare[-1] in ")）]" and not re.search(r"[)）\]]", bare[1:-1])):
        return False
    small = lowered(bare)
    if _compiled(language, "frames").match(small):
        return False
    if language == "zh":
        return not _compiled(language, "narration").search(small)
    if _MODAL.search(small) or any(_is_imperative(part, sure=True) for part in re.split(r"[,;:]\s", bare)):
        return True
    # What is said in quotation marks or in a relative clause says nothing about the sentence.
    plain = re.sub(r"[“\"][^”\"]*[”\"]|,?\s+(?:(?:in |of |to |for )?which|that|who|whose|where)\b.*", " ", small)
    return not _compiled(language, "narration").search(plain)


def _cut_sentence(sentence: str, language: str) -> Iterator[_Cut]:
    """The cuts of one sentence, spans relative to it."""
    protected = _protected_spans(sentence)
    if not _is_promise(sentence, language):
        yield _Cut((0, len(sentence)), is_promise=False)
        return
    start = 0
    for aside_start, aside_end in [*_asides(sentence, language, protected), (len(sentence), len(sentence))]:
        yield from _cut_part(sentence, (start, aside_start), language)
        if aside_start < aside_end:
            yield _Cut((aside_start, aside_end), is_promise=False)
        start = aside_end


def _cut_part(sentence: str, part: Span, language: str) -> Iterator[_Cut]:
    lead = re.match(r"[\s,，;；、]*(?:and\s+)?", sentence[slice(*part)])
    offset = part[0] + (lead.end() if lead else 0)
    text = sentence[offset : part[1]]
    for start, end in _clauses(text, language, _protected_spans(text)):
        clause = text[start:end]
        if not clause.strip(_EDGES):
            continue
        if len(clause.strip(_EDGES)) < _SHORTEST or not _is_promise(clause, language):
            yield _Cut((offset + start, offset + end), is_promise=False)
            continue
        members, tail = _list_members_zh(clause) if language == "zh" else (_list_members(clause), None)
        at = offset + start
        if len(members) < 2:
            yield _Cut((at, at + len(clause)))
            continue
        verb = (at, at + members[0][0])
        after = (at + tail[0], at + tail[1]) if tail else None
        for number, (a, b) in enumerate(members):
            last = number == len(members) - 1
            span = (at if number == 0 else at + a, at + (len(clause) if last else b))
            yield _Cut(span, verb if number else None, after if not last else None)


def pieces(text: str, language: str) -> tuple[Commitment, ...]:
    """The commitments of a text and what in it is no promise (`is_promise` is False), in reading order.

    language: en or zh. Spans do not overlap; between them stand punctuation and conjunctions only.
    """
    found = []
    named = bool(loader.campaign_pattern().search(fold(text)))
    for start, end in sentences(text, language):
        for cut in _cut_sentence(text[start:end], language):
            found.append(_commitment(text[start:end], start, cut, language, named))
    return tuple(found)


def split(text: str, language: str) -> tuple[Commitment, ...]:
    """The commitments of a text in reading order. language: en or zh. Spans do not overlap."""
    return tuple(piece for piece in pieces(text, language) if piece.is_promise)


def _trimmed(words: str) -> str:
    """The words without punctuation at their edges, that of an abbreviation ("the U.S.") excepted."""
    bare = words.strip(_EDGES)
    end = words.find(bare) + len(bare)
    return f"{bare}." if words[end : end + 1] == "." and re.search(r"(?:^|\s)(?:[^\W\d_]\.)+[^\W\d_]$", bare) else bare


def _commitment(sentence: str, offset: int, cut: _Cut, language: str, named: bool = True) -> Commitment:
    """A commitment from its cut. named: False where the text is known to name no campaign."""
    verb, tail = (sentence[slice(*span)] if span else "" for span in (cut.verb, cut.tail))
    item = sentence[slice(*cut.span)]
    words = _trimmed(f"{verb}{item}{tail}")
    shown = f"{verb.rstrip()} … {item}" if verb else item
    shown = _trimmed(f"{shown} … {tail}" if tail else shown)
    rung, stage_words, step, step_words = strength(words, language)
    return Commitment(
        span=(offset + cut.span[0], offset + cut.span[1]),
        text=words,
        stage=rung,
        stage_words=stage_words,
        intensity=step,
        intensity_words=step_words,
        campaigns=campaigns_in(words) if named else frozenset(),
        shown="" if shown == words else shown,
        is_promise=cut.is_promise,
    )


@lru_cache(maxsize=8192)
def split_text(text: str) -> tuple[Commitment, ...]:
    """The commitments of a text, whose language is recognised by its letters."""
    return split(text, "zh" if is_cjk(text) else "en")


def split_task(task: Task) -> tuple[Commitment, ...]:
    """The commitments of a task.

    A text without any counts as a single one: a promise where it is an objective without a verb, else (`is_promise` is
    False) the narration that it is.
    """
    found = split_text(task.text)
    if found:
        return found
    whole = task.full_text
    language = "zh" if CJK.search(whole) else "en"
    made = _commitment(
        whole,
        0,
        _Cut((0, len(whole)), is_promise=all(len(piece.text) < _SHORTEST for piece in pieces(task.text, language))),
        language,
    )
    return (replace(made, span=(0, len(task.text))),)
