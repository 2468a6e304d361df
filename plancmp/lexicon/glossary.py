"""Chinese terms to the English words that the plans have for them (lexicon/terms_zh.toml).

A gloss is no translation: the words stand in Chinese order and without grammar. It serves comparisons that count
words, so that texts in two languages, or a Chinese text and its translation, can share any.
"""

from __future__ import annotations

import re
from functools import cache

from ..text import is_cjk
from . import loader


@cache
def _terms() -> tuple[re.Pattern[str], dict[str, str]]:
    """The terms, longest first under each first character, and their English."""
    known = {
        chinese: english for group in loader.table("terms_zh")["terms"] for chinese, english in group["zh"].items()
    }
    rests: dict[str, list[str]] = {}
    for term in sorted(known, key=len, reverse=True):
        rests.setdefault(term[0], []).append(re.escape(term[1:]))
    return re.compile("|".join(f"{first}(?:{'|'.join(endings)})" for first, endings in rests.items())), known


def english(text: str) -> str:
    """A Chinese text with every known term in English, set off by spaces; other texts as they are."""
    if not is_cjk(text):
        return text
    pattern, known = _terms()
    return pattern.sub(lambda match: f" {known[match.group()]} ", text)
