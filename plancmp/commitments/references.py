"""Names of commitments: a task's name and a letter in reading order (`2021-2022:1e`, shown to people as 1(e)).

Letters run from a to z, then aa, ab, ... Where a printed number ends in a letter itself, a colon stands before the letter of
the commitment: `X:2a:b` is the second commitment of task 2a.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Collection, Sequence

from ..errors import UsageError
from ..model import Commitment, Plan, Task
from ..plans import catalogue
from ..text import fold, half_width

_LETTERS = "abcdefghijklmnopqrstuvwxyz"


def letter_of(index: int) -> str:
    """The letter of the commitment with this index in its task, counted from 0. Raises ValueError below 0.

    >>> letter_of(0), letter_of(25), letter_of(26), letter_of(702)
    ('a', 'z', 'aa', 'aaa')
    """
    if index < 0:
        raise ValueError(f"no commitment has the index {index}")
    letter = ""
    rest = index + 1
    while rest:
        rest, digit = divmod(rest - 1, len(_LETTERS))
        letter = _LETTERS[digit] + letter
    return letter


def index_of(letter: str) -> int:
    """The index, counted from 0, of the commitment with this letter. Raises ValueError for anything but a to z.

    >>> index_of("a"), index_of("aa")
    (0, 26)
    """
    if not letter or set(letter) - set(_LETTERS):
        raise ValueError(f"{letter!r} is no letter of a commitment")
    total = 0
    for char in letter:
        total = total * len(_LETTERS) + _LETTERS.index(char) + 1
    return total - 1


def name_of(task: str, index: int) -> str:
    """The name of a commitment from its task's name (`2021-2022:1`) and its index, counted from 0."""
    return f"{task}{':' if task[-1:].isalpha() else ''}{letter_of(index)}"


def shown_name(task: str, letter: str) -> str:
    """A commitment as people see it, from its task's number or name: 1(e), 2024:1(e)."""
    return f"{task}({letter})"


def shown(name: str) -> str:
    """The name of a task, or of a commitment as people see it.

    >>> shown("2021-2022:1e"), shown("X:2a:b"), shown("2024:31")
    ('2021-2022:1(e)', 'X:2a(b)', '2024:31')
    """
    task, letter = split_name(name)
    return shown_name(task, letter) if letter else task


_IN_BRACKETS = re.compile(r"(.*[^(])\(([a-z]+)\)", re.IGNORECASE)
_BEHIND_COLON = re.compile(r"(.*:.*\d.*):([a-z]+)", re.IGNORECASE)
# No task has more commitments than three letters can name: longer words belong to the name.
_BEHIND_NUMBER = re.compile(r"(.*:.*\d)([a-z]{1,3})", re.IGNORECASE)


def split_name(name: str, tasks: Collection[str] = ()) -> tuple[str, str | None]:
    """A name as (name of the task, letter of the commitment or None where it names the whole task).

    `2021:1e`, `2021:1(e)`, `14fyp:4.1c`, `14fyp:box5b`, `2023:r1a`, `X:2a:b`. tasks: names of tasks that are known to
    exist; one of them is a task even where it ends in a letter.

    >>> split_name("2021:1(e)"), split_name("2023:r1"), split_name("X:2a", tasks={"X:2a"})
    (('2021:1', 'e'), ('2023:r1', None), ('X:2a', None))
    """
    if name in tasks:
        return name, None
    plain = half_width(name).replace("（", "(").replace("）", ")").strip()
    for pattern in (_IN_BRACKETS, _BEHIND_COLON, _BEHIND_NUMBER):
        if (match := pattern.fullmatch(plain)) and ":" in match.group(1):
            return name[: match.end(1)] if plain == name else match.group(1), match.group(2).lower()
    return name, None


def text_hash(commitment: Commitment) -> str:
    """A short hash of what a commitment says, by which it is found again where a later version cuts its task otherwise."""
    return hashlib.sha256(fold(commitment.text).encode("utf-8", "replace")).hexdigest()[:16]


def locate(commitments: Sequence[Commitment], letter: str, stored_hash: str | None = None) -> int | None:
    """The index of the commitment that a stored name means, or None where it is there no more.

    stored_hash: its `text_hash` when the name was stored. It decides: the letter only tells apart commitments that say the same.
    """
    index = index_of(letter)
    if stored_hash is None:
        return index if index < len(commitments) else None
    same = [i for i, commitment in enumerate(commitments) if text_hash(commitment) == stored_hash]
    return min(same, key=lambda i: abs(i - index), default=None)


def find(name: str) -> tuple[Plan, Task, int | None]:
    """The task or commitment with this name: its plan, its task, and the commitment's index in the task or None.

    Raises UsageError where there is none, naming what the task has.
    """
    try:
        return *catalogue.find_task(name), None
    except UsageError as no_task:
        task_name, letter = split_name(name)
        if letter is None:
            raise
        try:
            plan, task = catalogue.find_task(task_name)
        except UsageError:
            raise no_task from None
    # Names are shown by every view; texts are taken apart by few.
    from . import splitter

    count = len(splitter.split_task(task))
    if index_of(letter) >= count:
        has = f"it has {letter_of(0)} to {letter_of(count - 1)}" if count > 1 else f"it has one, {letter_of(0)}"
        raise UsageError(f"{task.ref} has no commitment “{letter}”", f"{has}: plancmp show {task.ref}")
    return plan, task, index_of(letter)
