"""Where a topic, a name or a task stands in every plan at hand.

A query is read as concepts: terms of the field's lexicon (synonyms.toml), named campaigns in any script, responsible
bodies, and the words that are left. A task matches exactly when one sentence of it holds them all, as stems and passing
over little words; where nothing matches exactly, tasks near in meaning are found by sentence vectors. The thread from
plan to plan is that of compare.diff between neighbouring plans, kept as a small file for each pair.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import re
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, replace
from functools import cache, lru_cache

import numpy as np

from . import corpus, decisions, keep, lexicon, vectors
from .errors import UsageError
from .model import Entry, Plan, Status, Task
from .text import CJK, normalise, printable, straight


@dataclass(frozen=True, slots=True)
class Thread:
    """What a history needs of a link between two plans: the fields of model.Link of the same name."""

    old: str
    new: str
    status: Status
    softened: bool
    confidence: float


@dataclass(frozen=True, slots=True)
class History:
    """Where a query stands in every plan.

    entries: oldest plan first and in document order (`history`), or best first (`search`).
    plans_cut: plans whose text is incomplete, so that their silence proves nothing. links: between entries only.
    looked_for: the lexicon's words for the query that were looked for beside its own. note: what to tell the reader.
    """

    query: str
    entries: tuple[Entry, ...]
    plans_searched: tuple[str, ...]
    plans_without_match: tuple[str, ...]
    plans_cut: tuple[str, ...] = ()
    links: tuple[Thread, ...] = ()
    note: str | None = None
    looked_for: tuple[str, ...] = ()
    schema: str = "plancmp.history/1"

    def to_dict(self) -> dict:
        """The result as the JSON of `plancmp.history/1` or `plancmp.search/1`."""
        return {
            "schema": self.schema,
            "query": self.query,
            "entries": [_entry_dict(entry) for entry in self.entries],
            "plans_searched": list(self.plans_searched),
            "plans_without_match": list(self.plans_without_match),
            "plans_cut": list(self.plans_cut),
            "links": [asdict(link) for link in self.links],
            "looked_for": list(self.looked_for),
            "note": self.note,
        }


def _entry_dict(entry: Entry) -> dict:
    from .report import tabular

    return {
        "ref": entry.task.ref,
        "plan": entry.plan.id,
        "date": entry.plan.issued,
        "section": [tabular.section_dict(section) for section in entry.task.section],
        "title": entry.task.title,
        "text": entry.task.text,
        "bodies": [tabular.body_dict(body) for body in entry.task.bodies],
        "match": entry.match,
        "score": entry.score,
        "continues": list(entry.continues),
        "status": entry.status,
        "words": list(entry.words),
    }


# Entries, the lexicon's words that were looked for, and a note.
Found = tuple[list[Entry], tuple[str, ...], str | None]


def history(query: str, model: str | None = None, progress: vectors.Progress | None = None) -> History:
    """Where a topic, name or task (`2021:37`) stands in every plan at hand, oldest plan first.

    model: a sentence-transformers name or path for matches in meaning and links, or None for the default.
    Raises UsageError for an empty query and for a task that a plan does not have.
    """
    query = _stated(query)
    plans = corpus.everything()
    threads = _Threads(plans, model, progress)
    if (seed := _named_task(query)) is not None:
        found: Found = (_followed(seed, plans, threads), (), None)
    else:
        found = find(query, plans, model, progress)
    place = {task.ref: (i, j) for i, plan in enumerate(plans) for j, task in enumerate(plan.tasks)}
    ordered = sorted(found[0], key=lambda entry: place[entry.task.ref])
    return _told(query, ordered, plans, threads, *found[1:])


def search(
    query: str, limit: int | None = 20, model: str | None = None, progress: vectors.Progress | None = None
) -> History:
    """The tasks of all plans at hand that match a query, best first, at most `limit`. Raises UsageError as `history`."""
    query = _stated(query)
    plans = corpus.everything()
    threads = _Threads(plans, model, progress)
    entries, looked_for, note = find(query, plans, model, progress)
    entries.sort(key=lambda entry: -entry.score)
    told = _told(query, entries[:limit], plans, threads, looked_for, note)
    matched = {entry.plan.id for entry in entries}
    silent = tuple(plan.id for plan in plans if plan.id not in matched)
    return replace(told, schema="plancmp.search/1", plans_without_match=silent)


def find(
    query: str, plans: Sequence[Plan], model: str | None = None, progress: vectors.Progress | None = None
) -> Found:
    """The tasks of these plans that match a topic or name, in order of the plans; words looked for; a note.

    It reads no link and knows nothing of time.
    """
    asked = _Question(_stated(query))
    shown = f"“{printable(query)}”"
    if entries := asked.exact(plans):
        return entries, asked.looked_for, None
    if entries := asked.partly(plans):
        return entries, asked.looked_for, f"no task has all of {shown}; these have part of it"
    # Where the lexicon knows every word, what it looked for is what there is to look for.
    if asked.unknown and not CJK.search(query):
        entries = _near_in_meaning(query, plans, model, progress)
    if entries:
        return entries, asked.looked_for, f"no plan at hand has the words of {shown}; these tasks are near in meaning"
    return (
        [],
        asked.looked_for,
        f"nothing found for {shown} in any plan at hand, nor for the field's other words for it",
    )


def refs_on(plan: Plan, topic: str) -> frozenset[str]:
    """The tasks of one plan that match a topic: names as in Task.ref. Raises UsageError for an empty topic.

    The other plans at hand are searched too: whether a topic has exact matches must not depend on the plan asked.
    """
    plans = [*(other for other in corpus.everything() if other.id != plan.id), plan]
    return frozenset(entry.task.ref for entry in find(topic, plans)[0] if entry.plan is plan)


def _stated(query: str) -> str:
    query = normalise(query)
    if not query:
        raise UsageError(
            "the query is empty", "give a topic, a name or a task, for example: plancmp history “trade secrets”"
        )
    return query


def _told(
    query: str,
    entries: Sequence[Entry],
    plans: Sequence[Plan],
    threads: _Threads,
    looked_for: tuple[str, ...],
    note: str | None,
) -> History:
    entries = [replace(entry, continues=threads.continues(entry), status=threads.status(entry)) for entry in entries]
    matched = {entry.plan.id for entry in entries}
    return History(
        query=query,
        entries=tuple(entries),
        plans_searched=tuple(plan.id for plan in plans),
        plans_without_match=tuple(plan.id for plan in plans if plan.id not in matched),
        plans_cut=tuple(plan.id for plan in plans if not plan.whole or not all(task.complete for task in plan.tasks)),
        links=threads.among({entry.task.ref for entry in entries}, matched),
        note=note,
        looked_for=looked_for,
    )


# ---------------------------------------------------------------- reading texts and queries

_PIECE = re.compile(
    r"(?P<ip>\bintellectual[ -]property(?: rights?)?\b|\bIPR?s?\b)|(?P<end>[.!?](?=\s|$)|[。！？])|(?P<list>[,;:，；：、]|\b(?:and|or)\b|和|与|及)"
    r"|[A-Za-z0-9]+|[\u3400-\u9fff\uf900-\ufaff]",
    re.IGNORECASE,
)
_SIGNS = {"ip": "ip", "end": "|", "list": "&"}
_MAKING = re.compile(r"(\w{4,})i[sz](?:e|ed|es|ing|ations?)")


@lru_cache(maxsize=65536)
def _stem(word: str) -> str:
    """The word without its ending. "Industrialisation" keeps its -iz-, so that it is not taken for "industry"."""
    lexical = lexicon.table("synonyms")
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
    return frozenset(lexicon.table("synonyms")["little"])


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


class _Text:
    """A task's text as a line of stems, in which phrases are found by one regular expression."""

    __slots__ = ("line", "pieces", "starts", "text")

    def __init__(self, text: str) -> None:
        self.text = text
        self.pieces = _pieces(text)
        self.line = " " + " ".join(stem for stem, _, _ in self.pieces) + " "

    def spans(self, pattern: re.Pattern[str]) -> list[tuple[int, int, int]]:
        """Where a phrase stands: (number of the sentence, start, end) with offsets into the text."""
        spans = []
        for match in pattern.finditer(self.line):
            first = self.line.count(" ", 0, match.start())
            last = first + match.group().strip().count(" ")
            sentence = self.line.count("|", 0, match.start())
            spans.append((sentence, self.pieces[first][1], self.pieces[last][2]))
        return spans


