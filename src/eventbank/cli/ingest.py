"""The command on raw files of any number: ingest."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from eventbank.cli.base import AS_JSON, NEW_FOLDER, print_json


def _tag(_ctx: click.Context, _param: click.Parameter, value: str | None) -> str | None:
    from eventbank.readers.language import is_tag

    if value is not None and not is_tag(value):
        raise click.BadParameter(f"{value!r} is no BCP 47 tag: en, pt-BR")
    return value


@click.command("ingest", epilog="Examples: eventbank ingest crawl/ --out pool; eventbank ingest 'feeds/*.jsonl' --out pool --workers 8")
@click.argument("paths", nargs=-1, required=True)
@click.option("--out", type=NEW_FOLDER, required=True, help="Folder for the result; new, or of a run that was cut off.")
@click.option("--engine", type=click.Choice(["local", "dask"]), default="local", show_default=True, help="Where the work is done.")
@click.option("--workers", type=click.IntRange(1), default=1, show_default=True, help="Processes on this machine.")
@click.option("--scheduler", help="Address of a Dask scheduler that runs already: tcp://host:8786.")
@click.option("--fast", is_flag=True, help="HTML by resiliparse: many times as fast, less precise.")
@click.option("--language", callback=_tag, help="BCP 47 tag of every text; without it, each text's own is identified.")
@AS_JSON
def ingest_command(
    paths: tuple[str, ...], out: Path, engine: str, workers: int, scheduler: str | None, fast: bool, language: str | None, as_json: bool
) -> None:
    """Make Parquet with story clusters of raw files of any number.

    PATHS are files, folders and patterns, of text, HTML, JSON lines, Parquet and WARC, here or wherever fsspec reaches. Every input is in
    documents-*.parquet, or with a code and a reason in rejected-*.parquet. A run that was cut off goes on where it was, and the bytes of
    the result do not depend on engine and workers.
    """
    from eventbank.ingest.run import ingest
    from eventbank.readers.record import Settings

    shown = sys.stderr.isatty()

    def progress(step: str, done: int, total: int) -> None:
        if shown:
            click.echo(f"\r{step} {done} of {total}\033[K", nl=done == total, err=True)

    if scheduler is not None and engine != "dask":
        raise click.UsageError("--scheduler needs --engine dask")
    settings = Settings(fast=fast, language=language)
    try:
        found = ingest(paths, out, engine=engine, workers=workers, scheduler=scheduler, settings=settings, progress=progress)
    except KeyboardInterrupt:
        click.echo(f"Stopped. What is done is kept in {out}: the same command goes on from there.", err=True)
        raise
    counts = {"read": found.read, "taken": found.taken, "rejected": found.rejected, "same_text": found.same_text, "stories": found.stories}
    if as_json:
        print_json(counts | {"out": str(out), "files": len(found.files)})
    else:
        click.echo("  ".join(f"{name} {count:,}" for name, count in counts.items()))
    if found.rejected:
        click.echo(f"{found.rejected:,} inputs were not taken: {out}/rejected-*.parquet says why", err=True)
        click.get_current_context().exit(1)
