"""A tree of marked paragraphs to tasks: which level holds the tasks, what belongs to each, and how each is named."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from statistics import median

from ..model import Section
from ..text import is_cjk, join
from .clauses import style_of, take_clauses
from .labels import body_labels, is_field
from .markers import BOLD, Paragraph, page_furniture
from .outline import Node, outline, titled
from .reading import MAX_TASK_CHARS, Reading, Unit
from .tables import unfold

_STOPS = tuple('.。;；:：!！?？)）”"')
# A paragraph that holds a field and nothing else is this short.
_FIELD_CHARS = 200
_DANGLING = (",", ":", "：", " the", " of", " and", " for", " to", " in", " a", "，", "、", "（")
# Headings under which a plan tells what it is about, not what is to be done.
_NO_TASKS = re.compile(
    r"总体要求|指导思想|基本原则|工作原则|总体思路|(?:总体|主要|工作|发展|行动|年度)目标|^目标|现状|形势|基础|背景|前言|引言|总则|附则|名词解释|术语|"
    r"總體要求|指導思想|基本原則|背景|現況|緣起|前言|願景|目標$|"
    r"^(?:introduction|background|foreword|preface|preamble|context|overview|executive summary|summary|vision|mission|purpose|scope|"
    r"principles|guiding principles|guiding ideology|overall requirements|general requirements|general (?:provisions|principles|objectives?)|"
    r"where we are|the challenge|glossary|definitions|abbreviations|acronyms|annex|appendix|contact|notes?|references|sources|"
    r"acknowledgements?|about this|why )|"
    r"\b(?:efforts|progress|achievements|work|results|steps) (?:so far|to date)$",
    re.IGNORECASE,
)


_TITLE_FIELD = re.compile(r"(?:title|name|名称|标题|事项)\s*[:：]\s*(?=\S)", re.IGNORECASE)
_TEXT_FIELD = re.compile(r"^(?:description|content|details|内容|主要内容|具体内容)\s*[:：]\s*(?=\S)", re.IGNORECASE)


@dataclass(slots=True)
class _Facts:
    """What is known of the nodes of one kind (one level of the outline): how many there are, and how many have what.

    text_alone: how many have paragraphs and no children. with_body: the number of paragraphs of each but the last of its
    parent, whose paragraphs may be the end of the document.
    """

    nodes: int = 0
    with_clause: int = 0
    with_children: int = 0
    heading_like: int = 0
    text_alone: int = 0
    with_body: list[int] = field(default_factory=list)


class TreeReader:
    """Reads one document by its own marks."""

    def __init__(self, paragraphs: Sequence[Paragraph]) -> None:
        self.paragraphs = paragraphs
        self.reading = Reading()
        marked = [p for p in paragraphs if p.markers and not p.heading] or [p for p in paragraphs if not p.heading]
        texts = [p.text for p in marked if not titled(p.rest) or re.search(r"[)）\]】:：—→|]", p.rest)]
        below = [p.text for p in paragraphs if not (p.markers or p.heading or p.cells) and len(p.text) <= _FIELD_CHARS]
        self.style = style_of(texts, below if len(marked) < len(paragraphs) and any(p.markers for p in marked) else ())
        clause = [not p.heading and bool(take_clauses(p.text, self.style)[1]) for p in paragraphs]
        self.root = outline(paragraphs, clause)
        self._taken: dict[int, tuple[str, list[str]]] = {}
        self.nodes = list(self.root.walk())
        for node in self.nodes:
            self._join_torn(node)
        self.own_clause = {id(node): self._has_clause(node) for node in self.nodes}
        self.clause_below: dict[int, bool] = {}
        for node in reversed(self.nodes):
            self.clause_below[id(node)] = any(
                self.own_clause[id(child)] or self.clause_below[id(child)] for child in node.children
            )
        self._parents_of_clauses = {id(node.parent) for node in self.nodes if self.own_clause[id(node)]}
        self.facts = self._facts()
        self._task_nodes: list[Node] = []
        self._left_out: dict[str, set[int]] = defaultdict(set)
        with_clause = sum(self.own_clause.values())
        leaves = sum(not node.children for node in self.nodes)
        # Paragraphs without a mark may be tasks too, where they end in a clause.
        self.unmarked = sum(
            self._task_like(paragraph)
            for node in self.nodes
            if not self.own_clause[id(node)] or node.head is None
            for paragraph in node.body
        )
        self.has_clauses = (with_clause >= 2 and with_clause >= 0.25 * leaves) or self.unmarked >= 3

    def read(self) -> Reading:
        """The tasks, the outline and what is neither."""
        first = self._title_node()
        self._walk(self.root, (), first)
        for key in {node.kind[-1] for node in self._task_nodes}:
            self.reading.left_out |= self._left_out[key]
        name_units(self.reading)
        self.reading.fit = self._fit()
        return self.reading

    def _join_torn(self, node: Node) -> None:
        """Join paragraphs that a page or a line break tore apart in the middle of a sentence."""
        if node.head is None:
            return
        previous, body = node.head, []
        for paragraph in node.body:
            if not paragraph.row and _is_torn(previous, paragraph, node.marker is not None):
                previous.text = join(previous.text, paragraph.text)
                previous.last = paragraph.last
            else:
                body.append(paragraph)
                previous = paragraph
        node.body = body

    def _split(self, paragraph: Paragraph, words: str) -> tuple[str, list[str]]:
        """The words of a paragraph without its clauses, and the clauses."""
        key = id(paragraph)
        if key not in self._taken:
            self._taken[key] = take_clauses(words, self.style)
        return self._taken[key]

    def _has_clause(self, node: Node) -> bool:
        if node.head is None:
            return False
        if node.head.fields or self._split(node.head, node.words)[1]:
            return True
        return any(self._split(paragraph, paragraph.text)[1] for paragraph in node.body)

    def _facts(self) -> dict[tuple[str, ...], _Facts]:
        facts: dict[tuple[str, ...], _Facts] = defaultdict(_Facts)
        for node in self.nodes[1:]:
            found = facts[node.kind]
            found.nodes += 1
            found.with_clause += self.own_clause[id(node)]
            found.with_children += bool(node.children)
            found.text_alone += bool(node.body) and not node.children
            found.heading_like += bool(node.children) and self._heads(node)
            assert node.parent is not None
            if node is not node.parent.children[-1]:
                found.with_body.append(len(node.body))
        return facts

    def _heads(self, node: Node) -> bool:
        """True where a node with children reads like a heading of theirs, be it with a stop at its end."""
        words = node.words.rstrip(":：") if node.marker is None else node.words
        short = len(words) <= 70 and len(words) <= (25 if is_cjk(words) else 70) and not words.endswith((":", "："))
        return titled(words) or short

    def _is_heading_kind(self, node: Node) -> bool:
        facts = self.facts[node.kind]
        if self._marked_heading(node):
            return True
        return facts.with_children >= 0.3 * facts.nodes and facts.heading_like >= 0.5 * facts.with_children

    @staticmethod
    def _marked_heading(node: Node) -> bool:
        return node.head is not None and 0 < node.head.heading < BOLD

    def _task_level(self, node: Node) -> bool:
        """True where the node is a task with all that stands below it."""
        if node.head is not None and node.head.fields:
            return True
        return self._task_by_clause(node) if self.has_clauses else self._task_by_words(node)

    def _task_by_clause(self, node: Node) -> bool:
        """Whether the node is a task, in a document whose tasks say who is responsible."""
        facts = self.facts[node.kind]
        below, own = self.clause_below[id(node)], self.own_clause[id(node)]
        usual = facts.with_clause >= 0.4 * facts.nodes
        if own:
            return not below or facts.with_clause >= 0.5 * facts.nodes
        if below:
            # The clause of a task with sub-items may stand behind the last of them.
            carrying = [self.own_clause[id(child)] or self.clause_below[id(child)] for child in node.children]
            return not titled(node.words) and (usual or (carrying[-1] and sum(carrying) == 1))
        if node.children and self._is_heading_kind(node):
            return False
        alike = not node.children and node.kind[-1] in self._task_keys
        return usual or (alike and (facts.with_clause > 0 or not titled(node.words)))

    def _task_by_words(self, node: Node) -> bool:
        """Whether the node is a task, in a document that does not say who is responsible."""
        facts = self.facts[node.kind]
        if node.children:
            bullets_only = all(child.marker and child.marker.bullet for child in node.children)
            return not (titled(node.words) and not bullets_only) and not self._is_heading_kind(node)
        if not self._is_heading_kind(node):
            return bool(node.body) or facts.nodes > 1 or not titled(node.words)
        if not titled(node.words) and not self._marked_heading(node):
            # Where other sections have items, this one is a sentence: （一）加强领导。成立专班。
            return True
        # A heading with paragraphs and no items of its own is a titled task where its neighbours are.
        return bool(node.body) and node.marker is not None and 2 * facts.text_alone > facts.nodes

    @cached_property
    def _task_keys(self) -> frozenset[str]:
        """Keys of the sequences whose marks usually begin tasks, wherever they stand."""
        with_clause: Counter[str] = Counter()
        nodes: Counter[str] = Counter()
        for kind, facts in self.facts.items():
            with_clause[kind[-1]] += facts.with_clause
            nodes[kind[-1]] += facts.nodes
        return frozenset(key for key, count in nodes.items() if with_clause[key] >= 0.5 * count)

    def _title_node(self) -> Node | None:
        """The heading that is the document's title: alone on its level and without a number, or first and empty."""
        tops = [node for node in self.root.children if self._marked_heading(node) or node.kind[-1] == "bold"]
        highest = [node for node in self.nodes[1:] if node.kind[-1] == "h1"]
        if len(highest) == 1 and highest[0].marker is None and highest[0].parent is self.root and highest[0].children:
            return highest[0]
        if not tops or tops[0].marker is not None:
            return None
        same = [node for node in self.nodes[1:] if node.kind[-1] == tops[0].kind[-1]]
        first = tops[0]
        if len(same) == 1 or (not first.children and not self._task_like_body(first)):
            return first
        return None

    def _task_like(self, paragraph: Paragraph) -> bool:
        words, taken = self._split(paragraph, paragraph.text)
        return bool(taken) and bool(words) and not titled(words)

    def _task_like_body(self, node: Node) -> bool:
        return any(self._split(paragraph, paragraph.text)[1] for paragraph in node.body)

    def _walk(self, node: Node, path: tuple[Section, ...], title: Node | None) -> None:
        """Take the node's own paragraphs and go on with its children. path: the headings above the children."""
        if node is title or node.head is None:
            if node.head is not None:
                self.reading.add_leftover("front matter", node.head)
            self._leave(node.body, "front matter", path)
            for child in node.children:
                self._walk(child, path, title)
            return
        if self._task_level(node) and not self._introduces(node, path):
            self._task_nodes.append(node)
            self._add_task(node, path)
            return
        words = node.words.rstrip(" .。")
        heading = bool(node.children) or self._is_heading_kind(node)
        numbered = node.marker is not None and not node.marker.bullet
        if heading and (numbered or self._holds_tasks(node)):
            self._mark(node)
            if node.head.fields:
                self.reading.add_leftover("fields of a heading", node.head, " ".join(node.head.fields))
            section = Section(node.marker.printed if node.marker else "", words, node.head.first)
            below = (*path, section)
            # A heading is listed with the headings below it, and by itself only where it has no others.
            if self.reading.outline and self.reading.outline[-1] == path and not self._listed(path):
                self.reading.outline.pop()
            self.reading.outline.append(below)
            self._leave(node.body, "introduction", below)
        else:
            self._left_out[node.kind[-1]].add(node.marker.value if node.marker else 0)
            reason = "front matter" if not self.reading.units else "introduction" if path else "after the tasks"
            self._leave([node.head, *node.body], reason, path)
            below = path
        for child in node.children:
            self._walk(child, below, title)

    def _listed(self, path: tuple[Section, ...]) -> bool:
        """True where tasks stand directly under the path's last heading."""
        return bool(self.reading.units) and self.reading.units[-1].sections == path

    def _holds_tasks(self, node: Node) -> bool:
        return any(self._task_level(child) or self._holds_tasks(child) for child in node.children) or (
            self._task_like_body(node)
        )

    def _introduces(self, node: Node, path: tuple[Section, ...]) -> bool:
        """True where the node, or what it stands under, tells what the plan is about and names no body."""
        if self.own_clause[id(node)] or self.clause_below[id(node)]:
            return False
        headings = [section.heading for section in path]
        if node.parent is not None and id(node.parent) in self._parents_of_clauses:
            headings = []
        if titled(node.words) and node.body:
            headings.append(node.words)
        if re.match(r"附则|附則|本\w{1,6}自.{1,16}施行", node.words):
            return True
        return any(_NO_TASKS.search(heading) for heading in headings)

    def _leave(self, paragraphs: Sequence[Paragraph], reason: str, path: tuple[Section, ...]) -> None:
        """Paragraphs without a mark: tasks where they end in a clause of their own, else left over."""
        for paragraph in paragraphs:
            words, taken = self._split(paragraph, paragraph.text)
            if self._task_like(paragraph) and self.has_clauses and (path or self.unmarked >= 3):
                unit = Unit("", path, words, paragraph.first, paragraph.last, clauses=[*paragraph.fields, *taken])
                self.reading.units.append(unit)
            else:
                self.reading.add_leftover(reason, paragraph)

    def _mark(self, node: Node) -> None:
        """Words in a mark ("Action 3.") are kept, so that every word of the source is accounted for."""
        if node.marker is not None and node.head is not None:
            words = node.head.text[: node.marker.offset].strip()
            if re.search(r"[^\W\d_一二三四五六七八九十百IVX]", words):
                self.reading.add_leftover("mark", node.head, words)

    def _add_task(self, node: Node, path: tuple[Section, ...]) -> None:
        assert node.head is not None
        self._mark(node)
        number = node.marker.plain_number if node.marker else ""
        unit = Unit(number, path, "", node.head.first, node.head.last)
        words, taken = self._split(node.head, node.words)
        unit.clauses += [*node.head.fields, *taken]
        if node.head.title:
            unit.title = node.head.title
        body = self._own_body(node, words, bool(unit.clauses))
        pieces = [self._split(paragraph, paragraph.text) for paragraph in body]
        has_text = any(more for more, _ in pieces) and not _TITLE_FIELD.match(pieces[0][0])
        if titled(words) and has_text and not unit.title:
            unit.title = words
        else:
            unit.text = words
        for paragraph, (more, clauses) in zip(body, pieces, strict=True):
            if not unit.title and (named := _TITLE_FIELD.match(more)):
                unit.title, more = more[named.end() :], ""
            more = _TEXT_FIELD.sub("", more, count=1)
            unit.add(paragraph, f"{paragraph.title} {more}" if paragraph.title else more)
            unit.clauses += [*paragraph.fields, *clauses]
        self._add_below(unit, node)
        unit.cut = any(len(re.findall(r"[(（]", c)) > len(re.findall(r"[)）]", c)) for c in unit.clauses)
        self.reading.units.append(unit)

    def _add_below(self, unit: Unit, node: Node) -> None:
        """Add what stands below a task's mark: its sub-items, as printed."""
        for below in node.walk():
            if below is node or below.head is None:
                continue
            head = take_clauses(below.head.text, self.style)
            pieces = [(below.head, head), *((p, self._split(p, p.text)) for p in below.body)]
            for paragraph, (words, clauses) in pieces:
                if len(unit.text) < MAX_TASK_CHARS:
                    unit.add(paragraph, f"{paragraph.title} {words}" if paragraph.title else words)
                    unit.clauses += [*paragraph.fields, *clauses]
                else:
                    self.reading.add_leftover("doubtful: beyond the longest task", paragraph)

    def _own_body(self, node: Node, words: str, has_clause: bool) -> list[Paragraph]:
        """Those of the paragraphs behind a task's mark that belong to it; the others are left over."""
        facts = self.facts[node.kind]
        usual = median(facts.with_body) if facts.with_body else 0
        most = max(facts.with_body, default=0)
        ends_with_clause = 2 * facts.with_clause > facts.nodes
        assert node.parent is not None
        last = node is node.parent.children[-1]
        own: list[Paragraph] = []
        text, done = words, has_clause
        signed = signed_at(node.body)
        for index, paragraph in enumerate(node.body):
            more, taken = self._split(paragraph, paragraph.text)
            unfinished = not text.endswith(_STOPS) and (not titled(text) or not facts.with_body or usual > 0)
            limit = most if not last else (usual if usual else (most if most and not done else 0))
            belongs = (
                (taken and not (done and ends_with_clause and more))
                or (not done and (unfinished or index < limit))
                or (done and not ends_with_clause and index < limit)
            )
            if is_field(paragraph.text):
                belongs = True
            elif not facts.with_body and not taken:
                belongs = not done and (index == 0 or ends_with_clause)
            belongs = belongs and index < signed
            if not belongs or len(text) > MAX_TASK_CHARS:
                for below in node.body[index:]:
                    self.reading.add_leftover("after the tasks", below)
                break
            own.append(paragraph)
            text = join(text, more)
            done = done or bool(taken)
        return own

    def _fit(self) -> float:
        """Characters in tasks and headings, less a penalty for an outline that does not count on."""
        titles = sum(len(unit.title or "") for unit in self.reading.units)
        return self.reading.explained_characters() + titles - 80 * max(0.0, self.root.cost - 2.0)


