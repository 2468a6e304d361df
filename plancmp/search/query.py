"""A query parsed into concepts, and their matches in a task's text.

A query is parsed into terms of the field's lexicon (synonyms.toml), named campaigns in any script, responsible bodies, and
the remaining words. A task matches exactly when one sentence of it has them all, as stems and without stop words. Texts
are compared as lines of stems. A task is found by its keys: an inverted index of these need only look at tasks that have
the keys that a concept needs.
"""

from __future__ import annotations

import re
import unicodedata
from array import array
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache

from ..commitments.strength import campaigns_in
from ..lexicon import loader
from ..model import Task
from ..text import CHINESE, CJK, straight_quotes

_TOKEN = re.compile(
    r"(?P<ip>\bintellectual[ -]property(?: rights?)?\b|\bIPR?s?\b)|(?P<end>[.!?](?=\s|$)|[。！？])|(?P<list>[,;:，；：、]|\b(?:and|or)\b|和|与|及)"
    rf"|[A-Za-z0-9]+|[{CHINESE}]",
    re.IGNORECASE,
)
_MARKERS = {"ip": "ip", "end": "|", "list": "&"}
_IZE = re.compile(r"(\w{4,})i[sz](?:e|ed|es|ing|ations?)")


@lru_cache(maxsize=65536)
def _stem(word: str) -> str:
    """The word without its ending. "Industrialisation" keeps its -iz-, so that it is not taken for "industry"."""
    lexical = loader.table("synonyms")
    word = lexical["spellings"].get(word.lower(), word.lower())
    if word.removesuffix("s") in lexical["unstemmed"]:
        return word.removesuffix("s")
    if making := _IZE.fullmatch(word):
        return _stemmer().stemWord(making[1]) + "iz"
    return _stemmer().stemWord(word)


@cache
def _stemmer():
    import Stemmer

    return Stemmer.Stemmer("english")


@cache
def _stop_words() -> frozenset[str]:
    return frozenset(loader.table("synonyms")["stop_words"])


def _tokens(text: str) -> list[tuple[str, int, int]]:
    """The words that are compared: stem, start and end in the text. Stop words are left out.

    A Chinese character stands for itself, `ip` for "intellectual property rights", `|` for the end of a sentence, and `&`
    for what parts or joins a list, which a phrase does not bridge unless it has it too.
    """
    found: list[tuple[str, int, int]] = []
    stop_words = _stop_words()
    for match in _TOKEN.finditer(text):
        stem = _MARKERS[match.lastgroup] if match.lastgroup else _stem(match.group())
        if stem not in stop_words and not (stem == "&" and found and found[-1][0] == "&"):
            found.append((stem, *match.span()))
    return found


def _stems(text: str) -> tuple[str, ...]:
    """The stems of a query or term; accents, as pinyin has them, are taken off."""
    plain = "".join(char for char in unicodedata.normalize("NFKD", text) if not unicodedata.combining(char))
    return tuple(stem for stem, _, _ in _tokens(plain) if stem != "|")


class StemmedText:
    """A task's text as a line of stems, in which phrases are found by one regular expression.

    line: the stems, each between two spaces. offsets: start and end of each in the text, one after the other. Both may be
    given where they are known from another time.
    """

    __slots__ = ("line", "offsets", "text")

    def __init__(self, text: str, line: str | None = None, offsets: array[int] | None = None) -> None:
        if line is None or offsets is None:
            tokens = _tokens(text)
            line = " " + " ".join(stem for stem, _, _ in tokens) + " "
            offsets = array("I", (offset for _, start, end in tokens for offset in (start, end)))
        self.text, self.line, self.offsets = text, line, offsets

    def spans(self, pattern: re.Pattern[str]) -> list[tuple[int, int, int]]:
        """The matches of a phrase: (number of the sentence, start, end) with offsets into the text."""
        spans = []
        for match in pattern.finditer(self.line):
            first = self.line.count(" ", 0, match.start())
            last = first + match.group().strip().count(" ")
            sentence = self.line.count("|", 0, match.start())
            spans.append((sentence, self.offsets[2 * first], self.offsets[2 * last + 1]))
        return spans


def keys(task: Task, text: StemmedText) -> frozenset[str]:
    """What a task can be found by: its stems, the campaigns that it names and the bodies in charge of it."""
    campaigns = map(_campaign_key, campaigns_in(text.text))
    bodies = (_body_key(body.id) for body in task.bodies if body.id)
    return frozenset((*text.line.split(), *campaigns, *bodies))


# Neither sign is in a stem.
def _campaign_key(campaign: str) -> str:
    return f"#{campaign}"


def _body_key(body: str) -> str:
    return f"@{body}"


# A match has one of these sets of keys whole.
KeySets = tuple[frozenset[str], ...]


def phrase_pattern(phrases: Iterable[tuple[str, ...]]) -> re.Pattern[str]:
    """Finds any of the phrases in a line of stems. "Intellectual property" may stand between any two words of a phrase;
    `~` is up to three words of the same sentence.
    """
    expressions = []
    for phrase in sorted(phrases, key=len, reverse=True):
        steps = [r"(?: [^ |]+){0,3}?" if stem == "~" else " " + re.escape(stem) for stem in phrase]
        expressions.append("(?: ip)?".join(steps))
    return re.compile(f"(?:{'|'.join(expressions)})(?= )")


