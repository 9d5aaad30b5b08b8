"""The command line. Each command is a few lines over a public function; whatever it does, Python can do."""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from eventbank.errors import Problem


def _remember(ctx: click.Context, _: click.Parameter, value: bool) -> bool:
    ctx.find_root().meta["json"] = value
    return value


_JSON = click.option("--json", "as_json", is_flag=True, callback=_remember, help="Print JSON for machines instead of text.")


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
        _report(problems, ctx.find_root().meta.get("json", False))
        return ctx.exit(1)

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002
        """The commands in the order in which they are defined, which is that of the work."""
        return list(self.commands)


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="eventbank", message="%(prog)s %(version)s")
def main() -> None:
    """Raw news articles and Label Studio labels to a dataset of events.

    A corpus is a folder with an eventbank.toml; commands find it upward from where you are. They end with 0 when all is well, with 1
    when they found problems, and with 2 when they were called wrongly.
    """


@main.command("init", epilog="Example: eventbank init my-corpus")
@click.argument("folder", type=click.Path(path_type=Path))
@_JSON
def init_command(folder: Path, as_json: bool) -> None:
    """Start a new corpus in FOLDER."""
    from eventbank.init import init

    corpus = init(folder)
    if as_json:
        _print_json({"root": str(corpus.root), "name": corpus.name})
    else:
        click.echo(f"A new corpus is in {folder}. Put articles into {folder / 'articles'}, then run: eventbank build")


@main.command("build", epilog="Example: eventbank build --json")
@click.option("--corpus", "root", type=click.Path(exists=True, path_type=Path), default=".", help="A folder in the corpus.")
@_JSON
def build_command(root: Path, as_json: bool) -> None:
    """Make dataset/ from articles, annotations and schema."""
    from eventbank.build import build
    from eventbank.corpus import open_corpus

    built = build(open_corpus(root))
    if as_json:
        facts = {"digest": built.digest, "changed": built.changed, "rows": built.rows, "new_documents": built.new_documents}
        _print_json(facts | {"problems": [problem.to_dict() for problem in built.problems]})
        return
    _report(built.problems, False)
    for name, splits in built.rows.items():
        click.echo(f"{name:<12}" + "".join(f"{split:>12} {rows:>6}" for split, rows in splits.items()))
    if built.new_documents:
        click.echo(f"frozen in schema/splits.csv: {', '.join(built.new_documents)}")
    click.echo(f"dataset/ {'written' if built.changed else 'unchanged'}, digest {built.digest[:16]}")


@main.command("check", epilog="Examples: eventbank check; eventbank check dataset; eventbank check annotations/pass-1.json --json")
@click.argument("path", type=click.Path(exists=True, path_type=Path), default=".")
@click.option("--strict", is_flag=True, help="End with 1 for warnings, too.")
@_JSON
def check_command(path: Path, strict: bool, as_json: bool) -> None:
    """Look for problems in a corpus, a release folder or one Label Studio export (PATH; default: the corpus around you)."""
    from eventbank.verify import check

    problems = check(path)
    _report(problems, as_json)
    if not problems and not as_json:
        click.echo("no problem found")
    if any(strict or not problem.is_warning for problem in problems):
        sys.exit(1)


@main.command("adjudicate", epilog="Example: eventbank adjudicate")
@click.option("--corpus", "root", type=click.Path(exists=True, path_type=Path), default=".", help="A folder in the corpus.")
@_JSON
def adjudicate_command(root: Path, as_json: bool) -> None:
    """Decide between two passes: differences, decisions, gold.

    Lists the differences in annotations/decisions.yaml. Each needs take (one, other, both, neither) or as (a value of your own), and a
    reason. When all are decided, annotations/gold.json is written.
    """
    from eventbank.corpus import open_corpus
    from eventbank.gold import adjudicate_corpus

    outcome = adjudicate_corpus(open_corpus(root))
    if as_json:
        problems = [problem.to_dict() for problem in outcome.problems]
        _print_json({"differences": outcome.differences, "open": outcome.open, "problems": problems})
    else:
        _report([problem for problem in outcome.problems if problem.code != "E470"], False)
        for doc_id, count in outcome.differences.items():
            click.echo(f"{doc_id:<32}{count:>6} differences")
    refused = any(not problem.is_warning for problem in outcome.problems)
    if not as_json:
        click.echo(f"{outcome.open} open in annotations/decisions.yaml" if refused else "annotations/gold.json written")
    if refused:
        sys.exit(1)


@main.group("label")
def label_group() -> None:
    """Label Studio: the labelling config, and labels of another text."""


@label_group.command("config", epilog="Examples: eventbank label config; eventbank label config --out -")
@click.option("--out", default="", help="File to write; '-' prints. Default: schema/label-studio.xml of the corpus.")
def label_config_command(out: str) -> None:
    """Make the labelling config from schema/ontology.yaml."""
    from eventbank.corpus import open_corpus
    from eventbank.files import write_atomic
    from eventbank.labelstudio.config import label_config
    from eventbank.ontology import load

    corpus = open_corpus()
    xml = label_config(load(corpus.ontology, corpus.relative(corpus.ontology)))
    if out == "-":
        click.echo(xml, nl=False)
        return
    path = Path(out) if out else corpus.label_config
    write_atomic(path, xml.encode("utf-8"))
    click.echo(f"{out or corpus.relative(path)} written")


@label_group.command("rebase", epilog="Example: eventbank label rebase annotations/pass-1.json")
@click.argument("exports", nargs=-1, required=True, type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--drop", is_flag=True, help="Leave out labels that have no place any more, instead of refusing.")
@_JSON
def label_rebase_command(exports: Sequence[Path], drop: bool, as_json: bool) -> None:
    """Move the labels of EXPORTS to the present text of their documents.

    Each file is replaced when all its labels have a place; the labels that have none are listed.
    """
    from eventbank.build import rebase_labels
    from eventbank.corpus import open_corpus

    problems = [problem for export in exports for problem in rebase_labels(open_corpus(export.resolve().parent), export, drop=drop)]
    _report(problems, as_json)
    if problems and not drop:
        sys.exit(1)


def _report(problems: Sequence[Problem], as_json: bool) -> None:
    """Prints problems: as a JSON list on standard output, or one a line, with a count, on standard error."""
    if as_json:
        _print_json({"problems": [problem.to_dict() for problem in problems]})
        return
    for problem in problems:
        click.echo(_printable(str(problem)), err=True)
    errors = sum(not problem.is_warning for problem in problems)
    if problems:
        click.echo(f"{errors} problems, {len(problems) - errors} warnings", err=True)


def _printable(text: str) -> str:
    """The text with control characters escaped, so that input cannot steer the terminal."""
    return "".join(char if char.isprintable() else char.encode("unicode_escape").decode("ascii") for char in text)


def _print_json(value: object) -> None:
    click.echo(json.dumps(value, indent=1, ensure_ascii=True))
