"""Plans of a known family whose tasks are paragraphs and boxes that end in a clause (grammars.toml, unit = "clause")."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace

from ..lexicon.loader import Grammar
from ..model import Leftover, Section
from ..text import fold, half_width, is_cjk, normalise, numeral_value
from .item_reader import family_mark
from .markers import Paragraph, markers_of
from .reading import MAX_TASK_CHARS, Reading, Unit, is_short

_BOX = re.compile(r"(?:Box|专栏)\s*(\d{1,3}|[一二三四五六七八九十百]{1,3})[\s:.]*(?=\S)")
_FOOTNOTE = re.compile(r"\[\d{1,3}\]\s+\S")
_BULLET = re.compile(r"[-–—•·]\s*(?=\S)")
_COMMON_TITLE_WORDS = frozenset(
    [
        "the",
        "a",
        "an",
        "of",
        "for",
        "to",
        "and",
        "in",
        "on",
        "project",
        "projects",
        "intellectual",
        "property",
        "rights",
        "improve",
        "improving",
        "strengthening",
    ]
)


def read_clauses(paragraphs: Sequence[Paragraph], grammar: Grammar) -> Reading:
    """The document as a plan of this family."""
    return _ClauseReader(grammar).read(paragraphs)


class _ClauseReader:
    """Goes through the paragraphs once.

    unit: the paragraph task being read. box: the box being read. titles: short lines that may name what follows.
    table: the table of indicators being read.
    """

    def __init__(self, grammar: Grammar) -> None:
        self.grammar = grammar
        self.reading = Reading(grammar.numbering)
        self.chapter: Section | None = None
        self.heading: Section | None = None
        self.headings = self.objectives = 0
        self.titles: list[Paragraph] = []
        self.unit: Unit | None = None
        self.box: Unit | None = None
        self.table: _Table | None = None
        self.per_heading: dict[str, list[Unit]] = {}

    def read(self, paragraphs: Sequence[Paragraph]) -> Reading:
        for paragraph in paragraphs:
            if not (
                self._footnote(paragraph)
                or self._table_row(paragraph)
                or self._box(paragraph)
                or self._chapter(paragraph)
                or self._heading(paragraph)
                or self._table(paragraph)
                or self._objective(paragraph)
                or self._front_matter(paragraph)
                or self._title(paragraph)
                or self._box_text(paragraph)
            ):
                self._task_text(paragraph)
        self._end_stretch()
        self._end_table()
        self._name()
        self.reading.units.sort(key=lambda unit: unit.first)
        self.reading.fit = self._fit()
        return self.reading

    @property
    def path(self) -> tuple[Section, ...]:
        return tuple(section for section in (self.chapter, self.heading) if section)

    def _footnote(self, paragraph: Paragraph) -> bool:
        if not _FOOTNOTE.match(paragraph.text):
            return False
        self._end_stretch()
        self.reading.add_leftover("footnote", paragraph)
        return True

    def _table_row(self, paragraph: Paragraph) -> bool:
        if self.table is None:
            return False
        section = family_mark(paragraph, self.grammar.section)
        heading = self.table.full and section is not None and section.value != len(self.table.rows) + 1
        if family_mark(paragraph, self.grammar.chapter) or heading:
            self._end_table()
            return False
        self.table.add_paragraph(paragraph)
        return True

    def _box(self, paragraph: Paragraph) -> bool:
        match = _BOX.match(half_width(paragraph.text))
        if not match:
            return False
        self._end_stretch()
        title = paragraph.text[match.end() :]
        name = f"box{numeral_value(paragraph.text[match.start(1) : match.end(1)])}"
        self.box = Unit(name, self.path, "", paragraph.first, paragraph.last, "box", title)
        return True

    def _chapter(self, paragraph: Paragraph) -> bool:
        mark = family_mark(paragraph, self.grammar.chapter)
        if mark is None or not is_short(paragraph.text[mark.offset :]):
            return False
        self._end_stretch()
        self.chapter, self.heading = Section(mark.printed, paragraph.text[mark.offset :], paragraph.first), None
        self.reading.outline.append(self.path)
        return True

    def _heading(self, paragraph: Paragraph) -> bool:
        mark = family_mark(paragraph, self.grammar.section)
        if mark is None or mark.value != self.headings + 1 or not is_short(paragraph.text[mark.offset :]):
            return False
        if self.chapter is not None and self.heading is None and self.titles:
            # The chapter's heading was wrapped over several lines.
            words = " ".join([self.chapter.heading, *(title.text for title in self.titles)])
            self.chapter = replace(self.chapter, heading=words)
            self.reading.outline[-1] = (self.chapter,)
            self.titles = []
        self._end_stretch()
        self.headings += 1
        self.heading = Section(mark.printed, paragraph.text[mark.offset :], paragraph.first)
        if self.chapter is not None and self.reading.outline and self.reading.outline[-1] == (self.chapter,):
            self.reading.outline.pop()
        self.reading.outline.append(self.path)
        return True

    def _table(self, paragraph: Paragraph) -> bool:
        pattern = self.grammar.table
        begins = pattern and is_short(paragraph.text) and re.match(pattern, paragraph.text, re.IGNORECASE)
        if self.chapter is None or not begins:
            return False
        self._end_stretch()
        self.table = _Table(paragraph)
        return True

    def _objective(self, paragraph: Paragraph) -> bool:
        pattern = self.grammar.objectives
        if self.heading is None or not pattern or not re.search(pattern, self.heading.heading, re.IGNORECASE):
            return False
        units = self.reading.units
        if bullet := _BULLET.match(paragraph.text):
            self.objectives += 1
            name = f"{self.heading.number}.{self.objectives}"
            title = paragraph.text[bullet.end() :].rstrip(" .。")
            units.append(Unit(name, self.path, "", paragraph.first, paragraph.last, "objective", title))
            return True
        if units and units[-1].kind == "objective" and not units[-1].text:
            units[-1].add(paragraph, paragraph.text)
            return True
        return False

    def _front_matter(self, paragraph: Paragraph) -> bool:
        if self.chapter is not None:
            return False
        self.reading.add_leftover("front matter", paragraph)
        return True

    def _title(self, paragraph: Paragraph) -> bool:
        """A short line: the title of what follows, or the end of a box."""
        box = self.box
        if not is_short(paragraph.text) or self.unit is not None:
            return False
        if box is not None and box.clauses and not _same_topic(box.title or "", paragraph.text):
            self._close_box()
        self.titles.append(paragraph)
        return True

    def _box_text(self, paragraph: Paragraph) -> bool:
        box = self.box
        if box is None:
            return False
        if self.unit is None and ((box.clauses and not self.titles) or len(box.text) > MAX_TASK_CHARS):
            self._close_box()
            return False
        if self.titles and not box.text:
            # All but the last of the short lines under a box's title are its title, wrapped.
            *wrapped, last = self.titles
            box.title = " ".join([box.title or "", *(line.text for line in wrapped)])
            self.titles = [last]
        for title in self.titles:
            box.add(title, title.text + ("。" if is_cjk(title.text) else "."))
        self.titles = []
        box.add(paragraph, paragraph.text)
        box.extract_clauses()
        return True

    def _task_text(self, paragraph: Paragraph) -> None:
        """A paragraph of a task, which ends with a clause."""
        if self.unit is not None and len(self.unit.text) > MAX_TASK_CHARS:
            self._give_up()
        if self.unit is None:
            named = self.titles[-1] if self.titles else None
            for stray in self.titles[:-1]:
                self.reading.add_leftover("without a responsibility clause", stray)
            self.titles = []
            first = named.first if named else paragraph.first
            self.unit = Unit("", self.path, "", first, paragraph.last, title=named.text if named else None)
        self.unit.add(paragraph, paragraph.text)
        self.unit.extract_clauses()
        if self.unit.clauses:
            self._finish(self.unit)
            self.unit = None

    def _finish(self, done: Unit) -> None:
        self.reading.units.append(done)
        above = self.heading or self.chapter
        if done.kind == "task" and above is not None:
            self.per_heading.setdefault(above.number, []).append(done)

    def _give_up(self) -> None:
        """Text that never came to a clause is no task."""
        reason = "without a responsibility clause"
        for title in self.titles:
            self.reading.add_leftover(reason, title)
        self.titles = []
        unit, self.unit = self.unit, None
        if unit is not None and (unit.text or unit.title):
            words = normalise(f"{unit.title or ''} {unit.text}")
            self.reading.leftovers.append(Leftover(reason, words, (unit.first, unit.last)))

    def _close_box(self) -> None:
        if self.box is not None:
            self.reading.units.append(self.box)
            self.box = None

    def _end_table(self) -> None:
        if self.table is not None:
            self.reading.units.extend(self.table.units(self.path))
            self.reading.leftovers.extend(self.table.head)
            self.table = None

    def _end_stretch(self) -> None:
        """A heading or box begins: the box before it ends, and so does unfinished text."""
        if self.box is not None and not self.box.clauses:
            for title in self.titles:
                self.box.add(title, title.text)
            self.titles = []
        self._close_box()
        self._give_up()

    def _name(self) -> None:
        """Paragraph tasks are named by their heading and place; the only untitled one bears the heading's number."""
        for key, members in self.per_heading.items():
            only_untitled = len(members) == 1 and members[0].title is None
            for position, member in enumerate(members, start=1):
                member.number = key if only_untitled else f"{key}.{position}"

    def _fit(self) -> float:
        """Characters in tasks and headings, less those of tasks with a mark that the family leaves unexplained."""
        marked = [unit for unit in self.reading.units if any(marker.value for marker in markers_of(unit.text))]
        return self.reading.explained_characters() - sum(60 + len(unit.text) // 10 for unit in marked)


def _same_topic(box_title: str, line: str) -> bool:
    """True where a short line after a box's clause goes on with the box: it repeats most of the title's own words."""
    own = {word for word in re.findall(r"\w+", fold(box_title)) if word not in _COMMON_TITLE_WORDS}
    shared = own & set(re.findall(r"\w+", fold(line).replace("indications", "indication")))
    return len(own) > 0 and 2 * len(shared) > len(own)


class _Table:
    """A table of indicators printed one cell a line: column heads, then rows that begin with their number."""

    def __init__(self, caption: Paragraph) -> None:
        self.head: list[Leftover] = [Leftover("table head", caption.text, (caption.first, caption.last))]
        self.columns: list[str] = []
        self.rows: list[tuple[Paragraph, list[Paragraph]]] = []

    @property
    def full(self) -> bool:
        return bool(self.rows) and len(self.rows[-1][1]) >= len(self.columns)

    def add_paragraph(self, paragraph: Paragraph) -> None:
        mark = family_mark(paragraph, ("1.",))
        if mark is not None and mark.value == len(self.rows) + 1:
            if not self.rows:
                # What stands above the first row: the rest of the caption, then one head a column, the first of
                # which is the head of the labels.
                heads = [left.text for left in self.head]
                labels = max((i for i, head in enumerate(heads) if re.fullmatch(r"Indicators?|指标", head)), default=0)
                self.columns = heads[labels + 1 :]
            self.rows.append((paragraph, []))
        elif self.rows:
            self.rows[-1][1].append(paragraph)
        else:
            self.head.append(Leftover("table head", paragraph.text, (paragraph.first, paragraph.last)))

    def units(self, path: tuple[Section, ...]) -> Iterator[Unit]:
        for position, (label, cells) in enumerate(self.rows, start=1):
            mark = family_mark(label, ("1.",))
            words = label.text[mark.offset :] if mark else label.text
            values = [f"{column}: {cell.text}" for column, cell in zip(self.columns, cells, strict=False)]
            extra = [cell.text for cell in cells[len(self.columns) :]]
            last = cells[-1].last if cells else label.last
            text = "; ".join([words, *values, *extra])
            yield Unit(f"indicator{position}", path, text, label.first, last, "indicator", words)
