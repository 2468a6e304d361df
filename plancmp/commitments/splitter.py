"""Splitting the text of a task into its commitments: action, strength, object (CODEBOOK "Units").

English and Chinese take the same steps, each with its own lexicon: sentences; clauses, which begin where a new verb has a
new object; and, where one verb governs a list of laws or other instruments, one commitment for each member.
"""

from __future__ import annotations

import itertools
import re
from bisect import bisect_left
from collections.abc import Iterator
from functools import cache, lru_cache

from ..lexicon import loader
from ..model import Commitment, Task
from ..text import CJK, fold, is_cjk, lowered, quoted_spans
from . import objects

_SENTENCE = {
    "en": re.compile(r"(?<=[.;!?])[\"”)]?\s+(?=[A-Z“\"(\d\u3400-\u9fff])"),
    "zh": re.compile(r"(?<=[。；！？;])\s*"),
}
_INSTRUMENT = re.compile(
    r"\b(?:laws?|regulations?|rules?|measures|provisions|guidelines?|opinions|standards?|convention|treaty|agreement|"
    r"interpretations?|plans?|notice|system|catalogue?|guidance|actions?|campaigns?|rectification)\b|[》]|法|条例|办法|规定|意见|指南|规划|解释|方案|标准"
)
_LIST = re.compile(r",\s+(?:and\s+)?(?=the\s|several\s|[“\"])|\s+and\s+(?=the\s|[“\"])|、(?=《)|[和及](?<=》.)(?=《)")
# Where the first member of a list begins: "the revision of | the law ...", or else "Formulate | the ...".
_OF_ITEM = re.compile(
    r"\b(?:revision|formulation|introduction|promulgation|legislative process|amendment|drafting)\s+of\s+|(?=《)"
)
_ITEM = re.compile(r"\s(?=the\s|several\s|[“\"])")
_PASSIVE = re.compile(r"\b(?:will|should|shall)\s+(?:be\s+)?\w+")


@cache
def _clause_boundary(language: str) -> re.Pattern[str]:
    """Pattern of the boundary (comma, "and") before a new clause: adverbs, a verb of the lexicon, and an object."""
    words = loader.table("actions")[language]
    if language == "zh":
        verbs = "|".join(sorted(words["verbs"] + words["adverbs"], key=len, reverse=True))
        return re.compile(rf"[，,](?=(?:并|且|和)?(?:在[^，。；、]{{1,15}})?(?:{verbs}))")
    verbs, adverbs = "|".join(words["verbs"]), "|".join(words["adverbs"])
    # "and guide the ...", but not "protection and use of", "design, use and maintenance".
    return re.compile(
        rf"(?:,\s+and\s+|,\s+|\s+and\s+|;\s+)(?=(?:(?:{adverbs}|to|we will)\s+)*(?:{verbs})\b(?!\s*(?:,|\.|$|\bof\b|and\s+(?:{verbs})\s+of\b)))",
        re.IGNORECASE,
    )


def sentences(text: str, language: str) -> Iterator[tuple[int, int]]:
    """Spans of the sentences of a text; a full stop inside brackets or quotation marks ends no sentence."""
    start = 0
    protected = _protected_spans(text)
    for match in _SENTENCE[language].finditer(text):
        if not _inside(match.start(), protected):
            yield start, match.start() + len(match.group().rstrip())
            start = match.end()
    if start < len(text):
        yield start, len(text)


def _inside(offset: int, spans: list[tuple[int, int]], at_start: bool = False) -> bool:
    """True for an offset inside one of the spans (sorted, disjoint). at_start: the first offset of a span counts as inside."""
    index = bisect_left(spans, (offset + at_start, 0)) - 1
    return index >= 0 and offset < spans[index][1]


_BRACKETS = re.compile(r"[(（\[][^()（）\[\]]{1,80}[)）\]]")


def _protected_spans(text: str) -> list[tuple[int, int]]:
    """Spans that are never split: quotations, and brackets of up to 80 characters."""
    merged: list[tuple[int, int]] = []
    for start, end in sorted(quoted_spans(text) + [m.span() for m in _BRACKETS.finditer(text)]):
        if merged and start < merged[-1][1]:
            merged[-1] = (merged[-1][0], max(end, merged[-1][1]))
        else:
            merged.append((start, end))
    return merged


