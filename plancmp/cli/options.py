"""Options that several commands share, and the delivery of their answers."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, Literal, TypeVar

import click

from ..errors import UsageError
from . import completion

if TYPE_CHECKING:
    from pathlib import Path

    from ..analysis.selection import Filter
    from ..model import Decision, Plan
    from ..outcomes.decision_files import Given
    from ..outcomes.result import PlanDiff
    from ..report.blocks import Briefing
    from ..report.output import Options, Views

    # The newest click is generic in what a parameter becomes, older ones are not.
    _TextType = click.ParamType[str]
else:
    _TextType = click.ParamType

Command = TypeVar("Command", bound=Callable[..., Any])


class _File(click.Path):
    """A path that is not empty: `Path("")` is the current directory, which nobody means by it."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        if not os.fspath(value):
            self.fail("the name of the file is empty", param, ctx)
        # No command's help needs it.
        from pathlib import Path

        return Path(os.fsdecode(super().convert(value, param, ctx)))


class _Document(_File):
    """A file's path, or a web address, which stays as written: in a path two slashes become one."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        from ..text import is_address

        return value if is_address(value) else super().convert(value, param, ctx)


class _Day(_TextType):
    """A day of the calendar as YYYY-MM-DD."""

    name = "date"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        import datetime

        try:
            if re.fullmatch(r"\d{4}-\d\d-\d\d", value, re.ASCII):
                return datetime.date.fromisoformat(value).isoformat()
        except ValueError:
            pass
        says = f"“{value}” is no date: write YYYY-MM-DD, for example 2025-05-12"
        raise click.BadParameter(says, ctx, param)


class _Share(click.FloatRange):
    """A range of numbers without nan, which is neither inside nor outside of it."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        number = super().convert(value, param, ctx)
        if number != number:
            self.fail(f"“{value}” is no number", param, ctx)
        return number


class _Words(_TextType):
    """Words of which at least one is there."""

    name = "text"

    def convert(self, value: str, param: click.Parameter | None, ctx: click.Context | None) -> str:
        if not value.strip():
            self.fail("it is empty: give it a value or leave it out", param, ctx)
        return value


class _StatusOption(click.Option):
    """An option whose help names every status: the model that knows them is loaded when that help is shown, not before."""

    def get_help_record(self, ctx: click.Context) -> tuple[str, str] | None:
        from ..model import STATUSES

        shown = super().get_help_record(ctx)
        return shown and (shown[0], f"{shown[1]}: {', '.join(STATUSES)}.")


FILE, DOCUMENT, DAY, WORDS = _File(), _Document(), _Day(), _Words()


def output_options(*formats: str) -> Callable[[Command], Command]:
    """--format, one of a table and these formats, -o, --overwrite, --width, --no-pager, --color and --no-color."""
    files = " ".join(f".{name}" for name in ("txt", *formats))
    overwrite = [
        click.option("--overwrite", is_flag=True, help="Write over a Word or Excel file that has been edited since."),
    ]

    def add(command: Command) -> Command:
        for option in (
            *color_options,
            click.option("--no-pager", is_flag=True, help="Never show the answer in a pager."),
            click.option("--width", type=click.IntRange(40, 500), help="Columns; the terminal's by default."),
            *(overwrite if "docx" in formats else ()),
            click.option(
                "-o",
                "--output",
                "path",
                type=FILE,
                help=f"Write to a file; its ending decides the format: {files}; - is stdout.",
            ),
            click.option(
                "--format",
                "format_",
                type=click.Choice(("table", *formats)),
                help="How to print the answer; a table by default.",
            ),
        ):
            command = option(command)
        return command

    return add


color_options = (
    click.option("--no-color", is_flag=True, help="The same as --color never."),
    click.option(
        "--color",
        type=click.Choice(("auto", "always", "never")),
        default="auto",
        help="Colours: auto is on a terminal, unless NO_COLOR is set, or where FORCE_COLOR is.",
    ),
)


def filter_options(command: Command) -> Command:
    """--status, --section, --body, --topic and --min-confidence."""
    for option in (
        click.option(
            "--min-confidence",
            type=_Share(0, 1),
            default=0.0,
            help="Only what is at least this certain, 0 to 1.",
        ),
        topic_option,
        body_option,
        section_option,
        click.option(
            "--status",
            cls=_StatusOption,
            multiple=True,
            shell_complete=completion.statuses,
            help="Only this status; may be given several times",
        ),
    ):
        command = option(command)
    return command


