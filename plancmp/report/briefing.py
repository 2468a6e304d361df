"""A result as a briefing: blocks that know no format. Which length has which parts is decided here.

The same result, arguments and date give the same briefing.
"""

from __future__ import annotations

import datetime
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence

from ..analysis.selection import Filter
from ..analysis.telling import most_telling
from ..errors import UsageError
from ..lexicon.loader import canonical
from ..model import Counterpart, Decision, Fate, Link, Plan, Section, Status
from ..outcomes.result import PlanDiff
from ..text import fold
from . import alert, annex, section_flow, word_diff
from .blocks import (
    Block,
    Briefing,
    Cell,
    Change,
    Flow,
    Heading,
    Legend,
    Line,
    Paragraph,
    Points,
    Quote,
    Stream,
    Table,
    clean,
    section_path,
    words_of,
)
from .facts import Facts
from .findings import Findings
from .word_diff import Run

# full: report and annex in one, as `plancmp diff -o` writes it.
LENGTHS = ("alert", "report", "annex", "full")


def compose(
    result: PlanDiff,
    *,
    length: str = "full",
    wanted: Filter | None = None,
    author: str | None = None,
    client: str | None = None,
    lang: str = "en",
    date: str | datetime.date | None = None,
    headline: str | None = None,
    pin: str = "",
    placeholders: bool = True,
    command: str = "",
    decisions: Sequence[Decision] = (),
) -> Briefing:
    """The briefing of a result, or of what a filter has left of it.

    length: alert (two to four pages), report (every commitment), annex (method and settings), or full (the last two).
    wanted: the filter, which the title names; it selects nothing. date: `YYYY-MM-DD`, today by default. headline: instead
    of the one made by rule. pin: the commitment (`2021-2022:1d`) that an alert's headline is to be about. placeholders: marked places for the firm's own words. command: what repeats the briefing.
    decisions: the reviewer's, for the annex. Raises UsageError for an unknown language or length.
    """
    words = words_of(lang)
    if length not in LENGTHS:
        raise UsageError(f"no briefing has the length “{length}”", f"one of: {', '.join(LENGTHS)}")
    day = str(date) if date is not None else datetime.date.today().isoformat()
    facts = Facts(result, words)
    wanted = wanted or Filter()
    scope = _scope(facts, wanted)
    about = [
        (words(key), clean(value))
        for key, value in (("date", facts.date(day)), ("author", author or ""), ("client", client or ""))
        if value
    ]
    if length == "alert":
        title, blocks = alert.compose(facts, clean(wanted.topic), scope, about, headline, placeholders, pin)
    else:
        subject = words.sentence(scope) + words("comma") if scope else ""
        title = headline or words(
            "title_annex" if length == "annex" else "title",
            subject=subject,
            old=clean(facts.old.id),
            new=clean(facts.new.id),
        )
        head: list[Block] = [Table("particulars", "", (), tuple(about))]
        report = _Report(facts)
        if length == "annex":
            blocks = (*head, *annex.compose(facts, command, decisions))
        else:
            tail = annex.compose(facts, command, decisions) if length == "full" else ()
            blocks = (*head, *report.blocks(), *tail)
    sheets = () if length == "annex" else (commitment_table(facts), *map(words.with_remarks, body_tables(facts)))
    return Briefing(
        clean(title),
        clean(day),
        clean(author or ""),
        clean(client or ""),
        words,
        tuple(blocks),
        sheets=sheets,
        contents=length in ("report", "full"),
    )


def _scope(facts: Facts, wanted: Filter) -> str:
    """What the filter chose, in words; "" for everything."""
    words = facts.words
    parts = [
        clean(wanted.topic),
        *(
            words(f"scope_{key}", value=clean(value))
            for key, value in (("section", wanted.section), ("body", wanted.body))
            if value
        ),
    ]
    if wanted.statuses:
        known = words.table
        names = [words.status(s).lower() if s in known else s.replace("-", " ") for s in wanted.statuses]
        parts.append(words("scope_status", value=words("list_comma").join(names)))
    if wanted.min_confidence:
        parts.append(words("scope_confidence", value=f"{wanted.min_confidence:g}"))
    return words("comma").join(part for part in parts if part)


