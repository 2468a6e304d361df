"""Which known body a name by another translator, or a short name, is likely to mean."""

from __future__ import annotations

import re
from functools import cache

from ..text import CJK, fold
from . import loader

# Names are alike from this share of matching characters on; below it a name by another translator and the name of
# another body cannot be told apart.
_ALIKE = 90
# Each word of one name has its counterpart in the other from this share on: film and IP have not.
_SAME_WORD = 80
# Bureaus and agencies are a nation's only where the name says so.
_LOCAL = re.compile(r"\b(?:bureau|agency)\b")
_NATIONAL = re.compile(r"\b(?:national|state|china|chinese|prc|people|central|general|supreme)\b")


@cache
def likely_body(name: str) -> str | None:
    """The id of the known body whose name is much like this one, or None where none is, or several are equally."""
    wanted = re.sub(r"^the ", "", fold(name))
    if CJK.search(wanted):
        return _short_name(wanted) if 3 <= len(wanted) <= 12 else None
    if len(wanted) < 10 or (_LOCAL.search(wanted) and not _NATIONAL.search(wanted)):
        return None
    key = _key(wanted)
    same = _keys().get(key, set()) if len(key) >= 2 else set()
    return next(iter(same)) if len(same) == 1 else None if same else _misprint(wanted)


def _misprint(wanted: str) -> str | None:
    """The body whose name is written almost like this, word by word."""
    from rapidfuzz import fuzz, process

    found = process.extract(
        wanted, list(loader.body_forms()), scorer=fuzz.token_sort_ratio, limit=4, score_cutoff=_ALIKE
    )
    best = {
        loader.body_forms()[form][0] for form, score, _ in found if score == found[0][1] and _word_by_word(wanted, form)
    }
    return best.pop() if len(best) == 1 else None


def _word_by_word(wanted: str, form: str) -> bool:
    from rapidfuzz import fuzz

    own, known = _key(wanted), _key(form)
    return all(
        max((fuzz.ratio(word, other) for other in there), default=0) >= _SAME_WORD
        for here, there in ((own, known), (known, own))
        for word in here
    )


def _short_name(wanted: str) -> str | None:
    """The body of which a Chinese name is the short form: its signs stand in the full name in this order.

    The end of a full name alone is none: 宣传部 may be that of any province.
    """
    found = {
        body_id
        for form, (body_id, doubtful) in loader.body_forms().items()
        if not doubtful
        and CJK.search(form)
        and wanted not in form
        and form[:1] in wanted[:1] + "国中"
        and wanted[-1] in form[-4:]
        and len(form) <= 4 * len(wanted)
        and _stands_in(wanted, form)
    }
    return found.pop() if len(found) == 1 and (wanted[-1] != "局" or wanted.startswith("国家")) else None


def _stands_in(wanted: str, form: str) -> bool:
    signs = iter(form)
    return all(sign in signs for sign in wanted)


@cache
def _keys() -> dict[frozenset[str], set[str]]:
    """What tells the names of bodies apart, each with the ids of the bodies that it could mean."""
    found: dict[frozenset[str], set[str]] = {}
    for form, (body_id, doubtful) in loader.body_forms().items():
        if not doubtful and not CJK.search(form):
            found.setdefault(_key(form), set()).add(body_id)
    return found


@cache
def _same_words() -> tuple[re.Pattern[str], dict[str, str]]:
    """Finds what translators render differently; and what stands for it."""
    instead = {word: entry["words"][0] for entry in loader.table("renderings")["same"] for word in entry["words"]}
    longest_first = sorted(instead, key=len, reverse=True)
    return re.compile(rf"\b(?:{'|'.join(map(re.escape, longest_first))})\b"), instead


@cache
def _general() -> frozenset[str]:
    return frozenset(loader.table("renderings")["general"])


@cache
def _key(name: str) -> frozenset[str]:
    """The words of a name that tell it from others, whatever their order, ending and rendering."""
    import Stemmer

    words = re.sub(r"'s?\b", "", name.replace("&", " and "))
    words = " ".join(word for word in re.findall(r"[\w-]+", words) if word not in ("and", "the", "of"))
    pattern, instead = _same_words()
    words = pattern.sub(lambda match: instead[match.group()], words)
    return frozenset(Stemmer.Stemmer("english").stemWords([word for word in words.split() if word not in _general()]))
