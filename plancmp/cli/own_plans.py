"""Commands on plans and documents: list and show stored plans, check a document, add and remove user's plans."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from ..errors import DocumentError, UsageError
from . import completion
from .options import (
    DOCUMENT,
    body_option,
    deliver,
    load_plan,
    must_exist,
    note,
    note_doubts,
    output_of,
    output_options,
    reading_options,
    section_option,
    topic_option,
    views_of,
)
from .progress import working


@click.command()
@output_options("json", "csv")
def plans(**values: Any) -> None:
    """The plans at hand: title, dates, tasks parsed of tasks declared, gaps."""
    from .. import serialization
    from ..report import csv_table
    from ..search import index

    options = output_of(values)
    found, damaged = index.with_index(
        lambda at_hand: (list(map(at_hand.head, at_hand.plans)), at_hand.damaged), working
    )
    for error in damaged.values():
        note(error.message)

    def table(width: int, plain: bool) -> Any:
        from ..report.terminal import plans as drawing

        return drawing.plans(found, width)

    header = ("id", "issued", "title", "issuer", "first_year", "last_year", "tasks", "declared")
    rows = [(p.id, p.issued, p.title, p.issuer, *p.covers, len(p.tasks), p.declared_tasks or "") for p in found]
    deliver(
        views_of(
            table,
            json=lambda: {"schema": "plancmp.plans/1", "plans": [serialization.plan_dict(plan) for plan in found]},
            csv=lambda: csv_table.csv_text(header, rows),
        ),
        options,
    )


@click.command()
@click.argument("plan", shell_complete=completion.plans)
@click.option("--full", is_flag=True, help="Whole texts.")
@section_option
@body_option
@topic_option
@reading_options
@output_options("json", "csv", "md")
def tasks(plan: str, full: bool, read_anyway: bool, refresh: bool, **values: Any) -> None:
    """The parsed tasks of a plan.

    Example: plancmp tasks 2024 --body MPS
    """
    from .. import serialization
    from ..analysis import selection
    from ..report import csv_table

    options = output_of(values)
    found = load_plan(plan, read_anyway=read_anyway, refresh=refresh)
    section, body, topic = (values.pop(name) or "" for name in ("section", "body", "topic"))
    chosen = selection.select_tasks(found, selection.Filter(section=section, body=body, topic=topic))

    def table(width: int, plain: bool) -> Any:
        from ..report.terminal import plans as drawing

        return drawing.tasks(found, chosen, width, full)

    def markdown() -> str:
        from ..report import markdown_page

        return markdown_page.tasks_markdown(found, chosen)

    deliver(
        views_of(
            table, json=lambda: serialization.tasks(found, chosen), csv=lambda: csv_table.tasks_csv(chosen), md=markdown
        ),
        options,
    )


@click.command()
@click.argument("file", type=DOCUMENT)
@reading_options
@output_options("json")
def check(file: Path | str, read_anyway: bool, refresh: bool, **values: Any) -> None:
    """Parse report of a document: outline, tasks, gaps, doubtful lines; nothing is stored.

    Example: plancmp check new-plan.docx
    """
    from .. import serialization
    from ..plans import user_plans

    options = output_of(values)
    must_exist(file)
    report = user_plans.check(file, refresh=refresh)

    def table(width: int, plain: bool) -> Any:
        from ..report.terminal import plans as drawing

        return drawing.check(report, width)

    data = {
        "schema": "plancmp.check/1",
        "format": report.format,
        "encoding": report.encoding,
        "guessed": report.guessed,
        "plan": serialization.plan_dict(report.plan),
        "outline": [
            {"section": [serialization.section_dict(s) for s in path], "tasks": count} for path, count in report.outline
        ],
        "kinds": report.kinds,
        "bodies": [{"id": body_id, "name": name, "tasks": count} for body_id, name, count in report.bodies],
        "unknown_bodies": [{"as_printed": name, "tasks": count} for name, count in report.unknown],
        "doubtful": [{"line": line, "text": words} for line, words in report.doubtful],
        "explained": report.plan.explained,
        "doubts": list(report.plan.doubts),
        "notes": list(report.notes),
        "leftovers": report.leftovers,
    }
    deliver(views_of(table, json=lambda: data), options)
    if not report.plan.tasks:
        raise DocumentError(
            f"{report.plan.source.file}: no task found",
            "a task is a numbered item, or a paragraph that ends in a responsibility clause",
        )
    if report.plan.doubts and (report.plan.understood or read_anyway):
        note_doubts(report.plan.source.file, report.plan)
    elif not report.plan.understood:
        raise DocumentError(
            f"{report.plan.source.file}: was not understood: {'; '.join(report.plan.doubts)}",
            "what was read is above; where it is right, go on with --read-anyway",
        )


@click.command()
@click.argument("file", type=DOCUMENT)
@click.option("--id", "plan_id", help="The plan's name from now on, for example 2025.")
@click.option(
    "--edition-of",
    metavar="PLAN",
    help="The plan that this is another edition of: it fills the gaps of the one at hand.",
    shell_complete=completion.stored_plans,
)
@click.option("--replace", is_flag=True, help="Take the place of the plan, or the edition, that has this id.")
@click.option("--title", help="Title, where it is not found in the text.")
@click.option("--issuer", help="Who issued it.")
@click.option("--issued", help="Date of issue, YYYY-MM-DD.")
@click.option("--covers", help="Years covered: 2025, or 2021-2025.")
@click.option("--series", help="Its family of plans; `promotion` for the annual promotion plans.")
@click.option("--language", type=click.Choice(["en", "zh"]), help="Language of the text.")
@click.option("--declared-tasks", type=click.IntRange(1), help="How many tasks the plan says it has.")
@reading_options
def add(
    file: Path | str, plan_id: str | None, edition_of: str | None, replace: bool, covers: str | None, **particulars: Any
) -> None:
    """Store a document as a plan of one's own, or as the other edition of a plan.

    Example: plancmp add new-plan.docx --id 2025 --issued 2025-05-20
    """
    from ..plans import gaps, user_plans
    from ..text import counted

    must_exist(file)
    if edition_of is not None:
        _add_edition(file, edition_of, plan_id, replace, {"covers": covers, **particulars})
        return
    if plan_id is None:
        raise UsageError(
            "the plan needs a name", "give --id ID, or --edition-of PLAN for another edition of a plan at hand"
        )
    years = None
    if covers is not None:
        import re

        match = re.fullmatch(r"(\d{4})(?:\s*(?:-|–|,|to)\s*(\d{4}))?", covers.strip())
        if not match or int(match.group(2) or match.group(1)) < int(match.group(1)):
            raise UsageError(f"--covers “{covers}” names no years", "write 2025, or 2021-2025")
        years = [int(match.group(1)), int(match.group(2) or match.group(1))]
    plan = user_plans.add(file, plan_id, replace=replace, covers=years, **particulars)
    if plan.doubts:
        note_doubts(str(file), plan)
    click.echo(f"{plan.id}: {counted(len(plan.tasks), 'task')} stored. Next: plancmp diff OLD {plan.id}")
    if not plan.whole:
        note(f"{gaps.gap_in_words(plan)}; what would stand there will be called undetermined")
    if plan.warnings:
        note(f"{counted(len(plan.warnings), 'doubtful line')}; see `plancmp check {file}`")


def _add_edition(file: Path | str, name: str, plan_id: str | None, replace: bool, particulars: dict[str, Any]) -> None:
    from ..plans import catalogue, editions, user_plans

    reading = {key: particulars.pop(key) for key in ("read_anyway", "refresh")}
    if plan_id is not None or any(value is not None for value in particulars.values()):
        raise UsageError("an edition has the id and the particulars of its plan", "give --edition-of without them")
    named = catalogue.resolve(name)
    if named.plan_id is None:
        raise UsageError(f"{name} is not stored", "store it first: plancmp add FILE --id ID")
    plan = user_plans.add_edition(file, named.plan_id, replace=replace, **reading)
    click.echo(f"{editions.in_words(plan)}.")


@click.command()
@click.argument("plan_id", metavar="ID", shell_complete=completion.stored_plans)
@click.option("--edition", is_flag=True, help="The other edition of the plan alone.")
def remove(plan_id: str, edition: bool) -> None:
    """Take a plan of one's own out again.

    Example: plancmp remove 2025
    """
    from ..plans import user_plans

    if edition:
        user_plans.remove_edition(plan_id)
        click.echo(f"The other edition of {plan_id} is taken out.")
        return
    user_plans.remove(plan_id)
    click.echo(f"{plan_id} is taken out.")
