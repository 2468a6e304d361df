"""Results on a terminal, by rich: reads at 80 columns and wider, without colour and in a pipe.

Text from plans goes in as Text, never as markup, and parsing has taken control characters out.
"""

from __future__ import annotations

import os
import re
import shutil
import sys
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from rich.console import Console, Group, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from .. import marking
from ..config import CONFIG
from ..lexicon import canonical
from ..model import Comparison, Entry, Link, Outcome, Plan, Section, Signal, Status, Task
from ..notes import gap_in_words
from ..select import Selection
from ..text import shortened

if TYPE_CHECKING:
    from ..explain import Explanation
    from ..responsibility import Responsibilities
    from ..store import Report
    from ..threads import Thread
    from ..timeline import History

# A sign as well as a colour for each status.
SIGNS = {
    "escalated": ("▲", "bold green"),
    "continued": ("=", "blue"),
    "softened": ("▼", "yellow"),
    "dropped": ("✗", "bold red"),
    "new": ("+", "bold magenta"),
    "undetermined": ("?", "dim"),
}
_PLAIN_SIGNS = {"▲": "^", "▼": "v", "✗": "x"}
_MARKS = {"added": "underline green", "removed": "strike red", "moved": "italic cyan", "same": ""}
WIDE = 112


def console(width: int | None = None, color: bool = True) -> Console:
    """A console on stdout: the width asked for, the terminal's, or 80 in a pipe."""
    if width is None:
        width = shutil.get_terminal_size((80, 24)).columns if sys.stdout.isatty() or os.environ.get("COLUMNS") else 80
    plain = not color or bool(os.environ.get("NO_COLOR"))
    return Console(
        width=max(width, 40),
        # It decides nothing; without one, the terminal is asked for its size at every print.
        height=25,
        no_color=plain,
        highlight=False,
        markup=False,
        emoji=False,
        soft_wrap=False,
        legacy_windows=False,
    )


def sign(status: str) -> Text:
    """The status in words behind its sign; signs of ASCII only where the output cannot show others."""
    mark, style = SIGNS[status]
    encoding = getattr(sys.stdout, "encoding", None) or "utf-8"
    try:
        mark.encode(encoding)
    except (UnicodeEncodeError, LookupError):
        mark = _PLAIN_SIGNS.get(mark, mark)
    return Text(f"{mark} {status}", style)


def marked(runs: Iterable[marking.Run], brackets: bool) -> Text:
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


def head(result: Comparison) -> RenderableType:
    """The two plans, their dates, and the gap."""
    table = Table.grid(padding=(0, 2))
    table.add_column(no_wrap=True)
    table.add_column(overflow="fold")
    for role, plan in (("old", result.old), ("new", result.new)):
        of_declared = (
            f"{len(plan.tasks)} of {plan.declared_tasks} tasks" if plan.declared_tasks else f"{len(plan.tasks)} tasks"
        )
        body = Text.assemble(
            (plan.title or plan.source.file, "bold"),
            "\n",
            (f"{plan.issuer or 'issuer unknown'}, {plan.issued or 'no date'}; {of_declared}", "dim"),
        )
        table.add_row(Text(f"{role}  {plan.id}", "bold"), body)
    parts: list[RenderableType] = [table]
    for note in result.notes:
        parts.append(Text.assemble(("! ", "bold yellow"), note))
    return Group(*parts)


def counts(result: Comparison) -> Text:
    """One line of counts, as `terraform plan` ends."""
    old, new = result.summary["old_tasks"], result.summary["new_tasks"]
    softened = len({link.old for link in result.links if link.softened and link.status is Status.CONTINUED})
    doubtful = sum(link.doubtful for link in result.links)
    text = Text()
    text.append(f"{result.old.id}: ", "bold")
    text.append(f"{old['continued']} continued", SIGNS["continued"][1])
    if softened:
        text.append(f" ({softened} softened)", SIGNS["softened"][1])
    text.append(", ")
    text.append(f"{old['escalated']} escalated", SIGNS["escalated"][1])
    text.append(", ")
    text.append(f"{old['dropped']} dropped", SIGNS["dropped"][1])
    if old["undetermined"]:
        text.append(f", {old['undetermined']} undetermined", SIGNS["undetermined"][1])
    text.append(".  ")
    text.append(f"{result.new.id}: ", "bold")
    text.append(f"{new['new']} new", SIGNS["new"][1])
    text.append(", ")
    text.append(f"{new['undetermined']} undetermined", SIGNS["undetermined"][1])
    text.append(f".  {len(result.links)} links")
    if doubtful:
        text.append(f", {doubtful} of them doubtful (?)")
    text.append(".")
    return text