def _pattern(phrases: Iterable[tuple[str, ...]]) -> re.Pattern[str]:
    """Finds any of the phrases in a line of stems. "Intellectual property" may stand between any two words of a phrase;
    `~` is up to three words of the same sentence.
    """
    expressions = []
    for phrase in sorted(phrases, key=len, reverse=True):
        steps = [r"(?: [^ |]+){0,3}?" if stem == "~" else " " + re.escape(stem) for stem in phrase]
        expressions.append("(?: ip)?".join(steps))
    return re.compile(f"(?:{'|'.join(expressions)})(?= )")


def _phrase(words: str) -> tuple[str, ...]:
    """A phrase of the lexicon as stems, with its gaps."""
    parts = [_stems(part) for part in words.split("~")]
    return tuple(stem for i, part in enumerate(parts) for stem in (("~", *part) if i else part))


@dataclass(frozen=True, slots=True)
class _Concept:
    """One part of a query, looked for by a pattern, as a named campaign or as a responsible body.

    but_not: phrases in which a match means something else. own: the query's own words for it, as stems.
    """

    own: tuple[str, ...]
    pattern: re.Pattern[str]
    but_not: re.Pattern[str] | None = None
    campaign: str | None = None
    body: str | None = None

    def places(self, task: Task, text: _Text) -> list[tuple[int, int, int]]:
        """Where the task's text speaks of it: number of the sentence, start and end in the text."""
        if self.campaign:
            return _campaign_places(self.campaign, text)
        found = text.spans(self.pattern)
        if self.but_not and found:
            others = text.spans(self.but_not)
            found = [(n, a, b) for n, a, b in found if not any(start < b and a < end for _, start, end in others)]
        return found


