"""What all drawings share: the console, signs of status, marked texts."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Iterable, Sequence

from rich.console import Console, RenderableType
from rich.padding import Padding
from rich.text import Text

from ...model import Section, Signal, Task
from .. import word_diff

# A sign as well as a colour for each status. These six of the 256 colours hold a contrast of 4.5 : 1 on black and on white.
GREEN, BLUE, VIOLET, RED, MAGENTA, GREY = (
    "color(29)",
    "color(63)",
    "color(98)",
    "color(131)",
    "color(163)",
    "color(243)",
)
SIGNS = {
    "escalated": ("▲", f"bold {GREEN}"),
    "continued": ("=", BLUE),
    "softened": ("▼", VIOLET),
    "dropped": ("✗", f"bold {RED}"),
    "new": ("+", f"bold {MAGENTA}"),
    "undetermined": ("?", GREY),
}
_PLAIN_SIGNS = {"▲": "^", "▼": "v", "✗": "x"}
_MARKS = {"added": f"underline {GREEN}", "removed": f"strike {RED}", "moved": f"italic {BLUE}", "same": ""}
WARNING = f"bold {RED}"
WIDE = 112


def console(width: int | None = None, color: str = "auto") -> Console:
    """A console on stdout: the width asked for, the terminal's, or 80 in a pipe.

    color: always, never, or auto: on a terminal or where FORCE_COLOR is set, unless NO_COLOR is.
    """
    if width is None:
        width = shutil.get_terminal_size((80, 24)).columns if sys.stdout.isatty() or os.environ.get("COLUMNS") else 80
    if color == "auto" and os.environ.get("NO_COLOR"):
        color = "never"
    elif color == "auto" and os.environ.get("FORCE_COLOR"):
        color = "always"
    return Console(
        width=max(width, 40),
        # It decides nothing; without one, the terminal is asked for its size at every print.
        height=25,
        color_system="256" if color == "always" else None if color == "never" else "auto",
        force_terminal=color == "always" or None,
        # Decided above, whatever the environment says.
        no_color=False,
        highlight=False,
        markup=False,
        emoji=False,
        soft_wrap=False,
        legacy_windows=False,
    )


def sign(status: str) -> Text:
    """The status in words behind its sign."""
    return Text(f"{mark_of(status)} {status}", SIGNS[status][1])


def mark_of(status: str) -> str:
    """The sign of a status; one of ASCII where the output cannot show the other."""
    mark = SIGNS[status][0]
    encoding = getattr(sys.stdout, "encoding", None) or "utf-8"
    try:
        mark.encode(encoding)
    except (UnicodeEncodeError, LookupError):
        mark = _PLAIN_SIGNS.get(mark, mark)
    return mark


def marked(runs: Iterable[word_diff.Run], brackets: bool) -> Text:
    """Marked words: added underlined, removed struck through; with brackets where there is no colour to show them."""
    text = Text()
    for run in runs:
        inner = run.text.strip()
        lead, tail = (
            (run.text[: len(run.text) - len(run.text.lstrip())], run.text[len(run.text.rstrip()) :])
            if inner
            else (run.text, "")
        )
        opening, closing = (
            {"added": ("{+", "+}"), "removed": ("[-", "-]")}.get(run.kind, ("", "")) if brackets and inner else ("", "")
        )
        text.append(lead)
        text.append(f"{opening}{inner}{closing}", _MARKS.get(run.kind, ""))
        text.append(tail)
    return text


def title(words: str) -> RenderableType:
    return Padding(Text(words, "bold underline"), (1, 0, 0, 0))


def section_path(path: Sequence[Section]) -> str:
    """`2(1) Strengthening judicial protection`: the numbers of the path and the innermost heading."""
    if not path:
        return "(no heading)"
    first, *rest = path
    number = first.number + "".join(
        f"({section.number})" if len(section.number) < 3 or not section.number.isascii() else f" {section.number}"
        for section in rest
    )
    return f"{number} {path[-1].heading}"


def bodies_line(task: Task) -> str:
    """Ids of the responsible bodies; the lead is named, a doubtful reading is marked."""
    return ", ".join(
        (body.id or body.name) + ("*" if body.lead else "") + ("?" if body.doubtful else "") for body in task.bodies
    )


def quote(signal: Signal) -> str:
    """The words of both sides behind a signal's note; a note that names them already needs no more."""
    if signal.kind in ("scope", "bodies"):
        return ""
    parts = [f"“{words}”" for words in (signal.old_text, signal.new_text) if words]
    return "  " + " → ".join(parts) if parts else ""
