"""A comparison on the terminal: the whole answer on one screen, then every commitment under its task."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from rich.cells import cell_len
from rich.console import Console, RenderableType
from rich.text import Text

from ...analysis.telling import Telling, most_telling
from ...lexicon import loader
from ...model import Fate, Plan, Section, Status
from ...outcomes.result import PlanDiff
from ...outcomes.signals import direction_of
from ...plans.gaps import gap_in_words
from ...text import shortened
from .. import word_diff
from .screen import GREY, SIGNS, WARNING, mark_of, marked, section_path

_STATES = ("escalated", "continued", "softened", "dropped", "new", "undetermined")
_WORDS = {
    "escalated": "escalated", "continued": "continued", "softened": "softened", "dropped": "no counterpart found",
    "new": "new", "undetermined": "cannot be told",
}  # fmt: skip
# From this width on the two plans' words stand side by side.
_SIDE_BY_SIDE = 100
# What stands before a commitment's words: its letter, its sign and the space around them.
_MARGIN = 12


@dataclass(frozen=True, slots=True)
class Layout:
    """How a comparison is drawn.

    width: in columns. full: whole texts with marks. undetermined: list what cannot be told. sort: section, confidence or
    status. brackets: mark changed words by brackets, where there is no colour to show them.
    """

    width: int
    full: bool = False
    undetermined: bool = False
    sort: str = "section"
    brackets: bool = True

    @property
    def side_by_side(self) -> bool:
        return self.width >= _SIDE_BY_SIDE

    @property
    def lines(self) -> int:
        """How many lines the words of one side may take."""
        return 100 if self.full else 2 if self.side_by_side else 3


def diff(result: PlanDiff, layout: Layout, summary: bool = False) -> Iterable[RenderableType]:
    """The result as a policy watcher reads it: plans, counts and the most telling changes; then every commitment."""
    yield from head(result, layout.width)
    yield Text()
    yield from _counts(result)
    if summary or result.old.id == result.new.id:
        return
    if not result.commitments:
        yield Text("\nNothing fits these filters.", GREY)
        return
    if telling := most_telling(result):
        yield Text("\nMost telling", "bold")
        yield from (_telling_line(result, item, layout.width) for item in telling)
    yield from _table(result, layout)
    yield from _foot(result, layout)


def head(result: PlanDiff, width: int) -> Iterable[RenderableType]:
    """The two plans in a line each, and what a reader must know before the result."""
    plans = (result.old, result.new)
    ids = max(len(plan.id) for plan in plans)
    facts = [f"{plan.issued or 'no date':>10}   {_tasks_of(plan)}" for plan in plans]
    for plan, fact in zip(plans, facts, strict=True):
        room = max(width - ids - len(max(facts, key=len)) - 5, 20)
        title = shortened(plan.title or plan.source.file, room)
        yield Text.assemble((f"{plan.id:<{ids}}  ", "bold"), title, " " * (room - cell_len(title) + 2), (fact, GREY))
        if plan.source.cited:
            yield Text(" " * (ids + 2) + plan.source.cited, GREY)
    for note in result.notes:
        yield Text.assemble(("! ", WARNING), note)


def _tasks_of(plan: Plan) -> str:
    declared = f" of {plan.declared_tasks}" if plan.declared_tasks else ""
    return f"{len(plan.tasks)}{declared} tasks"


def _counts(result: PlanDiff) -> Iterator[Text]:
    """How many commitments of either plan became what, one line a plan; of how many, where a filter is on."""
    selection = result.selection
    for plan, fates, side in (
        (result.old, result.old_commitments, "old"),
        (result.new, result.new_commitments, "new"),
    ):
        counted = Counter(fate.state for fate in fates)
        counts = f"{len(fates)} of {selection[side][1]} commitments" if selection else f"Of {len(fates)} commitments"
        line = Text.assemble(f"{counts} of ", (plan.id, "bold"), "  ")
        if side == "old":
            states: tuple[str, ...] = ("escalated", "continued", "softened", "dropped", "undetermined")
        else:
            states = ("new", "undetermined")
            taken = len(fates) - counted["new"] - counted["undetermined"]
            line.append(f"  {taken} take{'s' if taken == 1 else ''} up an earlier one")
        for state in states:
            if counted[state] or state in ("dropped", "new"):
                line.append(f"   {mark_of(state)} {counted[state]} {_WORDS[state]}", SIGNS[state][1])
            doubtful = sum(fate.doubtful for fate in fates if fate.state == state)
            if doubtful and state in ("dropped", "new"):
                line.append(f" ({doubtful} doubtful)", GREY)
        if side == "new" and counted["undetermined"]:
            line.append(f" (the text of {result.old.id} is missing there)", GREY)
        yield line


# Columns that the subject of a change keeps.
_LEAST_SUBJECT = 24


def _telling_line(result: PlanDiff, item: Telling, width: int) -> Text:
    first = item.fates[0]
    places = [result.name(fate) for fate in item.fates]
    where = f"{places[0]} → {result.name(result.fate(item.counterpart.ref))}" if item.counterpart else ", ".join(places)
    lead = {"dropped": "No counterpart found: ", "new": "New: "}.get(item.state, "")
    room = max(width - 4 - cell_len(where) - 2, 20)
    reason = item.reason
    if item.counterpart and item.counterpart.signals and item.counterpart.signals[0].kind == "intensity":
        reason += " (one word)"
    # What changed is the news: where room is short, the subject gives way first.
    of_subject = max(room - cell_len(reason) - 2, _LEAST_SUBJECT) if reason else room
    words = shortened(f"{lead}{item.subject}", of_subject) + (f": {reason}" if reason else "")
    line = Text.assemble("  ", (mark_of(item.state), SIGNS[item.state][1]), " ", shortened(words, room))
    if first.doubtful:
        line.append("?")
    line.append(" " * max(width - line.cell_len - cell_len(where), 1))
    line.append(where, GREY)
    return line


def _table(result: PlanDiff, layout: Layout) -> Iterable[RenderableType]:
    console = Console(width=layout.width)
    drawing = _Drawing(result, layout, console)
    if layout.sort == "section":
        yield from drawing.by_section()
    else:
        yield from drawing.sorted()
    yield from drawing.new_tasks()
    yield from drawing.undetermined()


class _Drawing:
    """Every commitment under its task, in lines no wider than the layout."""

    def __init__(self, result: PlanDiff, layout: Layout, console: Console) -> None:
        self.result, self.layout, self.console = result, layout, console
        self.by_task: dict[str, list[Fate]] = defaultdict(list)
        for fate in result.commitments:
            self.by_task[fate.task].append(fate)
        # Tasks that hold one commitment, whatever a filter has left.
        counted = Counter(fate.task for fate in (result.whole or result).commitments)
        self.single = {ref: count == 1 for ref, count in counted.items()}
        # A new task's own additions are shown once: with the surest of its links.
        strongest: dict[str, tuple[float, str]] = {}
        for link in result.links:
            strongest[link.new] = max(strongest.get(link.new, (-1.0, "")), (link.confidence, link.old))
        self.additions: dict[str, list[str]] = defaultdict(list)
        for new, (_, old) in strongest.items():
            self.additions[old].append(new)
        self.links = {(link.old, link.new): link for link in result.links}

    def by_section(self) -> Iterator[RenderableType]:
        here: tuple[Section, ...] | None = None
        tasks = [task for task in self.result.old.tasks if self.by_task[task.ref] or self._new_of(task.ref)]
        counts: dict[tuple[Section, ...], Counter[str]] = defaultdict(Counter)
        for task in tasks:
            counts[task.section].update(fate.state for fate in self.by_task[task.ref])
        for task in tasks:
            if task.section != here:
                first = here is None and self.layout.side_by_side
                if first:
                    yield self._column_heads()
                here = task.section
                yield self._section_line(here, counts[here], close=first)
            yield from self._task(task.ref)

    def sorted(self) -> Iterator[RenderableType]:
        """All old commitments by confidence or by status, without headings."""
        order = {state: rank for rank, state in enumerate(_STATES)}
        fates = sorted(
            self.result.old_commitments,
            key=lambda fate: -fate.confidence if self.layout.sort == "confidence" else order[fate.state],
        )
        yield Text()
        for fate in fates:
            yield from self._fate(fate, self.result.name(fate))

    def _column_heads(self) -> Text:
        half = self._half()
        return Text.assemble(
            "\n" + " " * _MARGIN,
            (f"{self.result.old.id + ' said':<{half + 2}}", "bold"),
            (f"{self.result.new.id} says", "bold"),
        )

    def _section_line(self, path: Sequence[Section], counted: Counter[str], close: bool) -> Text:
        tally = "   ".join(f"{mark_of(state)} {counted[state]}" for state in _STATES if counted[state])
        heading = shortened(section_path(path), max(self.layout.width - cell_len(tally) - 2, 20))
        gap = max(self.layout.width - cell_len(heading) - cell_len(tally), 1)
        return Text.assemble("" if close else "\n", (heading, "bold underline"), " " * gap, (tally, GREY))

    def _task(self, ref: str) -> Iterator[RenderableType]:
        """One old task: what changed and what is gone in lines of its own, the unchanged and the new sharing lines.

        A task of one commitment needs no line of its own.
        """
        result, outcome, fates = self.result, self.result.outcome(ref), self.by_task[ref]
        number = result.number(ref)
        partners = ", ".join(result.number(new) for new in outcome.links)
        name = f" {number} → {partners}" if partners else f" {number}"
        added = self._new_of(ref)
        alone = name if self.single[ref] else f" {result.name(fates[0])}" if fates else ""
        if len(fates) == 1 and not added and cell_len(alone) <= _MARGIN - 4:
            yield from self._fate(fates[0], alone)
        else:
            yield Text.assemble((name, "bold"), "   ", self._state_of(ref))
            changed = [fate for fate in fates if fate.state in ("escalated", "softened")]
            same = [fate for fate in fates if fate.state == "continued"]
            gone = [fate for fate in fates if fate.state in ("dropped", "undetermined")]
            for fate in (*changed, *gone, *(same if self.layout.full else ())):
                yield from self._fate(fate, f"  ({fate.letter})")
            if same and not self.layout.full:
                yield from self._sharing("continued", [self._unchanged(fate) for fate in same])
            if added:
                yield from self._new(added)
        yield from self._bodies(ref)

    def _state_of(self, ref: str) -> str:
        """What became of a task in words: `escalated, partly dropped`."""
        outcome = self.result.outcome(ref)
        if not outcome.links:
            note = " (a document to be made; it may simply be done)" if outcome.note == "one-off" else ""
            return f"{_WORDS[str(outcome.status)]}{note}"
        partly_new = any(self.result.outcome(new).partly_new for new in self.additions.get(ref, ()))
        words = [str(outcome.status)]
        words += ["partly dropped"] if outcome.partly_dropped else []
        words += ["partly new"] if partly_new else []
        return ", ".join(words)

    def _new_of(self, ref: str) -> list[Fate]:
        """The new commitments without a counterpart that stand in the tasks which take this one up."""
        return [
            fate
            for new in self.additions.get(ref, ())
            for fate in self.by_task[new]
            if fate.status is Status.NEW or (fate.status is Status.UNDETERMINED and self.layout.undetermined)
        ]

    def _unchanged(self, fate: Fate) -> Text:
        partners = ", ".join(self.result.name(self.result.fate(c.ref)) for c in fate.counterparts)
        doubt = "?" if fate.doubtful else ""
        return Text.assemble(
            (f"({fate.letter}) ", "bold"),
            f"{shortened(fate.subject, self._shared - 8)} → ",
            (f"{partners}{doubt}", GREY),
        )

    def _new(self, fates: Sequence[Fate]) -> Iterator[Text]:
        if self.layout.full:
            for fate in fates:
                yield from self._fate(fate, self.result.name(fate))
            return
        words = [
            Text.assemble((f"{self.result.name(fate)} ", "bold"), shortened(fate.text, self._shared)) for fate in fates
        ]
        yield from self._sharing("new", words)

    def _sharing(self, state: str, items: Sequence[Text]) -> Iterator[Text]:
        """Several short items on the lines that they need, behind the sign of their status."""
        room = self.layout.width - _MARGIN
        line = Text()
        first = True
        for item in items:
            if line and line.cell_len + 3 + item.cell_len > room:
                yield self._behind_sign(state if first else "", line)
                line, first = Text(), False
            if line:
                line.append("   ")
            if item.cell_len > room:
                item.truncate(room, overflow="ellipsis")
            line.append_text(item)
        if line:
            yield self._behind_sign(state if first else "", line)

    @property
    def _shared(self) -> int:
        """How long the words of one item may be, so that two share a line where there is room."""
        return max((self.layout.width - _MARGIN - 3) // (2 if self.layout.side_by_side else 1) - 8, 30)

    def _behind_sign(self, state: str, line: Text) -> Text:
        mark = (mark_of(state), SIGNS[state][1]) if state else " "
        return Text.assemble(" " * 8, mark, " " * 3, line)

    def _fate(self, fate: Fate, name: str) -> Iterator[Text]:
        """A commitment with the words of both plans, and under them the reason across the width."""
        doubt = "?" if fate.doubtful else " "
        sign = (mark_of(fate.state), SIGNS[fate.state][1])
        lead = Text.assemble((f"{name:<{_MARGIN - 4}}", "bold"), sign, f"{doubt}  ")
        room = self.layout.width - _MARGIN
        old_words, new_words = self._words(fate)
        nearest = (
            self.result.fate(fate.nearest[0]) if fate.doubtful and fate.nearest and not fate.counterparts else None
        )
        if not fate.counterparts and not self.layout.full:
            doubt_of = f"  nearest: {self.result.name(nearest)}" if nearest else ""
            words = shortened(old_words.plain, room - cell_len(doubt_of))
            gap = max(room - cell_len(words) - cell_len(doubt_of), 0) if nearest else 0
            yield Text.assemble(lead, words, " " * gap, (doubt_of, GREY))
        elif self.layout.side_by_side and fate.counterparts:
            # What did not change needs a line, no more.
            most = 1 if fate.state == "continued" and not self.layout.full else self.layout.lines
            left = self._wrapped(old_words, self._half(), most)
            right = self._wrapped(new_words, self._half(), most)
            for index in range(max(len(left), len(right))):
                one = left[index] if index < len(left) else Text()
                one.pad_right(max(self._half() + 2 - one.cell_len, 0))
                two = right[index] if index < len(right) else Text()
                yield Text.assemble(lead if index == 0 else " " * _MARGIN, one, two)
        else:
            for index, line in enumerate(self._wrapped(old_words, room)):
                yield Text.assemble(lead if index == 0 else " " * _MARGIN, line)
            for line in self._wrapped(new_words, room) if fate.counterparts else ():
                yield Text.assemble(" " * _MARGIN, line)
        if reason := reason_of(fate):
            for line in self._wrapped(Text(reason, "italic"), room):
                yield Text.assemble(" " * _MARGIN, line)
        if nearest and self.layout.full:
            words = f"doubtful: nearest is {self.result.name(nearest)} {nearest.text}"
            yield Text.assemble(" " * _MARGIN, (shortened(words, room), GREY))

    def _words(self, fate: Fate) -> tuple[Text, Text]:
        """The commitment's words, and those of its strongest counterpart with the names of all."""
        if not fate.counterparts:
            return Text(fate.text), Text()
        best = self.result.fate(fate.counterparts[0].ref)
        names = ", ".join(self.result.name(self.result.fate(c.ref)) for c in fate.counterparts)
        if self.layout.full:
            old, new = word_diff.side_by_side(fate.text, best.text)
            left, right = marked(old, self.layout.brackets), marked(new, self.layout.brackets)
        else:
            left, right = Text(fate.text), Text(best.text)
        return left, Text.assemble((f"{names} ", "bold"), right)

    def _half(self) -> int:
        return (self.layout.width - _MARGIN - 2) // 2

    def _wrapped(self, text: Text, width: int, most: int | None = None) -> list[Text]:
        """The text in lines no wider than `width`, cut at a word behind `most` of them."""
        most = most or self.layout.lines
        lines = list(text.wrap(self.console, max(width, 10)))
        if len(lines) > most:
            lines = lines[:most]
            last = lines[-1]
            last.rstrip()
            if last.cell_len > width - 2 and " " in last.plain:
                last.right_crop(len(last.plain) - last.plain.rindex(" "))
            last.append(" …")
        for line in lines:
            line.rstrip()
        return lines

    def _bodies(self, ref: str) -> Iterator[Text]:
        """Bodies that only one of two linked tasks names: said of the tasks, and with the mark of a doubtful link."""
        result = self.result
        for new in result.outcome(ref).links:
            link = self.links.get((ref, new))
            if link is None:
                continue
            doubt = "?" if link.doubtful else ""
            for keys, words in (
                (link.newly_named, f"named for task {result.number(new)} of {result.new.id}{doubt} and not for {result.number(ref)} of {result.old.id}"),
                (link.no_longer_named, f"named for task {result.number(ref)} of {result.old.id} and not for {result.number(new)} of {result.new.id}{doubt}"),
            ):  # fmt: skip
                if keys and self.layout.full:
                    names = ", ".join(body_name(key) for key in keys)
                    lines = self._wrapped(Text(f"{words}: {names}", GREY), self.layout.width - _MARGIN)
                    yield from (Text.assemble(" " * _MARGIN, line) for line in lines)

    def new_tasks(self) -> Iterator[RenderableType]:
        """New tasks that take up nothing, by section of the new plan."""
        result = self.result
        shown = [
            outcome.ref for outcome in result.tasks
            if not result.is_old(outcome.ref) and not outcome.links
            and any(fate.status is Status.NEW for fate in self.by_task[outcome.ref])
        ]  # fmt: skip
        if not shown:
            return
        yield Text(f"\nNew in {result.new.id}: no counterpart found in {result.old.id}", "bold")
        by_section: dict[tuple[Section, ...], list[Fate]] = defaultdict(list)
        for ref in shown:
            own = [fate for fate in self.by_task[ref] if fate.status is Status.NEW]
            by_section[result.task(ref).section].extend(own)
        for path, fates in by_section.items():
            yield Text(section_path(path), "bold underline")
            yield from self._new(fates)

    def undetermined(self) -> Iterator[RenderableType]:
        """What cannot be told: a count with its sections, or the commitments themselves where they are asked for."""
        result = self.result
        open_ones = [fate for fate in result.new_commitments if fate.status is Status.UNDETERMINED]
        if not open_ones:
            return
        paths = list(dict.fromkeys(result.task(fate.task).section for fate in open_ones))
        numbers = ", ".join(dict.fromkeys(section_number(path) for path in paths))
        gap = gap_in_words(result.old)
        hint = "" if self.layout.undetermined else "; --undetermined lists them"
        yield Text.assemble(
            "\n",
            (f"{mark_of('undetermined')} {len(open_ones)} commitments of {result.new.id} cannot be told", "bold"),
            f", in sections {numbers}. {gap + '. ' if gap else ''}What stood there is not known{hint}.",
        )
        if self.layout.undetermined:
            yield from self._sharing(
                "undetermined",
                [Text.assemble((f"{result.name(fate)} ", "bold"), shortened(fate.text, 60)) for fate in open_ones],
            )