def _campaign_places(campaign: str, text: _Text) -> list[tuple[int, int, int]]:
    from .commitments import campaigns_in

    if campaign not in campaigns_in(text.text):
        return []
    forms = lexicon.campaign_forms()
    named = lexicon.campaign_pattern().finditer(straight(text.text).lower())
    places = [match.span() for match in named if forms[match.group()] == campaign]
    ends = [end for stem, _, end in text.pieces if stem == "|"]
    return [(sum(end <= start for end in ends), start, stop) for start, stop in places]


@cache
def _terms() -> dict[tuple[str, ...], list[tuple[str, int | str]]]:
    """What people may type, as stems: to ("group", number in synonyms.toml) or ("campaign", id)."""
    known: dict[tuple[str, ...], list[tuple[str, int | str]]] = {}
    for number, group in enumerate(lexicon.table("synonyms")["group"]):
        for term in group["terms"]:
            places = known.setdefault(_stems(term), [])
            if ("group", number) not in places:
                places.append(("group", number))
    for form, campaign in lexicon.campaign_forms().items():
        known[_stems(form)] = [("campaign", campaign)]
    known.pop((), None)
    return known


@cache
def _body_names() -> dict[tuple[str, ...], str]:
    """Names of bodies as stems, to the body's id."""
    names: dict[tuple[str, ...], str] = {}
    for entry in lexicon.bodies().values():
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
    words = lexicon.table("words")
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


