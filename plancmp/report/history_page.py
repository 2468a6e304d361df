"""The history of a topic as HTML and Markdown: plans on a time axis, matching tasks as marks, and the links between them.

The chart is inline SVG on a page without scripts or requests. Below it the same facts stand as text, every task in full
with its exact source; the Markdown has the text without the chart.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import pairwise
from math import ceil, floor
from textwrap import wrap

from ..analysis.history import History, match_in_words
from ..commitments import references
from ..model import Ancestor, Entry, Plan, Status
from ..plans import editions
from ..plans.gaps import gap_in_words
from ..search.lineage import LineageLink
from ..settings import SETTINGS
from ..text import shortened
from .blocks import Table, clean, section_path, wide
from .html_page import SIGNS, csp_hash, escape_html, page_asset, table_html
from .markdown_page import escape_markdown, table_markdown
from .markup import tagged
from .word_diff import Run

_FIRST = "first"
_SHOWN = SIGNS | {_FIRST: "●"}
_LABELS = {
    **{state: state for state in ("escalated", "continued", "new", "undetermined")},
    "softened": "continued, softened",
    _FIRST: "no older plan to compare with",
}
# Matches that say less than a word of the query or a synonym: their sign in the chart, and its meaning.
_WEAK = {"partial": ("½", "has a part of the query only"), "semantic": ("≈", "near in meaning only")}
_MATCHING = {"same": ("", ""), "match": ("<mark>", "</mark>")}
_CUT = ("text cut: silence", "proves nothing")

# A line about an entry: the words of a link, the anchor it leads to, and what follows them.
_Line = tuple[str, str, str]


@dataclass(frozen=True, slots=True)
class _Lane:
    """A plan and its entries. cut: its text is incomplete. anchor: of its section below the picture."""

    plan: Plan
    entries: tuple[Entry, ...]
    cut: bool
    anchor: str

    @property
    def heading(self) -> str:
        return clean(f"{self.plan.id} {self.plan.title}")

    @property
    def source(self) -> str:
        return clean(f"{self.plan.issuer}, {self.plan.issued}, {_count(len(self.entries), 'matching task')}")

    @property
    def gap(self) -> str:
        """What is missing of the plan's text, in a sentence."""
        stops = gap_in_words(self.plan) or f"The text of {self.plan.id} is cut in places"
        return clean(f"{stops}: what it does not say here proves nothing.")

    @property
    def year(self) -> float:
        """The date as a year with fraction; the first year covered where there is no date, 0 where there is neither."""
        try:
            issued = date.fromisoformat(self.plan.issued)
        except ValueError:
            return float(self.plan.covers[0])
        return issued.year + (issued.timetuple().tm_yday - 1) / 366