def section_number(path: Sequence[Section]) -> str:
    """`3(2)`: the numbers of a section without its heading."""
    return section_path(path).split(" ")[0] if path else "(no heading)"


def reason_of(fate: Fate) -> str:
    """Why a commitment has its status, in words; "" where nothing changed or nothing is to be said."""
    if not fate.counterparts:
        return ""
    best = fate.counterparts[0]
    wanted = direction_of(best.status, best.softened)
    words: list[str] = []
    for signal in best.signals if wanted else ():
        # A renewed campaign names what is added already.
        said = any(note.endswith(signal.note.removeprefix("added")) for note in words)
        if signal.direction == wanted and not said:
            words.append(signal.note)
    if best.unclear:
        words.append(f"but {'; '.join(signal.note for signal in best.signals if signal.direction != wanted)}")
    if best.decided_by == "reviewer":
        words.append(f"reviewer: {' '.join(best.note.split())}" if best.note else "decided by a reviewer")
    return "; ".join(words)


def body_name(key: str) -> str:
    """A body as people read it: its name, or the printed one where the lexicon has none."""
    entry = loader.bodies().get(key)
    return entry.name if entry else key


def _foot(result: PlanDiff, layout: Layout) -> Iterable[RenderableType]:
    legend = Text("\n")
    for state in _STATES:
        legend.append(f"{mark_of(state)} ", SIGNS[state][1])
        legend.append(f"{'no counterpart found (not: abolished)' if state == 'dropped' else _WORDS[state]}   ")
    legend.append("a ? behind a sign: doubtful, with the nearest found   1(g): task 1, 7th commitment")
    yield legend
    counted = Counter(fate.state for fate in result.old_commitments)
    tally = "  ".join(f"{counted[state]} {mark_of(state)}" for state in _STATES if counted[state])
    example = next((fate for fate in result.old_commitments if fate.counterparts), None)
    explain = f"plancmp explain {example.ref} {example.counterparts[0].ref} · " if example else ""
    yield Text.assemble(
        f"{len(result.old_commitments)} commitments: {tally} · ",
        (f"{explain}--full  --oneline  --stat  --topic WORDS  -o diff.html", GREY),
    )


