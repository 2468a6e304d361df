"""Where the commitments of the old plan's sections go in the new one, by status: the numbers, and their picture as SVG."""

from __future__ import annotations

from collections import Counter, defaultdict
from textwrap import wrap

from markupsafe import Markup

from ..model import Status
from ..outcomes.result import PlanDiff
from ..text import shortened
from .blocks import Flow, Stream, Words, clean, wide

_WIDTH, _LABEL, _NODE, _UNIT, _GAP, _LEAST = 1000.0, 330.0, 10.0, 3.0, 12.0, 14.0
# The narrow picture: its width, the height of a bar and of a line of words, and how many letters a line holds.
_NARROW, _BAR, _LINE, _LETTERS = 340.0, 16.0, 16.0, 44


def trace(result: PlanDiff, no_heading: str) -> tuple[tuple[Stream, ...], tuple[str, ...], tuple[str, ...]]:
    """The streams, and the sections of either plan that they touch, in document order.

    Every commitment of the old plan counts once, by its strongest counterpart, and so does every one of the new plan that
    none of these is the counterpart of. Sections are the innermost ones, or the outermost of a plan that has too many.
    """
    sections = {}
    for plan in (result.old, result.new):
        depth = 1 if len(plan.sections) > 24 else None
        for task in plan.tasks:
            path = task.section[:depth]
            numbers = ".".join(section.number for section in path if section.number)
            sections[task.ref] = clean(f"{numbers} {path[-1].heading}") if path else no_heading
    counts: Counter[tuple[str | None, str | None, str]] = Counter()
    paired: set[str] = set()
    for fate in result.old_commitments:
        paired.update(counterpart.ref for counterpart in fate.counterparts)
        partner = result.fate(fate.counterparts[0].ref).task if fate.counterparts else ""
        counts[sections[fate.task], sections.get(partner), str(fate.status)] += 1
    for fate in result.new_commitments:
        if fate.ref not in paired:
            partner = result.fate(fate.counterparts[0].ref).task if fate.counterparts else ""
            counts[sections.get(partner), sections[fate.task], str(fate.status)] += 1
    ordered = [list(dict.fromkeys(sections[task.ref] for task in plan.tasks)) for plan in (result.old, result.new)]
    used = [{key[side] for key in counts} for side in (0, 1)]

    def key(stream: tuple[str | None, str | None, str]) -> tuple[int, int, int]:
        one, other, status = stream
        return (
            ordered[0].index(one) if one else len(ordered[0]),
            ordered[1].index(other) if other else len(ordered[1]),
            list(map(str, Status)).index(status),
        )

    streams = tuple(Stream(*stream, counts[stream]) for stream in sorted(counts, key=key))
    first, second = (tuple(name for name in ordered[side] if name in used[side]) for side in (0, 1))
    return streams, first, second


