"""Text to Plan: the best reading of the document, and what follows from it: bodies, gaps, warnings, doubts.

A document is read by its own marks (tasks.py over outline.py) and as a plan of each known family (item_reader.py,
clause_reader.py); the reading that explains most of it is kept. Nothing is skipped in silence: what is not a task is a
Leftover with a reason and its lines.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

from ..lexicon import loader
from ..model import Body, Plan, Source, Task
from ..text import is_cjk
from . import annexes
from .bodies import bodies_of
from .clause_reader import read_clauses
from .clauses import CUE
from .item_reader import read_items
from .labels import is_field
from .markers import Paragraph, paragraphs
from .overrides import with_splits
from .reading import Reading, Unit
from .tasks import read_from_starts, read_tree
from .understanding import assess

__all__ = ["bodies_of", "parse"]

# A known family explains its own plans better than their marks alone do; those have to fit by this much more.
_FAMILY_FIRST = 1.02


def parse(text: str, plan_id: str, **particulars: Any) -> Plan:
    """Read a document into a Plan.

    text: the whole source, one line a source line. particulars: title, issuer, issued, covers, language, series,
    declared_tasks, source; grammar names the one known family to read it as; task_starts are the source lines on which
    the tasks begin, and splits the words with which commitments begin by the number of their task, where a reader has set
    them right by hand. What is not given is left empty.
    The plan may have no task at all: callers decide whether that is an error.
    """
    name = particulars.pop("grammar", None)
    starts = particulars.pop("task_starts", None)
    splits = particulars.pop("splits", {})
    source = paragraphs(text)
    if starts:
        best = read_from_starts(source, frozenset(starts))
    else:
        best = _best(source, name)
        annexes.leave_out(best, source)
    found = _Assembly(best, plan_id, bool(loader.first_leads().search(re.sub(r"\s+", " ", text))))
    tasks, misfits = with_splits(found.tasks, splits)
    missing, gaps = _gaps(found.tasks, best, particulars.get("declared_tasks"))
    sure = assess(found.tasks, best.outline, missing, source, str(particulars.get("title") or ""))
    fields: dict[str, Any] = {
        "title": "",
        "issuer": "",
        "issued": "",
        "covers": (0, 0),
        "language": "zh" if is_cjk("".join(task.text for task in found.tasks[:50])) else "en",
        "series": "",
        "source": Source("", None, ""),
        "declared_tasks": None,
    } | {key: value for key, value in particulars.items() if value not in (None, "")}
    return Plan(
        id=plan_id,
        tasks=tuple(tasks),
        sections=tuple(best.outline),
        missing=missing,
        gaps=gaps,
        leftovers=tuple(sorted(best.leftovers, key=lambda left: left.lines)),
        warnings=(*found.warnings, *misfits),
        doubts=tuple(doubt.words for doubt in sure.doubts),
        explained=sure.explained,
        understood=not sure.refused,
        **fields,
    )


def _best(source: list[Paragraph], name: str | None) -> Reading:
    """The reading that explains most of the document, or that of the family named."""
    families = [grammar for grammar in loader.grammars() if name in (None, grammar.name)] or loader.grammars()
    readings = [read_items(source, g) if g.unit == "item" else read_clauses(source, g) for g in families]
    best = max(readings, key=lambda reading: reading.fit)
    if name is not None:
        return best
    return _better(best, read_tree([replace(paragraph) for paragraph in source]))


def _better(family: Reading, own: Reading) -> Reading:
    """The reading as a known family, or that by the document's own marks where it has tasks and explains more."""
    if not own.units or not family.units:
        return own if own.units else family
    with_clause = [sum(bool(unit.clauses) for unit in reading.units) for reading in (family, own)]
    same = len(own.units) == len(family.units) and with_clause[0] == with_clause[1]
    if same and len(own.outline) >= len(family.outline):
        # The same tasks: their titles, and where the last of them ends, are read better by the marks alone.
        return own
    more = own.fit > family.fit * _FAMILY_FIRST or with_clause[1] > 1.2 * with_clause[0]
    return own if more else family


@dataclass(slots=True)
class _Expectations:
    """What the clauses of most tasks of a document have in common.

    clause: most tasks have one. cue: most clauses say in words that the named are responsible; one without is cut.
    """

    clause: bool
    cue: bool

    @classmethod
    def from_units(cls, units: Sequence[Unit]) -> _Expectations:
        with_clause = [unit for unit in units if unit.clauses]
        with_cue = sum(bool(CUE.search(" ".join(unit.clauses))) for unit in with_clause)
        tasks = sum(unit.kind == "task" for unit in units)
        return cls(2 * len(with_clause) > tasks, with_cue > 0.8 * max(len(with_clause), 1))


