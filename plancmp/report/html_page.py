"""A briefing as one HTML page: all text is escaped, and the page's policy lets only its own script and style run."""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Iterable, Iterator
from functools import cache
from importlib import resources

from markupsafe import Markup, escape

from ..model import Status
from ..text import CJK
from . import section_flow
from .blocks import Briefing, Cell, Change, Flow, Heading, Legend, Line, Points, Quote, Side, Table, Words, plain
from .markup import TAGS, body_lines, tagged
from .word_diff import Run

SIGNS = {"escalated": "▲", "continued": "=", "softened": "▼", "dropped": "✗", "new": "+", "undetermined": "?"}
_PARTS = ("commitments", "new", "undetermined")
_HTML_TAGS = TAGS | {"moved": ('<span class="moved">', "</span>")}
# A stretch of Chinese with the punctuation inside it; four Latin words or more.
_CHINESE = re.compile(rf"(?:{CJK.pattern}|(?<=[\u3400-\u9fff])[，。、；：《》（）“”·\d\s](?=[\u3400-\u9fff《“（]))+")
_LATIN = re.compile(r"[A-Za-z][A-Za-z'’-]*(?:[ ,;:()“”\"'’-]+[A-Za-z][A-Za-z'’-]*){3,}")


@cache
def page_asset(name: str) -> str:
    return resources.files(__package__).joinpath("page", name).read_text("utf-8").strip()


def csp_hash(text: str) -> str:
    """How a content security policy names an inline script or style."""
    return "'sha256-" + base64.b64encode(hashlib.sha256(text.encode()).digest()).decode() + "'"


def escape_html(text: object) -> str:
    """The text with nothing in it that HTML would read as markup."""
    return escape(text)


def html(briefing: Briefing) -> str:
    """The briefing as one HTML page: filters, side by side or in one text, printable, without any request."""
    words, style, script = briefing.words, page_asset("page.css"), page_asset("page.js")
    policy = f"default-src 'none'; script-src {csp_hash(script)}; style-src {csp_hash(style)}; base-uri 'none'; form-action 'none'"
    parts = [block for block in briefing.blocks if isinstance(block, Heading) and block.level == 1]
    contents = _join(Markup('<li><a href="#{}">{}</a></li>').format(part.anchor, part.text) for part in parts)
    page = Markup("""<!DOCTYPE html>
<html lang="{lang}">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="{policy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="referrer" content="no-referrer">
<title>{title}</title>
<style>{style}</style>
</head>
<body class="side">
<a class="skip" href="#main">{skip}</a>
<header><h1>{heading}</h1></header>
<nav aria-label="{label}"><ul>{contents}</ul></nav>
<main id="main">
{body}
</main>
<script>{script}</script>
</body>
</html>
""")
    draw = _Drawing(words)
    return str(
        page.format(
            lang=words("lang"),
            policy=policy,
            title=briefing.title,
            style=Markup(style),
            skip=words("skip"),
            heading=draw.text(briefing.title),
            label=words("contents"),
            contents=contents if len(parts) > 1 else "",
            body=Markup("\n").join(draw.blocks(briefing)),
            script=Markup(script),
        )
    )


def _join(parts: Iterable[Markup]) -> Markup:
    return Markup("").join(parts)


def foreign(text: str, lang: str) -> Markup:
    """Escaped text in which what is in another language than the page says so: Chinese stretches, or English ones."""
    pattern, other = (_LATIN, "en") if lang.startswith("zh") else (_CHINESE, "zh-CN")
    parts, end = [], 0
    for match in pattern.finditer(text):
        parts += [escape(text[end : match.start()]), Markup('<span lang="{}">{}</span>').format(other, match.group())]
        end = match.end()
    return _join([*parts, escape(text[end:])])


