"""A briefing as Markdown and as one self-contained HTML file.

Nothing from a plan is ever markup: in Markdown every character that could be is escaped, in HTML all text is, and the
page's policy lets only its own script and style run and nothing be fetched.
"""

from __future__ import annotations

import base64
import hashlib
import html as escaping
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import cache
from importlib import resources

from ..marking import Run
from ..model import Plan, Status, Task
from . import flow
from .blocks import (
    Block,
    Briefing,
    Change,
    Flow,
    Heading,
    Legend,
    Paragraph,
    Points,
    Side,
    Table,
    Words,
    clean,
    section_path,
)

_TAGS = {"same": ("", ""), "removed": ("<del>", "</del>"), "added": ("<ins>", "</ins>"), "moved": ("<em>", "</em>")}


def _marked(runs: Iterable[Run], escape: Callable[[str], str], tags: dict[str, tuple[str, str]]) -> str:
    """Runs as text with tags; the space at either end of a run stays outside its tags, as Markdown wants it."""
    parts = []
    for run in runs:
        inner = run.text.strip()
        if not inner:
            parts.append(escape(run.text))
            continue
        start = run.text.index(inner)
        opening, closing = tags[run.kind]
        tail = run.text[start + len(inner) :]
        parts.append(f"{run.text[:start]}{opening}{escape(inner)}{closing}{tail}")
    return "".join(parts)


# -- Markdown


def _md(text: str) -> str:
    """Text in which no character is taken for Markdown, HTML or a link."""
    text = re.sub(r"&(?=#?\w+;)", "&amp;", re.sub(r"([\\`*_\[\]|#~$])", r"\\\1", text))
    text = text.replace("<", "&lt;").replace(">", "&gt;").replace("@", "&#64;")
    text = re.sub(r"(?i)\b(https?|ftp)://", r"\1&#58;//", re.sub(r"(?i)\bwww\.", "www&#46;", text))
    # What would begin a list, a heading or a rule at the start of a line.
    return re.sub(r"^(\s*(?:\d+(?=[.)](?:\s|$)))?)(?=[-+=.)])", r"\1\\", text)


def markdown(briefing: Briefing) -> str:
    """The briefing as Markdown that reads well as it is and renders on GitHub."""
    parts = [f"# {_md(briefing.title)}"]
    for block in briefing.blocks:
        parts.extend(_markdown_block(block, briefing.words))
    return "\n\n".join(part for part in parts if part) + "\n"


def _markdown_block(block: Block, words: Words) -> Iterator[str]:
    if isinstance(block, Heading):
        yield f'<a id="{block.anchor}"></a>\n\n{"#" * (block.level + 1)} {_md(block.text)}'
    elif isinstance(block, Paragraph):
        yield f"> **{_md(block.text)}**" if block.kind == "warning" else _md(block.text)
    elif isinstance(block, Points):
        yield "\n".join(f"- [{_md(name)}](#{anchor}): {_md(text)}" for name, text, anchor in block.points)
    elif isinstance(block, Legend):
        yield _marked(block.runs, _md, _TAGS)
    elif isinstance(block, Flow):
        yield _markdown_table(block.table)
    elif isinstance(block, Table):
        yield _markdown_table(block)
    else:
        yield from _markdown_change(block, words)


def _markdown_table(table: Table) -> str:
    if not table.rows:
        return ""
    if not table.header:
        return "\n".join(f"- **{_md(str(row[0]))}**: {_md(' '.join(map(str, row[1:])))}" for row in table.rows)
    rows: list[Sequence[object]] = [table.header, ["---"] * len(table.header), *table.rows]
    lines = [["---"] * len(row) if number == 1 else [_md(str(cell)) for cell in row] for number, row in enumerate(rows)]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


def _markdown_change(change: Change, words: Words) -> Iterator[str]:
    confidence = f"{words('confidence')} {change.confidence_words}"
    yield f'<a id="{change.anchor}"></a>\n\n#### {_md(change.name)} · {_md(change.label)} · {_md(confidence)}'
    for key, side in ((("old"), change.old), ("new", change.new)):
        if side:
            yield f"**{words(key)}** · {_md(side.citation)}"
            yield f"> {_marked(side.runs, _md, _TAGS)}"
    facts = [f"**{words('reason')}**: {_md(reason)}" for reason in change.reasons]
    facts += [f"**{words('bodies')}**: {_md(line)}" for line in _body_lines(change, words)]
    facts += [f"**{words('note')}**: {_md(note)}" for note in change.notes]
    yield "\n".join(f"- {fact}" for fact in facts)


def _body_lines(change: Change, words: Words) -> Iterator[str]:
    """Bodies then and now, and what changed about them."""
    for key, side in (("then", change.old), ("now", change.new)):
        if side and side.bodies:
            yield f"{words(key)}: {', '.join(side.bodies)}" if len(change.sides) > 1 else ", ".join(side.bodies)
    if change.bodies:
        yield change.bodies


