"""What the commands share: coded problems instead of tracebacks, JSON for machines, text that cannot steer a terminal."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from eventbank.errors import Problem


def _remember(ctx: click.Context, _: click.Parameter, value: bool) -> bool:
    ctx.find_root().meta["json"] = value
    return value


AS_JSON = click.option("--json", "as_json", is_flag=True, callback=_remember, help="Print JSON for machines instead of text.")
CORPUS = click.option("--corpus", "root", type=click.Path(exists=True, path_type=Path), default=".", help="A folder in the corpus.")
FILE = click.Path(exists=True, dir_okay=False, path_type=Path)
FOLDER = click.Path(exists=True, file_okay=False, path_type=Path)
NEW_FILE = click.Path(dir_okay=False, path_type=Path)
NEW_FOLDER = click.Path(file_okay=False, path_type=Path)


class Commands(click.Group):
    """A group whose commands report coded problems and end with status 1, never with a traceback."""

    def invoke(self, ctx: click.Context) -> Any:
        """Runs the command; what it cannot use, and what the system refuses, becomes problems."""
        from eventbank.errors import SYSTEM, EventBankError, Place

        try:
            return super().invoke(ctx)
        except EventBankError as error:
            problems: Sequence[Problem] = error.problems
        except OSError as error:
            problems = [SYSTEM.at(Place(file=str(error.filename or "")), error.strerror or type(error).__name__)]
        except KeyboardInterrupt:
            return ctx.exit(130)
        report(problems, ctx.find_root().meta.get("json", False))
        return ctx.exit(1)

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002
        """The commands in the order in which they are defined, which is that of the work."""
        return list(self.commands)


def server_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """The options of every command that talks to a Label Studio server; the key is never one of them."""
    options = (
        click.option("--url", default="", help="Address of the server. Default: LABEL_STUDIO_URL."),
        click.option(
            "--key-file",
            type=FILE,
            help="File that holds the key and nothing else. Default: LABEL_STUDIO_API_KEY.",
        ),
        click.option("--timeout", type=click.FloatRange(min=1), default=120, show_default=True, help="Seconds for an answer."),
        click.option("--project", default="", help="Title or number of the project. Default: made from the title of the corpus."),
        CORPUS,
    )
    for option in reversed(options):
        command = option(command)
    return command


def report(problems: Sequence[Problem], as_json: bool) -> None:
    """Prints problems: as a JSON list on standard output, or one a line, with a count, on standard error."""
    if as_json:
        print_json({"problems": [problem.to_dict() for problem in problems]})
        return
    for problem in problems:
        click.echo(printable(str(problem)), err=True)
    errors = sum(not problem.is_warning for problem in problems)
    if problems:
        click.echo(f"{errors} problems, {len(problems) - errors} warnings", err=True)


@contextmanager
def progress_bar(label: str) -> Iterator[Callable[[int, int], None]]:
    """What a long work calls with the done and the whole: a bar on standard error if that is a terminal, else nothing."""
    if not sys.stderr.isatty():
        yield lambda _, __: None
        return
    with ExitStack() as stack:
        bars: list[Any] = []
        before = 0

        def show(done: int, total: int) -> None:
            nonlocal before
            if not bars:
                bar = click.progressbar(length=total, label=printable(label), file=sys.stderr, update_min_steps=max(1, total // 500))
                bars.append(stack.enter_context(bar))
            bars[0].update(done - before)
            before = done

        yield show


def refuse(problems: Sequence[Problem], strict: bool = False) -> None:
    """Ends the command with status 1 if there is a problem that is no warning; with `strict`, for a warning, too."""
    if any(strict or not problem.is_warning for problem in problems):
        click.get_current_context().exit(1)


def printable(text: str) -> str:
    """The text with control characters escaped, so that input cannot steer the terminal."""
    return "".join(char if char.isprintable() else char.encode("unicode_escape").decode("ascii") for char in text)


def print_json(value: object) -> None:
    """Prints a value as JSON in ASCII."""
    click.echo(to_json(value))


def to_json(value: object) -> str:
    """A value as JSON in ASCII, indented."""
    return json.dumps(value, indent=1, ensure_ascii=True)
