"""What a briefing is made of, in no format: headings, paragraphs, tables, changes, and its fixed words.

briefing.py, alert.py, annex.py and list_pages.py write these blocks; html_page.py, markdown_page.py, docx_writer.py and
xlsx_writer.py draw them and add no word of their own.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from functools import cache
from typing import Any

from ..errors import UsageError
from ..lexicon import loader
from ..model import Section
from ..text import normalise, printable
from .word_diff import Run

LANGUAGES = ("en", "zh")
# A tuple of runs is a text with marks.
Cell = str | int | float | tuple[Run, ...]
# What stands before the ellipsis of a stitched quotation has fewer words.
_LONGEST_OPENING = 60


@dataclass(frozen=True, slots=True)
class Heading:
    """level: 1 to 3. anchor: where a link within the document leads."""

    level: int
    text: str
    anchor: str


@dataclass(frozen=True, slots=True)
class Paragraph:
    """kind: body; lead for the findings; warning for what the reader must know first; small for what stands beside;
    placeholder where the firm puts its own words.
    """

    text: str
    kind: str = "body"


@dataclass(frozen=True, slots=True)
class Points:
    """A list; each point is a name, what is said of it, and the anchor that the name leads to. Name and anchor may be ""."""

    points: tuple[tuple[str, str, str], ...]


@dataclass(frozen=True, slots=True)
class Legend:
    """A line that shows each kind of mark on words that name it."""

    runs: tuple[Run, ...]


@dataclass(frozen=True, slots=True)
class Table:
    """name: what stands in it, in one word. header: empty where there is none. widths: of the columns, in letters.

    sheet: the title of its own sheet in a workbook, or "" where it stands with the text. printed: how many columns, from
    the left, go on paper; 0 is all. choices: by the index of a column, the words that a reader may fill in there.
    """

    name: str
    caption: str
    header: tuple[str, ...]
    rows: tuple[tuple[Cell, ...], ...]
    widths: tuple[float, ...] = ()
    sheet: str = ""
    printed: int = 0
    choices: tuple[tuple[int, tuple[str, ...]], ...] = ()


@dataclass(frozen=True, slots=True)
class Stream:
    """How many commitments go from a section of the old plan to one of the new by one status; None: nowhere."""

    old: str | None
    new: str | None
    status: str
    count: int


@dataclass(frozen=True, slots=True)
class Flow:
    """Where the sections of the old plan (old, in order) go in the new one: a picture, and the same as a table.

    summary: the sections of both plans and how many commitments of each had which fate, where there is no picture.
    """

    table: Table
    summary: Table
    streams: tuple[Stream, ...]
    old: tuple[str, ...]
    new: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Quote:
    """A commitment as it is quoted: its ref, the name people are shown (`1(e)`), its words verbatim, and these in runs."""

    ref: str
    name: str
    text: str
    runs: tuple[Run, ...]


@dataclass(frozen=True, slots=True)
class Line:
    """A commitment with one of its counterparts, or one without.

    state: escalated, continued, softened, dropped, new or undetermined; label: the words for it. sureness: how sure that
    is, in a word. reasons: in plain words, the deciding one first. remark: the reviewer's, which Word shows as a comment.
    """

    state: str
    label: str
    sureness: str
    doubtful: bool
    old: Quote | None
    new: Quote | None
    reasons: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    remark: str = ""

    @property
    def quotes(self) -> tuple[Quote, ...]:
        return tuple(quote for quote in (self.old, self.new) if quote)


@dataclass(frozen=True, slots=True)
class Side:
    """One side of a change: a task.

    text: all of it. bodies: as people read them, with who leads; body_names: the names alone. citation: the exact place;
    place: the same under a heading that names the section.
    """

    ref: str
    section: str
    text: str
    bodies: tuple[str, ...]
    body_names: tuple[str, ...]
    citation: str
    place: str


@dataclass(frozen=True, slots=True)
class Change:
    """What became of one task: a pair of tasks with both sides, or a task without a counterpart with one.

    state: as of a line; label: the words to print, with what else became of it (partly dropped). lines: its commitments.
    inline: both texts as one, to be read; empty where they share too little to be marked. tracked: both texts as one,
    from which each follows letter for letter. remarks: doubts and a reviewer's note, which Word shows as comments.
    """

    anchor: str
    state: str
    label: str
    doubtful: bool
    old: Side | None
    new: Side | None
    lines: tuple[Line, ...]
    inline: tuple[Run, ...] = ()
    tracked: tuple[Run, ...] = ()
    bodies: str = ""
    notes: tuple[str, ...] = ()
    remarks: tuple[str, ...] = ()

    @property
    def sides(self) -> tuple[Side, ...]:
        return tuple(side for side in (self.old, self.new) if side)

    @property
    def name(self) -> str:
        """`2021-2022:30 → 2024:31`, or the one task."""
        return " → ".join(side.ref for side in self.sides)


Block = Heading | Paragraph | Points | Legend | Table | Flow | Change


@dataclass(frozen=True)
class Words:
    """The fixed words of one language; calling it fills one in."""

    lang: str
    table: dict[str, Any] = field(repr=False)

    def __call__(self, key: str, **values: object) -> str:
        return str(self.table[key]).format(**values)

    def sentence(self, text: str) -> str:
        """The text with a capital first letter, which Chinese has not."""
        return text if self.lang == "zh" else text[:1].upper() + text[1:]

    def counted(self, key: str, number: int, **values: object) -> str:
        """The words for a number of things; a key with `_one` behind it is for one of them."""
        return self(f"{key}_one" if number == 1 and f"{key}_one" in self.table else key, **values)

    def status(self, status: str) -> str:
        return self("new_status" if status == "new" else status)

    def phrase(self, english: str) -> str:
        """A sentence that the comparison wrote in English, in this language as far as the patterns reach."""
        for pattern, replacement in self.table["phrases"]:
            english = re.sub(pattern, replacement, english)
        return english

    def with_remarks(self, table: Table) -> Table:
        """The table with an empty column behind what is printed, for the reader's remarks in a workbook."""
        at = table.printed or len(table.header)
        widths = (*table.widths[:at], 16.0, *table.widths[at:]) if table.widths else ()
        return replace(
            table,
            header=(*table.header[:at], self("remark"), *table.header[at:]),
            rows=tuple((*row[:at], "", *row[at:]) for row in table.rows),
            widths=widths,
            printed=table.printed and at + 1,
        )


