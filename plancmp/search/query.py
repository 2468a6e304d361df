"""A query parsed into concepts, and their matches in a task's text.

A query is parsed into alternatives (`A OR B`), quoted phrases, terms of the field's lexicon (synonyms.toml, and
terms_zh.toml for Chinese), named campaigns in any script, responsible bodies, and the remaining words. Question words do
not count, and words that occur nowhere are corrected where they look like misspellings. A task matches when one sentence
of it has all concepts. A task is found by its keys: an inverted index of these need only look at tasks that have the keys
that a concept needs.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from itertools import pairwise

from ..commitments.strength import campaigns_in
from ..lexicon import loader
from ..model import Body, Task
from ..text import CJK, straight_quotes
from . import spelling
from .stems import Span, StemmedText, phrase_pattern, phrase_stems, plain, stems_of, typed_words, words_of

# A match has one of these sets of keys whole.
KeySets = tuple[frozenset[str], ...]
Stems = tuple[str, ...]

_QUOTED = re.compile(r"[\"“”„]([^\"“”„]*)[\"“”„]")
_OR = re.compile(r"(?<!\S)OR(?!\S)")
_WORDS_AND_RUNS = re.compile(rf"(?:{CJK.pattern})+|[^\s,;，；、。？?]+")


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


@dataclass(frozen=True, slots=True)
class Concept:
    """One part of a query, matched by a pattern, by words as they stand, or as a named campaign.

    stems: the query's own words for it. text: these words as typed. pattern: finds them and their synonyms in a line of
    stems. needs: sets of keys, of which every match has one whole. known: the lexicon has it.
    exclusions: phrases in which a match means something else. verbatim: finds the words as they stand in the text.
    """

    stems: Stems
    text: str
    pattern: re.Pattern[str]
    needs: KeySets
    known: bool = False
    exclusions: re.Pattern[str] | None = None
    campaign: str | None = None
    verbatim: re.Pattern[str] | None = None

    def possible(self, line: str) -> bool:
        """False where a text with this line of stems cannot speak of it; cheaper than spans()."""
        return bool(self.campaign or self.verbatim or self.pattern.search(line))

    def spans(self, text: StemmedText) -> list[Span]:
        """The matches in the text."""
        if self.verbatim:
            return text.in_sentences(match.span() for match in self.verbatim.finditer(straight_quotes(text.text)))
        found = text.spans(self.pattern)
        if self.campaign:
            return sorted({*found, *_campaign_spans(self.campaign, text)})
        if self.exclusions and found:
            others = text.spans(self.exclusions)
            found = [(n, a, b) for n, a, b in found if not any(start < b and a < end for _, start, end in others)]
        return found

    def own_words(self, text: str) -> bool:
        """True where these words of a text are the query's own, as stems, rather than a synonym of them."""
        return bool(self.verbatim) or set(stems_of(text)) >= set(self.stems) - {"&"}


def _phrase_concept(
    stems: Stems, text: str, phrases: Iterable[Stems], exclusions: Iterable[Stems] = (), known: bool = False
) -> Concept:
    phrases, exclusions = list(phrases), list(exclusions)
    needs = tuple(frozenset(words) - {"~"} for words in phrases)
    return Concept(
        stems, text, phrase_pattern(phrases), needs, known, phrase_pattern(exclusions) if exclusions else None
    )


def _campaign_concept(stems: Stems, text: str, campaign: str) -> Concept:
    """A campaign by any of its names; its Chinese name counts wherever it stands, an English one may be mere words."""
    needs = [frozenset({_campaign_key(campaign)})]
    pattern = re.compile(r"(?!)")
    if CJK.search(text):
        needs.append(frozenset(stems))
        pattern = phrase_pattern([stems])
    return Concept(stems, text, pattern, tuple(needs), True, campaign=campaign)


def _campaign_spans(campaign: str, text: StemmedText) -> list[Span]:
    if campaign not in campaigns_in(text.text):
        return []
    forms = loader.campaign_forms()
    named = loader.campaign_pattern().finditer(straight_quotes(text.text).lower())
    return text.in_sentences(match.span() for match in named if forms[match.group()] == campaign)