class _Page:
    """The parts of a history that both formats share: lanes, anchors, and the links of an entry to older and newer ones."""

    def __init__(self, history: History) -> None:
        self.query, self.links = clean(history.query), history.links
        self.title, self.note = f"History of “{self.query}”", clean(history.note or "")
        self.looked_for = clean("; ".join(history.looked_for))
        plans = {plan.id: plan for plan in (*history.plans, *(entry.plan for entry in history.entries))}
        entries_by_plan: dict[str, list[Entry]] = {name: [] for name in history.plans_searched}
        for entry in history.entries:
            entries_by_plan[entry.plan.id].append(entry)
        self.lanes = [
            _Lane(plans[name], tuple(entries), name in history.plans_cut, f"p{number}")
            for number, (name, entries) in enumerate(entries_by_plan.items(), 1)
        ]
        self.entries = [entry for lane in self.lanes for entry in lane.entries]
        self.anchors = {entry.task.ref: f"t{number}" for number, entry in enumerate(self.entries, 1)}
        self.links_by_pair = {(link.old, link.new): link for link in history.links}
        self.followed = history.followed

    @property
    def lead(self) -> str:
        """The whole finding in one sentence."""
        ids = [lane.plan.id for lane in self.lanes if lane.entries]
        span = f": first in {ids[0]}, last in {ids[-1]}" if len(ids) > 1 else ""
        return f"{_count(len(self.entries), 'task')} in {len(ids)} of {_count(len(self.lanes), 'plan')}{span}."

    @property
    def particulars(self) -> Table:
        rows = (
            ("asked", self.query),
            ("also looked for", self.looked_for),
            ("no match in", ", ".join(lane.plan.id for lane in self.lanes if not lane.entries)),
            ("text cut", " ".join(lane.gap for lane in self.lanes if lane.cut)),
        )
        return Table("particulars", "", (), tuple(row for row in rows if row[1]))

    @property
    def table(self) -> Table:
        """What the picture shows, a row for each mark and each plan without one."""
        rows: list[tuple[str, ...]] = []
        for lane in self.lanes:
            plan = (lane.plan.id, clean(lane.plan.issued))
            rows += [
                (*plan, clean(e.task.ref), self.label(e), clean(", ".join(e.continues)), clean(self._goes_on(e)))
                for e in lane.entries
            ]
            if not lane.entries:
                rows.append((*plan, f"no match; {' '.join(_CUT)}" if lane.cut else "no match", "", "", ""))
        header = ("Plan", "Issued", "Task", "Status", "Continues", "Goes on in")
        return Table("marks", "The picture as a table: plans, tasks, and what they continue", header, tuple(rows))

    @staticmethod
    def _goes_on(entry: Entry) -> str:
        return ", ".join(entry.continued_by) or _end_in_words(entry)

    def state(self, entry: Entry) -> str:
        """The state of an entry: its status, or that of the strongest link drawn to it, so that mark and link agree."""
        states = {_state(link) for link in self.links if link.new == entry.task.ref}
        if states and not self.outside(entry, entry.continues):
            return next(state for state in ("escalated", "continued", "softened") if state in states)
        return "escalated" if "escalated" in states else _state(entry)

    def label(self, entry: Entry) -> str:
        return f"{_SHOWN[self.state(entry)]} {_LABELS[self.state(entry)]}"

    def key(self) -> list[tuple[str, str, str]]:
        """The legend: state, sign and words for what the picture has."""
        states = {*map(self.state, self.entries), *map(_state, self.links)}
        shown = [(state, _SHOWN[state], label) for state, label in _LABELS.items() if state in states]
        matches = set() if self.followed else {entry.match for entry in self.entries}
        shown += [("", sign, words) for match, (sign, words) in _WEAK.items() if match in matches]
        if any(link.doubtful for link in self.links):
            shown.append(("", "╌", f"doubtful link (confidence below {SETTINGS.sure:g})"))
        if any(
            self.outside(entry, entry.continues) or self.outside(entry, entry.continued_by) for entry in self.entries
        ):
            shown.append(("", "○", "linked to a task that is no match itself"))
        if any(entry.ends and not entry.ends_unknown for entry in self.entries):
            shown.append(("", "⊥", "ends: no newer plan is found to continue it"))
        return shown

    def outside(self, entry: Entry, others: Sequence[str]) -> list[str]:
        """Those of the tasks linked to an entry that have no mark."""
        return [ref for ref in others if ref not in self.anchors]

    def facts(self, entry: Entry) -> Iterator[tuple[str, list[_Line]]]:
        """The facts about an entry, each with a name and its lines."""
        task, plan = entry.task, entry.plan
        section = section_path(task.section) or "under no heading"
        lines = f"line {task.lines[0]}" if len(set(task.lines)) == 1 else f"lines {task.lines[0]} to {task.lines[1]}"
        citation = (
            plan.title or plan.id,
            plan.issuer,
            plan.issued,
            section,
            f"task {editions.marked(task.number, task)}",
            lines,
        )
        match = match_in_words(entry)
        if self.followed:
            match = "the task asked for"
            if task.ref != self.followed:
                match = f"linked to it, at its weakest ({entry.score:.2f})"
        yield "section", [("", "", section)]
        yield "match", [("", "", clean(match))]
        yield "commitments that match", list(self._matched(entry))
        yield "continues", [self._link_line(old, (old, task.ref)) for old in entry.continues]
        yield "goes on in", [self._link_line(new, (task.ref, new)) for new in entry.continued_by]
        yield "ends", [("", "", clean(end))] if (end := _end_in_words(entry)) else []
        remarks = {body: " (lead)" * body.lead + " (reading not certain)" * body.doubtful for body in task.bodies}
        yield "bodies", [("", "", clean(body.name or body.as_printed) + remark) for body, remark in remarks.items()]
        yield "citation", [("", "", clean(f"{', '.join(filter(None, citation))} of {plan.source_of(task).file}"))]
        yield "note", [] if task.complete else [("", "", "The text of this task is cut.")]
        yield "edition", [("", "", clean(f"{editions.in_words(plan)}."))] if task.other_edition else []

    def _matched(self, entry: Entry) -> Iterator[_Line]:
        """A line for each commitment that matches: its own status, what it continues, and how surely."""
        for ref, status in zip(entry.matched, entry.matched_status, strict=False):
            name = clean(references.shown(ref))
            state = str(status) if status else _FIRST
            older = [ancestor for ancestor in entry.ancestors if ancestor.of == ref]
            for one in older:
                says = f"{_SHOWN[one.state]} {_LABELS[one.state]}, from {references.shown(one.ref)}"
                yield "", "", clean(f"{name}: {says}, {_sureness(one)}")
            if not older:
                yield "", "", f"{name}: {_SHOWN[state]} {_LABELS[state]}"

    def _link_line(self, other: str, pair: tuple[str, str]) -> _Line:
        """The line on a link to another task; one that does not match the query is only named."""
        link = self.links_by_pair.get(pair)
        if link is None or other not in self.anchors:
            return "", "", f"{clean(other)} (no match itself)"
        state = _state(link)
        says = f" {_SHOWN[state]} {_LABELS[state]}, {_sureness(link)}"
        return clean(other), self.anchors[other], says


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}{'s' if number != 1 else ''}"


