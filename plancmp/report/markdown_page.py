"""A briefing as Markdown that reads well as it is; every character that could be markup is escaped."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence

from ..model import Plan, Section, Task
from ..plans import editions
from .blocks import (
    Block,
    Briefing,
    Change,
    Flow,
    Heading,
    Legend,
    Line,
    Paragraph,
    Points,
    Table,
    Words,
    clean,
    plain,
    section_path,
)
from .markup import TAGS, body_lines, tagged


def escape_markdown(text: str) -> str:
    """Text in which no character is taken for Markdown, HTML or a link."""
    text = re.sub(r"&(?=#?\w+;)", "&amp;", re.sub(r"([\\`*_\[\]|#~$])", r"\\\1", text))
    text = text.replace("<", "&lt;").replace(">", "&gt;").replace("@", "&#64;")
    text = re.sub(r"(?i)\b(https?|ftp)://", r"\1&#58;//", re.sub(r"(?i)\bwww\.", "www&#46;", text))
    # What would begin a list, a heading or a rule at the start of a line.
    return re.sub(r"^(\s*(?:\d+(?=[.)](?:\s|$)))?)(?=[-+=.)])", r"\1\\", text)


def markdown(briefing: Briefing) -> str:
    """The briefing as Markdown that reads well as it is and renders on GitHub."""
    parts = [f"# {escape_markdown(briefing.title)}"]
    for block in briefing.blocks:
        parts.extend(_markdown_block(block, briefing.words))
    return "\n\n".join(part for part in parts if part) + "\n"


def _markdown_block(block: Block, words: Words) -> Iterator[str]:
    if isinstance(block, Heading):
        yield f'<a id="{block.anchor}"></a>\n\n{"#" * (block.level + 1)} {escape_markdown(block.text)}'
    elif isinstance(block, Paragraph):
        text = escape_markdown(block.text)
        yield (
            f"> **{text}**"
            if block.kind == "warning" and text
            else f"*{text}*"
            if block.kind == "placeholder"
            else text
        )
    elif isinstance(block, Points):
        yield "\n".join(_point(*point, words) for point in block.points)
    elif isinstance(block, Legend):
        yield tagged(block.runs, escape_markdown, TAGS)
    elif isinstance(block, Flow):
        yield table_markdown(block.summary)
    elif isinstance(block, Table):
        yield table_markdown(block, words("colon"))
    else:
        yield from _markdown_change(block, words)


def _point(name: str, text: str, anchor: str, words: Words) -> str:
    shown = f"[{escape_markdown(name)}](#{anchor})" if anchor else f"**{escape_markdown(name)}**" if name else ""
    return f"- {shown}{escape_markdown(words('colon')) if shown else ''}{escape_markdown(text)}"


def table_markdown(table: Table, colon: str = ": ") -> str:
    """A table in Markdown; one without a header as a list, its names and values parted by the colon."""
    if not table.rows:
        return ""
    if not table.header:
        return "\n".join(
            f"- **{escape_markdown(str(row[0]))}**{colon}{escape_markdown(' '.join(map(plain, row[1:])))}"
            for row in table.rows
        )
    return _grid(table.header, ([_cell(plain(cell)) for cell in row] for row in table.rows))


def _cell(text: str) -> str:
    return "<br>".join(map(escape_markdown, text.split("\n")))


def _grid(header: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A table of cells that are Markdown already."""
    lines = [list(map(escape_markdown, header)), ["---"] * len(header), *rows]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


def _markdown_change(change: Change, words: Words) -> Iterator[str]:
    yield f'<a id="{change.anchor}"></a>\n\n#### {escape_markdown(change.name)} · {escape_markdown(change.label)}'
    yield "\n".join(f"- {escape_markdown(side.citation)}" for side in change.sides)
    header = (words("status"), words("old"), words("new"), words("why"))
    yield _grid(header, (_markdown_line(line) for line in change.lines))
    facts = [f"**{words('bodies')}**{words('colon')}{escape_markdown(line)}" for line in body_lines(change, words)]
    facts += [
        f"**{words('note')}**{words('colon')}{escape_markdown(note)}" for note in (*change.remarks, *change.notes)
    ]
    yield "\n".join(f"- {fact}" for fact in facts)


def _markdown_line(line: Line) -> list[str]:
    sides = [
        f"{escape_markdown(quote.name)} {tagged(quote.runs, escape_markdown, TAGS)}" if quote else ""
        for quote in (line.old, line.new)
    ]
    state = " · ".join(filter(None, (line.label, line.sureness)))
    return [
        escape_markdown(state),
        *sides,
        "<br>".join(map(escape_markdown, (*line.reasons, *line.notes, *filter(None, [line.remark])))),
    ]


def tasks_markdown(plan: Plan, chosen: Sequence[Task]) -> str:
    """The tasks of a plan under their headings, as Markdown."""
    parts = [f"# {escape_markdown(clean(plan.title or plan.id))}"]
    parts += [escape_markdown(clean(plan.source.cited))]
    parts += [
        f"> **{escape_markdown(clean(warning))}**" for warning in (editions.in_words(plan), *plan.warnings) if warning
    ]
    here: tuple[Section, ...] = ()
    for number, task in enumerate(chosen):
        if task.section != here or not number:
            here = task.section
            parts.append(f"## {escape_markdown(section_path(here))}" if here else "")
        bodies = ", ".join(clean(body.name or body.as_printed) for body in task.bodies)
        parts += [
            f"**{escape_markdown(clean(editions.marked(task.ref, task)))}** {escape_markdown(clean(task.full_text))}",
            escape_markdown(bodies),
        ]
    return "\n\n".join(part for part in parts if part) + "\n"