class _Question:
    """A query taken apart into concepts and bodies, all of which a task must hold.

    concepts: with True for those that a lexicon knows. unknown: stems that no lexicon knows.
    looked_for: the lexicon's words for the query.
    """

    def __init__(self, query: str) -> None:
        self.concepts: list[tuple[_Concept, bool]] = []
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

    def _known(self, segment: tuple[str, ...]) -> _Concept:
        meant = _terms()[segment]
        if meant[0][0] == "campaign":
            return _Concept(segment, _pattern([segment]), campaign=str(meant[0][1]))
        groups = [lexicon.table("synonyms")["group"][number] for _, number in meant]
        words = [word for group in groups for word in (*group["words"], *filter(CJK.search, group["terms"]))]
        self.looked_for += tuple(word.replace(" ~ ", " … ") for group in groups for word in group["words"])
        but_not = [phrase for group in groups for phrase in map(_phrase, group.get("not", ()))]
        phrases = {segment, *map(_phrase, words)} - {()}
        return _Concept(segment, _pattern(phrases), _pattern(but_not) if but_not else None)

    def _plain(self, segment: tuple[str, ...], beside_others: bool) -> list[_Concept]:
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
            return [_Concept(segment, _pattern([segment]))]
        if len(segment) == 2:
            first, second = segment
            return [_Concept(segment, _pattern([segment, (first, "~", second), (second, "~", first)]))]
        return [_Concept((stem,), _pattern([(stem,)])) for stem in segment]

    def exact(self, plans: Sequence[Plan]) -> list[Entry]:
        """The tasks that hold all concepts: in one sentence, or else, where no task does, anywhere in the text."""
        concepts = [concept for concept, _ in self.concepts]
        found = self._holding(concepts, plans, one_sentence=True)
        return found if found or len(concepts) < 2 else self._holding(concepts, plans, one_sentence=False)

    def partly(self, plans: Sequence[Plan]) -> list[Entry]:
        """The tasks that hold all known concepts, where these are at least half of what the query says.

        Only where the plans have the other words too ("vaccine patents"): "dog training" is not about training.
        """
        known = [concept for concept, is_known in self.concepts if is_known]
        if not known or not self.unknown or sum(len(concept.own) for concept in known) < len(self.unknown):
            return []
        lines = [_Text(task.full_text).line for plan in plans for task in plan.tasks]
        # Chinese that no lexicon knows says nothing about English plans.
        if not all(CJK.match(stem) or any(f" {stem} " in line for line in lines) for stem in self.unknown):
            return []
        found = self._holding(known, plans, one_sentence=True)
        return [replace(entry, match="semantic", score=round(entry.score / 2, 3)) for entry in found]

    def _holding(self, concepts: Sequence[_Concept], plans: Sequence[Plan], one_sentence: bool) -> list[Entry]:
        if not concepts and not self.bodies:
            return []
        found = []
        for plan in plans:
            for task in plan.tasks:
                in_charge = [body for body in task.bodies if body.id in self.bodies]
                if len({body.id for body in in_charge}) < len(set(self.bodies)):
                    continue
                text = _Text(task.full_text)
                places = _together(concepts, task, text, one_sentence)
                if places or not concepts:
                    words = [text.text[start:end] for _, start, end in places] or [
                        body.as_printed for body in in_charge
                    ]
                    score = _score(concepts, task, text, places)
                    found.append(Entry(plan, task, "exact", score, tuple(dict.fromkeys(words))))
        return found


def _together(concepts: Sequence[_Concept], task: Task, text: _Text, one_sentence: bool) -> list[tuple[int, int, int]]:
    """Places of all concepts, in sentences that hold every one of them; the title counts as part of each sentence."""
    by_concept = []
    for concept in concepts:
        places = concept.places(task, text)
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


def _score(concepts: Sequence[_Concept], task: Task, text: _Text, places: Sequence[tuple[int, int, int]]) -> float:
    """0.7 to 1: more for a task that says it often for its length, in its title, and in the query's own words."""
    if not places:
        return 1.0
    share = sum(end - start for _, start, end in places) / max(len(text.text), 1)
    in_title = bool(task.title) and any(end <= len(task.title or "") for _, _, end in places)
    own = any(concept.campaign or f" {' '.join(concept.own)} " in text.line for concept in concepts)
    return round(0.7 + 0.15 * min(1.0, 4 * share) + 0.1 * in_title + 0.05 * own, 3)


# ---------------------------------------------------------------- matches in meaning

