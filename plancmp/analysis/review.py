"""A review: the interactive session, and decisions given on the command line or in a filled-in file of questions.

A Session draws questions with the function that it is given.
"""

from __future__ import annotations

import contextlib
import getpass
import re
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import click

from .. import decision_files, pipeline
from ..commitments import references, splitter
from ..embeddings import vectors
from ..errors import UsageError
from ..linkage.match_model import Alignment
from ..model import Decision, Decisions, Plan, Status, Task
from ..outcomes import decisions, signals
from ..plans import catalogue
from ..text import fold, normalise, printable
from . import questions
from .questions import ReviewItem

VERDICTS: dict[str, tuple[Status | None, bool]] = {
    "escalated": (Status.ESCALATED, False),
    "continued": (Status.CONTINUED, False),
    "softened": (Status.CONTINUED, True),
    "none": (None, False),
}
# A link with the status that the signals of strength give it; other words for no link.
LINK, _NO_LINK = "link", ("reject", "no link")
_STATUS_KEYS = {"e": "escalated", "c": "continued", "w": "softened"}
_KEYS = "[a]ccept  [r]eject  [s]et status  [n]ote  s[k]ip  [u]ndo  [q]uit: "


class Keyboard:
    """Keyboard input: single keys on a terminal, whole lines elsewhere. Raises EOFError at the end of the input."""

    def __init__(self) -> None:
        self._buffer = ""

    def key(self, prompt: str) -> str:
        """The next key, or the next line that is not empty."""
        if not sys.stdin.isatty():
            while not (line := self.line(prompt).strip()):
                pass
            return line.casefold()
        click.echo(prompt, err=True, nl=False)
        if not self._buffer:
            try:
                self._buffer = click.getchar()
            except OSError:
                raise EOFError from None
        # Several keys typed at once arrive together; those of an arrow key or the like are one.
        together = len(self._buffer) if self._buffer.startswith(("\x1b", "\xe0", "\x00")) else 1
        key, self._buffer = self._buffer[:together], self._buffer[together:]
        if key in ("\x03", "\x04"):
            raise KeyboardInterrupt if key == "\x03" else EOFError
        click.echo(key if key.isprintable() else "", err=True)
        return key.casefold()

    def line(self, prompt: str) -> str:
        """A line of text."""
        click.echo(prompt, err=True, nl=False)
        ahead, end, rest = re.fullmatch(r"([^\r\n]*)([\r\n]?)(.*)", self._buffer, re.DOTALL).groups()  # type: ignore[union-attr]
        self._buffer = rest
        if end:
            return ahead
        if not (read := sys.stdin.readline()):
            raise EOFError
        return ahead + read.rstrip("\r\n")


@dataclass(slots=True)
class Session:
    """An interactive review: every decision is written at once, so that the session may end at any time.

    show: draws a question, given its position in the queue, from 1, and the length. learn: the questions left in the order
    that they have after the answers so far. decided: decisions written.
    """

    old: Plan
    new: Plan
    path: Path
    queue: list[ReviewItem]
    show: Callable[[ReviewItem, int, int], None]
    who: str = ""
    learn: Callable[[Sequence[ReviewItem], Mapping[tuple[str, str], Decision]], list[ReviewItem]] | None = None
    decided: int = 0
    answers: dict[tuple[str, str], Decision] = field(default_factory=dict)

    def run(self, keyboard: Keyboard) -> None:
        """Ask until the queue is empty or the reviewer quits. Raises EOFError if the input ends before."""
        position, shown, note = 0, -1, ""
        while position < len(self.queue):
            candidate = self.queue[position]
            if shown != position:
                self.show(candidate, position + 1, len(self.queue))
                shown, note = position, ""
            key = keyboard.key(_KEYS)
            verdict: tuple[Status | None, bool] | None = None
            if key == "q":
                return
            elif key == "n":
                note = keyboard.line("note: ")
            elif key == "u" and position:
                position -= 1
                self._undo(self.queue[position])
                self._reorder(position + 1)
            elif key == "u":
                click.echo("nothing to undo", err=True)
            elif key == "k":
                position += 1
            elif key == "a":
                verdict = (candidate.link.status, candidate.link.softened)
            elif key == "r":
                verdict = VERDICTS["none"]
            elif key == "s":
                chosen = keyboard.key("[e]scalated  [c]ontinued  [w] continued, softened: ")
                verdict = VERDICTS.get(_STATUS_KEYS.get(chosen, ""))
                if verdict is None:
                    click.echo("no status set", err=True)
            elif key.strip():
                click.echo(f"no such key; {_KEYS.rstrip(': ')}", err=True)
            if verdict is not None:
                self._store(candidate, decisions.decide(candidate.old, candidate.new, *verdict, note, self.who))
                position += 1
                self._reorder(position)

    @property
    def summary(self) -> str:
        """The outcome of the session, in one line."""
        left = [item for item in self.queue if item.pair not in self.answers]
        if not self.queue:
            return questions.in_words(left)
        kept = f"; kept in {self.path}" if self.decided else ""
        return f"{self.decided} of {len(self.queue)} decided{kept}; {questions.in_words(left)}"

    def _store(self, candidate: ReviewItem, decision: Decision) -> None:
        decision_files.set_decisions(self.path, self.old, self.new, {candidate.pair: decision})
        self.decided += 1
        self.answers[candidate.pair] = decision
        click.echo(f"{candidate.old.ref} → {candidate.new.ref}: {decision.outcome}", err=True)

    def _reorder(self, position: int) -> None:
        """Put what was not shown yet in the order that it has now."""
        if self.learn is not None:
            self.queue[position:] = self.learn(self.queue[position:], self.answers)

    def _undo(self, candidate: ReviewItem) -> None:
        """Restore what the file said on this pair before the session."""
        self.answers.pop(candidate.pair, None)
        if (
            decision_files.load_or_empty(self.path, self.old, self.new).for_pair(candidate.pair)
            != candidate.stale_decision
        ):
            decision_files.set_decisions(self.path, self.old, self.new, {candidate.pair: candidate.stale_decision})
            self.decided -= 1


