"""Typed, cached access to the word lists, each of which is a TOML file beside this module.

A policy analyst who writes no Python can correct them: each entry says where it comes from.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

from .. import json_cache
from ..model import Body
from ..text import CJK, any_of, fold, lowered


@cache
def table(name: str) -> dict[str, Any]:
    """The contents of `name`.toml, shared by all callers: not to be modified."""

    def read() -> dict[str, Any]:
        import tomllib

        return tomllib.loads((Path(__file__).parent / f"{name}.toml").read_text("utf-8"))

    # TOML is read ten times as slowly as JSON.
    return json_cache.cached("lexicon", name, read, dict, dict)


def _frozen(entry: dict[str, Any]) -> dict[str, Any]:
    """An entry with its lists as tuples."""
    return {key: tuple(value) if isinstance(value, list) else value for key, value in entry.items()}


@dataclass(frozen=True, slots=True)
class Grammar:
    """How one family of plans is written down; the fields are explained in grammars.toml."""

    name: str
    source: str
    unit: str
    numbering: str
    chapter: tuple[str, ...]
    section: tuple[str, ...]
    item: tuple[str, ...]
    leaf: str = ""
    leaf_ref: str = ""
    leaf_in: str = ""
    objectives: str = ""
    table: str = ""


@cache
def grammars() -> tuple[Grammar, ...]:
    return tuple(Grammar(**_frozen(entry)) for entry in table("grammars")["grammar"])


def published_texts() -> list[dict[str, str]]:
    """Where texts are published that the bundled plans lack: plan's id, what it is, its web address."""
    texts: list[dict[str, str]] = table("published")["texts"]
    return texts


@dataclass(frozen=True, slots=True)
class MarkerEntry:
    """One way to write the mark of a numbered or bulleted paragraph; the fields are explained in markers.toml."""

    key: str
    pattern: str
    rank: int
    example: tuple[str, ...]


@cache
def markers() -> tuple[MarkerEntry, ...]:
    return tuple(MarkerEntry(**_frozen(entry)) for entry in table("markers")["marker"])


@cache
def furniture() -> re.Pattern[str]:
    """Finds lines that web pages and printers set around a document."""
    return re.compile("|".join(f"(?:{_scoped(entry['pattern'])})" for entry in table("markers")["furniture"]))


def _scoped(pattern: str) -> str:
    """The pattern with its `(?i)` limited to itself, so that it can stand in an alternation."""
    return f"(?i:{pattern.removeprefix('(?i)')})" if pattern.startswith("(?i)") else pattern


@dataclass(frozen=True, slots=True)
class BodyEntry:
    """A body of the lexicon: canonical id, official names, printed forms, and its successor where it has one.

    names_nobody: it stands for others that are not named ("other departments"), so that no change is told of it.
    """

    id: str
    name: str
    name_zh: str = ""
    abbreviation: str = ""
    kind: str = ""
    forms: tuple[str, ...] = ()
    forms_zh: tuple[str, ...] = ()
    doubtful: tuple[str, ...] = ()
    whole_clause: tuple[str, ...] = ()
    names_nobody: bool = False
    successor: dict[str, Any] = field(default_factory=dict)
    note: str = ""
    source: str = ""


@cache
def bodies() -> dict[str, BodyEntry]:
    """The responsible bodies by id."""
    return {entry["id"]: BodyEntry(**_frozen(entry)) for entry in table("bodies")["body"]}


def canonical(body: Body) -> str:
    """The key of the body, or of its successor where it has one."""
    entry = bodies().get(body.id or "")
    return entry.successor["id"] if entry and entry.successor else body.key


@cache
def body_forms() -> dict[str, tuple[str, bool]]:
    """Folded printed form to (body id, doubtful)."""
    forms: dict[str, tuple[str, bool]] = {}
    for entry in bodies().values():
        for form in (*entry.forms, *entry.forms_zh):
            forms.setdefault(fold(form), (entry.id, False))
        for form in entry.doubtful:
            forms.setdefault(fold(form), (entry.id, True))
    return forms


@cache
def body_pattern() -> re.Pattern[str]:
    """Pattern of printed forms in a folded clause, longest first, as "State Administration" begins many names."""
    forms = sorted(body_forms(), key=len, reverse=True)
    return any_of([_whole_word(form) for form in forms])


def _whole_word(form: str) -> str:
    """A pattern of a name as whole words; Chinese has no word boundaries."""
    return re.escape(form) if CJK.search(form) else rf"\b{re.escape(form)}\b"


