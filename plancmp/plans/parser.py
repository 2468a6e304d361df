"""Text to Plan: the numbering grammar, responsibility clauses, source lines and gaps.

`parse` reads a document with every grammar of lexicon/grammars.toml and returns the reading that fits best.
Nothing is skipped in silence: what is not a task is a Leftover with a reason and its lines.
"""

from __future__ import annotations

import copy
import itertools
import re
from collections.abc import Iterator
from dataclasses import dataclass, field, replace

from ..lexicon import loader
from ..lexicon.loader import Grammar
from ..model import Body, Leftover, Plan, Section, Source, Task
from ..text import fold, half_width, is_cjk, join, normalise, number, printable
from . import markers
from .clauses import BRACKET, CUE, bodies_of, clauses
from .tasks import read_tree
from .understanding import assess

_NUMERAL = "一二三四五六七八九十百"
_STYLES = {
    "cn": re.compile(rf"([{_NUMERAL}]{{1,5}})\s*[、.]\s*(\S.*)"),
    "roman": re.compile(r"([IVX]{1,6}|[Ⅰ-Ⅻ])\s*[.、]\s*(\S.*)"),
    "cnparen": re.compile(rf"\(\s*([{_NUMERAL}]{{1,5}})\s*\)\s*(\S.*)"),
    "dun": re.compile(r"(\d{1,5})\s*、\s*(\S.*)"),
    "dot": re.compile(r"(\d{1,5})\s*\.\s*(?!\d)(\S.*)"),
    "paren": re.compile(r"\(\s*(\d{1,5})\s*\)\s*(\S.*)"),
    "lost": re.compile(r"([.、])\s+(\S.*)"),
    "box": re.compile(rf"(?:Box|专栏)\s*(\d{{1,3}}|[{_NUMERAL}]{{1,3}})[\s:.]*(\S.*)"),
    "bullet": re.compile(r"([-–—•·])\s*(\S.*)"),
}
_NUMBERED = re.compile(r"(?:\d{1,3}\s*[.、]|\(\s*\d{1,3}\s*\))\s*\D")
_FOOTNOTE = re.compile(r"\[\d{1,3}\]\s+\S")
_TERMINAL = tuple('.。;；:：!！?？)）”"')
# No real task is longer. The limit also keeps the parser's time linear in the length of the text.
_MAX_TASK_CHARS = 20_000
_FIRST_LEADS = re.compile(
    r"(?:listed|named|ranked) first (?:is|are|takes?|shall be) the lead|第一个.{0,12}牵头|列第一位.{0,12}牵头|排在首位.{0,12}牵头"
)


@dataclass(slots=True)
class _Paragraph:
    text: str
    first: int
    last: int
    style: str = ""
    number: int | None = None
    printed: str = ""
    rest: str = ""


@dataclass(slots=True)
class _Unit:
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

    def add(self, paragraph: _Paragraph, text: str) -> None:
        self.text = join(self.text, text)
        self.last = paragraph.last


@dataclass(slots=True)
class OutlineReading:
    """A document as read by one grammar, before its metadata (title, dates ...) is added."""

    grammar: Grammar
    units: list[_Unit] = field(default_factory=list)
    leftovers: list[Leftover] = field(default_factory=list)
    outline: list[tuple[Section, ...]] = field(default_factory=list)
    # Paragraphs with a number of their own that were taken for the continuation of a task.
    swallowed: int = 0

    def add_leftover(self, reason: str, paragraph: _Paragraph, text: str | None = None) -> None:
        self.leftovers.append(Leftover(reason, text or paragraph.text, (paragraph.first, paragraph.last)))

    @property
    def fit(self) -> float:
        """How well the grammar fits the document: characters in well-numbered tasks and headings, less penalties."""
        good = sum(len(unit.text) + sum(map(len, unit.clauses)) for unit in self.units)
        # A task that runs over many paragraphs has usually swallowed headings of a style that the grammar lacks.
        good -= sum(400 for unit in self.units if not unit.clauses and len(unit.text) > 3000)
        good += sum(40 + len(path[-1].heading) for path in self.outline)
        # A number at the head of a paragraph is left unexplained by a grammar that takes the paragraph as it is.
        good -= sum(
            60 + len(unit.text) // 10
            for unit in self.units
            if self.grammar.unit == "clause" and any(marker.value for marker in markers.markers_of(unit.text))
        )
        numbers = [int(unit.number) for unit in self.units if unit.number.isdigit() and unit.kind == "task"]
        steps = [after - before for before, after in itertools.pairwise(numbers)]
        # A number that falls back speaks against the grammar; one that leaps ahead may be the document's own gap.
        good -= 200 * (sum(step < 1 for step in steps) + self.swallowed) + 40 * sum(step > 1 for step in steps)
        return good - sum(3 * len(left.text) for left in self.leftovers if left.doubtful)


