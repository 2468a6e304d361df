"""Names in a text: what is quoted, and laws and other documents named without quotation marks."""

from __future__ import annotations

import re

from ..text import CJK, normalise, quoted_spans
from . import splitter
from .objects import LEADING_ARTICLE, kind_of, named_kinds, object_of

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
        if kind_of(commitment.text) not in named_kinds() or any(
            start < commitment.span[1] and commitment.span[0] < end for start, end in spans
        ):
            continue
        words = _ACTS_ON.sub("", object_of(commitment.text))
        name = re.split(r",\s|\s(?:to|in line with|in accordance with)\s", LEADING_ARTICLE.sub("", words))[0].strip(
            " .;,"
        )
        if " " in name or CJK.search(name):
            names.append((commitment.span[0], normalise(name)))
    return tuple(dict.fromkeys(name for _, name in sorted(names)))