def _sureness(link: Ancestor | LineageLink) -> str:
    """How sure a link is, or that a reviewer decided it."""
    if link.decided_by != "model":
        return "decided by a reviewer"
    return f"confidence {link.confidence:.2f}" + (" ?" if link.doubtful else "")


def _state(item: Entry | LineageLink) -> str:
    if isinstance(item, LineageLink) and item.softened and item.status is Status.CONTINUED:
        return "softened"
    return str(item.status or _FIRST)


def _end_in_words(entry: Entry) -> str:
    """Whether a thread ends with this entry, in words; empty where it goes on or no newer plan is there."""
    if not entry.ends:
        return ""
    plans = " or ".join(entry.ends)
    return f"no task of {plans} is found to continue it" + (", but text is cut there" if entry.ends_unknown else "")


def marked_runs(entry: Entry) -> list[Run]:
    """The full text, with the words that matched as runs of their own; a word never matches inside a longer one."""
    text = clean(entry.task.full_text)
    words = sorted({clean(word) for word in entry.words if any(map(str.isalnum, word))}, key=len, reverse=True)
    pattern = "|".join(map(re.escape, words))
    pieces = re.split(rf"((?<![A-Za-z0-9])(?:{pattern})(?![A-Za-z0-9]))", text) if words else [text]
    return [Run(piece, "match" if index % 2 else "same") for index, piece in enumerate(pieces) if piece]


# In SVG units: the chart's width, the x of axis, lanes and marks, padding; height and spacing of marks, width of a
# letter, height of a line.
_WIDTH, _AXIS, _LEFT, _MARKS, _PAD = 480.0, 38.0, 74.0, 200.0, 9.0
_HIGH, _SPACE, _LETTER, _LINE = 24.0, 7.0, 7.4, 13.5
# Between two lines of marks there is room for the stubs of links to tasks without a mark.
_ROW_SPACE, _STUB = 16.0, 6.0


@dataclass(frozen=True, slots=True)
class _Mark:
    """The box of a task in the chart; x: its middle, y: its top."""

    entry: Entry
    label: str
    x: float
    y: float
    width: float


@dataclass(frozen=True, slots=True)
class _Row:
    """The box of a lane in the chart; words: the lines at its left with their CSS class; right: where its marks end."""

    lane: _Lane
    words: tuple[tuple[str, str], ...]
    marks: tuple[_Mark, ...]
    top: float
    bottom: float
    right: float


