"""What a document says of itself: its title, who issued it and when, the years it covers, and how many tasks it has.

Only the document's own words count, first of all those above its first heading. What is not found there is left empty.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from datetime import date
from itertools import pairwise
from typing import Any

from ..lexicon import loader
from ..text import fold, half_width, is_cjk, normalise, numeral_value, printable
from . import markers
from .bodies import has_body_word
from .markers import Paragraph
from .outline import titled

_SAMPLE = 60_000
_HEAD = 20_000
_TAIL = 2_000
_MASTHEAD_CHARS = 600

# Thousands of blank lines: each pattern that begins with white space would try them from every one of them.
_GAP = re.compile(r"\s{100,}")
_FIRST_HEADING = re.compile(r"^\s*(?:一\s*[、.]|[I1Ⅰ]\s*[.、]|[(（]\s*[1一]\s*[)）])\s*\S", re.MULTILINE)
_PLAN_WORD = re.compile(
    r"计划|规划|方案|纲要|要点|行动|战略|\b(?:plan|outline|programme?|strategy|strategic measures|roadmap)\b",
    re.IGNORECASE,
)
_NO_TITLE = re.compile(
    r"[>|©]|^Current\b|通知$|^(?:Notice|Circular)\b|^On\s|[。；;:：]$|\.$|^(?:Source|来源|发布)", re.IGNORECASE
)
# What begins an item of a list, or goes on with a sentence, is no title.
_IN_A_SENTENCE = re.compile(r"[-*+•·]\s|\[[^\]]*\]\(|[a-z]+ [a-z]|In (?:all|addition|this)\b|To \w+ for\b|The \[")
_DANGLING = re.compile(r"\b(?:the|of|for|and|in|on|a|to)$", re.IGNORECASE)
_YEARS = re.compile(r"(?<!\d)((?:19|20)\d\d)\s*年?\s*(?:[-－—–~～]+|至|to)\s*((?:19|20)\d\d)(?!\d)")
_YEAR = re.compile(r"(?<!\d)((?:19|20)\d\d)(?!\d)")
_FIVE_YEAR = re.compile(r"“?十([一二三四五六七八九])五”?|\b(\d{2})th\s+five[- ]year", re.IGNORECASE)
_YEARS_OF_TASKS = re.compile(
    r"(?:tasks|measures|work)\b[^.\n]{0,60}?\bfor\s+((?:19|20)\d\d(?:\s*[-–—]\s*(?:19|20)\d\d)?)|"
    r"明确\s*((?:19|20)\d\d\s*(?:[-–—至]\s*(?:19|20)\d\d)?)\s*年",
    re.IGNORECASE,
)
_DECLARED = re.compile(
    r"(?<![\d.])(\d{1,3})(?:\s+|-)(?:items|point|points|(?:key |specific |major |work )?(?:tasks|measures))\b|(?<![\d.])(\d{1,3})\s*(?:项|条)",
    re.IGNORECASE,
)
_MONTH_NAMES = (
    ("january", "jan"), ("february", "feb"), ("march", "mar"), ("april", "apr"), ("may",), ("june", "jun"), ("july", "jul"),
    ("august", "aug"), ("september", "sept", "sep"), ("october", "oct"), ("november", "nov"), ("december", "dec"),
)  # fmt: skip
_MONTHS = {name: month for month, names in enumerate(_MONTH_NAMES, start=1) for name in names}
_MONTH = "|".join(sorted(_MONTHS, key=len, reverse=True))
_DATE = re.compile(
    r"(?P<y1>(?:19|20)\d\d|[一二][〇○零九一二三四五六七八]{3})\s*年\s*(?P<m1>\d{1,2}|[一二三四五六七八九十]{1,2})\s*月"
    r"\s*(?P<d1>\d{1,2}|[一二三四五六七八九十]{1,3})\s*日"
    rf"|\b(?P<m2>{_MONTH})\.?\s+(?P<d2>\d{{1,2}})(?:st|nd|rd|th)?\s*,\s*(?P<y2>(?:19|20)\d\d)\b"
    rf"|\b(?P<d3>\d{{1,2}})(?:st|nd|rd|th)?\s+(?P<m3>{_MONTH})\.?,?\s+(?P<y3>(?:19|20)\d\d)\b",
    re.IGNORECASE,
)
_ISO = re.compile(r"(?<!\d)((?:19|20)\d\d)[-/.](\d{1,2})[-/.](\d{1,2})(?!\d)")
_RELEASE_WORD = re.compile(r"releas|issu|publish|印发|发布", re.IGNORECASE)
_DATE_LABEL = re.compile(r"发布|印发|成文|release|publish|issued|date", re.IGNORECASE)
_ISSUED_BY = (
    re.compile(r"^([^\n《，。：:|]{2,80}?)\s*关于印发", re.MULTILINE),
    re.compile(
        r"\b(?:Notice|Circular|Announcement) (?:of|by|from) (?:the )?([^\n|]{3,150}?) (?:on|about|concerning) (?:the )?(?:issu|print|releas)",
        re.IGNORECASE,
    ),
    re.compile(
        r"(?:,|^)\s*(?:China[’']s\s+)?(?:the\s+)?([A-Z][^\n.|]{3,160}?)\s*(?:[(（][^()（）\n]{1,80}[)）]\s*)?(?:releas|issu|publish)ed\s+the\b",
        re.MULTILINE,
    ),
)
_BODY_LIKE = re.compile(
    r"(?:办公室|委员会|部|局|署|院|会|政府|小组)$|\b(?:office|council|ministry|administration|commission|department|government|committee)\b",
    re.IGNORECASE,
)


def guess(text: str) -> dict[str, Any]:
    """The metadata that the text itself states, empty where it states none; the file's name is not used.

    Keys: title, issuer, issued (YYYY-MM-DD), covers ([first year, last year] or []), series ("promotion", "five-year",
    "administrative protection" or ""), language (en or zh), declared_tasks (a number or None).
    """
    text = _GAP.sub("\n\n", text)
    masthead = _masthead(text[:_SAMPLE])
    sample = printable("\n".join(_without_markup(line) for line in text[:_SAMPLE].split("\n")))
    first = _FIRST_HEADING.search(sample)
    head = sample[: min(first.start() if first else _HEAD, _HEAD)]
    lines = [line for raw in head.split("\n") if (line := normalise(raw))]
    tail = (
        [line for raw in printable(text[-_TAIL:]).split("\n") if (line := normalise(raw))]
        if len(text) > len(head)
        else []
    )
    filed = _filed(head)
    title = _title(head, lines, masthead, filed.get("title", ""), _titled_in_front_matter(text))
    series = _series(title)
    return {
        "title": title,
        "issuer": filed.get("issuer") or _issuer(head, lines) or _issuer_of(masthead, tail, title),
        "issued": filed.get("issued") or _issued(lines, tail) or _date_of(masthead, tail),
        "covers": _covers(title, series, head),
        "series": series,
        "language": "zh" if is_cjk(sample) else "en",
        "declared_tasks": _declared_task_count(lines),
    }


def _without_markup(line: str) -> str:
    return re.sub(r"^\s*(?:#{1,6}|>)\s+|\*\*|__", "", line) if line.lstrip().startswith(("#", ">", "*", "_")) else line


def _masthead(sample: str) -> list[Paragraph]:
    """The first lines of the document up to its first long paragraph: title, issuer, date, number."""
    paragraphs = markers.paragraphs(sample[:_HEAD])
    furniture = markers.page_furniture(paragraphs)
    found: list[Paragraph] = []
    for index, paragraph in enumerate(paragraphs[:60]):
        words = paragraph.text
        if index in furniture or any(marker.bullet for marker in paragraph.markers) or paragraph.cells:
            continue
        if found and any(marker.value == 1 for marker in paragraph.markers):
            break
        if len(words) > (60 if is_cjk(words) else 130) or len(found) == 12:
            break
        found.append(paragraph)
    return found


def _date_of(masthead: list[Paragraph], tail: list[str]) -> str:
    """A date among the first lines, or the last, whatever words are beside it."""
    for words in (*(paragraph.text for paragraph in masthead), *tail[-4:]):
        if re.search(r"起施行|施行日|有效期|\b(?:until|since|effective|updated|before|after)\b", words, re.IGNORECASE):
            continue
        if fold(re.split("[:：]", words, maxsplit=1)[0]) in loader.roles("label"):
            continue
        if len(words) <= 100 and (match := _DATE.search(words)) and (found := _date_in(match)):
            return found
        if len(words) <= 100 and (match := _ISO.search(words)):
            return _iso_date(*(int(part) for part in match.groups()))
        if match := re.search(r"(?:民國|民国)\s*(\d{2,3})\s*年\s*(\d{1,2})\s*月\s*(\d{1,2})\s*日", words):
            return _iso_date(int(match[1]) + 1911, int(match[2]), int(match[3]))
    return ""


_BESIDE_ISSUER = re.compile(
    r"[（(]?\s*(?:中華民國)?\d+\s*年\s*\d+\s*月\s*\d+\s*日|(?:发布|成文|印发|公开)?(?:日期|时间)\s*[:：]|来源\s*[:：]|第\d+次|[12]\d{3}-\d\d-\d\d"
    r"|(?:[,.;]\s*|^)(?!\w+ by\b)(?:published|adopted|approved|issued|resolution|decision|version|dated|released)\b|\s[·|—–]\s"
    rf"|,?\s*(?:on\s+)?(?:\d{{1,2}}(?:st|nd|rd|th)?\s+)?\b(?:{_MONTH})\b\.?\s+\d|\s{{2,}}",
    re.IGNORECASE,
)


def _issuer_of(masthead: list[Paragraph], tail: list[str], title: str) -> str:
    """The body named among the first lines, beside the date or alone, or above the date that signs the document."""
    lines = [paragraph.text for paragraph in masthead if paragraph.text != title and not paragraph.markers]
    signed = [name for name, below in pairwise(tail) if _DATE.fullmatch(below.strip("()（） "))]
    for words in (*lines, *signed, *([title.partition("关于")[0]] if "关于" in title else [])):
        date = re.match(r"[（(]\s*\d+\s*年\s*\d+\s*月\s*\d+\s*日", words)
        words = words[date.end() :] if date else words
        name = _BESIDE_ISSUER.split(words, maxsplit=1)[0].strip(" ,，、:：.·|—–-　*")
        name = re.sub(r"^(?:published|issued|prepared|adopted|released) by (?:the )?", "", name, flags=re.IGNORECASE)
        name = re.sub(r"\s*[（(][A-Za-z ]+[)）]$", "", name) if is_cjk(name) else name
        if not 3 <= len(name) <= 110 or name.endswith(("。", ".", "：", ":")) or _PLAN_WORD.search(name):
            continue
        if re.search(r"各[^，]{1,12}(?:[，、]|：|$)|通知|〔|\[\d{4}\]", words):
            continue
        if (
            loader.find_body(name)
            or has_body_word(name)
            or re.match(
                r"(?:the )?(?:city|town|borough|municipality|county|metropolitan|state|province) \w",
                name,
                re.IGNORECASE,
            )
        ):
            return re.sub(r"^[Tt]he ", "", name)
    return ""


# What an office files a document under, above its text: the index of the State Council's site and its like.
_FILED = {
    "title": re.compile(r"(?:^|\|)\s*(?:文件)?[标標]\s*[题題](?:名称)?\s*[：:]\s*\|?\s*([^|\n]{6,160})", re.MULTILINE),
    "issuer": re.compile(
        r"(?:^|\|)\s*(?:发\s*[文布]|發\s*文)\s*[机機][关關构構]\s*[：:]\s*\|?\s*([^|\n]{2,60})", re.MULTILINE
    ),
    "issued": re.compile(r"(?:^|\|)\s*(?:成文|发文|印发)\s*(?:日期|时间)\s*[：:]\s*\|?\s*([^|\n]{8,20})", re.MULTILINE),
}
_KINDS = "通知|意见|意見|方案|计划|計畫|规划|纲要|决定|措施|办法|条例|规定|要点|批复|公告|通报|函"
_TITLE_LINE = re.compile(r"[^。；;：:，,!！?？|]{4,45}")


def _filed(head: str) -> dict[str, str]:
    """What the index above a document says of it, empty where there is none. Keys: title, issuer, issued."""
    found = {key: normalise(match[1]) for key, pattern in _FILED.items() if (match := pattern.search(head))}
    if "issued" in found:
        day = _DATE.search(found["issued"])
        iso = _ISO.search(found["issued"])
        found["issued"] = (_date_in(day) if day else "") or (
            _iso_date(*(int(part) for part in iso.groups())) if iso else ""
        )
    return found


_FRONT_MATTER = re.compile(r"\s*---\s*\n(.{0,4000}?)\n(?:---|\.\.\.)\s*\n", re.DOTALL)


def _titled_in_front_matter(text: str) -> str:
    """The title that the `---` block at the head of a Markdown file gives, if there is one."""
    block = _FRONT_MATTER.match(text)
    said = re.search(r"^title:[ \t]*(\S.*)$", block[1], re.MULTILINE) if block else None
    title = normalise(said[1].strip().strip("\"'")) if said else ""
    return title if len(title) >= 4 and title[0] not in "|>{[" else ""


def _in_lines(masthead: list[Paragraph]) -> str:
    """The title that is printed on several lines at the head: from the one with 关于 to the one that ends in 通知, 意见, ..."""
    texts = [paragraph.text.strip() for paragraph in masthead[:8]]
    for start, first in enumerate(texts):
        if "关于" not in first and "關於" not in first:
            continue
        for end in range(start, min(start + 4, len(texts))):
            if not _TITLE_LINE.fullmatch(texts[end]):
                break
            if re.search(rf"(?:{_KINDS})$", texts[end]):
                return "".join(texts[start : end + 1]) if end > start else ""
    return ""


def _title(head: str, lines: list[str], masthead: list[Paragraph], filed: str, front: str) -> str:
    """The title: what the notice says it issues, or the line above the text that names a plan.

    filed: that of an index. front: that of the front matter of a Markdown file.
    """
    joined = re.sub(r"\s+", "", head) if is_cjk(head) else head
    for pattern in (
        r"印发\s*《([^\n]{4,120}?)》的通知",
        r"《([^《》\n]{4,120})》",
        r"[Tt]he\s+[“\"]([^“”\"\n]{10,200})[”\"]\s*\(hereinafter",
    ):
        if (
            (match := re.search(pattern, joined))
            and _PLAN_WORD.search(match.group(1))
            and (pattern != r"《([^《》\n]{4,120})》" or "通知" in head)
        ):
            return normalise(match.group(1))
    if official := filed or _in_lines(masthead):
        issued = re.search(r"印发(.{4,80})的(?:通知|函)$", official)
        return issued[1].strip("《》〈〉") if issued else official
    first = next((p.text for p in masthead if p.heading == 1 and not p.markers), "")
    second = next((p.text for p in masthead if p.heading == 2 and not p.markers), "")
    if top := first or front or second:
        return top
    named = [
        line
        for line, below in pairwise([*lines, ""])
        if 4 <= len(line) <= 220
        and _PLAN_WORD.search(line)
        and not _NO_TITLE.search(line)
        and not _IN_A_SENTENCE.match(line)
        and not (len(line) > 40 and below[:1].islower())
    ]
    if not any(line in head[:_MASTHEAD_CHARS] for line in named):
        named = [line for line in named if not any(marker.value for marker in markers.markers_of(line))]
    counts = Counter(named)
    best = max(named, key=lambda line: (counts[line], len(line)), default="")
    if counts[best] < 2:
        for match in re.finditer(
            r"\b(?:releas|issu|publish)(?:es|ed|ing) the ([^\n(.;|]{10,220})", head, re.IGNORECASE
        ):
            phrase = normalise(match.group(1).strip(' “”"'))
            if _PLAN_WORD.search(phrase) and not _DANGLING.search(phrase) and len(phrase) >= 20:
                return phrase
    if best:
        return best
    return next(
        (
            p.text
            for p in masthead
            if titled(p.text)
            and len(p.text) >= 4
            and not any(marker.value for marker in p.markers)
            and not _DATE.search(p.text)
            and not _NO_TITLE.search(p.text)
            and not re.search(r"\d{4}\s*/\s*\d|〔\d{4}〕|^page\b", p.text, re.IGNORECASE)
            and not has_body_word(p.text)
        ),
        "",
    )


def _series(title: str) -> str:
    if re.search(r"推进计划|promotion plan|plan for promoting", title, re.IGNORECASE):
        return "promotion"
    if re.search(r"行政保护工作方案|administrative protection work plan", title, re.IGNORECASE):
        return "administrative protection"
    return "five-year" if re.search(r"规划$|规划[（(]|“?十.五”?.*规划|five[- ]year plan", title, re.IGNORECASE) else ""


def _issuer(head: str, lines: list[str]) -> str:
    """Who issued it: the notice's subject, or the name above or below the date that signs it."""
    for pattern in _ISSUED_BY:
        if match := pattern.search(head):
            return re.sub(
                r"^(?:On\s[^\n]{3,40}?\d{4},\s)?(?:China[’']s\s)?(?:[Tt]he\s)?", "", normalise(match.group(1))
            )
    for index, line in enumerate(lines):
        if (match := _DATE.fullmatch(line)) and _date_in(match):
            for near in (*lines[max(0, index - 1) : index], *lines[index + 1 : index + 2]):
                name = near.removeprefix("The ").removeprefix("the ")
                if (
                    len(name) <= 120
                    and (loader.find_body(name) or _BODY_LIKE.search(name))
                    and not _PLAN_WORD.search(name)
                ):
                    return name
    return ""


