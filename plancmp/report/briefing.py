"""A comparison as a briefing: blocks that know no format. All wording and order live here; the other rooms draw.

Words come from lexicon/wording.toml in English or Chinese; text from plans stays as it is printed, without control
characters. The same comparison, arguments and date give the same briefing.
"""

from __future__ import annotations

import datetime
import re
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence

from ..analysis.selection import Selection
from ..lexicon import loader
from ..lexicon.loader import canonical
from ..model import Body, Link, Outcome, Plan, Section, Signal, Status, Task
from ..outcomes.result import PlanDiff
from ..plans import catalogue
from ..plans.gaps import gap_in_words
from ..text import fold, shortened
from ..version import __version__
from . import section_flow, word_diff
from .blocks import (
    Block,
    Briefing,
    Cell,
    Change,
    Flow,
    Heading,
    Legend,
    Paragraph,
    Points,
    Side,
    Stream,
    Table,
    Words,
    clean,
    section_path,
    words_of,
)
from .word_diff import Run


def compose(
    comparison: PlanDiff,
    *,
    only: Collection[str] | Selection | None = None,
    topic: str | None = None,
    author: str | None = None,
    client: str | None = None,
    lang: str = "en",
    date: str | datetime.date | None = None,
) -> Briefing:
    """The briefing of a comparison.

    only: refs of tasks (a link is shown when either of its tasks is among them), or exactly what a filter has left.
    topic: named in the title; it selects nothing. date: `YYYY-MM-DD`, today by default. Raises UsageError for an
    unknown language.
    """
    words = words_of(lang)
    day = str(date) if date is not None else datetime.date.today().isoformat()
    return _Writer(comparison, words, _selection(comparison, only)).briefing(
        clean(topic or ""), clean(author or ""), clean(client or ""), clean(day)
    )


def _selection(comparison: PlanDiff, only: Collection[str] | Selection | None) -> Selection:
    if only is None:
        return Selection(comparison.links, comparison.tasks)
    if isinstance(only, Selection):
        return only
    return Selection(
        tuple(link for link in comparison.links if link.old in only or link.new in only),
        tuple(outcome for outcome in comparison.tasks if outcome.ref in only),
    )


# What decides how telling an escalation is: CODEBOOK "Balance".
_TELLING = ("stage", "campaign", "quantity", "intensity", "scope", "bodies")