def _rows(page: _Page) -> list[_Row]:
    """The lanes one below the other, with more room between them where more years lie between; marks wrap.

    Where they do, those that only continue something stand first and those that only go on last, next to their links.
    """
    rows: list[_Row] = []
    olds, news = {link.old for link in page.links}, {link.new for link in page.links}
    for lane in page.lanes:
        years = lane.year - rows[-1].lane.year if rows else 0
        top = rows[-1].bottom + 28 + min(max(4 * years, 0), 36) if rows else 4.0
        title = clean(lane.plan.title)
        lines = wrap(title, 9 if wide(title) > len(title) else 19, max_lines=2 if lane.cut else 3, placeholder=" …")
        words = [("id", shortened(lane.plan.id, 13)), ("small", clean(lane.plan.issued))]
        words += [*(("small title", line) for line in lines), *(("cut", line) for line in _CUT if lane.cut)]
        entries = list(lane.entries)
        if len(entries) > 4:
            entries.sort(key=lambda entry: (entry.task.ref in olds) - (entry.task.ref in news))
        x, y, right, marks = _MARKS, top + _PAD, _MARKS + 60, list[_Mark]()
        for entry in entries:
            weak = f" {_WEAK[entry.match][0]}" if entry.match in _WEAK and not page.followed else ""
            label = f"{_SHOWN[page.state(entry)]} {shortened(clean(entry.task.number), 14)}{weak}"
            width = 14 + _LETTER * wide(label)
            if marks and x + width > _WIDTH - 18:
                x, y = _MARKS, y + _HIGH + _ROW_SPACE
            marks.append(_Mark(entry, label, x + width / 2, y, width))
            x += width + _SPACE
            right = max(right, x)
        bottom = max(y + _HIGH + _PAD, top + 12 + _LINE * len(words))
        rows.append(_Row(lane, tuple(words), tuple(marks), top, bottom, right))
    return rows


def _svg(page: _Page) -> str:
    """The chart: lanes, links on them, marks on top; each has a title that says what it means."""
    rows = _rows(page)
    height = rows[-1].bottom + 4 if rows else 0
    marks = (_mark_svg(mark, page) for row in rows for mark in row.marks)
    stubs = (stub for row in rows for mark in row.marks for stub in _stubs_svg(mark, page))
    parts = "\n".join((*_axis_svg(rows), *map(_lane_svg, rows), *stubs, *_links_svg(page.links, rows), *marks))
    label = f'role="group" aria-label="{escape_html(page.title)}" aria-describedby="marks-table"'
    return f'<svg class="timeline" viewBox="0 0 {_WIDTH:g} {height:g}" {label}>\n{parts}\n</svg>'


def _axis_svg(rows: list[_Row]) -> Iterator[str]:
    """The years, and each plan as a point at its date, level with its lane.

    Between two plans time runs evenly; how fast depends on the room that the lanes take, so that years are not of one height.
    """
    dated = [row for row in rows if row.lane.year]
    if not dated:
        return
    levels = [row.top + 14 for row in dated]
    yield f'<path class="axis" d="M{_AXIS:g} {levels[0]:.1f}V{levels[-1]:.1f}"/>'
    for (row, top), (following, bottom) in pairwise(zip(dated, levels, strict=True)):
        first, last = row.lane.year, following.lane.year
        unit = (bottom - top) / (last - first) if last > first else 0
        step = next((step for step in (1, 2, 5, 10, 20) if step * unit >= 16), 50)
        for year in range(ceil(first), floor(last) + 1):
            y = top + (year - first) * unit
            yield f'<path class="axis" d="M{_AXIS - 4:g} {y:.1f}H{_AXIS:g}"/>'
            if year % step == 0:
                yield f'<text class="year" x="{_AXIS - 7:g}" y="{y + 4:.1f}" text-anchor="end">{year}</text>'
    for row, level in zip(dated, levels, strict=True):
        issued = escape_html(clean(row.lane.plan.issued))
        yield f'<path class="axis" d="M{_AXIS:g} {level:.1f}H{_LEFT:g}"/>'
        yield f'<circle cx="{_AXIS:g}" cy="{level:.1f}" r="3.5"><title>{issued}</title></circle>'


def _stubs_svg(mark: _Mark, page: _Page) -> Iterator[str]:
    """What links a mark to tasks without one, as a short line to an open circle, and the end of a thread, as a bar."""
    entry, state = mark.entry, page.state(mark.entry)
    foot = mark.y + _HIGH
    before, after = page.outside(entry, entry.continues), page.outside(entry, entry.continued_by)
    for others, x, y, way, says in (
        (before, mark.x + 6, mark.y, -1, "continues"),
        (after, mark.x + 6, foot, 1, "goes on in"),
    ):
        if others:
            words = escape_html(clean(f"{says} {', '.join(others)}, no match itself"))
            end = y + way * _STUB
            yield f'<path class="stub {state}" d="M{x:.1f} {y:.1f}V{end - way * 2:.1f}"><title>{words}</title></path>'
            yield f'<circle class="open" cx="{x:.1f}" cy="{end:.1f}" r="2"><title>{words}</title></circle>'
    if entry.ends and not entry.ends_unknown:
        words = escape_html(clean(_end_in_words(entry)))
        path = f"M{mark.x:.1f} {foot:.1f}V{foot + _STUB:.1f}M{mark.x - 6:.1f} {foot + _STUB:.1f}H{mark.x + 6:.1f}"
        yield f'<path class="stub ended" d="{path}"><title>{words}</title></path>'