def table_html(table: Table, lang: str = "en") -> Markup:
    """A table; without a header it is a list of names and values."""
    if not table.header:
        rows = _join(
            Markup("<dt>{}</dt><dd>{}</dd>").format(row[0], foreign(plain(row[1]), lang)) for row in table.rows
        )
        return Markup('<dl class="particulars">{}</dl>').format(rows) if rows else Markup()

    def cell(value: Cell, name: str) -> Markup:
        kind = "number" if isinstance(value, int | float) else "none" if value in ("", "–") else ""
        text = Markup("<br>").join(foreign(line, lang) for line in plain(value).split("\n"))
        look = Markup(' class="{}"').format(kind) if kind else ""
        return Markup('<td{} data-label="{}">{}</td>').format(look, name, text)

    numeric = [all(isinstance(row[i], int | float) for row in table.rows) for i in range(len(table.header))]
    head = _join(
        Markup('<th scope="col"{}>{}</th>').format(Markup(" class=number") if numeric[i] else "", name)
        for i, name in enumerate(table.header)
    )
    rows = _join(
        Markup('<tr><th scope="row">{}</th>{}</tr>').format(
            foreign(plain(row[0]), lang), _join(map(cell, row[1:], table.header[1:]))
        )
        for row in table.rows
    )
    anchor = re.sub(r"[^\w.-]+", "-", table.name)
    return Markup(
        '<div class="scroll"><table id="{}-table"><caption class="unseen">{}</caption>'
        "<thead><tr>{}</tr></thead><tbody>{}</tbody></table></div>"
    ).format(anchor, table.caption, head, rows)


class _Drawing:
    """The blocks of one page."""

    def __init__(self, words: Words) -> None:
        self.words = words

    def text(self, text: str) -> Markup:
        return foreign(text, self.words("lang"))

    def runs(self, runs: Iterable[Run]) -> Markup:
        return Markup(tagged(runs, self.text, _HTML_TAGS))

    def blocks(self, briefing: Briefing) -> Iterator[Markup]:
        """The blocks in order; each heading opens a section, so that one without anything to show can be hidden."""
        filters = _PageFilters(briefing)
        opened: list[int] = []
        waiting = True
        for block in briefing.blocks:
            if isinstance(block, Heading):
                while opened and opened[-1] >= block.level:
                    opened.pop()
                    yield Markup("</section>")
                if waiting and block.anchor in _PARTS:
                    waiting = False
                    yield filters.controls()
                opened.append(block.level)
                yield Markup('<section id="{0}" aria-labelledby="{0}-h"><h{1} id="{0}-h">{2}</h{1}>').format(
                    block.anchor, block.level + 1, self.text(block.text)
                )
            elif isinstance(block, Change):
                yield self.change(block, filters.tokens(block))
            elif isinstance(block, Flow):
                yield self.flow(block)
            elif isinstance(block, Table):
                yield table_html(block, self.words("lang"))
            elif isinstance(block, Points):
                yield Markup('<ul class="points">{}</ul>').format(_join(self.point(*point) for point in block.points))
            elif isinstance(block, Legend):
                yield Markup("<p>{}</p>").format(self.runs(block.runs))
            elif block.text:
                kind = Markup(' class="{}"').format(block.kind) if block.kind != "body" else ""
                yield Markup("<p{}>{}</p>").format(kind, self.text(block.text))
        yield from (Markup("</section>") for _ in opened)

    def point(self, name: str, text: str, anchor: str) -> Markup:
        link = Markup('<a href="#{}">{}</a>') if anchor else Markup("{1}<b>{0}</b>")
        shown = (link.format(anchor, name) if anchor else link.format(name, "")) + self.words("colon") if name else ""
        return Markup("<li>{}{}</li>").format(shown, self.text(text))

    def flow(self, block: Flow) -> Markup:
        words = self.words
        statuses = [status for status in map(str, Status) if any(stream.status == status for stream in block.streams)]
        key = _join(Markup('<li class="{}">{}</li>').format(status, words.status(status)) for status in statuses)
        return Markup(
            '<div class="scroll" tabindex="0" role="region" aria-label="{}">{}{}</div>'
            '<ul class="key">{}</ul><details><summary>{}</summary>{}</details>'
        ).format(
            block.table.caption,
            section_flow.svg(block, words),
            section_flow.narrow_svg(block, words),
            key,
            words("as_table"),
            table_html(block.table, words("lang")),
        )

    def change(self, change: Change, tokens: str) -> Markup:
        words = self.words
        one = Markup('<p class="one">{}</p>').format(self.runs(change.inline)) if change.inline else ""
        groups = (
            ("citation", tuple(side.citation for side in change.sides)),
            ("bodies", tuple(body_lines(change, words))),
            ("note", (*change.remarks, *change.notes)),
        )
        facts = _join(
            Markup("<dt>{}</dt>{}").format(
                words(key), _join(Markup("<dd>{}</dd>").format(self.text(fact)) for fact in lines)
            )
            for key, lines in groups
            if lines
        )
        return Markup(
            '<article class="change {state}" id="{anchor}" data-tokens="{tokens}" aria-labelledby="{anchor}-h">'
            '<header><h4 id="{anchor}-h">{name}</h4>'
            '<span class="label"><span aria-hidden="true">{sign}</span> {label}</span></header>'
            '{one}<div class="lines">{lines}</div><dl class="facts">{facts}</dl></article>'
        ).format(
            state=change.state,
            anchor=change.anchor,
            tokens=tokens,
            name=change.name,
            sign=SIGNS[change.state],
            label=change.label,
            one=one,
            lines=_join(map(self.line, change.lines)),
            facts=facts,
        )

    def line(self, line: Line) -> Markup:
        sure = Markup(' <span class="sure">{}</span>').format(line.sureness) if line.sureness else ""
        why = _join(
            Markup("<p>{}</p>").format(self.text(reason))
            for reason in (*line.reasons, *line.notes, *filter(None, [line.remark]))
        )
        return Markup(
            '<div class="line {0}" data-tokens="{1}"><p class="label"><span aria-hidden="true">{2}</span> {3}{4}</p>'
            '{5}{6}<div class="why">{7}</div></div>'
        ).format(
            line.state,
            _line_tokens(line),
            SIGNS[line.state],
            line.label,
            sure,
            self.quote("old", line.old),
            self.quote("new", line.new),
            why,
        )

    def quote(self, key: str, quote: Quote | None) -> Markup:
        if quote is None:
            return Markup('<p class="text none"></p>')
        return Markup('<p class="text"><b><span class="which">{} </span>{}</b> {}</p>').format(
            self.words(key), quote.name, self.runs(quote.runs)
        )


