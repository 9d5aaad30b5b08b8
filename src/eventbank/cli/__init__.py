"""The command line. Each command is a few lines over a public function; whatever it does, Python can do."""

from __future__ import annotations

import click

from eventbank.cli import agreement, corpus, ingest, label, release, research, serve
from eventbank.cli.base import Commands


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="eventbank", message="%(prog)s %(version)s")
def main() -> None:
    """Raw news articles and Label Studio labels to a dataset of events.

    A corpus is a folder with an eventbank.toml; commands find it upward from where you are. They end with 0 when all is well, with 1
    when they found problems, and with 2 when they were called wrongly.
    """


for command in (
    corpus.init_command,
    ingest.ingest_command,
    corpus.build_command,
    corpus.check_command,
    agreement.agree_command,
    agreement.adjudicate_command,
    label.label_group,
    release.diff_command,
    release.release_command,
    release.standoff_command,
    release.hydrate_command,
    release.publish_command,
    release.download_command,
    research.stats_command,
    research.export_command,
    research.import_command,
    research.score_command,
    research.predict_command,
    serve.serve_command,
    serve.site_command,
):
    main.add_command(command)