def tasks_markdown(plan: Plan, chosen: Sequence[Task]) -> str:
    """The tasks of a plan under their headings, as Markdown."""
    parts = [f"# {_md(clean(plan.title or plan.id))}"]
    parts += [f"> **{_md(clean(warning))}**" for warning in plan.warnings]
    here: tuple = ()
    for number, task in enumerate(chosen):
        if task.section != here or not number:
            here = task.section
            parts.append(f"## {_md(section_path(here))}" if here else "")
        bodies = ", ".join(clean(body.name or body.as_printed) for body in task.bodies)
        parts += [f"**{_md(clean(task.ref))}** {_md(clean(task.full_text))}", _md(bodies)]
    return "\n\n".join(part for part in parts if part) + "\n"


# -- HTML


@cache
def _asset(name: str) -> str:
    return resources.files(__package__).joinpath("page", name).read_text("utf-8").strip()


def _hash(text: str) -> str:
    """How a content security policy names an inline script or style."""
    return "'sha256-" + base64.b64encode(hashlib.sha256(text.encode()).digest()).decode() + "'"


def _h(text: object) -> str:
    return escaping.escape(str(text), quote=True)


def html(briefing: Briefing) -> str:
    """The briefing as one HTML page: filters, side by side or in one text, printable, without any request."""
    words, style, script = briefing.words, _asset("page.css"), _asset("page.js")
    policy = (
        f"default-src 'none'; script-src {_hash(script)}; style-src {_hash(style)}; base-uri 'none'; form-action 'none'"
    )
    body = "\n".join(_html_blocks(briefing))
    parts = [block for block in briefing.blocks if isinstance(block, Heading) and block.level == 1]
    contents = "".join(f'<li><a href="#{_h(part.anchor)}">{_h(part.text)}</a></li>' for part in parts)
    return f"""<!DOCTYPE html>
<html lang="{_h(words("lang"))}">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="{_h(policy)}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="referrer" content="no-referrer">
<title>{_h(briefing.title)}</title>
<style>{style}</style>
</head>
<body class="side">
<a class="skip" href="#main">{_h(words("skip"))}</a>
<header><h1>{_h(briefing.title)}</h1></header>
<nav aria-label="{_h(words("contents"))}"><ul>{contents}</ul></nav>
<main id="main">
{body}
</main>
<script>{script}</script>
</body>
</html>
"""


_PARTS = ("commitments", "new", "undetermined")
_SIGNS = {"escalated": "▲", "continued": "=", "softened": "▼", "dropped": "✗", "new": "+", "undetermined": "?"}
_HTML_TAGS = _TAGS | {"moved": ('<span class="moved">', "</span>")}


def _html_blocks(briefing: Briefing) -> Iterator[str]:
    """The blocks in order; each heading opens a section, so that one without anything to show can be hidden."""
    words, index = briefing.words, _Index(briefing)
    opened: list[int] = []
    waiting = True
    for block in briefing.blocks:
        if isinstance(block, Heading):
            while opened and opened[-1] >= block.level:
                opened.pop()
                yield "</section>"
            if waiting and block.anchor in _PARTS:
                waiting = False
                yield index.controls()
            opened.append(block.level)
            anchor, tag = _h(block.anchor), f"h{block.level + 1}"
            yield f'<section id="{anchor}" aria-labelledby="{anchor}-h"><{tag} id="{anchor}-h">{_h(block.text)}</{tag}>'
        elif isinstance(block, Change):
            yield _html_change(block, words, index.tokens(block))
        elif isinstance(block, Flow):
            yield _html_flow(block, words)
        elif isinstance(block, Table):
            yield _html_table(block)
        elif isinstance(block, Points):
            points = (f'<li><a href="#{_h(to)}">{_h(name)}</a>: {_h(text)}</li>' for name, text, to in block.points)
            yield f'<ul class="points">{"".join(points)}</ul>'
        elif isinstance(block, Legend):
            yield f"<p>{_marked(block.runs, _h, _HTML_TAGS)}</p>"
        else:
            yield f"<p{' class=warning' if block.kind == 'warning' else ''}>{_h(block.text)}</p>"
    yield from ("</section>" for _ in opened)


def _html_table(table: Table) -> str:
    if not table.header:
        rows = "".join(f"<dt>{_h(row[0])}</dt><dd>{_h(row[1])}</dd>" for row in table.rows)
        return f'<dl class="particulars">{rows}</dl>' if rows else ""

    def cell(value: object, tag: str = "td") -> str:
        return f"<{tag}{' class=number' if isinstance(value, int | float) else ''}>{_h(value)}</{tag}>"

    numeric = [all(isinstance(row[i], int | float) for row in table.rows) for i in range(len(table.header))]
    head = "".join(
        f'<th scope="col"{" class=number" if numeric[i] else ""}>{_h(name)}</th>' for i, name in enumerate(table.header)
    )
    rows = "".join(
        f'<tr><th scope="row">{_h(row[0])}</th>{"".join(cell(value) for value in row[1:])}</tr>' for row in table.rows
    )
    return (
        f'<div class="scroll"><table id="{_h(table.name)}-table"><caption class="unseen">{_h(table.caption)}</caption>'
        f"<thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table></div>"
    )