class _Report:
    """Every commitment shown, by section."""

    def __init__(self, facts: Facts) -> None:
        self.facts, self.words, self.result = facts, facts.words, facts.result
        self.shown = {fate.ref for fate in self.result.commitments}
        whole = self.result.whole or self.result
        self.of_old, self.of_new = _by_task(whole.old_commitments), _by_task(whole.new_commitments)
        self.tasks = {clean(task.ref): task for plan in (facts.old, facts.new) for task in plan.tasks}
        self.anchors: dict[str, str] = {}
        self.line_anchor: dict[str, str] = {}
        self.changes = self._changes()

    def blocks(self) -> Iterator[Block]:
        yield from self._front()
        yield from self._parts()
        yield from self._bodies()

    # What is shown

    def _changes(self) -> list[Change]:
        """Each pair of tasks that share a commitment, and each task with commitments that none of these shows.

        A commitment without a counterpart stands with the first pair of its task.
        """
        of_old: dict[str, list[Link]] = defaultdict(list)
        for link in self.result.links:
            of_old[link.old].append(link)
        alone_shown: set[str] = set()
        found = []
        for task in self.facts.old.tasks:
            for link in of_old[task.ref]:
                found.append(self._pair(link, alone_shown))
                alone_shown |= {link.old, link.new}
            if task.ref not in alone_shown:
                found += self._alone(task.ref)
        for task in self.facts.new.tasks:
            if task.ref not in alone_shown:
                found += self._alone(task.ref)
        return found

    def _pair(self, link: Link, alone_shown: set[str]) -> Change:
        facts, words = self.facts, self.words
        old, new = self.result.task(link.old), self.result.task(link.new)
        lines = []
        for fate in self.of_old[link.old]:
            for counterpart in fate.counterparts:
                partner = self.result.fate(counterpart.ref)
                if partner.task == link.new and not self.shown.isdisjoint((fate.ref, partner.ref)):
                    lines.append(self._paired_line(fate, partner, counterpart))
            if not fate.counterparts and fate.ref in self.shown and link.old not in alone_shown:
                lines.append(self._lone_line(fate))
        if link.new not in alone_shown:
            lines += [
                self._lone_line(fate)
                for fate in self.of_new[link.new]
                if not fate.counterparts and fate.ref in self.shown
            ]
        texts = clean(old.full_text), clean(new.full_text)
        by_reviewer = link.decided_by != "model"
        label = facts.task_label(link.state, (self.result.outcome(link.old), self.result.outcome(link.new)))
        if by_reviewer:
            label += words("comma") + words("reviewer")
        notes = [words("split", refs=words("list_comma").join(link.split))] if link.split else []
        notes += [words("merge", refs=words("list_comma").join(link.merge))] if link.merge else []
        notes += [f"{task.ref}{words('colon')}{words('cut_task')}" for task in (old, new) if not task.complete]
        remarks = [words("doubtful_pair")] if link.doubtful and not by_reviewer else []
        said = words("reviewer_note", note=clean(link.note)) if link.note else ""
        remarks += [said] if said and not any(line.remark == said for line in lines) else []
        return Change(
            self._anchor(f"{link.old} {link.new}", lines),
            link.state,
            label + (" ?" if link.doubtful else ""),
            link.doubtful,
            facts.side(old),
            facts.side(new),
            tuple(lines),
            word_diff.inline(*texts) if word_diff.related(*texts) else (),
            word_diff.tracked(*texts),
            facts.body_changes(link),
            tuple(notes),
            tuple(remarks),
        )

    def _alone(self, ref: str) -> list[Change]:
        """The change of a task by itself: what of it is shown and has no counterpart; none where nothing is."""
        is_old = self.result.is_old(ref)
        of_side = self.of_old if is_old else self.of_new
        fates = [fate for fate in of_side[ref] if fate.ref in self.shown and not fate.counterparts]
        if not fates:
            return []
        facts, task = self.facts, self.result.task(ref)
        states = [fate.state for fate in fates]
        state = next((s for s in ("dropped", "new") if s in states), "undetermined")
        outcome = self.result.outcome(ref)
        partly = [outcome] if outcome.links else []
        label = facts.task_label(str(outcome.status) if partly else state, partly)
        side = facts.side(task)
        kind = {"dropped": word_diff.REMOVED, "new": word_diff.ADDED}.get(state, word_diff.SAME)
        lines = [self._lone_line(fate) for fate in fates]
        return [
            Change(
                self._anchor(ref, lines),
                state,
                label,
                all(fate.doubtful for fate in fates),
                side if is_old else None,
                None if is_old else side,
                tuple(lines),
                tracked=(Run(side.text, word_diff.SAME if partly else kind),),
                notes=() if task.complete else (self.words("cut_task"),),
            )
        ]

    def _quote(self, fate: Fate, runs: Sequence[Run] | None = None) -> Quote:
        text = self.facts.quotation(fate)
        return Quote(clean(fate.ref), self.facts.name(fate), text, tuple(runs or (Run(text, word_diff.SAME),)))

    def _paired_line(self, fate: Fate, partner: Fate, counterpart: Counterpart) -> Line:
        facts = self.facts
        texts = facts.quotation(fate), facts.quotation(partner)
        left, right = word_diff.side_by_side(*texts)
        state = state_of(counterpart)
        by_reviewer = counterpart.decided_by != "model"
        notes = [self.words("cut") for one in (fate, partner) if not one.complete]
        remark = self.words("reviewer_note", note=clean(counterpart.note)) if counterpart.note else ""
        return Line(
            state,
            facts.label(state),
            facts.sureness(counterpart.confidence, counterpart.doubtful, by_reviewer),
            counterpart.doubtful,
            self._quote(fate, left),
            self._quote(partner, right),
            facts.reasons(counterpart),
            tuple(notes),
            remark,
        )

    def _lone_line(self, fate: Fate) -> Line:
        facts = self.facts
        quote = self._quote(fate)
        is_old = self.result.is_old(fate.task)
        doubtful = fate.doubtful and fate.status is not Status.UNDETERMINED
        sureness = "" if fate.status is Status.UNDETERMINED else facts.sureness(fate.confidence, doubtful)
        return Line(
            fate.state,
            facts.label(fate.state),
            sureness,
            doubtful,
            quote if is_old else None,
            None if is_old else quote,
            notes=facts.notes(fate),
        )

    def _anchor(self, key: str, lines: Iterable[Line]) -> str:
        slug = re.sub(r"[^a-z0-9.]+", "-", key.lower()).strip("-")
        anchor = self.anchors.setdefault(key, f"c{len(self.anchors) + 1}-{slug}")
        for line in lines:
            for quote in line.quotes:
                self.line_anchor.setdefault(quote.ref, anchor)
        return anchor

    # In front: the plans, what this rests on, counts, the most telling, where the sections go

    def _front(self) -> Iterator[Block]:
        words, facts = self.words, self.facts
        yield Heading(1, words("plans"), "plans")
        yield plan_table(facts)
        caveats = facts.caveats()
        if caveats:
            yield Heading(2, words("rests_on"), "rests-on")
            yield from (Paragraph(note, "warning") for note in caveats)
        yield Heading(1, words("summary"), "summary")
        yield Paragraph(("" if words.lang == "zh" else " ").join(facts.counts()))
        points = tuple(self._telling())
        if points:
            yield Heading(2, words("telling"), "telling")
            yield Points(points)
        yield self._count_table()
        if self.result.commitments:
            yield Heading(2, words("flow", old=clean(facts.old.id), new=clean(facts.new.id)), "flow")
            yield self._flow()

    def _telling(self) -> Iterator[tuple[str, str, str]]:
        findings = Findings(self.facts)
        for change in most_telling(self.result):
            label = self.words.status(change.state)
            yield label, findings.sentence(change), self.line_anchor[clean(change.fates[0].ref)]

    def _count_table(self) -> Table:
        words, summary = self.words, self.result.summary
        keys = ("old_commitments", "new_commitments", "old_tasks", "new_tasks")
        rows: tuple[tuple[Cell, ...], ...] = tuple(
            (words.status(status), *(summary[key].get(status, 0) for key in keys)) for status in map(str, Status)
        )
        ids = {"old": clean(self.facts.old.id), "new": clean(self.facts.new.id)}
        header = (words("status"), *(words(f"counted_{key}", **ids) for key in keys))
        return Table("counts", words("count_table"), header, rows, (24, 19, 19, 19, 19))

    def _flow(self) -> Flow:
        words = self.words
        streams, old, new = section_flow.trace(self.result, words("no_heading"))
        header = (words("flow_old"), words("flow_new"), words("status"), words("flow_count"))
        rows = tuple(
            (s.old or self._nowhere(s), s.new or self._nowhere(s), words.status(s.status), s.count) for s in streams
        )
        caption = words("flow", old=clean(self.facts.old.id), new=clean(self.facts.new.id))
        return Flow(
            Table("flow", caption, header, rows, (32, 32, 20, 16)), self._by_fate(streams, caption), streams, old, new
        )

    def _by_fate(self, streams: Sequence[Stream], caption: str) -> Table:
        """The streams added up: each section of the old plan, then what only the new one has, by section."""
        words, ids = self.words, (clean(self.facts.old.id), clean(self.facts.new.id))
        statuses = [status for status in map(str, Status) if any(stream.status == status for stream in streams)]
        counts: dict[str, dict[str, int]] = defaultdict(lambda: dict.fromkeys(statuses, 0))
        for stream in streams:
            name = self.words("comma").join((ids[0] if stream.old else ids[1], stream.old or stream.new or ""))
            counts[name][stream.status] += stream.count
        rows: tuple[tuple[Cell, ...], ...] = tuple((name, *found.values()) for name, found in counts.items())
        header = (words("section"), *map(words.status, statuses))
        return Table("sections", caption, header, rows, (40, *(20 for _ in statuses)))

    def _nowhere(self, stream: Stream) -> str:
        return self.words("not_told" if stream.status == "undetermined" else "nowhere")

    # The commitments

    def _parts(self) -> Iterator[Block]:
        words, ids = self.words, {"old": clean(self.facts.old.id), "new": clean(self.facts.new.id)}
        parts = {
            "commitments": [change for change in self.changes if change.old],
            "new": [change for change in self.changes if not change.old and change.state == "new"],
            "undetermined": [change for change in self.changes if not change.old and change.state != "new"],
        }
        for part, changes in parts.items():
            if not changes:
                continue
            yield Heading(1, words(f"part_{part}", **ids), part)
            if part == "commitments":
                yield self._legend()
            if part == "undetermined":
                yield Paragraph(words("why_undetermined"))
            yield from self._by_section(changes, part)

    def _legend(self) -> Legend:
        words = self.words
        return Legend(
            (
                Run(words("marks"), "same"),
                Run(words("mark_removed"), "removed"),
                Run(words("semicolon"), "same"),
                Run(words("mark_added"), "added"),
                Run(words("semicolon"), "same"),
                Run(words("mark_moved"), "moved"),
                Run(words("mark_none"), "same"),
            )
        )

    def _by_section(self, changes: Iterable[Change], part: str) -> Iterator[Block]:
        here: tuple[str, tuple[Section, ...]] | None = None
        number = 0
        for change in changes:
            task = self.tasks[change.sides[0].ref]
            plan = self.facts.plan_of(task.ref).id
            if here != (plan, task.section):
                here, number = (plan, task.section), number + 1
                yield Heading(2, section_path(task.section) or self.words("no_heading"), f"{part}-{number}")
            yield change

    # Bodies

    def _bodies(self) -> Iterator[Block]:
        for table in body_tables(self.facts):
            yield Heading(1, self.words("part_bodies"), "bodies")
            yield Paragraph(self.words("bodies_note"))
            yield table


