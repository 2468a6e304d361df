"""Lines to paragraphs: Markdown taken off, wrapped lines joined, and the marks that number or set off each paragraph.

The marks are data (lexicon/markers.toml). Which of them make up the outline is for outline.py to find.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from functools import cache, lru_cache
from itertools import pairwise
from statistics import median

from ..lexicon import loader
from ..text import half_width, is_cjk, join, normalise, numeral_value, printable

# Numbers above this are years and quantities.
_MOST = 999
BOLD = 7
_ORDINALS = ("first", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth", "ninth", "tenth")
_CARDINALS = ("one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve")
_STEMS = "甲乙丙丁戊己庚辛壬癸"
_FINANCIAL = str.maketrans("壹贰叁肆伍陆柒捌玖拾", "一二三四五六七八九十")
_NUMERALS = {
    "n": r"(?P<n>\d{1,3})",
    "d": r"(?P<d>\d{1,3}(?:\.\d{1,3}){1,4})",
    "cn": r"(?P<cn>[一二三四五六七八九十百零〇]{1,6})",
    "roman": r"(?P<roman>[IVXL]{1,7}|[Ⅰ-Ⅻ])",
    "rom": r"(?P<rom>[ivxl]{1,7}|[ⅰ-ⅻ])",
    "A": r"(?P<A>[A-Z])",
    "a": r"(?P<a>[a-z])",
    "na": r"(?P<na>\d{1,2}[a-z])",
    "o": r"(?P<o>[①-⑳㉑-㉟⑴-⒇⒈-⒛])",
    "en": rf"(?P<en>(?i:{'|'.join(sorted(_CARDINALS, key=len, reverse=True))}))",
    "ordinal": rf"(?P<ordinal>(?i:{'|'.join(_ORDINALS)}))",
    "code": r"(?P<code>[A-Z]{1,4}[-./]?\d{1,3}(?:[./]\d{1,3})*)",
    "seq": r"(?P<seq>首先|其次|再次|再者|此外|第四|最后|最後)",
    "stem": rf"(?P<stem>[{_STEMS}])",
    "fin": r"(?P<fin>[壹贰叁肆伍陆柒捌玖拾]{1,3})",
}
_MONTHS = re.compile(
    r"(?:january|february|march|april|may|june|july|august|september|october|november|december|page|figure|table|box|and|in|on|by)\b",
    re.IGNORECASE,
)
_ATX = re.compile(r"(#{1,6})\s+(.*?)\s*#*$|(#{2,6})([^\s#].*?)\s*#*$")
_ITEM_HEADING = re.compile(r"([-*+]\s+)#{2,6}\s+")
_SETEXT = re.compile(r"\s*(={3,}|-{3,})\s*$")
_BOLD_LINE = re.compile(r"(\*\*|__)(?!\s)((?:(?!\1).)+?)(?<!\s)\1[:：]?$")
_ROW = re.compile(r"\|(.*)\|$")
_ROW_RULE = re.compile(r"\|?[\s:|-]*-{3,}[\s:|-]*\|?$")
_RULE = re.compile(r"[\s*_=~.·•—–-]{3,}$")
_EMPHASIS = re.compile(r"(\*\*|__)(?=\S)(.+?)(?<=\S)\1|(?<![\w*])([*_])(?=[^\s*_])([^*_]+?)(?<=\S)\3(?![\w*])")
_LINK = re.compile(r"!?\[([^\[\]]+)\]\((?:https?:|#|/|\./|mailto:)[^()\s]*\)")
_ESCAPE = re.compile(r"\\([\\`*_{}\[\]()#+\-.!|>~])")
# A field begins a line of its own: Budget (USD): 3 million.
_FIELD = re.compile(r"[A-Z][A-Za-z /]{1,30}(?:\([^()]{1,12}\))?\s*:\s")
_CONTENTS_LINE = re.compile(r"(?:\.{4,}|…{2,}|·{4,}|\t)\s*\d{1,3}$")


@dataclass(frozen=True, slots=True)
class Marker:
    """One reading of the mark at the head of a paragraph.

    key: names the sequence. value: the last component of the number, 0 for a bullet. prefix: the components before it
    (("3",) in 3.4). printed: the number as printed. offset: where the paragraph's own words begin.
    """

    key: str
    value: int
    printed: str
    offset: int
    rank: int
    prefix: tuple[str, ...] = ()

    @property
    def bullet(self) -> bool:
        return self.rank == 9

    @property
    def plain_number(self) -> str:
        """The number in Arabic digits: 12, 2.1; as printed where it has letters, B-2, 2b; "" for a bullet."""
        if (self.prefix and not self.prefix[0].isdigit()) or self.key == "1a":
            return self.printed
        return ".".join((*self.prefix, str(self.value))) if self.value else ""


@dataclass(slots=True)
class Paragraph:
    """A paragraph of the source.

    heading: level of the Markdown heading, BOLD for a line in bold type, 0 for neither. indent: depth of indentation.
    cells: the cells of a table row. title, fields: what a row gives in columns of its own: a title, and who is responsible.
    row: True for a paragraph made of a table row.
    apart: True where an empty line stands before it.
    """

    text: str
    first: int
    last: int
    markers: tuple[Marker, ...] = ()
    heading: int = 0
    indent: int = 0
    cells: tuple[str, ...] = ()
    apart: bool = False
    title: str = ""
    fields: tuple[str, ...] = ()
    row: bool = False
    pieces: list[str] = field(default_factory=list)

    @property
    def rest(self) -> str:
        """The words behind the first mark."""
        return self.text[self.markers[0].offset :] if self.markers else self.text


@cache
def _patterns() -> tuple[tuple[re.Pattern[str], str, int], ...]:
    found = []
    for entry in loader.markers():
        pattern = re.sub(r"\{(\w+)\}", lambda match: _NUMERALS.get(match[1], match[0]), entry.pattern)
        found.append((re.compile(pattern), entry.key, entry.rank))
    return tuple(found)


def _value(kind: str, printed: str) -> tuple[tuple[str, ...], int] | None:
    """Prefix and value of a numeral of this kind, or None."""
    if kind == "d":
        *above, last = printed.split(".")
        return tuple(above), int(last)
    if kind == "na":
        return (printed[:-1],), ord(printed[-1]) - ord("a") + 1
    if kind == "code":
        letters, rest = re.match(r"([A-Z]+)[-./]?(.+)", printed).groups()  # type: ignore[union-attr]
        *above, last = re.split(r"[./]", rest)
        return (letters, *above), int(last)
    if kind in ("A", "a"):
        return (), ord(printed.upper()) - ord("A") + 1
    if kind == "o":
        for first in "①⑴⒈":
            if 0 <= ord(printed) - ord(first) < 20:
                return (), ord(printed) - ord(first) + 1
        return (), ord(printed) - ord("㉑") + 21
    if kind in ("en", "ordinal"):
        return (), (_CARDINALS if kind == "en" else _ORDINALS).index(printed.lower()) + 1
    if kind == "seq":
        return (), {"首先": 1, "其次": 2, "再次": 3, "再者": 3}.get(printed, 4)
    if kind == "stem":
        return (), _STEMS.index(printed) + 1
    if kind == "rom":
        printed = printed.upper() if printed.isascii() else printed
    if kind == "fin":
        printed = printed.translate(_FINANCIAL)
    value = numeral_value(printed) if "L" not in printed else _roman(printed)
    return None if value is None else ((), value)


def _roman(printed: str) -> int:
    values = [{"I": 1, "V": 5, "X": 10, "L": 50}[char] for char in printed]
    return sum(-v if v < max(values[i + 1 :], default=0) else v for i, v in enumerate(values))


@lru_cache(maxsize=4096)
def markers_of(text: str) -> tuple[Marker, ...]:
    """Every reading of the mark that a paragraph begins with, the likeliest first: "I." is a numeral and a letter."""
    start = half_width(text[:60])
    found: list[Marker] = []
    for pattern, key, rank in _patterns():
        match = pattern.match(start)
        if match is None:
            continue
        groups = match.groupdict()
        word = groups.pop("word", None) or ""
        # A line that is nothing but its mark, as "Action A.1" above a title of its own.
        if match.end() >= len(text) and not (word and key.endswith(" A")):
            continue
        kind = next((name for name, value in groups.items() if value), None)
        if kind is None:
            marker = Marker(key.format(word=word), 0, "", match.end(), rank)
        else:
            if word and _MONTHS.match(word):
                continue
            printed = text[match.start(kind) : match.end(kind)]
            value = _value(kind, groups[kind])
            if value is None or not 0 < value[1] <= _MOST:
                continue
            name = key.format(word=word.casefold()) + (f"/{kind}" if kind in ("roman", "A") and word else "")
            marker = Marker(name, value[1], printed, match.end(), rank, value[0])
        if not any(_same_numeral(marker, other) for other in found):
            found.append(marker)
    return tuple(found)


def _same_numeral(one: Marker, other: Marker) -> bool:
    return (one.value, one.prefix) == (other.value, other.prefix) or bool(one.bullet or other.bullet)


def paragraphs(text: str) -> list[Paragraph]:
    """The paragraphs of a text, one a line, with wrapped lines joined where the text is wrapped."""
    found: list[Paragraph] = []
    apart = True
    lines = text.split("\n")
    front_matter = _front_matter(lines)
    for line, raw in enumerate(lines, start=1):
        words = normalise(printable(raw.replace("\x0c", " ")))
        if not words:
            apart = True
            continue
        if line <= front_matter:
            if re.search(r"\w", words):
                found.append(Paragraph(words, line, line, apart=True))
            continue
        if (
            found
            and found[-1].last == line - 1
            and _SETEXT.match(raw)
            and not found[-1].heading
            and not found[-1].cells
        ):
            if len(found[-1].text) <= 120:
                found[-1] = replace(found[-1], heading=1 if "=" in words else 2)
            continue
        if _RULE.match(words) or words.startswith("```") or (_ROW_RULE.match(words) and "|" in words):
            apart = True
            continue
        paragraph = _paragraph(words, line, len(raw.expandtabs(4)) - len(raw.expandtabs(4).lstrip(" ")))
        if paragraph.text or paragraph.cells:
            paragraph.apart = apart
            found.append(paragraph)
            apart = False
    return _repeated([_marked(paragraph) for paragraph in _unwrapped(found)])


def _repeated(found: list[Paragraph]) -> list[Paragraph]:
    """The paragraphs without marks that stand once in the document: a sequence of one is none."""
    counts = Counter(key for paragraph in found for key in {marker.key for marker in paragraph.markers})
    for paragraph in found:
        paragraph.markers = tuple(marker for marker in paragraph.markers if counts[marker.key] > 1)
    return found


def page_furniture(found: Sequence[Paragraph]) -> set[int]:
    """Indexes of what pages carry beside the document: running headers with page numbers, and what a site adds."""
    pattern = loader.furniture()
    masked = Counter(re.sub(r"\d+", "#", paragraph.text) for paragraph in found)
    dropped = set()
    for index, paragraph in enumerate(found):
        words = paragraph.text
        numbered = re.search(r"\bpage\b|第\s*\d+\s*页|第\s*\d+\s*頁|^[\s\d–—-]+$|\s\d{1,3}$", words, re.IGNORECASE)
        recurs = masked[re.sub(r"\d+", "#", words)] > 1 and len(words) <= 100 and numbered and not paragraph.markers
        if not paragraph.cells and (recurs or (len(words) <= 160 and pattern.search(words))):
            dropped.add(index)
    return dropped


def _front_matter(lines: Sequence[str]) -> int:
    """The number of lines of the `---` block with a document's particulars at its head, or 0 for none."""
    if lines and lines[0].strip("\ufeff \t") == "---":
        end = next((i for i, line in enumerate(lines[1:40], start=1) if line.strip() in ("---", "...")), 0)
        if end and sum(":" in line for line in lines[1:end]) * 2 >= end - 1:
            return end + 1
    return 0


