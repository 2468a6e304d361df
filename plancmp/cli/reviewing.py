"""The command that keeps a reviewer's decisions, and its dialogue: what is said and asked, and the keys that answer."""

from __future__ import annotations

import re
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from ..errors import UsageError
from . import completion
from .options import FILE, color_of, color_options, load_plan, note
from .progress import embedding

if TYPE_CHECKING:
    from ..analysis.questions import ReviewItem
    from ..analysis.review import DecisionEditor, Session
    from ..model import Status

_KEYS = "[a]ccept  [r]eject  [s]et status  [n]ote  s[k]ip  [u]ndo  [q]uit: "
_STATUS_KEYS = {"e": "escalated", "c": "continued", "w": "softened"}


@click.command()
@click.argument("old", shell_complete=completion.plans)
@click.argument("new", shell_complete=completion.plans)
@click.option(
    "--set", "given", multiple=True, metavar="OLD=NEW:VERDICT", help="Decide without asking; several allowed."
)
@click.option("--forget", multiple=True, metavar="OLD=NEW", help="Take a decision back; several allowed.")
@click.option("--note", "remark", default=None, help="A note on what --set decides.")
@click.option("--who", "--reviewer", "who", default=None, help="Who decides; the login name by default.")
@click.option("--list", "listing", is_flag=True, help="Print the decisions.")
@click.option("-o", "--output", "path", type=FILE, help="Write the questions to be filled in: .xlsx, .csv or .jsonl.")
@click.option("--from", "filled", type=FILE, help="Take the verdicts of such a file.")
@click.option(
    "--overwrite", is_flag=True, help="Write over answers that stand in a file; let --from replace decisions."
)
@click.option("--decisions", type=FILE, help="The file they are kept in; one's own by default.")
@click.option("--no-teaching", is_flag=True, help="Ask in the order of the model as it is, whatever was answered.")
@click.option("--width", type=click.IntRange(40, 500), help="Columns; the terminal's by default.")
@color_options[0]
@color_options[1]
def review(
    old: str, new: str, given: tuple[str, ...], forget: tuple[str, ...], remark: str | None, who: str | None, listing: bool,
    path: Path | None, filled: Path | None, overwrite: bool, decisions: Path | None, no_teaching: bool, width: int | None,
    **colors: Any,
) -> int:  # fmt: skip
    """Go through the links, most valuable first, and keep one's decisions, which go before the model's from then on.

    Example: plancmp review 2021 2024; in a workbook: -o review.xlsx, then --from review.xlsx --reviewer "A. Lee"

    For scripts: --set 2021:30=2024:31:escalated, or of single commitments --set 2021:1e=2024:3b:none. The verdicts are
    link (the status follows from the words), escalated, continued, softened and none.
    """
    from ..analysis.review import DecisionEditor, login_name

    if remark is not None and not given:
        raise UsageError("--note says something about a decision: give it together with --set")
    reviewer = login_name() if who is None else who
    editor = DecisionEditor(load_plan(old), load_plan(new), (old, new), decisions, reviewer, not no_teaching)
    if given or forget:
        for line in editor.apply(given, forget, remark or ""):
            click.echo(line)
    complete = _take(editor, filled, overwrite) if filled is not None else True
    if listing:
        for line in editor.lines():
            click.echo(line)
    if path is not None:
        _ask_in_file(editor, path, overwrite)
    if not (given or forget or listing or path or filled):
        _ask(editor, width, color_of(colors))
    return 0 if complete else 1


def _take(editor: DecisionEditor, filled: Path, overwrite: bool) -> bool:
    """Take the verdicts of a filled-in file, and say what became of its rows; False where some were refused."""
    from ..report import question_files

    taken = editor.take(question_files.read(filled), overwrite)
    for line in taken.decided:
        click.echo(line)
    for line in taken.refused:
        note(f"{filled}, {line}")
    facts = [f"{len(taken.decided)} decided", f"{taken.known} decided before", f"{taken.unanswered} without a verdict"]
    note("; ".join([*facts, *([f"{len(taken.refused)} not taken"] if taken.refused else [])]))
    return not taken.refused


