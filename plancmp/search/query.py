"""A query read as concepts, and what of it a task's text holds.

A query is read as terms of the field's lexicon (synonyms.toml), named campaigns in any script, responsible bodies, and
the words that are left. A task matches exactly when one sentence of it holds them all, as stems and passing over little
words. Texts are compared as lines of stems; what a task can be found by are its keys, so that whoever keeps them by task
need only look at tasks that have what a concept needs.
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
from ..text import CHINESE, CJK, straight

_PIECE = re.compile(
    r"(?P<ip>\bintellectual[ -]property(?: rights?)?\b|\bIPR?s?\b)|(?P<end>[.!?](?=\s|$)|[。！？])|(?P<list>[,;:，；：、]|\b(?:and|or)\b|和|与|及)"
    rf"|[A-Za-z0-9]+|[{CHINESE}]",
    re.IGNORECASE,
)
_SIGNS = {"ip": "ip", "end": "|", "list": "&"}
_MAKING = re.compile(r"(\w{4,})i[sz](?:e|ed|es|ing|ations?)")


@lru_cache(maxsize=65536)
def _stem(word: str) -> str:
    """The word without its ending. "Industrialisation" keeps its -iz-, so that it is not taken for "industry"."""
    lexical = loader.table("synonyms")
    word = lexical["spellings"].get(word.lower(), word.lower())
    if word.removesuffix("s") in lexical["apart"]:
        return word.removesuffix("s")
    if making := _MAKING.fullmatch(word):
        return _stemmer().stemWord(making[1]) + "iz"
    return _stemmer().stemWord(word)


@cache
def _stemmer():
    import Stemmer

    return Stemmer.Stemmer("english")


@cache
def _little() -> frozenset[str]:
    return frozenset(loader.table("synonyms")["little"])


def _pieces(text: str) -> list[tuple[str, int, int]]:
    """The words that are compared: stem, start and end in the text. Little words are passed over.

    A Chinese character stands for itself, `ip` for "intellectual property rights", `|` for the end of a sentence, and `&`
    for what parts or joins a list, which a phrase does not bridge unless it has it too.
    """
    found: list[tuple[str, int, int]] = []
    little = _little()
    for match in _PIECE.finditer(text):
        stem = _SIGNS[match.lastgroup] if match.lastgroup else _stem(match.group())
        if stem not in little and not (stem == "&" and found and found[-1][0] == "&"):
            found.append((stem, *match.span()))
    return found


def _stems(text: str) -> tuple[str, ...]:
    """The stems of a query or term; accents, as pinyin has them, are taken off."""
    plain = "".join(char for char in unicodedata.normalize("NFKD", text) if not unicodedata.combining(char))
    return tuple(stem for stem, _, _ in _pieces(plain) if stem != "|")


class Text:
    """A task's text as a line of stems, in which phrases are found by one regular expression.

    line: the stems, each between two spaces. offsets: start and end of each in the text, one after the other. Both may be
    given where they are known from another time.
    """

    __slots__ = ("line", "offsets", "text")

    def __init__(self, text: str, line: str | None = None, offsets: array[int] | None = None) -> None:
        if line is None or offsets is None:
            pieces = _pieces(text)
            line = " " + " ".join(stem for stem, _, _ in pieces) + " "
            offsets = array("I", (offset for _, start, end in pieces for offset in (start, end)))
        self.text, self.line, self.offsets = text, line, offsets

    def spans(self, pattern: re.Pattern[str]) -> list[tuple[int, int, int]]:
        """Where a phrase stands: (number of the sentence, start, end) with offsets into the text."""
        spans = []
        for match in pattern.finditer(self.line):
            first = self.line.count(" ", 0, match.start())
            last = first + match.group().strip().count(" ")
            sentence = self.line.count("|", 0, match.start())
            spans.append((sentence, self.offsets[2 * first], self.offsets[2 * last + 1]))
        return spans


def keys(task: Task, text: Text) -> frozenset[str]:
    """What a task can be found by: its stems, the campaigns that it names and the bodies in charge of it."""
    campaigns = map(_campaign_key, campaigns_in(text.text))
    bodies = (_body_key(body.id) for body in task.bodies if body.id)
    return frozenset((*text.line.split(), *campaigns, *bodies))


# Neither sign is in a stem.
def _campaign_key(campaign: str) -> str:
    return f"#{campaign}"


def _body_key(body: str) -> str:
    return f"@{body}"


# What a match needs: one of these sets of keys, whole.
Needs = tuple[frozenset[str], ...]


def pattern(phrases: Iterable[tuple[str, ...]]) -> re.Pattern[str]:
    """Finds any of the phrases in a line of stems. "Intellectual property" may stand between any two words of a phrase;
    `~` is up to three words of the same sentence.
    """
    expressions = []
    for phrase in sorted(phrases, key=len, reverse=True):
        steps = [r"(?: [^ |]+){0,3}?" if stem == "~" else " " + re.escape(stem) for stem in phrase]
        expressions.append("(?: ip)?".join(steps))
    return re.compile(f"(?:{'|'.join(expressions)})(?= )")


def phrase(words: str) -> tuple[str, ...]:
    """A phrase of the lexicon as stems, with its gaps."""
    parts = [_stems(part) for part in words.split("~")]
    return tuple(stem for i, part in enumerate(parts) for stem in (("~", *part) if i else part))


@dataclass(frozen=True, slots=True)
class Concept:
    """One part of a query, looked for by a pattern or as a named campaign.

    own: the query's own words for it, as stems. but_not: phrases in which a match means something else.
    needs: keys without which no task speaks of it.
    """

    own: tuple[str, ...]
    pattern: re.Pattern[str]
    needs: Needs
    but_not: re.Pattern[str] | None = None
    campaign: str | None = None

    def possible(self, line: str) -> bool:
        """False where a text with this line of stems cannot speak of it; quicker than to look for the places."""
        return bool(self.campaign or self.pattern.search(line))

    def places(self, text: Text) -> list[tuple[int, int, int]]:
        """Where the text speaks of it: number of the sentence, start and end in the text."""
        if self.campaign:
            return _campaign_places(self.campaign, text)
        found = text.spans(self.pattern)
        if self.but_not and found:
            others = text.spans(self.but_not)
            found = [(n, a, b) for n, a, b in found if not any(start < b and a < end for _, start, end in others)]
        return found


def _by_phrases(
    own: tuple[str, ...], phrases: Iterable[tuple[str, ...]], but_not: Iterable[tuple[str, ...]] = ()
) -> Concept:
    phrases, but_not = list(phrases), list(but_not)
    needs = tuple(frozenset(words) - {"~"} for words in phrases)
    return Concept(own, pattern(phrases), needs, pattern(but_not) if but_not else None)


def _by_campaign(own: tuple[str, ...], campaign: str) -> Concept:
    return Concept(own, pattern([own]), (frozenset({_campaign_key(campaign)}),), campaign=campaign)


def _campaign_places(campaign: str, text: Text) -> list[tuple[int, int, int]]:
    if campaign not in campaigns_in(text.text):
        return []
    forms = loader.campaign_forms()
    named = loader.campaign_pattern().finditer(straight(text.text).lower())
    places = [match.span() for match in named if forms[match.group()] == campaign]
    ends = [text.offsets[2 * place + 1] for place, stem in enumerate(text.line.split()) if stem == "|"]
    return [(sum(end <= start for end in ends), start, stop) for start, stop in places]


@cache
def _terms() -> dict[tuple[str, ...], list[tuple[str, int | str]]]:
    """What people may type, as stems: to ("group", number in synonyms.toml) or ("campaign", id)."""
    known: dict[tuple[str, ...], list[tuple[str, int | str]]] = {}
    for number, group in enumerate(loader.table("synonyms")["group"]):
        for term in group["terms"]:
            places = known.setdefault(_stems(term), [])
            if ("group", number) not in places:
                places.append(("group", number))
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
    """A query taken apart into concepts and bodies, all of which a task must hold.

    concepts: with True for those that a lexicon knows. unknown: stems that no lexicon knows.
    looked_for: the lexicon's words for the query.
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
        self.unknown = [stem for concept, is_known in self.concepts if not is_known for stem in concept.own]

    def _known(self, segment: tuple[str, ...]) -> Concept:
        meant = _terms()[segment]
        if meant[0][0] == "campaign":
            return _by_campaign(segment, str(meant[0][1]))
        groups = [loader.table("synonyms")["group"][number] for _, number in meant]
        words = [word for group in groups for word in (*group["words"], *filter(CJK.search, group["terms"]))]
        self.looked_for += tuple(word.replace(" ~ ", " … ") for group in groups for word in group["words"])
        but_not = [phrase(words) for group in groups for words in group.get("not", ())]
        return _by_phrases(segment, {segment, *map(phrase, words)} - {()}, but_not)

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
            return [_by_phrases(segment, [segment])]
        if len(segment) == 2:
            first, second = segment
            return [_by_phrases(segment, [segment, (first, "~", second), (second, "~", first)])]
        return [_by_phrases((stem,), [(stem,)]) for stem in segment]

    def needs(self, concepts: Sequence[Concept]) -> list[Needs]:
        """What a task must have to hold these concepts and the bodies."""
        return [concept.needs for concept in concepts] + [
            (frozenset({_body_key(body)}),) for body in dict.fromkeys(self.bodies)
        ]

    def match(
        self, concepts: Sequence[Concept], task: Task, text: Text, one_sentence: bool
    ) -> tuple[float, tuple[str, ...]] | None:
        """Score and words of a task that holds these concepts, in one sentence or anywhere, and all the bodies."""
        in_charge = [body for body in task.bodies if body.id in self.bodies]
        if len({body.id for body in in_charge}) < len(set(self.bodies)):
            return None
        places = _together(concepts, task, text, one_sentence)
        if concepts and not places:
            return None
        words = [text.text[start:end] for _, start, end in places] or [body.as_printed for body in in_charge]
        return _score(concepts, task, text, places), tuple(dict.fromkeys(words))


