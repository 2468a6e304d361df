"""Paragraphs to a tree: the outline that the document's own marks speak for, whatever their style.

A mark may continue a sequence that is open, begin one below it, or be none at all ("2025. The year ..."). Each of these has
a cost: nothing for counting on by one, more for a gap, for numbers that repeat, for a new level. The outline is the cheapest
chain of such steps, found by a beam search in time linear in the length of the document.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import NamedTuple

from ..text import is_cjk
from .bodies import has_body_word
from .markers import BOLD, Marker, Paragraph

_BEAM = 8
_DEEPEST = 9
_HOPELESS = 5.0
# A mark that is taken for words costs this much; the costs of steps below are in the same unit.
_AS_WORDS = 1.2
_NEW_LEVEL = 0.5
_SHALLOWER = 0.35
_NESTED_IN_ITSELF = 1.5
_FRONT_GAP = 2.0
_GAP = 1.0
_REPEATED = 2.5
_BACKWARDS = 3.0
_RESTART = 2.0
_LONG_HEADING = 0.7
_ANYWHERE = ""
_CONTENTS = re.compile(
    r"^(?:(?:table of )?contents|in this document|on this page|目\s*录|目\s*次|目\s*錄)\s*[:：]?$", re.IGNORECASE
)
_CONTENTS_LINE = re.compile(r"(?:\s*(?:\.{3,}|…+|·{3,})\s*|\t|\s{1,})\d{1,3}$")
# Words that lead into a list and are no heading of it: "We will:".
_LEAD_IN = re.compile(
    r"(?:\b(?:will|to|must|shall|should|are|includes?|including|following|actions?|measures|steps|by)\s*|如下|以下.{0,6}|包括)[:：]$"
)
_TERMINAL = tuple(".。;；:：!！?？,，")


class _Open(NamedTuple):
    """A level that is open: the key of its sequence, the last mark's prefix and value, and the level of a heading."""

    key: str
    prefix: tuple[str, ...]
    value: int
    heading: int
    rank: int


class _Step(NamedTuple):
    """What was decided on one paragraph: its depth in the tree (0 for words) and its mark."""

    before: _Step | None
    paragraph: int
    depth: int
    key: str
    marker: Marker | None


@dataclass(slots=True)
class _State:
    cost: float
    stack: tuple[_Open, ...]
    last: dict[tuple[str, ...], tuple[tuple[str, ...], int]]
    steps: _Step | None


@dataclass(slots=True)
class Node:
    """A marked paragraph with the plain ones behind it and the nodes below it.

    kind: the keys of the sequences from the root down to this one. head is None for the root alone. cost: of the root, what the whole outline costs.
    """

    kind: tuple[str, ...]
    head: Paragraph | None
    marker: Marker | None = None
    body: list[Paragraph] = field(default_factory=list)
    children: list[Node] = field(default_factory=list)
    parent: Node | None = None
    cost: float = 0.0

    @property
    def words(self) -> str:
        """The marked paragraph's own words, without the mark."""
        if self.head is None:
            return ""
        return self.head.text[self.marker.offset :] if self.marker else self.head.text

    def walk(self) -> Iterator[Node]:
        """This node and all below it, in document order."""
        pending = [self]
        while pending:
            node = pending.pop()
            yield node
            pending.extend(reversed(node.children))


def titled(words: str) -> bool:
    """True for words that look like a heading: brief, without a stop at the end."""
    words = words.strip()
    if not 0 < len(words) <= 120 or words.endswith(_TERMINAL):
        return False
    return len(words) <= 40 or not is_cjk(words)


def outline(paragraphs: Sequence[Paragraph], has_clause: Sequence[bool]) -> Node:
    """The tree of the paragraphs. has_clause: for each paragraph, whether it says who is responsible."""
    themes = _themes(paragraphs)
    contents = _contents(paragraphs) | themes.keys()
    candidates = _plain_headings(paragraphs, contents) | set(themes.values())
    many_clauses = sum(has_clause) >= 3
    beam = [_State(0.0, (), {}, None)]
    for index, paragraph in enumerate(paragraphs):
        if index in contents or not (paragraph.markers or paragraph.heading or index in candidates):
            continue
        clause = has_clause[index]
        grown: dict[tuple[_Open, ...], _State] = {}
        for state in beam:
            for new in _continuations(state, index, paragraph, clause, many_clauses, index in candidates):
                rival = grown.get(new.stack)
                if rival is None or new.cost < rival.cost:
                    grown[new.stack] = new
        ordered = sorted(grown.values(), key=lambda state: state.cost)[:_BEAM]
        beam = [state for state in ordered if state.cost <= ordered[0].cost + _HOPELESS]
    root = _tree(paragraphs, beam[0].steps)
    root.cost = beam[0].cost
    return root


