"""HTML to lines: those a browser shows, of the whole page or of its article."""

from __future__ import annotations

import re
from typing import Any

from .article import around_article
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
_HTML_LIST_PARTS = frozenset(["ol", "ul", "li"])
_MAX_SPAN = 1000
_HTML_LIST_FORMATS = {"a": "lowerLetter", "A": "upperLetter", "i": "lowerRoman", "I": "upperRoman"}


# The parser's time grows with the square of the depth of elements and of the number of attributes of one.
_MOST_DEPTH = 5_000
_MANY_ATTRIBUTES = re.compile(r"<([a-zA-Z][\w-]*)\s[^<>]{20000,}>")
_TAG = re.compile(r"<(/?)([a-zA-Z][\w-]*)[^<>]*>")
# These end without a tag of their own, or hold nothing.
_HTML_UNNESTED = frozenset(
    [
        "area",
        "base",
        "br",
        "col",
        "colgroup",
        "dd",
        "dt",
        "embed",
        "hr",
        "img",
        "input",
        "li",
        "link",
        "meta",
        "optgroup",
        "option",
        "p",
        "param",
        "rp",
        "rt",
        "source",
        "tbody",
        "td",
        "tfoot",
        "th",
        "thead",
        "tr",
        "track",
        "wbr",
    ]
)


def _without_excess(page: str) -> str:
    """The page without the attributes of tags that have thousands, and without the tags of elements nested too deep.

    Where those would begin a line, a break stands instead.
    """
    page = _MANY_ATTRIBUTES.sub(r"<\1>", page)
    depth = 0

    def flattened(tag: re.Match[str]) -> str:
        nonlocal depth
        closing, name = tag[1], tag[2].casefold()
        if name in _HTML_UNNESTED:
            return tag[0]
        depth = max(depth - 1, 0) if closing else depth + 1
        if depth < _MOST_DEPTH:
            return tag[0]
        return "<br>" if _HTML_BLOCKS.fullmatch(name) else ""

    return _TAG.sub(flattened, page)


# A cell with this share of a table's text, in at least so many paragraphs, is the page and not an entry of the table.
_SHARE_PAGE = 0.75
_PARAGRAPHS_OF_PAGE = 5


def _is_data(table: Any) -> bool:
    """True for rows and columns of data: a table that holds another one, or in one cell the page, only lays it out."""
    if len(table.css("table")) > 1 or len(table.css("tr")) < 2:
        return False
    cells = table.css("td, th")
    lengths = [len("".join((cell.text() or "").split())) for cell in cells]
    longest = max(lengths, default=0)
    if longest < _SHARE_PAGE * sum(lengths):
        return True
    return len(cells[lengths.index(longest)].css("p, div, br, h1, h2, h3, h4")) < _PARAGRAPHS_OF_PAGE


class _Tables:
    """Which cell of a data table the walk through the page is in; tables that only lay out the page have none.

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
                self._data.append(_is_data(node))
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


class _Lists:
    """What a browser sets before the list item that the walk through the page has entered.

    label: its number with a stop, or "". bullet: for an item of a list without numbers the depth of the list, else 0.
    """

    def __init__(self) -> None:
        self.label = ""
        self.bullet = 0
        self._depth = 0
        self._next_number: dict[int, int] = {}

    def pass_by(self, node: Any, entering: bool) -> None:
        """Take note of an ol, ul or li that is entered or left."""
        if node.tag != "li":
            self._depth += 1 if entering else -1
            if entering and node.tag == "ol":
                self._next_number[node.mem_id] = integer(node.attributes.get("start"), 1)
        elif entering:
            self.clear()
            owner = node.parent
            if owner is not None and owner.mem_id in self._next_number:
                number = integer(node.attributes.get("value"), self._next_number[owner.mem_id])
                self._next_number[owner.mem_id] = number + 1
                style = _HTML_LIST_FORMATS.get(owner.attributes.get("type") or "", "decimal")
                self.label = f"{ordinal(style, number)}."
            elif owner is not None and owner.tag == "ul":
                self.bullet = max(self._depth, 1)

    def clear(self) -> None:
        """Nothing stands before the next line: the item's first one has been read."""
        self.label, self.bullet = "", 0


def read_article(page: str) -> tuple[list[Line], list[str]]:
    """The lines of a page's article, without navigation and footer, and a note that says how much was left out."""
    root = _tree(page)
    around, characters = around_article(root) if root is not None else (frozenset(), 0)
    lines = _lines(root, around)
    notes = [f"What stands around the article was left out: {characters} characters of menus, links and footer."]
    return lines, notes if characters else []


def read_html(page: str) -> list[Line]:
    """The lines a browser shows, one for each block, table cell and line of a pre; numbered list items get labels."""
    return _lines(_tree(page), frozenset())


def _tree(page: str) -> Any:
    from selectolax.lexbor import LexborHTMLParser

    return LexborHTMLParser(_without_excess(page)).root


def _lines(root: Any, left_out: frozenset[int]) -> list[Line]:
    """The lines of a tree without the elements that are left out, given by their mem_id."""
    lines: list[Line] = []
    inline: list[str] = []
    preformatted = bold = plain_chars = heading = 0
    tables, lists = _Tables(), _Lists()

    def end_line() -> None:
        nonlocal plain_chars
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
            lines.append(Line(labelled(lists.label, text), heading, all_bold, lists.bullet, row, column))
            lists.clear()

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
        if tag.startswith("-") or tag in _HTML_SKIPPED or node.mem_id in left_out:
            continue
        if _HTML_BLOCKS.fullmatch(tag):
            end_line()
        change = 1 if entering else -1
        preformatted += change * (tag == "pre")
        bold += change * (tag in _HTML_BOLD)
        if tag in _HTML_HEADINGS:
            heading = int(tag[1]) if entering else 0
        if tag in _HTML_TABLE_PARTS:
            tables.pass_by(node, entering)
        if tag in _HTML_LIST_PARTS:
            lists.pass_by(node, entering)
        if not entering:
            continue
        stack.append((node, False))
        children = []
        child = node.child
        while child is not None:
            children.append((child, True))
            child = child.next
        stack.extend(reversed(children))
    return lines