def _joined_fields(clauses: Sequence[str]) -> list[str]:
    """The clauses with fields of their own lines as one: who is responsible leads where another field names partners."""
    if len(clauses) > 1 and all(map(is_field, clauses)):
        return [("；" if is_cjk(clauses[0]) else ". ").join(clause.rstrip(" .。;；") for clause in clauses)]
    return list(clauses)


class _Assembly:
    """The tasks of a reading with their bodies and leads, and the warnings that arise.

    first_leads: the document says that the first body of each clause leads.
    """

    def __init__(self, reading: Reading, plan_id: str, first_leads: bool) -> None:
        self.warnings: list[str] = []
        self._first_leads = first_leads
        self._expected = _Expectations.from_units(reading.units)
        self._titled = not self._expected.clause and reading.numbering == "running"
        self._seen: Counter[str] = Counter()
        self.tasks = [self._task(unit, plan_id) for unit in reading.units]
        self.warnings.extend(
            f"line {left.lines[0]}: {left.reason.removeprefix('doubtful: ')}: “{left.text[:60]}”"
            for left in reading.leftovers
            if left.doubtful
        )

    def _task(self, unit: Unit, plan_id: str) -> Task:
        bodies = tuple(self._bodies(unit))
        cut = self._is_cut(unit)
        name = self._unique(unit)
        return Task(
            ref=f"{plan_id}:{name}",
            number=name,
            section=unit.sections,
            title=self._title(unit),
            text=unit.text,
            responsibility=" ".join(unit.clauses) or None,
            bodies=bodies,
            lines=(unit.first, unit.last),
            complete=not cut,
            kind=unit.kind,
        )

    def _bodies(self, unit: Unit) -> Iterator[Body]:
        found: dict[str, Body] = {}
        for clause in _joined_fields(unit.clauses):
            named, unknown = bodies_of(clause)
            for body in named:
                known = found.get(body.key)
                found[body.key] = replace(known, lead=known.lead or body.lead) if known else body
            self.warnings.extend(f"line {unit.last}: body not in the lexicon: “{piece}”" for piece in unknown)
        listed = list(found.values())
        if self._first_leads and listed and not any(body.lead for body in listed):
            listed[0] = replace(listed[0], lead=True)
        yield from listed

    def _is_cut(self, unit: Unit) -> bool:
        """True where the task's clause is cut; a clause that is cut or missing is warned of."""
        said = " ".join(unit.clauses)
        cut = unit.cut or (bool(unit.clauses) and self._expected.cue and not CUE.search(said))
        if cut:
            last = unit.clauses[-1]
            self.warnings.append(f"line {unit.last}: the responsibility clause of task {unit.number} is cut: {last}")
        elif self._expected.clause and not unit.clauses and unit.kind == "task":
            self.warnings.append(f"line {unit.last}: task {unit.number} has no responsibility clause")
        return cut

    def _unique(self, unit: Unit) -> str:
        """The task's name; a number that is used again is told apart and warned of."""
        self._seen[unit.number] += 1
        count = self._seen[unit.number]
        if count == 1:
            return unit.number
        self.warnings.append(f"line {unit.first}: the number {unit.number} is used again")
        return f"{unit.number}~{count}"

    def _title(self, unit: Unit) -> str | None:
        if unit.title is None and unit.kind == "task" and self._titled:
            sentence = re.match(r".*?[.。](?=\s|$|[^\d\s])|.*", unit.text)
            return sentence.group().rstrip(" .。") if sentence else None
        return unit.title


def _gaps(
    tasks: list[Task], reading: Reading, declared: int | None
) -> tuple[tuple[tuple[int, int], ...], tuple[tuple[int, int | None], ...]]:
    """Ranges of task numbers that are missing, and the ranges of sections in which text is missing.

    Found from what the plan declares, from jumps in running numbers, and from a last clause that is cut.
    """
    if reading.numbering != "running" or not tasks:
        return (), ()
    index_of = {path: index for index, path in enumerate(reading.outline)}
    numbered = [(int(task.number), task) for task in tasks if task.number.isdigit()]
    missing: list[tuple[int, int]] = []
    gaps: list[tuple[int, int | None]] = []
    previous, section = 0, 0
    for value, task in numbered:
        current = index_of.get(task.section, section)
        if not set(range(previous + 1, value)) <= reading.left_out:
            missing.append((previous + 1, value - 1))
            gaps.append((section, current))
        previous, section = max(previous, value), current
    if declared and declared > previous:
        missing.append((previous + 1, declared))
    if numbered and ((missing and missing[-1][1] > previous) or not numbered[-1][1].complete):
        gaps.append((section, None))
    return tuple(missing), tuple(gaps)
