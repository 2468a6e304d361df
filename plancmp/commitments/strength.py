"""Stage and intensity of a commitment, and the named campaigns in it, with the words that they rest on."""

from __future__ import annotations

import re

from ..lexicon import loader
from ..text import fold

_IN_QUOTES = re.compile(r"[“\"《][^“”\"《》]*[”\"》]")
_BEING = re.compile(r"\b(?:will|should|shall)\s+be\s+.*")


def _verb_phrase(words: str, language: str) -> str:
    """The part of a commitment that says how strongly it is meant: all of a short one, the beginning of a long one."""
    unquoted = _IN_QUOTES.sub(" ", words)
    if language == "zh":
        return unquoted[:24] + unquoted[-8:] if len(unquoted) > 32 else unquoted
    passive = _BEING.search(unquoted)
    if passive:
        subject = unquoted[: passive.start()].split()
        return " ".join([*subject[-2:], passive.group()]) + " " + " ".join(subject[:-2][:4])
    parts = unquoted.split()
    return " ".join(parts[:9] + parts[-4:])


_OPENING = re.compile(
    r"^(?:we will\s+|continue to\s+|do a good job (?:in|of)\s+(?:the\s+)?|make preparations for\s+(?:the\s+)?)+",
    re.IGNORECASE,
)


def strength(words: str, language: str) -> tuple[int | None, str, int, str]:
    """Stage and intensity of a commitment with the words they rest on: (rung or None, words, step, words).

    "Study and establish" is at the stage of study; "formulate and issue" is at that of issue (CODEBOOK "Scale of words").
    """
    phrase = _verb_phrase(words, language)
    phrase = _OPENING.sub("", phrase)
    near = 30 if language == "zh" else len(" ".join(phrase.split()[:6]))
    hits = [
        (rung, name, found) for rung, name, found in loader.stages(language).find(phrase) if phrase.find(found) <= near
    ]
    rung, stage_words = None, ""
    if hits:
        promoted = [hit for hit in hits if hit[0] == 4]
        by_rung = {hit[0]: hit for hit in hits}
        if 8 in by_rung:
            chosen = by_rung[8]
        elif promoted:
            chosen = promoted[0]
        elif 1 in by_rung and max(by_rung) not in (6, 7):
            chosen = by_rung[1]
        elif 2 in by_rung and max(by_rung) not in (6, 7):
            chosen = by_rung[2]
        elif (
            1 in by_rung
            and language == "en"
            and re.match(r"(?:carry|carried) out", by_rung.get(7, (0, "", ""))[2], re.IGNORECASE)
        ):
            # "carry out research on": the carrying out is of a study.
            chosen = by_rung[1]
        elif language == "zh" and (studied := re.search(r"(研究|论证|调研)(?:工作)?$", phrase)):
            # 开展……修订论证: the carrying out is of a study.
            chosen = (2 if studied.group(1) == "论证" else 1, "", studied.group(1))
        else:
            chosen = by_rung[max(by_rung)]
        rung, stage_words = chosen[0], chosen[2]
    steps = loader.intensity(language).find(phrase)
    step = max(steps, key=lambda hit: abs(hit[0]), default=(0, "", ""))
    return rung, stage_words, step[0], step[2]


def campaigns_in(words: str) -> frozenset[str]:
    """Ids of the campaigns named in a text, in any script (lexicon/campaigns.toml)."""
    folded = fold(words)
    found = set()
    for match in loader.campaign_pattern().finditer(folded):
        campaign = loader.campaigns()[loader.campaign_forms()[match.group()]]
        near = folded[max(0, match.start() - 2) : match.end() + 12]
        if campaign.bare or re.search(r"[\"《]|action|campaign|operation|行动|20\d\d", near):
            found.add(campaign.id)
    return frozenset(found)
