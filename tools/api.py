"""Makes the pages of the Python API from its docstrings, as HTML without a server. `make api` runs it.

usage: python tools/api.py [FOLDER]; without a folder the pages are written to build/api.
"""

from __future__ import annotations

import sys
from pathlib import Path

MODULES = ("eventbank", "eventbank.scoring")
"""What has a page: the names of `__all__` in each."""


def make(folder: Path) -> None:
    """Writes the pages into a folder, over those of an earlier time."""
    import pdoc
    import pdoc.render

    import eventbank

    for name in eventbank.__all__:
        getattr(eventbank, name)  # pdoc looks at what is loaded
    pdoc.render.configure(docformat="google", show_source=False, footer_text="EventBank")
    pdoc.pdoc(*MODULES, output_directory=folder)


if __name__ == "__main__":
    make(Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).parent.parent / "build" / "api")
