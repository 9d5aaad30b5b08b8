"""The group `label`: Label Studio, live and by file."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from eventbank.cli.base import AS_JSON, FILE, NEW_FILE, print_json, printable, refuse, report, server_options

if TYPE_CHECKING:
    from eventbank.errors import Problem


_PEOPLE = click.option("--people", type=NEW_FILE, help="List of annotators. Default: in your state folder.")


@click.group("label")
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
@click.argument("exports", nargs=-1, required=True, type=FILE)
@click.option("--drop", is_flag=True, help="Leave out labels that have no place any more, instead of refusing.")
@AS_JSON
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
            report(problems, False)
            done = "left as it was; --drop leaves these labels out" if problems and not drop else "at the present texts"
            click.echo(f"{export}: {done}", err=bool(problems))
    if as_json:
        report(found, True)
    if left:
        click.get_current_context().exit(1)


@label_group.command("import", epilog="Example: eventbank label import export.json --config config.xml --out labels.parquet")
@click.argument("export", type=FILE)
@click.option("--config", type=FILE, help="Labelling config (XML) of the project, where the text is not shown from the key text.")
@click.option("--out", required=True, type=NEW_FILE, help="Parquet file to write.")
@AS_JSON
def label_import_command(export: Path, config: Path | None, out: Path, as_json: bool) -> None:
    """Turn a Label Studio EXPORT (JSON) into a table, without loss.

    A record that is no task is reported, kept as it is, and comes back when the table is exported. The file is as private as the export.
    """
    from eventbank.labelstudio.transfer import import_file

    done = import_file(export, out, config)
    if as_json:
        facts = {"tasks": done.tasks, "set_aside": done.set_aside, "rows": done.rows}
        print_json(facts | {"problems": [problem.to_dict() for problem in done.problems]})
    else:
        report(done.problems, False)
        click.echo(printable(f"{out} written: {done.tasks} tasks, {done.set_aside} other records set aside, {done.rows} rows"))
    refuse(done.problems)


@label_group.command("export", epilog="Example: eventbank label export labels.parquet --out export.json")
@click.argument("tables", nargs=-1, required=True, type=FILE)
@click.option("--source", default="", help="Name of the export, where the tables hold several.")
@click.option("--out", required=True, type=NEW_FILE, help="JSON file to write.")
@AS_JSON
def label_export_command(tables: Sequence[Path], source: str, out: Path, as_json: bool) -> None:
    """Make the Label Studio export again from TABLES: the same JSON, value for value.

    The splits of the released table annotations may be given together.
    """
    from eventbank.labelstudio.transfer import export_file

    done = export_file(tables, out, source)
    if as_json:
        print_json({"source": done.source, "records": done.records})
    else:
        click.echo(printable(f"{out} written: {done.records} records of {done.source}"))


@label_group.command("push", epilog="Example: eventbank label push --url http://127.0.0.1:8080 --key-file ~/.label-studio-key")
@server_options
@_PEOPLE
@click.option("--annotations", multiple=True, type=FILE, help="Push the labels of this export as its annotators' own.")
@click.option("--predictions", multiple=True, type=FILE, help="Push the labels of this export as predictions.")
@click.option("--model-version", default="", help="Model version of the predictions. Default: their own, or the annotator.")
@click.option("--create-users", is_flag=True, help="Make accounts under annotators.invalid for annotators who have none.")
@AS_JSON
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
        print_json(facts | {"problems": [problem.to_dict() for problem in pushed.problems]})
        return
    report(pushed.problems, False)
    sent = ", ".join(f"{count} {kind}" for kind, count in pushed.sent.items()) or "nothing, it has everything"
    made = " (new)" if pushed.created else " (labelling config updated)" if pushed.config_updated else ""
    click.echo(printable(f"project {pushed.project} {pushed.title!r}{made}: sent {sent}. {pushed.url}"))


@label_group.command("pull", epilog="Example: eventbank label pull --out annotations/pass-2.json")
@server_options
@_PEOPLE
@click.option("--out", type=NEW_FILE, help="File to write. Default: annotations/label-studio.json of the corpus.")
@AS_JSON
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
        print_json(facts | {"annotators": pulled.annotators, "problems": [problem.to_dict() for problem in pulled.problems]})
    else:
        report(pulled.problems, False)
        counts = ", ".join(f"{count} {kind}" for kind, count in pulled.counts.items())
        click.echo(f"{corpus.relative(pulled.path.absolute())} written: {counts}; annotators: {', '.join(pulled.annotators) or 'none'}")
    refuse(pulled.problems)
