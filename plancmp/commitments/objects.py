"""What a commitment acts upon, parsed once into one value: its object, the head of it, and the kind of thing that it is.

The kinds and the words that tell them are data (lexicon/kinds.toml). English objects stand behind the verb, or before it
in the passive; the kind is told from the head noun, looking through nouns like "construction" ("the construction of a
database" is about a database). Chinese objects end in their head.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache, lru_cache

from ..lexicon import glossary, loader
from ..text import CJK, any_of, lowered, straight_quotes

_MODAL = re.compile(r"\b(?:will|should|shall)\s+(?:be\s+)?\w+")
LEADING_ARTICLE = re.compile(r"^(?:the|a|an|its|their)\s+", re.IGNORECASE)
_CONNECTIVE = re.compile(
    r"\s+(of|on|for|in|to|concerning|with|by|from|between|as|that|which|under|among|such|related|based|at|through)\s+|[;:(]|$",
    re.IGNORECASE,
)
_STOCK_PHRASE = re.compile(
    r"\b(?:(?:(?:of|for|in the field of|in)\s+)?(?:the\s+)?intellectual property(?: rights)?|IPR?s?)\b|知识产权",
    re.IGNORECASE,
)


# What is done to a Chinese object, said behind it: 《…条例》修订, 中心建设.
_ACT_ZH = re.compile(
    r"(?:的?(?:制定|制订|修订|修改|立法|立法进程|起草|研究|论证|编制|实施|建设|构建|布局|工作|出台|落实|运行|推广))*$"
)


@cache
def _leading_words() -> frozenset[str]:
    words = loader.table("actions")["en"]
    return frozenset((*words["verbs"], *words["adverbs"], *words["particles"]))


@cache
def _verbs_or_nouns() -> frozenset[str]:
    """Words that may be verbs or nouns, without those that are nouns in plans (trade, patent, market)."""
    words, actions = loader.table("words")["en"], loader.table("actions")["en"]
    nouns = {part for name in ("stock", "types", "field") for entry in words[name] for part in entry.split()}
    return frozenset(actions["nouns_too"]) - (nouns - set(actions["verbs_first"]))


@cache
def _leading_zh() -> re.Pattern[str]:
    words = loader.table("actions")["zh"]
    return re.compile(
        "^(?:(?:" + "|".join(sorted(words["verbs"] + words["adverbs"], key=len, reverse=True)) + r")[和并与、]?)+"
    )


def _is_chinese(words: str) -> bool:
    """True where a commitment is worded in Chinese: not an English one that gives a Chinese name."""
    return not words.isascii() and bool(CJK.search(words)) and not re.search(r"[A-Za-z]{4}", words)


LEGAL_KINDS = ("law", "implementing rules", "interpretation")


@dataclass(frozen=True, slots=True)
class Object:
    """What a commitment acts upon.

    text: the words of the commitment without its verb phrase; all of them where nothing else is left.
    bare: the same without "intellectual property (rights)", which stands in nearly every task; Chinese as a gloss.
    head: the words before its first preposition, looking through nouns like "construction".
    kind: id of the kind of thing (lexicon/kinds.toml), or None where the lexicon does not tell.
    """

    text: str
    bare: str
    head: str
    kind: str | None

    @property
    def is_named(self) -> bool:
        """True where things of this kind have names: two of them are one object only where the names agree."""
        return self.kind in named_kinds()

    @property
    def is_legal(self) -> bool:
        """True for a law, the rules that implement one, and a judicial interpretation."""
        return self.kind in LEGAL_KINDS


# Plans repeat a commitment's words, and several parts of the program ask for the same object, each plan by plan: what is kept
# must hold the commitments of two large plans.
@lru_cache(maxsize=65536)
def parse(words: str) -> Object:
    """The object of a commitment, English or Chinese."""
    chinese = _is_chinese(words)
    words = _manner().sub("", words).strip(" ,;") or words
    text = _leading_zh().sub("", words) or words if chinese else _text(words)
    bare = " ".join(_STOCK_PHRASE.sub(" ", glossary.english(text)).split()) or words
    head = _head_zh(text) if chinese else _head(bare)
    return Object(text, bare, head, _kind_zh(words) if chinese else _kind(words, head))


_BEHIND_PASSIVE = re.compile(r"\s*(?:out\s+|made\s+)?(?:to|on|in|for|into|toward|towards)\s+(\S.*)")
_GUIDED = re.compile(r"(?:[^;]{3,120}?)\s(?:to|in|toward|towards)\s+(?=\w)")


def _text(words: str) -> str:
    passive = _MODAL.search(words)
    if passive and passive.start() > 5:
        subject = words[: passive.start()].strip()
        behind = _BEHIND_PASSIVE.match(words, passive.end())
        if subject.split()[-1].casefold() not in _light_subjects() or not behind:
            return LEADING_ARTICLE.sub("", subject)
        words = behind.group(1)
    inner = _without_verbs(words)
    # "guide universities to establish X": those who are guided are not what is acted upon.
    guided = _GUIDED.match(inner)
    if guided and _is_actor(guided.group()):
        return _without_verbs(inner[guided.end() :]) or inner
    return inner or words


def _without_verbs(words: str) -> str:
    parts = words.split()
    known, either = _leading_words(), _verbs_or_nouns()
    before = "and"
    for index, part in enumerate(parts):
        word = part.casefold().strip(",")
        # "Support enterprises", "guide and support": a verb; "strengthen support standards": a noun.
        if word not in known and not (
            word in either and (before in ("and", "to", "or", "will") or before.endswith("ly"))
        ):
            return " ".join(parts[index:])
        before = word
    return ""


@cache
def _manner() -> re.Pattern[str]:
    """ "In accordance with laws and regulations": how something is done; it names no law."""
    return re.compile(
        r",?\s*\b(?:" + "|".join(loader.table("actions")["en"]["manner"]) + r")(?=$|[,;.])", re.IGNORECASE
    )


@cache
def _light_subjects() -> frozenset[str]:
    return frozenset(loader.table("actions")["en"]["light"])


def _is_actor(phrase: str) -> bool:
    """True for "enterprises, universities and research institutions": those by whom something is done, no one in particular.

    "the special action to", "the measures for the protection of intellectual property rights in" name nobody.
    """
    words = re.findall(r"[a-z]+", phrase.casefold())[:-1]
    actors, beside = _actor_words()
    return not actors.isdisjoint(words) and all(word in actors or word in beside for word in words)


@cache
def _actor_words() -> tuple[frozenset[str], frozenset[str]]:
    """Words for those by whom things are done, and words that may stand beside them."""
    lists = loader.table("words")["en"]
    return _forms(lists["actors"]), _forms([*lists["function"], *lists["stock"]])


def _forms(words: Iterable[str]) -> frozenset[str]:
    return frozenset(form for word in words for form in (word, word + "s", word.removesuffix("y") + "ies"))


# No kind is told by more of the last words of a head.
_LONGEST_KIND = 3


@dataclass(frozen=True, slots=True)
class _Kind:
    id: str
    head: re.Pattern[str]
    anywhere: re.Pattern[str] | None
    tail: re.Pattern[str]


@cache
def _kinds() -> tuple[_Kind, ...]:
    return tuple(
        _Kind(
            entry["id"],
            re.compile(r"\b(?:" + "|".join(entry["en"]) + r")$"),
            any_of(entry["en_anywhere"]) if "en_anywhere" in entry else None,
            re.compile("(?:" + "|".join(entry["zh"]) + ')[》”"]?' + _ACT_ZH.pattern),
        )
        for entry in loader.table("kinds")["kind"]
    )


@cache
def _any_kind_anywhere() -> re.Pattern[str]:
    """Finds what tells any kind wherever it stands: most words tell none."""
    return re.compile("|".join(f"(?:{kind.anywhere.pattern})" for kind in _kinds() if kind.anywhere))


@cache
def named_kinds() -> frozenset[str]:
    """Ids of the kinds whose things have names: two of them are one object only where the names agree."""
    return frozenset(entry["id"] for entry in loader.table("kinds")["kind"] if entry.get("named"))


def _kind_zh(words: str) -> str | None:
    stem = words.strip("。，；、 ")
    return next((kind.id for kind in _kinds() if kind.tail.search(stem)), None)


def _kind(words: str, head: str) -> str | None:
    small = lowered(words)
    if _any_kind_anywhere().search(small):
        for kind in _kinds():
            if kind.anywhere and kind.anywhere.search(small):
                return kind.id
    last = " ".join(lowered(head).split()[-_LONGEST_KIND:])
    return next((kind.id for kind in _kinds() if kind.head.search(last)), None)


def _head_zh(text: str) -> str:
    stem = _ACT_ZH.sub("", re.split(r"[的，、]", text.strip("。，；、 "))[-1])
    gloss = glossary.english(stem)
    return " ".join(gloss.split()[-3:]) if gloss != stem else stem[-8:]


def _head(bare: str) -> str:
    rest = straight_quotes(bare).replace('"', "").replace("'", "")
    transparent = loader.table("kinds")["transparent"]["en"]
    head = rest
    for _ in range(5):
        joint = _CONNECTIVE.search(rest)
        assert joint is not None
        head = rest[: joint.start()].strip()
        last = head.split()[-1].casefold() if head else ""
        if joint.end() >= len(rest) or (joint.group(1) or "").casefold() not in {"of", "for", "on", "in"}:
            break
        if head and last not in transparent:
            break
        rest = LEADING_ARTICLE.sub("", rest[joint.end() :])
    return head