def diff(
    result: Comparison, chosen: Selection, width: int, full: bool = False, summary: bool = False, brackets: bool = True
) -> Iterable[RenderableType]:
    """The result as a policy watcher reads it: head, counts, then what changed by section, the most telling first."""
    yield head(result)
    yield Text()
    yield counts(result)
    if summary:
        return
    tasks = {task.ref: task for plan in (result.old, result.new) for task in plan.tasks}
    drawing = _Drawing(result, tasks, _partners(result.links), width, full, brackets)
    sure = [link for link in chosen.links if not link.doubtful]
    doubtful = [link for link in chosen.links if link.doubtful]
    unlinked = [outcome for outcome in chosen.outcomes if not outcome.links]
    dropped = [outcome for outcome in unlinked if outcome.ref in {task.ref for task in result.old.tasks}]
    arrived = [outcome for outcome in unlinked if outcome.ref not in {task.ref for task in result.old.tasks}]
    if not (sure or doubtful or unlinked):
        yield Text("\nNothing fits these filters.", "dim")
        return
    if sure or dropped:
        yield from _by_old_section(drawing, sure, dropped)
    if doubtful:
        yield _title(f"Doubtful links: judge for yourself (confidence below {result.config.get('sure', 0.7):g})")
        yield _table(drawing, doubtful, [])
    if arrived:
        yield from _arrived(drawing, arrived)


@dataclass(frozen=True, slots=True)
class _Drawing:
    """What every part of one drawing needs. brackets: mark changes by brackets, not by style alone."""

    result: Comparison
    tasks: dict[str, Task]
    partners: dict[str, list[str]]
    width: int
    full: bool
    brackets: bool

    @property
    def wide(self) -> bool:
        return self.width >= WIDE

    @property
    def near(self) -> float:
        return self.result.config.get("near", 0.25)


def _title(words: str) -> RenderableType:
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