def _html_flow(block: Flow, words: Words) -> str:
    statuses = [status for status in map(str, Status) if any(stream.status == status for stream in block.streams)]
    key = "".join(f'<li class="{status}">{_h(words.status(status))}</li>' for status in statuses)
    label, summary = _h(block.table.caption), _h(words("as_table"))
    return (
        f'<div class="scroll" tabindex="0" role="region" aria-label="{label}">{flow.svg(block, words)}</div>'
        f'<ul class="key">{key}</ul><details><summary>{summary}</summary>{_html_table(block.table)}</details>'
    )


def _html_change(change: Change, words: Words, tokens: str) -> str:
    state = "softened" if "st-softened" in tokens.split() else change.status
    sides = [
        f'<div{"" if len(change.sides) > 1 else " class=alone"}><p class="which">{_h(words(key))} · {_h(side.ref)}</p>'
        f'<p class="text">{_marked(side.runs, _h, _HTML_TAGS)}</p><p class="cite">{_h(side.citation)}</p></div>'
        for key, side in (("old", change.old), ("new", change.new))
        if side
    ]
    one = f'<p class="one">{_marked(change.inline, _h, _HTML_TAGS)}</p>' if change.inline else ""
    held = (("reason", change.reasons), ("bodies", tuple(_body_lines(change, words))), ("note", change.notes))
    facts = [
        f"<dt>{_h(words(key))}</dt>" + "".join(f"<dd>{_h(line)}</dd>" for line in lines) for key, lines in held if lines
    ]
    return (
        f'<article class="change {state}" id="{_h(change.anchor)}" data-tokens="{_h(tokens)}" '
        f'aria-labelledby="{_h(change.anchor)}-h"><header><h4 id="{_h(change.anchor)}-h">{_h(change.name)}</h4>'
        f'<span class="label"><span aria-hidden="true">{_SIGNS[state]}</span> {_h(change.label)}</span>'
        f'<span class="confidence">{_h(words("confidence"))} {_h(change.confidence_words)}</span></header>'
        f'{one}<div class="both">{"".join(sides)}</div><dl class="facts">{"".join(facts)}</dl></article>'
    )


class _Index:
    """What the page can be filtered by: a token for each status, section and body."""

    def __init__(self, briefing: Briefing) -> None:
        self.briefing, self.words = briefing, briefing.words
        self.sections: dict[tuple[str, str], str] = {}
        self.bodies: dict[str, str] = {}
        for change in briefing.changes:
            for key, side in _named_sides(change):
                self.sections.setdefault((key, side.section), f"s{len(self.sections)}")
                for name in side.body_names:
                    self.bodies.setdefault(name, f"b{len(self.bodies)}")

    def tokens(self, change: Change) -> str:
        markers = [key for key in ("softened", "doubtful", "one_off", "reviewer") if self.words(key) in change.markers]
        found = [f"st-{name}" for name in (change.status, *markers)]
        for key, side in _named_sides(change):
            found += [self.sections[key, side.section], *(self.bodies[name] for name in side.body_names)]
        return " ".join(dict.fromkeys(found))

    def controls(self) -> str:
        """The filters; hidden until the script runs, as without it they would do nothing."""
        words = self.words
        used = {token for change in self.briefing.changes for token in self.tokens(change).split()}
        statuses = [*map(str, Status), "softened", "doubtful", "one_off", "reviewer"]
        options = [(f"st-{name}", words.status(name)) for name in statuses if f"st-{name}" in used]
        groups = ""
        for side in ("old", "new"):
            paths = _options((token, path) for (key, path), token in self.sections.items() if key == side)
            groups += f'<optgroup label="{_h(words(side))}">{paths}</optgroup>' if paths else ""
        bodies = _options(sorted(((token, name) for name, token in self.bodies.items()), key=lambda option: option[1]))
        pattern = _h(self.words.table["shown"])
        return f"""<form hidden aria-label="{_h(words("filter"))}">
<div><label for="words">{_h(words("filter_text"))}</label><input type="search" id="words" name="words"></div>
{self._select("status", _options(options))}
{self._select("section", groups)}
{self._select("body", bodies)}
<fieldset><legend>{_h(words("view"))}</legend>
<label><input type="radio" name="view" value="side" checked> {_h(words("view_side"))}</label>
<label><input type="radio" name="view" value="inline"> {_h(words("view_inline"))}</label></fieldset>
<div><button type="reset">{_h(words("reset"))}</button></div>
<div><output aria-live="polite" data-pattern="{pattern}"></output></div>
</form>"""

    def _select(self, name: str, options: str) -> str:
        label, every = _h(self.words(name)), f'<option value="">{_h(self.words("all"))}</option>'
        select = f'<select id="{name}" name="{name}">{every}{options}</select>'
        return f'<div><label for="{name}">{label}</label>{select}</div>'


def _options(pairs: Iterable[tuple[str, str]]) -> str:
    return "".join(f'<option value="{_h(value)}">{_h(name)}</option>' for value, name in pairs)


def _named_sides(change: Change) -> list[tuple[str, Side]]:
    return [(key, side) for key, side in (("old", change.old), ("new", change.new)) if side]
