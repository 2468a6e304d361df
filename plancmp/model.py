"""The nouns of plancmp as frozen values. Standard library only."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum


class Status(StrEnum):
    """What became of a commitment (CODEBOOK "Status")."""

    ESCALATED = "escalated"
    CONTINUED = "continued"
    DROPPED = "dropped"
    NEW = "new"
    UNDETERMINED = "undetermined"


# Every word by which a reader can ask for what became of a commitment.
STATUSES = (*map(str, Status), "softened", "doubtful", "partly-dropped", "partly-new")


@dataclass(frozen=True, slots=True)
class Section:
    """One heading of the outline: its number and words as printed, and its source line (1-based)."""

    number: str
    heading: str
    line: int


@dataclass(frozen=True, slots=True)
class Body:
    """A responsible body as one clause names it.

    id: canonical id of the lexicon, or None where the lexicon does not know the name.
    lead: True only where the plan itself says who leads.
    doubtful: the printed form is a known mistranslation whose reading is not certain.
    """

    id: str | None
    name: str
    as_printed: str
    lead: bool = False
    doubtful: bool = False

    @property
    def key(self) -> str:
        """What identifies the body across plans: the id, or the printed name where there is none."""
        return self.id or self.as_printed.casefold()


@dataclass(frozen=True, slots=True)
class Commitment:
    """One promise inside a task: an action, its strength, an object (CODEBOOK "Units").

    span: character offsets into Task.text. text: the words compared; where several objects share one verb
    ("Promote the revision of A, B and C") it is the verb phrase followed by this object.
    stage: rung of the policy ladder (see lexicon/stages.toml) or None where the verb stands on none.
    intensity: step on the scale of words, 0 being plain. campaigns: ids of the named campaigns in it.
    stage_words and intensity_words are the words both rest on, as printed.
    shown: the text as people see it where that is another one: with an ellipsis where the verb stands earlier, or where
    words that belong to it stand later ("Promote the revision of … B").
    is_promise: False for narration about the past, background, definitions and purposes.
    """

    span: tuple[int, int]
    text: str
    stage: int | None = None
    stage_words: str = ""
    intensity: int = 0
    intensity_words: str = ""
    campaigns: frozenset[str] = frozenset()
    shown: str = ""
    is_promise: bool = True

    @property
    def display(self) -> str:
        """The text as people see it."""
        return self.shown or self.text


@dataclass(frozen=True, slots=True)
class Task:
    """One numbered item, titled paragraph or box of a plan.

    ref: `plan id:name`, unique in the plan. number: as printed, or the place in the outline.
    text: white space normalised, without the responsibility clause. lines: first and last source line, 1-based.
    complete: False where the text or the clause is cut.
    kind: task, box, objective, indicator or requirement. begins: character offsets into the text at which its commitments
    begin, where a reader has set them by hand; empty where the program splits the task.
    other_edition: read in the plan's other edition, because the one at hand is cut there; its lines are those of that one.
    """

    ref: str
    number: str
    section: tuple[Section, ...]
    title: str | None
    text: str
    responsibility: str | None
    bodies: tuple[Body, ...]
    lines: tuple[int, int]
    complete: bool = True
    kind: str = "task"
    begins: tuple[int, ...] = ()
    other_edition: bool = False

    @property
    def full_text(self) -> str:
        """Title and text, as compared and searched; the title is not repeated where the text begins with it."""
        if self.title and not self.text.startswith(self.title):
            return f"{self.title}. {self.text}" if self.text else self.title
        return self.text


@dataclass(frozen=True, slots=True)
class Leftover:
    """Source text that is not a task: why (front matter, heading, doubtful ...), its lines and words."""

    reason: str
    text: str
    lines: tuple[int, int]

    @property
    def doubtful(self) -> bool:
        return self.reason.startswith("doubtful")


@dataclass(frozen=True, slots=True)
class Source:
    """Where a plan's text came from.

    url: its address on the web, or None. sha256: digest of the file, or of the text kept of it. retrieved: when it was
    fetched from its address, YYYY-MM-DDTHH:MM:SSZ, or None.
    """

    file: str
    url: str | None
    sha256: str
    retrieved: str | None = None

    @property
    def cited(self) -> str:
        """The address and the time at which it was fetched, as citations give them; "" for a file of the user's."""
        if not self.url or not self.retrieved:
            return self.url or ""
        return f"{self.url}, retrieved {self.retrieved[:10]} {self.retrieved[11:16]} UTC"


@dataclass(frozen=True, slots=True)
class Edition:
    """Another edition of a plan, such as its original: title, language, where its text came from."""

    title: str
    language: str
    source: Source


