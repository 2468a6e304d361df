"""What a briefing is made of, in no format: headings, paragraphs, tables, changes, and its fixed words.

briefing.py writes these blocks; markup.py, word.py and sheets.py draw them and add no word of their own.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cache

from ..errors import UsageError
from ..lexicon import loader
from ..model import Section
from ..text import normalise, printable
from .word_diff import Run

LANGUAGES = ("en", "zh")
Cell = str | int | float


@dataclass(frozen=True, slots=True)
class Heading:
    """level: 1 to 3. anchor: where a link within the document leads."""

    level: int
    text: str
    anchor: str


@dataclass(frozen=True, slots=True)
class Paragraph:
    """kind: body, or warning for what the reader must know first."""

    text: str
    kind: str = "body"


@dataclass(frozen=True, slots=True)
class Points:
    """A list; each point is the name of a change, what is said of it, and its anchor."""

    points: tuple[tuple[str, str, str], ...]


@dataclass(frozen=True, slots=True)
class Legend:
    """A line that shows each kind of mark on words that name it."""

    runs: tuple[Run, ...]


@dataclass(frozen=True, slots=True)
class Table:
    """name: particulars, plans, counts, flow, bodies, settings or undetermined. header: empty where there is none."""

    name: str
    caption: str
    header: tuple[str, ...]
    rows: tuple[tuple[Cell, ...], ...]


@dataclass(frozen=True, slots=True)
class Stream:
    """How many tasks or links go from a section of the old plan to one of the new by one status; None: nowhere."""

    old: str | None
    new: str | None
    status: str
    count: int


@dataclass(frozen=True, slots=True)
class Flow:
    """Where the sections of the old plan (old, in order) go in the new one: a picture, and the same as a table."""

    table: Table
    streams: tuple[Stream, ...]
    old: tuple[str, ...]
    new: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Side:
    """One side of a change.

    runs: its text with what changed. bodies: as people read them, with who leads; body_names: the names alone.
    citation: the exact place.
    """

    ref: str
    section: str
    text: str
    runs: tuple[Run, ...]
    bodies: tuple[str, ...]
    body_names: tuple[str, ...]
    citation: str


@dataclass(frozen=True, slots=True)
class Change:
    """What became of one commitment: a link with both sides, or a task without a counterpart with one.

    status: the word of the contract; label: the word to print, with its markers (softened, one-off, ?).
    inline: both texts as one; empty where they share too little to be marked. reasons: each with the quoted words.
    """

    anchor: str
    status: str
    label: str
    markers: tuple[str, ...]
    confidence: float
    doubtful: bool
    old: Side | None
    new: Side | None
    inline: tuple[Run, ...] = ()
    reasons: tuple[str, ...] = ()
    bodies: str = ""
    notes: tuple[str, ...] = ()
    nearest: str | None = None

    @property
    def sides(self) -> tuple[Side, ...]:
        return tuple(side for side in (self.old, self.new) if side)

    @property
    def name(self) -> str:
        """`2021-2022:30 → 2024:31`, or the one task."""
        return " → ".join(side.ref for side in self.sides)

    @property
    def confidence_words(self) -> str:
        """`0.93`, with `?` where it is doubtful."""
        return f"{self.confidence:.2f}" + (" ?" if self.doubtful else "")


Block = Heading | Paragraph | Points | Legend | Table | Flow | Change


@dataclass(frozen=True)
class Words:
    """The fixed words of one language; calling it fills one in."""

    lang: str
    table: dict = field(repr=False)

    def __call__(self, key: str, **values: object) -> str:
        return str(self.table[key]).format(**values)

    def status(self, status: str) -> str:
        return self("new_status" if status == "new" else status)

    def phrase(self, english: str) -> str:
        """A sentence that the comparison wrote in English, in this language as far as the patterns reach."""
        for pattern, replacement in self.table["phrases"]:
            english = re.sub(pattern, replacement, english)
        return english


@cache
def words_of(lang: str) -> Words:
    """The fixed words of a language. Raises UsageError for one that has none."""
    if lang not in LANGUAGES:
        raise UsageError(f"no briefing in the language “{printable(lang)}”", f"one of: {', '.join(LANGUAGES)}")
    return Words(lang, loader.table("wording")[lang])


@dataclass(frozen=True)
class Briefing:
    """A briefing ready to be drawn: its title, what it is about, and its blocks in order."""

    title: str
    date: str
    author: str
    client: str
    words: Words
    blocks: tuple[Block, ...]

    @property
    def changes(self) -> tuple[Change, ...]:
        return tuple(block for block in self.blocks if isinstance(block, Change))

    def table(self, name: str) -> Table:
        return next(block for block in self.blocks if isinstance(block, Table) and block.name == name)


def clean(text: str) -> str:
    """Text for a document: one line, without control characters and what XML cannot hold."""
    return normalise(re.sub(r"[\ufdd0-\ufdef\ufffe\uffff]", "", printable(text)))


def section_path(path: Sequence[Section]) -> str:
    """`2 Strengthen protection › 1 Judicial protection`; empty where the task stands under no heading."""
    return " › ".join(clean(f"{section.number} {section.heading}") for section in path)


def wide(text: str) -> int:
    """About how wide a text is set: a Chinese character takes the room of two letters."""
    return sum(2 if char > "\u2e80" else 1 for char in text)