def parse(text: str, plan_id: str, **particulars) -> Plan:
    """Read a document into a Plan.

    text: the whole source, one line a source line. particulars: title, issuer, issued, covers, language, series,
    declared_tasks, source; grammar names the one grammar to use. What is not given is left empty.
    The plan may have no task at all: callers decide whether that is an error.
    """
    name = particulars.pop("grammar", None)
    grammars = [grammar for grammar in loader.grammars() if name in (None, grammar.name)] or loader.grammars()
    paragraphs = list(_paragraphs(text))
    glued = list(_split_glued(paragraphs))
    readings = [_read_items(glued, g) if g.unit == "item" else _read_clauses(paragraphs, g) for g in grammars]
    best = max(readings, key=lambda reading: reading.fit)
    source = markers.paragraphs(text)
    if name is None:
        tree = read_tree(copy.deepcopy(source))
        # A known family explains its own plans better than their marks alone do.
        with_clause = [sum(bool(unit.clauses) for unit in reading.units) for reading in (tree, best)]
        better = tree.fit > best.fit * 1.02 or with_clause[0] > 1.2 * with_clause[1]
        if tree.units and (better or not best.units):
            best = tree
    return _plan(best, plan_id, particulars, bool(loader.first_leads().search(re.sub(r"\s+", " ", text))), source)


def _paragraphs(text: str) -> Iterator[_Paragraph]:
    for line, raw in enumerate(text.split("\n"), start=1):
        if words := normalise(printable(raw.replace("\x0c", " "))):
            yield _marked(_Paragraph(words, line, line))


def _marked(paragraph: _Paragraph) -> _Paragraph:
    ascii_text = half_width(paragraph.text)
    for style, pattern in _STYLES.items():
        if match := pattern.match(ascii_text):
            paragraph.style = style
            paragraph.printed = paragraph.text[match.start(1) : match.end(1)]
            paragraph.number = number(paragraph.printed)
            paragraph.rest = paragraph.text[match.start(2) :]
            break
    return paragraph


def _extract_clauses(unit: _Unit) -> None:
    """Move the responsibility clauses from the unit's text to its list of clauses."""
    text = unit.text
    spans = clauses(text) if BRACKET.search(text) else ()
    if not spans:
        return
    taken = [text[start:end] for start, end in spans]
    unit.cut |= any(clause[-1] not in ")）" for clause in taken)
    unit.clauses[:0] = taken
    between = [
        text[end:start].lstrip(" .。") for (_, end), (start, _) in zip(spans, [*spans[1:], (len(text), 0)], strict=True)
    ]
    unit.text = normalise(" ".join([text[: spans[0][0]].rstrip(), *between]))


def _short(text: str) -> bool:
    """True for words that look like a heading: brief, without a full stop."""
    return len(text) <= (60 if is_cjk(text) else 140) and not text.endswith(_TERMINAL)


def _split_glued(paragraphs: list[_Paragraph]) -> Iterator[_Paragraph]:
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
                yield _marked(_Paragraph(piece, paragraph.first, paragraph.last))