def phrase_stems(words: str) -> tuple[str, ...]:
    """A phrase of the lexicon as stems, with its gaps."""
    parts = [_stems(part) for part in words.split("~")]
    return tuple(stem for i, part in enumerate(parts) for stem in (("~", *part) if i else part))


@dataclass(frozen=True, slots=True)
class Concept:
    """One part of a query, matched by a pattern or as a named campaign.

    stems: the query's own words for it, as stems. exclusions: phrases in which a match means something else.
    needs: sets of keys, of which every match has one whole.
    """

    stems: tuple[str, ...]
    pattern: re.Pattern[str]
    needs: KeySets
    exclusions: re.Pattern[str] | None = None
    campaign: str | None = None

    def possible(self, line: str) -> bool:
        """False where a text with this line of stems cannot speak of it; cheaper than spans()."""
        return bool(self.campaign or self.pattern.search(line))

    def spans(self, text: StemmedText) -> list[tuple[int, int, int]]:
        """The matches in the text: number of the sentence, start and end in the text."""
        if self.campaign:
            return _campaign_spans(self.campaign, text)
        found = text.spans(self.pattern)
        if self.exclusions and found:
            others = text.spans(self.exclusions)
            found = [(n, a, b) for n, a, b in found if not any(start < b and a < end for _, start, end in others)]
        return found


def _phrase_concept(
    stems: tuple[str, ...], phrases: Iterable[tuple[str, ...]], exclusions: Iterable[tuple[str, ...]] = ()
) -> Concept:
    phrases, exclusions = list(phrases), list(exclusions)
    needs = tuple(frozenset(words) - {"~"} for words in phrases)
    return Concept(stems, phrase_pattern(phrases), needs, phrase_pattern(exclusions) if exclusions else None)


def _campaign_concept(stems: tuple[str, ...], campaign: str) -> Concept:
    return Concept(stems, phrase_pattern([stems]), (frozenset({_campaign_key(campaign)}),), campaign=campaign)


def _campaign_spans(campaign: str, text: StemmedText) -> list[tuple[int, int, int]]:
    if campaign not in campaigns_in(text.text):
        return []
    forms = loader.campaign_forms()
    named = loader.campaign_pattern().finditer(straight_quotes(text.text).lower())
    spans = [match.span() for match in named if forms[match.group()] == campaign]
    ends = [text.offsets[2 * position + 1] for position, stem in enumerate(text.line.split()) if stem == "|"]
    return [(sum(end <= start for end in ends), start, stop) for start, stop in spans]


@cache
def _terms() -> dict[tuple[str, ...], list[tuple[str, int | str]]]:
    """What people may type, as stems: to ("group", number in synonyms.toml) or ("campaign", id)."""
    known: dict[tuple[str, ...], list[tuple[str, int | str]]] = {}
    for number, group in enumerate(loader.table("synonyms")["group"]):
        for term in group["terms"]:
            meanings = known.setdefault(_stems(term), [])
            if ("group", number) not in meanings:
                meanings.append(("group", number))
    for form, campaign in loader.campaign_forms().items():
        known[_stems(form)] = [("campaign", campaign)]
    known.pop((), None)
    return known


@cache
def _body_names() -> dict[tuple[str, ...], str]:
    """Names of bodies as stems, to the body's id."""
    names: dict[tuple[str, ...], str] = {}
    for entry in loader.bodies().values():
        if not entry.id.startswith("X-"):
            for name in (entry.id, entry.abbreviation, entry.name, entry.name_zh, *entry.forms, *entry.forms_zh):
                # "Publicity" is a topic first, and the id of a department only in its full name.
                if _stems(name) not in _terms():
                    names.setdefault(_stems(name), entry.id)
    names.pop((), None)
    return names


@cache
def _stock() -> tuple[frozenset[str], re.Pattern[str]]:
    """Words that say nothing beside a known term ("protection", "action", 保护): English stems, and a Chinese pattern."""
    words = loader.table("words")
    chinese = sorted(
        (*words["zh"]["stock"], *words["zh"]["function"], "专项行动", "行动", "制度"), key=len, reverse=True
    )
    return frozenset(
        _stem(word) for word in (*words["en"]["stock"], *words["en"]["function"], "campaign", "special")
    ), re.compile("|".join(map(re.escape, chinese)))


def _segments(stems: tuple[str, ...], known: dict) -> list[tuple[tuple[str, ...], bool]]:
    """The stems cut into known names, the longest first, and what lies between: (stems, known)."""
    parts: list[tuple[tuple[str, ...], bool]] = []
    at = since = 0
    longest = max(map(len, known), default=0)
    while at < len(stems):
        length = next((n for n in range(min(longest, len(stems) - at), 0, -1) if stems[at : at + n] in known), 0)
        if length:
            parts += [(stems[since:at], False), (stems[at : at + length], True)]
            at = since = at + length
        else:
            at += 1
    parts.append((stems[since:], False))
    return [(part, is_known) for part, is_known in parts if part]


