"""What Word's review pane shows: tracked changes, which accepted give the new text and rejected the old one, and comments."""

from __future__ import annotations

import datetime
from collections.abc import Sequence
from typing import Any

from docx.oxml import OxmlElement
from docx.oxml.ns import qn

from ..lexicon import loader
from ..text import fold
from .docx_text import Paragraphs, set_language
from .word_diff import ADDED, REMOVED, Run

# A shorter text with tracked changes stays on the page of its citation.
_TOGETHER = 200


class Revisions:
    """Tracked changes and comments of one document, all by one author on one day."""

    def __init__(self, paragraphs: Paragraphs, author: str, day: datetime.datetime) -> None:
        self._paragraphs, self._author, self._day = paragraphs, author, day
        self._changes = 0

    def track(self, runs: Sequence[Run]) -> None:
        """A text in which what was removed and added are Word's own tracked changes."""
        line = self._paragraphs.line("Briefing Tracked")
        if sum(len(run.text) for run in runs) < _TOGETHER:
            # The citation below is not to stand alone on the next page.
            line.paragraph_format.keep_with_next = True
        kinds = {run.kind for run in runs}
        if len(kinds) == 1 and kinds <= {ADDED, REMOVED}:
            # The end of the paragraph goes with its text.
            mark = OxmlElement("w:rPr")
            mark.append(self._revision(kinds.pop()))
            line._p.get_or_add_pPr().append(mark)
        before = None
        for index, run in enumerate(runs):
            piece = line.add_run(run.text)
            set_language(piece)
            element = piece._r
            if run.kind in (ADDED, REMOVED):
                element = self._revision(run.kind)
                line._p.append(element)
                element.append(piece._r)
                if run.kind == REMOVED:
                    _as_deleted(piece._r)
            if run.kind == ADDED and before is not None and is_variant(runs[index - 1].text, run.text):
                self.comment(before, element, self._paragraphs.words("variant"))
            before = element if run.kind == REMOVED else None

    def _revision(self, kind: str) -> Any:
        element = OxmlElement("w:ins" if kind == ADDED else "w:del")
        element.set(qn("w:id"), str(self._changes))
        element.set(qn("w:author"), self._author)
        element.set(qn("w:date"), self._day.strftime("%Y-%m-%dT%H:%M:%SZ"))
        self._changes += 1
        return element

    def comment(self, first: Any, last: Any, text: str) -> None:
        """A comment on what stands between two elements of a paragraph."""
        initials = "".join(word[0] for word in self._author.split()[:3] if word[0].isalnum())
        comment = self._paragraphs.document.comments.add_comment(text=text, author=self._author, initials=initials)
        comment._comment_elm.set(qn("w:date"), self._day.strftime("%Y-%m-%dT%H:%M:%SZ"))
        start, end = OxmlElement("w:commentRangeStart"), OxmlElement("w:commentRangeEnd")
        reference = OxmlElement("w:commentReference")
        for element in (start, end, reference):
            element.set(qn("w:id"), str(comment.comment_id))
        run = OxmlElement("w:r")
        run.append(reference)
        first.addprevious(start)
        last.addnext(end)
        end.addnext(run)


def _as_deleted(run: Any) -> None:
    """The text of a run as deleted text."""
    for text in run.findall(qn("w:t")):
        deleted = OxmlElement("w:delText")
        deleted.text = text.text
        deleted.set(qn("xml:space"), "preserve")
        run.replace(text, deleted)


def is_variant(removed: str, added: str) -> bool:
    """True where the two are one Chinese term in the words of different translators (lexicon/translations.toml)."""
    pair = {fold(removed.strip(" ,.;:")), fold(added.strip(" ,.;:"))}
    return any(pair <= {fold(form) for form in group["forms"]} for group in loader.table("translations")["group"])