def _together(concepts: Sequence[Concept], task: Task, text: Text, one_sentence: bool) -> list[tuple[int, int, int]]:
    """Places of all concepts, in sentences that hold every one of them; the title counts as part of each sentence."""
    by_concept = []
    for concept in concepts:
        places = concept.places(text)
        if not places:
            return []
        by_concept.append(places)
    everything = {place for places in by_concept for place in places}
    if not one_sentence:
        return sorted(everything)
    sentences = [{n for n, _, _ in places} for places in by_concept]
    if task.title:
        everywhere = {n for n, _, _ in everything}
        sentences = [found | everywhere if 0 in found else found for found in sentences]
    shared = set.intersection(*sentences) if sentences else set()
    return sorted(place for place in everything if place[0] in shared or (shared and task.title and place[0] == 0))


def _score(concepts: Sequence[Concept], task: Task, text: Text, places: Sequence[tuple[int, int, int]]) -> float:
    """0.7 to 1: more for a task that says it often for its length, in its title, and in the query's own words."""
    if not places:
        return 1.0
    share = sum(end - start for _, start, end in places) / max(len(text.text), 1)
    in_title = bool(task.title) and any(end <= len(task.title or "") for _, _, end in places)
    own = any(concept.campaign or f" {' '.join(concept.own)} " in text.line for concept in concepts)
    return round(0.7 + 0.15 * min(1.0, 4 * share) + 0.1 * in_title + 0.05 * own, 3)
