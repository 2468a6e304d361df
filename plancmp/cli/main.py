"""The command line: the group of commands, and the one place where an error becomes a line on stderr."""

from __future__ import annotations

import gc
import os
import sys

import click

from ..errors import PlancmpError
from . import comparing, completion, own_plans, reviewing, searching
from .options import one_line, show_steps, show_warnings


class Trouble:
    """How errors are shown. traceback: whole, as Python shows them."""

    traceback = False


def _with_traceback(context: click.Context, parameter: click.Parameter, given: bool) -> None:
    if given:
        context.ensure_object(Trouble).traceback = True


def _verbose(context: click.Context, parameter: click.Parameter, given: bool) -> None:
    # Contexts share what is in meta: said before and behind the name of the command, it is still said once.
    if given and not context.meta.setdefault("plancmp.verbose", False):
        context.meta["plancmp.verbose"] = True
        show_steps(context)


class Group(click.Group):
    """A group that lists its commands in the order in which they were added, each with --verbose and --debug."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(self.commands)

    def add_command(self, cmd: click.Command, name: str | None = None) -> None:
        super().add_command(trouble_options(cmd), name)


def trouble_options(command: click.Command) -> click.Command:
    """The command with --verbose and --debug, which may stand before and behind a command's name."""
    command.params += [
        click.Option(
            ["--verbose"], is_flag=True, expose_value=False, is_eager=True, callback=_verbose,
            help="Say on stderr what is done and how long it takes.",
        ),
        click.Option(
            ["--debug"], is_flag=True, expose_value=False, is_eager=True, callback=_with_traceback,
            help="Show where in the program an error arose.",
        ),
    ]  # fmt: skip
    return command


@click.group(cls=Group, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(package_name="plancmp", message="%(prog)s %(version)s")
@click.pass_context
def main(context: click.Context) -> None:
    """What became of every commitment of a government plan in the next plan.

    A plan is named by its id (2021-2022), a year that it covers (2021), or a file's path. Begin with:

    \b
      plancmp diff 2021 2024
      plancmp history "trade secrets"
    """
    show_warnings(context)


for command in (
    comparing.diff,
    searching.history,
    searching.search,
    comparing.show,
    comparing.explain,
    own_plans.tasks,
    comparing.bodies,
    own_plans.plans,
    own_plans.check,
    own_plans.add,
    own_plans.remove,
    reviewing.review,
    comparing.brief,
    comparing.evaluate,
    completion.completion,
):
    main.add_command(command)
trouble_options(main)


def run() -> None:
    """Run the command line and exit. 0 done, 1 an unreadable document, 2 wrong usage, 130 interrupted."""
    # Two plans are small: starting the threads of a matrix library costs more than they save.
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    # A command creates many small objects that live to its end: frequent garbage collection finds nothing.
    gc.set_threshold(100_000)
    if hasattr(sys.stdout, "reconfigure"):
        # A sign that the terminal cannot show is no reason to fail after the work is done.
        sys.stdout.reconfigure(errors="replace")
    sys.exit(_guarded(sys.argv[1:]))


def _guarded(arguments: list[str]) -> int:
    trouble = Trouble()
    try:
        code = main.main(args=arguments, prog_name="plancmp", standalone_mode=False, obj=trouble)
        sys.stdout.flush()
        return code if isinstance(code, int) else 0
    except PlancmpError as error:
        if trouble.traceback:
            raise
        _print_error(error.message, error.hint)
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
        _print_error(words, f"{context.command_path} --help" if context else "plancmp --help")
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
        if trouble.traceback:
            raise
        _print_error(
            f"something went wrong inside plancmp: {type(error).__name__}: {error}",
            "run it again with --debug to see where",
        )
        return 1


def _print_error(message: str, hint: str | None) -> None:
    click.echo(f"plancmp: {one_line(message)}", err=True)
    if hint:
        click.echo(f"try: {one_line(hint)}", err=True)


if __name__ == "__main__":
    run()
