"""What Markdown and HTML share: runs as text with tags, and the lines about responsible bodies."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from .blocks import Change, Words
from .word_diff import Run

TAGS = {"same": ("", ""), "removed": ("<del>", "</del>"), "added": ("<ins>", "</ins>"), "moved": ("<em>", "</em>")}


def tagged(runs: Iterable[Run], escape: Callable[[str], str], tags: dict[str, tuple[str, str]]) -> str:
    """Runs as text with tags; the space at either end of a run stays outside its tags, as Markdown wants it."""
    parts = []
    for run in runs:
        inner = run.text.strip()
        if not inner:
            parts.append(escape(run.text))
            continue
        start = run.text.index(inner)
        opening, closing = tags[run.kind]
        tail = run.text[start + len(inner) :]
        parts.append(f"{run.text[:start]}{opening}{escape(inner)}{closing}{tail}")
    return "".join(parts)


def body_lines(change: Change, words: Words) -> Iterator[str]:
    """Bodies then and now, and what changed about them."""
    comma = words("list_comma")
    sides = [(key, side) for key, side in (("then", change.old), ("now", change.new)) if side and side.bodies]
    if len(sides) == 2 and set(sides[0][1].body_names) == set(sides[1][1].body_names):
        # The same bodies are named once, as the new plan has them.
        yield comma.join(sides[1][1].bodies)
    else:
        for key, side in sides:
            names = comma.join(side.bodies)
            yield f"{words(key)}{words('colon')}{names}" if len(change.sides) > 1 else names
    if change.bodies:
        yield change.bodies
