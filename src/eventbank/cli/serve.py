"""Commands that bring releases over HTTP."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from eventbank.cli.base import AS_JSON, FILE, FOLDER, NEW_FOLDER, print_json, printable, report

if TYPE_CHECKING:
    from eventbank.hub.shelf import Shelf


@click.command("serve", epilog="Example: eventbank serve releases --port 8000 --token-file ~/.eventbank-token")
@click.argument("folders", metavar="[DIR]...", nargs=-1, type=FOLDER)
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen at.")
@click.option("--port", type=click.IntRange(0, 65535), default=8000, show_default=True, help="Port to listen at; 0 takes a free one.")
@click.option("--token-file", type=FILE, help="File with the token that every reader must send, and nothing else.")
@click.option("--open-standoff", is_flag=True, help="Show stand-off releases to readers without the token, too.")
@click.option("--without-token", is_flag=True, help="Let everybody read who can reach the address, from other machines and by any name.")
@click.option("--log", is_flag=True, help="Write a line for each request to standard error.")
@AS_JSON
def serve_command(
    folders: tuple[Path, ...],
    host: str,
    port: int,
    token_file: Path | None,
    open_standoff: bool,
    without_token: bool,
    log: bool,
    as_json: bool,
) -> None:
    """Serve releases to load_dataset and other clients of the Hugging Face Hub, to whatever reads Parquet from a URL, and to browsers.

    DIR is a corpus, a release folder, or a folder that holds release folders; by default the corpus around you, with the versions that its
    git repository has tags of. Clients find the server through HF_ENDPOINT, and send the token from HF_TOKEN.
    """
    from eventbank.hub.access import access
    from eventbank.hub.server import serve

    who = access(token_file, host, open_standoff=open_standoff, without_token=without_token)

    def started(url: str, shelf: Shelf) -> None:
        there = {repo: [edition.version for edition in shelf.versions(repo)] for repo in shelf.repos}
        if as_json:
            print_json({"url": url, "repos": there})
            return
        for repo, versions in there.items():
            click.echo(printable(f"{repo}: {', '.join(versions)}"))
        click.echo(f"at {url}; stop with Ctrl-C. Clients of the Hub find it with: export HF_ENDPOINT={url}")

    serve(folders, host, port, who, log=log, started=started)


@click.command("site", epilog="Example: eventbank site --out site")
@click.argument("release", type=FOLDER, required=False)
@click.option("--out", required=True, type=NEW_FOLDER, help="Folder to write; a site in it is replaced.")
@click.option("--articles", type=FOLDER, help="Folder of raw pages. Default: that of the corpus, if the release is its dataset/.")
@click.option("--cache", type=NEW_FOLDER, help="Folder for side indexes. Default: EVENTBANK_CACHE, else the user's folder of caches.")
@AS_JSON
def site_command(release: Path | None, out: Path, articles: Path | None, cache: Path | None, as_json: bool) -> None:
    """Write the pages of a release (RELEASE; default: that of the corpus around you) as plain files, for static hosting.

    The site shows what the release holds, texts included. It needs no server: a browser can open index.html in the folder.
    """
    from eventbank.corpus import open_corpus
    from eventbank.hub.site import site

    done = site(release or open_corpus().dataset, out, articles, cache)
    if as_json:
        found = {"pages": done.pages, "documents": done.documents, "bytes": done.size}
        print_json(found | {"problems": [problem.to_dict() for problem in done.problems]})
        return
    report(done.problems, False)
    click.echo(printable(f"{out} written: {done.pages} pages of {done.documents} documents, {done.size / 1e6:.1f} MB"))
