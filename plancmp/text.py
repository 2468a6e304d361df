"""Pure functions on strings: white space, quotation, names, numbers."""

from __future__ import annotations

import itertools
import re
import unicodedata
from collections.abc import Sequence

# What counts as a Chinese character, for use inside a character class.
CHINESE = "\u3400-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"
CJK = re.compile(f"[{CHINESE}]")
_SPACE = re.compile(r"[\s\u00a0\u200b\ufeff\u3000]+")
_QUOTES = str.maketrans({"“": '"', "”": '"', "„": '"', "«": '"', "»": '"', "‘": "'", "’": "'", "＂": '"', "＇": "'"})
_FULL_WIDTH = str.maketrans("０１２３４５６７８９（）．：；，　", "0123456789().:;, ")


def normalise(text: str) -> str:
    """The text with every run of white space (no-break and ideographic ones too) as one space."""
    return " ".join(text.split()) if text.isascii() else _SPACE.sub(" ", text).strip()


def is_address(name: object) -> bool:
    """True for a name with a scheme, such as https://example.org/plan: an address on the web, never a file's path."""
    return isinstance(name, str) and bool(re.match(r"[A-Za-z][A-Za-z0-9+.-]*://", name))


def straight_quotes(text: str) -> str:
    """The text with straight quotation marks, so that two printings of one name compare equal. The length stays the same."""
    return text if text.isascii() else text.translate(_QUOTES)


def lowered(text: str) -> str:
    """The text in lower case. The length stays the same, so that offsets into it are offsets into the text."""
    small = text.lower()
    return small if len(small) == len(text) else "".join(low if len(low := c.lower()) == 1 else c for c in text)


def any_of(patterns: Sequence[str], flags: int = 0) -> re.Pattern[str]:
    """One pattern that matches what any of these matches, earlier ones taking precedence.

    Adjacent patterns that begin with a word boundary share that test: the engine then skips all other offsets, which
    makes long word lists ten times as fast to search for.
    """
    groups = []
    for at_boundary, group in itertools.groupby(patterns, key=lambda pattern: pattern.startswith(r"\b")):
        members = [f"(?:{pattern[2:] if at_boundary else pattern})" for pattern in group]
        groups.append(rf"\b(?:{'|'.join(members)})" if at_boundary else "|".join(members))
    return re.compile("|".join(groups), flags)


def half_width(text: str) -> str:
    """Full-width digits and punctuation as ASCII. The length stays the same."""
    return text.translate(_FULL_WIDTH)


def fold(text: str) -> str:
    """A key for comparing names: NFKC, straight quotes, single spaces, case folded."""
    return normalise(straight_quotes(text if text.isascii() else unicodedata.normalize("NFKC", text))).casefold()


# Control and format characters (bidirectional ones and the invisible tags among them), private use, surrogates.
_CONTROL = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\xad\u061c\u180e\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb"
    "\ue000-\uf8ff\ud800-\udfff\U000e0000-\U000e0fff\U000f0000-\U0010ffff]"
)


def printable(text: str) -> str:
    """The text without control, format and private characters, so that it cannot control a terminal. Line feeds and tabs stay."""
    return _CONTROL.sub("", text)


def is_cjk(text: str) -> bool:
    """True where at least a third of the letters are Chinese."""
    chinese = 0 if text.isascii() else len(CJK.findall(text))
    return chinese > 0 and 3 * chinese >= sum(char.isalpha() for char in text)


def join(left: str, right: str) -> str:
    """Two pieces of a wrapped paragraph as one: with a space, but without one between Chinese characters."""
    if not left or not right:
        return left or right
    glue = "" if CJK.match(left[-1]) and CJK.match(right[0]) else " "
    return left + glue + right


def counted(number: int, noun: str) -> str:
    """A number with its noun in the singular or plural: 1 task, 2 tasks."""
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def shortened(text: str, most: int = 160) -> str:
    """The text, cut at a word with an ellipsis where it is longer than `most` characters."""
    if len(text) <= most:
        return text
    cut = text[: most - 1]
    return (cut[: cut.rfind(" ")] if " " in cut[most // 2 :] else cut).rstrip(" ,;…") + "…"


_CN_DIGITS = {char: value for value, char in enumerate("〇一二三四五六七八九")} | {"零": 0, "两": 2}


def numeral_value(text: str) -> int | None:
    """The value of an Arabic, Roman (also Ⅰ) or Chinese numeral, or None.

    >>> numeral_value("十二"), numeral_value("XIV"), numeral_value("30")
    (12, 14, 30)
    """
    text = unicodedata.normalize("NFKC", text).strip()
    if text.isascii() and text.isdigit():
        return int(text) if len(text) <= 6 else None
    if text and all(char in "IVX" for char in text):
        values = [{"I": 1, "V": 5, "X": 10}[char] for char in text]
        return sum(-v if v < max(values[i + 1 :], default=0) else v for i, v in enumerate(values))
    if text and all(char in _CN_DIGITS or char in "十百" for char in text):
        total, digit = 0, 0
        for char in text:
            if char in "十百":
                total += (digit or 1) * (10 if char == "十" else 100)
                digit = 0
            else:
                digit = _CN_DIGITS[char]
        return total + digit
    return None


_QUOTED = re.compile(
    r"“([^“”]{1,200})”|\"([^\"]{1,200})\"|《([^《》]{1,200})》|「([^「」]{1,200})」|『([^『』]{1,200})』"
)


def quoted_spans(text: str) -> list[tuple[int, int]]:
    """Spans of the words inside quotation marks or 《》, without the marks."""
    return [next(m.span(g) for g in range(1, 6) if m.group(g) is not None) for m in _QUOTED.finditer(text)]