def _clauses(text: str, start: int, end: int, language: str) -> Iterator[tuple[int, int]]:
    """Spans of the clauses of one sentence: each has a verb and an object of its own."""
    protected = _protected_spans(text[start:end])
    sentence = text[start:end]
    cuts: list[tuple[int, int]] = []
    for match in _clause_boundary(language).finditer(sentence):
        if _inside(match.start(), protected, at_start=True):
            continue
        before = sentence[cuts[-1][1] if cuts else 0 : match.start()]
        # "build and improve the database": the first verb has no object yet.
        if len(before) < (4 if language == "zh" else 12) or (language == "en" and _is_only_verbs(before)):
            continue
        cuts.append(match.span())
    modals = list(_PASSIVE.finditer(sentence)) if language == "en" else []
    for earlier, later in itertools.pairwise(modals):
        if any(earlier.end() <= a < later.start() for a, _ in cuts):
            continue
        joint = re.compile(r",\s+and\s+|,\s+|\s+and\s+").search(sentence, earlier.end(), later.start())
        if joint and not any(a <= joint.start() < b for a, b in protected):
            cuts.append(joint.span())
    position = 0
    for a, b in sorted(cuts):
        if a > position:
            yield start + position, start + a
        position = b
    if position < len(sentence):
        yield start + position, end


@cache
def _verbs() -> frozenset[str]:
    lists = loader.table("actions")["en"]
    return frozenset(lists["verbs"] + lists["adverbs"]) | {"and", "to", "we", "will", "the", "out", "down", "up", "on"}


def _is_only_verbs(words: str) -> bool:
    return all(word.casefold().strip(",") in _verbs() for word in words.split())


def split(text: str, language: str) -> tuple[Commitment, ...]:
    """The commitments of a text in reading order. language: en or zh. Spans do not overlap, except for a shared verb."""
    found: list[Commitment] = []
    named = bool(loader.campaign_pattern().search(fold(text)))
    for sentence_start, sentence_end in sentences(text, language):
        for start, end in _clauses(text, sentence_start, sentence_end, language):
            clause = text[start:end]
            items, suffix = _list_members_zh(clause) if language == "zh" else (_list_members(clause), "")
            if len(items) < 2:
                if len(clause.strip(" .;,。；，")) > 3:
                    found.append(_commitment(start, end, clause, language, named))
                continue
            prefix = clause[: items[0][0]]
            for number, (a, b) in enumerate(items):
                span = (start if number == 0 else start + a, start + b)
                found.append(_commitment(*span, f"{prefix}{clause[a:b]}{suffix}", language, named))
    return tuple(found)


_TITLES_ZH = re.compile(r"(?:《[^《》]{2,80}》[、和及与以]{0,2}){2,}")
_INSTRUMENT_ZH = r"(?:法|条例|办法|规定|细则|规程|意见|规划|解释)"
_BARE_ZH = re.compile(
    rf"[^、，《》]{{2,40}}{_INSTRUMENT_ZH}(?:、[^、，《》]{{2,40}}{_INSTRUMENT_ZH})+(?=[^》]{{0,8}}$)"
)


def _list_members_zh(clause: str) -> tuple[list[tuple[int, int]], str]:
    """Spans of the instruments that one Chinese verb governs, and what is done to all of them, said behind the last."""
    if match := _TITLES_ZH.search(clause):
        members = [
            (match.start() + m.start(), match.start() + m.end()) for m in re.finditer("《[^《》]+》", match.group())
        ]
    elif match := _BARE_ZH.search(clause):
        start = match.end() - len(objects.object_of(clause[match.start() : match.end()]))
        cuts = [start, *(m.end() for m in re.finditer("、", clause) if start < m.start() < match.end())]
        members = [(a, b) for a, b in zip(cuts, [*(cut - 1 for cut in cuts[1:]), match.end()], strict=True)]
    else:
        return [], ""
    return members, clause[match.end() :] if len(clause) - match.end() <= 8 else ""


def _list_members(clause: str) -> list[tuple[int, int]]:
    """Spans of the members of a list of named instruments inside a clause; fewer than two where it holds no list."""
    cuts = [match.span() for match in _LIST.finditer(clause)]
    protected = quoted_spans(clause) if cuts else []
    cuts = [cut for cut in cuts if not any(a <= cut[0] < b for a, b in protected)]
    if not cuts:
        return []
    pieces = []
    position = 0
    for a, b in [*cuts, (len(clause), len(clause))]:
        pieces.append((position, a))
        position = b
    small = lowered(clause)
    if not all(_INSTRUMENT.search(small[a:b]) for a, b in pieces):
        merged: list[tuple[int, int]] = []
        for a, b in pieces:
            if merged and not _INSTRUMENT.search(small[a:b]):
                merged[-1] = (merged[-1][0], b)
            else:
                merged.append((a, b))
        pieces = merged
    if len(pieces) < 2:
        return []
    first = clause[: pieces[0][1]]
    head = _OF_ITEM.search(first) or _ITEM.search(first)
    return [(head.end(), pieces[0][1]), *pieces[1:]] if head and head.end() < 60 else []