def _verbatim_concept(words: str) -> Concept | None:
    """Words as they stand: no other form, no synonym. None where they hold nothing that the index knows."""
    stems = tuple(stem for stem in stems_of(words) if stem != "&")
    if not stems:
        return None
    parts = [re.escape(part) for part in plain(straight_quotes(words)).split()]
    edges = [r"(?<!\w)" if re.match(r"\w", plain(words)) else "", r"(?!\w)" if re.search(r"\w$", plain(words)) else ""]
    if CJK.search(words):
        edges = ["", ""]
    verbatim = re.compile(edges[0] + r"[\s-]+".join(parts) + edges[1], re.IGNORECASE)
    return Concept(stems, words, phrase_pattern([stems]), (frozenset(stems),), verbatim=verbatim)


@cache
def _terms() -> dict[Stems, list[tuple[str, int | str]]]:
    """What people may type, as stems: to ("group", number in synonyms.toml) or ("campaign", id)."""
    known: dict[Stems, list[tuple[str, int | str]]] = {}
    for number, group in enumerate(loader.table("synonyms")["group"]):
        for term in group["terms"]:
            meanings = known.setdefault(stems_of(term), [])
            if ("group", number) not in meanings:
                meanings.append(("group", number))
    for form, campaign in loader.campaign_forms().items():
        known[stems_of(form)] = [("campaign", campaign)]
    known.pop((), None)
    return known


@cache
def _terms_by_words() -> dict[Stems, Stems]:
    """The English terms of several words by their sorted stems, so that "examine a patent" is "patent examination"."""
    return {
        tuple(sorted(stems)): stems
        for stems in reversed(_terms())
        if len(stems) > 1 and "&" not in stems and not CJK.match(stems[0])
    }


@cache
def _glossary() -> dict[Stems, str]:
    """Chinese terms as stems, to their English; those without a meaning of their own to ""."""
    return {
        stems_of(chinese): english
        for group in loader.table("terms_zh")["terms"]
        for chinese, english in group["zh"].items()
        if stems_of(chinese)
    }


@cache
def _variants() -> dict[Stems, list[str]]:
    """Translators' words for one Chinese term as stems, to all of them."""
    return {
        stems_of(form): group["forms"] for group in loader.table("translations")["group"] for form in group["forms"]
    }


@cache
def _body_names() -> dict[Stems, str]:
    """Names of bodies as stems, to the body's id."""
    names: dict[Stems, str] = {}
    for entry in loader.bodies().values():
        if not entry.id.startswith("X-"):
            for name in (entry.id, entry.abbreviation, entry.name, entry.name_zh, *entry.forms, *entry.forms_zh):
                # "Publicity" is a topic first, and the id of a department only in its full name.
                if stems_of(name) not in _terms():
                    names.setdefault(stems_of(name), entry.id)
    names.pop((), None)
    return names


@cache
def lexicon_words() -> frozenset[str]:
    """The English words that the lexicon knows, in small letters."""
    lexical, words = loader.table("synonyms"), loader.table("words")["en"]
    groups = [text for group in lexical["group"] for text in (*group["terms"], *group["words"])]
    bodies = [
        name for entry in loader.bodies().values() for name in (entry.abbreviation, entry.name, *entry.forms) if name
    ]
    others = (
        *words["stock"],
        *words["function"],
        *lexical["query_words"],
        *lexical["question_words"],
        *lexical["question_verbs"],
    )
    return words_of(" ".join((*groups, *loader.campaign_forms(), *bodies, *others)))


@cache
def _stock() -> tuple[frozenset[str], re.Pattern[str]]:
    """Words that say nothing beside a known term ("protection", "action", 保护): English stems, and a Chinese pattern."""
    words = loader.table("words")
    chinese = sorted(
        (*words["zh"]["stock"], *words["zh"]["function"], "专项行动", "行动", "制度"), key=len, reverse=True
    )
    english = (*words["en"]["stock"], *words["en"]["function"], "campaign", "special")
    return frozenset(stem for word in english for stem in stems_of(word)), re.compile("|".join(map(re.escape, chinese)))


def _is_term(stems: Stems) -> bool:
    if stems in _terms():
        return True
    return stems in _glossary() if CJK.match(stems[0]) else tuple(sorted(stems)) in _terms_by_words()


@cache
def _uncounted(name: str) -> frozenset[str]:
    return frozenset(stem for word in loader.table("synonyms")[name] for stem in stems_of(word))


# No name is longer than this, in stems.
_LONGEST = 24


