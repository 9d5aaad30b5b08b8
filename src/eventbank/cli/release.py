"""Commands on releases: diff, release, standoff, hydrate, publish, download."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from eventbank.cli.base import AS_JSON, CORPUS, FILE, FOLDER, NEW_FOLDER, print_json, printable, progress_bar, report


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


@click.command("release", epilog="Examples: eventbank release; eventbank release 1.1.0; eventbank release 1.0.1 --because 'a typing error'")
@click.argument("version", default="")
@click.option("--since", default="", help="Folder, commit or tag of the last release. Default: its tag, else dataset/.")
@click.option("--because", default="", help="Why VERSION is a smaller step than the difference asks for.")
@click.option("--no-git", is_flag=True, help="Neither commit nor tag.")
@click.option("--strict", is_flag=True, help="Let warnings count as problems.")
@CORPUS
@AS_JSON
def release_command(version: str, since: str, because: str, no_git: bool, strict: bool, root: Path, as_json: bool) -> None:
    """Release VERSION of the corpus; without VERSION, say which should come next, and why.

    Major: labels change their meaning, or the ontology or columns break. Minor: new documents or labels. Patch: corrections. Writes the
    version into eventbank.toml, dataset/, the changelog and schema/releases.csv, commits these and tags the commit. A release that was
    cut off is finished by the same command.
    """
    from eventbank.corpus import open_corpus
    from eventbank.release.versions import propose, release

    corpus = open_corpus(root)
    if not version:
        plan = propose(corpus, since)
        facts = {
            "version": str(plan.version),
            "step": plan.step,
            "reasons": plan.reasons,
            "last": str(plan.last.version) if plan.last else None,
        }
        if as_json:
            print_json(facts | {"problems": [problem.to_dict() for problem in plan.problems]})
            return
        report(plan.problems, False)
        what = f"nothing has changed since {facts['last']}" if plan.step == "none" else f"{plan.version} ({plan.step})"
        click.echo("\n".join(printable(line) for line in (what, *(f"  {reason}" for reason in plan.reasons))))
        return
    done = release(corpus, version, since=since, because=because, git=not no_git, strict=strict)
    if as_json:
        facts = {"version": version, "digest": done.digest, "date": done.date.isoformat(), "commit": done.commit, "tag": done.tag}
        print_json(facts | {"done": done.done, "problems": [problem.to_dict() for problem in done.problems]})
        return
    report(done.problems, False)
    what = f"released: {', '.join(done.done)}" if done.done else "was released before: nothing to do"
    click.echo(printable(f"{version}, digest {done.digest[:16]}, {what}"))
    if done.tag and done.done:
        click.echo(f"tag {done.tag} is on commit {done.commit[:12]}; bring both to others with: git push --follow-tags")


@click.command("publish", epilog="Example: eventbank publish owner/name --release standoff --private")
@click.argument("repo")
@click.option("--release", "folder", type=FOLDER, help="Release folder. Default: dataset/ of the corpus around you.")
@click.option("--texts", is_flag=True, help="Publish texts that their pages do not allow to be passed on.")
@click.option("--private", is_flag=True, help="Publish to a private repository only; a new one is made so.")
@click.option("--endpoint", default=None, help="Address of the Hub. Default: HF_ENDPOINT, else the public one.")
@AS_JSON
def publish_command(repo: str, folder: Path | None, as_json: bool, **how: Any) -> None:
    """Bring a release to the dataset repository REPO (owner/name) of the Hugging Face Hub, and tag it with its version.

    The token is taken from HF_TOKEN or from hf auth login. Running it again finishes what was cut off, or finds nothing to do.
    """
    from eventbank.corpus import open_corpus
    from eventbank.release.publish import publish

    done = publish(folder or open_corpus().dataset, repo, **how)
    if as_json:
        print_json({"url": done.url, "version": done.version, "digest": done.digest, "commit": done.commit, "changed": done.changed})
    else:
        what = "published" if done.changed else "was published before, nothing to do"
        click.echo(printable(f"{done.version}, digest {done.digest[:16]}, {what}: {done.url}"))


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


@click.command("download", epilog="Example: eventbank download http://127.0.0.1:8000/datasets/owner/name --version 1.0.0 --to release")
@click.argument("url")
@click.option("--to", "to", type=NEW_FOLDER, required=True, help="Folder of the release; it appears when the release is whole.")
@click.option("--version", default="", help="Version (1.0.0), tag or commit. Default: the one in URL, else main.")
@click.option("--token-file", type=FILE, help="File that holds the token for this server and nothing else. Default: HF_TOKEN, see below.")
@click.option("--replace", is_flag=True, help="Take the place of another release that lies in the folder.")
@click.option("--workers", type=click.IntRange(1, 32), default=4, show_default=True, help="Files that come at the same time.")
@click.option("--timeout", type=click.FloatRange(min=1), default=60, show_default=True, help="Seconds that the server may be silent.")
@AS_JSON
def download_command(url: str, to: Path, as_json: bool, **how: Any) -> None:
    """Fetch a release from a server, verified against its manifest.

    URL is the address of a repository of eventbank serve or of any Hub (http://host/datasets/owner/name, also as a browser shows it), or
    owner/name for the server in HF_ENDPOINT. HF_TOKEN is sent to that server only, for any other give --token-file. A run that was cut off
    is finished by the same command.
    """
    from eventbank.hub.download import download

    with progress_bar(str(to)) as progress:
        done = download(url, to, progress=progress, **how)
    facts = {name: getattr(done, name) for name in ("url", "version", "digest", "commit", "files", "size", "fetched", "changed")}
    if as_json:
        print_json({"folder": str(done.folder), **facts})
        return
    what = (
        f"{done.files} files, {done.size:,} bytes, {done.fetched:,} of them fetched" if done.changed else "was there before, nothing to do"
    )
    click.echo(printable(f"{to}: {done.version}, digest {done.digest[:16]}, {what}"))
