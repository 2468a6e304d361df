"""What a reader makes of a document before its metadata is added: tasks under construction, outline and leftovers."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

from ..model import Leftover, Section
from ..text import is_cjk, join, normalise
from .clauses import clauses
from .labels import BRACKET
from .markers import Paragraph

TERMINAL = tuple('.。;；:：!！?？)）”"')
# No real task is longer. The limit also keeps the parser's time linear in the length of the text.
MAX_TASK_CHARS = 20_000


@dataclass(slots=True)
class Unit:
    """A task under construction. open: whether a further paragraph may still belong to it."""

    number: str
    sections: tuple[Section, ...]
    text: str
    first: int
    last: int
    kind: str = "task"
    title: str | None = None
    clauses: list[str] = field(default_factory=list)
    cut: bool = False
    open: bool = True

    def add(self, paragraph: Paragraph, text: str) -> None:
        self.text = join(self.text, text)
        self.last = paragraph.last

    def extract_clauses(self) -> None:
        """Move the responsibility clauses from the text to the list of clauses."""
        text = self.text
        spans = clauses(text) if BRACKET.search(text) else ()
        if not spans:
            return
        taken = [text[start:end] for start, end in spans]
        self.cut |= any(clause[-1] not in ")）" for clause in taken)
        self.clauses[:0] = taken
        ends = [*spans[1:], (len(text), 0)]
        between = [text[end:start].lstrip(" .。") for (_, end), (start, _) in zip(spans, ends, strict=True)]
        self.text = normalise(" ".join([text[: spans[0][0]].rstrip(), *between]))


@dataclass(slots=True)
class Reading:
    """A document as one reader reads it, before its metadata (title, dates ...) is added.

    numbering: "running" where the tasks are named by numbers that count through the plan, else "position".
    left_out: numbers of items that were seen and are no tasks, so that they do not count as missing.
    fit: how well the document fits the reader, in characters; readings of one document compare by it.
    """

    numbering: str = "position"
    units: list[Unit] = field(default_factory=list)
    leftovers: list[Leftover] = field(default_factory=list)
    outline: list[tuple[Section, ...]] = field(default_factory=list)
    fit: float = 0.0
    left_out: set[int] = field(default_factory=set)

    def add_leftover(self, reason: str, paragraph: Paragraph, text: str | None = None) -> None:
        words = text or " ".join(filter(None, (paragraph.title, paragraph.text, *paragraph.fields)))
        self.leftovers.append(Leftover(reason, words, (paragraph.first, paragraph.last)))

    def explained_characters(self) -> float:
        """Characters in tasks and headings, less penalties for absurdly long tasks and for doubtful leftovers."""
        good = sum(len(unit.text) + sum(map(len, unit.clauses)) for unit in self.units)
        # A heading without a task may as well be a task that was taken for a heading.
        used = {unit.sections for unit in self.units}
        good += sum(40 + len(path[-1].heading) for path in self.outline if path in used)
        # A task that runs over many paragraphs has usually swallowed headings of a style that the reader lacks.
        good -= sum(400 for unit in self.units if not unit.clauses and len(unit.text) > 3000)
        return good - sum(3 * len(left.text) for left in self.leftovers if left.doubtful)


def is_short(text: str) -> bool:
    """True for words that look like a heading: brief, without a full stop."""
    return len(text) <= 140 and not text.endswith(TERMINAL) and (len(text) <= 60 or not is_cjk(text))


def continues(text: str, more: str) -> bool:
    """True where `more` goes on a task whose text is `text` so far: a wrapped line, or a further full paragraph."""
    return len(text) < MAX_TASK_CHARS and (not text.endswith(TERMINAL) or not is_short(more))


def matches(pattern: str, path: Sequence[Section]) -> bool:
    """True where a heading of the path matches the pattern."""
    return any(re.search(pattern, section.heading, re.IGNORECASE) for section in path)