def _by_task(fates: Iterable[Fate]) -> dict[str, list[Fate]]:
    """The commitments of one plan by their tasks."""
    found: dict[str, list[Fate]] = defaultdict(list)
    for fate in fates:
        found[fate.task].append(fate)
    return found


def state_of(counterpart: Counterpart) -> str:
    """The status of a pairing in one word, softened among them."""
    softened = counterpart.softened and counterpart.status is Status.CONTINUED
    return "softened" if softened else str(counterpart.status)


def plan_table(facts: Facts) -> Table:
    """The two plans side by side."""
    words = facts.words

    def years(plan: Plan) -> str:
        return str(plan.covers[0]) if plan.covers[0] == plan.covers[1] else f"{plan.covers[0]}–{plan.covers[1]}"

    def tasks(plan: Plan) -> str:
        parsed, declared = len(plan.tasks), plan.declared_tasks
        return words("of_declared", parsed=parsed, declared=declared) if declared else str(parsed)

    rows = [
        (words(key), *(clean(value(plan)) for plan in (facts.old, facts.new)))
        for key, value in (
            ("plan_title", facts.title),
            ("issuer", facts.issuer),
            ("issued", lambda plan: facts.date(plan.issued)),
            ("covers", years),
            ("tasks_read", tasks),
            ("source", facts.address),
            ("published", lambda plan: facts.particular(plan, "published") if words.lang == "en" else ""),
            ("translated_by", lambda plan: words.phrase(facts.particular(plan, "translated_by"))),
        )
    ]
    filled = tuple((name, *(value or words("unknown") for value in values)) for name, *values in rows if any(values))
    header = ("", words("old_plan", id=clean(facts.old.id)), words("new_plan", id=clean(facts.new.id)))
    return Table("plans", words("plans"), header, filled)


