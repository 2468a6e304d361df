"""Plans of a known family whose tasks are numbered items (lexicon/grammars.toml, unit = "item").

A family knows what the marks alone cannot tell: that headings and tasks of a plan share one mark, that a heading lost its
numeral, that a section without items is a requirement.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import pairwise

from ..lexicon.loader import Grammar
from ..model import Leftover, Section
from ..text import is_cjk, normalise
from .clauses import clauses
from .markers import Marker, Paragraph, markers_of
from .reading import TERMINAL, Reading, Unit, continues, is_short

# A heading that lost its numeral keeps the stop behind it: ". Main tasks".
_LOST = re.compile(r"[.、．]\s+(?=\S)")
_LOST_KEY = "lost"
_NUMBERED_KEYS = frozenset({"1.", "1、", "(1)", "（一）", "一、"})


def read_items(paragraphs: Sequence[Paragraph], grammar: Grammar) -> Reading:
    """The document as a plan of this family."""
    return _ItemReader(list(_split_glued(paragraphs)), grammar).read()


def family_mark(paragraph: Paragraph, keys: Sequence[str]) -> Marker | None:
    """The reading of the paragraph's mark that is one of the family's, or None."""
    return next((marker for marker in markers_of(paragraph.text) if marker.key in keys), None)


def _split_glued(paragraphs: Sequence[Paragraph]) -> Iterator[Paragraph]:
    """Paragraphs, with what is glued behind a responsibility clause as a paragraph of its own."""
    for paragraph in paragraphs:
        text = paragraph.text
        last = len(text.rstrip(' .。”"'))
        cuts = [end for _, end in clauses(text) if end < last]
        if not cuts:
            yield paragraph
            continue
        for start, end in zip([0, *cuts], [*cuts, len(text)], strict=True):
            if piece := normalise(text[start:end].lstrip(" .。") if start else text[:end]):
                yield Paragraph(piece, paragraph.first, paragraph.last)


class _ItemReader:
    """Goes through the paragraphs once. unit: the item being read. leaf: a heading that may be a task by itself."""

    def __init__(self, paragraphs: list[Paragraph], grammar: Grammar) -> None:
        self.paragraphs = paragraphs
        self.grammar = grammar
        self.keys = {*grammar.chapter, *grammar.section, *grammar.item}
        self.marks = [family_mark(paragraph, tuple(self.keys)) for paragraph in paragraphs]
        self.clause_plan = sum(bool(clauses(paragraph.text)) for paragraph in paragraphs) >= 3
        self.reading = Reading(grammar.numbering)
        self.chapter: Section | None = None
        self.section: Section | None = None
        self.chapters = self.sections = self.items = self.position = 0
        self.unit: Unit | None = None
        self.leaf: Unit | None = None
        self.started = False
        # Paragraphs with a mark of their own that were taken for the continuation of a task.
        self.swallowed = 0

    def read(self) -> Reading:
        for index, paragraph in enumerate(self.paragraphs):
            role = self._role(index)
            mark = self.marks[index]
            if role == "chapter":
                self._open_chapter(paragraph, mark)
            elif role == "section" and mark is not None:
                self._open_section(paragraph, mark)
            elif role == "item" and mark is not None:
                self._open_item(paragraph, mark)
            elif not self.started:
                self.reading.add_leftover("front matter", paragraph)
            elif not self._continue_task(paragraph):
                self._leave(paragraph)
        self._close()
        self.reading.units.sort(key=lambda unit: unit.first)
        self.reading.fit = self._fit()
        return self.reading

    @property
    def path(self) -> tuple[Section, ...]:
        return tuple(section for section in (self.chapter, self.section) if section)

    def _role(self, index: int) -> str:
        """Which level of the outline a paragraph opens: chapter, section, item, or "" for none."""
        paragraph, mark, grammar = self.paragraphs[index], self.marks[index], self.grammar
        if mark is None:
            lost = _LOST_KEY in grammar.chapter and self.chapters and _LOST.match(paragraph.text)
            return "chapter" if lost and is_short(paragraph.text) else ""
        roles = [role for role in ("chapter", "section", "item") if mark.key in getattr(grammar, role)]
        has_clause = bool(clauses(paragraph.text))
        words = paragraph.text[mark.offset :]
        heading_like = not has_clause and len(words) <= (80 if is_cjk(words) else 200)
        if roles == ["item"]:
            counts_on = self.items == 0 or self.clause_plan or mark.value > self.items
            return "item" if counts_on else ""
        if len(roles) == 1:
            return roles[0] if heading_like else ("item" if has_clause and not grammar.item else "")
        return "item" if has_clause else self._role_of_shared_mark(index, mark.value, words, heading_like)

    def _role_of_shared_mark(self, index: int, value: int, words: str, heading_like: bool) -> str:
        """Chapter or item, where one mark serves for both: what the number continues, and what follows, decides."""
        if self.chapters == 0:
            return "chapter" if heading_like and value == 1 else ""
        if value == self.chapters + 1 and heading_like:
            following = next((mark for mark in self.marks[index + 1 :] if mark is not None), None)
            begins_items = following is not None and following.value == 1
            unlike_tasks = self.clause_plan and not words.endswith(TERMINAL)
            return "chapter" if value != self.items + 1 or begins_items or unlike_tasks else "item"
        if value > self.items or self.grammar.numbering == "position":
            return "item"
        return "chapter" if heading_like and is_short(words) and value > self.chapters else ""

    def _open_chapter(self, paragraph: Paragraph, mark: Marker | None) -> None:
        self._close()
        self.started = True
        self.chapters = mark.value if mark else self.chapters + 1
        self.sections = self.position = 0
        self.section = None
        if self.grammar.numbering == "position":
            self.items = 0
        if mark:
            printed, words = mark.printed, paragraph.text[mark.offset :]
        else:
            printed, words = self._missing_numeral(), _LOST.sub("", paragraph.text, count=1)
            self.reading.add_leftover("heading without its numeral", paragraph)
        self.chapter = Section(printed, words.rstrip(" .。"), paragraph.first)
        self.reading.outline.append(self.path)
        self._open_leaf("chapter", paragraph, self.chapters)

    def _missing_numeral(self) -> str:
        """A numeral for a heading that lost its own, in the style of the heading before it."""
        if self.chapter and re.fullmatch(r"[Ⅰ-Ⅻ]", self.chapter.number):
            return chr(ord("Ⅰ") + self.chapters - 1)
        if self.chapter and re.fullmatch(r"[IVX]+", self.chapter.number):
            return ["I", "II", "III", "IV", "V", "VI", "VII", "VIII", "IX", "X"][min(self.chapters, 10) - 1]
        return str(self.chapters)

    def _open_section(self, paragraph: Paragraph, mark: Marker) -> None:
        self._close()
        self.started = True
        self.sections = mark.value
        self.section = Section(mark.printed, paragraph.text[mark.offset :].rstrip(" .。"), paragraph.first)
        if self.reading.outline and self.reading.outline[-1] == self.path[:1]:
            self.reading.outline.pop()
        self.reading.outline.append(self.path)
        self._open_leaf("section", paragraph, self.sections)

    def _open_leaf(self, level: str, paragraph: Paragraph, count: int) -> None:
        """Begin a task that is a whole chapter or section, in case no item follows."""
        grammar = self.grammar
        heading = self.chapter.heading if self.chapter else ""
        if grammar.leaf == level and re.search(grammar.leaf_in, heading, re.IGNORECASE):
            kind = "task" if level == "chapter" else "requirement"
            number = grammar.leaf_ref.format(n=count)
            self.leaf = Unit(number, self.path, "", paragraph.first, paragraph.last, kind)
            if level == "section" and self.section:
                self.leaf.title = self.section.heading

    def _open_item(self, paragraph: Paragraph, mark: Marker) -> None:
        if self.leaf is not None:
            # The text between a heading and its first item introduces the items; it is no task.
            self._set_aside(self.leaf)
            self.leaf = None
        self.started = True
        self.items = mark.value
        self.position += 1
        by_position = self.grammar.numbering == "position"
        name = f"{self.chapters}.{self.position}" if by_position else str(self.items)
        self.unit = Unit(name, self.path, paragraph.text[mark.offset :], paragraph.first, paragraph.last)
        self.reading.units.append(self.unit)
        self.unit.extract_clauses()
        self.unit.open = not self.unit.clauses

    def _continue_task(self, paragraph: Paragraph) -> bool:
        """Add the paragraph to the task being read; False where it does not belong to one."""
        unit, leaf, text = self.unit, self.leaf, paragraph.text
        if unit is not None and unit.open and not unit.clauses and continues(unit.text, text):
            unit.add(paragraph, text)
            unit.extract_clauses()
            unit.open = not unit.clauses
        elif leaf is not None and leaf.open and not is_short(text) and (not leaf.text or continues(leaf.text, text)):
            leaf.add(paragraph, text)
            leaf.extract_clauses()
        else:
            return False
        self.swallowed += _numbered(text) or any(marker.value for marker in paragraph.markers)
        return True

    def _leave(self, paragraph: Paragraph) -> None:
        if _numbered(paragraph.text):
            self.reading.add_leftover("doubtful: numbered, but neither a heading nor a task in sequence", paragraph)
            return
        for ended in (self.unit, self.leaf):
            if ended is not None and (ended.text or ended.clauses):
                ended.open = False
        reason = "introduction" if self.unit is None and self.path else "after the tasks"
        self.reading.add_leftover(reason, paragraph)

    def _set_aside(self, done: Unit) -> None:
        if words := " ".join(filter(None, [done.text, *done.clauses])):
            self.reading.leftovers.append(Leftover("introduction", words, (done.first, done.last)))

    def _close(self) -> None:
        """End the task being read: a heading begins, or the document ends."""
        if self.leaf is not None and self.leaf.text:
            self.reading.units.append(self.leaf)
        elif self.leaf is not None:
            self._set_aside(self.leaf)
        self.unit = self.leaf = None

    def _fit(self) -> float:
        """Characters in tasks and headings, less penalties for numbers that do not count on."""
        reading = self.reading
        numbers = [int(unit.number) for unit in reading.units if unit.number.isdigit() and unit.kind == "task"]
        steps = [after - before for before, after in pairwise(numbers)]
        # A number that falls back speaks against the family; one that leaps ahead may be the document's own gap.
        penalty = 200 * (sum(step < 1 for step in steps) + self.swallowed) + 40 * sum(step > 1 for step in steps)
        return reading.explained_characters() - penalty


def _numbered(text: str) -> bool:
    return any(marker.key in _NUMBERED_KEYS for marker in markers_of(text))
