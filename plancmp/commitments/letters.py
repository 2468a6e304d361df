"""Names of commitments: the task's name and a letter in reading order, a to z, then aa, ab, ..."""

from __future__ import annotations


def letter(index: int) -> str:
    """The letter of the commitment at this index of its task: a for 0, z for 25, aa for 26."""
    found = ""
    index += 1
    while index:
        index, rest = divmod(index - 1, 26)
        found = chr(ord("a") + rest) + found
    return found


def commitment_ref(task_ref: str, index: int) -> str:
    """The name of a commitment: `2021-2022:1e`, and `X:2a:b` where the task's own number ends in a letter."""
    return f"{task_ref}{':' if task_ref[-1:].isalpha() else ''}{letter(index)}"