# Who signs a document, in a few words, and when.
_SIGNED = re.compile(
    r"(?:[^\s，。；、：:,;]{2,30}\s*)?[（(]?\s*[12]\d{3}\s*年\s*\d{1,2}\s*月\s*\d{1,2}\s*日\s*[)）]?(?:\s*[（(]此件.{0,12}[)）])?"
)


def signed_at(paragraphs: Sequence[Paragraph]) -> int:
    """The index of the paragraph with which the signature below a document begins; their number where there is none."""
    for index, paragraph in enumerate(paragraphs):
        if len(paragraph.text) <= 80 and _SIGNED.fullmatch(paragraph.text.strip()):
            above = paragraphs[index - 1].text.strip() if index else ""
            return index - bool(above and len(above) <= 30 and not above.endswith(_STOPS))
    return len(paragraphs)


def name_units(reading: Reading) -> None:
    """Name the tasks by their printed numbers where these are numbers and unique, else by their place."""
    units = reading.units
    units.sort(key=lambda unit: unit.first)
    # Letters that are the same in all numbers name none: T1, T2 are tasks 1 and 2.
    coded = [re.fullmatch(r"([A-Z]{1,4})[-.]?(\d+)", unit.number) for unit in units]
    if all(coded) and len({match[1] for match in coded if match}) == 1:
        for unit, match in zip(units, coded, strict=True):
            unit.number = match[2] if match else ""
    printed = [unit.number for unit in units]
    numeric = all(re.fullmatch(r"(?:[A-Z][A-Za-z\d/.-]*)?\d+(?:\.\d+)*", number) for number in printed)
    if units and numeric and len(set(printed)) == len(printed):
        simple = all(number.isdigit() for number in printed)
        reading.numbering = "running" if simple else "position"
        return
    places: dict[tuple[Section, ...], tuple[int, ...]] = {(): ()}
    below: Counter[tuple[Section, ...]] = Counter()
    for path in reading.outline:
        for depth in range(1, len(path) + 1):
            if path[:depth] not in places:
                below[path[: depth - 1]] += 1
                places[path[:depth]] = (*places[path[: depth - 1]], below[path[: depth - 1]])
    counts: Counter[tuple[Section, ...]] = Counter()
    for unit in units:
        counts[unit.sections] += 1
        unit.number = ".".join(map(str, (*places[unit.sections], counts[unit.sections])))


