"""Does the reading of a document say what the document says? The signs that it does not, in words and as one number.

A document that is no plan (a glossary, a report on the past, a table of contents) can be numbered like one, and a plan in a
style that was not understood yields tasks that are not its own. Each sign has a weight; from one on the reading is refused.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from statistics import median

from ..lexicon import loader
from ..model import Section, Task
from ..text import is_cjk
from .markers import Paragraph

_REFUSED = 1.0
# Texts below this length are too short for shares to mean anything.
_SHORT_DOCUMENT = 400
_QUESTION = re.compile(r"[^.。!！;；?？]{3,200}[?？]")


@dataclass(frozen=True, slots=True)
class Doubt:
    """One sign of a reading that is not the document's. weight: 1 is enough to refuse it."""

    words: str
    weight: float


@dataclass(frozen=True, slots=True)
class Understanding:
    """How well a document was understood.

    explained: share of its characters, front matter aside, that are in tasks and headings, 0 to 1.
    """

    explained: float
    doubts: tuple[Doubt, ...]

    @property
    def refused(self) -> bool:
        return sum(doubt.weight for doubt in self.doubts) >= _REFUSED


@cache
def _patterns(name: str, language: str) -> re.Pattern[str]:
    return re.compile(loader.table("genres")[name][language], re.IGNORECASE if language == "en" else 0)


@cache
def _directives() -> frozenset[str]:
    return frozenset(loader.table("genres")["directive"]["en"])


def is_directive(text: str) -> bool:
    """True where the text promises or orders something: its first word is such a verb, or it says what shall be."""
    language = "zh" if is_cjk(text) else "en"
    if _patterns("promise", language).search(text):
        return True
    if language == "zh":
        return any(_patterns("directive", "zh").match(part) for part in re.split(r"[。；，：]", text)[:3])
    words = re.findall(r"[A-Za-z-]+", text[:80].casefold())
    return any(word in _directives() for word in words[:3])


def assess(
    tasks: Sequence[Task],
    sections: Sequence[Sequence[Section]],
    missing: Sequence[tuple[int, int]],
    paragraphs: Sequence[Paragraph],
    title: str,
) -> Understanding:
    """The signs that the tasks are not those of the document that the paragraphs make up."""
    first = min((task.lines[0] for task in tasks), default=0)
    first = min([first, *(section.line for path in sections for section in path)]) if tasks else 0
    total = sum(len(p.text) for p in paragraphs if p.last >= first)
    headings = {(section.line, section.heading) for path in sections for section in path}
    inside = sum(len(task.full_text) + len(task.responsibility or "") + len(task.number) for task in tasks)
    inside += sum(len(words) + 4 for _, words in headings)
    explained = min(1.0, inside / total) if total else 0.0
    doubts = [
        *_of_extent(tasks, missing, explained, total, paragraphs),
        *_of_kind(tasks, paragraphs, title),
    ]
    return Understanding(round(explained, 3), tuple(doubts))


def _of_extent(
    tasks: Sequence[Task],
    missing: Sequence[tuple[int, int]],
    explained: float,
    total: int,
    paragraphs: Sequence[Paragraph],
) -> list[Doubt]:
    """Signs in how much of the document the tasks take up, and in their numbers and lengths."""
    doubts: list[Doubt] = []
    if not tasks:
        return doubts
    if total > _SHORT_DOCUMENT and explained < 0.5:
        # A plan may be the annex of a long report: this sign alone never refuses.
        weight = 0.6 if explained < 0.15 else 0.5 if explained < 0.3 else 0.4
        doubts.append(
            Doubt(f"only {explained:.0%} of the text behind its first heading is in tasks and headings", weight)
        )
    lengths = [len(task.full_text) for task in tasks if task.kind == "task"] or [0]
    longest = max(lengths)
    if longest > 3000 and len(lengths) > 1 and longest > 8 * median(lengths):
        doubts.append(Doubt(f"one task has {longest:,} characters, the others about {median(lengths):,.0f}", 0.4))
    if missing and missing[0][0] == 1 and missing[0][1] >= 2:
        doubts.append(Doubt(f"its numbering begins at {missing[0][1] + 1}", 0.4))
    if len(tasks) <= 2 and total > 3000:
        doubts.append(Doubt(f"{len(tasks)} task{'s' * (len(tasks) > 1)} in {total:,} characters", 0.5))
    listed = sum(bool(re.search(r"(?:\.{4,}|…{2,}|·{4,})\s*\d{1,3}$", p.text)) for p in paragraphs)
    if listed >= 5 and listed > 0.5 * len(paragraphs):
        doubts.append(Doubt("it is a table of contents", 1.0))
    return doubts


