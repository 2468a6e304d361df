"""What the backends of all formats share: limits, list labels, joined lines."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import groupby

MAX_EXPANDED_BYTES = 200_000_000


MAX_EXPANSION = 200  # times the size of the file; text in Word files stays below 50


DAMAGED = "open it in the program that made it, save it again and retry"


# Ideographs, kana and the punctuation set with them; Korean is left out because it separates words by spaces.
CJK = "\u2e80-\u303e\u3041-\u9fff\uf900-\ufaff\ufe30-\ufe4f\uff01-\uff65\U00020000-\U0003ffff"


CJK_CHAR = re.compile(f"[{CJK}]")


CONTROLS = re.compile(r"[\x00-\x08\x0e-\x1a\x1c-\x1f\x7f]")


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a document and what its format says about it.

    heading: level of the heading that the line is, 1 to 6, or 0. bold: the whole line is set in bold type.
    bullet: depth of the list (from 1) whose unnumbered item the line begins, or 0.
    row, column: number of the table row that the line is in, counted through the document, or 0, and the cell's
    column, counted from 0.
    """

    text: str
    heading: int = 0
    bold: bool = False
    bullet: int = 0
    row: int = 0
    column: int = 0


def plain_text(lines: Iterable[Line]) -> str:
    """The words alone, one line for each line, as a browser or Word shows them."""
    return "\n".join(line.text for line in lines)


def markdown(lines: Iterable[Line]) -> str:
    """The lines with the format's own outline written as Markdown: `## ` headings, `- ` items, `| a | b |` table rows."""
    return "\n".join(_markdown_lines(lines))


def _markdown_lines(lines: Iterable[Line]) -> Iterator[str]:
    for row, members in groupby(lines, key=lambda line: line.row):
        if row:
            cells: dict[int, str] = {}
            for line in members:
                words = line.text.strip().replace("|", "\\|")
                cells[line.column] = f"{cells[line.column]} {words}" if line.column in cells else words
            yield "| " + " | ".join(cells.get(column, "") for column in range(max(cells) + 1)) + " |"
            continue
        for line in members:
            if line.heading:
                yield f"{'#' * line.heading} {line.text.strip()}"
            elif line.bullet:
                yield f"{'  ' * (line.bullet - 1)}- {line.text.strip()}"
            elif line.bold and line.text.strip():
                yield f"**{line.text.strip()}**"
            else:
                yield line.text


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