def read_from_starts(paragraphs: Sequence[Paragraph], starts: Collection[int]) -> Reading:
    """The reading of a document whose tasks begin on the given source lines, as a reader of it has set right by hand.

    The headings are those that the document's own marks tell; a task ends before the next one or a heading.
    """
    by_marks = read_tree([replace(paragraph) for paragraph in paragraphs])
    paths = {path[-1].line: path for path in by_marks.outline}
    heading_levels = {paragraph.first: paragraph.heading for paragraph in paragraphs}
    paths |= {section.line: path[: i + 1] for path in by_marks.outline for i, section in enumerate(path)}
    style = style_of([paragraph.text for paragraph in paragraphs if paragraph.first in starts])
    reading = Reading(outline=list(by_marks.outline))
    path: tuple[Section, ...] = ()
    unit: Unit | None = None
    for paragraph in paragraphs:
        if paragraph.first in starts:
            marker = next((m for m in paragraph.markers if not m.bullet), None)
            words, taken = take_clauses(paragraph.rest, style)
            number = marker.plain_number if marker else ""
            unit = Unit(number, path, words, paragraph.first, paragraph.last, clauses=taken)
            reading.units.append(unit)
            if marker and re.search(r"[^\W\d_]", mark := paragraph.text[: marker.offset].strip()):
                reading.add_leftover("mark", paragraph, mark)
        elif paragraph.first in paths:
            path, unit = paths[paragraph.first], None
        elif 1 < paragraph.heading < BOLD:
            # A heading below which the marks alone show no task.
            above = [section for section in path if heading_levels.get(section.line, 0) < paragraph.heading]
            path, unit = (*above, Section("", paragraph.text, paragraph.first)), None
            reading.outline.append(path)
        elif unit is not None and len(unit.text) < MAX_TASK_CHARS:
            words, taken = take_clauses(paragraph.text, style)
            unit.add(paragraph, words)
            unit.clauses += taken
        else:
            reading.add_leftover("introduction" if path else "front matter", paragraph)
    name_units(reading)
    return reading


