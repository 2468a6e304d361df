"""A history and a search on the terminal."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from ...model import Entry
from ...plans.gaps import gap_in_words
from ...text import counted, shortened
from .screen import bodies_line, section_path, sign, title

if TYPE_CHECKING:
    from ...analysis.history import History
    from ...search.lineage import LineageLink


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
        yield title(f"{plan_id}  {plan.title}")
        yield Text(f"{plan.issuer}, {plan.issued}" + (f". {gap_in_words(plan)}." if not plan.whole else ""), "dim")
        yield _entries(entries, statuses)


def _entries(entries: Sequence[Entry], threads: dict[tuple[str, str], LineageLink], with_plan: bool = False) -> Table:
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
    yield Text.assemble(f"{counted(len(found.entries), 'task')} for ", (f"“{found.query}”", "bold"))
    if found.looked_for:
        yield Text(f"also looked for: {'; '.join(found.looked_for)}", "dim")
    if found.note:
        yield Text.assemble(("! ", "bold yellow"), found.note)
    if found.entries:
        yield _entries(found.entries, {(thread.old, thread.new): thread for thread in found.links}, with_plan=True)