section_option = click.option(
    "--section",
    type=WORDS,
    shell_complete=completion.sections,
    help="Only one section: its number, 2 or 2(1), or words of its heading.",
)
body_option = click.option(
    "--body",
    type=WORDS,
    shell_complete=completion.bodies,
    help="Only tasks of a body: any of its names or its id, for example SAMR.",
)
topic_option = click.option("--topic", type=WORDS, help='Only tasks on a topic, for example "trade secrets".')


def decision_options(command: Command) -> Command:
    """--decisions and --no-teaching."""
    for option in (
        click.option(
            "--no-teaching", is_flag=True, help="Decisions count for what they are on, and teach nothing else."
        ),
        click.option(
            "--decisions",
            type=FILE,
            multiple=True,
            help="A reviewer's decisions; one's own by default. Several files are merged.",
        ),
    ):
        command = option(command)
    return command


def given_of(values: dict[str, Any], *plans: Plan) -> Given:
    """Take the values of `decision_options` out of a command's options and read the files.

    plans: the two that are compared, where the command compares two. Raises UsageError for decisions on others.
    """
    from ..outcomes import decision_files

    given = decision_files.given(values.pop("decisions"), not values.pop("no_teaching"))
    if plans:
        given.require((plans[0].id, plans[1].id))
    return given


def output_of(values: dict[str, Any]) -> Options:
    """Take the values of `output_options` out of a command's options."""
    from ..report.output import Options

    return Options(
        values.pop("format_"),
        values.pop("path"),
        values.pop("width"),
        color_of(values),
        values.pop("overwrite", False),
        pager=not values.pop("no_pager"),
    )


def color_of(values: dict[str, Any]) -> str:
    """Take the values of `color_options` out of a command's options: auto, always or never."""
    color, no_color = values.pop("color"), values.pop("no_color")
    return "never" if no_color else color


def filter_of(values: dict[str, Any]) -> Filter:
    """Take the values of `filter_options` out of a command's options. Raises UsageError for an unknown status."""
    from ..analysis.selection import Filter
    from ..model import STATUSES

    statuses = tuple(part.strip().casefold() for given in values.pop("status") for part in given.split(","))
    for status in statuses:
        if status not in STATUSES:
            raise UsageError(f"unknown status “{status}”", f"one of: {', '.join(STATUSES)}")
    words = {name: values.pop(name) or "" for name in ("section", "body", "topic")}
    return Filter(statuses, **words, min_confidence=values.pop("min_confidence"))


def deliver(views: Views, options: Options) -> None:
    """Render an answer and write it where the options say."""
    from ..report import output

    output.deliver(views, options)


def note(words: str) -> None:
    """Print a note as one line on stderr."""
    click.echo(f"plancmp: {one_line(words)}", err=True)


def one_line(words: str) -> str:
    """A message that cannot control a terminal or break its line, whatever names and texts it quotes."""
    from ..text import printable

    return printable(words).translate(dict.fromkeys(map(ord, "\n\t\u2028\u2029"), " "))


def show_warnings(context: click.Context) -> None:
    """Show what the library warns of as notes on stderr, each once, as long as a command runs."""
    shown: set[str] = set()

    def once(words: str) -> None:
        if words not in shown:
            shown.add(words)
            note(words)

    _listen(context, "WARNING", once)


def show_steps(context: click.Context) -> None:
    """Show what the library does, and how long it takes, as notes on stderr, as long as a command runs."""
    _listen(context, "DEBUG", note)