def _read_items(paragraphs: list[_Paragraph], grammar: Grammar) -> OutlineReading:
    reading = OutlineReading(grammar)
    with_clause = sum(bool(clauses(p.text)) for p in paragraphs)
    clause_plan = with_clause >= 3
    chapter: Section | None = None
    section: Section | None = None
    chapters = sections = items = position = 0
    unit: _Unit | None = None
    leaf: _Unit | None = None
    started = False

    def set_aside(done: _Unit) -> None:
        if words := " ".join(filter(None, [done.text, *done.clauses])):
            reading.leftovers.append(Leftover("introduction", words, (done.first, done.last)))

    def close() -> None:
        nonlocal unit, leaf
        if leaf is not None and leaf.text:
            reading.units.append(leaf)
        elif leaf is not None:
            set_aside(leaf)
        unit = leaf = None

    def path() -> tuple[Section, ...]:
        return tuple(s for s in (chapter, section) if s)

    def open_leaf(level: str, paragraph: _Paragraph, count: int) -> None:
        nonlocal leaf
        if grammar.leaf == level and re.search(grammar.leaf_in, chapter.heading if chapter else "", re.IGNORECASE):
            kind = "task" if level == "chapter" else "requirement"
            leaf = _Unit(grammar.leaf_ref.format(n=count), path(), "", paragraph.first, paragraph.last, kind)
            if level == "section":
                leaf.title = section.heading if section else None

    for index, paragraph in enumerate(paragraphs):
        role = _role(paragraphs, index, grammar, chapters, sections, items, clause_plan)
        if role == "chapter":
            close()
            started = True
            chapters = paragraph.number or chapters + 1
            sections = position = 0
            section = None
            if grammar.numbering == "position":
                items = 0
            printed = paragraph.printed if paragraph.number else _missing_numeral(chapter, chapters)
            chapter = Section(printed, paragraph.rest.rstrip(" .。"), paragraph.first)
            reading.outline.append(path())
            if not paragraph.number:
                reading.add_leftover("heading without its numeral", paragraph)
            open_leaf("chapter", paragraph, chapters)
        elif role == "section":
            close()
            started = True
            sections = paragraph.number or sections + 1
            section = Section(paragraph.printed, paragraph.rest.rstrip(" .。"), paragraph.first)
            if reading.outline and reading.outline[-1] == path()[:1]:
                reading.outline.pop()
            reading.outline.append(path())
            open_leaf("section", paragraph, sections)
        elif role == "item":
            if leaf is not None:
                # The text between a heading and its first item introduces the items; it is no task.
                set_aside(leaf)
            leaf = None
            started = True
            items = paragraph.number or items + 1
            position += 1
            name = f"{chapters}.{position}" if grammar.numbering == "position" else str(items)
            unit = _Unit(name, path(), paragraph.rest, paragraph.first, paragraph.last)
            reading.units.append(unit)
            _extract_clauses(unit)
            unit.open = not unit.clauses
        elif not started:
            reading.add_leftover("front matter", paragraph)
        elif unit is not None and unit.open and not unit.clauses and _continues(unit.text, paragraph.text):
            reading.swallowed += paragraph.number is not None
            unit.add(paragraph, paragraph.text)
            _extract_clauses(unit)
            unit.open = not unit.clauses
        elif (
            leaf is not None
            and leaf.open
            and (not leaf.text or _continues(leaf.text, paragraph.text))
            and not _short(paragraph.text)
        ):
            reading.swallowed += paragraph.number is not None
            leaf.add(paragraph, paragraph.text)
            _extract_clauses(leaf)
        elif paragraph.style in {"dot", "dun", "paren", "cnparen", "cn"} and paragraph.number:
            reading.add_leftover("doubtful: numbered, but neither a heading nor a task in sequence", paragraph)
        else:
            for ended in (unit, leaf):
                if ended is not None and (ended.text or ended.clauses):
                    ended.open = False
            reading.add_leftover("introduction" if unit is None and path() else "after the tasks", paragraph)
    close()
    reading.units.sort(key=lambda u: u.first)
    return reading


def _continues(text: str, more: str) -> bool:
    """True where `more` goes on a task whose text is `text` so far: a wrapped line, or a further full paragraph."""
    return len(text) < _MAX_TASK_CHARS and (not text.endswith(_TERMINAL) or not _short(more))


def _missing_numeral(previous: Section | None, count: int) -> str:
    """A numeral for a heading that lost its own, in the style of the heading before it."""
    if previous and re.fullmatch(r"[Ⅰ-Ⅻ]", previous.number):
        return chr(ord("Ⅰ") + count - 1)
    if previous and re.fullmatch(r"[IVX]+", previous.number):
        return ["I", "II", "III", "IV", "V", "VI", "VII", "VIII", "IX", "X"][min(count, 10) - 1]
    return str(count)


