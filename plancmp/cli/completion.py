"""Completion in the shell: the values that options and arguments take, and the command that sets it up."""

from __future__ import annotations

import os
from collections.abc import Iterable
from typing import TYPE_CHECKING

import click
from click.shell_completion import (
    BashComplete,
    CompletionItem,
    ShellComplete,
    add_completion_class,
    get_completion_class,
)

if TYPE_CHECKING:
    from pathlib import Path

SHELLS = ("bash", "zsh", "fish")


def _beginning(incomplete: str, values: Iterable[tuple[str, str]]) -> list[CompletionItem]:
    """The values, each with a word on it, that begin with what was typed."""
    typed = incomplete.casefold()
    return [CompletionItem(value, help=about or None) for value, about in values if value.casefold().startswith(typed)]


def _plans() -> list[tuple[str, str]]:
    from ..plans import catalogue

    return [
        (plan_id, str(catalogue.particulars(path).get("title", "")))
        for plan_id, path in sorted(catalogue.directories().items())
    ]


def plans(context: click.Context, parameter: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """Ids of plans, or else files."""
    return _beginning(incomplete, _plans()) or [CompletionItem(incomplete, type="file")]


def stored_plans(context: click.Context, parameter: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """Ids of plans."""
    return _beginning(incomplete, _plans())


def statuses(context: click.Context, parameter: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """Statuses to ask for."""
    from ..model import STATUSES

    return _beginning(incomplete, ((status, "") for status in STATUSES))


def bodies(context: click.Context, parameter: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """Ids of bodies."""
    from ..lexicon import loader

    known = ((entry.id, entry.name) for entry in loader.bodies().values() if not entry.id.startswith("X-"))
    return _beginning(incomplete, known)


def sections(context: click.Context, parameter: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """Numbers of the sections of the plans that the command names, or of all: 2, 2.1."""
    from ..plans import catalogue

    given = [context.params.get(name) for name in ("old", "new", "plan")] + list(context.params.get("plans") or ())
    found: dict[str, str] = {}
    for name in filter(None, given) if any(given) else catalogue.directories():
        for path in catalogue.load(name, read_anyway=True).sections:
            for depth in range(1, len(path) + 1):
                number = ".".join(section.number for section in path[:depth])
                found.setdefault(number, path[depth - 1].heading)
    return _beginning(incomplete, found.items())


def tasks(context: click.Context, parameter: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """Names of tasks: first the plan, then its numbers."""
    from ..plans import catalogue
    from ..text import shortened

    plan, colon, _ = incomplete.partition(":")
    if not colon:
        return _beginning(incomplete, ((f"{plan_id}:", title) for plan_id, title in _plans()))
    tasks = catalogue.load(plan).tasks
    return _beginning(incomplete, ((f"{plan}:{task.number}", shortened(task.full_text, 60)) for task in tasks))


# Readline cuts words at colons, which stand in the names of tasks, and only replaces what is behind the last one.
_BASH = r"""
%(complete_func)s() {
    local IFS=$'\n' line
    COMPREPLY=()
    for line in $(COMP_WORDS="${COMP_LINE:0:COMP_POINT}" %(complete_var)s=bash_complete "$1" 2>/dev/null); do
        case $line in
            file,*) compopt -o default ;;
            dir,*) compopt -o dirnames ;;
            plain,*:) compopt -o nospace; COMPREPLY+=("${line#plain,}") ;;
            plain,*) COMPREPLY+=("${line#plain,}") ;;
        esac
    done
    if [[ $COMP_WORDBREAKS == *:* && ${COMP_LINE:0:COMP_POINT} =~ ([^[:space:]]*:)[^:[:space:]]*$ ]]; then
        COMPREPLY=("${COMPREPLY[@]#"${BASH_REMATCH[1]}"}")
    fi
}
complete -o nosort -F %(complete_func)s %(prog_name)s
"""


class _Bash(BashComplete):
    source_template = _BASH

    def get_completion_args(self) -> tuple[list[str], str]:
        from click.shell_completion import split_arg_string

        line = os.environ["COMP_WORDS"]
        words = split_arg_string(line)
        return (words[1:], "") if line[-1:].isspace() else (words[1:-1], words[-1])


add_completion_class(_Bash)


@click.command()
@click.argument("shell", type=click.Choice(SHELLS))
@click.option("--install", is_flag=True, help="Set it up for every new shell, rather than print it.")
@click.pass_context
def completion(context: click.Context, shell: str, install: bool) -> None:
    """Completion of commands, options, plans, tasks, bodies, sections and statuses in the shell.

    Example: plancmp completion bash --install; for this shell alone: eval "$(plancmp completion bash)"
    """
    script = _script(context, shell)
    if not install:
        click.echo(script, nl=False)
        return
    from .. import files
    from ..errors import DocumentError

    path, startup = _places(shell)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        files.write_output(path, script.encode())
        if startup is not None:
            line = f'[ -r "{path}" ] && . "{path}"  # completion of plancmp'
            before = startup.read_text("utf-8") if startup.exists() else ""
            if line not in before.splitlines():
                gap = "" if not before or before.endswith("\n") else "\n"
                files.write_output(startup, f"{before}{gap}{line}\n".encode())
    except OSError as error:
        raise DocumentError(
            f"the completion cannot be installed: {error}", f"print it instead: plancmp completion {shell}"
        ) from None
    click.echo(
        f"{path} is written" + (f" and loaded by {startup}" if startup else "") + ". Open a new shell to use it."
    )


def _script(context: click.Context, shell: str) -> str:
    found = get_completion_class(shell)
    assert found is not None
    complete: ShellComplete = found(context.find_root().command, {}, "plancmp", "_PLANCMP_COMPLETE")
    # Where nothing else has, zsh must first be told to complete at all.
    first = "(( $+functions[compdef] )) || { autoload -Uz compinit && compinit; }\n" if shell == "zsh" else ""
    script = complete.source_template % complete.source_vars()
    return f"{first}{script.strip()}\n"


def _places(shell: str) -> tuple[Path, Path | None]:
    """Where the script goes, and the file by which the shell loads it; None where it looks there by itself."""
    from pathlib import Path

    home = Path.home()
    config = Path(os.environ.get("XDG_CONFIG_HOME") or home / ".config")
    if shell == "fish":
        return config / "fish" / "completions" / "plancmp.fish", None
    startup = home / ".bashrc" if shell == "bash" else Path(os.environ.get("ZDOTDIR") or home) / ".zshrc"
    return config / "plancmp" / f"completion.{shell}", startup
