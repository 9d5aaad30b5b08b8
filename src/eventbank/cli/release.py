"""Commands on releases: diff."""

from __future__ import annotations

from pathlib import Path

import click

from eventbank.cli.base import AS_JSON, CORPUS, print_json, printable


@click.command("diff", epilog="Examples: eventbank diff v1.0.0; eventbank diff v1.0.0 v1.1.0 --json; eventbank diff old/dataset dataset")
@click.argument("old")
@click.argument("new", default="")
@CORPUS
@AS_JSON
def diff_command(old: str, new: str, root: Path, as_json: bool) -> None:
    """Show what changed from the release OLD to the release NEW.

    Both are folders, or commits or tags of the corpus's git repository; a folder goes first. Without NEW, dataset/ of the corpus is meant.
    """
    from eventbank.release.diff import diff, lines
    from eventbank.release.snapshot import snapshot

    found = diff(snapshot(old, root), snapshot(new, root))
    if as_json:
        print_json(found.to_dict())
    else:
        click.echo("\n".join(printable(line) for line in lines(found)))