def _segments(stems: Stems, is_known: Callable[[Stems], bool]) -> Iterator[tuple[Stems, bool]]:
    """The stems cut into known names, the longest first, and what lies between: (stems, known)."""
    start = since = 0
    while start < len(stems):
        lengths = range(min(_LONGEST, len(stems) - start), 0, -1)
        length = next((n for n in lengths if is_known(stems[start : start + n])), 0)
        if length:
            if since < start:
                yield stems[since:start], False
            yield stems[start : start + length], True
            start = since = start + length
        else:
            start += 1
    if since < len(stems):
        yield stems[since:], False


@dataclass(frozen=True, slots=True)
class Match:
    """How a task matches: score 0 to 1, the matched words and their places in the text, and whether each concept is
    there in the query's own words.
    """

    score: float
    words: tuple[str, ...]
    spans: tuple[tuple[int, int], ...]
    own_words: bool


class Question:
    """One alternative of a query parsed into concepts and bodies, all of which a matching task has.

    looked_for: the lexicon's synonyms that are searched too. unknown: concepts that no lexicon has. phrase: all words of a
    query of several concepts, as they follow each other. is_list: the query joins things by commas or "and".
    exact: words are looked for as they stand.
    """

    def __init__(self, query: str, exact: bool = False) -> None:
        self.text = query
        self.concepts: list[Concept] = []
        self.bodies: list[tuple[str, Stems]] = []
        self._synonyms: list[str] = []
        self._typed = typed_words(query)
        self._stock_counts = False
        self.is_question = self._is_question(query)
        if (body := _whole_body(query)) and not exact:
            self.bodies.append((body, stems_of(query)))
        else:
            self._read(query, exact)
        if not self.concepts and not self.bodies and not exact:
            self._stock_counts = True
            self._read(query, exact)
        self._drop_uncounted()
        self.looked_for = tuple(dict.fromkeys(self._synonyms))
        self.unknown = [concept for concept in self.concepts if not concept.known]
        self.is_list = "&" in stems_of(query)
        stems = tuple(stem for stem in stems_of(query) if stem != "&")
        # A name is found as it stands, whatever of it the lexicon takes for a term: "19th Asian Games".
        self.phrase = (
            _phrase_concept(stems, query, [stems])
            if len(self.concepts) > 1 and not exact and not self.bodies and not _QUOTED.search(query)
            else None
        )

    @property
    def subject(self) -> str:
        """What is asked about: the query without the words by which a question is put."""
        return " ".join(concept.text for concept in self.concepts) if self.is_question and self.concepts else self.text

    def _read(self, query: str, exact: bool) -> None:
        end = 0
        for quoted in (*_QUOTED.finditer(query), None):
            part = query[end : quoted.start() if quoted else None]
            if exact:
                self.concepts += filter(None, map(_verbatim_concept, _WORDS_AND_RUNS.findall(part)))
            else:
                self._parse(part, alone=part == query)
            if quoted:
                self._quoted(quoted[1], exact)
                end = quoted.end()

    @staticmethod
    def _is_question(query: str) -> bool:
        first = query.split()[0].casefold() if query.split() else ""
        return query.rstrip().endswith(("?", "？")) or first in loader.table("synonyms")["question_words"]

    def _quoted(self, words: str, exact: bool) -> None:
        """A phrase in quotation marks, as it stands; the name of a campaign or a Chinese one is one in marks too."""
        stems = stems_of(words)
        if not exact and (CJK.search(words) or _terms().get(stems, [("", 0)])[0][0] == "campaign"):
            self._parse(words, alone=True)
        elif concept := _verbatim_concept(words):
            self.concepts.append(concept)

    def _parse(self, text: str, alone: bool) -> None:
        """Add the concepts and bodies of words outside quotation marks. alone: the query has no others."""
        stems = stems_of(text)
        for part, is_body in _segments(stems, _body_names().__contains__):
            if is_body:
                self.bodies.append((_body_names()[part], part))
                continue
            for segment, is_known in _segments(part, _is_term):
                if is_known:
                    self.concepts += self._known(segment, segment != stems or not alone)
                else:
                    self.concepts += self._plain(segment, segment != stems or not alone)

    def _known(self, segment: Stems, beside_others: bool) -> list[Concept]:
        text = self._as_typed(segment)
        if segment not in _terms():
            segment = _terms_by_words().get(tuple(sorted(segment)), segment)
        if segment not in _terms():
            return self._translated(segment, beside_others)
        meant = _terms()[segment]
        if meant[0][0] == "campaign":
            return [_campaign_concept(segment, text, str(meant[0][1]))]
        groups = [loader.table("synonyms")["group"][number] for _, number in meant]
        words = [word for group in groups for word in (*group["words"], *filter(CJK.search, group["terms"]))]
        if CJK.match(segment[0]) and (english := _glossary().get(segment)):
            words.append(english)
        synonyms = [word for group in groups for word in group["words"] if phrase_stems(word) != segment]
        self._synonyms += [word.replace(" ~ ", " … ") for word in synonyms]
        exclusions = [phrase_stems(words) for group in groups for words in group.get("not", ())]
        phrases = {segment, *map(phrase_stems, words)} - {()}
        return [_phrase_concept(segment, text, phrases, exclusions, known=True)]

    def _translated(self, segment: Stems, beside_others: bool) -> list[Concept]:
        """A Chinese term of the glossary, and its English."""
        english = _glossary()[segment]
        text = "".join(segment)
        if beside_others and not self._stock_counts and (not english or _stock()[1].fullmatch(text)):
            return []
        if not english:
            return [_phrase_concept(segment, text, [segment])]
        words = stems_of(english)
        variants = _variants().get(words, [english])
        self._synonyms += variants
        # The glossary keeps the Chinese order of words.
        phrases = {segment, words[::-1] if len(words) == 2 else words, *map(phrase_stems, variants)} - {()}
        return [_phrase_concept(segment, text, phrases, known=True)]

    def _plain(self, segment: Stems, beside_others: bool) -> list[Concept]:
        """Words that no lexicon has: as a phrase, the words of a pair also a little apart; more words, each by itself."""
        segment = tuple(stem for stem in segment if stem != "&")
        segment = tuple(stem for stem in segment if stem != "ip") or (() if beside_others else segment)
        if beside_others and not self._stock_counts:
            english, chinese = _stock()
            segment = tuple(
                stem for stem in segment if stem not in english and not re.fullmatch(r"(?:19|20)\d\d", stem)
            )
            if segment and CJK.match(segment[0]):
                segment = tuple(chinese.sub("", "".join(segment)))
        if not segment:
            return []
        if CJK.match(segment[0]):
            return [_phrase_concept(segment, "".join(segment), [segment])]
        uncounted = self._uncounted()
        counted = tuple(stem for stem in segment if stem not in uncounted)
        # In a question other words may stand around a pair, but none inside.
        is_pair = any(counted == pair for pair in pairwise(segment)) and (self.is_question or len(segment) == 2)
        if self.is_question and counted:
            segment = counted
        if is_pair:
            first, second = counted
            phrases = [segment, (first, "~", second), (second, "~", first)]
            return [_phrase_concept(segment, self._as_typed(segment), phrases)]
        return [_phrase_concept((stem,), self._as_typed((stem,)), [(stem,)]) for stem in segment]

    def _as_typed(self, stems: Stems) -> str:
        return ("" if CJK.match(stems[0]) else " ").join(self._typed.get(stem, stem) for stem in stems if stem != "&")

    def _uncounted(self) -> frozenset[str]:
        """The stems by which a query of this kind is put."""
        words = _uncounted("question_words") | _uncounted("query_words")
        return words | _uncounted("question_verbs") if self.is_question else words

    def _drop_uncounted(self) -> None:
        """Leave out words by which a question is put, unless the query has no others."""
        uncounted = self._uncounted()

        def counts(concept: Concept) -> bool:
            return concept.known or bool(concept.verbatim) or not set(concept.stems) <= uncounted

        if self.bodies or any(map(counts, self.concepts)):
            self.concepts = list(filter(counts, self.concepts))

    def needs(self, concepts: Sequence[Concept]) -> list[KeySets]:
        """The keys that a task with these concepts and the bodies has."""
        bodies = dict.fromkeys(body for body, _ in self.bodies)
        return [concept.needs for concept in concepts] + [(frozenset({_body_key(body)}),) for body in bodies]

    def match(self, concepts: Sequence[Concept], task: Task, text: StemmedText, one_sentence: bool) -> Match | None:
        """The match of a task with these concepts, in one sentence or anywhere, and all the bodies."""
        names = dict(self.bodies)
        in_charge = [body for body in task.bodies if body.id in names]
        if len({body.id for body in in_charge}) < len(names):
            return None
        spans, own_words = _spans_together(concepts, task, text, one_sentence)
        if concepts and not spans:
            return None
        words = [text.text[start:end] for _, start, end in spans] or [body.as_printed for body in in_charge]
        own_words = own_words and all(_is_printed(body, names) for body in in_charge)
        places = tuple(dict.fromkeys((start, end) for _, start, end in spans))
        score = _score(concepts, task, text, spans, own_words)
        return Match(score, tuple(dict.fromkeys(words)), places, own_words)


