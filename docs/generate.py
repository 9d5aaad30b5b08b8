"""Makes the pages of docs/ that are rendered from the code: tables.md, problems.md, cli.md, a table of formats.md. `make docs` runs it.

usage: generate.py [FOLDER]; without a folder the pages are written to docs/.
"""

from __future__ import annotations

import importlib
import pkgutil
import sys
from collections.abc import Iterator
from pathlib import Path

import click

import eventbank
from eventbank import ontology
from eventbank.cli import main
from eventbank.errors import CODES
from eventbank.formats.losses import ASPECTS
from eventbank.formats.registry import FORMATS
from eventbank.schemas import describe
from eventbank.tables import TABLES

HERE = Path(__file__).parent
MADE = "<!-- Made by docs/generate.py; do not edit. -->\n\n"
HEAD = "| column | type | what it is |\n|---|---|---|"
TABLES_INTRO = """# Tables

The configs of the dataset. Offsets are code points into `documents.text`, half open, unless the description says tokens. A dotted
name is a field of a struct or of a list of structs.
"""
PROBLEMS_INTRO = """# Problems

Everything that EventBank can report. Codes with E stop a build and end a command with status 1; codes with W are warnings, which
count only with `--strict`. `eventbank check --json` prints them for machines.
"""
HELD, END = "<!-- held: made by docs/generate.py -->", "<!-- end -->"
RANGES = {
    "0": "The corpus folder, its settings, the system",
    "1": "Articles and sources.yaml",
    "2": "Documents: zones, text, alignment, personal data",
    "3": "Label Studio files",
    "4": "The ontology, and layers checked against it",
    "5": "Stories and splits",
    "6": "Releases: building, reading, comparing, releasing, publishing",
    "7": "Scoring, formats, baselines",
    "8": "Ingest and engines",
    "9": "Serving, pages and downloads",
}


def tables() -> str:
    """Every column of every config."""
    scheme = ontology.load(HERE.parent / "schema" / "ontology.yaml")
    parts = [TABLES_INTRO]
    for table in TABLES:
        rows = "\n".join(f"| `{path}` | {kind} | {about.replace('|', chr(92) + '|')} |" for path, kind, about in describe(table, scheme))
        key = ", ".join(f"`{name}`" for name in table.key)
        parts.append(f"## {table.name}\n\nA row is {table.row}. Rows are ordered by {key}.\n\n{HEAD}\n{rows}\n")
    return MADE + "\n".join(parts)


def problems() -> str:
    """Every code with its remedy."""
    for module in pkgutil.walk_packages(eventbank.__path__, "eventbank."):
        if not module.name.endswith("__main__"):
            importlib.import_module(module.name)
    parts = [PROBLEMS_INTRO]
    for digit, title in RANGES.items():
        codes = sorted((code for code in CODES.values() if code.id[1] == digit), key=lambda code: (code.id[1:], code.id))
        rows = "\n".join(f"| {code.id} | {code.title} | {code.remedy} |" for code in codes)
        parts.append(f"## {title}\n\n| code | what is wrong | what to do |\n|---|---|---|\n{rows}\n")
    return MADE + "\n".join(parts)


def commands(command: click.Command, name: str, parent: click.Context | None = None) -> Iterator[tuple[str, str]]:
    """Every command with its help, groups before their members."""
    context = click.Context(command, info_name=name, parent=parent, terminal_width=100, max_content_width=100)
    yield context.command_path, command.get_help(context)
    if isinstance(command, click.Group):
        for member in command.list_commands(context):
            found = command.get_command(context, member)
            assert found is not None
            yield from commands(found, member, context)


def cli() -> str:
    """The help of every command."""
    parts = [f"## {path}\n\n```text\n{text}\n```\n" for path, text in commands(main, "eventbank")]
    return MADE + "# Commands\n\n" + "\n".join(parts)


def formats() -> str:
    """The page on formats with its table of what each holds."""
    written = [form for form in FORMATS.values() if form.dump is not None]
    head = f"| | {' | '.join(f'`{form.name}`' for form in written)} |\n|---|{'---|' * len(written)}"
    aspects = {aspect: about for aspect, about in ASPECTS.items() if any(aspect in form.loses for form in written)}
    rows = [f"| {about} | {' | '.join('no' if aspect in form.loses else 'yes' for form in written)} |" for aspect, about in aspects.items()]
    before, rest = (HERE / "formats.md").read_text("utf-8").split(HELD)
    return f"{before}{HELD}\n\n{head}\n" + "\n".join(rows) + f"\n\n{END}" + rest.partition(END)[2]


PAGES = {"formats.md": formats, "tables.md": tables, "problems.md": problems, "cli.md": cli}

if __name__ == "__main__":
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else HERE
    for page, make in PAGES.items():
        (folder / page).write_text(make(), encoding="utf-8", newline="\n")
