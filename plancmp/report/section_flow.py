"""Where the sections of the old plan go in the new one, by status: the numbers, and their picture as SVG."""

from __future__ import annotations

import html
from collections import Counter, defaultdict
from collections.abc import Sequence

from ..model import Link, Outcome, Plan, Status
from ..text import shortened
from .blocks import Flow, Stream, Words, clean

_WIDTH, _LABEL, _NODE, _UNIT, _GAP, _LEAST = 1000.0, 330.0, 10.0, 5.0, 12.0, 14.0


def trace(
    old: Plan, new: Plan, links: Sequence[Link], alone: Sequence[Outcome], no_heading: str
) -> tuple[tuple[Stream, ...], tuple[str, ...], tuple[str, ...]]:
    """The streams, and the sections of either plan that they touch, in document order.

    Sections are the innermost ones, or the outermost of a plan that has too many for a picture.
    """
    places = {}
    for plan in (old, new):
        depth = 1 if len(plan.sections) > 24 else None
        for task in plan.tasks:
            path = task.section[:depth]
            numbers = ".".join(section.number for section in path if section.number)
            places[task.ref] = clean(f"{numbers} {path[-1].heading}") if path else no_heading
    counts: Counter[tuple[str | None, str | None, str]] = Counter()
    for link in links:
        counts[places[link.old], places[link.new], str(link.status)] += 1
    olds = {task.ref for task in old.tasks}
    for outcome in alone:
        here = places[outcome.ref]
        counts[here if outcome.ref in olds else None, None if outcome.ref in olds else here, str(outcome.status)] += 1
    ordered = [list(dict.fromkeys(places[task.ref] for task in plan.tasks)) for plan in (old, new)]
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


def svg(flow: Flow, words: Words) -> str:
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
        title = html.escape(f"{row[0]} → {row[1]}: {row[2]}, {row[3]}")
        parts.append(
            f'<path class="stream {stream.status}" stroke-width="{thick:g}" '
            f'd="M{x1:g} {y1:g}C{middle:g} {y1:g} {middle:g} {y2:g} {x2:g} {y2:g}"><title>{title}</title></path>'
        )
    for places, x, label_x, anchor in ((lefts, _LABEL, _LABEL - 6, "end"), (rights, x2, x2 + _NODE + 6, "start")):
        for node, (top, tall) in places.items():
            name = node[0] or words("not_told" if node[1] == "undetermined" else "nowhere")
            parts.append(f'<rect class="node" x="{x:g}" y="{top:g}" width="{_NODE:g}" height="{tall:g}"/>')
            label = f"{html.escape(shortened(name, 58))}<title>{html.escape(name)}</title>"
            parts.append(f'<text x="{label_x:g}" y="{top + tall / 2 + 4:g}" text-anchor="{anchor}">{label}</text>')
    caption = html.escape(flow.table.caption)
    return (
        f'<svg viewBox="0 0 {_WIDTH:g} {height:g}" role="img" aria-label="{caption}" aria-describedby="flow-table">'
        + "".join(parts)
        + "</svg>"
    )


def _node(section: str | None, status: str) -> tuple[str, str]:
    """A section, or one of the two nowheres: no counterpart found, and undetermined."""
    return (section, "") if section else ("", "undetermined" if status == "undetermined" else "none")


def _stack(counts: dict[tuple[str, str], int]) -> tuple[dict[tuple[str, str], tuple[float, float]], float]:
    """Top and height of each node, in the order given with the nowheres last, and the height of all."""
    places, y = {}, 4.0
    for node in sorted(counts, key=lambda node: bool(node[1])):
        tall = counts[node] * _UNIT
        places[node] = (y, tall)
        y += max(tall, _LEAST) + _GAP
    return places, y
