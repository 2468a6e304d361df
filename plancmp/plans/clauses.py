"""Responsibility clauses: their spans in a text, and the bodies that they name with their roles.

The bodies and their printed forms are data (lexicon/bodies.toml), and so are the words that give a role
(lexicon/clauses.toml). What a clause says besides names is a closed list of connectors, so that a word which is neither
is reported as a body that the lexicon lacks.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cache, lru_cache

from ..lexicon import loader
from ..model import Body
from ..text import CJK, fold, is_cjk, normalise, straight

CUE = re.compile(
    r"\b(?:responsible|in (?:the )?charge|responsibilit(?:y|ies)|will be done|take the lead|led by)\b|负责|牵头|参与|配合|落实|負責|牽頭|參與|主辦",
    re.IGNORECASE,
)
BRACKET = re.compile(r"[()（）\[\]【】]")
_ROUND = re.compile(r"[()（）]")
_OPENING = "(（[【"
_STOPS = ' .。;；”"'
# Roles whose names are bodies of the task; the others stay in its text.
_BODY_ROLES = frozenset({"lead", "support", "responsible", "guide"})
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
_LIST_RULE = re.compile(r"[^。.;；（(]*?下同")


_LABEL_SIGN = re.compile(r"[:：【\[]")
# A sentence at the end of a task that says who does it.
_SENTENCE = re.compile(
    r"(?:^|(?<=[。；;]))\s*(?:以上工作|此项工作|该项工作|上述工作)?由[^。；;，,]{2,80}?(?:牵头|负责|组织实施|落实|主办|承办|牽頭|負責)[^。；;]{0,80}[。；;]?$"
)


@dataclass(frozen=True, slots=True)
class _Segment:
    """A stretch of a clause whose names have one role: offsets in the clause, and the role or ""."""

    role: str
    start: int
    end: int


def brackets(text: str, signs: re.Pattern[str] = _ROUND) -> list[tuple[int, int]]:
    """Spans of the outermost brackets, full- and half-width alike; one that is never closed runs to the end."""
    spans, depth, start = [], 0, 0
    for sign in signs.finditer(text):
        if sign.group() in _OPENING:
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
            if named and not unknown and not any(body.doubtful and body.id is None for body in named):
                found.append((start, end))
    return tuple(found)


@dataclass(frozen=True, slots=True)
class ClauseStyle:
    """How a document names the responsible bodies, beside the forms that are always understood.

    in_brackets: its tasks end in brackets with names; then such a bracket is a clause even where no body in it is known.
    behind_dash: its tasks end in names behind a dash, arrow, slash or bar.
    labels: words before a colon that names of bodies follow, task for task, and that the lexicon lacks.
    """

    in_brackets: bool = False
    behind_dash: bool = False
    labels: tuple[str, ...] = ()


_DASH_TAIL = re.compile(r"(?:\s+[—–|→/-]+|[—→]{1,2}|\s*(?:=>|->|>>))\s*(?P<names>[^—–|→>/]{2,160}?)[.。]?$")
_ANY_LABEL = re.compile(
    r"(?:^|(?<=[.;。；!?(（\[【]))\s*(?P<label>[A-Z][A-Za-z' ]{1,30}|[\u3400-\u9fff]{2,10})\s*[:：]\s*(?P<names>[^:：.。;；]{2,120})"
)


def style_of(texts: Sequence[str]) -> ClauseStyle:
    """How a document names the responsible bodies, from the texts of its marked paragraphs and what stands below them."""
    enough = max(3, 0.5 * len(texts))
    known = loader.roles("label")
    labels: Counter[str] = Counter()
    dashes = 0
    for text in texts:
        tail = _DASH_TAIL.search(text[-200:])
        dashes += tail is not None and reads_like_names(tail["names"]) and has_body_word(tail["names"])
        for match in _ANY_LABEL.finditer(text):
            label = fold(match["label"])
            if (
                label not in known
                and reads_like_names(match["names"].strip())
                and has_body_word(match["names"].strip())
            ):
                labels[label] += 1
    return ClauseStyle(
        in_brackets=sum(map(ends_in_names, texts)) >= enough,
        behind_dash=dashes >= enough,
        labels=tuple(sorted(label for label, count in labels.items() if count >= max(3, 0.4 * len(texts)))),
    )


def take_clauses(text: str, style: ClauseStyle = ClauseStyle()) -> tuple[str, list[str]]:
    """The text without its responsibility clauses and fields, and these as printed, in order."""
    taken: list[str] = []
    words = text
    for _ in range(6):
        stripped = words.rstrip(_STOPS)
        if not stripped or stripped[-1] not in ")）]】":
            break
        start, end = (brackets(stripped, BRACKET) or [(0, 0)])[-1]
        if end != len(stripped) or not _is_clause(stripped[start + 1 : end - 1], style.in_brackets):
            break
        taken.insert(0, stripped[start:end])
        words = words[:start].rstrip()
        if facts := _facts(stripped[start + 1 : end - 1]):
            words += f" ({facts})" if not is_cjk(facts) else f"（{facts}）"
            break
    if is_cjk(words[-20:]) and (sentence := _SENTENCE.search(words)) and sentence.start() > 0:
        taken.insert(0, sentence.group().strip())
        words = words[: sentence.start()].rstrip()
    tail = _DASH_TAIL.search(words, max(len(words) - 200, 0)) if style.behind_dash else None
    if tail and tail.start() > 0 and reads_like_names(tail["names"]):
        taken.insert(0, tail["names"])
        words = words[: tail.start()].rstrip()
    words, fields = _take_fields(words, style.labels)
    taken = fields + taken
    if _ROUND.search(words) and CUE.search(words) and (spans := clauses(words)):
        taken = [words[start:end] for start, end in spans] + taken
        cuts = [0, *(edge for span in spans for edge in span), len(words)]
        pieces = [words[a:b] for a, b in zip(cuts[::2], cuts[1::2], strict=True)]
        words = normalise(" ".join([pieces[0].rstrip(), *(piece.lstrip(" .。") for piece in pieces[1:])]))
        words = re.sub(r"\s+(?=[，。；、,.;])", "", words)
    return words, taken


def _facts(inner: str) -> str:
    """The fields of a clause that are no bodies: a deadline, a budget."""
    labels = _labels(inner)
    if not labels:
        return ""
    ends = [*(label.start() for label in labels[1:]), len(inner)]
    found = [
        inner[label.start() : end].strip(" ,;.，；。")
        for label, end in zip(labels, ends, strict=True)
        if _role(label) not in _BODY_ROLES
    ]
    return "; ".join(found)


def _is_clause(inner: str, names_in_brackets: bool) -> bool:
    if not inner.strip() or len(inner) > 400:
        return False
    if body_labels(inner) and body_labels(inner)[0].start() == 0:
        return True
    if CUE.search(inner):
        return is_cjk(inner) or bool(re.search(r"[A-Z]", inner))
    if names_in_brackets:
        return reads_like_names(inner)
    named, unknown = bodies_of(inner)
    return bool(named) and not unknown and not any(body.doubtful for body in named)


def has_body_word(text: str) -> bool:
    """True where the text could name a body: Ministry of Transport, 市水务局."""
    return bool(_HAS_BODY_WORD.search(text) or _CN_BODY_END.search(text))


def ends_in_names(text: str) -> bool:
    """True where the text ends in a bracket that could be a list of names."""
    stripped = text.rstrip(_STOPS)
    if not stripped or stripped[-1] not in ")）]】":
        return False
    start, end = (brackets(stripped, BRACKET) or [(0, 0)])[-1]
    inner = stripped[start + 1 : end - 1]
    return end == len(stripped) and start > 0 and (_is_clause(inner, True))


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


@lru_cache(maxsize=256)
def _label_pattern(more: tuple[str, ...] = ()) -> re.Pattern[str]:
    words = sorted((*loader.roles("label"), *more), key=len, reverse=True)
    latin = "|".join(re.escape(word) for word in words if not CJK.search(word))
    chinese = "|".join(re.escape(word) for word in words if CJK.search(word))
    return re.compile(
        rf"(?:^|(?<=[.。;；,，(（\[【|!?)）—–-])|(?<=\s))\s*(?P<latin>{latin})(?:\(s\)|\(ies\)|\s?\([^()]{{1,12}}\))?\s*[:：]\s*"
        rf"|(?:(?<![\u3400-\u9fff])|(?=[^\s:：]{{4,}}[:：]))(?P<chinese>{chinese})\s*[:：]\s*"
        rf"|[【\[](?P<boxed>{chinese}|{latin})[】\]]\s*[:：]?\s*"
        rf"|(?:^|(?<=[;；])|(?<=,))\s*(?P<bare>lead|leads|with|support|supported by|in cooperation with|together with|"
        rf"responsible|partners?)\s+(?=[A-Z]|the\b)",
        re.IGNORECASE,
    )


def _labels(text: str, more: tuple[str, ...] = ()) -> list[re.Match[str]]:
    return list(_label_pattern(more).finditer(text)) if _LABEL_SIGN.search(text) else []


def _role(label: re.Match[str]) -> str:
    return loader.roles("label").get(
        fold(label["latin"] or label["chinese"] or label["boxed"] or label["bare"]), "responsible"
    )


def body_labels(text: str) -> list[re.Match[str]]:
    """The labels in a text behind which bodies are named, as in `Lead: Energy Office`."""
    if not (_LABEL_SIGN.search(text) or re.match(r"\s*(?:lead|responsible|support)\s", text, re.IGNORECASE)):
        return []
    found = list(_label_pattern().finditer(text))
    return [label for label in found if _role(label) in _BODY_ROLES and (label["bare"] is None or found[0]["bare"] is None or label is found[0])]  # fmt: skip


def is_field(text: str) -> bool:
    """True where the text begins with a label: `Deadline: June 2026`, 责任单位：水务局."""
    labels = _labels(text)
    return bool(labels) and labels[0].start() == 0


def _take_fields(text: str, more: tuple[str, ...]) -> tuple[str, list[str]]:
    """The text without the fields that name bodies (`Lead: X. With: Y.`), and these fields as printed."""
    labels = _labels(text, more)
    first = next(
        (i for i, label in enumerate(labels) if _role(label) in _BODY_ROLES and label["bare"] is None and _begins_field(text, label)), None
    )  # fmt: skip
    if first is None:
        return text, []
    labels = labels[first:]
    rest = [text[: labels[0].start()].rstrip(" (（[【")]
    taken: list[str] = []
    for label, following in zip(labels, [*labels[1:], None], strict=True):
        end = following.start() if following else len(text)
        words = text[label.start() : end].strip()
        if _role(label) in _BODY_ROLES:
            value, behind = _field_end(words)
            taken.append(value)
            rest.append(behind)
        else:
            rest.append(words)
    return normalise(" ".join(filter(None, rest))), [("；" if is_cjk(taken[0]) else ". ").join(taken)]


def _begins_field(text: str, label: re.Match[str]) -> bool:
    """True where a label stands at the head of a paragraph or sentence and names follow."""
    before = text[: label.start()].rstrip()
    value = text[label.end() :].lstrip()
    if not value:
        return False
    return not before or before[-1] in '.。;；!?！？)）(（[【|”"—–-:：' or label["latin"] is None


def _field_end(field: str) -> tuple[str, str]:
    """A field cut where its sentence ends: the field, and what goes on behind it."""
    match = re.search(r"[。](?=.)|[；;](?=[^；;]*[\d%])|(?<![A-Z])\.(?=\s+[A-Z])", field)
    if match is None or match.end() >= len(field):
        return field.rstrip(_STOPS).strip(), ""
    return field[: match.start()].strip(), field[match.end() :].strip()


@cache
def _whole_clauses() -> dict[str, loader.BodyEntry]:
    return {fold(form): entry for entry in loader.bodies().values() for form in entry.whole_clause}


def bodies_of(clause: str) -> tuple[list[Body], list[str]]:
    """The bodies that a clause names, in order, each once, and the words in it that were not understood.

    Longest form first, without regard to case (lexicon/bodies.toml). A body leads where its label or verb says so
    (lexicon/clauses.toml), or after "under the leadership of". A name that is only like a known one is doubtful.
    """
    plain = straight(normalise(clause)).strip()
    inner = _inside(plain)
    folded = inner.casefold()
    if entry := _whole_clauses().get(folded):
        return [Body(entry.id, entry.name, inner, doubtful=True)], []
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
    return list(found.values()), unknown


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
    labels = list(_label_pattern().finditer(inner))
    if labels and (any(label["bare"] is None for label in labels) or labels[0].start() == 0):
        ends = [*(label.start() for label in labels[1:]), len(inner)]
        found = [_Segment(_role(label), label.end(), end) for label, end in zip(labels, ends, strict=True)]
        if labels[0].start() > 0:
            found.insert(0, _Segment("responsible", 0, labels[0].start()))
        found = [segment for segment in found if segment.role in _BODY_ROLES]
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


_TO_LEAD = re.compile(r"\s+(?:to (?:take the )?lead|leads|leading|in the lead|lead)\b")
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
        and not re.search(r"(?:由|和|及|与|會同|會|与|與|会同|联合|同|牵头|配合)$", before_text)
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
        likely = loader.likely_body(name)
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
            while words and words[-1].casefold().strip("'") in _CONNECTORS:
                words.pop()
            if words and any(word.casefold() not in _CONNECTORS for word in words):
                yield " ".join(words).replace("\0", ","), start + match.start()


def _split_at(text: str, connective: re.Pattern[str], apart) -> list[str]:
    """The text cut at the connectives on both sides of which stands a name of its own."""
    pieces = [text]
    for match in connective.finditer(text):
        cut = len(text) - match.start()
        left, right = text[: match.start()], text[match.end() :]
        if left and right and apart(left, right) and len(pieces[-1]) >= cut:
            pieces[-1:] = [pieces[-1][: len(pieces[-1]) - cut], right]
    return [piece.strip() for piece in pieces if piece.strip()]
