"""Commands for those who work with a dataset: stats, export, import, score, predict."""

from __future__ import annotations

from pathlib import Path

import click

from eventbank.cli.base import AS_JSON, CORPUS, FOLDER, NEW_FILE, NEW_FOLDER, print_json, printable, refuse, report
from eventbank.formats.registry import FORMATS, POLECAT

SIDE = click.Path(exists=True, path_type=Path)
SPLIT = click.option("--split", type=click.Choice(["train", "validation", "test"]), help="One split of a release; all without it.")
WRITTEN = click.Choice([*(name for name, form in FORMATS.items() if form.dump is not None), POLECAT])


@click.command("stats", epilog="Examples: eventbank stats; eventbank stats dataset --split test --plots plots")
@click.argument("release", type=FOLDER, required=False)
@click.option("--plots", type=NEW_FOLDER, help="Folder to draw the numbers into, as SVG and PNG.")
@SPLIT
@AS_JSON
def stats_command(release: Path | None, plots: Path | None, split: str | None, as_json: bool) -> None:
    """Count what is in a release (RELEASE; default: that of the corpus around you)."""
    from eventbank.corpus import open_corpus
    from eventbank.released import load_release
    from eventbank.statistics import read_agreement, statistics, table

    folder = release or open_corpus().dataset
    found = statistics(load_release(folder, split), read_agreement(folder))
    if plots is not None:
        from eventbank.plots import draw

        click.echo(f"{len(draw(found, plots))} files written to {plots}", err=True)
    if as_json:
        print_json(found.to_dict())
    else:
        click.echo("\n".join(printable(line) for line in table(found)))


@click.command("export", epilog="Examples: eventbank export brat --out brat; eventbank export textee dataset --split test --out test")
@click.argument("format", type=WRITTEN, metavar="FORMAT")
@click.argument("path", type=click.Path(exists=True, path_type=Path), default=".")
@click.option("--out", required=True, type=NEW_FOLDER, help="Folder to write.")
@SPLIT
@AS_JSON
def export_command(format: str, path: Path, out: Path, split: str | None, as_json: bool) -> None:  # noqa: A002
    """Write labels in another FORMAT, and list what it cannot hold.

    PATH is a corpus (the default: the one around you), a release folder or a Label Studio export; polecat takes a release only. The list is
    losses.json beside the files.
    """
    from eventbank.exports import REPORT, export
    from eventbank.formats.losses import ASPECTS

    done = export(path, format, out, split or "")
    if as_json:
        print_json(done.to_dict())
        return
    click.echo(printable(f"{out} written: {done.documents} documents, {len(done.files)} files"))
    for aspect, count in done.counts.items():
        click.echo(f"not held: {count:>6} {aspect} ({ASPECTS[aspect]})", err=True)
    click.echo(f"what the format does not hold is listed in {out / REPORT}" if done.losses else "nothing was lost", err=True)


@click.command("import", epilog="Example: eventbank import brat their-folder --out new --repair")
@click.argument("format", type=click.Choice(list(FORMATS)), metavar="FORMAT")
@click.argument("path", type=click.Path(exists=True, path_type=Path))
@click.option("--out", required=True, type=NEW_FOLDER, help="Folder to write.")
@click.option("--annotator", type=click.IntRange(min=1), default=1, show_default=True, help="Number that stands for whoever labelled.")
@click.option("--repair", is_flag=True, help="Shift spans back where all of a document are shifted alike.")
@CORPUS
@AS_JSON
def import_command(format: str, path: Path, out: Path, annotator: int, repair: bool, root: Path, as_json: bool) -> None:  # noqa: A002
    """Turn a file or folder of another FORMAT into articles and labels.

    --out gets articles/ with sources.yaml, annotations/ with a Label Studio export, and report.json with what was left out or mended.
    """
    from eventbank.imports import REPORT, import_

    done = import_(path, format, out, root, annotator=f"annotator-{annotator}", repair=repair)
    if as_json:
        print_json(done.to_dict())
    else:
        report(done.problems, False)
        click.echo(printable(f"{out} written: {done.documents} documents, {done.mentions} mentions, {done.events} events; see {REPORT}"))
    refuse(done.problems)


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


@click.command("predict", epilog="Example: eventbank predict dictionary dataset --split test --out predictions.jsonl")
@click.argument("model", metavar="MODEL")
@click.argument("docs", type=FOLDER)
@click.option("--out", type=NEW_FILE, required=True, help="File to write: a TextEE record for each sentence.")
@click.option("--label-studio", "tasks", type=NEW_FILE, help="File to write for annotators: tasks with the predictions, for label push.")
@click.option("--train", "training", type=FOLDER, help="Release whose train split to learn from; DOCS by default.")
@click.option("--save", type=NEW_FILE, help="File to keep the trained model in.")
@SPLIT
@CORPUS
@AS_JSON
def predict_command(
    model: str,
    docs: Path,
    out: Path,
    tasks: Path | None,
    training: Path | None,
    save: Path | None,
    split: str | None,
    root: Path,
    as_json: bool,
) -> None:
    """Label the documents of a release (DOCS) with a baseline.

    MODEL is dictionary or linear, which are trained on the spot, or a file that --save has written. The labels of DOCS are not looked at
    but for training.
    """
    from eventbank.baselines.models import predict_release
    from eventbank.corpus import open_corpus
    from eventbank.inputs import read_ontology

    done = predict_release(model, docs, split, read_ontology(open_corpus(root)), training or docs)
    done.write(out, tasks, save)
    if as_json:
        print_json({"model": done.name, "documents": len(done.documents), "records": len(done.records)})
    else:
        click.echo(f"{out} written: {len(done.records)} sentences of {len(done.documents)} documents by {done.name}")
