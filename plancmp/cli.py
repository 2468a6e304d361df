"""The command line: declare, call one function, draw. The one place where an error becomes a line on stderr."""

from __future__ import annotations

import gc
import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from .errors import DocumentError, PlancmpError, UsageError
from .report.progress import embedding, working

if TYPE_CHECKING:
    from .model import Plan
    from .report.output import Options, Views
    from .select import Filter

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


def _options(values: dict[str, Any]) -> Options:
    from .report.output import Options

    return Options(values.pop("format_"), values.pop("path"), values.pop("width"), not values.pop("no_color"))


def _filter(values: dict[str, Any]) -> Filter:
    from .select import STATUSES, Filter

    statuses = tuple(part.strip().casefold() for given in values.pop("status") for part in given.split(","))
    for status in statuses:
        if status not in STATUSES:
            raise UsageError(f"unknown status “{status}”", f"one of: {', '.join(STATUSES)}")
    return Filter(
        statuses, values.pop("section"), values.pop("body"), values.pop("topic"), values.pop("min_confidence")
    )


def _deliver(views: Views, options: Options) -> None:
    from .report import output

    output.deliver(views, options)


def note(words: str) -> None:
    """One line on stderr, beside the answer."""
    click.echo(f"plancmp: {words}", err=True)


def _load(name: str) -> Plan:
    """A plan by its name; what was not plain about the name, and what the parser doubts, goes to stderr."""
    from . import corpus

    named = corpus.resolve(name)
    if named.note:
        note(named.note)
    plan = corpus.load(name)
    if named.path is not None and plan.warnings:
        note(f"{name}: {len(plan.warnings)} doubtful lines; see `plancmp check {name}`")
    return plan


class Group(click.Group):
    """Commands in the order in which people meet them."""

    ORDER = (
        "diff",
        "history",
        "search",
        "show",
        "explain",
        "tasks",
        "bodies",
        "plans",
        "check",
        "add",
        "remove",
        "review",
        "brief",
        "evaluate",
    )

    def list_commands(self, ctx: click.Context) -> list[str]:
        return [name for name in self.ORDER if name in self.commands]


