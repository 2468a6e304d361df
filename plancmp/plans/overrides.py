"""What a reader of a plan has set right by hand in its plan.toml: where tasks begin, and where commitments do.

task_starts = [12, 15, 21]            # lines of source.txt on which the tasks begin
[splits]                              # words with which the commitments of a task begin
"3" = ["Build a shed", "repair the pier"]
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from ..model import Task
from ..text import normalise, shortened


def check(facts: Mapping[str, Any]) -> None:
    """Raise ValueError, with what is wrong and an example, for overrides of another form."""
    starts = facts.get("task_starts", [])
    if not isinstance(starts, list) or not all(type(line) is int and line > 0 for line in starts):
        raise ValueError("task_starts must be numbers of lines, such as task_starts = [12, 15, 21]")
    splits = facts.get("splits", {})
    if not isinstance(splits, dict) or not all(
        isinstance(words, list) and words and all(isinstance(word, str) and word.strip() for word in words)
        for words in splits.values()
    ):
        raise ValueError(
            'splits must be words for each task, such as [splits] "3" = ["Build a shed", "repair the pier"]'
        )


def with_splits(tasks: Iterable[Task], splits: Mapping[str, Sequence[str]]) -> tuple[list[Task], list[str]]:
    """The tasks with their commitments set by hand, and a warning for each split that does not fit the text."""
    done, warnings = [], []
    left = dict(splits)
    for task in tasks:
        words = left.pop(task.number, None)
        begins, missing = _begins(task.text, words or ())
        if missing is not None:
            warnings.append(
                f"line {task.lines[0]}: the split of task {task.number} in plan.toml is left out: "
                f"“{shortened(missing, 60)}” is not in its text, or not behind the words before it"
            )
        done.append(replace(task, begins=begins) if begins else task)
    warnings += [f"the split of task {number} in plan.toml is left out: there is no such task" for number in left]
    return done, warnings


def _begins(text: str, words: Sequence[str]) -> tuple[tuple[int, ...], str | None]:
    """Where the words stand in the text, one behind the other; none at all, and the words at fault, where one does not."""
    found: list[int] = []
    for beginning in map(normalise, words):
        position = text.find(beginning, found[-1] + 1 if found else 0)
        if position < 0:
            return (), beginning
        found.append(position)
    return tuple(found), None


def carried_over(old_text: str, new_text: str, starts: Sequence[int]) -> tuple[list[int], int]:
    """The lines of a new text on which the same words stand as on these lines of the old one, and how many are not found."""
    places: dict[str, list[int]] = defaultdict(list)
    for number, line in enumerate(new_text.split("\n"), 1):
        places[normalise(line)].append(number)
    old_lines = [normalise(line) for line in old_text.split("\n")]
    found: list[int] = []
    for start in starts:
        words = old_lines[start - 1] if start <= len(old_lines) else ""
        later = [number for number in places.get(words, []) if words and number > (found[-1] if found else 0)]
        found += later[:1]
    return found, len(starts) - len(found)