def commitment_table(facts: Facts) -> Table:
    """One row a commitment shown, for a workbook; the last column is the reader's."""
    words, result = facts.words, facts.result
    links = {(link.old, link.new): link for link in result.links}
    header = tuple(
        words(key)
        for key in (
            "plan", "commitment", "status", "sureness", "text", "counterpart", "counterpart_text", "reason", "remark",
            "note", "task_status", "bodies", "bodies_changed", "section", "citation",
        )
    )  # fmt: skip
    widths = (10, 7, 12, 9, 38, 11, 38, 24, 16, 32, 20, 34, 34, 30, 44)
    rows: list[tuple[Cell, ...]] = []
    for fate in result.commitments:
        task = result.task(fate.task)
        is_old = result.is_old(fate.task)
        partners = [result.fate(counterpart.ref) for counterpart in fate.counterparts]
        runs: tuple[Run, ...] = ()
        if partners:
            first, other = (fate, partners[0]) if is_old else (partners[0], fate)
            runs = word_diff.side_by_side(facts.quotation(first), facts.quotation(other))[0 if is_old else 1]
        pairs = [(fate.task, p.task) if is_old else (p.task, fate.task) for p in partners]
        changed = dict.fromkeys(facts.body_changes(links[pair]) for pair in pairs if pair in links)
        reviewed = any(counterpart.decided_by != "model" for counterpart in fate.counterparts)
        sure = fate.status is not Status.UNDETERMINED
        reasons = dict.fromkeys(reason for counterpart in fate.counterparts for reason in facts.reasons(counterpart))
        outcome = result.outcome(fate.task)
        rows.append(
            (
                clean(facts.plan_of(fate.task).id),
                facts.name(fate),
                facts.label(fate.state),
                facts.sureness(fate.confidence, fate.doubtful, reviewed) if sure else "",
                runs or facts.quotation(fate),
                "\n".join(facts.name(partner) for partner in partners),
                "\n".join(f"{facts.name(partner)} {facts.quotation(partner)}" for partner in partners),
                "\n".join(reasons),
                "",
                "\n".join([*facts.notes(fate), *_reviewers_notes(facts, fate)]),
                facts.task_label(str(outcome.status), [outcome]),
                words("semicolon").join(facts.bodies(task)),
                "\n".join(filter(None, changed)),
                facts.section(task),
                facts.citation(task),
            )
        )
    caption = words("sheet_commitments")
    return Table("commitments", caption, header, tuple(rows), widths, caption, printed=9)


