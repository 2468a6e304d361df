"""A comparison on the terminal: counts, and tables by section of the old plan."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from ...analysis.selection import Selection
from ...lexicon.loader import canonical
from ...model import Link, Outcome, Section, Status, Task
from ...outcomes.result import PlanDiff
from ...plans.gaps import gap_in_words
from ...text import counted, shortened
from .. import word_diff
from .screen import SIGNS, WIDE, marked, quote, section_path, sign, title


def head(result: PlanDiff) -> RenderableType:
    """The two plans, their dates, and the gap."""
    table = Table.grid(padding=(0, 2))
    table.add_column(no_wrap=True)
    table.add_column(overflow="fold")
    for role, plan in (("old", result.old), ("new", result.new)):
        of_declared = (
            f"{len(plan.tasks)} of {plan.declared_tasks} tasks"
            if plan.declared_tasks
            else counted(len(plan.tasks), "task")
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


def counts(result: PlanDiff) -> Text:
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
    text.append(f".  {counted(len(result.links), 'link')}")
    if doubtful:
        text.append(f", {doubtful} of them doubtful (?)")
    text.append(".")
    return text


def diff(
    result: PlanDiff, chosen: Selection, width: int, full: bool = False, summary: bool = False, brackets: bool = True
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
        yield title(f"Doubtful links: judge for yourself (confidence below {result.config.get('sure', 0.7):g})")
        yield _table(drawing, doubtful, [])
    if arrived:
        yield from _arrived(drawing, arrived)


@dataclass(frozen=True, slots=True)
class _Drawing:
    """What every part of one drawing needs. brackets: mark changes by brackets, not by style alone."""

    result: PlanDiff
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
        yield title(f"{old.id}  {section_path(path)}")
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
        left, right = word_diff.side_by_side(before, after)
        return [mark, ref, marked(left, drawing.brackets), Group(marked(right, drawing.brackets), *under)]
    return [mark, ref, Group(marked(word_diff.inline(before, after), drawing.brackets), *under)]


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
        lines.append(Text.assemble((f"{arrow} {signal.note}", "bold"), (quote(signal), "dim")))
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
            yield title(f"New in {result.new.id}: no counterpart found in {result.old.id}")
        else:
            yield title(f"Undetermined in {result.new.id}")
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