def _role(
    paragraphs: list[_Paragraph],
    index: int,
    grammar: Grammar,
    chapters: int,
    sections: int,
    items: int,
    clause_plan: bool,
) -> str:
    """Which level of the outline a numbered paragraph stands on: chapter, section, item, or "" for none."""
    paragraph = paragraphs[index]
    style, n = paragraph.style, paragraph.number
    roles = [role for role in ("chapter", "section", "item") if style in getattr(grammar, role)]
    if not roles:
        return ""
    has_clause = bool(clauses(paragraph.text))
    heading_like = not has_clause and len(paragraph.rest) <= (80 if is_cjk(paragraph.rest) else 200)
    if style == "lost":
        return "chapter" if chapters and _short(paragraph.text) else ""
    if n is None:
        return ""
    if roles == ["item"]:
        return "item" if n == items + 1 or items == 0 or clause_plan or n > items else ""
    if roles in (["chapter"], ["section"]):
        return roles[0] if heading_like else ("item" if has_clause and not grammar.item else "")
    # One style serves as heading and as item.
    following = next(
        (paragraphs[i] for i in range(index + 1, len(paragraphs)) if paragraphs[i].number is not None), None
    )
    if has_clause:
        return "item"
    if chapters == 0:
        return "chapter" if heading_like and n == 1 else ""
    if n == chapters + 1 and heading_like:
        if n != items + 1:
            return "chapter"
        if following is not None and following.number == 1:
            return "chapter"
        if clause_plan and not paragraph.rest.endswith(_TERMINAL):
            return "chapter"
        return "item"
    if n == items + 1 or n > items:
        return "item"
    if grammar.numbering == "position":
        return "item"
    return "chapter" if heading_like and _short(paragraph.rest) and n > chapters else ""


def _read_clauses(paragraphs: list[_Paragraph], grammar: Grammar) -> OutlineReading:
    reading = OutlineReading(grammar)
    chapter: Section | None = None
    heading: Section | None = None
    titles: list[_Paragraph] = []
    unit: _Unit | None = None
    box: _Unit | None = None
    per_heading: dict[str, list[_Unit]] = {}
    headings = objectives = 0
    table: _Table | None = None

    def path() -> tuple[Section, ...]:
        return tuple(s for s in (chapter, heading) if s)

    def give_up() -> None:
        """Text that never came to a clause is no task."""
        nonlocal unit, titles
        for title in titles:
            reading.add_leftover("without a responsibility clause", title)
        titles = []
        if unit is not None:
            if unit.text or unit.title:
                reading.leftovers.append(
                    Leftover(
                        "without a responsibility clause",
                        normalise(f"{unit.title or ''} {unit.text}"),
                        (unit.first, unit.last),
                    )
                )
            unit = None

    def finish(done: _Unit) -> None:
        reading.units.append(done)
        above = heading or chapter
        if done.kind == "task" and above is not None:
            per_heading.setdefault(above.number, []).append(done)

    def close_box() -> None:
        nonlocal box
        if box is not None:
            reading.units.append(box)
            box = None

    def end_table() -> None:
        nonlocal table
        if table is not None:
            reading.units.extend(table.units(path()))
            reading.leftovers.extend(table.head)
            table = None

    def end_stretch() -> None:
        """A heading or box begins: the box before it ends, and so does unfinished text."""
        nonlocal titles
        if box is not None and not box.clauses:
            for title in titles:
                box.add(title, title.text)
            titles = []
        close_box()
        give_up()

    for paragraph in paragraphs:
        if _FOOTNOTE.match(paragraph.text):
            end_stretch()
            reading.add_leftover("footnote", paragraph)
            continue
        if table is not None:
            if paragraph.style not in grammar.chapter and not (
                table.rows
                and table.full
                and paragraph.style in grammar.section
                and paragraph.number != len(table.rows) + 1
            ):
                table.add_paragraph(paragraph)
                continue
            end_table()
        if paragraph.style == "box":
            end_stretch()
            box = _Unit(f"box{paragraph.number}", path(), "", paragraph.first, paragraph.last, "box", paragraph.rest)
            continue
        if paragraph.style in grammar.chapter and _short(paragraph.rest):
            end_stretch()
            chapter, heading = Section(paragraph.printed, paragraph.rest, paragraph.first), None
            reading.outline.append(path())
            continue
        if paragraph.style in grammar.section and paragraph.number == headings + 1 and _short(paragraph.rest):
            if chapter is not None and heading is None and titles:
                # The chapter's heading was wrapped over several lines.
                wrapped = " ".join([chapter.heading, *(title.text for title in titles)])
                chapter = replace(chapter, heading=wrapped)
                reading.outline[-1] = (chapter,)
                titles = []
            end_stretch()
            headings += 1
            heading = Section(paragraph.printed, paragraph.rest, paragraph.first)
            if chapter is not None and reading.outline and reading.outline[-1] == (chapter,):
                reading.outline.pop()
            reading.outline.append(path())
            continue
        if (
            grammar.table
            and chapter is not None
            and _short(paragraph.text)
            and re.match(grammar.table, paragraph.text, re.IGNORECASE)
        ):
            end_stretch()
            table = _Table(paragraph)
            continue
        in_objectives = (
            heading is not None and grammar.objectives and re.search(grammar.objectives, heading.heading, re.IGNORECASE)
        )
        if in_objectives and paragraph.style == "bullet" and heading is not None:
            objectives += 1
            objective = _Unit(
                f"{heading.number}.{objectives}",
                path(),
                "",
                paragraph.first,
                paragraph.last,
                "objective",
                paragraph.rest.rstrip(" .。"),
            )
            reading.units.append(objective)
            continue
        if in_objectives and reading.units and reading.units[-1].kind == "objective" and not reading.units[-1].text:
            reading.units[-1].add(paragraph, paragraph.text)
            continue
        if chapter is None:
            reading.add_leftover("front matter", paragraph)
            continue
        if _short(paragraph.text) and unit is None:
            if box is not None and box.clauses and not _same_topic(box.title or "", paragraph.text):
                close_box()
            titles.append(paragraph)
            continue
        if box is not None and unit is None and ((box.clauses and not titles) or len(box.text) > _MAX_TASK_CHARS):
            close_box()
        if box is not None:
            if titles and not box.text:
                # All but the last of the short lines under a box's title are its title, wrapped.
                *wrapped_lines, last = titles
                box.title = " ".join([box.title or "", *(line.text for line in wrapped_lines)])
                titles = [last]
            for title in titles:
                box.add(title, title.text + ("。" if is_cjk(title.text) else "."))
            titles = []
            box.add(paragraph, paragraph.text)
            _extract_clauses(box)
            continue
        if unit is not None and len(unit.text) > _MAX_TASK_CHARS:
            give_up()
        if unit is None:
            named = titles[-1] if titles else None
            for stray in titles[:-1]:
                reading.add_leftover("without a responsibility clause", stray)
            titles = []
            first = named.first if named else paragraph.first
            unit = _Unit("", path(), "", first, paragraph.last, title=named.text if named else None)
        unit.add(paragraph, paragraph.text)
        _extract_clauses(unit)
        if unit.clauses:
            finish(unit)
            unit = None
    end_stretch()
    end_table()
    for key, members in per_heading.items():
        for position, member in enumerate(members, start=1):
            only_untitled = len(members) == 1 and member.title is None
            member.number = key if only_untitled else f"{key}.{position}"
    reading.units.sort(key=lambda u: u.first)
    return reading


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


