"""A pair of tasks that a reviewer is asked about, on the terminal."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from rich.table import Table
from rich.text import Text

from ...model import Link, Task
from ...text import shortened
from .. import word_diff
from .screen import GREY, marked, section_path, sign
from .screen import console as on_screen


def candidate_drawing(width: int | None, color: str) -> Callable[[Any, int, int], None]:
    """A function that draws a pair of tasks to be judged: both texts marked, what the score rests on, reasons, scores."""
    console = on_screen(width, color)
    plain = console.color_system is None or console.no_color

    def draw(candidate: Any, place: int, count: int) -> None:
        link, pair = candidate.link, (candidate.old, candidate.new)
        head = f"\n{place} of {count}   {link.old} → {link.new}   {candidate.confidence:.2f}, {candidate.why}"
        console.print(Text(head, "bold"))
        table = Table(box=None, padding=(0, 2, 0, 0), show_header=False)
        table.add_column(no_wrap=True)
        table.add_column(overflow="fold")
        runs = word_diff.side_by_side(*(task.full_text for task in pair))
        for role, task, runs_of in zip(("old", "new"), pair, runs, strict=True):
            table.add_row(Text(role, "bold"), Text(section_path(task.section), GREY))
            table.add_row("", marked(runs_of, plain))
        console.print(table)
        before, after = _best_words(link, *pair)
        console.print(Text(f"rests on “{shortened(before, 200)}” → “{shortened(after, 200)}”", GREY))
        status = "softened" if link.softened else str(link.status)
        console.print(Text.assemble("" if candidate.linked else "if accepted: ", sign(status)))
        for signal in link.signals:
            console.print(Text(f"{'↑' if signal.direction == 'up' else '↓'} {signal.note}"))
        scores = sorted(link.scores.items(), key=lambda score: -score[1])
        console.print(Text("scores: " + ", ".join(f"{name} {value:.2f}" for name, value in scores if value), GREY))

    return draw


def _best_words(link: Link, old: Task, new: Task) -> tuple[str, str]:
    """The words of the surest pair of commitments."""
    best = next((c for c in link.commitments if c.old_span and c.new_span), None)
    if best is None or best.old_span is None or best.new_span is None:
        return old.text, new.text
    return old.text[slice(*best.old_span)].strip(" ,;"), new.text[slice(*best.new_span)].strip(" ,;")
