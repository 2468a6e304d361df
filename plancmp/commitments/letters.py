"""Names of commitments: the task's name and a letter in reading order, a to z, then aa, ab, ..."""

from __future__ import annotations

import re

from ..errors import UsageError
from ..model import Plan, Task
from ..plans import catalogue
from ..text import printable
from . import splitter

_WITH_LETTER = re.compile(r"(?P<task>.+?)(?:\s*\((?P<bracketed>[a-z]{1,2})\)|:?(?P<bare>[a-z]{1,2}))")


def letter(index: int) -> str:
    """The letter of the commitment at this index of its task: a for 0, z for 25, aa for 26."""
    found = ""
    index += 1
    while index:
        index, rest = divmod(index - 1, 26)
        found = chr(ord("a") + rest) + found
    return found


def index_of(name: str) -> int:
    """The index of the commitment with this letter: 0 for a, 25 for z, 26 for aa."""
    found = 0
    for char in name:
        found = 26 * found + ord(char) - ord("a") + 1
    return found - 1


def commitment_ref(task_ref: str, index: int) -> str:
    """The name of a commitment: `2021-2022:1e`, and `X:2a:b` where the task's own number ends in a letter."""
    return f"{task_ref}{':' if task_ref[-1:].isalpha() else ''}{letter(index)}"


def split_name(name: str) -> tuple[str, str] | None:
    """The task's name and the letter of `2021:1e` or `2021:1(e)`; None for a name that has no letter."""
    match = _WITH_LETTER.fullmatch(name.strip())
    return (match["task"], match["bracketed"] or match["bare"]) if match else None


def find(name: str) -> tuple[Plan, Task, int | None]:
    """The task or commitment with this name: its plan, its task, and the commitment's index in the task or None.

    Raises UsageError where there is none, naming what the task has.
    """
    try:
        return *catalogue.find_task(name), None
    except UsageError as no_task:
        parts = split_name(name)
        if parts is None or ":" not in parts[0]:
            raise
        try:
            plan, task = catalogue.find_task(parts[0])
        except UsageError:
            raise no_task from None
    index, count = index_of(parts[1]), len(splitter.split_task(task))
    if index >= count:
        raise UsageError(
            f"{task.ref} has no commitment “{printable(parts[1])}”",
            f"it has {letter(0)} to {letter(count - 1)}: plancmp show {task.ref}"
            if count > 1
            else f"it has one: {letter(0)}",
        )
    return plan, task, index