_BODY = re.compile(
    r"(?i)\b(ministry|administration|office|bureau|court|procuratorate|committee|commission|department|association|academy|bank)\b"
)


def _whole_body(query: str) -> str | None:
    """The body that a query names as a whole, also by a part of its name: "Ministry of Culture"."""
    if not _BODY.search(query) or stems_of(query) in _terms():
        return None
    stems = set(stems_of(query))
    if len(stems) < 2:
        return None
    bodies = {body for name, body in _body_names().items() if stems <= set(name)}
    return bodies.pop() if len(bodies) == 1 else None


def _is_printed(body: Body, names: dict[str, Stems]) -> bool:
    return f" {' '.join(names[body.id or ''])} " in _line_of(body.as_printed)


@lru_cache(maxsize=4096)
def _line_of(name: str) -> str:
    """A body's name, which many tasks print alike, as a line of stems."""
    return f" {' '.join(stems_of(name))} "


class Query:
    """A query parsed: its alternatives, and the words that were corrected.

    text: the query as searched. vocabulary: the words of the plans, without which nothing is corrected. exact: words are looked for as they stand.
    """

    def __init__(self, query: str, vocabulary: spelling.Vocabulary | None = None, exact: bool = False) -> None:
        self.corrections: tuple[spelling.Correction, ...] = ()
        if vocabulary and not exact:
            query, self.corrections = spelling.corrected(query, vocabulary, lexicon_words)
        self.text = query
        parts = [part.strip() for part in _outside_quotes(query)]
        self.alternatives = [Question(part, exact) for part in parts if part] or [Question(query, exact)]

    @property
    def looked_for(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(word for question in self.alternatives for word in question.looked_for))


