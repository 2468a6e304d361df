"""A briefing as one HTML page: all text is escaped, and the page's policy lets only its own script and style run."""

from __future__ import annotations

import base64
import hashlib
import html as escaping
from collections.abc import Iterable, Iterator
from functools import cache
from importlib import resources

from ..model import Status
from . import section_flow
from .blocks import Briefing, Change, Flow, Heading, Legend, Points, Side, Table, Words
from .markup import TAGS, body_lines, tagged


@cache
def page_asset(name: str) -> str:
    return resources.files(__package__).joinpath("page", name).read_text("utf-8").strip()


def csp_hash(text: str) -> str:
    """How a content security policy names an inline script or style."""
    return "'sha256-" + base64.b64encode(hashlib.sha256(text.encode()).digest()).decode() + "'"


def escape_html(text: object) -> str:
    return escaping.escape(str(text), quote=True)


def html(briefing: Briefing) -> str:
    """The briefing as one HTML page: filters, side by side or in one text, printable, without any request."""
    words, style, script = briefing.words, page_asset("page.css"), page_asset("page.js")
    policy = f"default-src 'none'; script-src {csp_hash(script)}; style-src {csp_hash(style)}; base-uri 'none'; form-action 'none'"
    body = "\n".join(_html_blocks(briefing))
    parts = [block for block in briefing.blocks if isinstance(block, Heading) and block.level == 1]
    contents = "".join(f'<li><a href="#{escape_html(part.anchor)}">{escape_html(part.text)}</a></li>' for part in parts)
    return f"""<!DOCTYPE html>
<html lang="{escape_html(words("lang"))}">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="{escape_html(policy)}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="referrer" content="no-referrer">
<title>{escape_html(briefing.title)}</title>
<style>{style}</style>
</head>
<body class="side">
<a class="skip" href="#main">{escape_html(words("skip"))}</a>
<header><h1>{escape_html(briefing.title)}</h1></header>
<nav aria-label="{escape_html(words("contents"))}"><ul>{contents}</ul></nav>
<main id="main">
{body}
</main>
<script>{script}</script>
</body>
</html>
"""


_PARTS = ("commitments", "new", "undetermined")


SIGNS = {"escalated": "▲", "continued": "=", "softened": "▼", "dropped": "✗", "new": "+", "undetermined": "?"}


_HTML_TAGS = TAGS | {"moved": ('<span class="moved">', "</span>")}


def _html_blocks(briefing: Briefing) -> Iterator[str]:
    """The blocks in order; each heading opens a section, so that one without anything to show can be hidden."""
    words, index = briefing.words, _PageFilters(briefing)
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
            anchor, tag = escape_html(block.anchor), f"h{block.level + 1}"
            yield f'<section id="{anchor}" aria-labelledby="{anchor}-h"><{tag} id="{anchor}-h">{escape_html(block.text)}</{tag}>'
        elif isinstance(block, Change):
            yield _html_change(block, words, index.tokens(block))
        elif isinstance(block, Flow):
            yield _html_flow(block, words)
        elif isinstance(block, Table):
            yield table_html(block)
        elif isinstance(block, Points):
            points = (
                f'<li><a href="#{escape_html(to)}">{escape_html(name)}</a>: {escape_html(text)}</li>'
                for name, text, to in block.points
            )
            yield f'<ul class="points">{"".join(points)}</ul>'
        elif isinstance(block, Legend):
            yield f"<p>{tagged(block.runs, escape_html, _HTML_TAGS)}</p>"
        else:
            yield f"<p{' class=warning' if block.kind == 'warning' else ''}>{escape_html(block.text)}</p>"
    yield from ("</section>" for _ in opened)


def table_html(table: Table) -> str:
    if not table.header:
        rows = "".join(f"<dt>{escape_html(row[0])}</dt><dd>{escape_html(row[1])}</dd>" for row in table.rows)
        return f'<dl class="particulars">{rows}</dl>' if rows else ""

    def cell(value: object, tag: str = "td") -> str:
        return f"<{tag}{' class=number' if isinstance(value, int | float) else ''}>{escape_html(value)}</{tag}>"

    numeric = [all(isinstance(row[i], int | float) for row in table.rows) for i in range(len(table.header))]
    head = "".join(
        f'<th scope="col"{" class=number" if numeric[i] else ""}>{escape_html(name)}</th>'
        for i, name in enumerate(table.header)
    )
    rows = "".join(
        f'<tr><th scope="row">{escape_html(row[0])}</th>{"".join(cell(value) for value in row[1:])}</tr>'
        for row in table.rows
    )
    return (
        f'<div class="scroll"><table id="{escape_html(table.name)}-table"><caption class="unseen">{escape_html(table.caption)}</caption>'
        f"<thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table></div>"
    )