@dataclass(frozen=True, slots=True)
class Plan:
    """A parsed document.

    declared_tasks: how many tasks the document says it has, or None.
    missing: ranges of task numbers that the text lacks, both ends included.
    tasks: a tuple, or for a plan that a history speaks of a sequence like it, which is read when asked for.
    gaps: ranges of indexes into `sections` in which text is missing; an open end (None) runs past the last section.
    leftovers: every piece of the source that is not in a task, so that nothing is lost in silence.
    doubts: signs that the document was not understood, in words. explained: share of its text, front matter aside, that
    is in tasks and headings. understood: False where the signs are so strong that the tasks should not be relied on.
    other_edition: the one in which some of its tasks were read, or None.
    """

    id: str
    title: str
    issuer: str
    issued: str
    covers: tuple[int, int]
    language: str
    series: str
    source: Source
    declared_tasks: int | None
    tasks: Sequence[Task]
    sections: tuple[tuple[Section, ...], ...]
    missing: tuple[tuple[int, int], ...] = ()
    gaps: tuple[tuple[int, int | None], ...] = ()
    leftovers: tuple[Leftover, ...] = ()
    warnings: tuple[str, ...] = ()
    doubts: tuple[str, ...] = ()
    explained: float = 1.0
    understood: bool = True
    other_edition: Edition | None = None

    def source_of(self, task: Task) -> Source:
        """Where the text of one of its tasks came from."""
        return self.other_edition.source if task.other_edition and self.other_edition else self.source

    @property
    def whole(self) -> bool:
        """True where nothing of the plan's own text is known to be missing."""
        return not self.gaps

    def task(self, number: str) -> Task | None:
        """The task with this number (`31`, `4.2`, `box5`), or None."""
        return next((task for task in self.tasks if task.number == number), None)


@dataclass(frozen=True, slots=True)
class Signal:
    """One reason for a status: kind and direction (CODEBOOK "Signals of strength"), the words of both sides."""

    kind: str
    direction: str
    old_text: str
    new_text: str
    note: str


@dataclass(frozen=True, slots=True)
class Counterpart:
    """A commitment of the other plan that is taken for the same commitment.

    ref: its name, such as `2024:3a`. confidence: probability, 0 to 1, that a careful reader would pair the two.
    doubtful: inside the band of doubt. unclear: signals of strength point both ways, so that the status is arguable.
    decided_by: model or reviewer; note: the reviewer's.
    """

    ref: str
    confidence: float
    doubtful: bool
    status: Status
    softened: bool
    signals: tuple[Signal, ...] = ()
    unclear: bool = False
    decided_by: str = "model"
    note: str | None = None


@dataclass(frozen=True, slots=True)
class Fate:
    """What became of one commitment, or where it came from (CODEBOOK "Fate of a commitment").

    ref: its name, such as `2021-2022:1e`; task: that of its task. span: character offsets into the task's text.
    text: as shown, with its verb. status: that of the strongest counterpart; softened only where all counterparts are.
    confidence: probability, 0 to 1, that the status is right; of dropped and new, that there is no counterpart.
    complete: False where the text is cut inside the commitment. text_hash: a short hash of its words, by which a
    citation is found again when a later version cuts the task otherwise.
    nearest: the best candidate and its confidence, where there is no counterpart. note: `one-off` or None.
    subject: what it is about in a few words. named: it is about a law, another named document or a named campaign.
    """

    ref: str
    task: str
    span: tuple[int, int]
    text: str
    status: Status
    softened: bool
    unclear: bool
    confidence: float
    doubtful: bool
    complete: bool
    text_hash: str
    counterparts: tuple[Counterpart, ...] = ()
    nearest: tuple[str, float] | None = None
    note: str | None = None
    subject: str = ""
    named: bool = False

    @property
    def letter(self) -> str:
        """What names the commitment inside its task: `e` of `2021-2022:1e`."""
        return self.ref.removeprefix(self.task).removeprefix(":")

    @property
    def state(self) -> str:
        """The status in one word, `softened` where it is continued with less strength."""
        return "softened" if self.softened and self.status is Status.CONTINUED else str(self.status)


@dataclass(frozen=True, slots=True)
class CommitmentLink:
    """A commitment of the old task and what became of it in the new one; a span is None where one side has none."""

    old_span: tuple[int, int] | None
    new_span: tuple[int, int] | None
    status: Status


