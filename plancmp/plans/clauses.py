"""Responsibility clauses: where they stand in a text, in brackets, behind labels, or in a sentence of their own."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

from ..lexicon import loader
from ..text import fold, is_cjk, normalise
from .bodies import bodies_of, has_body_word, reads_like_names
from .labels import BODY_ROLES, BRACKET, ROUND_BRACKET, body_labels, brackets, labels_of, role_of

CUE = re.compile(
    r"\b(?:responsible|in (?:the )?charge|responsibilit(?:y|ies)|will be done|take the lead|led by)\b|负责|牵头|参与|配合|落实|負責|牽頭|參與|主辦",
    re.IGNORECASE,
)
_STOPS = ' .。;；”"'
# A sentence at the end of a task that says who does it.
_SENTENCE = re.compile(
    r"(?:^|(?<=[。；;]))\s*(?:以上工作|此项工作|该项工作|上述工作)?由[^。；;，,]{2,80}?(?:牵头|负责|组织实施|落实|主办|承办|牽頭|負責)[^。；;]{0,80}[。；;]?$"
)
# The same in English: The Parks Department will lead, working with the Conservation Trust.
_ENGLISH_SENTENCE = re.compile(
    r"(?<=[.!?;:])\s+(?P<names>(?:The )?[A-Z][^.;:!?]{2,100}?) (?:will|shall|should|is to|are to|to) (?:take the )?lead"
    r"(?: (?:on )?this(?: \w+)?)?(?P<help>,? (?:(?:working |together |jointly )?with|(?:supported|assisted) by"
    r"|in (?:co-?operation|partnership|consultation) with) [^.;:!?]{3,160})?[.]?$"
)


# A bracket of more characters is one that was never closed. It would be read again with each line that follows it.
_LONGEST = 1500


@lru_cache(maxsize=8192)
def clauses(text: str) -> tuple[tuple[int, int], ...]:
    """Spans of the responsibility clauses in the text, brackets included.

    A clause is a bracket that says who is responsible, or holds nothing but names of bodies and ends the text.
    """
    found = []
    last = len(text.rstrip(' .。”"'))
    for start, end in brackets(text):
        inner = text[start + 1 : end].rstrip(")） .。")
        if not inner.strip() or len(inner) > _LONGEST:
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


def style_of(texts: Sequence[str], below: Sequence[str] = ()) -> ClauseStyle:
    """How a document names the responsible bodies, from the texts of its marked paragraphs and of those without a mark."""
    enough = max(3, 0.5 * len(texts))
    known = loader.roles("label")
    names: Counter[str] = Counter()
    bodies: Counter[str] = Counter()
    dashes = 0
    for text in texts:
        tail = _DASH_TAIL.search(text[-200:])
        dashes += tail is not None and reads_like_names(tail["names"]) and has_body_word(tail["names"])
    for text in (*texts, *below):
        for match in _ANY_LABEL.finditer(text):
            label, named = fold(match["label"]), match["names"].strip(" )]）】")
            if label not in known and reads_like_names(named):
                names[label] += 1
                bodies[label] += has_body_word(named)
    # Some of the names have to be those of offices; `Area: North Coast` names none.
    labels = [
        label for label, count in names.items() if count >= max(3, 0.4 * len(texts)) and bodies[label] * 3 >= count
    ]
    return ClauseStyle(sum(map(ends_in_names, texts)) >= enough, dashes >= enough, tuple(sorted(labels)))


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
    if (said := _ENGLISH_SENTENCE.search(words, max(len(words) - 320, 0))) and has_body_word(said["names"]):
        taken.insert(0, said.group().strip())
        words = words[: said.start()].rstrip()
    tail = _DASH_TAIL.search(words, max(len(words) - 200, 0)) if style.behind_dash else None
    if tail and tail.start() > 0 and reads_like_names(tail["names"]):
        taken.insert(0, tail["names"])
        words = words[: tail.start()].rstrip()
    words, fields = _take_fields(words, style.labels)
    taken = fields + taken
    if ROUND_BRACKET.search(words) and CUE.search(words) and (spans := clauses(words)):
        taken = [words[start:end] for start, end in spans] + taken
        cuts = [0, *(edge for span in spans for edge in span), len(words)]
        pieces = [words[a:b] for a, b in zip(cuts[::2], cuts[1::2], strict=True)]
        words = normalise(" ".join([pieces[0].rstrip(), *(piece.lstrip(" .。") for piece in pieces[1:])]))
        words = re.sub(r"\s+(?=[，。；、,.;])", "", words)
    return words, taken


def _facts(inner: str) -> str:
    """The fields of a clause that are no bodies: a deadline, a budget."""
    labels = labels_of(inner)
    if not labels:
        return ""
    ends = [*(label.start() for label in labels[1:]), len(inner)]
    found = [
        inner[label.start() : end].strip(" ,;.，；。")
        for label, end in zip(labels, ends, strict=True)
        if role_of(label) not in BODY_ROLES
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


def ends_in_names(text: str) -> bool:
    """True where the text ends in a bracket that could be a list of names."""
    stripped = text.rstrip(_STOPS)
    if not stripped or stripped[-1] not in ")）]】":
        return False
    start, end = (brackets(stripped, BRACKET) or [(0, 0)])[-1]
    inner = stripped[start + 1 : end - 1]
    return end == len(stripped) and start > 0 and (_is_clause(inner, True))


def _take_fields(text: str, more: tuple[str, ...]) -> tuple[str, list[str]]:
    """The text without the fields that name bodies (`Lead: X. With: Y.`), and these fields as printed."""
    labels = labels_of(text, more)
    first = next(
        (i for i, label in enumerate(labels) if role_of(label) in BODY_ROLES and label["bare"] is None and _begins_field(text, label)), None
    )  # fmt: skip
    if first is None:
        return text, []
    labels = labels[first:]
    rest = [text[: labels[0].start()].rstrip(" (（[【")]
    taken: list[str] = []
    for label, following in zip(labels, [*labels[1:], None], strict=True):
        end = following.start() if following else len(text)
        words = text[label.start() : end].strip()
        if role_of(label) in BODY_ROLES:
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
