"""The command line. Each command is a few lines over a public function; whatever it does, Python can do."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from eventbank.errors import Problem


def _remember(ctx: click.Context, _: click.Parameter, value: bool) -> bool:
    ctx.find_root().meta["json"] = value
    return value


_JSON = click.option("--json", "as_json", is_flag=True, callback=_remember, help="Print JSON for machines instead of text.")

_EXPORT = click.Path(exists=True, dir_okay=False, path_type=Path)


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


@main.command("agree", epilog="Examples: eventbank agree; eventbank agree --json --out agreement.json")
@click.option("--out", type=click.Path(dir_okay=False, path_type=Path), help="File to write instead of printing.")
@_JSON
def agree_command(out: Path | None, as_json: bool) -> None:
    """Measure the agreement between the annotators of annotations/, adjudicated labels apart."""
    from eventbank.agreement import agree, passes, table
    from eventbank.corpus import open_corpus
    from eventbank.errors import raise_errors
    from eventbank.files import write_atomic
    from eventbank.inputs import read_documents, read_labels
    from eventbank.ontology import load

    corpus = open_corpus()
    ontology = load(corpus.ontology, corpus.relative(corpus.ontology))
    layers, _, problems = read_labels(corpus, read_documents(corpus)[0], ontology)
    raise_errors(problems)
    found = agree(passes(layers), ontology)
    text = _json(found.to_dict()) if as_json else "\n".join(_printable(line) for line in table(found))
    if out is None:
        click.echo(text)
    else:
        write_atomic(out, f"{text}\n".encode())
        click.echo(f"{out} written", err=True)


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
    """Label Studio: config, push, pull, files, rebase."""


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
    from eventbank.corpus import open_corpus
    from eventbank.inputs import rebase_labels

    left = False
    found: list[Problem] = []
    for export in exports:
        problems = rebase_labels(open_corpus(export.resolve().parent), export, drop=drop)
        found += problems
        left = left or bool(problems and not drop)
        if not as_json:
            _report(problems, False)
            done = "left as it was; --drop leaves these labels out" if problems and not drop else "at the present texts"
            click.echo(f"{export}: {done}", err=bool(problems))
    if as_json:
        _report(found, True)
    if left:
        sys.exit(1)


@label_group.command("import", epilog="Example: eventbank label import export.json --config config.xml --out labels.parquet")
@click.argument("export", type=_EXPORT)
@click.option("--config", type=_EXPORT, help="Labelling config (XML) of the project, where the text is not shown from the key text.")
@click.option("--out", required=True, type=click.Path(dir_okay=False, path_type=Path), help="Parquet file to write.")
@_JSON
def label_import_command(export: Path, config: Path | None, out: Path, as_json: bool) -> None:
    """Turn a Label Studio EXPORT (JSON) into a table, without loss.

    A record that is no task is reported, kept as it is, and comes back when the table is exported. The file is as private as the export.
    """
    from eventbank.labelstudio.transfer import import_file

    done = import_file(export, out, config)
    if as_json:
        facts = {"tasks": done.tasks, "set_aside": done.set_aside, "rows": done.rows}
        _print_json(facts | {"problems": [problem.to_dict() for problem in done.problems]})
    else:
        _report(done.problems, False)
        click.echo(_printable(f"{out} written: {done.tasks} tasks, {done.set_aside} other records set aside, {done.rows} rows"))
    if any(not problem.is_warning for problem in done.problems):
        sys.exit(1)


@label_group.command("export", epilog="Example: eventbank label export labels.parquet --out export.json")
@click.argument("tables", nargs=-1, required=True, type=_EXPORT)
@click.option("--source", default="", help="Name of the export, where the tables hold several.")
@click.option("--out", required=True, type=click.Path(dir_okay=False, path_type=Path), help="JSON file to write.")
@_JSON
def label_export_command(tables: Sequence[Path], source: str, out: Path, as_json: bool) -> None:
    """Make the Label Studio export again from TABLES: the same JSON, value for value.

    The splits of the released table annotations may be given together.
    """
    from eventbank.labelstudio.transfer import export_file

    done = export_file(tables, out, source)
    if as_json:
        _print_json({"source": done.source, "records": done.records})
    else:
        click.echo(_printable(f"{out} written: {done.records} records of {done.source}"))


def _server_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """The options of every command that talks to a server; the key is never one of them."""
    options = (
        click.option("--url", default="", help="Address of the server. Default: LABEL_STUDIO_URL."),
        click.option(
            "--key-file",
            type=click.Path(exists=True, dir_okay=False, path_type=Path),
            help="File that holds the key and nothing else. Default: LABEL_STUDIO_API_KEY.",
        ),
        click.option("--timeout", type=click.FloatRange(min=1), default=120, show_default=True, help="Seconds for an answer."),
        click.option("--project", default="", help="Title or number of the project. Default: the title of the corpus."),
        click.option(
            "--people", type=click.Path(dir_okay=False, path_type=Path), help="List of annotators. Default: in your state folder."
        ),
        click.option("--corpus", "root", type=click.Path(exists=True, path_type=Path), default=".", help="A folder in the corpus."),
    )
    for option in reversed(options):
        command = option(command)
    return command


@label_group.command("push", epilog="Example: eventbank label push --url http://127.0.0.1:8080 --key-file ~/.label-studio-key")
@_server_options
@click.option("--annotations", multiple=True, type=_EXPORT, help="Push the labels of this export as its annotators' own.")
@click.option("--predictions", multiple=True, type=_EXPORT, help="Push the labels of this export as predictions.")
@click.option("--model-version", default="", help="Model version of the predictions. Default: their own, or the annotator.")
@click.option("--create-users", is_flag=True, help="Make accounts under annotators.invalid for annotators who have none.")
@_JSON
def label_push_command(url: str, key_file: Path | None, timeout: float, root: Path, as_json: bool, **how: Any) -> None:
    """Bring the documents, and labels if asked, to a Label Studio server.

    The project is made if it does not exist, with one task per document. What is there already stays and is not sent again.
    """
    from eventbank.corpus import open_corpus
    from eventbank.labelstudio.client import find_server
    from eventbank.labelstudio.sync import push

    pushed = push(open_corpus(root), find_server(url, key_file, timeout), **how)
    if as_json:
        facts = {"project": pushed.project, "title": pushed.title, "url": pushed.url, "created": pushed.created}
        facts |= {"config_updated": pushed.config_updated, "sent": pushed.sent}
        _print_json(facts | {"problems": [problem.to_dict() for problem in pushed.problems]})
        return
    _report(pushed.problems, False)
    sent = ", ".join(f"{count} {kind}" for kind, count in pushed.sent.items()) or "nothing, it has everything"
    made = " (new)" if pushed.created else " (labelling config updated)" if pushed.config_updated else ""
    click.echo(_printable(f"project {pushed.project} {pushed.title!r}{made}: sent {sent}. {pushed.url}"))


@label_group.command("pull", epilog="Example: eventbank label pull --out annotations/pass-2.json")
@_server_options
@click.option(
    "--out", type=click.Path(dir_okay=False, path_type=Path), help="File to write. Default: annotations/label-studio.json of the corpus."
)
@_JSON
def label_pull_command(url: str, key_file: Path | None, timeout: float, root: Path, out: Path | None, as_json: bool, **how: Any) -> None:
    """Bring every annotator's labels, drafts and predictions from a Label Studio server.

    Persons are replaced by numbers; who is who stays in a list outside the corpus. The file is written only when the export is whole.
    """
    from eventbank.corpus import open_corpus
    from eventbank.labelstudio.client import find_server
    from eventbank.labelstudio.sync import pull

    corpus = open_corpus(root)
    pulled = pull(corpus, find_server(url, key_file, timeout), out or corpus.annotations / "label-studio.json", **how)
    if as_json:
        facts = {"path": corpus.relative(pulled.path.absolute()), "project": pulled.project, "counts": pulled.counts}
        _print_json(facts | {"annotators": pulled.annotators, "problems": [problem.to_dict() for problem in pulled.problems]})
    else:
        _report(pulled.problems, False)
        counts = ", ".join(f"{count} {kind}" for kind, count in pulled.counts.items())
        click.echo(f"{corpus.relative(pulled.path.absolute())} written: {counts}; annotators: {', '.join(pulled.annotators) or 'none'}")
    if any(not problem.is_warning for problem in pulled.problems):
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
    click.echo(_json(value))


def _json(value: object) -> str:
    return json.dumps(value, indent=1, ensure_ascii=True)