class _Writer:
    """Everything that the parts of one briefing need."""

    def __init__(self, comparison: PlanDiff, words: Words, chosen: Selection) -> None:
        self.comparison, self.words = comparison, words
        self.old, self.new = comparison.old, comparison.new
        self.links = chosen.links
        self.alone = tuple(outcome for outcome in chosen.outcomes if not outcome.links)
        self.tasks = {task.ref: task for plan in (self.old, self.new) for task in plan.tasks}
        self.plan_of = {task.ref: plan for plan in (self.old, self.new) for task in plan.tasks}
        self.partners: dict[str, list[str]] = defaultdict(list)
        for link in comparison.links:
            self.partners[link.old].append(link.new)
            self.partners[link.new].append(link.old)
        self.anchors: dict[str, str] = {}
        stored = {plan.id: catalogue.vector_store(plan) for plan in (self.old, self.new)}
        self.particulars = {key: catalogue.particulars(path) if path else {} for key, path in stored.items()}

    def briefing(self, topic: str, author: str, client: str, date: str) -> Briefing:
        plans = {"old": clean(self.old.id), "new": clean(self.new.id)}
        title = self.words("title_topic", topic=topic, **plans) if topic else self.words("title", **plans)
        facts = (("date", date), ("author", author), ("client", client), ("topic", topic))
        rows = tuple((self.words(key), value) for key, value in facts if value)
        changes = tuple(self._parts())
        blocks = (
            Table("particulars", "", (), rows),
            *self._front(),
            *changes,
            *self._bodies(),
            *self._appendix(),
        )
        return Briefing(title, date, author, client, self.words, blocks)

    # -- front: plans, gap, summary, flow

    def _front(self) -> Iterator[Block]:
        words = self.words
        yield Heading(1, words("plans"), "plans")
        yield self._plans()
        notes = [words.phrase(clean(note)) for note in self.comparison.notes]
        if notes:
            yield Heading(2, words("gap"), "gap")
            yield from (Paragraph(note, "warning") for note in notes)
        yield Heading(1, words("summary"), "summary")
        yield Paragraph(self._counts())
        points = tuple(self._telling())
        if points:
            yield Heading(2, words("telling"), "telling")
            yield Points(points)
        yield self._count_table()
        yield Heading(2, words("flow", old=clean(self.old.id), new=clean(self.new.id)), "flow")
        yield self._flow()

    def _plans(self) -> Table:
        words = self.words

        def years(plan: Plan) -> str:
            return str(plan.covers[0]) if plan.covers[0] == plan.covers[1] else f"{plan.covers[0]}–{plan.covers[1]}"

        def count(plan: Plan) -> str:
            parsed, declared = len(plan.tasks), plan.declared_tasks
            return words("of_declared", parsed=parsed, declared=declared) if declared else str(parsed)

        def particular(key: str) -> Callable[[Plan], str]:
            return lambda plan: str(self.particulars[plan.id].get(key) or "")

        facts: dict[str, Callable[[Plan], str]] = {
            "plan_title": lambda plan: plan.title,
            "issuer": lambda plan: plan.issuer,
            "issued": lambda plan: plan.issued,
            "covers": years,
            "tasks_read": count,
            "source": lambda plan: " ".join(part for part in (plan.source.file, plan.source.url) if part),
            "published": particular("published"),
            "translated_by": particular("translated_by"),
            "sha256": lambda plan: plan.source.sha256,
        }
        header = ("", words("old_plan", id=clean(self.old.id)), words("new_plan", id=clean(self.new.id)))
        rows = tuple(
            (words(key), *(clean(fact(plan)) or words("unknown") for plan in (self.old, self.new)))
            for key, fact in facts.items()
            if key not in ("published", "translated_by") or fact(self.old) or fact(self.new)
        )
        return Table("plans", words("plans"), header, rows)

    def _counts(self) -> str:
        words, summary = self.words, self.comparison.summary
        dropped = [outcome for outcome in self.comparison.tasks if outcome.status is Status.DROPPED]
        softened = len({link.old for link in self.comparison.links if _is_softened(link)})
        doubtful = sum(link.doubtful for link in self.comparison.links)
        sentences = [
            words(
                "counts_old",
                id=clean(self.old.id),
                total=len(self.old.tasks),
                softened=softened,
                oneoff=sum(outcome.note == "one-off" for outcome in dropped),
                **summary["old_tasks"],
            ),
            words("counts_new", id=clean(self.new.id), total=len(self.new.tasks), **summary["new_tasks"]),
            words("counts_links", links=len(self.comparison.links), doubtful=doubtful),
        ]
        every = sum(not outcome.links for outcome in self.comparison.tasks)
        if (len(self.links), len(self.alone)) != (len(self.comparison.links), every):
            shown = {"links": len(self.links), "tasks": len(self.alone)}
            sentences.append(words("filtered", all_links=len(self.comparison.links), all_tasks=every, **shown))
        return ("" if words.lang == "zh" else " ").join(sentences)

    def _count_table(self) -> Table:
        words, summary = self.words, self.comparison.summary
        rows: tuple[tuple[Cell, ...], ...] = tuple(
            (words.status(status), *(summary[side].get(status, 0) for side in ("old_tasks", "new_tasks")))
            for status in map(str, Status)
        )
        header = (words("status"), words("old_plan", id=clean(self.old.id)), words("new_plan", id=clean(self.new.id)))
        return Table("counts", words("count_table"), header, rows)

    def _telling(self) -> Iterator[tuple[str, str, str]]:
        """The strongest escalations, the clearest losses of strength, and what most surely has no counterpart."""

        def rank(link: Link) -> tuple[int, bool, float]:
            return (_TELLING.index(link.signals[0].kind), link.doubtful, -link.confidence)

        escalated = sorted((link for link in self.links if link.status is Status.ESCALATED and link.signals), key=rank)
        softened = sorted((link for link in self.links if _is_softened(link) and link.signals), key=rank)
        for link in (*escalated[:3], *softened[:2]):
            label = self.words("softened" if _is_softened(link) else str(link.status))
            name = clean(f"{link.old} → {link.new}")
            yield name, f"{label.lower()}. {self._reason(link.signals[0])}", self._anchor(link)
        for status, most in ((Status.DROPPED, 2), (Status.NEW, 1)):
            found = [outcome for outcome in self.alone if outcome.status is status and outcome.note != "one-off"]
            for outcome in sorted(found, key=lambda outcome: -outcome.confidence)[:most]:
                text = shortened(clean(self.tasks[outcome.ref].full_text))
                label = self.words("nowhere") if status is Status.DROPPED else self.words.status("new").lower()
                yield clean(outcome.ref), f"{label}. {self.words('quote', words=text)}", self._anchor(outcome)

    def _flow(self) -> Flow:
        words = self.words

        streams, old, new = section_flow.trace(self.old, self.new, self.links, self.alone, words("no_heading"))
        header = (words("flow_old"), words("flow_new"), words("status"), words("flow_count"))
        rows = tuple(
            (s.old or self._nowhere(s), s.new or self._nowhere(s), words.status(s.status), s.count) for s in streams
        )
        caption = words("flow", old=clean(self.old.id), new=clean(self.new.id))
        return Flow(Table("flow", caption, header, rows), streams, old, new)

    def _nowhere(self, stream: Stream) -> str:
        return self.words("not_told" if stream.status == "undetermined" else "nowhere")

    # -- the commitments

    def _parts(self) -> Iterator[Block]:
        words, ids = self.words, {"old": clean(self.old.id), "new": clean(self.new.id)}
        followed: dict[str, list[Link | Outcome]] = defaultdict(list)
        for link in self.links:
            followed[link.old].append(link)
        new, undetermined = [], []
        for outcome in self.alone:
            if outcome.status is Status.UNDETERMINED:
                undetermined.append(outcome)
            elif outcome.status is Status.NEW:
                new.append(outcome)
            else:
                followed[outcome.ref].append(outcome)
        in_order = [item for task in self.old.tasks for item in followed.get(task.ref, ())]
        if in_order:
            yield Heading(1, words("part_old", id=ids["old"]), "commitments")
            yield Legend(
                (
                    Run(words("marks"), "same"),
                    Run(words("mark_removed"), "removed"),
                    Run("; ", "same"),
                    Run(words("mark_added"), "added"),
                    Run("; ", "same"),
                    Run(words("mark_moved"), "moved"),
                    Run(words("mark_none"), "same"),
                )
            )
            yield from self._by_section(in_order, "old")
        if new:
            yield Heading(1, words("part_new", id=ids["new"], other=ids["old"]), "new")
            yield from self._by_section(new, "new")
        if undetermined:
            yield Heading(1, words("part_undetermined"), "undetermined")
            yield from (Paragraph(self._gap(plan) + ("。" if words.lang == "zh" else ".")) for plan in self._gapped())
            yield from self._by_section(undetermined, "undetermined")

    def _by_section(self, items: Iterable[Link | Outcome], part: str) -> Iterator[Block]:
        here: tuple[str, tuple[Section, ...]] | None = None
        number = 0
        for item in items:
            ref = item.old if isinstance(item, Link) else item.ref
            plan, path = self.plan_of[ref].id, self.tasks[ref].section
            if here != (plan, path):
                here, number = (plan, path), number + 1
                yield Heading(2, section_path(path) or self.words("no_heading"), f"{part}-{number}")
            yield self._link(item) if isinstance(item, Link) else self._unlinked(item)

    def _link(self, link: Link) -> Change:
        words = self.words
        old, new = self.tasks[link.old], self.tasks[link.new]
        texts = clean(old.full_text), clean(new.full_text)
        left, right = word_diff.side_by_side(*texts)
        related = word_diff.related(*texts)
        markers = [words("softened")] if _is_softened(link) else []
        markers += [words("doubtful")] if link.doubtful else []
        markers += [words("reviewer")] if link.decided_by != "model" else []
        split = [ref for ref in self.partners[link.old] if ref != link.new]
        merge = [ref for ref in self.partners[link.new] if ref != link.old]
        notes = [words("reviewer_note", note=clean(link.note))] if link.note else []
        notes += [] if related else [words("unmarked")]
        notes += [words("split", refs=", ".join(split))] if split else []
        notes += [words("merge", refs=", ".join(merge))] if merge else []
        notes += [f"{task.ref}: {words('cut')}" for task in (old, new) if not task.complete]
        return Change(
            self._anchor(link),
            str(link.status),
            self._label(str(link.status), markers, link.doubtful),
            tuple(markers),
            link.confidence,
            link.doubtful,
            self._side(old, left),
            self._side(new, right),
            word_diff.inline(*texts) if related else (),
            tuple(self._reason(signal) for signal in link.signals) or (words("no_signal"),),
            self._body_change(old.bodies, new.bodies),
            tuple(notes),
        )

    def _unlinked(self, outcome: Outcome) -> Change:
        words, task = self.words, self.tasks[outcome.ref]
        side = self._side(task, (Run(clean(task.full_text), "same"),))
        is_old = self.plan_of[task.ref] is self.old
        markers, notes, nearest = [], [], None
        if outcome.nearest:
            nearest = outcome.nearest[0]
            notes.append(words("nearest", ref=nearest, score=f"{outcome.nearest[1]:.2f}"))
        else:
            notes.append(words("nothing_near"))
        doubtful = bool(outcome.nearest and outcome.nearest[1] >= self.comparison.config.get("near", 0.25))
        if outcome.status is Status.UNDETERMINED:
            doubtful = False
            notes.append(words("why_undetermined", gap=self._gap(self.new if is_old else self.old)))
        if outcome.note == "one-off":
            markers.append(words("one_off"))
            notes.append(words("one_off_note"))
        elif outcome.note:
            notes.append(clean(outcome.note))
        if not task.complete:
            notes.append(words("cut"))
        markers += [words("doubtful")] if doubtful else []
        return Change(
            self._anchor(outcome),
            str(outcome.status),
            self._label(str(outcome.status), markers, doubtful),
            tuple(markers),
            outcome.confidence,
            doubtful,
            side if is_old else None,
            None if is_old else side,
            notes=tuple(notes),
            nearest=nearest,
        )

    def _label(self, status: str, markers: Sequence[str], doubtful: bool) -> str:
        shown = [marker for marker in markers if marker != self.words("doubtful")]
        return ", ".join((self.words.status(status), *shown)) + (" ?" if doubtful else "")

    def _anchor(self, item: Link | Outcome) -> str:
        key = f"{item.old} {item.new}" if isinstance(item, Link) else item.ref
        slug = re.sub(r"[^a-z0-9.]+", "-", key.lower()).strip("-")
        return self.anchors.setdefault(key, f"c{len(self.anchors) + 1}-{slug}")

    def _side(self, task: Task, runs: tuple[Run, ...]) -> Side:
        words = self.words
        path = section_path(task.section)
        first, last = task.lines
        lines = words("line", first=first) if first == last else words("lines", first=first, last=last)
        plan = clean(self.plan_of[task.ref].id)
        citation = words("cite", plan=plan, section=path or words("no_heading"), number=clean(task.number), lines=lines)
        bodies = tuple(self._body(body) for body in task.bodies)
        names = tuple(self._name(canonical(body), body.name) for body in task.bodies)
        return Side(clean(task.ref), path or words("no_heading"), clean(task.full_text), runs, bodies, names, citation)

    def _reason(self, signal: Signal) -> str:
        words = self.words
        english = re.sub(r"^\w+: ", "", clean(signal.note))
        texts = [clean(text) for text in (signal.old_text, signal.new_text)]
        quoted = [words("quote", words=text) for text in texts if text and text not in english]
        note = clean(words.phrase(english))
        if signal.kind == "bodies":
            note = re.sub(r"[A-Z][A-Z-]+", lambda match: self._name(match.group()), note)
        way = words("stronger" if signal.direction == "up" else "weaker")
        reason = f"{way} ({words(f'kind_{signal.kind}')}): {note}"
        if len(quoted) < 2:
            return f"{reason} ({quoted[0]})" if quoted else reason
        return f"{reason}: {' → '.join(quoted)}"

    def _gapped(self) -> list[Plan]:
        return [plan for plan in (self.old, self.new) if not plan.whole]

    def _gap(self, plan: Plan) -> str:
        return self.words.phrase(clean(gap_in_words(plan)))

    # -- bodies

    def _name(self, key: str, printed: str = "") -> str:
        entry = loader.bodies().get(key)
        if not entry:
            return clean(printed or key)
        return (entry.name_zh if self.words.lang == "zh" else entry.name) or entry.name

    def _body(self, body: Body) -> str:
        lead = f" ({self.words('lead')})" if body.lead else ""
        return self._name(body.id or "", body.name or body.as_printed) + lead + (" ?" if body.doubtful else "")

    def _body_change(self, before: Sequence[Body], after: Sequence[Body]) -> str:
        """Who joined, left, took over or leads now; a successor is the same body."""
        words = self.words
        if not before or not after:
            return words("bodies_unknown")
        old, new = {canonical(body): body for body in before}, {canonical(body): body for body in after}
        parts = []
        for key, one, other in (("joined", new, old), ("left", old, new)):
            names = [self._name(k, body.name) for k, body in one.items() if k not in other]
            if names:
                parts.append(f"{words(key)}: {', '.join(names)}")
        for key in old.keys() & new.keys():
            entry = loader.bodies().get(old[key].id or "")
            if entry and entry.successor and old[key].key != new[key].key:
                pair = {"old": self._name(old[key].key), "new": self._name(new[key].key)}
                parts.append(words("succession", year=entry.successor.get("year", "?"), **pair))
        leads = [[body for body in bodies if body.lead] for bodies in (before, after)]
        if all(leads) and {canonical(b) for b in leads[0]} != {canonical(b) for b in leads[1]}:
            was, now = (", ".join(self._name(body.key, body.name) for body in found) for found in leads)
            parts.append(words("lead_changed", old=was, new=now))
        return "; ".join(sorted(parts)) or words("bodies_same")

    def _bodies(self) -> Iterator[Block]:
        words = self.words
        shown = {ref for link in self.links for ref in (link.old, link.new)} | {outcome.ref for outcome in self.alone}
        held: dict[str, list[set[str]]] = defaultdict(lambda: [set(), set()])
        joined, left = defaultdict(list), defaultdict(list)
        printed: dict[str, str] = {}
        for side, plan in enumerate((self.old, self.new)):
            for task in plan.tasks:
                for body in task.bodies if task.ref in shown else ():
                    held[canonical(body)][side].add(task.ref)
                    printed.setdefault(canonical(body), body.name)
        for link in self.links:
            before, after = ({canonical(b) for b in self.tasks[ref].bodies} for ref in (link.old, link.new))
            if before and after:
                for key in after - before:
                    joined[key].append(link.new)
                for key in before - after:
                    left[key].append(link.old)
        if not held:
            return
        yield Heading(1, words("part_bodies"), "bodies")
        yield Paragraph(words("bodies_note"))
        ids = [words("body_tasks", id=clean(plan.id)) for plan in (self.old, self.new)]
        ordered = sorted(held, key=lambda key: (-len(held[key][0]) - len(held[key][1]), fold(key)))
        rows = tuple(
            (
                self._name(key, printed[key]),
                len(held[key][0]),
                len(held[key][1]),
                ", ".join(dict.fromkeys(joined[key])),
                ", ".join(dict.fromkeys(left[key])),
            )
            for key in ordered
        )
        yield Table("bodies", words("part_bodies"), (words("body"), *ids, words("joined"), words("left")), rows)

    # -- appendix

    def _appendix(self) -> Iterator[Block]:
        words, config = self.words, self.comparison.config
        yield Heading(1, words("appendix"), "appendix")
        yield Paragraph(words("method_units"))
        yield Paragraph(words("method_status"))
        ids = {"old": clean(self.old.id), "new": clean(self.new.id)}
        yield Paragraph(words("method_repeat", version=__version__, **ids))
        known = words.table
        rows: list[tuple[Cell, ...]] = [
            ("version", __version__, words("version")),
            ("encoder", clean(self.comparison.encoder) or words("unknown"), words("encoder")),
            *((clean(key), value, words(key) if key in known else "") for key, value in config.items()),
        ]
        yield Table("settings", words("settings"), (words("setting"), words("value"), words("meaning")), tuple(rows))
        for plan in (self.old, self.new):
            if plan.warnings:
                yield Paragraph(words("warnings", id=clean(plan.id), warnings="; ".join(map(clean, plan.warnings))))
        yield Heading(2, words("undetermined_list"), "undetermined-list")
        open_tasks = [outcome.ref for outcome in self.alone if outcome.status is Status.UNDETERMINED]
        if not open_tasks:
            whole = not self._gapped()
            yield Paragraph(words("undetermined_none") if whole else "; ".join(self._gap(p) for p in self._gapped()))
            return
        by_section: dict[tuple[str, str], list[str]] = defaultdict(list)
        for ref in open_tasks:
            task, plan = self.tasks[ref], self.plan_of[ref]
            why = words("why_undetermined", gap=self._gap(self.new if plan is self.old else self.old))
            by_section[section_path(task.section) or words("no_heading"), why].append(ref)
        yield Table(
            "undetermined",
            words("undetermined_list"),
            (words("section"), words("task"), words("reason")),
            tuple((section, ", ".join(refs), why) for (section, why), refs in by_section.items()),
        )


def _is_softened(link: Link) -> bool:
    return link.softened and link.status is Status.CONTINUED
