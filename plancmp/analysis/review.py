"""A review: a session question by question, and decisions given in one go or in a filled-in file of questions."""

from __future__ import annotations

import getpass
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from .. import pipeline
from ..commitments import references, splitter
from ..embeddings import vectors
from ..errors import UsageError
from ..linkage.match_model import Alignment
from ..model import Decision, Decisions, Plan, Status, Task
from ..outcomes import decision_files, decisions, signals
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


@dataclass(slots=True)
class Session:
    """A review question by question: every decision is written at once, so that the session may end at any time.

    learn: the questions left in the order that they have after the answers so far. position: of the question in the queue, from
    0. decided: decisions written.
    """

    old: Plan
    new: Plan
    path: Path
    queue: list[ReviewItem]
    who: str = ""
    learn: Callable[[Sequence[ReviewItem], Mapping[tuple[str, str], Decision]], list[ReviewItem]] | None = None
    position: int = 0
    decided: int = 0
    answers: dict[tuple[str, str], Decision] = field(default_factory=dict)

    @property
    def question(self) -> ReviewItem | None:
        """What is asked now; None at the end of the queue."""
        return self.queue[self.position] if self.position < len(self.queue) else None

    def decide(self, status: Status | None, softened: bool = False, note: str = "") -> Decision:
        """Write down the answer to the question, a status of None meaning no link, and go on to the next."""
        asked = self.queue[self.position]
        decision = decisions.decide(asked.old, asked.new, status, softened, note, self.who)
        decision_files.set_decisions(self.path, self.old, self.new, {asked.pair: decision})
        self.decided += 1
        self.answers[asked.pair] = decision
        self.position += 1
        self._reorder()
        return decision

    def skip(self) -> None:
        """Go on to the next question without an answer."""
        self.position += 1

    def undo(self) -> bool:
        """Go back to the question before, and restore what the file said on it before the session; False at the first one."""
        if not self.position:
            return False
        self.position -= 1
        asked = self.queue[self.position]
        self.answers.pop(asked.pair, None)
        if decision_files.load_or_empty(self.path, self.old, self.new).for_pair(asked.pair) != asked.stale_decision:
            decision_files.set_decisions(self.path, self.old, self.new, {asked.pair: asked.stale_decision})
            self.decided -= 1
        self._reorder(1)
        return True

    @property
    def summary(self) -> str:
        """The outcome of the session, in one line."""
        left = [item for item in self.queue if item.pair not in self.answers]
        if not self.queue:
            return questions.in_words(left)
        kept = f"; kept in {self.path}" if self.decided else ""
        return f"{self.decided} of {len(self.queue)} decided{kept}; {questions.in_words(left)}"

    def _reorder(self, shown: int = 0) -> None:
        """Put what was not shown yet, from so many questions ahead on, in the order that it has now."""
        if self.learn is not None:
            first = self.position + shown
            self.queue[first:] = self.learn(self.queue[first:], self.answers)


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

    def session(self, progress: vectors.Progress | None = None) -> Session:
        """A session on the pairs without a decision."""
        known = self.known
        alignment = self._alignment(known, progress)
        queue = questions.candidates(self.old, self.new, alignment, known)

        def learn(left: Sequence[ReviewItem], answers: Mapping[tuple[str, str], Decision]) -> list[ReviewItem]:
            decided = replace(known, entries=(*known.entries, *answers.values()))
            found = decisions.applicable(decided, self.old, self.new).answers
            return questions.again(left, self.old, self.new, alignment, found)

        return Session(self.old, self.new, self.file, queue, self.who, learn if self.teaching else None)

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
    try:
        return getpass.getuser()
    except (OSError, KeyError, ImportError):
        # No variable names the user, and the list of users has no such number, or the system has no such list.
        return ""
