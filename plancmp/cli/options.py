"""Options that several commands share, and where their answers go."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from ..errors import UsageError

if TYPE_CHECKING:
    from ..analysis.selection import Filter
    from ..model import Plan
    from ..report.output import Options, Views

FORMATS = ("table", "json", "csv", "md", "html", "docx", "xlsx")


def output_options(command: Callable) -> Callable:
    """--format, -o, --width and --no-color."""
    for option in (
        click.option("--no-color", is_flag=True, help="No colour; the NO_COLOR variable does the same."),
        click.option("--width", type=click.IntRange(40, 500), help="Columns of the table; the terminal's by default."),
        click.option(
            "-o",
            "--output",
            "path",
            type=click.Path(path_type=Path),
            help="Write to a file; its ending decides the format.",
        ),
        click.option(
            "--format", "format_", type=click.Choice(FORMATS), help="How to print the answer; a table by default."
        ),
    ):
        command = option(command)
    return command


def filter_options(command: Callable) -> Callable:
    """--status, --section, --body, --topic and --min-confidence."""
    for option in (
        click.option(
            "--min-confidence",
            type=click.FloatRange(0, 1),
            default=0.0,
            help="Only what is at least this certain, 0 to 1.",
        ),
        click.option("--topic", default="", help="Only tasks on a topic, for example “trade secrets”."),
        click.option("--body", default="", help="Only tasks of a body: any of its names or its id, for example SAMR."),
        click.option("--section", default="", help="Only one section: its number, 2 or 2(1), or words of its heading."),
        click.option("--status", multiple=True, help="Only this status; may be given several times."),
    ):
        command = option(command)
    return command


def output_of(values: dict[str, Any]) -> Options:
    from ..report.output import Options

    return Options(values.pop("format_"), values.pop("path"), values.pop("width"), not values.pop("no_color"))


def filter_of(values: dict[str, Any]) -> Filter:
    from ..analysis.selection import STATUSES, Filter

    statuses = tuple(part.strip().casefold() for given in values.pop("status") for part in given.split(","))
    for status in statuses:
        if status not in STATUSES:
            raise UsageError(f"unknown status “{status}”", f"one of: {', '.join(STATUSES)}")
    return Filter(
        statuses, values.pop("section"), values.pop("body"), values.pop("topic"), values.pop("min_confidence")
    )


def deliver(views: Views, options: Options) -> None:
    from ..report import output

    output.deliver(views, options)


def note(words: str) -> None:
    """One line on stderr, beside the answer."""
    click.echo(f"plancmp: {words}", err=True)


read_anyway_option = click.option("--read-anyway", is_flag=True, help="Go on with a document that was not understood.")


def load_plan(name: str, read_anyway: bool = False) -> Plan:
    """A plan by its name; what was not plain about the name, and what the parser doubts, goes to stderr."""
    from ..plans import catalogue

    named = catalogue.resolve(name)
    if named.note:
        note(named.note)
    plan = catalogue.load(name, read_anyway=True) if read_anyway else catalogue.load(name)
    if plan.doubts:
        note_doubts(name, plan)
    if named.path is not None and plan.warnings:
        note(f"{name}: {len(plan.warnings)} doubtful lines; see `plancmp check {name}`")
    return plan


def note_doubts(name: str, plan: Plan) -> None:
    """One line on stderr with the signs that the document was not understood."""
    note(f"{name}: may have been misread: {'; '.join(plan.doubts)}")


def must_exist(file: Path) -> None:
    if not file.exists():
        raise UsageError(f"no such file: {file}", "check the path")


def views_of(table: Callable[[int, bool], Any], **views: Any) -> Views:
    from ..report.output import Views

    return Views(table, **views)


def briefing_views(result: Any, chosen: Any, template: Path | None = None, **about: Any) -> dict[str, Any]:
    """Markdown, HTML, Word and Excel of a comparison, all drawn from one briefing."""

    def briefing() -> Any:
        from ..report import briefing as room

        return room.compose(result, only=chosen, **about)

    def markup(kind: str) -> str:
        from ..report import html_page, markdown_page

        return html_page.html(briefing()) if kind == "html" else markdown_page.markdown(briefing())

    def word(path: Path) -> None:
        from ..report import docx_writer as room

        room.write(briefing(), path, template=template)

    def sheets(path: Path) -> None:
        from ..report import xlsx_writer as room

        room.write(briefing(), path)

    return {"md": lambda: markup("markdown"), "html": lambda: markup("html"), "docx": word, "xlsx": sheets}


def list_views(kind: str, found: Any) -> dict[str, Any]:
    """Markdown, HTML, Word and Excel of a history or of responsible bodies, drawn as briefings are."""

    def blocks(**how: bool) -> Any:
        from ..report import list_pages

        return getattr(list_pages, kind)(found, **how)

    def markup(name: str) -> str:
        from ..report import html_page, markdown_page

        return html_page.html(blocks()) if name == "html" else markdown_page.markdown(blocks())

    def word(path: Path) -> None:
        from ..report import docx_writer as room

        room.write(blocks(), path)

    def sheets(path: Path) -> None:
        from ..report import list_pages

        list_pages.workbook(blocks(flat=True), path)

    return {"md": lambda: markup("markdown"), "html": lambda: markup("html"), "docx": word, "xlsx": sheets}