def _listen(context: click.Context, level: str, show: Callable[[str], None]) -> None:
    """Show what the library logs at this level, and at those up to the next that is shown anyway."""
    import logging

    class Notes(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            if (record.levelno >= logging.WARNING) == (self.level >= logging.WARNING):
                show(record.getMessage())

    log, handler = logging.getLogger("plancmp"), Notes(level)
    before = log.level
    log.addHandler(handler)
    if not log.isEnabledFor(handler.level):
        log.setLevel(handler.level)

    def leave() -> None:
        log.removeHandler(handler)
        log.setLevel(before)

    context.call_on_close(leave)


def reading_options(command: Command) -> Command:
    """--read-anyway and --refresh."""
    for option in (
        click.option("--refresh", is_flag=True, help="Fetch a web address again instead of reading what was kept."),
        click.option("--read-anyway", is_flag=True, help="Go on with a document that was not understood."),
    ):
        command = option(command)
    return command


def load_plan(name: str, **reading: bool) -> Plan:
    """Load a plan by name; notes on an ambiguous name and on doubtful lines go to stderr.

    reading: what `reading_options` sets.
    """
    from ..plans import catalogue
    from ..text import counted

    named = catalogue.resolve(name)
    if named.note:
        note(named.note)
    plan = catalogue.load(name, **reading)
    if plan.doubts:
        note_doubts(name, plan)
    if named.path is not None and plan.warnings:
        note(f"{name}: {counted(len(plan.warnings), 'doubtful line')}; see `plancmp check {name}`")
    return plan


def note_doubts(name: str, plan: Plan) -> None:
    """One line on stderr with the signs that the document was not understood."""
    note(f"{name}: may have been misread: {'; '.join(plan.doubts)}")


def must_exist(file: Path | str) -> None:
    """Raise UsageError if there is no such file; - is stdin, and a web address is not looked up."""
    from ..text import is_address

    if str(file) != "-" and not is_address(file) and not os.path.exists(file):
        raise UsageError(f"no such file: {file}", "check the path")


def views_of(table: Callable[[int, bool], Any], **views: Any) -> Views:
    """The renderers of an answer; see `report.output.Views`."""
    from ..report.output import Views

    return Views(table, **views)


def briefing_views(
    result: PlanDiff,
    template: Path | None = None,
    marks: str = "tracked",
    decisions: Callable[[], Sequence[Decision]] = tuple,
    **about: Any,
) -> dict[str, Any]:
    """Markdown, HTML, Word and Excel of a result, all drawn from one briefing. about: what `briefing.compose` takes."""

    def composed() -> Briefing:
        from ..report import briefing

        return briefing.compose(result, decisions=decisions(), **about)

    def markdown() -> str:
        from ..report import markdown_page

        return markdown_page.markdown(composed())

    def html() -> str:
        from ..report import html_page

        return html_page.html(composed())

    def word(path: Path) -> None:
        from ..report import docx_writer

        docx_writer.write(composed(), path, template=template, marks=marks)

    def workbook(path: Path) -> None:
        from ..report import xlsx_writer

        xlsx_writer.write(composed(), path)

    return {"md": markdown, "html": html, "docx": word, "xlsx": workbook}


def command_line(context: click.Context) -> str:
    """The command as given, with the options that were given: what repeats it."""
    from click.core import ParameterSource

    words = ["plancmp", *(context.info_name or "").split()]
    for parameter in context.command.params:
        name = parameter.name or ""
        value = context.params.get(name)
        if isinstance(parameter, click.Argument):
            words += [str(part) for part in (value if isinstance(value, tuple) else (value,))]
        elif parameter.expose_value and context.get_parameter_source(name) is ParameterSource.COMMANDLINE:
            option = max((o for o in parameter.opts if o != "--output"), key=len) if name != "path" else "-o"
            if getattr(parameter, "is_flag", False):
                words.append(option if value or not parameter.secondary_opts else parameter.secondary_opts[0])
            else:
                for part in value if isinstance(value, tuple) else (value,):
                    words += [option, str(part)]
    import shlex

    return shlex.join(words)


def list_views(kind: Literal["of_history", "of_bodies"], found: Any) -> dict[str, Any]:
    """Markdown, HTML, Word and Excel of a history or of responsible bodies, drawn as briefings are."""

    def composed() -> Briefing:
        from ..report import list_pages

        return list_pages.of_history(found) if kind == "of_history" else list_pages.of_bodies(found)

    def markdown() -> str:
        from ..report import markdown_page

        return markdown_page.markdown(composed())

    def html() -> str:
        from ..report import html_page

        return html_page.html(composed())

    def word(path: Path) -> None:
        from ..report import docx_writer

        docx_writer.write(composed(), path)

    def workbook(path: Path) -> None:
        from ..report import xlsx_writer

        xlsx_writer.write(composed(), path)

    return {"md": markdown, "html": html, "docx": word, "xlsx": workbook}
