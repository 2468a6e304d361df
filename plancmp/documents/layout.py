"""What the backends of all formats share: limits, list labels, joined lines."""

from __future__ import annotations

import re

MAX_EXPANDED_BYTES = 200_000_000


MAX_EXPANSION = 200  # times the size of the file; text in Word files stays below 50


DAMAGED = "open it in the program that made it, save it again and retry"


# Ideographs, kana and the punctuation set with them; Korean is left out because it separates words by spaces.
CJK = "\u2e80-\u303e\u3041-\u9fff\uf900-\ufaff\ufe30-\ufe4f\uff01-\uff65\U00020000-\U0003ffff"


CJK_CHAR = re.compile(f"[{CJK}]")


CONTROLS = re.compile(r"[\x00-\x08\x0e-\x1a\x1c-\x1f\x7f]")


def unix_newlines(text: str) -> str:
    return text.replace("\r\n", "\n").replace("\r", "\n")


def integer(value: str | None, default: int) -> int:
    return int(value) if value and re.fullmatch(r"-?[0-9]{1,9}", value) else default


def labelled(label: str, text: str) -> str:
    """text behind an automatic number, unless the number has been typed as well."""
    return text if not label or text.startswith(label) else joined(label, text)


def joined(left: str, right: str) -> str:
    """Two pieces of one line with a space between them, or nothing where ideographs or their punctuation meet."""
    return left + ("" if CJK_CHAR.match(left[-1:]) or CJK_CHAR.match(right) else " ") + right


def ordinal(style: str, number: int) -> str | None:
    """number as Word's numbering format called style writes it, None for a format not known here."""
    if style == "decimal" or number < 1:
        return str(number)
    if style == "decimalZero":
        return f"{number:02d}"
    if style in ("upperRoman", "lowerRoman") and number < 4000:
        roman = "".join(
            digits[int(digit)]
            for digit, digits in zip(
                f"{number:04d}",
                (
                    ["", "M", "MM", "MMM"],
                    ["", "C", "CC", "CCC", "CD", "D", "DC", "DCC", "DCCC", "CM"],
                    ["", "X", "XX", "XXX", "XL", "L", "LX", "LXX", "LXXX", "XC"],
                    ["", "I", "II", "III", "IV", "V", "VI", "VII", "VIII", "IX"],
                ),
                strict=True,
            )
        )
        return roman if style == "upperRoman" else roman.lower()
    if style in ("upperLetter", "lowerLetter"):
        # Word goes on after z with aa, bb, cc.
        letters = chr(ord("A") + (number - 1) % 26) * ((number - 1) // 26 + 1)
        return letters if style == "upperLetter" else letters.lower()
    if style in ("chineseCounting", "chineseCountingThousand", "japaneseCounting") and number < 100:
        tens, ones = divmod(number, 10)
        digits = "零一二三四五六七八九"
        return (digits[tens] if tens > 1 else "") + ("十" if tens else "") + (digits[ones] if ones else "")
    if style.startswith("decimalEnclosedCircle") and number <= 20:
        return chr(ord("①") + number - 1)
    return None