def _lane_svg(row: _Row) -> str:
    """The background of a plan's marks and, as a link to its section, its id, date and title, and whether its text is cut."""
    words = [
        f'<text class="{kind}" x="{_LEFT + _PAD:g}" y="{row.top + 18 + _LINE * n:.1f}">{escape_html(line)}</text>'
        for n, (kind, line) in enumerate(row.words)
    ]
    none = "" if row.marks else f'<text class="none" x="{_MARKS:g}" y="{row.top + 18:.1f}">no match</text>'
    return (
        f'<rect class="lane{"" if row.marks else " empty"}" x="{_LEFT:g}" y="{row.top:.1f}" rx="6" '
        f'width="{_WIDTH - _LEFT - 1:g}" height="{row.bottom - row.top:.1f}"/>'
        f'<a href="#{row.lane.anchor}"><title>{escape_html(row.lane.heading)}</title>{"".join(words)}{none}</a>'
    )


def _mark_svg(mark: _Mark, page: _Page) -> str:
    """A mark: sign and number in a box, a link to the entry."""
    task, state = mark.entry.task, page.state(mark.entry)
    continues = f", continues {', '.join(mark.entry.continues)}" if mark.entry.continues else ""
    meaning = escape_html(clean(f"{task.ref}: {_LABELS[state]}{continues}"))
    return (
        f'<a class="mark {state}" href="#{page.anchors[task.ref]}" aria-label="{meaning}"><title>{meaning}</title>'
        f'<rect x="{mark.x - mark.width / 2:.1f}" y="{mark.y:.1f}" width="{mark.width:.1f}" height="{_HIGH:g}"/>'
        f'<text x="{mark.x:.1f}" y="{mark.y + 16.5:.1f}" text-anchor="middle">{escape_html(mark.label)}</text></a>'
    )


def _links_svg(links: Sequence[LineageLink], rows: list[_Row]) -> Iterator[str]:
    """Curves from the foot of a mark to the head of another; they pass by the marks of the plans in between."""
    marks = {mark.entry.task.ref: (number, mark) for number, row in enumerate(rows) for mark in row.marks}
    passing: Counter[tuple[int, int]] = Counter()
    for link in links:
        (above, old), (below, new) = marks[link.old], marks[link.new]
        x, y = old.x, old.y + _HIGH
        path = f"M{x:.1f} {y:.1f}"
        if between := rows[above + 1 : below]:
            aside = min(max(row.right for row in between) + 2 + 6 * passing[above, below], _WIDTH - 5)
            passing[above, below] += 1
            top, foot = between[0].top, between[-1].bottom
            path += f"C{x:.1f} {top:.1f} {aside:.1f} {y:.1f} {aside:.1f} {top:.1f}V{foot:.1f}"
            x, y = aside, foot
        bend = (new.y - y) / 2
        path += f"C{x:.1f} {y + bend:.1f} {new.x:.1f} {new.y - bend:.1f} {new.x:.1f} {new.y:.1f}"
        state, doubt = _state(link), " doubtful" if link.doubtful else ""
        meaning = f"{clean(link.old)} → {clean(link.new)}: {_LABELS[state]}, {_sureness(link)}"
        yield f'<path class="link {state}{doubt}" d="{path}"><title>{escape_html(meaning)}</title></path>'
        for x, y in ((old.x, old.y + _HIGH), (new.x, new.y)):
            yield f'<circle class="end {state}" cx="{x:.1f}" cy="{y:.1f}" r="3"/>'