def _continuations(
    state: _State, index: int, paragraph: Paragraph, clause: bool, many_clauses: bool, candidate: bool
) -> Iterator[_State]:
    if 0 < paragraph.heading < BOLD:
        depth = next((i for i, o in enumerate(state.stack) if not 0 < o.heading < paragraph.heading), len(state.stack))
        marker = paragraph.markers[0] if paragraph.markers and not paragraph.markers[0].bullet else None
        yield _pushed(state, index, depth, f"h{paragraph.heading}", marker, 0.0, paragraph.heading, 0)
        return
    heading_like = titled(paragraph.rest) and not clause
    if paragraph.heading == BOLD or (candidate and not paragraph.markers):
        bold = paragraph.heading == BOLD
        yield from _as_plain_heading(state, index, paragraph, "bold" if bold else "plain", bold)
        if not paragraph.markers:
            yield _State(state.cost + (0.6 if candidate or bold else 0.0), state.stack, state.last, state.steps)
    for marker in paragraph.markers:
        key = f"{marker.key}@{paragraph.indent}" if marker.bullet else marker.key
        for depth, opened in enumerate(state.stack):
            if opened.key == key and not 0 < opened.heading < BOLD:
                cost = _step_cost(opened, marker)
                cost += _fit(state, _path(state.stack[:depth], key), heading_like, clause, many_clauses)
                yield _pushed(state, index, depth, key, marker, cost, 0, marker.rank)
        for depth in range(min(len(state.stack), _DEEPEST), -1, -1):
            if depth < len(state.stack) and state.stack[depth].key == key:
                continue
            if depth < len(state.stack) and state.stack[depth].heading:
                break
            path = _path(state.stack[:depth], key)
            cost = _child_cost(state, depth, path, marker)
            cost += _fit(state, path, heading_like, clause, many_clauses)
            yield _pushed(state, index, depth, key, marker, cost, 0, marker.rank)
    if paragraph.markers:
        cost = _AS_WORDS + (1.0 if clause else 0.0)
        yield _State(state.cost + cost, state.stack, state.last, state.steps)


def _as_plain_heading(state: _State, index: int, paragraph: Paragraph, key: str, bold: bool) -> Iterator[_State]:
    """A line that is a heading by its type or place alone, on the level of those before it or on a new one."""
    level = BOLD if bold else BOLD + 1
    marker = next((m for m in paragraph.markers if not m.bullet), None)
    if marker is not None:
        key = f"{key} {marker.key}"
    for depth in range(len(state.stack), -1, -1):
        here = state.stack[depth] if depth < len(state.stack) else None
        if here is not None and here.heading and here.key != key:
            if here.heading <= level:
                break
            continue
        path = _path(state.stack[:depth], key)
        known = path in state.last
        cost = 0.1 if known else 0.4 + 0.2 * (len(state.stack) - depth)
        if here is not None and not known:
            cost += 0.3
        # Headings stand above items, not inside one.
        if depth and not state.stack[depth - 1].heading and state.stack[depth - 1].rank > 1:
            cost += 0.6
        yield _pushed(state, index, depth, key, marker, cost, level, 1)


def _path(stack: Sequence[_Open], key: str) -> tuple[str, ...]:
    return (*(opened.key for opened in stack), key)


def _step_cost(opened: _Open, marker: Marker) -> float:
    if marker.bullet:
        return 0.0
    if opened.prefix != marker.prefix:
        if marker.value != 1:
            return _GAP
        return 0.0 if _follows(opened.prefix, marker.prefix) else 0.3
    step = marker.value - opened.value
    if step == 1:
        return 0.0
    if step > 1:
        return _GAP + min(step - 1, 10) * 0.1
    if marker.value == 1:
        return _RESTART
    return _REPEATED if step == 0 else _BACKWARDS


def _follows(old: tuple[str, ...], new: tuple[str, ...]) -> bool:
    if not old or not new or len(old) != len(new):
        return False
    a, b = old[-1], new[-1]
    return (a.isdigit() and b.isdigit() and int(b) == int(a) + 1) or (len(a) == len(b) == 1 and ord(b) == ord(a) + 1)


def _child_cost(state: _State, depth: int, path: tuple[str, ...], marker: Marker) -> float:
    known = state.last.get(path)
    parent = state.stack[depth - 1] if depth else None
    cost = 0.0
    if known is None:
        cost += _NEW_LEVEL + _SHALLOWER * (len(state.stack) - depth)
        if path[-1] in path[:-1]:
            cost += _NESTED_IN_ITSELF
        if parent is not None and marker.rank < parent.rank:
            cost += 0.4
    if marker.bullet:
        return cost
    if marker.prefix and parent is not None and parent.value:
        cost += -0.1 if marker.prefix[-1] == str(parent.value) else 0.3
    if marker.value == 1:
        return cost
    # Numbers may run through the whole document, whatever they stand under.
    before = known or state.last.get((_ANYWHERE, path[-1]))
    if before is not None and marker.value > before[1]:
        step = marker.value - before[1]
        return cost + (0.1 if step == 1 else _GAP + min(step, 10) * 0.1)
    return cost + _FRONT_GAP


