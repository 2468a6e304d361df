"""Lists of laws and other instruments under one verb: "Promote the revision of A, B and C" holds three commitments."""

from __future__ import annotations

import re

from ..text import lowered, quoted_spans
from . import objects
from .sentences import EDGES, Span, inside


def members(clause: str, language: str) -> tuple[list[Span], Span | None]:
    """Spans of the members of a list inside a clause, and of what is done to all of them where that is said behind the last.

    Fewer than two where the clause holds no list whose members are commitments of their own.
    """
    return _members_zh(clause) if language == "zh" else (_members_en(clause), None)


# How a member begins that names itself by the one before it: "the Patent Law and its implementing rules", 及其实施细则.
ITS = {"en": re.compile(r"its\s+"), "zh": re.compile("其")}


def with_owner(member: str, owner: str, language: str) -> str:
    """A member that begins with "its", worded with what it belongs to: "the implementing rules of the Patent Law"."""
    bare = ITS[language].sub("", member.strip(EDGES), count=1)
    return f"{owner.strip(EDGES)}{bare}" if language == "zh" else f"the {bare} of {owner.strip(EDGES)}"


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


def _members_en(clause: str) -> list[Span]:
    cuts = [match.span() for match in _LIST.finditer(clause)]
    protected = quoted_spans(clause) if cuts else []
    cuts = [cut for cut in cuts if not inside(cut[0], protected)]
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


def _members_zh(clause: str) -> tuple[list[Span], Span | None]:
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
    tail = clause[match.end() :].strip(EDGES)
    return members, (match.end(), len(clause)) if 0 < len(tail) <= _LONGEST_TAIL else None
