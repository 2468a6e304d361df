"""Plans and tasks on the terminal, and what the parser makes of a document."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from rich.console import RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from ...model import Link, Plan, Section, Status, Task
from ...plans.gaps import gap_in_words
from ...text import shortened
from .screen import bodies_line, quote, section_path, sign, title

if TYPE_CHECKING:
    from ...plans.user_plans import ParseReport


def plans(found: Sequence[Plan], width: int) -> Iterable[RenderableType]:
    """The plans at hand: id, date, title, tasks parsed of tasks declared, gaps."""
    table = Table(box=None, padding=(0, 2, 0, 0), expand=False, header_style="bold")
    table.add_column("id", no_wrap=True)
    table.add_column("issued", no_wrap=True, width=10)
    table.add_column("tasks", justify="right", no_wrap=True)
    table.add_column("plan", ratio=1, overflow="fold")
    for plan in found:
        of_declared = f"{len(plan.tasks)} of {plan.declared_tasks}" if plan.declared_tasks else str(len(plan.tasks))
        text = Text(plan.title or plan.source.file)
        text.append(
            f"\n{plan.issuer or 'issuer unknown'}; covers {plan.covers[0]}"
            + (f" to {plan.covers[1]}" if plan.covers[1] != plan.covers[0] else ""),
            "dim",
        )
        if not plan.whole:
            text.append(f"\n! {gap_in_words(plan)}", "yellow")
        table.add_row(Text(plan.id, "bold"), plan.issued, of_declared, text)
    yield table


def tasks(plan: Plan, chosen: Sequence[Task], width: int, full: bool = False) -> Iterable[RenderableType]:
    """The parsed tasks of a plan under their headings."""
    yield Text.assemble((f"{plan.id}  ", "bold"), plan.title or plan.source.file)
    if not plan.whole:
        yield Text.assemble(("! ", "bold yellow"), gap_in_words(plan) + ".")
    if not chosen:
        yield Text("No task fits these filters.", "dim")
    grouped: dict[tuple[Section, ...], list[Task]] = defaultdict(list)
    for task in chosen:
        grouped[task.section].append(task)
    for path, held in grouped.items():
        yield title(section_path(path))
        table = Table(box=None, padding=(0, 1, 0, 0), show_header=False, expand=True)
        table.add_column(width=max(len(t.number) for t in held), no_wrap=True)
        table.add_column(ratio=1, overflow="fold")
        for task in held:
            words = Text(task.full_text if full else shortened(task.full_text, 240))
            if task.bodies:
                words.append("\n" + bodies_line(task), "dim")
            if not task.complete:
                words.append("\nthe text of this task is cut", "yellow")
            table.add_row(Text(task.number, "bold"), words)
        yield table


def task(plan: Plan, shown: Task, links: Sequence[tuple[Link, Task, Plan]]) -> Iterable[RenderableType]:
    """One task in full: text, bodies, source lines, and its links to the neighbouring plans."""
    yield Text.assemble(
        (shown.ref, "bold"),
        f"  {section_path(shown.section)}",
        (f"  lines {shown.lines[0]} to {shown.lines[1]} of {plan.source.file}", "dim"),
    )
    if shown.title and not shown.text.startswith(shown.title):
        yield Text(shown.title, "bold")
    yield Text(shown.text)
    if not shown.complete:
        yield Text("The text of this task is cut.", "yellow")
    if shown.responsibility:
        yield Text(shown.responsibility, "dim")
    if shown.bodies:
        table = Table.grid(padding=(0, 2))
        for body in shown.bodies:
            remark = ("lead" if body.lead else "") + (" reading not certain" if body.doubtful else "")
            table.add_row(Text(body.id or "–", "bold"), Text(body.name), Text(remark.strip(), "dim"))
        yield Padding(table, (1, 0, 0, 0))
    if not links:
        yield Text("\nNo link to a neighbouring plan of its series.", "dim")
    for link, partner, other in links:
        status = "softened" if link.softened and link.status is Status.CONTINUED else str(link.status)
        line = Text.assemble(
            "\n", sign(status), f"  {link.old} → {link.new}  {link.confidence:.2f}{'?' if link.doubtful else ''}"
        )
        yield line
        yield Text(f"{other.id}: {partner.full_text}")
        for signal in link.signals[:4]:
            yield Text(f"{'↑' if signal.direction == 'up' else '↓'} {signal.note}{quote(signal)}", "dim")


def check(report: ParseReport, width: int) -> Iterable[RenderableType]:
    """The parse report of a document: particulars, outline, bodies, and every doubtful line."""
    plan = report.plan
    yield Text.assemble(
        (plan.source.file, "bold"), f"  {report.format}" + (f", {report.encoding}" if report.encoding else "")
    )
    facts = Table.grid(padding=(0, 2))
    for name, value in (
        ("title", plan.title), ("issuer", plan.issuer), ("issued", plan.issued),
        ("covers", f"{plan.covers[0]} to {plan.covers[1]}" if plan.covers[0] else ""), ("series", plan.series), ("language", plan.language),
        ("declared tasks", str(plan.declared_tasks or "")),
    ):  # fmt: skip
        facts.add_row(
            Text(name, "dim"), Text(value) if value else Text("not found; give it with an option of add", "yellow")
        )
    yield facts
    kinds = ", ".join(f"{count} {kind}{'s' if count != 1 else ''}" for kind, count in report.kinds.items())
    yield Text.assemble("\n", (kinds or "no task found", "bold"), "" if plan.whole else f". {gap_in_words(plan)}.")
    outline = Table(box=None, padding=(0, 2, 0, 0), show_header=False)
    outline.add_column(justify="right", no_wrap=True)
    outline.add_column(overflow="fold")
    for path, count in report.outline:
        outline.add_row(str(count), section_path(path))
    yield outline
    if report.bodies:
        yield Text("\nbodies: " + ", ".join(f"{body_id} {count}" for body_id, _, count in report.bodies))
    for name, count in report.unknown:
        yield Text(f"not in the lexicon: “{name}” ({count})", "yellow")
    for words in (*report.notes, *plan.warnings):
        yield Text(words, "yellow")
    lines = {line for line, _ in report.doubtful}
    warned = " ".join(plan.warnings)
    for line, words in report.doubtful:
        if f"line {line}:" not in warned:
            yield Text(f"line {line}: doubtful: {shortened(words, 100)}", "yellow")
    if not (lines or plan.warnings or report.notes):
        yield Text("no doubtful lines", "green")
    rest = ", ".join(
        f"{count} {reason}" for reason, count in report.leftovers.items() if not reason.startswith("doubtful")
    )
    if rest:
        yield Text(f"not tasks: {rest}", "dim")
