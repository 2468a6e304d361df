"""Commands that look for a topic in all plans."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from . import completion
from .options import (
    WORDS,
    Command,
    body_option,
    decision_options,
    deliver,
    given_of,
    list_views,
    output_of,
    output_options,
    section_option,
    views_of,
)
from .progress import embedding, working

if TYPE_CHECKING:
    from ..analysis.history import History, Within


def search_options(command: Command) -> Command:
    """--complete, --exact, --plan, --body, --section, --since and --exit-code."""
    for option in (
        click.option("--exit-code", is_flag=True, help="Exit with 3 where nothing is found, with 0 otherwise."),
        click.option("--since", type=WORDS, help="Only plans issued on or after a day, month or year: 2021-10."),
        section_option,
        body_option,
        click.option(
            "--plan",
            "plans",
            multiple=True,
            shell_complete=completion.stored_plans,
            help="Only this plan; may be given several times.",
        ),
        click.option(
            "--complete",
            is_flag=True,
            help="Compare all neighbouring plans and search all plans by meaning first, however long it takes.",
        ),
        click.option(
            "--exact", is_flag=True, help="The words as they stand: no other form, no synonym, no correction."
        ),
    ):
        command = option(command)
    return command


def _within(values: dict[str, Any]) -> Within:
    from ..analysis.history import Within

    plans = tuple(name for given in values.pop("plans") for name in given.split(","))
    given = {name: values.pop(name) for name in ("body", "section", "since")}
    return Within(plans, **{name: value or "" for name, value in given.items()})


def _exit_with(found: History, exit_code: bool) -> None:
    if exit_code and not found.entries:
        click.get_current_context().exit(3)


@click.command()
@click.argument("query", nargs=-1)
@click.option(
    "--limit",
    type=click.IntRange(1),
    default=300,
    help="How many tasks the table shows at most, the best matches; 300 by default. Other formats have all.",
)
@click.option("--model", help="A sentence-transformers model by name or path.")
@search_options
@decision_options
@output_options("json", "csv", "md", "html", "docx", "xlsx")
def history(query: tuple[str, ...], limit: int, model: str | None, exit_code: bool, **values: Any) -> None:
    """Where a topic or name stands in every plan, oldest first.

    Example: plancmp history "trade secrets"; a task is followed by its name: plancmp history 2021:37

    A question will do, A OR B finds either, and a "phrase" in quotation marks is found as it stands.
    """
    from ..analysis import history

    options, decisions = output_of(values), given_of(values)
    # A table shows the best; whatever else is asked for has all.
    linked = limit if options.chosen == "table" else None
    found = history.history(
        " ".join(query), model, embedding, working,
        within=_within(values), decisions=decisions, linked=linked, **values,
    )  # fmt: skip

    def table(width: int, plain: bool) -> Any:
        from ..report.terminal import history as drawing

        return drawing.history(found, width, limit)

    def page() -> str:
        from ..report import history_page

        return history_page.history_html(found)

    def markdown() -> str:
        from ..report import history_page

        return history_page.history_markdown(found)

    lists = list_views("of_history", found) | {"html": page, "md": markdown}
    views = views_of(
        table,
        json=found.to_dict,
        csv=lambda: entries_csv(found),
        table_rests_on=lambda: f"history {limit} {found.digest(limit)}",
        **lists,
    )
    deliver(views, options)
    _exit_with(found, exit_code)


@click.command()
@click.argument("query", nargs=-1)
@click.option("--limit", type=click.IntRange(1, 1000), default=20, help="How many tasks at most; 20 by default.")
@click.option("--model", help="A sentence-transformers model by name or path.")
@search_options
@decision_options
@output_options("json", "csv")
def search(query: tuple[str, ...], limit: int, model: str | None, exit_code: bool, **values: Any) -> None:
    """Best-matching tasks, best first.

    Example: plancmp search "pledge financing" --limit 5
    """
    from ..analysis import history

    options, decisions = output_of(values), given_of(values)
    found = history.search(
        " ".join(query), limit, model, embedding, working, within=_within(values), decisions=decisions, **values
    )

    def table(width: int, plain: bool) -> Any:
        from ..report.terminal import history as drawing

        return drawing.search(found, width)

    views = views_of(
        table,
        json=found.to_dict,
        csv=lambda: entries_csv(found),
        table_rests_on=lambda: f"search {found.digest()}",
    )
    deliver(views, options)
    _exit_with(found, exit_code)


def entries_csv(found: Any) -> str:
    """One row for each entry of a history or search."""
    from ..report import csv_table

    header = ("ref", "plan", "date", "section", "match", "score", "status", "continues", "bodies", "text", "words")
    rows = [
        (
            entry.task.ref, entry.plan.id, entry.plan.issued, " / ".join(f"{s.number} {s.heading}" for s in entry.task.section), entry.match,
            entry.score, str(entry.status or ""), "; ".join(entry.continues), "; ".join(b.id or b.name for b in entry.task.bodies), entry.task.text,
            "; ".join(entry.words),
        )
        for entry in found.entries
    ]  # fmt: skip
    return csv_table.csv_text(header, rows)
