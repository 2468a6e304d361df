"""The alert: two to four pages that a firm sends, with a finding for a headline and nothing internal."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import replace

from ..analysis.telling import Telling, most_telling, safest
from ..model import Counterpart, Fate, Plan, Status
from ..text import shortened
from .blocks import Block, Cell, Heading, Paragraph, Points, Table, clean, section_numbers
from .facts import Facts
from .findings import Findings, short_name, telling_of

# A table of changes has at most so many rows; where no more are shown in all, it has every one.
MOST_CHANGES = 12
# Of a selection up to so many commitments without a counterpart are all named; of the rest, up to so many safe ones.
_MOST_NAMES, _MOST_NAMED = 40, 30
# A commitment is quoted in these lists up to this many characters.
_LONGEST_NAME = 200
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
        self.changes = every if self.complete else tuple(filter(_is_sure, most_telling(self.result, MOST_CHANGES)))

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
        groups = [self.facts.counts(doubtful_apart=True)]
        changed = findings.sentences([*by_state["escalated"], *by_state["softened"]])
        dropped = by_state["dropped"]
        if dropped and not self.complete:
            dropped = [replace(dropped[0], fates=tuple(fate for change in dropped for fate in change.fates))]
        gone = [findings.sentence(change) for change in dropped]
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
                remark = self._why(change.counterpart)
            else:
                other = facts.closest(change.fates[0], "closest_here") or other if len(change.fates) == 1 else other
                notes = [note for fate in change.fates for note in facts.notes(fate, nearest=False)]
                notes += [words("doubtful")] if all(fate.doubtful for fate in change.fates) else []
                remark = words("semicolon").join(dict.fromkeys(notes))
            rows.append((self._label(change), *((quoted, other) if is_old else (other, quoted)), remark))
        header = (
            words("what"),
            words("said_then", id=clean(facts.old.id)),
            words("says_now", id=clean(facts.new.id)),
            words("remarks"),
        )
        caption = words("changes" if self.complete else "telling")
        return _without_empty(Table("changes", caption, header, tuple(rows), (17, 39, 39, 24)))

    def _label(self, change: Telling) -> str:
        """What is said of a change in the table: of what may not be the same commitment only that it is doubtful."""
        if change.counterpart and change.counterpart.doubtful:
            return self.words.sentence(self.words("doubtful"))
        unmatched = change.state == "new" and not self.facts.calls_new
        return self.words.status("dropped" if unmatched else change.state)

    def _why(self, counterpart: Counterpart) -> str:
        """Why a change is one, and how sure it is."""
        words, facts = self.words, self.facts
        if counterpart.doubtful:
            return words("maybe_another")
        by_reviewer = counterpart.decided_by != "model"
        sure = facts.sureness(counterpart.confidence, counterpart.doubtful, by_reviewer)
        reasons = facts.reasons(counterpart)
        if reasons and (added := facts.added_in(counterpart)):
            reasons = (words("with_cite", text=reasons[0], cite=facts.name(added)), *reasons[1:])
        return words("semicolon").join([*reasons[:2], *([] if sure == words("clear") else [sure])])

    def _lists(self) -> Iterator[Block]:
        """What has no counterpart, by section: those that are safe to name, and how many more there are.

        What the reader chose is named whole, with the closest text of the other plan beside what is not safe.
        """
        words, facts = self.words, self.facts
        plans = {"old": facts.plan(facts.old), "new": facts.plan(facts.new)}
        for status, fates in (
            (Status.DROPPED, self.result.old_commitments),
            (Status.NEW, self.result.new_commitments),
        ):
            found = [fate for fate in fates if fate.status is status]
            if not found:
                continue
            key = str(status) if facts.calls_new or status is Status.DROPPED else "unmatched"
            yield Heading(1, words(f"list_{key}", count=len(found), **plans), f"list-{status}")
            whole = self.result.selection and len(found) <= _MOST_NAMES
            safe = _first(safest(found), _MOST_NAMED) if facts.calls_new else []
            named = found if whole else safe
            rest = [fate for fate in found if fate not in named]
            if named and rest:
                yield Paragraph(words.counted(f"list_safe_{key}", len(named), count=len(named), **plans))
            yield Points(tuple(self._by_section(named)))
            if rest:
                doubtful = sum(fate.doubtful for fate in rest)
                text = words.counted("list_rest", len(rest), count=len(rest), doubtful=doubtful)
                yield Paragraph(text if facts.calls_new else words("list_kinds"), "small")

    def _by_section(self, fates: Sequence[Fate]) -> Iterator[tuple[str, str, str]]:
        """The sections with the names of their commitments."""
        sections: dict[str, list[Fate]] = defaultdict(list)
        for fate in fates:
            path = self.result.task(fate.task).section
            name = clean(f"{section_numbers(path)} {path[-1].heading}") if path else self.words("no_heading")
            sections[name].append(fate)
        for name, found in sections.items():
            names = (f"{self.facts.name(fate)} {self._quoted(fate)}" for fate in found)
            yield name, self.words("semicolon").join(names), ""

    def _quoted(self, fate: Fate) -> str:
        """The words of a commitment without a counterpart, with the closest text of the other plan where one comes near."""
        closest = self.facts.closest(fate)
        brackets = self.words("in_brackets", text=closest) if closest else ""
        return shortened(self.facts.quotation(fate), _LONGEST_NAME) + brackets

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


def _is_sure(change: Telling) -> bool:
    return change.counterpart is None or not change.counterpart.doubtful


def _first(fates: Sequence[Fate], most: int) -> list[Fate]:
    """The surest, in reading order."""
    chosen = sorted(fates, key=lambda fate: -fate.confidence)[:most]
    return [fate for fate in fates if fate in chosen]


def _without_empty(table: Table) -> Table:
    """The table without its last column where nothing stands in it."""
    if any(row[-1] for row in table.rows):
        return table
    return replace(
        table, header=table.header[:-1], rows=tuple(row[:-1] for row in table.rows), widths=table.widths[:-1]
    )
