"""Names in a text: what is quoted, and laws and other documents named without quotation marks."""

from __future__ import annotations

import re

from ..text import CJK, normalise, quoted
from . import objects, splitter

_ACTS_ON = re.compile(
    r"^(?:(?:the|further|a|an)\s+)*(?:revision|formulation|introduction|promulgation|legislative process|amendment|drafting|"
    r"implementation|study|demonstrations?|construction)\s+(?:and \w+\s+)?(?:of|on)\s+(?:the\s+)?",
    re.IGNORECASE,
)


def names_in(text: str) -> tuple[str, ...]:
    """Names in a text in order: what is quoted, and laws and other documents that are named without quotation marks."""
    spans = quoted(text)
    names = [(start, normalise(text[start:end])) for start, end in spans]
    for commitment in splitter.split_text(text):
        acted_upon = objects.parse(commitment.text)
        if not acted_upon.is_named or any(
            start < commitment.span[1] and commitment.span[0] < end for start, end in spans
        ):
            continue
        words = _ACTS_ON.sub("", acted_upon.text)
        name = re.split(r",\s|\s(?:to|in line with|in accordance with)\s", objects.LEADING_ARTICLE.sub("", words))[
            0
        ].strip(" .;,")
        if " " in name or CJK.search(name):
            names.append((commitment.span[0], normalise(name)))
    return tuple(dict.fromkeys(name for _, name in sorted(names)))
