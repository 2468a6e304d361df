"""HTML to lines: those a browser shows."""

from __future__ import annotations

import re

from .layout import CJK, integer, labelled, ordinal

_HTML_SKIPPED = frozenset(["head", "script", "style", "template", "noscript", "iframe", "svg", "rt", "rp"])


_HTML_BLOCKS = re.compile(
    "address|article|aside|blockquote|body|br|caption|center|dd|details|dialog|dir|div|dl|dt|fieldset|figcaption|figure"
    "|footer|form|h[1-6]|header|hgroup|hr|html|legend|li|main|menu|nav|ol|option|p|pre|search|section|summary|table"
    "|tbody|td|tfoot|th|thead|tr|ul"
)


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


def _html(page: str) -> str:
    """The lines a browser shows, one for each block, table cell and line of a pre; numbered list items get labels."""
    from selectolax.lexbor import LexborHTMLParser

    page = _without_excess(page)
    lines: list[str] = []
    inline: list[str] = []
    next_number: dict[int, int] = {}
    label = ""
    preformatted = 0

    def end_line() -> None:
        nonlocal label
        text = "".join(inline)
        inline.clear()
        if preformatted and text:
            lines.extend(text.removesuffix("\n").split("\n"))
            return
        # A browser shows a line break of the source as a space, but as nothing between ideographs.
        text = re.sub(rf"(?<=[{CJK}])[ \t\f]*\n[ \t\n\f]*(?=[{CJK}])", "", text)
        text = re.sub(r"[ \t\n\f]+", " ", text).strip(" ")
        if text:
            lines.append(labelled(label, text))
            label = ""

    root = LexborHTMLParser(page).root
    stack = [(root, True)] if root is not None else []
    while stack:
        node, entering = stack.pop()
        tag = node.tag or ""
        if tag == "-text":
            inline.append(node.text_content or "")
            continue
        if tag.startswith("-") or tag in _HTML_SKIPPED:
            continue
        if _HTML_BLOCKS.fullmatch(tag):
            end_line()
        if tag == "pre":
            preformatted += 1 if entering else -1
        if not entering:
            continue
        if tag == "ol":
            next_number[node.mem_id] = integer(node.attributes.get("start"), 1)
        if tag == "li":
            label = ""
            owner = node.parent
            if owner is not None and owner.mem_id in next_number:
                number = integer(node.attributes.get("value"), next_number[owner.mem_id])
                next_number[owner.mem_id] = number + 1
                style = _HTML_LIST_FORMATS.get(owner.attributes.get("type") or "", "decimal")
                label = f"{ordinal(style, number)}."
        stack.append((node, False))
        children = []
        child = node.child
        while child is not None:
            children.append((child, True))
            child = child.next
        stack.extend(reversed(children))
    return "\n".join(lines)