@click.group(cls=Group, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(package_name="plancmp", message="%(prog)s %(version)s")
def main() -> None:
    """What became of every commitment of a government plan in the next plan.

    A plan is named by its id (2021-2022), a year that it covers (2021), or a file's path. Begin with:

    \b
      plancmp diff 2021 2024
      plancmp history "trade secrets"
    """


@main.command()
@click.argument("old")
@click.argument("new")
@click.option("--full", is_flag=True, help="Whole texts instead of the telling commitment.")
@click.option("--summary", is_flag=True, help="Only the plans, the gap and the counts.")
@click.option("--model", help="A sentence-transformers model by name or path, instead of the one that comes along.")
@click.option("--decisions", type=click.Path(path_type=Path), help="A reviewer's decisions; one's own by default.")
@filter_options
@output_options
def diff(
    old: str, new: str, full: bool, summary: bool, model: str | None, decisions: Path | None, **values: Any
) -> None:
    """What happened to every commitment between two plans.

    Example: plancmp diff 2021 2024 --status escalated --section 2
    """
    from . import compare, select
    from .report import tabular

    options, wanted = _options(values), _filter(values)
    result = compare.diff(_load(old), _load(new), model, embedding, decisions)
    chosen = select.of_comparison(result, wanted)

    def table(width: int, plain: bool) -> Any:
        from .report.terminal import comparison as drawing

        return drawing.diff(result, chosen, width, full, summary, brackets=plain)

    _deliver(
        _views(
            table,
            json=lambda: tabular.comparison(result, chosen.links, chosen.outcomes),
            csv=lambda: tabular.comparison_csv(result, chosen.links, chosen.outcomes),
            **_briefing_views(result, chosen),
        ),
        options,
    )


def _views(table: Callable[[int, bool], Any], **views: Any) -> Views:
    from .report.output import Views

    return Views(table, **views)


def _briefing_views(result: Any, chosen: Any, template: Path | None = None, **about: Any) -> dict[str, Any]:
    """Markdown, HTML, Word and Excel of a comparison, all drawn from one briefing."""

    def briefing() -> Any:
        from .report import briefing as room

        return room.of(result, only=chosen, **about)

    def markup(kind: str) -> str:
        from .report import markup as room

        return getattr(room, kind)(briefing())

    def word(path: Path) -> None:
        from .report import word as room

        room.write(briefing(), path, template=template)

    def sheets(path: Path) -> None:
        from .report import sheets as room

        room.write(briefing(), path)

    return {"md": lambda: markup("markdown"), "html": lambda: markup("html"), "docx": word, "xlsx": sheets}


@main.command()
@click.argument("task")
@output_options
def show(task: str, **values: Any) -> None:
    """One task in full: text, bodies, source lines, its links to other plans.

    Example: plancmp show 2024:31
    """
    from . import compare, corpus
    from .report import tabular

    options = _options(values)
    plan, found = corpus.find_task(task)
    links = compare.links_of(plan, found, embedding)

    def table(width: int, plain: bool) -> Any:
        from .report.terminal import plans as drawing

        return drawing.task(plan, found, links)

    data = {
        "schema": "plancmp.task/1",
        "plan": tabular.plan_dict(plan),
        "task": tabular.task_dict(found),
        "links": [tabular.link_dict(link) for link, _, _ in links],
    }
    _deliver(_views(table, json=lambda: data, csv=lambda: tabular.tasks_csv([found])), options)


@main.command()
@click.argument("plan")
@click.option("--full", is_flag=True, help="Whole texts.")
@click.option("--section", default="", help="Only one section: its number, 2 or 2(1), or words of its heading.")
@click.option("--body", default="", help="Only tasks of a body: any of its names or its id.")
@click.option("--topic", default="", help="Only tasks on a topic.")
@output_options
def tasks(plan: str, full: bool, section: str, body: str, topic: str, **values: Any) -> None:
    """The parsed tasks of a plan.

    Example: plancmp tasks 2024 --body MPS
    """
    from . import select
    from .report import tabular

    options = _options(values)
    found = _load(plan)
    chosen = select.of_plan(found, select.Filter(section=section, body=body, topic=topic))

    def table(width: int, plain: bool) -> Any:
        from .report.terminal import plans as drawing

        return drawing.tasks(found, chosen, width, full)

    def markdown() -> str:
        from .report import markup

        return markup.tasks_markdown(found, chosen)

    _deliver(
        _views(table, json=lambda: tabular.tasks(found, chosen), csv=lambda: tabular.tasks_csv(chosen), md=markdown),
        options,
    )


@main.command()
@output_options
def plans(**values: Any) -> None:
    """The plans at hand: title, dates, tasks parsed of tasks declared, gaps."""
    from . import index
    from .report import tabular

    options = _options(values)
    found, damaged = index.ask(lambda at_hand: (list(map(at_hand.head, at_hand.plans)), at_hand.damaged), working)
    for error in damaged.values():
        note(error.message)

    def table(width: int, plain: bool) -> Any:
        from .report.terminal import plans as drawing

        return drawing.plans(found, width)

    header = ("id", "issued", "title", "issuer", "first_year", "last_year", "tasks", "declared")
    rows = [(p.id, p.issued, p.title, p.issuer, *p.covers, len(p.tasks), p.declared_tasks or "") for p in found]
    _deliver(
        _views(
            table,
            json=lambda: {"schema": "plancmp.plans/1", "plans": [tabular.plan_dict(plan) for plan in found]},
            csv=lambda: tabular.csv_text(header, rows),
        ),
        options,
    )


@main.command()
@click.argument("oldtask")
@click.argument("newtask")
@output_options
def explain(oldtask: str, newtask: str, **values: Any) -> None:
    """Why two tasks are, or are not, linked, and how the status came about.

    Example: plancmp explain 2021:30 2024:31
    """
    from . import corpus
    from . import explain as room

    options = _options(values)
    old_plan, old = corpus.find_task(oldtask)
    new_plan, new = corpus.find_task(newtask)
    shown = room.explain(old_plan, old, new_plan, new, embedding)

    def table(width: int, plain: bool) -> Any:
        from .report.terminal import explanation as drawing

        return drawing.explanation(shown, width, plain)

    _deliver(_views(table, json=shown.to_dict), options)


@main.command()
@click.argument("old")
@click.argument("new")
@click.option("--body", default="", help="One body in full: any of its names or its id, for example SAMR.")
@output_options
def bodies(old: str, new: str, body: str, **values: Any) -> None:
    """Responsible bodies: tasks gained, lost, lead changes.

    Example: plancmp bodies 2021 2024 --body SAMR
    """
    from . import lexicon, responsibility, select
    from .report import tabular

    options = _options(values)
    first, second = _load(old), _load(new)
    only = None
    if body:
        ids = select.body_ids(body, (first, second))
        only = {
            entry.successor["id"] if (entry := lexicon.bodies().get(key)) and entry.successor else key for key in ids
        }
    found = responsibility.responsibilities(first, second, embedding, only)

    def table(width: int, plain: bool) -> Any:
        from .report.terminal import bodies as drawing

        return drawing.responsibilities(found, width, bool(body))

    header = ("body", "name", "old_tasks", "new_tasks", "joined", "left", "took_lead", "gave_lead", "succession")

    def pairs(links: Any) -> str:
        return "; ".join(f"{a} > {b}" for a, b in links)

    rows = [
        (
            c.id,
            c.name,
            "; ".join(c.old_tasks),
            "; ".join(c.new_tasks),
            pairs(c.joined),
            pairs(c.left),
            pairs(c.took_lead),
            pairs(c.gave_lead),
            c.succession or "",
        )
        for c in found.changes
    ]
    lists = _list_views("of_bodies", found)
    _deliver(_views(table, json=found.to_dict, csv=lambda: tabular.csv_text(header, rows), **lists), options)


@main.command()
@click.argument("gold", type=click.Path(path_type=Path))
@output_options
def evaluate(gold: Path, **values: Any) -> None:
    """Score the alignment against a hand-labelled file.

    Example: plancmp evaluate tests/gold/dev-2021-2024.json
    """
    from . import evaluate as room

    options = _options(values)
    score = room.evaluate(room.read_gold(gold))

    def table(width: int, plain: bool) -> Any:
        from .report.terminal import explanation as drawing

        return drawing.evaluation(score, width)

    _deliver(_views(table, json=lambda: score), options)


@main.command()
@click.argument("query", nargs=-1)
@click.option(
    "--limit",
    type=click.IntRange(1),
    default=300,
    help="How many tasks the table shows at most, the best matches; 300 by default. Other formats have all.",
)
@click.option("--model", help="A sentence-transformers model by name or path.")
@output_options
def history(query: tuple[str, ...], limit: int, model: str | None, **values: Any) -> None:
    """Where a topic or name stands in every plan, oldest first.

    Example: plancmp history "trade secrets"; a task is followed by its name: plancmp history 2021:37
    """
    from . import timeline

    options = _options(values)
    found = timeline.history(" ".join(query), model, embedding, working)

    def table(width: int, plain: bool) -> Any:
        from .report.terminal import history as drawing

        return drawing.history(found, width, limit)

    def page() -> str:
        from .report import chart

        return chart.history_html(found)

    def markdown() -> str:
        from .report import chart

        return chart.history_markdown(found)

    lists = _list_views("of_history", found) | {"html": page, "md": markdown}
    _deliver(_views(table, json=found.to_dict, csv=lambda: _entries_csv(found), **lists), options)


@main.command()
@click.argument("query", nargs=-1)
@click.option("--limit", type=click.IntRange(1, 1000), default=20, help="How many tasks at most; 20 by default.")
@click.option("--model", help="A sentence-transformers model by name or path.")
@output_options
def search(query: tuple[str, ...], limit: int, model: str | None, **values: Any) -> None:
    """Best-matching tasks, best first.

    Example: plancmp search "pledge financing" --limit 5
    """
    from . import timeline

    options = _options(values)
    found = timeline.search(" ".join(query), limit, model, embedding, working)

    def table(width: int, plain: bool) -> Any:
        from .report.terminal import history as drawing

        return drawing.search(found, width)

    _deliver(_views(table, json=found.to_dict, csv=lambda: _entries_csv(found)), options)


def _list_views(kind: str, found: Any) -> dict[str, Any]:
    """Markdown, HTML, Word and Excel of a history or of responsible bodies, drawn as briefings are."""

    def blocks(**how: bool) -> Any:
        from .report import lists

        return getattr(lists, kind)(found, **how)

    def markup(name: str) -> str:
        from .report import markup as room

        return getattr(room, name)(blocks())

    def word(path: Path) -> None:
        from .report import word as room

        room.write(blocks(), path)

    def sheets(path: Path) -> None:
        from .report import lists

        lists.workbook(blocks(flat=True), path)

    return {"md": lambda: markup("markdown"), "html": lambda: markup("html"), "docx": word, "xlsx": sheets}


def _entries_csv(found: Any) -> str:
    from .report import tabular

    header = ("ref", "plan", "date", "section", "match", "score", "status", "continues", "bodies", "text")
    rows = [
        (
            entry.task.ref, entry.plan.id, entry.plan.issued, " / ".join(f"{s.number} {s.heading}" for s in entry.task.section), entry.match,
            entry.score, str(entry.status or ""), "; ".join(entry.continues), "; ".join(b.id or b.name for b in entry.task.bodies), entry.task.text,
        )
        for entry in found.entries
    ]  # fmt: skip
    return tabular.csv_text(header, rows)


@main.command()
@click.argument("file", type=click.Path(path_type=Path))
@output_options
def check(file: Path, **values: Any) -> None:
    """Parse report of a document: outline, tasks, gaps, doubtful lines; nothing is stored.

    Example: plancmp check new-plan.docx
    """
    from . import store
    from .report import tabular

    options = _options(values)
    _must_exist(file)
    report = store.check(file)

    def table(width: int, plain: bool) -> Any:
        from .report.terminal import plans as drawing

        return drawing.check(report, width)

    data = {
        "schema": "plancmp.check/1",
        "format": report.format,
        "encoding": report.encoding,
        "guessed": report.guessed,
        "plan": tabular.plan_dict(report.plan),
        "outline": [
            {"section": [tabular.section_dict(s) for s in path], "tasks": count} for path, count in report.outline
        ],
        "kinds": report.kinds,
        "bodies": [{"id": body_id, "name": name, "tasks": count} for body_id, name, count in report.bodies],
        "unknown_bodies": [{"as_printed": name, "tasks": count} for name, count in report.unknown],
        "doubtful": [{"line": line, "text": words} for line, words in report.doubtful],
        "notes": list(report.notes),
        "leftovers": report.leftovers,
    }
    _deliver(_views(table, json=lambda: data), options)
    if not report.plan.tasks:
        raise DocumentError(
            f"{file}: no task found", "a task is a numbered item, or a paragraph that ends in a responsibility clause"
        )


def _must_exist(file: Path) -> None:
    if not file.exists():
        raise UsageError(f"no such file: {file}", "check the path")


@main.command()
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--id", "plan_id", required=True, help="The plan's name from now on, for example 2025.")
@click.option("--replace", is_flag=True, help="Take the place of the plan that has this id.")
@click.option("--title", help="Title, where it is not found in the text.")
@click.option("--issuer", help="Who issued it.")
@click.option("--issued", help="Date of issue, YYYY-MM-DD.")
@click.option("--covers", help="Years covered: 2025, or 2021-2025.")
@click.option("--series", help="Its family of plans; `promotion` for the annual promotion plans.")
@click.option("--language", type=click.Choice(["en", "zh"]), help="Language of the text.")
@click.option("--declared-tasks", type=click.IntRange(1), help="How many tasks the plan says it has.")
def add(file: Path, plan_id: str, replace: bool, covers: str | None, **particulars: Any) -> None:
    """Store a document as a plan of one's own.

    Example: plancmp add new-plan.docx --id 2025 --issued 2025-05-20
    """
    from . import store

    _must_exist(file)
    years = None
    if covers is not None:
        import re

        match = re.fullmatch(r"(\d{4})(?:\s*(?:-|–|,|to)\s*(\d{4}))?", covers.strip())
        if not match or int(match.group(2) or match.group(1)) < int(match.group(1)):
            raise UsageError(f"--covers “{covers}” names no years", "write 2025, or 2021-2025")
        years = [int(match.group(1)), int(match.group(2) or match.group(1))]
    plan = store.add(file, plan_id, replace=replace, covers=years, **particulars)
    click.echo(f"{plan.id}: {len(plan.tasks)} tasks stored. Next: plancmp diff OLD {plan.id}")
    if not plan.whole:
        from . import notes

        note(f"{notes.gap_in_words(plan)}; what would stand there will be called undetermined")
    if plan.warnings:
        note(f"{len(plan.warnings)} doubtful lines; see `plancmp check {file}`")


@main.command()
@click.argument("plan_id", metavar="ID")
def remove(plan_id: str) -> None:
    """Take a plan of one's own out again.

    Example: plancmp remove 2025
    """
    from . import store

    store.remove(plan_id)
    click.echo(f"{plan_id} is taken out.")


@main.command()
@click.argument("old")
@click.argument("new")
@click.option(
    "--set", "given", multiple=True, metavar="OLD=NEW:VERDICT", help="Decide without asking; several allowed."
)
@click.option("--forget", multiple=True, metavar="OLD=NEW", help="Take a decision back; several allowed.")
@click.option("--note", "remark", default=None, help="A note on what --set decides.")
@click.option("--who", default=None, help="Who decides; the login name by default.")
@click.option("--list", "listing", is_flag=True, help="Print the decisions.")
@click.option(
    "--decisions", "path", type=click.Path(path_type=Path), help="The file they are kept in; one's own by default."
)
@click.option("--no-color", is_flag=True, help="No colour; the NO_COLOR variable does the same.")
@click.option("--width", type=click.IntRange(40, 500), help="Columns; the terminal's by default.")
def review(
    old: str, new: str, given: tuple[str, ...], forget: tuple[str, ...], remark: str | None, who: str | None, listing: bool,
    path: Path | None, no_color: bool, width: int | None,
) -> None:  # fmt: skip
    """Go through doubtful links and keep one's decisions, which go before the model's from then on.

    Example: plancmp review 2021 2024; for scripts: --set 2021:30=2024:31:escalated (or continued, softened, none)
    """
    from . import decisions
    from . import review as room
    from .report.terminal.review import candidate_drawing

    if remark is not None and not given:
        raise UsageError("--note says something about a decision: give it together with --set")
    desk = room.Desk(_load(old), _load(new), (old, new), path, decisions.login_name() if who is None else who)
    if given or forget:
        for line in desk.settle(given, forget, remark or ""):
            click.echo(line)
    if listing:
        for line in desk.listed():
            click.echo(line)
    if given or forget or listing:
        return
    session = desk.session(candidate_drawing(width, not no_color), embedding)
    try:
        session.run(room.Typed())
    except EOFError:
        click.echo(err=True)
    finally:
        note(session.summary)


@main.command()
@click.argument("old")
@click.argument("new")
@click.option(
    "-o",
    "--output",
    "path",
    type=click.Path(path_type=Path),
    required=True,
    help="The file: .docx, .html, .md or .xlsx.",
)
@click.option("--author", default=None, help="Who signs the briefing.")
@click.option("--client", default=None, help="For whom it is made.")
@click.option(
    "--lang", type=click.Choice(["en", "zh"]), default="en", help="Language of the fixed words; English by default."
)
@click.option("--template", type=click.Path(path_type=Path), help="A .docx whose styles the briefing takes.")
@click.option("--date", default=None, help="Date of the briefing, YYYY-MM-DD; today by default.")
@click.option("--model", help="A sentence-transformers model by name or path.")
@click.option("--decisions", type=click.Path(path_type=Path), help="A reviewer's decisions; one's own by default.")
@filter_options
def brief(
    old: str, new: str, path: Path, author: str | None, client: str | None, lang: str, template: Path | None, date: str | None,
    model: str | None, decisions: Path | None, **values: Any,
) -> None:  # fmt: skip
    """A client briefing as docx, html, md or xlsx.

    Example: plancmp brief 2021 2024 --topic "trade secrets" -o client.docx
    """
    from . import compare, select
    from .report.output import Options

    wanted = _filter(values)
    if template is not None:
        _must_exist(template)
    if path.suffix.casefold() not in (".docx", ".html", ".htm", ".md", ".xlsx"):
        raise UsageError(f"a briefing cannot be written as {path.name}", "end the file in .docx, .html, .md or .xlsx")
    result = compare.diff(_load(old), _load(new), model, embedding, decisions)
    chosen = select.of_comparison(result, wanted)
    if not (chosen.links or chosen.outcomes):
        note("nothing fits these filters; the briefing says so")
    views = _briefing_views(
        result, chosen, template, topic=wanted.topic or None, author=author, client=client, lang=lang, date=date
    )
    _deliver(_views(lambda width, plain: (), **views), Options(path=path))


def run() -> None:
    """Entry point: arguments to an exit code. 0 done, 1 an unreadable document, 2 wrong usage, 130 interrupted."""
    # Two plans are small: starting the threads of a matrix library costs more than they save.
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    # A command makes many small things and keeps them to its end: looking for garbage often finds none.
    gc.set_threshold(100_000)
    arguments = sys.argv[1:]
    debug = "--debug" in arguments
    arguments = [argument for argument in arguments if argument != "--debug"]
    sys.exit(_guarded(arguments, debug))


def _guarded(arguments: list[str], debug: bool) -> int:
    try:
        code = main.main(args=arguments, prog_name="plancmp", standalone_mode=False)
        sys.stdout.flush()
        return code if isinstance(code, int) else 0
    except PlancmpError as error:
        if debug:
            raise
        _complain(error.message, error.hint)
        return error.exit_code
    except click.exceptions.Abort:
        click.echo("\nplancmp: interrupted", err=True)
        return 130
    except click.exceptions.NoArgsIsHelpError as error:
        click.echo(error.format_message(), err=True)
        return 2
    except click.ClickException as error:
        words = error.format_message().replace("\n", " ")
        context = getattr(error, "ctx", None)
        _complain(words, f"{context.command_path} --help" if context else "plancmp --help")
        return 2
    except click.exceptions.Exit as leave:
        return leave.exit_code
    except KeyboardInterrupt:
        click.echo("\nplancmp: interrupted", err=True)
        return 130
    except BrokenPipeError:
        # The reader (`| head`) has seen enough.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except Exception as error:
        if debug:
            raise
        _complain(
            f"something went wrong inside plancmp: {type(error).__name__}: {error}",
            "run it again with --debug to see where",
        )
        return 1


def _complain(message: str, hint: str | None) -> None:
    from .text import printable

    click.echo(f"plancmp: {printable(message)}", err=True)
    if hint:
        click.echo(f"try: {printable(hint)}", err=True)


if __name__ == "__main__":
    run()
