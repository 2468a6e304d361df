"""Text to the terms that are compared: stems, without function words, translators' variants unified."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import cache, lru_cache
from typing import Any

from ..lexicon import glossary, loader, variants
from ..text import CHINESE, CJK, any_of, lowered, straight_quotes


@cache
def _stemmer() -> Any:
    import Stemmer

    # Without its own cache: `_terms_of_word` caches.
    return Stemmer.Stemmer("english", 0)


def _stem(word: str) -> str:
    stem: str = _stemmer().stemWord(word)
    return stem


@cache
def _function_words() -> frozenset[str]:
    return frozenset(loader.table("words")["en"]["function"])


@cache
def stock_terms() -> frozenset[str]:
    """Words that stand everywhere in plans and say little, as terms."""
    words = loader.table("words")
    return frozenset(_stem(word) for word in words["en"]["stock"] + words["en"]["actors"]) | frozenset(
        words["zh"]["stock"]
    )


@cache
def _field_pattern() -> re.Pattern[str]:
    words = loader.table("words")
    return any_of([*(rf"\b{re.escape(word)}\b" for word in words["en"]["field"]), *words["zh"]["field"]])


def names_field(text: str) -> bool:
    """True where a text names the field that the plans are about (lexicon/words.toml, `field`)."""
    return bool(_field_pattern().search(lowered(text)))


_WORD = re.compile(rf"[a-z0-9]+|[{CHINESE}]+")


def terms_of(text: str) -> list[str]:
    """The words that count, in order, function words left out: English ones as stems, Chinese terms as their English words.

    Chinese that the glossary lacks counts as pairs of characters.
    """
    words: Sequence[str] = _WORD.findall(straight_quotes(glossary.english(text)).casefold().replace("'s", ""))
    forms = variants.translations()
    if not forms.first.isdisjoint(words):
        words = forms.replaced(words)
    return [term for word in words for term in _terms_of_word(word)]


@lru_cache(maxsize=65536)
def _terms_of_word(word: str) -> tuple[str, ...]:
    if CJK.match(word):
        return tuple(_terms_of_chinese(word))
    return () if word in _function_words() else (_stem(word),)


@cache
def _chinese_function() -> re.Pattern[str]:
    return re.compile("|".join(map(re.escape, sorted(loader.table("words")["zh"]["function"], key=len, reverse=True))))


def _terms_of_chinese(run: str) -> list[str]:
    pieces = _chinese_function().split(run)
    return [piece[i : i + 2] for piece in pieces for i in range(max(len(piece) - 1, 1 if piece else 0))]


@cache
def document_type_terms() -> frozenset[str]:
    """Terms that tell the type of a document or how it is acted upon, not which one it is."""
    return frozenset(_stem(word) for word in loader.table("words")["en"]["types"])
