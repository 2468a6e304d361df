"""Annexes that are no part of the plan's tasks: behind the signature, tables of indicators and notes on them."""

from __future__ import annotations

import re
from collections.abc import Sequence

from .markers import Paragraph
from .reading import Reading
from .tasks import signed_at

_ANNEX = re.compile(
    r"(?:附件|附表|附錄|附录)\s*[一二三四五六七八九十\d]{0,3}\s*[:：]?|(?:annex|appendix)\s*[A-Z\d]{0,3}", re.IGNORECASE
)


# Titles of annexes that hold measures of success, words explained, or forms to fill in.
_NO_TASKS = re.compile(
    r"指标(?:体系|解释|说明|表)?$|指標$|名词解释$|术语|(?:样|登记|申报|统计|评分)表$|计算方法$|"
    r"\b(?:indicators|glossary|definitions|template|form|abbreviations)$",
    re.IGNORECASE,
)


def leave_out(reading: Reading, paragraphs: Sequence[Paragraph]) -> None:
    """Take what an annex behind the signature lists from the tasks, where its title says that it holds none.

    An annex that holds the tasks themselves, as many notices have, stays.
    """
    signed = signed_at(paragraphs)
    found = next((i for i in range(signed, len(paragraphs)) if _ANNEX.fullmatch(paragraphs[i].text.strip())), None)
    if found is None or not any(_NO_TASKS.search(p.text.strip()) for p in paragraphs[found + 1 : found + 3]):
        return
    begins = paragraphs[found].first
    above = [unit for unit in reading.units if unit.first < begins]
    behind = [unit for unit in reading.units if unit.first >= begins]
    if not above or any(unit.clauses for unit in behind):
        return
    reading.units = above
    for unit in behind:
        words = " ".join(filter(None, (unit.title, unit.text)))
        reading.add_leftover("annex", Paragraph(words, unit.first, unit.last))
    kept = []
    for path in reading.outline:
        if path[-1].line < begins:
            kept.append(path)
            continue
        heading = path[-1]
        reading.add_leftover(
            "annex", Paragraph(f"{heading.number} {heading.heading}".strip(), heading.line, heading.line)
        )
    reading.outline = kept
