"""A briefing as Markdown and as one self-contained HTML file.

Nothing from a plan is ever markup: in Markdown every character that could be is escaped, in HTML all text is, and the
page's policy lets only its own script and style run and nothing be fetched.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from .blocks import (
    Change,
    Words,
)
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


# -- Markdown


def body_lines(change: Change, words: Words) -> Iterator[str]:
    """Bodies then and now, and what changed about them."""
    for key, side in (("then", change.old), ("now", change.new)):
        if side and side.bodies:
            yield f"{words(key)}: {', '.join(side.bodies)}" if len(change.sides) > 1 else ", ".join(side.bodies)
    if change.bodies:
        yield change.bodies


# -- HTML
