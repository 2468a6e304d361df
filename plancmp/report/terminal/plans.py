"""Plans and tasks on the terminal, and what the parser makes of a document."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from rich.console import RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from ...lexicon import loader
from ...model import Fate, Plan, Section, Task
from ...outcomes.result import PlanDiff
from ...plans import editions
from ...plans.gaps import gap_in_words
from ...text import shortened
from .screen import GREEN, GREY, WARNING, bodies_line, quote, section_path, sign, title

if TYPE_CHECKING:
    from ...plans.user_plans import ParseReport


def plans(found: Sequence[Plan], width: int) -> Iterable[RenderableType]:
    """The plans at hand: id, date, title, tasks parsed of tasks declared, gaps; and where texts that lack are published."""
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
            GREY,
        )
        if plan.source.cited:
            text.append(f"\n{plan.source.cited}", GREY)
        if read_elsewhere := editions.in_words(plan):
            text.append(f"\n{read_elsewhere}", GREY)
        if not plan.whole:
            text.append(f"\n! {gap_in_words(plan)}", WARNING)
        table.add_row(Text(plan.id, "bold"), plan.issued, of_declared, text)
    yield table
    whole = {plan.id for plan in found if plan.whole}
    if lacking := [entry for entry in loader.published_texts() if entry["plan"] not in whole]:
        yield Text("\nPublished on the web; fetched only by plancmp add ADDRESS --id ID (--replace)", GREY)
        for entry in lacking:
            yield Text.assemble((entry["plan"], "bold"), (f"  {entry['what']}: {entry['address']}", GREY))


def tasks(plan: Plan, chosen: Sequence[Task], width: int, full: bool = False) -> Iterable[RenderableType]:
    """The parsed tasks of a plan under their headings."""
    yield Text.assemble((f"{plan.id}  ", "bold"), plan.title or plan.source.file)
    if plan.source.cited:
        yield Text(plan.source.cited, GREY)
    if read_elsewhere := editions.in_words(plan):
        yield Text.assemble(("! ", WARNING), f"{read_elsewhere}.")
    if not plan.whole:
        yield Text.assemble(("! ", WARNING), gap_in_words(plan) + ".")
    if not chosen:
        yield Text("No task fits these filters.", GREY)
    grouped: dict[tuple[Section, ...], list[Task]] = defaultdict(list)
    for task in chosen:
        grouped[task.section].append(task)
    for path, held in grouped.items():
        yield title(section_path(path))
        table = Table(box=None, padding=(0, 1, 0, 0), show_header=False, expand=True)
        names = [editions.marked(task.number, task) for task in held]
        table.add_column(width=max(map(len, names)), no_wrap=True)
        table.add_column(ratio=1, overflow="fold")
        for name, task in zip(names, held, strict=True):
            words = Text(task.full_text if full else shortened(task.full_text, 240))
            if task.bodies:
                words.append("\n" + bodies_line(task), GREY)
            if not task.complete:
                words.append("\nthe text of this task is cut", WARNING)
            table.add_row(Text(name, "bold"), words)
        yield table


def task(
    plan: Plan, shown: Task, results: Sequence[PlanDiff], only: str | None, width: int
) -> Iterable[RenderableType]:
    """One task in full: text, bodies, source lines, and each commitment with its counterparts in the neighbouring plans.

    only: the name of the one commitment asked for, or None for all.
    """
    yield Text.assemble(
        (editions.marked(only or shown.ref, shown), "bold"),
        f"  {section_path(shown.section)}",
        (f"  lines {shown.lines[0]} to {shown.lines[1]} of {plan.source_of(shown).file}", GREY),
    )
    if shown.other_edition:
        yield Text(f"{editions.in_words(plan)}.", GREY)
    if shown.title and not shown.text.startswith(shown.title):
        yield Text(shown.title, "bold")
    yield Text(shown.text)
    if not shown.complete:
        yield Text("The text of this task is cut.", WARNING)
    if shown.responsibility:
        yield Text(shown.responsibility, GREY)
    if shown.bodies:
        table = Table.grid(padding=(0, 2))
        for body in shown.bodies:
            remark = ("lead" if body.lead else "") + (" reading not certain" if body.doubtful else "")
            table.add_row(Text(body.name), Text(remark.strip(), GREY))
        yield Padding(table, (1, 0, 0, 0))
    if not results:
        yield Text("\nNo neighbouring plan of its series to compare with.", GREY)
    for result in results:
        other = result.new if result.is_old(shown.ref) else result.old
        yield Text(f"\nAgainst {other.id}", "bold")
        for fate in result.commitments:
            if fate.task == shown.ref and only in (None, fate.ref):
                yield from _fate(result, fate)


def _fate(result: PlanDiff, fate: Fate) -> Iterable[RenderableType]:
    """A commitment, its counterparts, and why they have their status."""
    doubt = "?" if fate.doubtful else ""
    yield Text.assemble(f"({fate.letter}) ", sign(fate.state), f"{doubt}  {fate.text}")
    for counterpart in fate.counterparts:
        partner = result.fate(counterpart.ref)
        state = "softened" if counterpart.softened else str(counterpart.status)
        doubt = ", doubtful" if counterpart.doubtful else ""
        yield Text.assemble("      ", (counterpart.ref, "bold"), f"  {partner.text}  ", (f"({state}{doubt})", GREY))
        for signal in counterpart.signals:
            yield Text(f"        {'↑' if signal.direction == 'up' else '↓'} {signal.note}{quote(signal)}", GREY)
    if not fate.counterparts and fate.nearest:
        near = result.fate(fate.nearest[0])
        yield Text(f"      nearest: {near.ref} {shortened(near.text, 90)}", GREY)


def check(report: ParseReport, width: int) -> Iterable[RenderableType]:
    """The parse report of a document: particulars, outline, bodies, and every doubtful line."""
    plan = report.plan
    yield Text.assemble(
        (plan.source.cited or plan.source.file, "bold"),
        f"  {report.format}" + (f", {report.encoding}" if report.encoding else ""),
    )
    facts = Table.grid(padding=(0, 2))
    for name, value in (
        ("title", plan.title), ("issuer", plan.issuer), ("issued", plan.issued),
        ("covers", f"{plan.covers[0]} to {plan.covers[1]}" if plan.covers[0] else ""), ("series", plan.series), ("language", plan.language),
        ("declared tasks", str(plan.declared_tasks or "")),
    ):  # fmt: skip
        facts.add_row(
            Text(name, GREY), Text(value) if value else Text("not found; give it with an option of add", WARNING)
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
        yield Text(f"not in the lexicon: “{name}” ({count})", WARNING)
    for words in (*report.notes, *plan.warnings):
        yield Text(words, WARNING)
    lines = {line for line, _ in report.doubtful}
    warned = " ".join(plan.warnings)
    for line, words in report.doubtful:
        if f"line {line}:" not in warned:
            yield Text(f"line {line}: doubtful: {shortened(words, 100)}", WARNING)
    if not (lines or plan.warnings or report.notes):
        yield Text("no doubtful lines", GREEN)
    rest = ", ".join(
        f"{count} {reason}" for reason, count in report.leftovers.items() if not reason.startswith("doubtful")
    )
    if rest:
        yield Text(f"not tasks: {rest}", GREY)
