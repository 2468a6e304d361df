"""Splitting the text of a task into its commitments: action, strength, object (CODEBOOK "Units").

English and Chinese take the same steps, each with its own lexicon (actions.toml, promises.toml): sentences; purposes and
frames, which are no promises; clauses, which begin where a new verb has a new object; and, where one verb governs a list of
laws or other instruments, one commitment for each member. What is left between the spans is punctuation and conjunctions.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache

from ..lexicon import loader
from ..model import Commitment, Task
from ..text import CJK, fold, is_cjk
from . import instrument_lists, promises
from .clause_boundaries import SHORTEST, clauses
from .sentences import EDGES, Span, protected_spans, sentences
from .strength import campaigns_in, strength


@dataclass(frozen=True, slots=True)
class _Cut:
    """A stretch of a sentence: its span, and the spans of the verb phrase that stands earlier, of words behind a list, and
    of what its first word, "its", refers to.
    """

    span: Span
    verb: Span | None = None
    tail: Span | None = None
    owner: Span | None = None
    is_promise: bool = True


def _cut_sentence(sentence: str, language: str) -> Iterator[_Cut]:
    """The cuts of one sentence, spans relative to it."""
    if len(sentence.strip(EDGES)) < SHORTEST or not promises.is_promise(sentence, language):
        yield _Cut((0, len(sentence)), is_promise=False)
        return
    start = 0
    for purpose_start, purpose_end in [
        *promises.purposes(sentence, language, protected_spans(sentence)),
        (len(sentence), len(sentence)),
    ]:
        yield from _cut_part(sentence, (start, purpose_start), language)
        if purpose_start < purpose_end:
            yield _Cut((purpose_start, purpose_end), is_promise=False)
        start = purpose_end


def _cut_part(sentence: str, part: Span, language: str) -> Iterator[_Cut]:
    """The cuts of a part of a sentence that holds no purpose, spans relative to the sentence."""
    lead = re.match(r"[\s,，;；、]*(?:and\s+)?", sentence[slice(*part)])
    offset = part[0] + (lead.end() if lead else 0)
    text = sentence[offset : part[1]]
    for start, end in clauses(text, language, protected_spans(text)):
        clause = text[start:end]
        bare = clause.strip(EDGES)
        if bare:
            is_promise = len(bare) >= SHORTEST and promises.is_promise(clause, language)
            yield from (
                _cut_list(clause, offset + start, language)
                if is_promise
                else [_Cut((offset + start, offset + end), is_promise=False)]
            )


def _cut_list(clause: str, offset: int, language: str) -> Iterator[_Cut]:
    """One cut for each member of the list in a clause, or one for the clause. offset: of the clause in its sentence."""
    end = offset + len(clause)
    members, tail = instrument_lists.members(clause, language)
    if len(members) < 2:
        yield _Cut((offset, end))
        return
    spans = [(offset + a, offset + b) for a, b in members]
    behind = (offset + tail[0], offset + tail[1]) if tail else None
    # The first commitment has the verb in its span, the last one what is said behind the list.
    yield _Cut((offset, spans[0][1]), tail=behind)
    owner = spans[0]
    for number, span in enumerate(spans[1:], 2):
        last = number == len(spans)
        refers = instrument_lists.ITS[language].match(clause, span[0] - offset)
        yield _Cut(
            (span[0], end) if last else span, (offset, spans[0][0]), None if last else behind, owner if refers else None
        )
        if not refers:
            owner = span


def _cuts(text: str, language: str) -> Iterator[tuple[str, int, _Cut]]:
    """Every cut with its sentence and where that begins."""
    for start, end in sentences(text, language):
        sentence = text[start:end]
        yield from ((sentence, start, cut) for cut in _cut_sentence(sentence, language))


def _commitments(text: str, language: str, cuts: Iterable[tuple[str, int, _Cut]]) -> tuple[Commitment, ...]:
    named = bool(loader.campaign_pattern().search(fold(text)))
    return tuple(_commitment(sentence, start, cut, language, named) for sentence, start, cut in cuts)


def split(text: str, language: str) -> tuple[Commitment, ...]:
    """The commitments of a text in reading order. language: en or zh. Spans do not overlap."""
    return _commitments(text, language, (found for found in _cuts(text, language) if found[2].is_promise))


def _trimmed(words: str) -> str:
    """The words without punctuation at their edges, that of an abbreviation ("the U.S.") excepted."""
    bare = words.strip(EDGES)
    end = words.find(bare) + len(bare)
    return f"{bare}." if words[end : end + 1] == "." and re.search(r"(?:^|\s)(?:[^\W\d_]\.)+[^\W\d_]$", bare) else bare


def _commitment(sentence: str, offset: int, cut: _Cut, language: str, named: bool = True) -> Commitment:
    """A commitment from its cut. named: False where the text is known to name no campaign."""
    verb, tail = (sentence[slice(*span)] if span else "" for span in (cut.verb, cut.tail))
    item = sentence[slice(*cut.span)]
    named_item = instrument_lists.with_owner(item, sentence[slice(*cut.owner)], language) if cut.owner else item
    words = _trimmed(f"{verb}{named_item}{tail}")
    shown = f"{verb.rstrip()} … {item}" if verb else item
    shown = _trimmed(f"{shown} … {tail}" if tail else shown)
    rung, stage_words, step, step_words = strength(words, language)
    return Commitment(
        span=(offset + cut.span[0], offset + cut.span[1]),
        text=words,
        stage=rung,
        stage_words=stage_words,
        intensity=step,
        intensity_words=step_words,
        campaigns=campaigns_in(words) if named else frozenset(),
        shown="" if shown == words else shown,
        is_promise=cut.is_promise,
    )


@lru_cache(maxsize=8192)
def split_text(text: str) -> tuple[Commitment, ...]:
    """The commitments of a text, whose language is recognised by its letters."""
    return split(text, "zh" if is_cjk(text) else "en")


def _split_at(text: str, begins: Sequence[int]) -> tuple[Commitment, ...]:
    """The commitments of a text that begin at these offsets; each ends where the next one begins."""
    language = "zh" if is_cjk(text) else "en"
    cuts = (_Cut(span) for span in zip(begins, [*begins[1:], len(text)], strict=True))
    return tuple(_commitment(text, 0, cut, language) for cut in cuts)


def split_task(task: Task) -> tuple[Commitment, ...]:
    """The commitments of a task.

    A text without any counts as a single one: a promise where it is an objective without a verb, else (`is_promise` is
    False) the narration that it is.
    """
    if task.begins:
        return _split_at(task.text, task.begins)
    found = split_text(task.text)
    if found:
        return found
    whole = task.full_text
    language = "zh" if CJK.search(whole) else "en"
    cuts = _cuts(task.text, language)
    is_promise = all(len(_trimmed(sentence[slice(*cut.span)])) < SHORTEST for sentence, _, cut in cuts)
    made = _commitment(whole, 0, _Cut((0, len(whole)), is_promise=is_promise), language)
    return (replace(made, span=(0, len(task.text))),)