def _same_topic(box_title: str, line: str) -> bool:
    """True where a short line after a box's clause goes on with the box: it repeats most of the title's own words."""
    own = {word for word in re.findall(r"\w+", fold(box_title)) if word not in _COMMON_TITLE_WORDS}
    shared = own & set(re.findall(r"\w+", fold(line).replace("indications", "indication")))
    return len(own) > 0 and 2 * len(shared) > len(own)


class _Table:
    """A table of indicators printed one cell a line: column heads, then rows that begin with their number."""

    def __init__(self, caption: _Paragraph) -> None:
        self.head: list[Leftover] = [Leftover("table head", caption.text, (caption.first, caption.last))]
        self.columns: list[str] = []
        self.rows: list[tuple[_Paragraph, list[_Paragraph]]] = []

    @property
    def full(self) -> bool:
        return bool(self.rows) and len(self.rows[-1][1]) >= len(self.columns)

    def add_paragraph(self, paragraph: _Paragraph) -> None:
        if paragraph.style == "dot" and paragraph.number == len(self.rows) + 1:
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

    def units(self, path: tuple[Section, ...]) -> Iterator[_Unit]:
        for position, (label, cells) in enumerate(self.rows, start=1):
            values = [f"{column}: {cell.text}" for column, cell in zip(self.columns, cells, strict=False)]
            extra = [cell.text for cell in cells[len(self.columns) :]]
            yield _Unit(
                f"indicator{position}",
                path,
                "; ".join([label.rest, *values, *extra]),
                label.first,
                cells[-1].last if cells else label.last,
                "indicator",
                label.rest,
            )