@dataclass(frozen=True, slots=True)
class Link:
    """An old and a new task that share at least one commitment: the task pair of some counterparts.

    status: escalated where any of the pairings is; softened: continued, and the surest pairing lost strength.
    confidence: calibrated probability, 0 to 1, that a careful reader would link the two.
    scores: the named comparisons that the confidence rests on, each 0 to 1. doubtful: inside the band of doubt.
    split: other new tasks that take up commitments of the old one; merge: other old tasks that the new one takes up.
    newly_named, no_longer_named: canonical ids of bodies that only the new, or only the old task names.
    """

    old: str
    new: str
    status: Status
    softened: bool
    confidence: float
    scores: dict[str, float]
    signals: tuple[Signal, ...] = ()
    commitments: tuple[CommitmentLink, ...] = ()
    decided_by: str = "model"
    doubtful: bool = False
    note: str | None = None
    split: tuple[str, ...] = ()
    merge: tuple[str, ...] = ()
    newly_named: tuple[str, ...] = ()
    no_longer_named: tuple[str, ...] = ()

    @property
    def state(self) -> str:
        """The status in one word, `softened` where it is continued with less strength."""
        return "softened" if self.softened and self.status is Status.CONTINUED else str(self.status)


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one task, worked out from its commitments that are linked.

    nearest: the best candidate on the other side and its score, where no link was found.
    partly_dropped, partly_new: some of its commitments have no counterpart though others have.
    """

    ref: str
    status: Status
    confidence: float
    note: str | None = None
    links: tuple[str, ...] = ()
    nearest: tuple[str, float] | None = None
    partly_dropped: bool = False
    partly_new: bool = False


@dataclass(frozen=True, slots=True)
class Ancestor:
    """A task or commitment of an older plan that a match of a query continues. The fields are those of Link.

    of: the matched commitment that continues it; "" where it is the task.
    """

    ref: str
    status: Status
    softened: bool
    confidence: float
    doubtful: bool
    decided_by: str = "model"
    of: str = ""

    @property
    def state(self) -> str:
        """The status in one word, `softened` where it is continued with less strength."""
        return "softened" if self.softened and self.status is Status.CONTINUED else str(self.status)


@dataclass(frozen=True, slots=True)
class Entry:
    """One match of a query: the task, how it matched, and what it continues in older plans.

    match: exact (the query's own words), synonym (the lexicon's words for them), partial (a part of the query), or
    semantic (near in meaning). words and spans: the words that matched and their places in Task.full_text.
    matched: names of the commitments in which the words stand; empty where it is the task as a whole. matched_status: the
    status of each of them, as status is the task's. ancestors: what these, or else the task, continue in older plans, each
    with its own status.
    continued_by: the tasks of newer plans that continue it. ends: names of the newer plans of which none continues it, where
    their texts are whole; ends_unknown: the same where one of them is cut.
    """

    plan: Plan
    task: Task
    match: str
    score: float
    words: tuple[str, ...] = ()
    continues: tuple[str, ...] = ()
    status: Status | None = None
    spans: tuple[tuple[int, int], ...] = ()
    matched: tuple[str, ...] = ()
    matched_status: tuple[Status | None, ...] = ()
    ancestors: tuple[Ancestor, ...] = ()
    continued_by: tuple[str, ...] = ()
    ends: tuple[str, ...] = ()
    ends_unknown: bool = False


@dataclass(frozen=True, slots=True)
class Decision:
    """What a reviewer says about one pair of tasks, or of commitments.

    old and new: task numbers, with a letter for a commitment (`1e`). status: that of the link, or None for “no link”. when: ISO date and time, or "".
    sha256: short hashes of the two texts decided on, or None for a decision on whatever the texts say.
    """

    old: str
    new: str
    status: Status | None
    softened: bool = False
    note: str = ""
    who: str = ""
    when: str = ""
    sha256: tuple[str, str] | None = None

    @property
    def pair(self) -> tuple[str, str]:
        return self.old, self.new

    @property
    def verdict(self) -> str:
        return "no link" if self.status is None else "link"

    @property
    def outcome(self) -> str:
        """The verdict in one word or two: escalated, continued, softened, no link."""
        return "softened" if self.softened else str(self.status or self.verdict)


@dataclass(frozen=True, slots=True)
class Decisions:
    """All decisions on the links between two plans, each pair of tasks or commitments decided once.

    teaching: the other pairs of the comparison may be learned from them.
    """

    old_plan: str
    new_plan: str
    entries: tuple[Decision, ...] = ()
    teaching: bool = True

    def for_pair(self, pair: tuple[str, str]) -> Decision | None:
        """The decision on this pair of numbers, if there is one."""
        return next((decision for decision in self.entries if decision.pair == pair), None)