def _line_tokens(line: Line) -> str:
    """The statuses by which a line is filtered."""
    status = "continued" if line.state == "softened" else line.state
    found = [status, line.state, *(["doubtful"] if line.doubtful else [])]
    return " ".join(dict.fromkeys(f"st-{name}" for name in found))


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
        """The sections and bodies by which a change is filtered."""
        found = []
        for key, side in _named_sides(change):
            found += [self.sections[key, side.section], *(self.bodies[name] for name in side.body_names)]
        return " ".join(dict.fromkeys(found))

    def controls(self) -> Markup:
        """The filters; hidden until the script runs, as without it they would do nothing. In print, their words."""
        words = self.words
        used = {token for line in self.briefing.lines for token in _line_tokens(line).split()}
        options = [(f"st-{name}", words.status(name)) for name in (*SIGNS, "doubtful") if f"st-{name}" in used]
        groups = _join(
            Markup('<optgroup label="{}">{}</optgroup>').format(words(side), paths)
            for side in ("old", "new")
            if (paths := _options((token, path) for (key, path), token in self.sections.items() if key == side))
        )
        bodies = _options(sorted(((token, name) for name, token in self.bodies.items()), key=lambda option: option[1]))
        return Markup("""<form hidden aria-label="{filter}">
<div><label for="words">{text}</label><input type="search" id="words" name="words"></div>
{status}
{section}
{body}
<fieldset><legend>{view}</legend>
<label><input type="radio" name="view" value="side" checked> {side}</label>
<label><input type="radio" name="view" value="inline"> {inline}</label></fieldset>
<div><button type="reset">{reset}</button></div>
<div><output aria-live="polite" data-pattern="{pattern}"></output></div>
</form>
<p class="printed" data-label="{filter}"></p>""").format(
            filter=words("filter"),
            text=words("filter_text"),
            status=self._select("status", _options(options)),
            section=self._select("section", groups),
            body=self._select("body", bodies),
            view=words("view"),
            side=words("view_side"),
            inline=words("view_inline"),
            reset=words("reset"),
            pattern=words.table["shown"],
        )

    def _select(self, name: str, options: Markup) -> Markup:
        return Markup(
            '<div><label for="{0}">{1}</label><select id="{0}" name="{0}"><option value="">{2}</option>{3}</select></div>'
        ).format(name, self.words(name), self.words("all"), options)


def _options(pairs: Iterable[tuple[str, str]]) -> Markup:
    return _join(Markup('<option value="{}">{}</option>').format(value, name) for value, name in pairs)


def _named_sides(change: Change) -> list[tuple[str, Side]]:
    return [(key, side) for key, side in (("old", change.old), ("new", change.new)) if side]