def _plan(reading: OutlineReading, plan_id: str, particulars: dict, first_leads: bool, paragraphs: list[markers.Paragraph]) -> Plan:
    """The Plan of a reading: tasks with bodies and leads, unique refs, gaps and warnings."""
    warnings: list[str] = []
    with_clause = [unit for unit in reading.units if unit.clauses]
    cue_share = sum(bool(CUE.search(" ".join(u.clauses))) for u in with_clause) / max(len(with_clause), 1)
    expects_clause = 2 * len(with_clause) > sum(unit.kind == "task" for unit in reading.units)
    tasks = []
    seen: dict[str, int] = {}
    for unit in reading.units:
        bodies: dict[str, Body] = {}
        for clause in unit.clauses:
            named, unknown = bodies_of(clause)
            for body in named:
                known = bodies.get(body.key)
                bodies[body.key] = replace(known, lead=known.lead or body.lead) if known else body
            warnings.extend(f"line {unit.last}: body not in the lexicon: “{piece}”" for piece in unknown)
        listed = list(bodies.values())
        if first_leads and listed and not any(body.lead for body in listed):
            listed[0] = replace(listed[0], lead=True)
        cut = unit.cut or (bool(unit.clauses) and cue_share > 0.8 and not CUE.search(" ".join(unit.clauses)))
        if cut:
            warnings.append(
                f"line {unit.last}: the responsibility clause of task {unit.number} is cut: {unit.clauses[-1]}"
            )
        elif expects_clause and not unit.clauses and unit.kind == "task":
            warnings.append(f"line {unit.last}: task {unit.number} has no responsibility clause")
        name = unit.number
        if name in seen:
            warnings.append(f"line {unit.first}: the number {name} is used again")
            seen[name] += 1
            name = f"{name}~{seen[unit.number]}"
        seen.setdefault(unit.number, 1)
        title = unit.title
        if title is None and unit.kind == "task" and not expects_clause and _numbering(reading) == "running":
            title = re.match(r".*?[.。](?=\s|$|[^\d\s])|.*", unit.text).group().rstrip(" .。")  # type: ignore[union-attr]
        tasks.append(
            Task(
                ref=f"{plan_id}:{name}",
                number=name,
                section=unit.sections,
                title=title,
                text=unit.text,
                responsibility=" ".join(unit.clauses) or None,
                bodies=tuple(listed),
                lines=(unit.first, unit.last),
                complete=not cut,
                kind=unit.kind,
            )
        )
    warnings.extend(
        f"line {left.lines[0]}: {left.reason.removeprefix('doubtful: ')}: “{left.text[:60]}”"
        for left in reading.leftovers
        if left.doubtful
    )
    declared = particulars.pop("declared_tasks", None)
    missing, gaps = _gaps(tasks, reading, declared)
    fields = {
        "title": "",
        "issuer": "",
        "issued": "",
        "covers": (0, 0),
        "language": "zh" if is_cjk("".join(task.text for task in tasks[:50])) else "en",
        "series": "",
        "source": Source("", None, ""),
    } | {key: value for key, value in particulars.items() if value not in (None, "")}
    sure = assess(tasks, reading.outline, missing, paragraphs, str(fields["title"]))
    return Plan(
        id=plan_id,
        doubts=tuple(doubt.words for doubt in sure.doubts),
        explained=sure.explained,
        understood=not sure.refused,
        declared_tasks=declared,
        tasks=tuple(tasks),
        sections=tuple(reading.outline),
        missing=missing,
        gaps=gaps,
        leftovers=tuple(sorted(reading.leftovers, key=lambda left: left.lines)),
        warnings=tuple(warnings),
        **fields,
    )


def _numbering(reading) -> str:
    return getattr(reading, 'numbering', None) or reading.grammar.numbering


def _gaps(
    tasks: list[Task], reading: OutlineReading, declared: int | None
) -> tuple[tuple[tuple[int, int], ...], tuple[tuple[int, int | None], ...]]:
    """Ranges of task numbers that are missing, and the ranges of sections in which text is missing.

    Found from what the plan declares, from jumps in running numbers, and from a last clause that is cut.
    """
    if _numbering(reading) != "running" or not tasks:
        return (), ()
    index_of = {path: index for index, path in enumerate(reading.outline)}
    numbered = [(int(task.number), task) for task in tasks if task.number.isdigit()]
    missing: list[tuple[int, int]] = []
    gaps: list[tuple[int, int | None]] = []
    previous, section = 0, 0
    for value, task in numbered:
        current = index_of.get(task.section, section)
        if value > previous + 1:
            missing.append((previous + 1, value - 1))
            gaps.append((section, current))
        previous, section = max(previous, value), current
    if declared and declared > previous:
        missing.append((previous + 1, declared))
    if numbered and ((missing and missing[-1][1] > previous) or not numbered[-1][1].complete):
        gaps.append((section, None))
    return tuple(missing), tuple(gaps)
