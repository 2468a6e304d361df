"""Responsible bodies on the terminal: who gained and lost tasks."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from ...lexicon.loader import canonical
from ...text import shortened
from .comparison import head
from .screen import BLUE, GREY, SIGNS, WARNING, title

if TYPE_CHECKING:
    from ...analysis.bodies import BodyChange, Responsibilities
    from ...outcomes.result import PlanDiff


def responsibilities(found: Responsibilities, width: int, detail: bool) -> Iterable[RenderableType]:
    """Tasks of each body then and now, what it joined and left; with detail, the tasks themselves."""
    result = found.result
    yield from head(result, width)
    for plan, says in zip((result.old, result.new), found.says_lead, strict=True):
        if not says:
            yield Text.assemble(("! ", WARNING), f"{plan.id} does not say who leads; a change of lead cannot be told.")
    if not found.changes:
        yield Text("\nNo responsible bodies in these plans.", GREY)
        return
    yield Text()
    yield _changes(found, detail)
    if any(change.undetermined for change in found.changes):
        yield Text(f"n?: tasks of {result.new.id} that stand where the text of {result.old.id} is missing", GREY)
    if detail:
        for change in found.changes:
            yield from _tasks_of(change, result)


def _changes(found: Responsibilities, detail: bool) -> Table:
    """One row a body: its tasks and leads then and now, and what changed."""
    result = found.result
    table = Table(box=None, padding=(0, 2, 0, 0), header_style="bold", expand=True)
    table.add_column("body", no_wrap=True)
    table.add_column("tasks then → now", no_wrap=True, justify="right")
    table.add_column("leads", no_wrap=True, justify="right")
    table.add_column("what changed", ratio=1, overflow="fold")

    def numbers(pairs: Sequence[tuple[str, str]], doubtful: Sequence[tuple[str, str]] = ()) -> str:
        return ", ".join(f"{result.number(a)}→{result.number(b)}{'?' if (a, b) in doubtful else ''}" for a, b in pairs)

    def listed(refs: Sequence[str]) -> str:
        shown = [result.number(ref) for ref in refs]
        return ", ".join(shown if detail else shown[:12]) + (
            "" if detail or len(shown) <= 12 else f" and {len(shown) - 12} more"
        )

    for change in found.changes:
        lines = [Text(change.name, GREY)]
        if change.succession:
            lines.append(Text(f"succession: {change.succession}, not a handover", BLUE))
        for words, style, value in (
            ("newly named", SIGNS["escalated"][1], numbers(change.joined, change.doubtful)),
            ("no longer named", SIGNS["dropped"][1], numbers(change.left, change.doubtful)),
            ("took the lead", SIGNS["escalated"][1], numbers(change.took_lead)),
            ("gave up the lead", SIGNS["dropped"][1], numbers(change.gave_lead)),
            (f"only in {result.old.id}", "", listed(change.dropped)),
            (f"only in {result.new.id}", "", listed(change.arrived)),
        ):
            if value:
                lines.append(Text.assemble((f"{words}: ", style), value))
        table.add_row(Text(change.id, "bold"), _counts(change), _leads(change, found.says_lead), Group(*lines))
    return table


def _tasks_of(change: BodyChange, result: PlanDiff) -> Iterable[RenderableType]:
    """How a body is printed, and its tasks in both plans."""
    yield Text(f"printed as: {'; '.join(change.printed)}", GREY)
    for refs, plan in ((change.old_tasks, result.old), (change.new_tasks, result.new)):
        if refs:
            yield title(f"{change.id} in {plan.id}")
        tasks = [result.task(ref) for ref in refs]
        rows = Table(box=None, padding=(0, 1, 0, 0), show_header=False, expand=True)
        rows.add_column(width=max((len(task.number) for task in tasks), default=2), no_wrap=True)
        rows.add_column(ratio=1, overflow="fold")
        for task in tasks:
            lead = any(body.lead and canonical(body) == change.id for body in task.bodies)
            rows.add_row(Text(task.number, "bold"), Text(("leads: " if lead else "") + shortened(task.full_text, 150)))
        yield rows


def _leads(change: BodyChange, says_lead: tuple[bool, bool]) -> str:
    """Leads then and now, a dash for a plan that does not say who leads: `3 → –`."""
    if not any(says_lead):
        return "–"
    led = zip((change.led_old, change.led_new), says_lead, strict=True)
    return " → ".join(str(len(refs)) if says else "–" for refs, says in led)


def _counts(change: BodyChange) -> str:
    """Tasks then, now where the old text can be read, and those of which nothing can be said: `3 → 4, 6?`."""
    readable = len(change.new_tasks) - len(change.undetermined)
    return f"{len(change.old_tasks)} → {readable}" + (f", {len(change.undetermined)}?" if change.undetermined else "")
