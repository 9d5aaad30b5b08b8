"""Commands on several annotators: agree, adjudicate."""

from __future__ import annotations

from pathlib import Path

import click

from eventbank.cli.base import AS_JSON, CORPUS, NEW_FILE, print_json, printable, report, to_json


@click.command("agree", epilog="Examples: eventbank agree; eventbank agree --json --out agreement.json")
@click.option("--out", type=NEW_FILE, help="File to write instead of printing.")
@AS_JSON
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
    text = to_json(found.to_dict()) if as_json else "\n".join(printable(line) for line in table(found))
    if out is None:
        click.echo(text)
    else:
        write_atomic(out, f"{text}\n".encode())
        click.echo(f"{out} written", err=True)


@click.command("adjudicate", epilog="Example: eventbank adjudicate")
@CORPUS
@AS_JSON
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
        print_json({"differences": outcome.differences, "open": outcome.open, "problems": problems})
    else:
        report([problem for problem in outcome.problems if problem.code != "E470"], False)
        for doc_id, count in outcome.differences.items():
            click.echo(f"{doc_id:<32}{count:>6} differences")
    refused = any(not problem.is_warning for problem in outcome.problems)
    if not as_json:
        click.echo(f"{outcome.open} open in annotations/decisions.yaml" if refused else "annotations/gold.json written")
    if refused:
        click.get_current_context().exit(1)
