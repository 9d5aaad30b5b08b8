"""Commands for those who work with a dataset: score."""

from __future__ import annotations

from pathlib import Path

import click

from eventbank.cli.base import AS_JSON, print_json, printable

SIDE = click.Path(exists=True, path_type=Path)
SPLIT = click.option("--split", type=click.Choice(["train", "validation", "test"]), help="One split of a release; all without it.")


@click.command("score", epilog="Example: eventbank score dataset predictions.jsonl --split test")
@click.argument("gold", type=SIDE)
@click.argument("predicted", type=SIDE)
@click.option("--against", type=SIDE, help="Predictions of a second system: test the difference to it instead.")
@SPLIT
@AS_JSON
def score_command(gold: Path, predicted: Path, against: Path | None, split: str | None, as_json: bool) -> None:
    """Score PREDICTED against GOLD: TextEE's metrics, spans of documents, attributes, coreference.

    Both are TextEE records (JSONL), a release folder, or a Parquet file or folder of its events or sentences. Values are percent.
    """
    from eventbank import scoring

    truth, system = scoring.read(gold, split), scoring.read(predicted, split)
    if against is not None:
        paired = scoring.compare(truth, system, scoring.read(against, split))
        found, lines = paired.to_dict, scoring.paired_table(paired)
    else:
        report = scoring.score(truth, system)
        found, lines = report.to_dict, scoring.table(report)
    if as_json:
        print_json(found())
    else:
        click.echo("\n".join(printable(line) for line in lines))
