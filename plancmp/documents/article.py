"""The article of a web page, and what stands around it, be it marked as such or only built as such.

Where the text stands is found by weight: the number of characters outside of links. Menus, breadcrumbs and lists of
further pages are mostly links and weigh little; the article weighs more than all the rest.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

# Elements and roles that HTML has for what is not the article; each may hold at most this share of the page's weight.
_AROUND = frozenset(["nav", "footer", "aside", "menu", "button", "select", "dialog"])
_ROLES = frozenset(["navigation", "banner", "contentinfo", "search", "complementary", "dialog", "menu"])
_SHARE_AROUND = 0.4
# Words in class and id that name such parts. A word may be meant otherwise, so less may be taken out for it.
_NAMES = frozenset(
    [
        "nav", "navbar", "navigation", "menu", "breadcrumb", "breadcrumbs", "crumb", "crumbs", "mbx", "sidebar", "footer", "foot",
        "share", "sharing", "social", "related", "pagination", "pager", "cookie", "cookies", "copyright", "skip", "skiplink",
        "toolbar", "comments", "advert", "ads", "login", "newsletter", "subscribe", "banner", "topbar",
    ]
)  # fmt: skip
_SHARE_NAMED = 0.15
# The element that holds the article has at least this share of the weight of the one around it.
_SHARE_CORE = 0.75
# What stands behind the article and weighs more than this is taken to be a part of it: an annex, another chapter.
_SHARE_BEHIND = 0.05
_LIGHT = 50
_MOSTLY_LINKS = 0.5
# Links of the article itself are sentences; those of a menu are words. Characters a link, without spaces.
_MENU_LINK = 20
# Marks are looked for this deep, so that the time stays in proportion to the size of the page.
_MOST_DEPTH = 100
_BLOCKS = frozenset(["div", "p", "ul", "ol", "dl", "table", "section", "header", "td", "form", "center"])
_HEADINGS = frozenset(["h1", "h2", "h3"])
_HOLDERS = frozenset(["div", "td", "tr", "tbody", "table", "section", "article", "main", "form", "center", "body"])
_UNSEEN = frozenset(["head", "script", "style", "template", "noscript"])


@dataclass(slots=True)
class _Weight:
    """Characters in an element, outside of links and inside them, how many links, and whether a main heading is in it."""

    words: int = 0
    linked: int = 0
    links: int = 0
    titled: bool = False

    @property
    def all(self) -> int:
        return self.words + self.linked

    def change(self, other: _Weight, sign: int) -> None:
        self.words += sign * other.words
        self.linked += sign * other.linked
        self.links += sign * other.links


def around_article(root: Any) -> tuple[frozenset[int], int]:
    """The mem_ids of the elements of a page that stand around its article, and how many characters they hold."""
    weights = _weights(root)
    body = next((node for node in _children(root) if node.tag == "body"), None)
    if body is None or not weights[body.mem_id].words:
        return frozenset(), 0
    before = weights[body.mem_id].all
    found = _marked(body, weights)
    found |= _unmarked(body, weights, found)
    return frozenset(found), before - weights[body.mem_id].all


def _marked(body: Any, weights: dict[int, _Weight]) -> set[int]:
    """The elements that say that they are not the article, outermost ones alone."""
    found: set[int] = set()
    whole = weights[body.mem_id].words
    stack: list[tuple[Any, tuple[int, ...]]] = [(node, (body.mem_id,)) for node in _children(body)]
    while stack:
        node, path = stack.pop()
        if (node.tag or "-").startswith("-") or node.tag in _UNSEEN:
            continue
        weight = weights[node.mem_id]
        most = _SHARE_AROUND if _is_around(node) else _SHARE_NAMED if _is_named(node) else -1.0
        if weight.words <= most * whole and not weight.titled:
            found.add(node.mem_id)
            for outer in path:
                weights[outer].change(weight, -1)
        elif len(path) < _MOST_DEPTH:
            stack.extend((child, (*path, node.mem_id)) for child in _children(node))
    return found


def _unmarked(body: Any, weights: dict[int, _Weight], marked: set[int]) -> set[int]:
    """What stands outside of the element with the article: mostly links anywhere, and behind it what is light."""
    found: set[int] = set()
    core, outer = body, [body.mem_id]

    def leave(node: Any) -> None:
        found.add(node.mem_id)
        for mem_id in outer:
            weights[mem_id].change(weights[node.mem_id], -1)

    while True:
        kept = _core_in(core, weights, marked)
        behind = False
        for node in _children(core):
            weight = weights[node.mem_id]
            if node.mem_id in marked or (kept is not None and node.mem_id == kept.mem_id):
                behind |= node.mem_id not in marked
                continue
            light = weight.words <= max(_SHARE_BEHIND * weights[core.mem_id].words, _LIGHT)
            menu = _mostly_links(node, weight) and (kept is not None or weight.linked <= _MENU_LINK * weight.links)
            if light and (menu or (kept is not None and behind and not _is_text(node))):
                leave(node)
        if kept is None:
            return found
        core = kept
        outer.append(core.mem_id)


def _core_in(node: Any, weights: dict[int, _Weight], marked: set[int]) -> Any | None:
    """The child that holds the article, or None where the node itself is what holds it."""
    if node.tag in ("article", "main", "table", "ol", "ul", "dl"):
        return None
    inner = [child for child in _children(node) if child.mem_id not in marked]
    heaviest = max(inner, key=lambda child: weights[child.mem_id].words, default=None)
    if heaviest is None or heaviest.tag not in _HOLDERS:
        return None
    return heaviest if weights[heaviest.mem_id].words >= _SHARE_CORE * weights[node.mem_id].words else None


def _mostly_links(node: Any, weight: _Weight) -> bool:
    return (
        node.tag in _BLOCKS and weight.links >= 2 and weight.linked >= _MOSTLY_LINKS * weight.all and not weight.titled
    )


def _is_around(node: Any) -> bool:
    return node.tag in _AROUND or (node.attributes.get("role") or "").casefold() in _ROLES


def _is_named(node: Any) -> bool:
    names = f"{node.attributes.get('class') or ''} {node.attributes.get('id') or ''}"[:500]
    return any(word.casefold() in _NAMES for word in re.findall(r"[A-Z]?[a-z]+|[A-Z]+", names))


def _is_text(node: Any) -> bool:
    return node.tag == "-text" or node.tag in _HEADINGS


def _children(node: Any) -> Iterator[Any]:
    child = node.child
    while child is not None:
        yield child
        child = child.next


def _weights(root: Any) -> dict[int, _Weight]:
    """The weight of every node of a page by its mem_id."""
    found: dict[int, _Weight] = {}
    stack: list[tuple[Any, bool, int | None]] = [(root, False, None)]
    order: list[tuple[int, int | None]] = []
    while stack:
        node, in_link, parent = stack.pop()
        weight = found[node.mem_id] = _Weight(links=int(node.tag == "a"), titled=node.tag == "h1")
        order.append((node.mem_id, parent))
        if node.tag == "-text":
            length = len("".join((node.text_content or "").split()))
            weight.words, weight.linked = (0, length) if in_link else (length, 0)
        elif node.tag not in _UNSEEN:
            link = in_link or (node.tag == "a" and "href" in node.attributes)
            stack.extend((child, link, node.mem_id) for child in _children(node))
    for mem_id, parent in reversed(order):
        if parent is not None:
            found[parent].change(found[mem_id], 1)
            found[parent].titled |= found[mem_id].titled
    return found