def _outside_quotes(query: str) -> Iterator[str]:
    """The query cut at each OR that stands outside quotation marks."""
    masked = _QUOTED.sub(lambda match: "x" * len(match.group()), query)
    start = 0
    for match in _OR.finditer(masked):
        yield query[start : match.start()]
        start = match.end()
    yield query[start:]


def _spans_together(
    concepts: Sequence[Concept], task: Task, text: StemmedText, one_sentence: bool
) -> tuple[list[Span], bool]:
    """Matches of all concepts, in sentences with every one of them, and whether each is there in the query's own words.

    The title counts as part of each sentence.
    """
    by_concept = []
    for concept in concepts:
        spans = concept.spans(text)
        if not spans:
            return [], False
        by_concept.append(spans)
    everything = {span for spans in by_concept for span in spans}
    chosen = everything
    if one_sentence:
        sentences = [{n for n, _, _ in spans} for spans in by_concept]
        if task.title:
            everywhere = {n for n, _, _ in everything}
            sentences = [found | everywhere if 0 in found else found for found in sentences]
        shared = set.intersection(*sentences) if sentences else set()
        chosen = {span for span in everything if span[0] in shared or (shared and task.title and span[0] == 0)}
    own_words = all(
        any(concept.own_words(text.text[start:end]) for n, start, end in spans if (n, start, end) in chosen)
        for concept, spans in zip(concepts, by_concept, strict=True)
    )
    return sorted(chosen), own_words


def _score(concepts: Sequence[Concept], task: Task, text: StemmedText, spans: Sequence[Span], own_words: bool) -> float:
    """0.7 to 1: more for a task that says it often for its length, in its title, and in the query's own words."""
    if not spans:
        return 1.0
    share = sum(end - start for _, start, end in spans) / max(len(text.text), 1)
    in_title = bool(task.title) and any(end <= len(task.title or "") for _, _, end in spans)
    literal = any(concept.campaign or f" {' '.join(concept.stems)} " in text.line for concept in concepts)
    return round(0.7 + 0.15 * min(1.0, 4 * share) + 0.1 * in_title + 0.05 * literal, 3)
