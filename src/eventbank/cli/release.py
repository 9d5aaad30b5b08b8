"""Commands on releases: diff, standoff, hydrate."""

from __future__ import annotations

from pathlib import Path

import click

from eventbank.cli.base import AS_JSON, CORPUS, FOLDER, NEW_FOLDER, print_json, printable, report


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


@click.command("standoff", epilog="Example: eventbank standoff --out standoff")
@click.option("--out", type=NEW_FOLDER, required=True, help="Folder of the stand-off release; a release that lies there is replaced.")
@CORPUS
@AS_JSON
def standoff_command(out: Path, root: Path, as_json: bool) -> None:
    """Write dataset/ without the texts that may not be passed on.

    Labels stay, as offsets; whoever holds the articles puts the texts back with eventbank hydrate.
    """
    from eventbank.corpus import open_corpus
    from eventbank.release.standoff import standoff

    made = standoff(open_corpus(root), out)
    if as_json:
        print_json({"withheld": made.withheld, "documents": made.documents, "digest": made.digest, "full_digest": made.full_digest})
    else:
        click.echo(f"{out}: texts of {len(made.withheld)} of {made.documents} documents withheld, digest {made.digest[:16]}")


@click.command("hydrate", epilog="Example: eventbank hydrate standoff --articles articles --out full")
@click.argument("release", type=FOLDER)
@click.option("--articles", type=FOLDER, required=True, help="Folder with your copies of the articles, byte for byte.")
@click.option("--out", type=NEW_FOLDER, required=True, help="Folder of the full release; a release that lies there is replaced.")
@AS_JSON
def hydrate_command(release: Path, articles: Path, out: Path, as_json: bool) -> None:
    """Put the texts back into the stand-off release RELEASE."""
    from eventbank.release.hydration import hydrate

    made = hydrate(release, articles, out)
    if as_json:
        print_json({"documents": made.documents, "digest": made.digest, "problems": [problem.to_dict() for problem in made.problems]})
        return
    report(made.problems, False)
    click.echo(f"{out}: texts of {len(made.documents)} documents put back, digest {made.digest[:16]}")
