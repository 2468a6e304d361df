"""Words and phrases that mean the same: translators' variants of one term, and the names of one campaign across scripts."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache

from ..text import CHINESE, fold
from . import loader

_WORD = re.compile(rf"[{CHINESE}]|[a-z0-9]+")


@dataclass(frozen=True, slots=True)
class Unit:
    """A stretch of words that counts as one: from `start` up to `end`, and the words that it is compared as."""

    start: int
    end: int
    words: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Forms:
    """Forms of words, each with the words that it is compared as; `first`: the words that any form begins with."""

    known: dict[tuple[str, ...], tuple[str, ...]]
    first: frozenset[str]
    longest: int

    def units(self, words: Sequence[str]) -> Iterator[Unit]:
        """The words as units, the longest known form first; a word in no form is a unit of its own. words: in small letters."""
        start = 0
        while start < len(words):
            end = start + 1
            same: tuple[str, ...] = (words[start],)
            if words[start] in self.first:
                for length in range(min(self.longest, len(words) - start), 0, -1):
                    form = tuple(words[start : start + length])
                    if form in self.known:
                        end, same = start + length, self.known[form]
                        break
            yield Unit(start, end, same)
            start = end

    def replaced(self, words: Sequence[str]) -> list[str]:
        """The words that the units are compared as, one after the other."""
        found: list[str] = []
        start = 0
        while start < len(words):
            if words[start] in self.first:
                unit = next(self.units(words[start : start + self.longest]))
                found += unit.words
                start += unit.end
            else:
                found.append(words[start])
                start += 1
        return found


def _forms(known: dict[tuple[str, ...], tuple[str, ...]]) -> Forms:
    return Forms(known, frozenset(form[0] for form in known), max(map(len, known)))


def words_of(form: str) -> tuple[str, ...]:
    """The words of a form; a Chinese character is a word."""
    return tuple(_WORD.findall(fold(form)))


def _translations(for_marks: bool) -> dict[tuple[str, ...], tuple[str, ...]]:
    known: dict[tuple[str, ...], tuple[str, ...]] = {}
    for group in loader.table("translations")["group"]:
        if for_marks or not group.get("marks_only"):
            first = words_of(group["forms"][0])
            known.update((words_of(form), first) for form in group["forms"])
    return known


@cache
def translations() -> Forms:
    """Translators' variants as terms are compared: each group as its first form."""
    return _forms(_translations(for_marks=False))


@cache
def marked_as_one() -> Forms:
    """What is one word where changes are marked, and what is no change there.

    Translators' variants, those of spelling too; the names of a campaign ("Kunlun", 昆仑); and Chinese terms, which are
    marked as wholes.
    """
    known: dict[tuple[str, ...], tuple[str, ...]] = {
        words_of(chinese): (chinese,) for group in loader.table("terms_zh")["terms"] for chinese in group["zh"]
    }
    actions = loader.table("actions")["zh"]
    known.update((words_of(verb), (verb,)) for verb in (*actions["verbs"], *actions["nouns_too"], *actions["adverbs"]))
    known.update(((one,), (other,)) for one, other in loader.table("synonyms")["spellings"].items())
    known.update(_translations(for_marks=True))
    for campaign in loader.campaigns().values():
        known.update((words_of(form), (f"#{campaign.id}",)) for form in campaign.forms)
    return _forms({form: same for form, same in known.items() if form})
