"""The bodies that a responsibility clause names, each with its role: known ones by id, others as printed.

The bodies and their printed forms are data (lexicon/bodies.toml), and so are the words that give a role
(lexicon/clauses.toml). What a clause says besides names is a closed list of connectors, so that a word which is neither
is reported as a body that the lexicon lacks.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import cache, lru_cache

from ..lexicon import loader
from ..lexicon.body_likeness import likely_body
from ..model import Body
from ..text import CJK, fold, is_cjk, normalise, straight_quotes
from .labels import BODY_ROLES, BRACKET, brackets, label_pattern, role_of

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
        "all",
        "within",
        "remit",
        "remits",
        "mandate",
        "mandates",
        "competence",
        "own",
        "acting",
        "working",
    ]
)
_CN_CONNECTOR = (
    "按照?(?:各自)?职责(?:分工)?|按(?:照)?分工|根据职责分工|分别|各自|共同|会同|联合|具体|负责(?:落实)?|牵头|配合|参与|落实|组织实施"
    "|实施|等|以及|和|及|与|、|由|依|按|職責分工|會同|聯合|與|及其|等單位|其中"
)
_CN_ENDS = re.compile(rf"^(?:{_CN_CONNECTOR})+|(?:{_CN_CONNECTOR})+$")
_CN_FOLLOWS = re.compile(
    rf"{_CN_CONNECTOR}|主办|参加|协助|协同|支持|指导|承担|作为|为|在|并|的|另|各|有关|相关|办|分别|统筹"
)
_CN_AND = re.compile(r"以及|和|及|与|與|会同|會同|联合")
_CN_BODY_END = re.compile(
    r"(?:[部委会局署院办厅行社团校院所站队科处室司组协盟府县区市州镇乡省馆园台港會廳處辦團隊學縣區黨署庫所]|公司|集团|中心|银行|部门|单位|机构|企业|"
    r"大学|学院|医院|联合会|協會|委員會|中心|公司|集團|部門|單位|機構|學校|銀行|商会|法院|检察院|工会|妇联|残联|科协|工商联|文联)(?:[（(][^()（）]*[)）])?$"
)
_BODY_WORD = (
    r"(?:ministr(?:y|ies)|departments?|offices?|agenc(?:y|ies)|authorit(?:y|ies)|commissions?|councils?|boards?|bureaus?|bureaux|"
    r"administrations?|institutes?|committees?|banks?|treasury|court|courts|police|secretariat|service|services|inspectorate|"
    r"associations?|federations?|universit(?:y|ies)|chambers?|unions?|directorate|governments?|centre|center|fund|society|trust|"
    r"municipalit(?:y|ies)|corporation|company|foundation|academy|office|forum|network|league|register|registry|observatory)"
)
_EN_AND = re.compile(r"\s+(?:and|&|together with|as well as|jointly with)\s+", re.IGNORECASE)
_HAS_BODY_WORD = re.compile(rf"\b{_BODY_WORD}\b", re.IGNORECASE)
_STARTS_BODY = re.compile(rf"(?i:the\s+|all\s+|{_BODY_WORD}\b)|[A-Z]{{2,}}\b")
_LIST_RULE = re.compile(r"[^。.;；（(]*?下同|以下(?:均|各|除|所有|不)|(?:不|不再)(?:一一|逐一)?列出$")


@dataclass(frozen=True, slots=True)
class _Segment:
    """A stretch of a clause whose names have one role: offsets in the clause, and the role or ""."""

    role: str
    start: int
    end: int


def has_body_word(text: str) -> bool:
    """True where the text could name a body: Ministry of Transport, 市水务局."""
    return bool(_HAS_BODY_WORD.search(text) or _CN_BODY_END.search(text))


def reads_like_names(text: str) -> bool:
    """True where every piece of the text could be the name of a body."""
    if is_cjk(text):
        pieces = [piece for piece in re.split(r"[、，,；;\s]+", text) if piece]
        return bool(pieces) and all(
            2 <= len(piece) <= 30 and not re.search(r"\d|。", piece) and _CN_BODY_END.search(_CN_ENDS.sub("", piece))
            for piece in pieces
        )
    pieces = [piece.strip() for piece in re.split(r"[,;/]|\band\b", text) if piece.strip()]
    return bool(pieces) and all(
        len(piece.split()) <= 10 and (piece[0].isupper() or piece.startswith(("the ", "all "))) and "." not in piece[:-1]
        and not re.search(r"\d{3}|%", piece)
        for piece in pieces
    )  # fmt: skip


@cache
def _whole_clauses() -> dict[str, loader.BodyEntry]:
    return {fold(form): entry for entry in loader.bodies().values() for form in entry.whole_clause}


def bodies_of(clause: str) -> tuple[list[Body], list[str]]:
    """The bodies that a clause names, in order, each once, and the words in it that were not understood.

    Longest form first, without regard to case (lexicon/bodies.toml). A body leads where its label or verb says so
    (lexicon/clauses.toml), or after "under the leadership of". A name that is only like a known one is doubtful.
    """
    named, unknown = _read(clause)
    return list(named), list(unknown)


# A clause is read when it is looked for and again when it is found, and plans repeat theirs.
@lru_cache(maxsize=1 << 14)
def _read(clause: str) -> tuple[tuple[Body, ...], tuple[str, ...]]:
    plain = straight_quotes(normalise(clause)).strip()
    inner = _inside(plain)
    folded = inner.casefold()
    if entry := _whole_clauses().get(folded):
        return (Body(entry.id, entry.name, inner, doubtful=True),), ()
    if len(folded) != len(inner):
        inner = folded
    leadership = _LEADERSHIP.search(inner)
    found: dict[str, Body] = {}
    unknown: list[str] = []
    for segment in _segments(inner):
        if segment.role == "guide":
            continue
        for start, body in _named(inner, folded, segment.start, segment.end):
            leads = segment.role == "lead"
            if leadership and start >= leadership.end():
                leads |= not inner[leadership.end() : start].strip().removeprefix("the").strip()
            if body.key not in found:
                found[body.key] = replace(body, lead=leads)
                if body.id is None:
                    unknown.append(body.as_printed)
            elif leads:
                found[body.key] = replace(found[body.key], lead=True)
    return tuple(found.values()), tuple(unknown)


def _inside(clause: str) -> str:
    """The clause without the brackets around it, be one of them lost."""
    inner = clause.strip(".。;；，, ")
    while inner:
        spans = brackets(inner, BRACKET)
        opened, closed = (len(re.findall(signs, inner)) for signs in (r"[(（\[【]", r"[)）\]】]"))
        if spans and spans[0] == (0, len(inner)) and (opened == closed or inner[-1] not in ")）]】"):
            inner = (inner[1:-1] if opened == closed else inner[1:]).strip(".。;； ")
        elif closed > opened and inner[-1] in ")）]】":
            inner = inner[:-1].strip(".。;； ")
        else:
            return inner
    return inner


def _segments(inner: str) -> list[_Segment]:
    """The stretches of a clause by the role of their names."""
    labels = list(label_pattern().finditer(inner))
    if labels and (any(label["bare"] is None for label in labels) or labels[0].start() == 0):
        ends = [*(label.start() for label in labels[1:]), len(inner)]
        found = [_Segment(role_of(label), label.end(), end) for label, end in zip(labels, ends, strict=True)]
        if labels[0].start() > 0:
            found.insert(0, _Segment("responsible", 0, labels[0].start()))
        found = [segment for segment in found if segment.role in BODY_ROLES]
        # Who is responsible leads where the clause also names who only supports.
        if any(s.role == "support" for s in found) and not any(s.role == "lead" for s in found):
            found = [replace(s, role="lead") if s.role == "responsible" else s for s in found]
        split: list[_Segment] = []
        for segment in found:
            split += _verb_segments(inner, segment) if CJK.search(inner[segment.start : segment.end]) else [segment]
        return split
    # A label of the document's own.
    own = re.match(r"[^:：]{2,30}[:：]\s*", inner)
    whole = _Segment("", own.end() if own else 0, len(inner))
    return _verb_segments(inner, whole) if CJK.search(inner) else _english_segments(inner, whole)


_TO_LEAD = re.compile(r"\s+(?:to (?:take the )?lead|leads|leading|in the lead|lead)\b(?: (?:on )?this(?: \w+)?)?")
_WITH = re.compile(
    r"[,;]\s+(?:(?:working |together |jointly )?with|supported by|assisted by|in (?:co-?operation|partnership|consultation) with)\s+(?!their|its)"
)


def _english_segments(inner: str, whole: _Segment) -> list[_Segment]:
    """An English stretch without labels: X to lead, with Y."""
    lead, support = _TO_LEAD.search(inner, whole.start), _WITH.search(inner, whole.start)
    if lead and re.search(r"[A-Z]", inner[whole.start : lead.start()]):
        return [_Segment("lead", whole.start, lead.start()), _Segment("support", lead.end(), whole.end)]
    if support and re.search(r"[A-Z]", inner[whole.start : support.start()]) and not _LEADERSHIP.search(inner):
        return [_Segment("lead", whole.start, support.start()), _Segment("support", support.end(), whole.end)]
    return [whole]


@cache
def _verb_pattern() -> re.Pattern[str]:
    verbs = sorted(loader.roles("verb"), key=len, reverse=True)
    return re.compile(rf"(?:等)?(?P<verb>{'|'.join(map(re.escape, verbs))})(?:下|等)?$")


def _verb_segments(inner: str, segment: _Segment) -> list[_Segment]:
    """A Chinese stretch by its verbs: A、B牵头，C、D配合."""
    found: list[_Segment] = []
    waiting: list[tuple[int, int]] = []
    position = segment.start
    for part in re.finditer(r"(?:[^，,；;。()（）]|[（(][^()（）]*[)）])+", inner[segment.start : segment.end]):
        start, end = segment.start + part.start(), segment.start + part.end()
        words = part.group().rstrip()
        verb = _verb_pattern().search(words)
        if _LIST_RULE.search(words) or loader.first_leads().search(words):
            continue
        if verb is None:
            # A牵头会同B, C: the verb stands inside.
            inside = re.search(r"牵头|牽頭|主办|主辦", words)
            if inside and inside.start() > 0 and not words.startswith(("牵头", "牽頭")):
                found += [
                    _Segment("lead", start, start + inside.start()),
                    _Segment("support", start + inside.end(), end),
                ]
            else:
                waiting.append((start, end))
            continue
        role = loader.roles("verb")[verb["verb"]]
        stop = start + verb.start()
        found += [_Segment(role, a, b) for a, b in waiting]
        waiting = []
        cut = re.search(r"牵头|牽頭", words[: verb.start()])
        if cut and cut.start() > 0 and role != "lead":
            found += [_Segment("lead", start, start + cut.start()), _Segment(role, start + cut.end(), stop)]
        else:
            found.append(_Segment(role, start, stop))
    del position
    found += [_Segment(segment.role, a, b) for a, b in waiting]
    if any(s.role == "support" for s in found) and not any(s.role == "lead" for s in found):
        found = [replace(s, role="lead") if s.role == "responsible" else s for s in found]
    if segment.role in ("lead", "support", "guide"):
        found = [s if s.role == "support" else replace(s, role=segment.role) for s in found]
    return sorted(found, key=lambda s: s.start)


def _named(inner: str, folded: str, start: int, end: int) -> Iterator[tuple[int, Body]]:
    """The bodies named in inner[start:end] with their offsets, known ones by id, others as printed."""
    position = start
    for match in loader.body_pattern().finditer(folded, start, end):
        if match.start() < position or _inside_longer_name(inner, folded, match, end):
            continue
        yield from _unknown(inner, position, match.start())
        position = match.end()
        body_id, doubtful = loader.body_forms()[match.group()]
        # A name in two languages is printed with the second in brackets.
        second = re.match(r"\s?[（(][^()（）]{2,60}[)）]", inner[position:end])
        if second and is_cjk(second.group()) != is_cjk(match.group()):
            position += second.end()
        printed = inner[match.start() : position]
        yield match.start(), Body(body_id, loader.bodies()[body_id].name, printed, doubtful=doubtful)
    yield from _unknown(inner, position, end)


def _inside_longer_name(inner: str, folded: str, match: re.Match[str], end: int) -> bool:
    """True for 知识产权局 in 省知识产权局 and "Ministry of Finance" in "Federal Ministry of Finance".

    A known form is a body of its own only between separators and connectors.
    """
    if not CJK.search(match.group()):
        before = re.search(r"([a-z][a-z'-]*)[ ]$", folded[max(0, match.start() - 30) : match.start()])
        if before and before[1] not in _CONNECTORS and before[1] not in _BEFORE_NAMES:
            return True
        if _LISTED_FIELDS.match(folded, match.end(), end) and folded.startswith(
            ("ministry", "department"), match.start()
        ):
            return True
        second = _SECOND_FIELD.match(inner, match.end(), end)
        if second and not second[1].isupper() and not loader.find_body(second[1]):
            return True
        behind = re.match(r" (&|[a-z][a-z'-]*)(?: ([a-z]+))?", folded[match.end() : min(end, match.end() + 60)])
        if behind is None:
            return False
        if behind[1] == "of" and behind[2] == "the":
            return bool(_OF_ANOTHER.match(inner, match.end(), end))
        if behind[1] in ("of", "for", "&"):
            return behind[2] not in ("the", "this", "their")
        return behind[1] not in _CONNECTORS and behind[1] not in _BEHIND_NAMES
    next_words = folded[match.end() : min(end, match.end() + 12)]
    goes_on = next_words and CJK.match(next_words[0]) and not _CN_FOLLOWS.match(next_words)
    if goes_on and not loader.body_pattern().match(next_words):
        return True
    before_text = folded[max(0, match.start() - 40) : match.start()]
    if (
        before_text
        and CJK.match(before_text[-1])
        and not re.search(r"(?:由|和|及|与|會同|會|与|與|会同|联合|同|牵头|配合|等)$", before_text)
    ):
        return not any(known.end() == len(before_text) for known in loader.body_pattern().finditer(before_text))
    return False


# The rest of a name with a comma in it: Ministry of Trade, Industry and Energy.
_LISTED_FIELDS = re.compile(
    rf"(?:, (?!{_BODY_WORD})[a-z]+){{1,3}},? (?:and|&) (?!the |{_BODY_WORD})[a-z]+(?: (?!{_BODY_WORD}|is\b|are\b|shall\b|will\b)[a-z]+)?(?=$|[,;.)]| is| are| shall| will)"
)
# The rest of a name with two fields: Ministry of Education and Culture.
_SECOND_FIELD = re.compile(
    rf" and ((?!(?i:{_BODY_WORD})\b)[A-Z][a-z]+(?: (?!(?i:{_BODY_WORD})\b)[A-Z][a-z]+)?)(?=$|[,;.)]| (?:is|are|shall|will|of)\b)"
)
# A national body of somewhere else: National Audit Office of the United Kingdom.
_OF_ANOTHER = re.compile(r" of the (?!(?:State|People|CPC|CCP|Central|Communist|Party|PRC|Inter)\b)[A-Z]")
_BEFORE_NAMES = frozenset(["be", "both", "namely", "including", "also"])
_BEHIND_NAMES = frozenset(
    [
        "have",
        "has",
        "had",
        "should",
        "must",
        "may",
        "can",
        "who",
        "which",
        "cooperate",
        "participate",
        "coordinate",
        "etc",
        "respectively",
        "do",
        "does",
        "implement",
        "implements",
        "take",
        "takes",
        "state",
        "national",
        "china",
        "chinese",
        "central",
        "general",
        "ministry",
        "office",
        "supreme",
        "people's",
    ]
)


def _unknown(inner: str, start: int, end: int) -> Iterator[tuple[int, Body]]:
    """Names that the lexicon lacks in inner[start:end], or knows by a form much like them, with their offsets."""
    for name, offset in _unknown_names(inner, start, end):
        likely = likely_body(name)
        if named := loader.body_of_id(name):
            yield offset, Body(named, loader.bodies()[named].name, name)
        elif likely:
            yield offset, Body(likely, loader.bodies()[likely].name, name, doubtful=True)
        else:
            yield offset, Body(None, name, name)


def _unknown_names(inner: str, start: int, end: int) -> Iterator[tuple[str, int]]:
    """Names that the lexicon lacks in inner[start:end], with their character offsets in inner."""
    stretch = inner[start:end]
    if CJK.search(stretch):
        for match in re.finditer(r"(?:[^、，,;；:：()（）/\s]|(?<=\S)\s?[（(][^()（）]{1,80}[)）])+", stretch):
            piece = match.group()
            while (shorter := _CN_ENDS.sub("", piece)) != piece:
                piece = shorter
            offset = start + match.start() + match.group().find(piece)
            for name in _split_at(
                piece, _CN_AND, lambda left, right: _CN_BODY_END.search(left) and _CN_BODY_END.search(right)
            ):
                if len(name) >= 2:
                    yield name, offset
        return
    joined = re.sub(
        r"\b(?:ministry|department|secretariat|directorate) (?:of|for) (?:the )?[a-z]+" + _LISTED_FIELDS.pattern,
        lambda found: found.group().replace(",", "\0"),
        stretch.casefold(),
    )
    if len(joined) == len(stretch):
        stretch = "".join("\0" if sign == "\0" else char for char, sign in zip(stretch, joined, strict=True))
    for match in re.finditer(r"(?:[^,;:.()、，；：。（）]|(?<=\S )\([^()]{1,40}\)|(?<=\b[A-Z])\.|(?<=St)\.)+", stretch):
        for name in _split_at(
            match.group().strip(),
            _EN_AND,
            lambda left, right: (
                _STARTS_BODY.match(right)
                or (_HAS_BODY_WORD.search(left) and _HAS_BODY_WORD.search(right) and not re.search(r"\bof\b", left))
            ),
        ):
            words = name.split()
            while words and words[0].casefold() in _CONNECTORS:
                words.pop(0)
            while words and words[-1].casefold().strip("'") in _CONNECTORS and words[-1:] != ["Division"]:
                words.pop()
            if words and any(word.casefold() not in _CONNECTORS for word in words):
                yield " ".join(words).replace("\0", ","), start + match.start()


def _split_at(text: str, connective: re.Pattern[str], apart: Callable[[str, str], object]) -> list[str]:
    """The text cut at the connectives on both sides of which stands a name of its own."""
    pieces = [text]
    for match in connective.finditer(text):
        cut = len(text) - match.start()
        left, right = text[: match.start()], text[match.end() :]
        if left and right and apart(left, right) and len(pieces[-1]) >= cut:
            pieces[-1:] = [pieces[-1][: len(pieces[-1]) - cut], right]
    return [piece.strip() for piece in pieces if piece.strip()]
