"""Commands on a whole corpus: init, build, check."""

from __future__ import annotations

import shlex
from pathlib import Path

import click

from eventbank.cli.base import AS_JSON, CORPUS, print_json, refuse, report


@click.command("init", epilog="Example: eventbank init my-corpus")
@click.argument("folder", type=click.Path(path_type=Path))
@AS_JSON
def init_command(folder: Path, as_json: bool) -> None:
    """Start a new corpus in FOLDER."""
    from eventbank.init import init

    corpus = init(folder)
    if as_json:
        print_json({"root": str(corpus.root), "name": corpus.name})
    else:
        click.echo(f"A new corpus is in {folder}. Put articles into {folder / 'articles'}, name each in sources.yaml there, then run:")
        click.echo(f"cd {shlex.quote(str(folder))} && eventbank build")


@click.command("build", epilog="Example: eventbank build --json")
@CORPUS
@AS_JSON
def build_command(root: Path, as_json: bool) -> None:
    """Make dataset/ from articles, annotations and schema."""
    from eventbank.build import build
    from eventbank.corpus import open_corpus

    built = build(open_corpus(root))
    if as_json:
        facts = {"digest": built.digest, "changed": built.changed, "rows": built.rows, "new_documents": built.new_documents}
        print_json(facts | {"problems": [problem.to_dict() for problem in built.problems]})
        return
    report(built.problems, False)
    for name, splits in built.rows.items():
        click.echo(f"{name:<12}" + "".join(f"{split:>12} {rows:>6}" for split, rows in splits.items()))
    if built.new_documents:
        click.echo(f"frozen in schema/splits.csv: {', '.join(built.new_documents)}")
    click.echo(f"dataset/ {'written' if built.changed else 'unchanged'}, digest {built.digest[:16]}")


@click.command("check", epilog="Examples: eventbank check; eventbank check dataset; eventbank check annotations/pass-1.json --json")
@click.argument("path", type=click.Path(exists=True, path_type=Path), default=".")
@click.option("--strict", is_flag=True, help="End with 1 for warnings, too.")
@AS_JSON
def check_command(path: Path, strict: bool, as_json: bool) -> None:
    """Look for problems in a corpus, a release folder or one Label Studio export (PATH; default: the corpus around you)."""
    from eventbank.verify import check

    problems = check(path)
    report(problems, as_json)
    if not problems and not as_json:
        click.echo("no problem found")
    refuse(problems, strict)