def history_html(history: History) -> str:
    """The history as one HTML page with its picture: no script, no request, readable in print and on a phone."""
    page = _Page(history)
    style = f"{page_asset('page.css')}\n{page_asset('chart.css')}"
    policy = f"default-src 'none'; style-src {csp_hash(style)}; base-uri 'none'; form-action 'none'"
    contents = "".join(f'<li><a href="#{lane.anchor}">{escape_html(lane.plan.id)}</a></li>' for lane in page.lanes)
    note = f'<p class="warning">{escape_html(page.note)}</p>' if page.note else ""
    signs = (
        f"<li class={state or 'other'}><span>{sign}</span>{escape_html(label)}</li>"
        for state, sign, label in page.key()
    )
    sections = "\n".join(_html_lane(lane, page) for lane in page.lanes)
    return f"""<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="{escape_html(policy)}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark"><meta name="referrer" content="no-referrer">
<title>{escape_html(page.title)}</title>
<style>{style}</style>
</head>
<body><a class="skip" href="#main">Skip to the tasks</a>
<header><h1>{escape_html(page.title)}</h1><p class="lead">{escape_html(page.lead)}</p>
{note}{table_html(page.particulars)}</header>
<nav aria-label="Plans"><ul>{contents}</ul></nav>
<main id="main">
<div class="view"><figure>{_svg(page)}</figure>
<div><ul class="signs" aria-label="Signs of the picture">{"".join(signs)}</ul>
<details><summary>The picture as a table</summary>{table_html(page.table)}</details></div></div>
{sections}
</main></body></html>
"""


def _html_lane(lane: _Lane, page: _Page) -> str:
    cut = f'<p class="warning">{escape_html(lane.gap)}</p>' if lane.cut else ""
    entries = "\n".join(_html_entry(entry, page) for entry in lane.entries) or '<p class="silent">No match.</p>'
    return (
        f'<section id="{lane.anchor}" aria-labelledby="{lane.anchor}-h"><h2 id="{lane.anchor}-h">{escape_html(lane.heading)}</h2>'
        f'<p class="cite">{escape_html(lane.source)}</p>{cut}\n{entries}</section>'
    )


def _html_entry(entry: Entry, page: _Page) -> str:
    def line(link: str, anchor: str, rest: str) -> str:
        return (
            f'<dd><a href="#{anchor}">{escape_html(link)}</a>{escape_html(rest)}</dd>'
            if link
            else f"<dd>{escape_html(rest)}</dd>"
        )

    anchor, state = page.anchors[entry.task.ref], page.state(entry)
    told = ((name, "".join(line(*one) for one in lines)) for name, lines in page.facts(entry))
    facts = "".join(f"<dt>{name}</dt>{lines}" for name, lines in told if lines)
    return (
        f'<article class="change {state}" id="{anchor}" aria-labelledby="{anchor}-h"><header>'
        f'<h3 id="{anchor}-h">{escape_html(clean(entry.task.ref))}</h3><span class="label">{escape_html(page.label(entry))}</span></header>'
        f'<p class="text">{tagged(marked_runs(entry), escape_html, _MATCHING)}</p><dl class="facts">{facts}</dl></article>'
    )


def history_markdown(history: History) -> str:
    """The history as Markdown that renders on GitHub: the picture's table, then every entry in full."""
    page = _Page(history)
    parts = [f"# {escape_markdown(page.title)}", escape_markdown(page.lead)]
    parts += [f"> **{escape_markdown(page.note)}**"] if page.note else []
    parts += [table_markdown(page.particulars), table_markdown(page.table)]
    for lane in page.lanes:
        parts += [f'<a id="{lane.anchor}"></a>\n\n## {escape_markdown(lane.heading)}', escape_markdown(lane.source)]
        parts += [f"> **{escape_markdown(lane.gap)}**"] if lane.cut else []
        parts += [part for entry in lane.entries for part in _markdown_entry(entry, page)] or ["No match."]
    return "\n\n".join(parts) + "\n"


def _markdown_entry(entry: Entry, page: _Page) -> list[str]:
    def line(name: str, link: str, anchor: str, rest: str) -> str:
        return f"- **{name}**: " + (f"[{escape_markdown(link)}](#{anchor})" if link else "") + escape_markdown(rest)

    heading = f'<a id="{page.anchors[entry.task.ref]}"></a>\n\n### {escape_markdown(clean(entry.task.ref))} · {escape_markdown(page.label(entry))}'
    facts = "\n".join(line(name, *one) for name, lines in page.facts(entry) for one in lines)
    return [heading, f"> {tagged(marked_runs(entry), escape_markdown, _MATCHING)}", facts]