def _reviewers_notes(facts: Facts, fate: Fate) -> list[str]:
    """The reviewer's notes on a commitment's counterparts, each once."""
    notes = dict.fromkeys(counterpart.note for counterpart in fate.counterparts if counterpart.note)
    return [facts.words("reviewer_note", note=clean(note)) for note in notes]


def body_tables(facts: Facts) -> list[Table]:
    """How many tasks name each body, of the tasks shown, and where it is newly or no longer named. No body: no table."""
    words, result = facts.words, facts.result
    shown = {fate.task for fate in result.commitments} | {
        result.fate(counterpart.ref).task for fate in result.commitments for counterpart in fate.counterparts
    }
    tasks: dict[str, tuple[set[str], set[str]]] = defaultdict(lambda: (set(), set()))
    printed: dict[str, str] = {}
    for side, plan in enumerate((facts.old, facts.new)):
        for task in plan.tasks:
            for body in task.bodies if task.ref in shown else ():
                tasks[canonical(body)][side].add(task.ref)
                printed.setdefault(canonical(body), body.name)
    named: dict[str, tuple[list[str], list[str]]] = defaultdict(lambda: ([], []))
    for link in result.links:
        doubt = " ?" if link.doubtful else ""
        for key in link.newly_named:
            named[key][0].append(clean(link.new) + doubt)
        for key in link.no_longer_named:
            named[key][1].append(clean(link.old) + doubt)
    if not tasks:
        return []
    ordered = sorted(tasks, key=lambda key: (-len(tasks[key][0]) - len(tasks[key][1]), fold(key)))
    comma = words("list_comma")
    rows = tuple(
        (
            facts.body_name(key, printed[key]),
            len(tasks[key][0]),
            len(tasks[key][1]),
            comma.join(dict.fromkeys(named[key][0])),
            comma.join(dict.fromkeys(named[key][1])),
        )
        for key in ordered
    )
    header = (
        words("body"),
        *(words("body_tasks", id=clean(plan.id)) for plan in (facts.old, facts.new)),
        words.sentence(words("newly_named")),
        words.sentence(words("no_longer_named")),
    )
    return [Table("bodies", words("part_bodies"), header, rows, (44, 15, 15, 38, 38), words("sheet_bodies"))]
