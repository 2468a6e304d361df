"""The alert: two to four pages that a firm sends, with a finding for a headline and nothing internal."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import replace

from ..analysis.telling import most_telling
from ..model import Fate, Plan, Status
from .blocks import Block, Cell, Heading, Paragraph, Points, Table, clean, section_numbers
from .facts import Facts
from .findings import Findings, short_name, telling_of

# A table of changes has at most so many rows; where no more are shown in all, it has every one.
MOST_CHANGES = 12
# So many dropped commitments are all named in an alert; of more, and of new ones, only so many about a law or the like.
_MOST_NAMES, _MOST_NAMED = 120, 10
# So many commitments of one task share a cell of the table.
_MOST_IN_CELL = 6
# Tasks whose bodies are named.
_MOST_TASKS = 6
_ORDER = ("dropped", "softened", "escalated", "continued", "new", "undetermined")


def compose(
    facts: Facts,
    topic: str,
    scope: str,
    about: Sequence[tuple[str, str]],
    headline: str | None,
    placeholders: bool,
    pin: str = "",
) -> tuple[str, tuple[Block, ...]]:
    """The headline and the blocks. topic: what the reader asked about, or "". scope: the whole filter in words, or "".
    about: date, author and client, as printed. headline: the reader's own, instead of the one made by rule. pin: the
    commitment that the rule's headline is about, or "".
    """
    alert = _Alert(facts)
    subject = facts.words.sentence(topic or scope)
    by_rule = alert.findings.pinned(pin, subject) if pin else alert.findings.headline(alert.changes, subject)
    title = headline or by_rule
    return title, tuple(alert.blocks(scope, about, placeholders))


class _Alert:
    """The parts of one alert."""

    def __init__(self, facts: Facts) -> None:
        self.facts, self.words, self.result = facts, facts.words, facts.result
        self.findings = Findings(facts)
        every = telling_of(self.result)
        self.complete = len(every) <= MOST_CHANGES
        self.changes = every if self.complete else most_telling(self.result, MOST_CHANGES)

    def blocks(self, scope: str, about: Sequence[tuple[str, str]], placeholders: bool) -> Iterator[Block]:
        words, facts = self.words, self.facts
        line = [words("scope", value=scope)] if scope else []
        line += [f"{name}{words('colon')}{value}" for name, value in about]
        yield Paragraph(words("separator").join(line), "small")
        yield from (Paragraph(text, "lead") for text in self._prose())
        if placeholders:
            yield Paragraph(words("placeholder_meaning"), "placeholder")
        yield Heading(1, words("rests_on"), "rests-on")
        yield Points(tuple(("", caveat, "") for caveat in facts.caveats()))
        if self.changes:
            yield Heading(1, words("changes" if self.complete else "telling"), "changes")
            yield self._table()
        if not self.complete:
            yield from self._lists()
        yield from self._responsible()
        if placeholders:
            yield Heading(1, words("advice"), "advice")
            yield Paragraph(words("placeholder_advice"), "placeholder")
        yield Heading(1, words("texts"), "texts")
        yield Points(tuple(self._plan(plan) for plan in (facts.old, facts.new)))

    def _prose(self) -> Iterator[str]:
        """The findings in paragraphs: the counts, what changed, what is gone, what goes on and what is new."""
        words, findings = self.words, self.findings
        by_state = defaultdict(list)
        for change in self.changes:
            by_state[change.state].append(change)
        groups = [self.facts.counts()]
        changed = findings.sentences([*by_state["escalated"], *by_state["softened"]])
        gone = [findings.sentence(change) for change in by_state["dropped"]]
        groups += [gone, changed + self._continued()] if self.complete else [changed, gone]
        groups.append([findings.sentence(change) for change in by_state["new"]])
        if by_state["undetermined"]:
            fates = [fate for change in by_state["undetermined"] for fate in change.fates]
            groups.append([words.sentence(words("f_undetermined", refs=self.facts.names(fates, 8)))])
        for sentences in groups:
            if sentences:
                yield ("" if words.lang == "zh" else " ").join(sentences)

    def _continued(self) -> list[str]:
        """What goes on at about the same strength: a sentence for one, or one sentence for all."""
        unchanged = [change for change in self.changes if change.state == "continued"]
        if len(unchanged) <= 3:
            told = {change.fates[0].ref for change in self.changes if change.state in ("escalated", "softened")}
            sure = [change for change in unchanged if change.counterpart and not change.counterpart.doubtful]
            sentences = [self.findings.sentence(change, change.fates[0].ref in told) for change in sure]
            return sentences + self.findings.sentences(change for change in unchanged if change not in sure)
        fates = list({change.fates[0].ref: change.fates[0] for change in unchanged}.values())
        words = self.words
        return [words.sentence(words("f_continued_list", refs=self.facts.names(fates, 8), count=len(fates)))]

    def _table(self) -> Table:
        words, facts = self.words, self.facts
        rows: list[tuple[Cell, ...]] = []
        for change in (
            sorted(self.changes, key=lambda change: _ORDER.index(change.state)) if self.complete else self.changes
        ):
            quoted = f"{facts.name(change.fates[0])} {facts.quotation(change.fates[0])}"
            if len(change.fates) > 1:
                names = [f"{facts.name(fate)} {short_name(fate)}" for fate in change.fates[:_MOST_IN_CELL]]
                more = len(change.fates) - len(names)
                quoted = words("semicolon").join(names) + (words("and_more", count=more) if more else "")
            is_old = self.result.is_old(change.fates[0].task)
            other, remark = "–", ""
            if change.counterpart:
                partner = self.result.fate(change.counterpart.ref)
                other = f"{facts.name(partner)} {facts.quotation(partner)}"
                by_reviewer = change.counterpart.decided_by != "model"
                sure = facts.sureness(change.counterpart.confidence, change.counterpart.doubtful, by_reviewer)
                reasons = facts.reasons(change.counterpart)
                remark = words("semicolon").join([*reasons[:2], *([] if sure == words("clear") else [sure])])
            else:
                remark = words("semicolon").join(dict.fromkeys(n for fate in change.fates for n in facts.notes(fate)))
                if not remark and len(change.fates) == 1 and change.state in ("dropped", "new"):
                    sure = facts.sureness(change.fates[0].confidence, change.fates[0].doubtful)
                    remark = "" if sure == words("clear") else sure
            rows.append((words.status(change.state), *((quoted, other) if is_old else (other, quoted)), remark))
        header = (
            words("what"),
            words("said_then", id=clean(facts.old.id)),
            words("says_now", id=clean(facts.new.id)),
            words("remarks"),
        )
        caption = words("changes" if self.complete else "telling")
        return _without_empty(Table("changes", caption, header, tuple(rows), (17, 39, 39, 24)))

    def _lists(self) -> Iterator[Block]:
        """What has no counterpart, by name and section: old commitments all, new ones those about a law or the like."""
        words = self.words
        plans = {"old": self.facts.plan(self.facts.old), "new": self.facts.plan(self.facts.new)}
        for status, fates in (
            (Status.DROPPED, self.result.old_commitments),
            (Status.NEW, self.result.new_commitments),
        ):
            found = [fate for fate in fates if fate.status is status]
            if not found:
                continue
            key = str(status)
            yield Heading(1, words(f"list_{key}", count=len(found), **plans), f"list-{key}")
            every = status is Status.DROPPED and len(found) <= _MOST_NAMES
            named = found if every else [fate for fate in found if fate.named][:_MOST_NAMED]
            yield Points(tuple(self._by_section(named)))
            if len(named) < len(found):
                yield Paragraph(words("list_rest", count=len(found) - len(named)), "small")

    def _by_section(self, fates: Sequence[Fate]) -> Iterator[tuple[str, str, str]]:
        """The sections with the names of their commitments."""
        sections: dict[str, list[Fate]] = defaultdict(list)
        for fate in fates:
            path = self.result.task(fate.task).section
            name = clean(f"{section_numbers(path)} {path[-1].heading}") if path else self.words("no_heading")
            sections[name].append(fate)
        for name, found in sections.items():
            names = (f"{self.facts.name(fate)} {short_name(fate)}" for fate in found)
            yield name, self.words("semicolon").join(names), ""

    def _responsible(self) -> Iterator[Block]:
        """Who is responsible now for the tasks of the table, and who is newly or no longer named for them."""
        words, facts, result = self.words, self.facts, self.result
        refs: dict[str, None] = {}
        for change in self.changes:
            for fate in change.fates:
                if change.counterpart:
                    refs[result.fate(change.counterpart.ref).task] = None
                elif not result.is_old(fate.task):
                    refs[fate.task] = None
        rows: list[tuple[Cell, ...]] = []
        order = {task.ref: number for number, task in enumerate(facts.new.tasks)}
        for ref in sorted(refs, key=order.__getitem__)[:_MOST_TASKS]:
            task = result.task(ref)
            changed = [
                facts.body_changes(link) + (" ?" if link.doubtful else "") for link in result.links if link.new == ref
            ]
            names = words("list_comma").join(facts.bodies(task)) or words("no_bodies")
            rows.append(
                (
                    clean(facts.result.number(task.ref)),
                    names,
                    "\n".join(dict.fromkeys(filter(lambda c: c.strip(" ?"), changed))),
                )
            )
        if rows:
            yield Heading(1, words("responsible"), "responsible")
            header = (words("task"), words("bodies"), words("against_before"))
            yield _without_empty(Table("responsible", words("responsible"), header, tuple(rows), (9, 55, 55)))

    def _plan(self, plan: Plan) -> tuple[str, str, str]:
        words, facts = self.words, self.facts
        parts = [facts.title(plan), facts.issuer(plan), facts.date(plan.issued)]
        parts += [facts.address(plan)] if plan.source.url else []
        return words.sentence(facts.plan(plan)), words("comma").join(part for part in parts if part), ""


def _without_empty(table: Table) -> Table:
    """The table without its last column where nothing stands in it."""
    if any(row[-1] for row in table.rows):
        return table
    return replace(
        table, header=table.header[:-1], rows=tuple(row[:-1] for row in table.rows), widths=table.widths[:-1]
    )