@dataclass(frozen=True, slots=True)
class Row:
    """A row of a filled-in file of questions: where it stands, for messages, and what stands in it.

    old, new: names of the tasks or commitments. old_text, new_text: their texts when the file was written; None where the
    file does not say. verdict: a word of `VERDICTS`, "link", or "" for no answer. problem: why the row cannot be read.
    """

    place: str
    old: str = ""
    new: str = ""
    old_text: str | None = None
    new_text: str | None = None
    verdict: str = ""
    note: str = ""
    problem: str = ""


@dataclass(frozen=True, slots=True)
class Taken:
    """What became of a filled-in file: a line for each decision made, and one for each row that could not be taken.

    unanswered: rows without a verdict. known: rows that say what was decided before.
    """

    decided: tuple[str, ...]
    refused: tuple[str, ...]
    unanswered: int
    known: int


@dataclass(frozen=True, slots=True)
class _Target:
    """A task of either plan, or the commitment with this index in it."""

    task: Task
    inside: int | None = None

    @property
    def name(self) -> str:
        return self.task.number if self.inside is None else references.name_of(self.task.number, self.inside)

    @property
    def text(self) -> str:
        return self.task.full_text if self.inside is None else splitter.split_task(self.task)[self.inside].display


@dataclass(frozen=True, slots=True)
class DecisionEditor:
    """Edits the decisions on two plans. names: the plans as the user named them; path None: the user's own file.

    teaching: the questions learn from what is decided.
    """

    old: Plan
    new: Plan
    names: tuple[str, str]
    path: Path | None = None
    who: str = ""
    teaching: bool = True

    @property
    def file(self) -> Path:
        return self.path or decision_files.default_path(self.old, self.new)

    @property
    def known(self) -> Decisions:
        """The decisions in the file, which need not exist yet."""
        return replace(decision_files.load_or_empty(self.file, self.old, self.new), teaching=self.teaching)

    def questions(self, progress: vectors.Progress | None = None) -> list[ReviewItem]:
        """The pairs without a decision, the most valuable first."""
        known = self.known
        return questions.candidates(self.old, self.new, self._alignment(known, progress), known)

    def session(
        self, show: Callable[[ReviewItem, int, int], None], progress: vectors.Progress | None = None
    ) -> Session:
        """An interactive session on the pairs without a decision."""
        known = self.known
        alignment = self._alignment(known, progress)
        queue = questions.candidates(self.old, self.new, alignment, known)

        def learn(left: Sequence[ReviewItem], answers: Mapping[tuple[str, str], Decision]) -> list[ReviewItem]:
            decided = replace(known, entries=(*known.entries, *answers.values()))
            found = decisions.applicable(decided, self.old, self.new).answers
            return questions.again(left, self.old, self.new, alignment, found)

        return Session(self.old, self.new, self.file, queue, show, self.who, learn if self.teaching else None)

    def apply(self, given: Sequence[str], forget: Sequence[str], note: str = "") -> list[str]:
        """Apply `--set 2021:30=2024:31:escalated` and `--forget 2021:30=2024:31`; returns a line for each.

        Both take commitments as well: `2021:1e=2024:3b`. Raises UsageError for an invalid argument; then nothing is changed.
        """
        known, wanted = self.known, [self._stated(text) for text in given]
        forgotten = [(first.name, second.name) for first, second in map(self._pair, forget)]
        for pair in forgotten:
            if known.for_pair(pair) is None:
                raise UsageError(f"there is no decision on {self._named(pair)} to forget")
        changes: dict[tuple[str, str], Decision | None] = dict.fromkeys(forgotten)
        changes |= {decision.pair: decision for decision in self._decided([(*pair, note) for pair in wanted])}
        decision_files.set_decisions(self.file, self.old, self.new, changes)
        return [
            f"{self._named(pair)}: {decision.outcome if decision else 'forgotten'}"
            for pair, decision in changes.items()
        ]

    def take(self, rows: Iterable[Row], overwrite: bool = False) -> Taken:
        """Keep the verdicts of a filled-in file of questions.

        What was decided before stays as it is; a row that says otherwise is refused, unless overwrite is set.
        """
        known = {decision.pair: decision for decision in self.known.entries}
        wanted: dict[tuple[str, str], tuple[_Target, _Target, str, str]] = {}
        places: dict[tuple[str, str], str] = {}
        refused, unanswered, same = [], 0, 0
        for row in rows:
            if not (row.problem or row.verdict):
                unanswered += 1
                continue
            try:
                first, second, verdict = self._answer(row)
                pair = (first.name, second.name)
                if pair in places:
                    raise UsageError(f"{self._named(pair)} is answered in {places[pair]} already")
            except UsageError as error:
                refused.append(f"{row.place}: {error.message}")
                continue
            before = known.get(pair)
            if before is not None and decisions.misfit(before, self.old, self.new) is None:
                if (verdict == LINK and before.status is not None) or VERDICTS.get(verdict) == (
                    before.status,
                    before.softened,
                ):
                    same += 1
                    continue
                if not overwrite:
                    whose = "; ".join(filter(None, (before.who, before.when[:10])))
                    said = f"“{before.outcome}”" + (f" ({whose})" if whose else "")
                    refused.append(
                        f"{row.place}: {self._named(pair)} was decided as {said} before; --overwrite replaces it"
                    )
                    continue
            places[pair], wanted[pair] = row.place, (first, second, verdict, row.note)
        made = self._decided(list(wanted.values()))
        if made:
            decision_files.set_decisions(self.file, self.old, self.new, {decision.pair: decision for decision in made})
        lines = tuple(f"{self._named(decision.pair)}: {decision.outcome}" for decision in made)
        return Taken(lines, tuple(map(printable, refused)), unanswered, same)

    def lines(self) -> list[str]:
        """The decisions, one per line: pair, verdict, date, reviewer, note, and the reason if it does not apply."""
        lines = []
        for decision in self.known.entries:
            facts = "; ".join(filter(None, (decision.outcome, decision.when[:10], decision.who, decision.note)))
            misfit = decisions.misfit(decision, self.old, self.new)
            lines.append(f"{self._named(decision.pair)}: {facts}" + (f" ! {misfit}" if misfit else ""))
        return [normalise(printable(line)) for line in lines]

    def _alignment(self, known: Decisions, progress: vectors.Progress | None = None) -> Alignment:
        """The confidences before anything is learned; what is decided is compared in any case."""
        rows, columns = ({t.number: position for position, t in enumerate(plan.tasks)} for plan in (self.old, self.new))
        stale = {(rows[d.old], columns[d.new]) for d in known.entries if d.old in rows and d.new in columns}
        decided = decisions.applicable(known, self.old, self.new).task_pairs
        return pipeline.score_pair(self.old, self.new, progress=progress, always=stale | decided)

    def _named(self, pair: tuple[str, str]) -> str:
        return f"{self.old.id}:{pair[0]} → {self.new.id}:{pair[1]}"

    def _stated(self, text: str) -> tuple[_Target, _Target, str]:
        """The pair and the verdict of `2021:30=2024:31:escalated`; without a verdict it is a link."""
        names, _, word = text.rpartition(":")
        if (verdict := _verdict(word)) is not None and "=" in names:
            return *self._pair(names), verdict
        number = text.rpartition("=")[2].rpartition(":")[2].strip()
        if "=" in text and re.fullmatch(r"\w*\d[\w.]*(\([a-z]+\))?", number):
            return *self._pair(text), LINK
        form = f"{self.names[0]}:NUMBER={self.names[1]}:NUMBER:VERDICT"
        raise UsageError(f"“{text}” is no decision: write {form}, the verdict being {_verdicts()}")

    def _answer(self, row: Row) -> tuple[_Target, _Target, str]:
        """The pair and the verdict of a row. Raises UsageError where it has none, or is about another text."""
        if row.problem:
            raise UsageError(row.problem)
        if (verdict := _verdict(row.verdict)) is None:
            raise UsageError(f"“{row.verdict}” is no verdict: write {_verdicts()}")
        first, second = self._pair(f"{row.old}={row.new}")
        for target, text in ((first, row.old_text), (second, row.new_text)):
            # A workbook puts an apostrophe before what would be a formula, and holds no text of any length.
            said, reads = (fold(printable(words)).lstrip("'") for words in (text or "", target.text))
            if reads[: len(said)] != said:
                raise UsageError(f"{target.task.ref} reads otherwise than in the file: ask again")
        return first, second, verdict

    def _decided(self, wanted: Sequence[tuple[_Target, _Target, str, str]]) -> list[Decision]:
        """Decisions on these pairs, each with its verdict and note."""
        links = [(first, second) for first, second, verdict, _ in wanted if verdict == LINK]
        statuses = self._statuses(links) if links else {}
        made = []
        for first, second, verdict, note in wanted:
            given = statuses[first.name, second.name] if verdict == LINK else VERDICTS[verdict]
            inside = None
            if first.inside is not None and second.inside is not None:
                inside = (first.inside, second.inside)
            made.append(decisions.decide(first.task, second.task, *given, note, self.who, inside))
        return made

    def _statuses(self, pairs: Sequence[tuple[_Target, _Target]]) -> dict[tuple[str, str], tuple[Status, bool]]:
        """The status that the signals of strength give each of these pairs when it is a link."""
        tasks = [(self.old.tasks.index(first.task), self.new.tasks.index(second.task)) for first, second in pairs]
        alignment = pipeline.score_pair(self.old, self.new, always=tasks)
        alignment = replace(alignment, links=sorted({*alignment.links, *tasks}))
        # Two commitments are paired by a decision on them; its status is not looked at.
        provisional = [
            decisions.decide(first.task, second.task, Status.CONTINUED, commitments=(first.inside, second.inside))
            for first, second in pairs
            if first.inside is not None and second.inside is not None
        ]
        known = Decisions(self.old.id, self.new.id, tuple(provisional), teaching=False)
        result = pipeline.judge(self.old, self.new, alignment, known)
        found = {
            (result.task(link.old).number, result.task(link.new).number): (link.status, link.softened)
            for link in result.links
        }
        number = {fate.ref: fate.ref.partition(":")[2] for fate in result.commitments}
        for fate in result.old_commitments:
            for counterpart in fate.counterparts:
                found[number[fate.ref], number[counterpart.ref]] = signals.balance(counterpart.signals)
        return found

    def _pair(self, text: str) -> tuple[_Target, _Target]:
        """The two tasks of `2021:30=2024:31` or `30=31`, or the two commitments of `2021:1e=2024:3b`."""
        first, equals, second = text.partition("=")
        if not equals:
            raise UsageError(f"“{text}” names no pair of tasks: write {self.names[0]}:NUMBER={self.names[1]}:NUMBER")
        found = self._target(first, 0), self._target(second, 1)
        if (found[0].inside is None) != (found[1].inside is None):
            raise UsageError(f"“{text}” pairs a task with a commitment: name two tasks, or two commitments")
        return found

    def _target(self, text: str, side: int) -> _Target:
        plan, name = (self.old, self.new)[side], self.names[side]
        number = text = text.strip()
        stated, colon, rest = next(
            (text.partition(f"{known}:") for known in (name, plan.id) if text.startswith(f"{known}:")),
            text.partition(":"),
        )
        if stated and plan.task(normalise(stated)) is not None:
            pass  # the colon of a commitment of a task whose number ends in a letter
        elif colon and (not stated or catalogue.resolve(stated).plan_id == plan.id):
            number = rest
        elif colon:
            raise UsageError(f"“{text}” is a task of another plan than {name}: the order is that of OLD and NEW")
        number = normalise(number)
        if (task := plan.task(number)) is not None:
            return _Target(task)
        of_task, letter = references.split_name(f"{plan.id}:{number}")
        task = plan.task(of_task.removeprefix(f"{plan.id}:"))
        if task is None:
            raise UsageError(
                f"{plan.id} has no task “{number}”: it has {plan.tasks[0].number} to {plan.tasks[-1].number}"
            )
        count = len(splitter.split_task(task))
        if letter is None or references.index_of(letter) >= count:
            raise UsageError(f"{task.ref} has no commitment “{letter}”: it has a to {references.letter_of(count - 1)}")
        return _Target(task, references.index_of(letter))


def _verdict(word: str) -> str | None:
    """The verdict that a word means, or None."""
    said = fold(word)
    if said in _NO_LINK:
        return "none"
    return said if said == LINK or said in VERDICTS else None


def _verdicts() -> str:
    return ", ".join((LINK, *VERDICTS))


def login_name() -> str:
    """The user's login name, or "" if the system does not know it."""
    with contextlib.suppress(Exception):
        return getpass.getuser()
    return ""