def _is_torn(above: Paragraph, below: Paragraph, marked: bool) -> bool:
    """True where a sentence that breaks off in one paragraph goes on in the next.

    marked: the paragraph above is one with a mark or follows one; elsewhere a line may end without a stop.
    """
    # The end of the text tells; looking at all of it would take time in proportion to the square of its length.
    text, length = above.text[-300:], len(above.text)
    cjk = is_cjk(text)
    if above.heading or above.cells or text.endswith(_STOPS) or not (20 if cjk else 50) <= length < MAX_TASK_CHARS:
        return False
    if is_field(below.text):
        return False
    if below.text[:1].islower() or text.endswith(_DANGLING):
        return True
    if not marked:
        return False
    if body_labels(text):
        return below.text[:1].isdigit() or (len(below.text) <= 60 and below.text.endswith("."))
    return below.text[:1].isdigit() or (cjk and length >= 25 and len(below.text) < length)


def read_tree(paragraphs: Sequence[Paragraph]) -> Reading:
    """The reading of a document by its own marks."""
    furniture = page_furniture(paragraphs)
    rows, heads = unfold([paragraph for index, paragraph in enumerate(paragraphs) if index not in furniture])
    reading = TreeReader(rows).read()
    for index in sorted(furniture):
        reading.add_leftover("page furniture", paragraphs[index])
    for head in heads:
        reading.add_leftover("table head", head)
    return reading