class Question:
    """A query parsed into concepts and bodies, all of which a matching task has.

    concepts: with True for those that a lexicon knows. unknown: stems that no lexicon knows.
    looked_for: the lexicon's synonyms that are searched too.
    """

    def __init__(self, query: str) -> None:
        self.concepts: list[tuple[Concept, bool]] = []
        self.bodies: list[str] = []
        self.looked_for: tuple[str, ...] = ()
        stems = _stems(query)
        for part, is_body in _segments(stems, _body_names()):
            if is_body:
                self.bodies.append(_body_names()[part])
                continue
            for segment, is_known in _segments(part, _terms()):
                made = [self._known(segment)] if is_known else self._plain(segment, segment != stems)
                self.concepts += [(concept, is_known) for concept in made]
        self.looked_for = tuple(dict.fromkeys(self.looked_for))
        self.unknown = [stem for concept, is_known in self.concepts if not is_known for stem in concept.stems]

    def _known(self, segment: tuple[str, ...]) -> Concept:
        meant = _terms()[segment]
        if meant[0][0] == "campaign":
            return _campaign_concept(segment, str(meant[0][1]))
        groups = [loader.table("synonyms")["group"][number] for _, number in meant]
        words = [word for group in groups for word in (*group["words"], *filter(CJK.search, group["terms"]))]
        self.looked_for += tuple(word.replace(" ~ ", " … ") for group in groups for word in group["words"])
        exclusions = [phrase_stems(words) for group in groups for words in group.get("not", ())]
        return _phrase_concept(segment, {segment, *map(phrase_stems, words)} - {()}, exclusions)

    def _plain(self, segment: tuple[str, ...], beside_others: bool) -> list[Concept]:
        """Words that no lexicon knows: as a phrase, the words of a pair also a little apart; more words, each by itself."""
        segment = tuple(stem for stem in segment if stem != "&")
        segment = tuple(stem for stem in segment if stem != "ip") or segment
        if beside_others:
            english, chinese = _stock()
            segment = tuple(
                stem for stem in segment if stem not in english and not re.fullmatch(r"(?:19|20)\d\d", stem)
            )
            if segment and CJK.match(segment[0]):
                segment = tuple(chinese.sub("", "".join(segment)))
        if not segment:
            return []
        if CJK.match(segment[0]) or len(segment) == 1:
            return [_phrase_concept(segment, [segment])]
        if len(segment) == 2:
            first, second = segment
            return [_phrase_concept(segment, [segment, (first, "~", second), (second, "~", first)])]
        return [_phrase_concept((stem,), [(stem,)]) for stem in segment]

    def needs(self, concepts: Sequence[Concept]) -> list[KeySets]:
        """The keys that a task with these concepts and the bodies has."""
        return [concept.needs for concept in concepts] + [
            (frozenset({_body_key(body)}),) for body in dict.fromkeys(self.bodies)
        ]

    def match(
        self, concepts: Sequence[Concept], task: Task, text: StemmedText, one_sentence: bool
    ) -> tuple[float, tuple[str, ...]] | None:
        """Score and matched words of a task with these concepts, in one sentence or anywhere, and all the bodies."""
        in_charge = [body for body in task.bodies if body.id in self.bodies]
        if len({body.id for body in in_charge}) < len(set(self.bodies)):
            return None
        spans = _spans_together(concepts, task, text, one_sentence)
        if concepts and not spans:
            return None
        words = [text.text[start:end] for _, start, end in spans] or [body.as_printed for body in in_charge]
        return _score(concepts, task, text, spans), tuple(dict.fromkeys(words))


def _spans_together(
    concepts: Sequence[Concept], task: Task, text: StemmedText, one_sentence: bool
) -> list[tuple[int, int, int]]:
    """Matches of all concepts, in sentences with every one of them; the title counts as part of each sentence."""
    by_concept = []
    for concept in concepts:
        spans = concept.spans(text)
        if not spans:
            return []
        by_concept.append(spans)
    everything = {span for spans in by_concept for span in spans}
    if not one_sentence:
        return sorted(everything)
    sentences = [{n for n, _, _ in spans} for spans in by_concept]
    if task.title:
        everywhere = {n for n, _, _ in everything}
        sentences = [found | everywhere if 0 in found else found for found in sentences]
    shared = set.intersection(*sentences) if sentences else set()
    return sorted(span for span in everything if span[0] in shared or (shared and task.title and span[0] == 0))


def _score(concepts: Sequence[Concept], task: Task, text: StemmedText, spans: Sequence[tuple[int, int, int]]) -> float:
    """0.7 to 1: more for a task that says it often for its length, in its title, and in the query's own words."""
    if not spans:
        return 1.0
    share = sum(end - start for _, start, end in spans) / max(len(text.text), 1)
    in_title = bool(task.title) and any(end <= len(task.title or "") for _, _, end in spans)
    literal = any(concept.campaign or f" {' '.join(concept.stems)} " in text.line for concept in concepts)
    return round(0.7 + 0.15 * min(1.0, 4 * share) + 0.1 * in_title + 0.05 * literal, 3)