def find_body(query: str) -> str | None:
    """The id of the body with this id, abbreviation or name (English or Chinese), or None for an unknown body."""
    wanted = fold(query)
    for entry in bodies().values():
        if wanted in {fold(name) for name in (entry.id, entry.abbreviation, entry.name, entry.name_zh) if name}:
            return entry.id
    form = body_forms().get(re.sub(r"^the ", "", wanted))
    if form:
        return form[0]
    matches = {entry.id for entry in bodies().values() if len(wanted) >= 5 and wanted in fold(entry.name)}
    return matches.pop() if len(matches) == 1 else None


@dataclass(frozen=True, slots=True)
class Scale:
    """Ordered patterns of one language, in small letters: (value, name, pattern), for the policy ladder and for intensity.

    anything: matches where any of them does, so that a text without a match costs one search.
    """

    steps: tuple[tuple[int, str, re.Pattern[str]], ...]
    anything: re.Pattern[str]

    def find(self, text: str) -> list[tuple[int, str, str]]:
        """Every step whose words occur in the text: (value, name of the step, the words as printed)."""
        small = lowered(text)
        if not self.anything.search(small):
            return []
        return [
            (value, name, text[match.start() : match.end()])
            for value, name, pattern in self.steps
            for match in pattern.finditer(small)
        ]


@cache
def _scale(name: str, entries: str, key: str, language: str) -> Scale:
    steps = table(name)[entries]
    words = sorted((word for entry in steps for word in entry[language]), key=lambda word: not word.startswith(r"\b"))
    return Scale(
        tuple((entry[key], entry["name"], any_of(entry[language])) for entry in steps),
        any_of(words),
    )


def stages(language: str) -> Scale:
    """The policy ladder: rungs 1 (study) to 8 (complete)."""
    return _scale("stages", "stage", "rung", language)


def intensity(language: str) -> Scale:
    """The scale of words: -1 (below plain) to 3 (at full strength)."""
    return _scale("intensity", "step", "value", language)


@dataclass(frozen=True, slots=True)
class Campaign:
    """A named campaign and its names across scripts."""

    id: str
    name: str
    forms: tuple[str, ...]
    source: str
    bare: bool = False


@cache
def campaigns() -> dict[str, Campaign]:
    """The named campaigns by id."""
    return {entry["id"]: Campaign(**_frozen(entry)) for entry in table("campaigns")["campaign"]}


@cache
def campaign_pattern() -> re.Pattern[str]:
    """Pattern of campaign names in folded text."""
    # English names together and Chinese names together: the English ones then share the test for the edge of a word.
    return any_of(sorted(map(_whole_word, campaign_forms()), key=lambda pattern: not pattern.startswith(r"\b")))


@cache
def campaign_forms() -> dict[str, str]:
    """Folded name of a campaign to its id, longest first."""
    forms = {fold(form): entry.id for entry in campaigns().values() for form in entry.forms}
    return dict(sorted(forms.items(), key=lambda item: -len(item[0])))


@dataclass(frozen=True, slots=True)
class ClauseWords:
    """Words that give a role in a responsibility clause or a table; explained in clauses.toml."""

    role: str
    words: tuple[str, ...]
    example: tuple[str, ...]


@cache
def clause_words(kind: str) -> tuple[ClauseWords, ...]:
    """The entries of one kind: label, verb or column."""
    return tuple(ClauseWords(**_frozen(entry)) for entry in table("clauses")[kind])


@cache
def roles(kind: str) -> dict[str, str]:
    """Folded words to their role, for one kind of entry."""
    return {fold(word): entry.role for entry in clause_words(kind) for word in entry.words}


@cache
def first_leads() -> re.Pattern[str]:
    """Finds a sentence which says that the first body of each clause leads."""
    return re.compile("|".join(f"(?:{entry['pattern']})" for entry in table("clauses")["first_leads"]), re.IGNORECASE)


@cache
def _ids() -> dict[str, str]:
    found: dict[str, str] = {}
    for entry in bodies().values():
        for short in (entry.id, entry.abbreviation):
            if short and not short.startswith("X-"):
                found.setdefault(short, entry.id)
    return found


def body_of_id(name: str) -> str | None:
    """The id of the body that is printed as its id or abbreviation (CNIPA), in capitals; None for any other name."""
    return _ids().get(re.sub(r"^(?:[Tt]he )?(?:State Council(?:['’]s)? )?", "", name))