def svg(flow: Flow, words: Words) -> Markup:
    """The picture; each ribbon carries its meaning as a title, and the table beside it says the same in words."""
    left: dict[tuple[str, str], int] = {(section, ""): 0 for section in flow.old}
    right: dict[tuple[str, str], int] = {(section, ""): 0 for section in flow.new}
    for stream in flow.streams:
        for side, section in ((left, stream.old), (right, stream.new)):
            node = _node(section, stream.status)
            side[node] = side.get(node, 0) + stream.count
    lefts, left_height = _stack(left)
    rights, right_height = _stack(right)
    height = max(left_height, right_height)
    x1, x2 = _LABEL + _NODE, _WIDTH - _LABEL - _NODE
    parts = []
    used: dict[tuple[str, tuple[str, str]], float] = defaultdict(float)
    for stream, row in zip(flow.streams, flow.table.rows, strict=True):
        one, other = _node(stream.old, stream.status), _node(stream.new, stream.status)
        thick = stream.count * _UNIT
        y1 = lefts[one][0] + used["l", one] + thick / 2
        y2 = rights[other][0] + used["r", other] + thick / 2
        used["l", one] += thick
        used["r", other] += thick
        middle = (x1 + x2) / 2
        parts.append(
            Markup(
                '<path class="stream {}" stroke-width="{:g}" d="M{:g} {:g}C{:g} {:g} {:g} {:g} {:g} {:g}"><title>{}</title></path>'
            ).format(
                stream.status, thick, x1, y1, middle, y1, middle, y2, x2, y2, f"{row[0]} → {row[1]}: {row[2]}, {row[3]}"
            )
        )
    for stacked, x, label_x, anchor in ((lefts, _LABEL, _LABEL - 6, "end"), (rights, x2, x2 + _NODE + 6, "start")):
        for node, (top, tall) in stacked.items():
            name = node[0] or words("not_told" if node[1] == "undetermined" else "nowhere")
            parts.append(
                Markup(
                    '<rect class="node" x="{:g}" y="{:g}" width="{:g}" height="{:g}"/>'
                    '<text x="{:g}" y="{:g}" text-anchor="{}">{}<title>{}</title></text>'
                ).format(x, top, _NODE, tall, label_x, top + tall / 2 + 4, anchor, shortened(name, 58), name)
            )
    return Markup(
        '<svg class="wide" viewBox="0 0 {:g} {:g}" role="img" aria-label="{}" aria-describedby="flow-table">{}</svg>'
    ).format(_WIDTH, height, flow.table.caption, Markup("").join(parts))


def narrow_svg(flow: Flow, words: Words) -> Markup:
    """The same for a phone: a bar for each section of the old plan, and one for what only the new plan has."""
    groups: dict[str, Counter[str]] = {section: Counter() for section in flow.old}
    for stream in flow.streams:
        groups.setdefault(stream.old or words("only_new"), Counter())[stream.status] += stream.count
    longest = max((counts.total() for counts in groups.values()), default=0) or 1
    parts, y = [], 4.0
    for section, counts in groups.items():
        letters = _LETTERS // 2 if wide(section) > 1.5 * len(section) else _LETTERS
        for line in wrap(section, letters):
            parts.append(Markup('<text x="0" y="{:g}">{}</text>').format(y + 12, line))
            y += _LINE
        x = 0.0
        for status in map(str, Status):
            if not counts[status]:
                continue
            across = counts[status] / longest * _NARROW
            title = f"{section}: {words.status(status)}, {counts[status]}"
            parts.append(
                Markup(
                    '<rect class="bar {}" x="{:.1f}" y="{:g}" width="{:.1f}" height="{:g}"><title>{}</title></rect>'
                ).format(status, x, y, across, _BAR, title)
            )
            if across > 8 * len(str(counts[status])):
                parts.append(
                    Markup('<text class="count" x="{:.1f}" y="{:g}" text-anchor="middle">{}</text>').format(
                        x + across / 2, y + 12, counts[status]
                    )
                )
            x += across
        y += _BAR + 10
    return Markup(
        '<svg class="narrow" viewBox="0 0 {:g} {:g}" role="img" aria-label="{}" aria-describedby="flow-table">{}</svg>'
    ).format(_NARROW, y, flow.table.caption, Markup("").join(parts))


def _node(section: str | None, status: str) -> tuple[str, str]:
    """A section, or one of the two nowheres: no counterpart found, and undetermined."""
    return (section, "") if section else ("", "undetermined" if status == "undetermined" else "none")


def _stack(counts: dict[tuple[str, str], int]) -> tuple[dict[tuple[str, str], tuple[float, float]], float]:
    """Top and height of each node, in the order given with the nowheres last, and the height of all."""
    stacked, y = {}, 4.0
    for node in sorted(counts, key=lambda node: bool(node[1])):
        tall = counts[node] * _UNIT
        stacked[node] = (y, tall)
        y += max(tall, _LEAST) + _GAP
    return stacked, y