def _paragraph(words: str, line: int, spaces: int) -> Paragraph:
    """A line without its Markdown."""
    while words.startswith("> "):
        words = words[2:].lstrip()
    heading = 0
    if row := _ROW.match(words):
        cells = tuple(_plain(cell.replace("\x00", "|")) for cell in row[1].replace("\\|", "\x00").split("|"))
        return Paragraph(" ".join(filter(None, cells)), line, line, cells=cells)
    words = _ITEM_HEADING.sub(r"\1", words, count=1)
    if match := _ATX.match(words):
        heading, words = len(match[1] or match[3]), match[2] or match[4] or ""
    elif (match := _BOLD_LINE.match(words)) and len(match[2]) <= 120 and not match[2].endswith((".", "。", ";", "；")):
        heading = BOLD
    return Paragraph(_plain(words), line, line, heading=heading, indent=min(spaces // 2, 8))


def _plain(words: str) -> str:
    if not words.isascii() or any(sign in words for sign in "*_`\\["):
        words = _LINK.sub(r"\1", words)
        words = _EMPHASIS.sub(lambda m: m[2] or m[4], words)
        words = _ESCAPE.sub(r"\1", words)
        words = re.sub(r"^([-*+]) \[[ xX]\] ", r"\1 ", words)
    return normalise(words)


def _marked(paragraph: Paragraph) -> Paragraph:
    if not paragraph.cells:
        paragraph.markers = markers_of(paragraph.text)
    return paragraph


def _unwrapped(found: list[Paragraph]) -> list[Paragraph]:
    """Join the lines of paragraphs that were wrapped at a width, as in plain text of old."""
    width = _wrap_width(found)
    if not width:
        return found
    joined: list[Paragraph] = []
    for paragraph in found:
        above = joined[-1] if joined else None
        if above is not None and _goes_on(above, paragraph, width):
            above.text = join(above.text, paragraph.text)
            above.last = paragraph.last
            above.pieces.append(paragraph.text)
        else:
            joined.append(replace(paragraph, pieces=[paragraph.text]))
    return joined


def _wrap_width(found: Sequence[Paragraph]) -> int:
    """The width in characters at which the text is wrapped, or 0 where a line is a paragraph."""
    lengths = sorted(len(p.text) + p.indent for p in found if not p.cells)
    if len(lengths) < 6:
        return 0
    width = lengths[len(lengths) * 98 // 100]
    cjk = is_cjk("".join(p.text for p in found[:200]))
    if width > (60 if cjk else 110) or width < (16 if cjk else 40):
        return 0
    full = [(above, below) for above, below in pairwise(found) if len(above.text) > 0.75 * width]
    if len(full) < 3:
        return 0
    torn = [
        not below.apart and not above.text.endswith(tuple(".。;；:：!！?？)）")) and not below.heading
        for above, below in full
    ]
    return width if sum(torn) >= 0.35 * len(torn) and median(map(len, (p.text for p in found))) > width / 4 else 0


def _goes_on(above: Paragraph, paragraph: Paragraph, width: int) -> bool:
    """True where the first word of paragraph would not have fitted on the line above it."""
    if paragraph.apart or paragraph.heading or above.heading or paragraph.cells or above.cells:
        return False
    last = above.pieces[-1]
    word = re.match(r"\S{1,30}" if not is_cjk(paragraph.text[:4]) else r".", paragraph.text)
    room = width - len(last) - above.indent
    fits = room > (len(word.group()) if word else 0) + 1
    if _CONTENTS_LINE.search(last) or _FIELD.match(paragraph.text):
        return False
    if markers_of(paragraph.text):
        plain_bullet = markers_of(paragraph.text)[0].bullet and paragraph.indent <= above.indent
        return not fits and not plain_bullet and paragraph.indent > above.indent + 1 and not last.endswith((".", "。"))
    # A hanging indent goes on whatever the line above has room for.
    hanging = bool(markers_of(above.text)) and paragraph.indent > above.indent
    return hanging or not fits or (paragraph.text[0].islower() and not last.endswith(tuple(".。!?:：")))
