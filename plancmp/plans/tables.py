"""Rows of tables to paragraphs: a row is a task, its cells are number, title, text, who is responsible and until when.

What a column holds is read from its head (lexicon/clauses.toml); a row with a single cell, or a new value in a column of
groups, is a heading of the rows below it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import groupby

from ..lexicon import loader
from ..text import fold, is_cjk
from .bodies import reads_like_names
from .markers import Marker, Paragraph, markers_of

_BODY_ROLES = ("lead", "responsible", "support", "guide")
_FACT_ROLES = ("deadline", "budget", "measure")
# Two Chinese signs behind a number are words: 3月底 is a date.
_NUMBER = re.compile(
    r"\D{0,12}?\d{1,3}(?:\.\d{1,3})*(?:[^\d\u3400-\u9fff]{0,2}|[号项條条]\W?)|[一二三四五六七八九十]{1,3}"
)
# Headings made from rows stand below those of the text around the table.
_SECTION, _GROUP = 5, 6
# The cells of a head are words, not sentences.
_HEAD_CHARS = 40


def unfold(paragraphs: Sequence[Paragraph]) -> tuple[list[Paragraph], list[Paragraph]]:
    """The paragraphs with each table row as a marked paragraph or heading, and the rows that are heads of tables."""
    found: list[Paragraph] = []
    heads: list[Paragraph] = []
    for is_row, group in groupby(paragraphs, key=lambda paragraph: bool(paragraph.cells)):
        members = list(group)
        if not is_row:
            found += members
            continue
        columns: dict[int, str] = {}
        names: dict[int, str] = {}
        rows: list[Paragraph] = []
        for row in members:
            roles = _columns(row.cells)
            if row is members[0] and len(members) > 1:
                roles = _with_task(roles, row.cells, members[1].cells)
            if len(roles) >= 2 and "task" in {*roles.values(), *(["task"] if "title" in roles.values() else [])}:
                found += _rows(rows, columns, names)
                rows, columns = [], roles
                names = {i: cell.strip(" :：") for i, cell in enumerate(row.cells)}
                heads.append(row)
            else:
                rows.append(row)
        found += _rows(rows, columns, names)
    return found, heads


def _columns(cells: Sequence[str]) -> dict[int, str]:
    """Column to role, for those heads that are known."""
    known = loader.roles("column")
    labels = loader.roles("label")
    found = {}
    for index, cell in enumerate(cells):
        words = fold(re.sub(r"[（(].*?[)）]", "", cell)).strip(" :：*")
        for candidate in (words, *re.split(r"\s*[/／及和&]\s*|\s+and\s+", words)[:1], words.removesuffix("s")):
            role = known.get(candidate) or labels.get(candidate)
            if role:
                found[index] = role
                break
    return found


def _with_task(roles: dict[int, str], head: Sequence[str], below: Sequence[str]) -> dict[int, str]:
    """The roles of a table's first row where that is a head: known words in half of its cells, none longer than a few.

    The first column then holds the tasks, unless another one is known to: milestones, with how and when they are measured.
    """
    if {"task", "title"} & {*roles.values()} or 2 * len(roles) < len(head) - 1 or len(roles) < 2:
        return roles
    if max(map(len, head)) > _HEAD_CHARS or len(below) != len(head):
        return roles
    first = min((i for i in range(len(head)) if roles.get(i) != "number"), default=0)
    return roles | {first: "task"} if roles.get(first) in (None, "measure") else roles


def _rows(rows: Sequence[Paragraph], columns: dict[int, str], names: dict[int, str]) -> Iterator[Paragraph]:
    if not columns:
        columns = _guessed(rows)
    if not columns:
        for row in rows:
            row.cells = ()
            row.markers = markers_of(row.text)
            yield row
        return
    columns = _refined(rows, columns, names)
    group = ""
    made: Paragraph | None = None
    for row in rows:
        filled = [cell for cell in row.cells if cell]
        if len(set(filled)) == 1 and (len(row.cells) == 1 or len(columns) > 1) and not _NUMBER.fullmatch(filled[0]):
            yield _heading(row, filled[0], _SECTION)
            group = ""
            continue
        cells: dict[str, list[tuple[str, str]]] = {
            role: [] for role in ("number", "title", "task", "group", *_BODY_ROLES, *_FACT_ROLES)
        }
        for index, cell in enumerate(row.cells):
            if cell:
                cells[columns.get(index, "measure")].append((names.get(index, ""), cell))
        if (named := " ".join(cell for _, cell in cells["group"])) and named != group:
            group = named
            yield _heading(row, group, _GROUP)
        texts = [cell for _, cell in (cells["task"] or cells["title"])]
        fields = _fields(cells)
        if not texts:
            # Who else is responsible for the row above; what else the row says stays a paragraph.
            if made is not None:
                made.fields = (*made.fields, *fields)
            rest = [cell for i, cell in enumerate(row.cells) if cell and columns.get(i, "measure") not in _BODY_ROLES]
            if rest or made is None:
                yield Paragraph(" ".join(rest) if made is not None else row.text, row.first, row.last)
            continue
        facts = [f"{name}: {cell}" if name else cell for role in _FACT_ROLES for name, cell in cells[role]]
        text = " ".join(texts)
        if facts:
            cjk = is_cjk(text)
            stated = ("；" if cjk else "; ").join(facts)
            text += f"（{stated.replace(': ', '：')}）" if cjk else f" ({stated})"
        numbers = [cell for _, cell in cells["number"]]
        number = numbers[0] if numbers else ""
        # Words in a column of numbers are no number, and a row has one.
        text = " ".join([*([number] if number and not _NUMBER.fullmatch(number) else []), text, *numbers[1:]])
        made = Paragraph(text, row.first, row.last, (_row_marker(number, text),), fields=fields, row=True)
        if cells["task"] and cells["title"]:
            made.title = " ".join(cell for _, cell in cells["title"])
        yield made


def _refined(rows: Sequence[Paragraph], columns: dict[int, str], names: dict[int, str]) -> dict[int, str]:
    """The columns, where several could hold the task: the longest texts are it, what stands before them groups or titles."""
    texts = {i: [row.cells[i] for row in rows if i < len(row.cells) and row.cells[i]] for i in names}
    first = min(texts, default=0)
    codes = texts.get(first, [])
    if (
        "number" not in columns.values()
        and columns.get(first, "task") in ("task", "title")
        and len(set(codes)) == len(rows) > 1
        and all(map(_NUMBER.fullmatch, codes))
    ):
        # A column of codes, such as M1, M2, whatever its head calls it.
        columns = columns | {first: "number"}
    unknown = [i for i, cells in texts.items() if i not in columns and cells and not all(map(_NUMBER.fullmatch, cells))]
    rivals = sorted({i for i, role in columns.items() if role == "task"} | set(unknown))
    if len(rivals) < 2:
        return columns
    lengths = {i: sum(map(len, texts[i])) / max(len(rows), 1) for i in rivals}
    longest = max(rivals, key=lambda i: (lengths[i], i))
    found = dict(columns)
    for index in rivals:
        if index == longest:
            found[index] = "task"
        elif index < longest and len(set(texts[index])) < len(rows):
            found[index] = "group"
        else:
            found[index] = "title" if index < longest and "title" not in found.values() else "measure"
    return found


def _heading(row: Paragraph, words: str, level: int) -> Paragraph:
    return Paragraph(words, row.first, row.last, markers_of(words), heading=level)


def _fields(cells: dict[str, list[tuple[str, str]]]) -> tuple[str, ...]:
    """Who is responsible, as one clause with the heads of the columns as labels."""
    stated = []
    for role in _BODY_ROLES:
        for name, cell in cells[role]:
            cjk = is_cjk(cell)
            label = name if loader.roles("label").get(fold(name)) == role else _label(role, cjk)
            stated.append(f"{label}：{cell}" if cjk else f"{label}: {cell}")
    return (("；" if is_cjk(stated[0]) else "; ").join(stated),) if stated else ()


def _label(role: str, cjk: bool) -> str:
    return next(
        entry.words[0] for entry in loader.clause_words("label") if entry.role == role and is_cjk(entry.words[0]) == cjk
    )


def _row_marker(number: str, text: str) -> Marker:
    if match := re.search(r"(?P<above>[A-Za-z\d./-]*?)[./-]?(?P<value>\d{1,3})(?=\D{0,2}$)", number):
        above = tuple(part for part in re.split(r"[./-]", match["above"]) if part)
        return Marker("row", int(match["value"]), number.strip(), 0, 8, above)
    own = markers_of(text)
    if not number and own and own[0].value and own[0].key != "1 ":
        return replace(own[0], key="row", rank=8)
    if number and (found := markers_of(f"{number.strip()}、{text}")) and found[0].value:
        return Marker("row", found[0].value, number.strip(), 0, 8)
    return Marker("row", 0, "", 0, 9)


def _guessed(rows: Sequence[Paragraph]) -> dict[int, str]:
    """The columns of a table without a head that is understood: numbers, the longest texts, names."""
    width = max((len(row.cells) for row in rows), default=0)
    if len(rows) < 3 or width < 2:
        return {}
    cells = {i: [row.cells[i] for row in rows if i < len(row.cells) and row.cells[i]] for i in range(width)}
    found: dict[int, str] = {}
    lengths = {i: sum(map(len, column)) / len(column) for i, column in cells.items() if column}
    if not lengths:
        return {}
    longest = max(lengths, key=lambda i: lengths[i])
    found[longest] = "task"
    for index, column in cells.items():
        if index == longest or not column:
            continue
        if all(_NUMBER.fullmatch(cell) for cell in column):
            found[index] = "number"
        elif index > longest and sum(map(reads_like_names, column)) >= 0.8 * len(column):
            found[index] = "responsible"
    return found if len(found) >= 2 else {}