def _ask_in_file(editor: DecisionEditor, path: Path, overwrite: bool) -> None:
    from ..analysis import questions
    from ..report import question_files

    items = editor.questions(embedding)
    question_files.write(items, editor.old, editor.new, path, overwrite)
    note(questions.in_words(items))


def _ask(editor: DecisionEditor, width: int | None, color: str) -> None:
    from ..analysis import questions
    from ..report.terminal.review import candidate_drawing

    session = editor.session(embedding)
    if session.queue:
        note(questions.in_words(session.queue))
    try:
        converse(session, Keyboard(), candidate_drawing(width, color))
    except EOFError:
        click.echo(err=True)
    finally:
        note(session.summary)


class Keyboard:
    """Keyboard input: single keys on a terminal, whole lines elsewhere. Raises EOFError at the end of the input."""

    def __init__(self) -> None:
        self._buffer = ""

    def key(self, prompt: str) -> str:
        """The next key, or the next line that is not empty."""
        if not sys.stdin.isatty():
            while not (line := self.line(prompt).strip()):
                pass
            return line.casefold()
        click.echo(prompt, err=True, nl=False)
        if not self._buffer:
            try:
                self._buffer = click.getchar()
            except OSError:
                raise EOFError from None
        # Several keys typed at once arrive together; those of an arrow key or the like are one.
        together = len(self._buffer) if self._buffer.startswith(("\x1b", "\xe0", "\x00")) else 1
        key, self._buffer = self._buffer[:together], self._buffer[together:]
        if key in ("\x03", "\x04"):
            raise KeyboardInterrupt if key == "\x03" else EOFError
        click.echo(key if key.isprintable() else "", err=True)
        return key.casefold()

    def line(self, prompt: str) -> str:
        """A line of text."""
        click.echo(prompt, err=True, nl=False)
        ahead, end, rest = re.fullmatch(r"([^\r\n]*)([\r\n]?)(.*)", self._buffer, re.DOTALL).groups()  # type: ignore[union-attr]
        self._buffer = rest
        if end:
            return ahead
        if not (read := sys.stdin.readline()):
            raise EOFError
        return ahead + read.rstrip("\r\n")


def converse(session: Session, keyboard: Keyboard, show: Callable[[ReviewItem, int, int], None]) -> None:
    """Ask until the queue is empty or the reviewer quits. Raises EOFError if the input ends before.

    show: draws a question, given its position in the queue, from 1, and the length.
    """
    from ..analysis.review import VERDICTS

    shown: ReviewItem | None = None
    note_on_it = ""
    while (asked := session.question) is not None:
        if shown is not asked:
            show(asked, session.position + 1, len(session.queue))
            shown, note_on_it = asked, ""
        key = keyboard.key(_KEYS)
        verdict: tuple[Status | None, bool] | None = None
        if key == "q":
            return
        elif key == "n":
            note_on_it = keyboard.line("note: ")
        elif key == "u":
            if not session.undo():
                click.echo("nothing to undo", err=True)
        elif key == "k":
            session.skip()
        elif key == "a":
            verdict = (asked.link.status, asked.link.softened)
        elif key == "r":
            verdict = VERDICTS["none"]
        elif key == "s":
            chosen = keyboard.key("[e]scalated  [c]ontinued  [w] continued, softened: ")
            verdict = VERDICTS.get(_STATUS_KEYS.get(chosen, ""))
            if verdict is None:
                click.echo("no status set", err=True)
        elif key.strip():
            click.echo(f"no such key; {_KEYS.rstrip(': ')}", err=True)
        if verdict is not None:
            decision = session.decide(*verdict, note_on_it)
            click.echo(f"{asked.old.ref} → {asked.new.ref}: {decision.outcome}", err=True)