_IN_QUOTES = re.compile(r"[“\"《][^“”\"《》]*[”\"》]")
_BEING = re.compile(r"\b(?:will|should|shall)\s+be\s+.*")


def _verb_phrase(words: str, language: str) -> str:
    """The part of a commitment that says how strongly it is meant: all of a short one, the beginning of a long one."""
    unquoted = _IN_QUOTES.sub(" ", words)
    if language == "zh":
        return unquoted[:24] + unquoted[-8:] if len(unquoted) > 32 else unquoted
    passive = _BEING.search(unquoted)
    if passive:
        subject = unquoted[: passive.start()].split()
        return " ".join([*subject[-2:], passive.group()]) + " " + " ".join(subject[:-2][:4])
    parts = unquoted.split()
    return " ".join(parts[:9] + parts[-4:])


_OPENING = re.compile(
    r"^(?:we will\s+|continue to\s+|do a good job (?:in|of)\s+(?:the\s+)?|make preparations for\s+(?:the\s+)?)+",
    re.IGNORECASE,
)


def strength(words: str, language: str) -> tuple[int | None, str, int, str]:
    """Stage and intensity of a commitment with the words they rest on: (rung or None, words, step, words).

    "Study and establish" is at the stage of study; "formulate and issue" is at that of issue (CODEBOOK).
    """
    phrase = _verb_phrase(words, language)
    phrase = _OPENING.sub("", phrase)
    near = 30 if language == "zh" else len(" ".join(phrase.split()[:6]))
    hits = [
        (rung, name, found) for rung, name, found in loader.stages(language).find(phrase) if phrase.find(found) <= near
    ]
    rung, stage_words = None, ""
    if hits:
        promoted = [hit for hit in hits if hit[0] == 4]
        by_rung = {hit[0]: hit for hit in hits}
        if 8 in by_rung:
            chosen = by_rung[8]
        elif promoted:
            chosen = promoted[0]
        elif 1 in by_rung and max(by_rung) not in (6, 7):
            chosen = by_rung[1]
        elif 2 in by_rung and max(by_rung) not in (6, 7):
            chosen = by_rung[2]
        elif (
            1 in by_rung
            and language == "en"
            and re.match(r"(?:carry|carried) out", by_rung.get(7, (0, "", ""))[2], re.IGNORECASE)
        ):
            # "carry out research on": the carrying out is of a study.
            chosen = by_rung[1]
        elif language == "zh" and (studied := re.search(r"(研究|论证|调研)(?:工作)?$", phrase)):
            # 开展……修订论证: the carrying out is of a study.
            chosen = (2 if studied.group(1) == "论证" else 1, "", studied.group(1))
        else:
            chosen = by_rung[max(by_rung)]
        rung, stage_words = chosen[0], chosen[2]
    steps = loader.intensity(language).find(phrase)
    step = max(steps, key=lambda hit: abs(hit[0]), default=(0, "", ""))
    return rung, stage_words, step[0], step[2]


def _commitment(start: int, end: int, words: str, language: str, named: bool = True) -> Commitment:
    """A commitment from its words. named: False where the text is known to name no campaign."""
    words = words.strip(" .;,。；，")
    rung, stage_words, step, step_words = strength(words, language)
    return Commitment(
        span=(start, end),
        text=words,
        stage=rung,
        stage_words=stage_words,
        intensity=step,
        intensity_words=step_words,
        campaigns=campaigns_in(words) if named else frozenset(),
    )


def campaigns_in(words: str) -> frozenset[str]:
    """Ids of the campaigns named in a text, in any script (lexicon/campaigns.toml)."""
    folded = fold(words)
    found = set()
    for match in loader.campaign_pattern().finditer(folded):
        campaign = loader.campaigns()[loader.campaign_forms()[match.group()]]
        near = folded[max(0, match.start() - 2) : match.end() + 12]
        if campaign.bare or re.search(r"[\"《]|action|campaign|operation|行动|20\d\d", near):
            found.add(campaign.id)
    return frozenset(found)


@lru_cache(maxsize=8192)
def split_text(text: str) -> tuple[Commitment, ...]:
    """The commitments of a text, whose language is recognised by its letters."""
    return split(text, "zh" if is_cjk(text) else "en")


def split_task(task: Task) -> tuple[Commitment, ...]:
    """The commitments of a task. A text without any (an objective without a verb) counts as a single commitment."""
    found = split_text(task.text)
    if found:
        return found
    whole = task.full_text
    return (_commitment(0, len(task.text), whole, "zh" if CJK.search(whole) else "en"),)