def _partners(links: Sequence[Link]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = defaultdict(list)
    for link in links:
        found[link.old].append(link.new)
        found[link.new].append(link.old)
    return found


def _telling(item: Link | Outcome) -> tuple[int, float]:
    if isinstance(item, Outcome):
        return (2, -item.confidence)
    order = 0 if item.status is Status.ESCALATED else 1 if item.softened else 3
    return (order, -item.confidence)


def _by_old_section(drawing: _Drawing, links: Sequence[Link], dropped: Sequence[Outcome]) -> Iterable[RenderableType]:
    grouped: dict[tuple[Section, ...], tuple[list[Link], list[Outcome]]] = {}
    old = drawing.result.old
    order = {path: index for index, path in enumerate(old.sections)}
    for link in links:
        grouped.setdefault(drawing.tasks[link.old].section, ([], []))[0].append(link)
    for outcome in dropped:
        grouped.setdefault(drawing.tasks[outcome.ref].section, ([], []))[1].append(outcome)
    for path in sorted(grouped, key=lambda path: order.get(path, len(order))):
        yield _title(f"{old.id}  {section_path(path)}")
        yield _table(drawing, *grouped[path])


def _table(drawing: _Drawing, links: Sequence[Link], dropped: Sequence[Outcome]) -> Table:
    # Every width is given, so that rich need not measure every cell to find it.
    ref = _ref_width(links, dropped, drawing.tasks)
    room = drawing.width - 15 - (ref + 1)
    widths = [14, ref, *((room // 2 - 1, room - room // 2 - 1) if drawing.wide else (room - 1,))]
    table = Table(box=None, padding=(0, 1, 0, 0), show_header=False)
    for index, width in enumerate(widths):
        table.add_column(width=width, no_wrap=index == 0, overflow="fold")
    items: list[Link | Outcome] = [*links, *dropped]
    for item in sorted(items, key=_telling):
        table.add_row(*(_link_row(drawing, item) if isinstance(item, Link) else _dropped_row(drawing, item)))
    return table


def _ref_width(links: Sequence[Link], dropped: Sequence[Outcome], tasks: dict[str, Task]) -> int:
    numbers = [f"{tasks[link.old].number} → {tasks[link.new].number}" for link in links] + [
        tasks[o.ref].number for o in dropped
    ]
    return max(map(len, numbers), default=8)


def _link_row(drawing: _Drawing, link: Link) -> list[RenderableType]:
    old, new = drawing.tasks[link.old], drawing.tasks[link.new]
    status = "softened" if link.softened and link.status is Status.CONTINUED else str(link.status)
    mark = Text.assemble(sign(status), "\n", (f"  {link.confidence:.2f}{'?' if link.doubtful else ''}", "dim"))
    before, after = (old.full_text, new.full_text) if drawing.full else telling_words(link, old, new)
    under = _reason_lines(drawing, link)
    ref = Text(f"{old.number} → {new.number}", "bold")
    if drawing.wide:
        left, right = marking.side_by_side(before, after)
        return [mark, ref, marked(left, drawing.brackets), Group(marked(right, drawing.brackets), *under)]
    return [mark, ref, Group(marked(marking.inline(before, after), drawing.brackets), *under)]


def telling_words(link: Link, old: Task, new: Task) -> tuple[str, str]:
    """The pair of commitments that shows the status best: the first with the link's own status, else the best pair."""
    pairs = [c for c in link.commitments if c.old_span and c.new_span]
    if not pairs:
        return old.text, new.text
    chosen = next((c for c in pairs if c.status is link.status), pairs[0])
    assert chosen.old_span
    assert chosen.new_span
    return old.text[slice(*chosen.old_span)].strip(" ,;"), new.text[slice(*chosen.new_span)].strip(" ,;")


def _reason_lines(drawing: _Drawing, link: Link) -> list[Text]:
    tasks, partners = drawing.tasks, drawing.partners
    old, new = tasks[link.old], tasks[link.new]
    lines: list[Text] = []
    wanted = "up" if link.status is Status.ESCALATED else "down" if link.softened else None
    reasons = [signal for signal in link.signals if signal.direction == wanted and signal.kind != "bodies"]
    arrow = "↑" if wanted == "up" else "↓"
    for signal in reasons[:3]:
        lines.append(Text.assemble((f"{arrow} {signal.note}", "bold"), (_quote(signal), "dim")))
    if link.decided_by != "model":
        lines.append(Text(f"decided by the reviewer{f': {link.note}' if link.note else ''}", "italic"))
    others_new = [ref for ref in partners[link.old] if ref != link.new]
    others_old = [ref for ref in partners[link.new] if ref != link.old]
    if others_new:
        lines.append(
            Text(f"split: {old.number} also goes on in {', '.join(tasks[ref].number for ref in others_new)}", "dim")
        )
    if others_old:
        lines.append(
            Text(f"merge: {new.number} also takes up {', '.join(tasks[ref].number for ref in others_old)}", "dim")
        )
    joined, left = moved_bodies(old, new)
    if joined or left:
        words = "; ".join(
            part
            for part in (f"joined: {', '.join(joined)}" if joined else "", f"left: {', '.join(left)}" if left else "")
            if part
        )
        lines.append(Text(f"bodies {words}", "dim"))
    return lines


def _quote(signal: Signal) -> str:
    """The words of both sides behind a signal's note; a note that names them already needs no more."""
    if signal.kind in ("scope", "bodies"):
        return ""
    parts = [f"“{words}”" for words in (signal.old_text, signal.new_text) if words]
    return "  " + " → ".join(parts) if parts else ""


def moved_bodies(old: Task, new: Task) -> tuple[list[str], list[str]]:
    """Bodies that joined and that left, by canonical id; a successor is the same body."""
    before, after = [canonical(b) for b in old.bodies], [canonical(b) for b in new.bodies]
    if not before or not after:
        return [], []
    return [key for key in after if key not in before], [key for key in before if key not in after]


def _dropped_row(drawing: _Drawing, outcome: Outcome) -> list[RenderableType]:
    task = drawing.tasks[outcome.ref]
    mark = Text.assemble(sign(str(outcome.status)), "\n", (f"  {outcome.confidence:.2f}", "dim"))
    words = Text(task.full_text if drawing.full else shortened(task.full_text, 220))
    notes = [_absence(drawing, outcome)]
    if outcome.note:
        notes.append(Text(f"{outcome.note}: a document to be made; it may simply be done", "dim"))
    ref = Text(task.number, "bold")
    return [mark, ref, words, Group(*notes)] if drawing.wide else [mark, ref, Group(words, *notes)]


def _absence(drawing: _Drawing, outcome: Outcome) -> Text:
    if not outcome.nearest:
        return Text("no counterpart found", "dim")
    ref, chance = outcome.nearest
    text = Text(f"no counterpart found; nearest {ref}, {chance:.2f}", "dim")
    if chance >= drawing.near:
        text.append(f" ? “{shortened(drawing.tasks[ref].full_text, 70)}”", "yellow")
    return text


def _arrived(drawing: _Drawing, outcomes: Sequence[Outcome]) -> Iterable[RenderableType]:
    result, tasks = drawing.result, drawing.tasks
    for status in (Status.NEW, Status.UNDETERMINED):
        mine = [outcome for outcome in outcomes if outcome.status is status]
        if not mine:
            continue
        if status is Status.NEW:
            yield _title(f"New in {result.new.id}: no counterpart found in {result.old.id}")
        else:
            yield _title(f"Undetermined in {result.new.id}")
            yield Text(f"{gap_in_words(result.old)}. Whether what follows is new cannot be told.", "dim")
        grouped: dict[tuple[Section, ...], list[Outcome]] = defaultdict(list)
        for outcome in mine:
            grouped[tasks[outcome.ref].section].append(outcome)
        for path, held in grouped.items():
            yield Text(f"{result.new.id}  {section_path(path)}", "bold")
            ref = max(len(tasks[o.ref].number) for o in held)
            table = Table(box=None, padding=(0, 1, 0, 0), show_header=False)
            for width in (1, ref, drawing.width - ref - 5):
                table.add_column(width=width, overflow="fold")
            for outcome in held:
                task = tasks[outcome.ref]
                limit = 100000 if drawing.full else 170 if status is Status.NEW else max(drawing.width - 10, 50)
                words = Text(shortened(task.full_text, limit))
                if status is Status.NEW and outcome.nearest and outcome.nearest[1] >= drawing.near:
                    words.append(f"  nearest {outcome.nearest[0]}, {outcome.nearest[1]:.2f} ?", "yellow")
                mark = sign(str(status))
                table.add_row(mark[:1], Text(task.number, "bold"), words)
            yield table


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
        yield _title(section_path(path))
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


def bodies_line(task: Task) -> str:
    """Ids of the responsible bodies; the lead is named, a doubtful reading is marked."""
    return ", ".join(
        (body.id or body.name) + ("*" if body.lead else "") + ("?" if body.doubtful else "") for body in task.bodies
    )


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
            yield Text(f"{'↑' if signal.direction == 'up' else '↓'} {signal.note}{_quote(signal)}", "dim")


def explanation(shown: Explanation, width: int, brackets: bool) -> Iterable[RenderableType]:
    """Every score with its weight and what it added, as bars; the paired commitments; the signals."""
    verdict = "linked" if shown.link else "not linked"
    doubt = ", doubtful" if shown.link and shown.link.doubtful else ""
    yield Text.assemble(
        (f"{shown.old.ref} → {shown.new.ref}: {verdict}", "bold"), f", confidence {shown.confidence:.2f}{doubt}"
    )
    yield Text(f"A link needs {CONFIG.threshold:g}; below {CONFIG.sure:g} it counts as doubtful.", "dim")
    yield _title("The commitments that this rests on")
    table = Table(box=None, padding=(0, 2, 0, 0), show_header=False, expand=True)
    table.add_column(width=3)
    table.add_column(ratio=1, overflow="fold")
    left, right = marking.side_by_side(shown.old_words, shown.new_words)
    table.add_row(Text("old", "dim"), marked(left, brackets))
    table.add_row(Text("new", "dim"), marked(right, brackets))
    yield table
    yield _title("What each comparison added (log odds)")
    most = max([abs(part.added) for part in shown.parts] + [abs(shown.base) / 4, 1.0])
    room = max(width - 52, 10)
    bars = Table(box=None, padding=(0, 1, 0, 0), expand=False, header_style="dim")
    bars.add_column("comparison", no_wrap=True)
    for heading in ("score", "weight", "added"):
        bars.add_column(heading, justify="right", no_wrap=True)
    bars.add_column("", no_wrap=True)
    bars.add_row(Text("before comparing"), "", "", f"{shown.base:+.2f}", Text(""))
    for part in sorted(shown.parts, key=lambda p: -abs(p.added)):
        length = round(abs(part.added) / most * room)
        bars.add_row(
            part.name,
            f"{part.score:.2f}",
            f"{part.weight:+.2f}",
            f"{part.added:+.2f}",
            Text(("█" if part.added > 0 else "▒") * length, "green" if part.added > 0 else "red"),
        )
    total = shown.base + sum(part.added for part in shown.parts)
    bars.add_row(
        Text("sum", "bold"), "", "", Text(f"{total:+.2f}", "bold"), Text(f"= confidence {shown.confidence:.2f}")
    )
    yield bars
    if shown.missing:
        yield _title("What was missing, against what links of these plans usually have")
        for part in shown.missing:
            yield Text(f"{part.name}: {part.added:+.2f} instead of {part.usual:+.2f} ({part.meaning})")
    if shown.link:
        status = "softened" if shown.link.softened and shown.link.status is Status.CONTINUED else str(shown.link.status)
        yield _title("Status")
        yield Text.assemble(sign(status), "" if shown.link.signals else "  no signal of strength, up or down")
        for signal in shown.link.signals:
            yield Text.assemble(f"{'↑' if signal.direction == 'up' else '↓'} {signal.note}", (_quote(signal), "dim"))
        yield _title("All commitments of the two tasks")
        for commitment in shown.link.commitments:
            before = shown.old.text[slice(*commitment.old_span)].strip(" ,;") if commitment.old_span else "–"
            after = shown.new.text[slice(*commitment.new_span)].strip(" ,;") if commitment.new_span else "–"
            yield Text.assemble(sign(str(commitment.status)), f"  {before}", ("  →  ", "dim"), after)
    else:
        for outcome in shown.outcomes:
            links = f", linked with {', '.join(outcome.links)}" if outcome.links else ""
            yield Text(f"{outcome.ref} is {outcome.status}{links}", "dim")


def evaluation(score: dict, width: int) -> Iterable[RenderableType]:
    """How good the alignment is against labels, and every mistake."""
    links, status, unlinked = score["links"], score["status"], score["unlinked"]
    yield Text(f"{score['old']} against {score['new']}", "bold")
    yield Text(f"links     F1 {links['f1']:.3f}  precision {links['precision']:.3f}  recall {links['recall']:.3f}")
    for name, part in (("status", status), ("unlinked", unlinked)):
        accuracy = "nothing judged" if part["accuracy"] is None else f"{part['accuracy']:.3f} right of {part['judged']}"
        yield Text(f"{name:9} {accuracy}")
    for name in ("missed", "extra"):
        if links[name]:
            yield Text(f"{name}: " + ", ".join(f"{a} → {b}" for a, b in links[name]), "yellow")
    for wrong in status["wrong"]:
        yield Text(
            f"status of {wrong['link'][0]} → {wrong['link'][1]}: {wrong['status']}, labelled {' or '.join(wrong['accept'])}",
            "yellow",
        )
    for wrong in unlinked["wrong"]:
        yield Text(f"{wrong['task']}: {wrong['status']}, labelled {wrong['accept'][0]}", "yellow")


def responsibilities(found: Responsibilities, width: int, detail: bool) -> Iterable[RenderableType]:
    """Tasks of each body then and now, what it joined and left; with detail, the tasks themselves."""
    result = found.result
    yield head(result)
    for plan, says in zip((result.old, result.new), found.says_lead, strict=True):
        if not says:
            yield Text.assemble(
                ("! ", "bold yellow"), f"{plan.id} does not say who leads; a change of lead cannot be told."
            )
    if not found.changes:
        yield Text("\nNo responsible bodies in these plans.", "dim")
        return
    tasks = {task.ref: task for plan in (result.old, result.new) for task in plan.tasks}
    yield Text()
    table = Table(box=None, padding=(0, 2, 0, 0), header_style="bold", expand=True)
    table.add_column("body", no_wrap=True)
    table.add_column("tasks", no_wrap=True, justify="right")
    table.add_column("leads", no_wrap=True, justify="right")
    table.add_column("what changed", ratio=1, overflow="fold")

    def numbers(pairs: Sequence[tuple[str, str]]) -> str:
        return ", ".join(f"{tasks[a].number}→{tasks[b].number}" for a, b in pairs)

    def listed(refs: Sequence[str]) -> str:
        shown = [tasks[ref].number for ref in refs]
        return ", ".join(shown if detail else shown[:12]) + (
            "" if detail or len(shown) <= 12 else f" and {len(shown) - 12} more"
        )

    for change in found.changes:
        lines = [Text(change.name, "dim")]
        if change.succession:
            lines.append(Text(f"succession: {change.succession}, not a handover", "cyan"))
        for words, style, value in (
            ("joined", "green", numbers(change.joined)),
            ("left", "red", numbers(change.left)),
            ("took the lead", "bold green", numbers(change.took_lead)),
            ("gave up the lead", "bold red", numbers(change.gave_lead)),
            (f"only in {result.old.id}", "", listed(change.dropped)),
            (f"only in {result.new.id}", "", listed(change.arrived)),
        ):
            if value:
                lines.append(Text.assemble((f"{words}: ", style), value))
        leads = (
            "–"
            if not any(found.says_lead)
            else f"{len(change.led_old) if found.says_lead[0] else '–'} → {len(change.led_new) if found.says_lead[1] else '–'}"
        )
        table.add_row(
            Text(change.id, "bold"), f"{len(change.old_tasks)} → {len(change.new_tasks)}", leads, Group(*lines)
        )
    yield table
    if detail:
        for change in found.changes:
            yield Text(f"printed as: {'; '.join(change.printed)}", "dim")
            for refs, plan in ((change.old_tasks, result.old), (change.new_tasks, result.new)):
                if refs:
                    yield _title(f"{change.id} in {plan.id}")
                rows = Table(box=None, padding=(0, 1, 0, 0), show_header=False, expand=True)
                rows.add_column(width=max((len(tasks[ref].number) for ref in refs), default=2), no_wrap=True)
                rows.add_column(ratio=1, overflow="fold")
                for ref in refs:
                    lead = any(body.lead and canonical(body) == change.id for body in tasks[ref].bodies)
                    rows.add_row(
                        Text(tasks[ref].number, "bold"),
                        Text(("leads: " if lead else "") + shortened(tasks[ref].full_text, 150)),
                    )
                yield rows


def history(found: History, width: int, limit: int = 300) -> Iterable[RenderableType]:
    """Plan by plan, oldest first: the matching tasks with their words marked, and what each of them continues.

    limit: how many tasks at most; the best matches are shown, of equal ones the newer.
    """
    yield Text.assemble(("History of ", ""), (f"“{found.query}”", "bold"))
    if found.looked_for:
        yield Text(f"also looked for: {'; '.join(found.looked_for)}", "dim")
    if found.note:
        yield Text.assemble(("! ", "bold yellow"), found.note)
    yield strip(found) if len(found.plans_searched) <= _IN_A_STRIP else years(found)
    if not found.entries:
        return
    count = len(found.entries)
    best = sorted(range(count), key=lambda place: (-found.entries[place].score, -place))[:limit]
    if count > limit:
        yield Text.assemble(
            ("! ", "bold yellow"),
            f"the {limit} best matches of {count} follow; for all of them: --limit {count}, or -o FILE.html, .csv or .json",
        )
    statuses = {(thread.old, thread.new): thread for thread in found.links}
    by_plan: dict[str, list[Entry]] = defaultdict(list)
    for place in sorted(best):
        by_plan[found.entries[place].plan.id].append(found.entries[place])
    for plan_id, entries in by_plan.items():
        plan = entries[0].plan
        yield _title(f"{plan_id}  {plan.title}")
        yield Text(f"{plan.issuer}, {plan.issued}" + (f". {gap_in_words(plan)}." if not plan.whole else ""), "dim")
        yield _entries(entries, statuses)


def _entries(entries: Sequence[Entry], threads: dict[tuple[str, str], Thread], with_plan: bool = False) -> Table:
    table = Table(box=None, padding=(0, 1, 0, 0), show_header=False, expand=True)
    shown = [entry.task.ref if with_plan else entry.task.number for entry in entries]
    table.add_column(width=max(map(len, shown)), no_wrap=True)
    table.add_column(ratio=1, overflow="fold")
    for name, entry in zip(shown, entries, strict=True):
        lines = [_matched(entry, 320)]
        facts = [section_path(entry.task.section), f"lines {entry.task.lines[0]}-{entry.task.lines[1]}"]
        if entry.task.bodies:
            facts.append(bodies_line(entry.task))
        if entry.match != "exact":
            facts.insert(0, f"near in meaning ({entry.score:.2f})")
        lines.append(Text("; ".join(facts), "dim"))
        for ref in entry.continues:
            thread = threads.get((ref, entry.task.ref))
            status = (
                "softened"
                if thread and thread.softened
                else str(thread.status if thread else entry.status or "continued")
            )
            doubt = f" {thread.confidence:.2f}{'?' if thread.doubtful else ''}" if thread else ""
            lines.append(Text.assemble(sign(status), f"  from {ref}{doubt}"))
        if not entry.continues and entry.status is not None:
            lines.append(sign(str(entry.status)))
        table.add_row(Text(name, "bold"), Group(*lines))
    return table


def _matched(entry: Entry, most: int) -> Text:
    """The task's text with the matching words marked, beginning near the first of them where it is long."""
    text = entry.task.full_text
    words = sorted({word for word in entry.words if word}, key=len, reverse=True)
    pattern = re.compile("|".join(re.escape(word) for word in words), re.IGNORECASE) if words else None
    first = pattern.search(text) if pattern else None
    start = 0
    if first and first.start() > most // 2:
        start = (
            max(text.rfind(". ", 0, first.start()) + 2, first.start() - most // 2)
            if ". " in text[: first.start()]
            else first.start() - most // 2
        )
        start = text.find(" ", start) + 1 if start and text[start - 1] != " " else start
    cut = shortened(text[start:], most)
    shown = Text(("…" if start else "") + cut)
    if pattern:
        shown.highlight_regex(pattern, "bold yellow")
    return shown


def strip(found: History) -> RenderableType:
    """A compact strip: every plan at its date with the number of its matches."""
    counted: dict[str, int] = defaultdict(int)
    for entry in found.entries:
        counted[entry.plan.id] += 1
    text = Text("\n")
    for index, plan_id in enumerate(found.plans_searched):
        if index:
            text.append(" ── ", "dim")
        count = counted[plan_id]
        text.append(plan_id, "bold" if count else "dim")
        text.append(f" {count or '–'}", "bold green" if count else "dim")
        if plan_id in found.plans_cut:
            text.append("*", "yellow")
    silent = [plan_id for plan_id in found.plans_without_match if plan_id not in found.plans_cut]
    if silent:
        text.append(f"\nno match in: {', '.join(silent)}", "dim")
    cut = list(found.plans_cut)
    if cut:
        text.append(f"\n* the text of {', '.join(cut)} is cut: its silence proves nothing", "yellow")
    return text


# More plans than this are counted by years.
_IN_A_STRIP = 60


def years(found: History) -> RenderableType:
    """The strip of many plans: for every year of issue its plans, those that match, and their matches."""
    matches: Counter[str] = Counter(entry.plan.id for entry in found.entries)
    by_year: dict[str, list[str]] = defaultdict(list)
    for plan in found.plans:
        by_year[plan.issued[:4] or "no date"].append(plan.id)
    cut = set(found.plans_cut)
    table = Table(box=None, padding=(0, 2, 0, 0), header_style="dim")
    for name in ("year", "plans", "with a match", "matches", "text cut"):
        table.add_column(name, justify="left" if name == "year" else "right")
    for year, plans in by_year.items():
        counts = (len(plans), sum(matches[plan] > 0 for plan in plans), sum(matches[plan] for plan in plans))
        table.add_row(year, *(str(count or "–") for count in (*counts, len(cut.intersection(plans)))))
    silence = [Text(f"plans with cut text: {len(cut)}; their silence proves nothing", "yellow")] if cut else []
    return Group(Text(""), table, *silence, Text(""))


def search(found: History, width: int) -> Iterable[RenderableType]:
    """The same matches, best first."""
    yield Text.assemble(f"{len(found.entries)} tasks for ", (f"“{found.query}”", "bold"))
    if found.looked_for:
        yield Text(f"also looked for: {'; '.join(found.looked_for)}", "dim")
    if found.note:
        yield Text.assemble(("! ", "bold yellow"), found.note)
    if found.entries:
        yield _entries(found.entries, {(thread.old, thread.new): thread for thread in found.links}, with_plan=True)


def check(report: Report, width: int) -> Iterable[RenderableType]:
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