def _issued(lines: list[str], tail: list[str]) -> str:
    """The date of issue: one that stands alone as under a signature, one of a release, or one labelled as such."""
    return next(
        filter(None, (*_standalone_dates((*lines, *tail)), *_release_dates(lines), *_labelled_dates(lines))), ""
    )


def _standalone_dates(lines: Iterable[str]) -> Iterator[str]:
    for line in lines:
        if len(line) <= 60 and (match := _DATE.fullmatch(line.strip("()（） "))):
            yield _date_in(match)


def _release_dates(lines: Iterable[str]) -> Iterator[str]:
    for line in lines:
        if match := _DATE.search(line):
            before, after = line[: match.start()], line[match.end() :]
            if _RELEASE_WORD.search(after) or re.search(r"(?:印发|发布)[^，。]{0,12}$", before):
                yield _date_in(match)


def _labelled_dates(lines: list[str]) -> Iterator[str]:
    for before, line in zip(["", *lines], lines, strict=False):
        if (match := _ISO.search(line)) and _DATE_LABEL.search(before[-40:] + line[: match.start()]):
            yield _iso_date(*(int(part) for part in match.groups()))


def _date_in(match: re.Match[str]) -> str:
    """The date of a match of _DATE as YYYY-MM-DD, or "" where there is no such day."""
    year, month, day = (
        next((match.group(f"{part}{n}") for n in "123" if match.group(f"{part}{n}")), "") for part in "ymd"
    )
    if not year.isdigit():
        year = "".join(str("〇一二三四五六七八九".index(char)) for char in year.replace("○", "〇").replace("零", "〇"))
    return _iso_date(int(year), _MONTHS.get(month.casefold()) or numeral_value(month) or 0, numeral_value(day) or 0)


