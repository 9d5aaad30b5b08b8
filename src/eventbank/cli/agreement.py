"""Commands on several annotators: agree, adjudicate."""

from __future__ import annotations

from pathlib import Path

import click

from eventbank.cli.base import AS_JSON, CORPUS, NEW_FILE, print_json, printable, refuse, report, server_options, to_json


@click.command("agree", epilog="Examples: eventbank agree; eventbank agree --gamma; eventbank agree --json --out agreement.json")
@CORPUS
@click.option("--out", type=NEW_FILE, help="File to write instead of printing.")
@click.option("--gamma", "with_gamma", is_flag=True, help="Compute gamma anew, too, and keep it in annotations/gamma.yaml (slow).")
@AS_JSON
def agree_command(root: Path, out: Path | None, with_gamma: bool, as_json: bool) -> None:
    """Measure the agreement between the annotators of annotations/, adjudicated labels apart."""
    from eventbank.agreement import table
    from eventbank.corpus import open_corpus
    from eventbank.files import write_atomic
    from eventbank.inputs import measure_agreement

    found = measure_agreement(open_corpus(root), with_gamma=with_gamma)
    text = to_json(found.to_dict()) if as_json else "\n".join(printable(line) for line in table(found))
    if out is None:
        click.echo(text)
    else:
        write_atomic(out, f"{text}\n".encode())
        click.echo(f"{out} written", err=True)


@click.command("adjudicate", epilog="Examples: eventbank adjudicate; eventbank adjudicate --push; eventbank adjudicate --pull")
@server_options
@click.option("--push", "way", flag_value="push", help="Make a task of each open difference on a Label Studio server.")
@click.option("--pull", "way", flag_value="pull", help="Bring what was decided there into annotations/decisions.yaml first.")
@AS_JSON
def adjudicate_command(way: str | None, as_json: bool, root: Path, url: str, key_file: Path | None, timeout: float, project: str) -> None:
    """Decide between two passes: differences, decisions, gold.

    Lists the differences in annotations/decisions.yaml. Each needs take (one, other, both, neither) or as (a value of your own), and a
    reason. When all are decided, annotations/gold.json is written. Decisions can be made in the file or in Label Studio.
    """
    from eventbank.corpus import open_corpus
    from eventbank.gold import adjudicate_corpus
    from eventbank.labelstudio.client import find_server
    from eventbank.labelstudio.differences import pull_decisions, push_differences

    corpus = open_corpus(root)
    if way == "push":
        asked = push_differences(corpus, find_server(url, key_file, timeout), project=project)
        if as_json:
            print_json({"project": asked.project, "title": asked.title, "url": asked.url, "created": asked.created, "sent": asked.sent})
        else:
            click.echo(printable(f"project {asked.project} {asked.title!r}: sent {asked.sent} differences. {asked.url}"))
        return
    problems = list(pull_decisions(corpus, find_server(url, key_file, timeout), project=project).problems) if way == "pull" else []
    outcome = adjudicate_corpus(corpus)
    problems += outcome.problems
    if as_json:
        found = [problem.to_dict() for problem in problems]
        print_json({"differences": outcome.differences, "open": outcome.open, "problems": found})
    else:
        report([problem for problem in problems if problem.code != "E470"], False)
        for doc_id, count in outcome.differences.items():
            click.echo(f"{doc_id:<32}{count:>6} differences")
        click.echo("annotations/gold.json written" if outcome.whole else f"{outcome.open} open in annotations/decisions.yaml")
    refuse(problems)
