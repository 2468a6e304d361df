"""HTML to lines: those a browser shows."""

from __future__ import annotations

import re
from typing import Any

from .layout import CJK, Line, integer, labelled, ordinal

_HTML_SKIPPED = frozenset(["head", "script", "style", "template", "noscript", "iframe", "svg", "rt", "rp"])


_HTML_BLOCKS = re.compile(
    "address|article|aside|blockquote|body|br|caption|center|dd|details|dialog|dir|div|dl|dt|fieldset|figcaption|figure"
    "|footer|form|h[1-6]|header|hgroup|hr|html|legend|li|main|menu|nav|ol|option|p|pre|search|section|summary|table"
    "|tbody|td|tfoot|th|thead|tr|ul"
)


_HTML_BOLD = frozenset(["b", "strong", "dt", "th"])
_HTML_HEADINGS = frozenset(["h1", "h2", "h3", "h4", "h5", "h6"])
_HTML_TABLE_PARTS = frozenset(["table", "tr", "td", "th"])
_MAX_SPAN = 1000
_HTML_LIST_FORMATS = {"a": "lowerLetter", "A": "upperLetter", "i": "lowerRoman", "I": "upperRoman"}


class _Tables:
    """Which cell of a data table the walk through the page is in. A table that holds another one only lays out the page.

    cell: number of the row, counted through the page from 1, and column from 0; (0, 0) outside of tables.
    """

    def __init__(self) -> None:
        self.cell = (0, 0)
        self._rows = 0
        self._next_column = 0
        self._data: list[bool] = []
        # Columns taken in the rows to come by cells that span several rows, with how many rows those are.
        self._spans: dict[int, int] = {}

    def pass_by(self, node: Any, entering: bool) -> None:
        """Take note of a table, tr, td or th that is entered or left."""
        if node.tag == "table":
            self.cell = (0, 0)
            self._spans = {}
            if entering:
                self._data.append(len(node.css("table")) == 1 and len(node.css("tr")) > 1)
            elif self._data:
                self._data.pop()
        elif not entering or not self._data or not self._data[-1]:
            return
        elif node.tag == "tr":
            self._rows += 1
            self._next_column = 0
        else:
            while self._spans.get(self._next_column, 0):
                self._spans[self._next_column] -= 1
                self._next_column += 1
            self.cell = (self._rows, self._next_column)
            if (rows := min(integer(node.attributes.get("rowspan"), 1), _MAX_SPAN)) > 1:
                self._spans[self._next_column] = rows - 1
            self._next_column += min(max(integer(node.attributes.get("colspan"), 1), 1), _MAX_SPAN)


def read_html(page: str) -> list[Line]:
    """The lines a browser shows, one for each block, table cell and line of a pre; numbered list items get labels."""
    from selectolax.lexbor import LexborHTMLParser

    lines: list[Line] = []
    inline: list[str] = []
    next_number: dict[int, int] = {}
    label = ""
    preformatted = bold = plain_chars = list_depth = heading = bullet = 0
    tables = _Tables()

    def end_line() -> None:
        nonlocal label, bullet, plain_chars
        text = "".join(inline)
        inline.clear()
        all_bold, plain_chars = not plain_chars, 0
        if preformatted and text:
            lines.extend(map(Line, text.removesuffix("\n").split("\n")))
            return
        # A browser shows a line break of the source as a space, but as nothing between ideographs.
        text = re.sub(rf"(?<=[{CJK}])[ \t\f]*\n[ \t\n\f]*(?=[{CJK}])", "", text)
        text = re.sub(r"[ \t\n\f]+", " ", text).strip(" ")
        if text:
            row, column = tables.cell
            lines.append(Line(labelled(label, text), heading, all_bold, bullet, row, column))
            label, bullet = "", 0

    root = LexborHTMLParser(page).root
    stack = [(root, True)] if root is not None else []
    while stack:
        node, entering = stack.pop()
        tag = node.tag or ""
        if tag == "-text":
            words = node.text_content or ""
            inline.append(words)
            if not bold:
                plain_chars += len(words.strip())
            continue
        if tag.startswith("-") or tag in _HTML_SKIPPED:
            continue
        if _HTML_BLOCKS.fullmatch(tag):
            end_line()
        if tag == "pre":
            preformatted += 1 if entering else -1
        change = 1 if entering else -1
        bold += change * (tag in _HTML_BOLD)
        list_depth += change * (tag in ("ul", "ol"))
        if tag in _HTML_HEADINGS:
            heading = int(tag[1]) if entering else 0
        if tag in _HTML_TABLE_PARTS:
            tables.pass_by(node, entering)
        if not entering:
            continue
        if tag == "ol":
            next_number[node.mem_id] = integer(node.attributes.get("start"), 1)
        if tag == "li":
            label, bullet = "", 0
            owner = node.parent
            if owner is not None and owner.mem_id in next_number:
                number = integer(node.attributes.get("value"), next_number[owner.mem_id])
                next_number[owner.mem_id] = number + 1
                style = _HTML_LIST_FORMATS.get(owner.attributes.get("type") or "", "decimal")
                label = f"{ordinal(style, number)}."
            elif owner is not None and owner.tag == "ul":
                bullet = max(list_depth, 1)
        stack.append((node, False))
        children = []
        child = node.child
        while child is not None:
            children.append((child, True))
            child = child.next
        stack.extend(reversed(children))
    return lines