def _iso_date(year: int, month: int, day: int) -> str:
    try:
        return date(year, month, day).isoformat()
    except ValueError:
        return ""


def _covers(title: str, series: str, head: str) -> list[int]:
    """The years: those in the title, those of the five-year plan that it is, or those whose tasks the text sets."""
    plain = half_width(title)
    if match := _YEARS.search(plain):
        return _year_range(match.groups())
    if match := _YEAR.search(plain):
        return _year_range((match.group(1),))
    if series == "five-year" and (match := _FIVE_YEAR.search(plain)):
        ordinal = 10 + "一二三四五六七八九".index(match.group(1)) + 1 if match.group(1) else int(match.group(2))
        # The fourteenth began in 2021.
        first = 2021 + 5 * (ordinal - 14)
        return [first, first + 4]
    if match := _YEARS_OF_TASKS.search(head):
        return _year_range(_YEAR.findall(match.group(1) or match.group(2)))
    return []


def _year_range(years: Iterable[str]) -> list[int]:
    found = sorted(int(year) for year in years)
    return [found[0], found[-1]]


def _declared_task_count(lines: list[str]) -> int | None:
    """How many tasks the document says it has: the first such number above its text."""
    for line in lines:
        for match in _DECLARED.finditer(line):
            count = int(match.group(1) or match.group(2))
            if count >= 5:
                return count
    return None