def _fit(state: _State, path: tuple[str, ...], heading_like: bool, clause: bool, many_clauses: bool) -> float:
    """What it costs that the paragraph's words do not look like the others on this level."""
    above = any(
        len(other) > len(path) and other[: len(path)] == path and not other[len(path)].startswith(("plain", "bold"))
        for other in state.last
    )
    if above:
        # Only where one mark serves on several levels do the words have to tell them apart.
        levels = sum(other[-1] == path[-1] and other[0] != _ANYWHERE for other in state.last.keys() | {path})
        return 0.0 if heading_like or levels < 2 else _LONG_HEADING + (0.5 if clause else 0.0)
    return 0.4 if path in state.last and many_clauses and heading_like and not clause else 0.0


def _pushed(
    state: _State, index: int, depth: int, key: str, marker: Marker | None, cost: float, heading: int, rank: int
) -> _State:
    prefix, value = (marker.prefix, marker.value) if marker else ((), 0)
    stack = (*state.stack[:depth], _Open(key, prefix, value, heading, rank))
    path = _path(state.stack[:depth], key)
    last = state.last | {path: (prefix, value), (_ANYWHERE, key): (prefix, value)}
    return _State(state.cost + cost, stack, last, _Step(state.steps, index, depth + 1, key, marker))


def _tree(paragraphs: Sequence[Paragraph], steps: _Step | None) -> Node:
    decided: dict[int, _Step] = {}
    while steps is not None:
        decided[steps.paragraph] = steps
        steps = steps.before
    root = Node((), None)
    open_nodes = [root]
    for index, paragraph in enumerate(paragraphs):
        step = decided.get(index)
        if step is None:
            open_nodes[-1].body.append(paragraph)
            continue
        del open_nodes[step.depth :]
        parent = open_nodes[-1]
        node = Node((*parent.kind, step.key), paragraph, step.marker, parent=parent)
        parent.children.append(node)
        open_nodes.append(node)
    return root


def _line_key(text: str) -> str:
    """A line by which it is found again: its letters and numbers, without the number of a page."""
    return re.sub(r"[\W_]+", "", _CONTENTS_LINE.sub("", text)).casefold()


def _themes(paragraphs: Sequence[Paragraph]) -> dict[int, int]:
    """The items of lists that name the sections below, each with the heading that it names, as indexes.

    Each stands again further down, in this order, above a text. Such a list needs no heading that calls it the contents.
    """
    keys = [_line_key(p.rest) if len(p.text) <= 160 and not p.cells else "" for p in paragraphs]
    places: dict[str, list[int]] = {}
    for index, key in enumerate(keys):
        places.setdefault(key, []).append(index)
    listed = [bool(key) and len(places[key]) > 1 and bool(p.markers) for key, p in zip(keys, paragraphs, strict=True)]
    found: dict[int, int] = {}
    start = 0
    while start < len(paragraphs):
        end = start
        run: set[str] = set()
        while end < len(paragraphs) and listed[end] and keys[end] not in run:
            run.add(keys[end])
            end += 1
        again = []
        for key in keys[start:end]:
            further = bisect_left(places[key], end)
            again.append(places[key][further] if further < len(places[key]) else len(paragraphs))
        if len(again) >= 3 and all(a + 2 <= b for a, b in pairwise([*again, len(paragraphs)])):
            found.update(zip(range(start, end), again, strict=True))
        start = max(end, start + 1)
    return found


def _contents(paragraphs: Sequence[Paragraph]) -> set[int]:
    """Indexes of the paragraphs of a table of contents: lines that stand again, as headings, further down."""
    found: set[int] = set()
    label = next((i for i, p in enumerate(paragraphs[: len(paragraphs) // 2 + 1]) if _CONTENTS.match(p.text)), None)
    start = label + 1 if label is not None else 0
    later = Counter(_line_key(p.text) for p in paragraphs)
    run: list[int] = []
    for index in range(start, len(paragraphs)):
        paragraph = paragraphs[index]
        listed = _line_key(paragraph.text)
        dotted = re.search(r"(?:\.{4,}|…{2,}|·{4,})\s*\d{1,3}$", paragraph.text)
        if len(paragraph.text) <= 160 and (dotted or (later[listed] >= 2 and listed and (label is not None))):
            run.append(index)
            later[listed] -= 1
        elif run or (label is None and index > 60):
            break
    if label is not None and run:
        found.update((label, *run))
    elif len(run) >= 3:
        found.update(run)
    return found


def _plain_headings(paragraphs: Sequence[Paragraph], contents: set[int]) -> set[int]:
    """Indexes of unmarked short lines that could be headings: what follows is marked, or is a paragraph of sentences."""
    found = set()
    counts = Counter(paragraph.text for paragraph in paragraphs)
    for index, (paragraph, following) in enumerate(pairwise(paragraphs)):
        if index == 0 or index in contents or paragraph.markers or paragraph.heading or paragraph.cells:
            continue
        words = paragraph.text
        if (
            not titled(words.rstrip(":："))
            or len(words) > (30 if is_cjk(words) else 90)
            or re.search(r"\d{4}|[|>©]", words)
        ):
            continue
        if (index < 6 and has_body_word(words)) or _LEAD_IN.search(words) or counts[words] > 1:
            continue
        if following.markers and not (following.heading and following.heading < BOLD):
            found.add(index)
    return found if len(found) >= 2 else set()