# Found by trying topics that no plan words that way and topics of no plan ("train timetable" reaches 0.48, "football"
# 0.35): least cosine, without the plans' common direction, of the query and a task or one of its commitments; how many
# standard deviations the best of all tasks must rise above their mean; how far below the best a match may lie.
# Beside exact matches no task is added by meaning: on the queries of tests/gold not one in ten of those is relevant.
_LEAST_COSINE = 0.45
_LEAST_RISE = 3.5
_BELOW_BEST = 0.1


def _near_in_meaning(
    query: str, plans: Sequence[Plan], model: str | None, progress: vectors.Progress | None
) -> list[Entry]:
    from . import linking

    # The default model knows English only; plans in other languages are asked through the lexicon.
    plans = [plan for plan in plans if model or plan.language == "en"]
    if not plans:
        return []
    encoder = vectors.encoder(model, [query])
    asked = vectors.embed([query], encoder=encoder, progress=progress)[0]
    sides = [linking.side_of(plan) for plan in plans]
    found = [linking.side_vectors(plan, side, encoder, progress) for plan, side in zip(plans, sides, strict=True)]
    mean = np.concatenate(found).mean(axis=0)
    scored: list[tuple[Plan, Task, float]] = []
    for plan, side, rows in zip(plans, sides, found, strict=True):
        count = len(side.tasks)
        centred = rows[: count + len(side.commitments)] - mean
        cosines = centred @ (asked - mean) / (np.linalg.norm(centred, axis=1) * np.linalg.norm(asked - mean)).clip(1e-9)
        best = cosines[:count].copy()
        np.maximum.at(best, side.owner, cosines[count:])
        scored += [(plan, task, float(score)) for task, score in zip(side.tasks, best, strict=True)]
    values = np.array([score for _, _, score in scored])
    if not len(values) or values.max() < values.mean() + _LEAST_RISE * values.std():
        return []
    least = max(_LEAST_COSINE, float(values.max()) - _BELOW_BEST)
    return [Entry(plan, task, "semantic", round(score, 3)) for plan, task, score in scored if score >= least]


# ---------------------------------------------------------------- threads from plan to plan

_LINKS_FORMAT = 1