def _other_kind(title: str) -> tuple[str | None, re.Match[str] | None]:
    """What other kind of document a title names, and the words that do."""
    for entry in loader.table("genres")["other"]:
        if found := re.search(entry["title"], title):
            return entry["kind"], found
    return None, None


def _of_kind(tasks: Sequence[Task], paragraphs: Sequence[Paragraph], title: str) -> list[Doubt]:
    """Signs that the document is of another kind: what its title calls it, and how its tasks are worded."""
    plain = [task for task in tasks if task.kind == "task"]
    if not plain or 4 * sum(task.responsibility is not None for task in plain) >= len(plain):
        return []
    language = "zh" if is_cjk(" ".join(task.text for task in plain)) else "en"
    head = title or " ".join(p.text for p in paragraphs[:3] if len(p.text) <= 120)
    plan = _patterns("plan", "en").search(head) or _patterns("plan", "zh").search(head)
    other, called = _other_kind(head)
    # "Progress report on the plan" and 规划实施情况报告 are reports.
    named = plan is not None and not (called and (called.start() < plan.start() or called.end() == len(head)))
    texts = [task.text for task in plain]

    def share(name: str) -> float:
        return sum(bool(_patterns(name, language).search(text)) for text in texts) / len(texts)

    directive = sum(is_directive(task.full_text) for task in plain) / len(plain)
    past, definition = share("past"), share("definition")
    doubts = []
    if other and not named:
        doubts.append(Doubt(f"its title is that of {other}", 0.6))
    if definition >= 0.5 and definition > directive - 0.3:
        doubts.append(Doubt(f"{definition:.0%} of its items read like definitions", 0.6))
    elif past >= 0.5 and (directive < 0.7 or other):
        doubts.append(Doubt(f"{past:.0%} of its items speak of the past", 0.5))
    questions = sum(bool(_QUESTION.match(task.full_text)) for task in plain) / len(plain)
    if questions >= 0.5:
        doubts.append(Doubt(f"{questions:.0%} of its items are questions", 0.6))
    if account := _account(plain, language):
        doubts.append(Doubt(f"the items under “{account[:60]}” tell what was done, unlike the others", 0.3))
    if directive < 0.4:
        doubts.append(Doubt(f"only {directive:.0%} of its items say what is to be done", 0.4 if named else 0.6))
    return doubts


def _account(tasks: Sequence[Task], language: str) -> str | None:
    """The first heading whose items speak of the past where those under the others order something, or None.

    An introduction may list what was done, numbered like the actions behind it.
    """
    past, ordered = Counter[str](), Counter[str]()
    under: Counter[str] = Counter()
    for task in tasks:
        heading = task.section[0].heading if task.section else ""
        under[heading] += 1
        past[heading] += bool(_patterns("past", language).search(task.text))
        ordered[heading] += is_directive(task.full_text)
    for heading, count in under.items():
        others = len(tasks) - count
        if count < 5 or others < count:
            continue
        elsewhere = (ordered.total() - ordered[heading]) / others, (past.total() - past[heading]) / others
        if ordered[heading] <= 0.6 * count and elsewhere[0] >= 0.8 and past[heading] / count >= elsewhere[1] + 0.25:
            return heading
    return None
