"""Names in a text: what is quoted, and laws and other documents named without quotation marks."""

from __future__ import annotations

import re

from ..text import CJK, is_cjk, normalise, quoted_spans, shortened
from . import objects, splitter
from .strength import campaigns_in

_ACTS_ON = re.compile(
    r"^(?:(?:the|further|a|an)\s+)*(?:revision|formulation|introduction|promulgation|legislative process|amendment|drafting|"
    r"implementation|study|demonstrations?|construction)\s+(?:and \w+\s+)?(?:of|on)\s+(?:the\s+)?",
    re.IGNORECASE,
)


def names_in(text: str) -> tuple[str, ...]:
    """Names in a text in order: what is quoted, and laws and other documents that are named without quotation marks."""
    spans = quoted_spans(text)
    names = [(start, normalise(text[start:end])) for start, end in spans]
    for commitment in splitter.split_text(text):
        quoted = any(start < commitment.span[1] and commitment.span[0] < end for start, end in spans)
        if not quoted and (name := _unquoted_name(commitment.text)):
            names.append((commitment.span[0], name))
    return tuple(dict.fromkeys(name for _, name in sorted(names)))


def _unquoted_name(words: str) -> str | None:
    """The law or other document that a commitment acts upon, where it is named without quotation marks."""
    acted_upon = objects.parse(words)
    if not acted_upon.is_named:
        return None
    bare = objects.LEADING_ARTICLE.sub("", _ACTS_ON.sub("", acted_upon.text))
    name = re.split(r",\s|\s(?:to|in line with|in accordance with)\s", bare)[0].strip(" .;,")
    return normalise(name) if " " in name or CJK.search(name) else None


_COUNTRY = re.compile(r"\s+of (?:the )?People[’']s Republic of China\b", re.IGNORECASE)


def subject_of(text: str) -> str:
    """What a commitment is about in a few words: the name in it, or what it acts upon."""
    quoted = quoted_spans(text)
    if named := normalise(text[slice(*quoted[0])]) if quoted else _unquoted_name(text):
        return shortened(_COUNTRY.sub("", objects.LEADING_ARTICLE.sub("", named)), 60)
    subject = objects.parse(text).text
    if is_cjk(subject):
        return shortened(subject, 24)
    return shortened(re.split(r"[,;(]", objects.LEADING_ARTICLE.sub("", subject))[0].strip(), 60)


def is_named(text: str) -> bool:
    """True where a commitment is about a law, another document with a name, or a named campaign."""
    return objects.parse(text).is_named or bool(campaigns_in(text))