class _Threads:
    """The links between neighbouring plans: one plan and the next by date, and neighbours of the same series.

    Each pair is compared once; what a history needs of it is kept in the cache directory, and read when asked for.
    """

    def __init__(self, plans: Sequence[Plan], model: str | None, progress: vectors.Progress | None) -> None:
        self.plans = {plan.id: plan for plan in plans}
        self.model, self.progress = model, progress
        self.older: dict[str, list[str]] = {}
        for i, plan in enumerate(plans):
            series = [other.id for other in plans[:i] if other.series == plan.series and plan.series]
            # The series goes first: its plans promise at the same grain.
            self.older[plan.id] = list(dict.fromkeys([*series[-1:], *(other.id for other in plans[max(i - 1, 0) : i])]))
        self._read: dict[tuple[str, str], tuple[list[Thread], dict[str, str]]] = {}

    def pair(self, old: str, new: str) -> tuple[list[Thread], dict[str, str]]:
        """Links from `old` to `new`, and the status of every task of `new` that has none."""
        if (old, new) not in self._read:
            self._read[old, new] = self._stored(self.plans[old], self.plans[new])
        return self._read[old, new]

    def continues(self, entry: Entry) -> tuple[str, ...]:
        """The tasks of older neighbouring plans that the entry's task continues."""
        pairs = [
            self.pair(old, entry.plan.id)[0] for old in sorted(self.older[entry.plan.id], key=list(self.plans).index)
        ]
        return tuple(link.old for links in pairs for link in links if link.new == entry.task.ref)

    def status(self, entry: Entry) -> Status | None:
        """The task's status against the older plan of its series, or else the plan before it; None without either."""
        pairs = [self.pair(old, entry.plan.id) for old in self.older[entry.plan.id]]
        for links, _ in pairs:
            if mine := [link.status for link in links if link.new == entry.task.ref]:
                return Status.ESCALATED if Status.ESCALATED in mine else Status.CONTINUED
        unlinked = {Status(outcomes[entry.task.ref]) for _, outcomes in pairs if entry.task.ref in outcomes}
        return Status.UNDETERMINED if Status.UNDETERMINED in unlinked else next(iter(unlinked), None)

    def among(self, refs: set[str], plans: set[str]) -> tuple[Thread, ...]:
        """The links between these tasks, in order of the plans."""
        pairs = [(old, new) for new in self.plans for old in self.older[new] if old in plans and new in plans]
        return tuple(link for pair in pairs for link in self.pair(*pair)[0] if link.old in refs and link.new in refs)

    def _stored(self, old: Plan, new: Plan) -> tuple[list[Thread], dict[str, str]]:
        path = vectors.cache_directory() / "links" / f"{self._key(old, new)}.json"
        try:
            kept = json.loads(path.read_text("utf-8"))
            links = [
                Thread(a, b, Status(status), bool(soft), float(sure)) for a, b, status, soft, sure in kept["links"]
            ]
            return links, {str(ref): Status(status).value for ref, status in kept["unlinked"].items()}
        except (OSError, ValueError, TypeError, KeyError, AttributeError):
            pass
        from . import compare

        result = compare.diff(old, new, self.model, self.progress)
        links = [Thread(link.old, link.new, link.status, link.softened, link.confidence) for link in result.links]
        unlinked = {
            outcome.ref: outcome.status.value for outcome in result.tasks[len(old.tasks) :] if not outcome.links
        }
        rows = [[link.old, link.new, link.status, link.softened, link.confidence] for link in links]
        # A cache that cannot be written is done without.
        with contextlib.suppress(OSError):
            keep.write(path, json.dumps({"links": rows, "unlinked": unlinked}, ensure_ascii=False))
        return links, unlinked

    def _key(self, old: Plan, new: Plan) -> str:
        from . import __version__

        rests_on = [
            _LINKS_FORMAT, __version__, self.model, lexicon.table("alignment"), decisions.digest(old, new),
            *((plan.id, plan.source.sha256, plan.series, plan.language) for plan in (old, new)),
        ]  # fmt: skip
        return hashlib.sha256(json.dumps(rests_on, ensure_ascii=False).encode()).hexdigest()[:32]


# ---------------------------------------------------------------- one task through the plans

_TASK = re.compile(r"([\w.-]+):([\w.]+)")


def _named_task(query: str) -> tuple[Plan, Task] | None:
    """The task that the query names (`2021:37`); None where it is a topic. Raises UsageError for a number a plan lacks."""
    match = _TASK.fullmatch(query)
    if match is None:
        return None
    try:
        corpus.resolve(match[1])
    except UsageError:
        return None
    return corpus.find_task(query)


def _followed(seed: tuple[Plan, Task], plans: Sequence[Plan], threads: _Threads) -> list[Entry]:
    """The task, what it continues in older plans and what continues it in newer ones.

    The score of the others is the confidence of the weakest link on the way. Older tasks are followed to older ones only,
    newer to newer ones: what else a five-year plan's paragraph led to is not this task's history.
    """
    score = {seed[1].ref: 1.0}
    order = [plan.id for plan in plans]
    place = order.index(seed[0].id)
    back, forth = dict(score), dict(score)
    for new in reversed(order[: place + 1]):
        for old in threads.older[new]:
            for link in threads.pair(old, new)[0]:
                if link.new in back:
                    back[link.old] = max(back.get(link.old, 0), min(back[link.new], link.confidence))
    for new in order[place + 1 :]:
        for old in threads.older[new]:
            for link in threads.pair(old, new)[0]:
                if link.old in forth:
                    forth[link.new] = max(forth.get(link.new, 0), min(forth[link.old], link.confidence))
    score = back | forth
    return [
        Entry(plan, task, "exact" if task.ref == seed[1].ref else "semantic", round(score[task.ref], 3))
        for plan in plans
        for task in plan.tasks
        if task.ref in score
    ]