@cache
def words_of(lang: str) -> Words:
    """The fixed words of a language. Raises UsageError for one that has none."""
    if lang not in LANGUAGES:
        raise UsageError(f"no briefing in the language “{printable(lang)}”", f"one of: {', '.join(LANGUAGES)}")
    return Words(lang, loader.table("wording")[lang])


@dataclass(frozen=True)
class Briefing:
    """A briefing ready to be drawn: its title, what it is about, and its blocks in order.

    sheets: tables for a workbook only, each on a sheet of its own; workbook: the blocks
    of its first sheet, where they are not those in front of the parts. contents: whether a list of its parts stands in
    front.
    """

    title: str
    date: str
    author: str
    client: str
    words: Words
    blocks: tuple[Block, ...]
    sheets: tuple[Table, ...] = ()
    workbook: tuple[Block, ...] | None = None
    contents: bool = False

    @property
    def changes(self) -> tuple[Change, ...]:
        return tuple(block for block in self.blocks if isinstance(block, Change))

    @property
    def lines(self) -> tuple[Line, ...]:
        return tuple(line for change in self.changes for line in change.lines)

    def table(self, name: str) -> Table:
        """The table of this name. Raises StopIteration where there is none."""
        return next(block for block in self.blocks if isinstance(block, Table) and block.name == name)


def verbatim(words: str, source: str) -> str:
    """The words of a commitment as a quotation: with an ellipsis where its verb and its object stand apart in the source.

    >>> verbatim("Promote the revision of the law B", "Promote the revision of the law A and the law B.")
    'Promote the revision of … the law B'
    """
    if words in source or "…" in words:
        return words
    parts = words.split(" ")
    splits = [
        (" ".join(parts[:count]), " ".join(parts[count:])) for count in range(1, min(len(parts), _LONGEST_OPENING))
    ]
    for start, rest in splits:
        if start in source and rest in source:
            return f"{start} … {rest}"
    for start, rest in reversed(splits):
        if start in source:
            return f"{start} … {verbatim(rest, source)}"
    return words


def clean(text: str) -> str:
    """Text for a document: one line, without control characters and what XML cannot hold."""
    return normalise(re.sub(r"[\ufdd0-\ufdef\ufffe\uffff]", "", printable(text)))


def section_path(path: Sequence[Section]) -> str:
    """`2 Strengthen protection › 1 Judicial protection`; empty where the task stands under no heading."""
    return " › ".join(clean(f"{section.number} {section.heading}") for section in path)


def section_numbers(path: Sequence[Section]) -> str:
    """`2(1)`; empty where the task stands under no numbered heading."""
    numbers = [clean(section.number) for section in path if section.number]
    return "".join(f"({number})" if depth else number for depth, number in enumerate(numbers))


def wide(text: str) -> int:
    """About how wide a text is set: a Chinese character takes the room of two letters."""
    return sum(2 if char > "\u2e80" else 1 for char in text)


def plain(cell: Cell) -> str:
    """The text of a cell without its marks."""
    return "".join(run.text for run in cell) if isinstance(cell, tuple) else str(cell)
