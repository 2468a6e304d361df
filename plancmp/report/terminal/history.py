"""A history and a search on the terminal."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from ...analysis.history import match_in_words
from ...commitments import references
from ...model import Ancestor, Entry, Task
from ...plans import editions
from ...plans.gaps import gap_in_words
from ...text import counted, shortened
from ..facts import CLEAR
from .screen import GREEN, GREY, MAGENTA, WARNING, section_path, sign, title

if TYPE_CHECKING:
    from ...analysis.history import History
    from ...search.lineage import LineageLink


def history(found: History, width: int, limit: int = 300) -> Iterable[RenderableType]:
    """Plan by plan, oldest first: the matching tasks with their words marked, and what each of them continues.

    limit: how many tasks at most; the best matches are shown, of equal ones the newer.
    """
    yield Text.assemble(("History of ", ""), (f"“{found.query}”", "bold"))
    if found.looked_for:
        yield Text(f"also looked for: {'; '.join(found.looked_for)}", GREY)
    if found.note:
        yield Text.assemble(("! ", WARNING), found.note)
    yield strip(found) if len(found.plans_searched) <= _MOST_IN_STRIP else years(found)
    if not found.entries:
        return
    count = len(found.entries)
    best = sorted(range(count), key=lambda position: (-found.entries[position].score, -position))[:limit]
    if count > limit:
        yield Text.assemble(
            ("! ", WARNING),
            f"the {limit} best matches of {count} follow; for all of them: --limit {count}, or -o FILE.html, .csv or .json",
        )
    by_plan: dict[str, list[Entry]] = defaultdict(list)
    for position in sorted(best):
        by_plan[found.entries[position].plan.id].append(found.entries[position])
    for plan_id, entries in by_plan.items():
        plan = entries[0].plan
        yield title(f"{plan_id}  {plan.title}")
        facts = (f"{plan.issuer}, {plan.issued}", editions.in_words(plan), gap_in_words(plan))
        yield Text(". ".join(filter(None, facts)) + ("." if any(facts[1:]) else ""), GREY)
        yield _entries(found, entries)


def _entries(found: History, entries: Sequence[Entry], with_plan: bool = False) -> Table:
    links = {(link.old, link.new): link for link in found.links}
    table = Table(box=None, padding=(0, 1, 0, 0), show_header=False, expand=True)
    shown = [editions.marked(entry.task.ref if with_plan else entry.task.number, entry.task) for entry in entries]
    table.add_column(width=max(map(len, shown)), no_wrap=True)
    table.add_column(ratio=1, overflow="fold")
    for name, entry in zip(shown, entries, strict=True):
        lines = [_highlighted(entry, 320)]
        first, last = entry.task.lines
        facts = [section_path(entry.task.section), f"line {first}" if first == last else f"lines {first} to {last}"]
        if entry.task.bodies:
            facts.append(_bodies(entry.task))
        if found.followed is None and entry.match != "exact":
            facts.insert(0, match_in_words(entry))
        elif found.followed not in (None, entry.task.ref):
            facts.insert(0, f"linked to {found.followed}, at its weakest {entry.score:.2f}")
        lines.append(Text("; ".join(facts), GREY))
        lines += _fates_of_matched(entry) if entry.matched else _fate_of_task(entry, links)
        table.add_row(Text(name, "bold"), Group(*lines))
    return table


def _bodies(task: Task) -> str:
    """Who is responsible, by name: those that lead, or else the first, and how many others there are."""
    leads = [body for body in task.bodies if body.lead]
    named = leads or task.bodies[:1]
    names = ", ".join(body.name + (" (reading not certain)" if body.doubtful else "") for body in named)
    others = len(task.bodies) - len(named)
    return ("led by " if leads and others else "") + names + (f" and {others} more" if others else "")


def _fates_of_matched(entry: Entry) -> list[Text]:
    """Of each commitment that matched what it continues and how surely; those that continue nothing share a line."""
    lines = []
    for ref in entry.matched:
        by_state: dict[str, list[str]] = defaultdict(list)
        for ancestor in entry.ancestors:
            if ancestor.of == ref:
                how = _sureness(ancestor)
                by_state[ancestor.state].append(f"{references.shown(ancestor.ref)}, {how}")
        name = (f"{_own_name(ref)} ", "bold")
        lines += [Text.assemble(name, sign(state), f"  from {'; '.join(older)}") for state, older in by_state.items()]
    continued = {ancestor.of for ancestor in entry.ancestors}
    alone: dict[str, list[str]] = defaultdict(list)
    for ref, status in zip(entry.matched, entry.matched_status, strict=False):
        if ref not in continued:
            alone[str(status or "")].append(ref)
    for state, refs in alone.items():
        names = ", ".join(_own_name(ref) for ref in refs)
        lines.append(Text.assemble((f"{names} ", "bold"), sign(state) if state else Text("matches", GREY)))
    return lines


def _fate_of_task(entry: Entry, links: Mapping[tuple[str, str], LineageLink]) -> list[Text]:
    """What the task as a whole continues, and how surely."""
    lines = []
    for ref in entry.continues:
        link = links.get((ref, entry.task.ref))
        status = "softened" if link and link.softened else str(link.status if link else entry.status or "continued")
        how = f", {_sureness(link)}" if link else ""
        lines.append(Text.assemble(sign(status), f"  from {ref}{how}"))
    if not entry.continues and entry.status is not None:
        lines.append(sign(str(entry.status)))
    return lines


def _own_name(ref: str) -> str:
    """A commitment inside its plan: 1(e)."""
    return references.shown(ref).rpartition(":")[2]


def _sureness(link: Ancestor | LineageLink) -> str:
    """How sure a link is, in a word and as a probability, or that a reviewer decided it."""
    if link.decided_by != "model":
        return "decided by a reviewer"
    word = "doubtful" if link.doubtful else "clear" if link.confidence >= CLEAR else "likely"
    return f"{word} ({link.confidence:.2f})"


def _highlighted(entry: Entry, most: int) -> Text:
    """The task's text with the matching words marked, beginning near the first of them where it is long."""
    text = entry.task.full_text
    first = entry.spans[0][0] if entry.spans else 0
    start = 0
    if first > most // 2:
        sentence = text.rfind(". ", 0, first) + 2
        start = max(sentence, first - most // 2) if sentence > 1 else first - most // 2
        start = text.find(" ", start, first) + 1 or start if text[start - 1] != " " else start
    shown = Text(("…" if start else "") + shortened(text[start:], most))
    offset = 1 - start if start else 0
    for span_start, span_end in entry.spans:
        if span_start >= start:
            shown.stylize(f"bold {MAGENTA}", span_start + offset, span_end + offset)
    return shown


def strip(found: History) -> RenderableType:
    """A compact strip: every plan at its date with the number of its matches."""
    counted: dict[str, int] = defaultdict(int)
    for entry in found.entries:
        counted[entry.plan.id] += 1
    text = Text("\n")
    for index, plan_id in enumerate(found.plans_searched):
        if index:
            text.append(" ── ", GREY)
        count = counted[plan_id]
        text.append(plan_id, "bold" if count else GREY)
        text.append(f" {count or '–'}", f"bold {GREEN}" if count else GREY)
        if plan_id in found.plans_cut:
            text.append("*", WARNING)
    silent = [plan_id for plan_id in found.plans_without_match if plan_id not in found.plans_cut]
    if silent:
        text.append(f"\nno match in: {', '.join(silent)}", GREY)
    cut = list(found.plans_cut)
    if cut:
        text.append(f"\n* the text of {', '.join(cut)} is cut: its silence proves nothing", WARNING)
    return text


# More plans than this are counted by years.
_MOST_IN_STRIP = 60


def years(found: History) -> RenderableType:
    """The strip of many plans: for every year of issue its plans, those that match, and their matches."""
    matches: Counter[str] = Counter(entry.plan.id for entry in found.entries)
    by_year: dict[str, list[str]] = defaultdict(list)
    for plan in found.plans:
        by_year[plan.issued[:4] or "no date"].append(plan.id)
    cut = set(found.plans_cut)
    table = Table(box=None, padding=(0, 2, 0, 0), header_style=GREY)
    for name in ("year", "plans", "with a match", "matches", "text cut"):
        table.add_column(name, justify="left" if name == "year" else "right")
    for year, plans in by_year.items():
        counts = (len(plans), sum(matches[plan] > 0 for plan in plans), sum(matches[plan] for plan in plans))
        table.add_row(year, *(str(count or "–") for count in (*counts, len(cut.intersection(plans)))))
    silence = [Text(f"plans with cut text: {len(cut)}; their silence proves nothing", WARNING)] if cut else []
    return Group(Text(""), table, *silence, Text(""))


def search(found: History, width: int) -> Iterable[RenderableType]:
    """The same matches, best first."""
    shown, total = len(found.entries), found.total
    count = f"{shown} of {total} tasks" if shown < total else counted(total, "task")
    yield Text.assemble(f"{count} for ", (f"“{found.query}”", "bold"))
    if found.looked_for:
        yield Text(f"also looked for: {'; '.join(found.looked_for)}", GREY)
    if found.note:
        yield Text.assemble(("! ", WARNING), found.note)
    if found.entries:
        yield _entries(found, found.entries, with_plan=True)
