"""Brackets and labels: the marks by which a clause is told from the text around it.

The labels are data (lexicon/clauses.toml): words before a colon, each with the role of what they name.
"""

from __future__ import annotations

import re
from functools import lru_cache

from ..lexicon import loader
from ..text import CJK, fold

BRACKET = re.compile(r"[()（）\[\]【】]")
ROUND_BRACKET = re.compile(r"[()（）]")
_OPENING = "(（[【"
# Roles whose names are bodies of the task; the others stay in its text.
BODY_ROLES = frozenset({"lead", "support", "responsible", "guide"})
_LABEL_SIGN = re.compile(r"[:：【\[]")


def brackets(text: str, signs: re.Pattern[str] = ROUND_BRACKET) -> list[tuple[int, int]]:
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


@lru_cache(maxsize=256)
def label_pattern(more: tuple[str, ...] = ()) -> re.Pattern[str]:
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


# Each paragraph is asked for its labels several times, and the pattern is long.
@lru_cache(maxsize=1 << 15)
def _found(text: str, more: tuple[str, ...]) -> tuple[re.Match[str], ...]:
    return tuple(label_pattern(more).finditer(text))


def labels_of(text: str, more: tuple[str, ...] = ()) -> list[re.Match[str]]:
    """The labels in a text that holds a sign of one. more: labels beside those of the lexicon."""
    return list(_found(text, more)) if _LABEL_SIGN.search(text) else []


def role_of(label: re.Match[str]) -> str:
    return loader.roles("label").get(
        fold(label["latin"] or label["chinese"] or label["boxed"] or label["bare"]), "responsible"
    )


def body_labels(text: str) -> list[re.Match[str]]:
    """The labels in a text behind which bodies are named, as in `Lead: Energy Office`."""
    if not (_LABEL_SIGN.search(text) or re.match(r"\s*(?:lead|responsible|support)\s", text, re.IGNORECASE)):
        return []
    found = _found(text, ())
    return [label for label in found if role_of(label) in BODY_ROLES and (label["bare"] is None or found[0]["bare"] is None or label is found[0])]  # fmt: skip


def is_field(text: str) -> bool:
    """True where the text begins with a label: `Deadline: June 2026`, 责任单位：水务局."""
    labels = labels_of(text)
    return bool(labels) and labels[0].start() == 0