def _html_flow(block: Flow, words: Words) -> str:
    statuses = [status for status in map(str, Status) if any(stream.status == status for stream in block.streams)]
    key = "".join(f'<li class="{status}">{escape_html(words.status(status))}</li>' for status in statuses)
    label, summary = escape_html(block.table.caption), escape_html(words("as_table"))
    return (
        f'<div class="scroll" tabindex="0" role="region" aria-label="{label}">{section_flow.svg(block, words)}</div>'
        f'<ul class="key">{key}</ul><details><summary>{summary}</summary>{table_html(block.table)}</details>'
    )


def _html_change(change: Change, words: Words, tokens: str) -> str:
    state = "softened" if "st-softened" in tokens.split() else change.status
    sides = [
        f'<div{"" if len(change.sides) > 1 else " class=alone"}><p class="which">{escape_html(words(key))} · {escape_html(side.ref)}</p>'
        f'<p class="text">{tagged(side.runs, escape_html, _HTML_TAGS)}</p><p class="cite">{escape_html(side.citation)}</p></div>'
        for key, side in (("old", change.old), ("new", change.new))
        if side
    ]
    one = f'<p class="one">{tagged(change.inline, escape_html, _HTML_TAGS)}</p>' if change.inline else ""
    held = (("reason", change.reasons), ("bodies", tuple(body_lines(change, words))), ("note", change.notes))
    facts = [
        f"<dt>{escape_html(words(key))}</dt>" + "".join(f"<dd>{escape_html(line)}</dd>" for line in lines)
        for key, lines in held
        if lines
    ]
    return (
        f'<article class="change {state}" id="{escape_html(change.anchor)}" data-tokens="{escape_html(tokens)}" '
        f'aria-labelledby="{escape_html(change.anchor)}-h"><header><h4 id="{escape_html(change.anchor)}-h">{escape_html(change.name)}</h4>'
        f'<span class="label"><span aria-hidden="true">{SIGNS[state]}</span> {escape_html(change.label)}</span>'
        f'<span class="confidence">{escape_html(words("confidence"))} {escape_html(change.confidence_words)}</span></header>'
        f'{one}<div class="both">{"".join(sides)}</div><dl class="facts">{"".join(facts)}</dl></article>'
    )


class _PageFilters:
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
            groups += f'<optgroup label="{escape_html(words(side))}">{paths}</optgroup>' if paths else ""
        bodies = _options(sorted(((token, name) for name, token in self.bodies.items()), key=lambda option: option[1]))
        pattern = escape_html(self.words.table["shown"])
        return f"""<form hidden aria-label="{escape_html(words("filter"))}">
<div><label for="words">{escape_html(words("filter_text"))}</label><input type="search" id="words" name="words"></div>
{self._select("status", _options(options))}
{self._select("section", groups)}
{self._select("body", bodies)}
<fieldset><legend>{escape_html(words("view"))}</legend>
<label><input type="radio" name="view" value="side" checked> {escape_html(words("view_side"))}</label>
<label><input type="radio" name="view" value="inline"> {escape_html(words("view_inline"))}</label></fieldset>
<div><button type="reset">{escape_html(words("reset"))}</button></div>
<div><output aria-live="polite" data-pattern="{pattern}"></output></div>
</form>"""

    def _select(self, name: str, options: str) -> str:
        label, every = escape_html(self.words(name)), f'<option value="">{escape_html(self.words("all"))}</option>'
        select = f'<select id="{name}" name="{name}">{every}{options}</select>'
        return f'<div><label for="{name}">{label}</label>{select}</div>'


def _options(pairs: Iterable[tuple[str, str]]) -> str:
    return "".join(f'<option value="{escape_html(value)}">{escape_html(name)}</option>' for value, name in pairs)


def _named_sides(change: Change) -> list[tuple[str, Side]]:
    return [(key, side) for key, side in (("old", change.old), ("new", change.new)) if side]