def one_line(result: PlanDiff) -> Iterator[str]:
    """One line a commitment, made for grep, fields separated by tabs: name, status, counterparts, words and reason."""
    for fate in result.commitments:
        partners = ",".join(counterpart.ref for counterpart in fate.counterparts) or "-"
        state = f"{fate.state}{'?' if fate.doubtful else ''}"
        yield "\t".join((fate.ref, state, partners, fate.text, reason_of(fate)))


def stat(result: PlanDiff, width: int) -> Iterable[RenderableType]:
    """Counts of commitments by section of either plan."""
    yield from head(result, width)
    yield Text()
    yield from _counts(result)
    for plan, fates in ((result.old, result.old_commitments), (result.new, result.new_commitments)):
        counts: dict[tuple[Section, ...], Counter[str]] = defaultdict(Counter)
        for fate in fates:
            counts[result.task(fate.task).section][fate.state] += 1
        yield Text(f"\n{plan.id}", "bold")
        for path, counted in counts.items():
            tally = "   ".join(f"{mark_of(state)} {counted[state]:>3}" for state in _STATES if counted[state])
            heading = shortened(section_path(path), max(width - cell_len(tally) - 2, 20))
            yield Text.assemble(heading, " " * max(width - cell_len(heading) - cell_len(tally), 1), (tally, GREY))
