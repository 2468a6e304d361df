"""The corpus of made-up plans in tests/plans and the measures of how well they are read.

Each folder holds a document, `doc.*`, and its true outline, `truth.json` (tests/plans/FORMAT.md explains the fields).
"""

from __future__ import annotations

import functools
import json
import re
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

from plancmp.model import Plan, Task
from plancmp.plans import catalogue

_LAST_FIELD = re.compile(r"\s*(?:\b[A-Z][A-Za-z ]{1,30}|[\u4e00-\u9fff]{2,8})[:：][^:：]*$")
CORPUS = Path(__file__).parent / "plans"


@dataclass(slots=True)
class Counts:
    """Right answers, answers given and answers due of one question."""

    right: int = 0
    given: int = 0
    due: int = 0

    def add(self, given: Counter, due: Counter) -> None:
        self.right += (given & due).total()
        self.given += given.total()
        self.due += due.total()

    @property
    def f1(self) -> float:
        """The harmonic mean of precision and recall; 1 where nothing is due and nothing was given."""
        return 2 * self.right / (self.given + self.due) if self.given + self.due else 1.0


@dataclass(slots=True)
class Score:
    """What one reading, or several together, got right. wrong: what differs, in words."""

    tasks: Counts = field(default_factory=Counts)
    names: Counts = field(default_factory=Counts)
    places: Counts = field(default_factory=Counts)
    headings: Counts = field(default_factory=Counts)
    leads: Counts = field(default_factory=Counts)
    bodies: Counts = field(default_factory=Counts)
    metadata: Counts = field(default_factory=Counts)
    wrong: list[str] = field(default_factory=list)

    def include(self, other: Score) -> None:
        for name in ("tasks", "names", "places", "headings", "leads", "bodies", "metadata"):
            mine, theirs = getattr(self, name), getattr(other, name)
            mine.right += theirs.right
            mine.given += theirs.given
            mine.due += theirs.due
        self.wrong += other.wrong


def squeezed(text: str) -> str:
    """The text without white space, markup and the marks that different printings set differently."""
    return re.sub(r"[\s*_#`\\|.。:：]+", "", text).casefold()


def body_key(name: str) -> str:
    return squeezed(re.sub(r"^the\s+", "", name.strip(), flags=re.IGNORECASE)).replace("’", "'")


def folders() -> list[Path]:
    return sorted(path.parent for path in CORPUS.glob("*/truth.json"))


def document_of(folder: Path) -> Path:
    return next(path for path in sorted(folder.iterdir()) if path.stem == "doc")


def truth_of(folder: Path) -> dict:
    return json.loads((folder / "truth.json").read_text("utf-8"))


@functools.cache
def read(folder: Path) -> Plan:
    """The plan as read, with no regard to doubts. Raises DocumentError where no task is found."""
    return catalogue.from_file(document_of(folder), read_anyway=True)


def _shown(task: Task) -> str:
    """The task as compared, without a deadline or budget that stood in a column or field of its own."""
    # A deadline or budget from a column of its own is stated behind the text, as a quantity of the commitment.
    return squeezed(re.sub(r"\s*[（(][^（）()]{2,20}[：:][^（）()]*[)）]$", "", task.full_text))


def _begins(task: Task, words: str) -> bool:
    titled = squeezed(f"{task.title or ''} {task.text}")
    return any(text.startswith(words) for text in (_shown(task), squeezed(task.full_text), titled))


def score(plan: Plan | None, truth: dict) -> Score:
    """Compare a reading with the truth; None is a document that was refused."""
    result = Score()
    tasks = list(plan.tasks) if plan else []
    wanted = truth["tasks"]
    unused = dict(enumerate(tasks))
    result.tasks.given, result.tasks.due = len(tasks), len(wanted)
    for due in wanted:
        start, end = squeezed(due["starts_with"]), squeezed(due["ends_with"])
        # The clause of a part of the task, which the truth keeps, is taken out of the text.
        bare = squeezed(re.split(r"[（(][^（）()]*(?:负责|牵头|局|部|委)", due["starts_with"])[0])
        index = next((i for i, task in unused.items() if any(_begins(task, words) for words in (start, bare))), None)
        if index is None:
            result.wrong.append(f"task {due['name']} not found: {due['starts_with']}")
            result.leads.due += len(due["lead"])
            result.bodies.due += len(due["lead"]) + len(due["others"])
            continue
        task = unused.pop(index)
        without_facts = [task.full_text]
        for _ in range(3):
            without_facts.append(_LAST_FIELD.sub("", without_facts[-1]))
        bare_end = squeezed(
            re.sub(r"^.*?(?:负责|牵头)[)）]|[（(][^（）()]*(?:负责|牵头)[^（）()]*[)）]", "", due["ends_with"])
        )
        if any(
            squeezed(text).endswith((end, bare_end if len(bare_end) > 3 else end))
            for text in (_shown(task), *without_facts)
        ):
            result.tasks.right += 1
        else:
            result.wrong.append(f"task {due['name']} ends in “{task.full_text[-30:]}”, not in “{due['ends_with']}”")
        result.names.due += 1
        result.names.given += 1
        result.names.right += task.number == due["name"]
        if task.number != due["name"]:
            result.wrong.append(f"task {due['name']} is named {task.number}")
        path = [squeezed(truth["headings"][i]["text"]) for i in due["heading"]]
        result.places.due += 1
        result.places.given += 1
        found_path = [squeezed(section.heading) for section in task.section]
        result.places.right += found_path == path
        if found_path != path:
            result.wrong.append(f"task {due['name']} stands under {found_path}, not {path}")
        leads = Counter(body_key(body.as_printed) for body in task.bodies if body.lead)
        bodies = Counter(body_key(body.as_printed) for body in task.bodies)
        due_leads = Counter(map(body_key, due["lead"]))
        due_bodies = Counter(map(body_key, {*due["lead"], *due["others"]}))
        result.leads.add(leads, due_leads)
        result.bodies.add(bodies, due_bodies)
        if (leads, bodies) != (due_leads, due_bodies):
            result.wrong.append(
                f"task {due['name']}: leads {sorted(leads)} of {sorted(bodies)}, not {sorted(due_leads)} of {sorted(due_bodies)}"
            )
    for task in unused.values():
        result.wrong.append(f"task {task.number} is none: {task.full_text[:50]}")
    found = Counter(
        {(section.line, squeezed(section.heading)): 1 for path in (plan.sections if plan else ()) for section in path}
    )
    given = Counter(heading for _, heading in found.elements())
    due_headings = Counter(squeezed(heading["text"]) for heading in truth["headings"])
    result.headings.add(given, due_headings)
    if given != due_headings:
        result.wrong.append(f"headings lost {sorted(due_headings - given)}, invented {sorted(given - due_headings)}")
    for key in ("title", "issuer", "issued"):
        said = squeezed(getattr(plan, key)) if plan else ""
        if truth[key]:
            result.metadata.due += 1
            result.metadata.right += said == squeezed(truth[key])
        result.metadata.given += bool(said)
        if plan and said != squeezed(truth[key]):
            result.wrong.append(f"{key} “{getattr(plan, key)}”, not “{truth[key]}”")
    return result
