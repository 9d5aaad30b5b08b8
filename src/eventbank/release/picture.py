"""`event-types.svg`: how many events of each type every split has, drawn without a library, so that the bytes are the same everywhere.

The picture brings its own ground and follows the reader's choice of light or dark; the splits differ in lightness as well as in hue. What
it shows stands in its description, too, for those who hear it.
"""

from __future__ import annotations

from xml.sax.saxutils import escape

from eventbank.release.content import Release
from eventbank.release.counts import BySplit, counts, total, used
from eventbank.tables import SPLITS

PICTURE = "event-types.svg"
WIDTH, ROW, BAR, MARGIN, HEAD = 760, 22, 14, 16, 64
"""Units of the drawing: its width, the height of a row and of a bar in it, the margin, the room above the first row."""
LETTER, LONGEST = 7.4, 40
"""A generous width of a letter at 13 units of type, and how many letters of a name are shown."""

HEARD = 'role="img" aria-labelledby="title description"'
STYLE = """
.ground{fill:#ffffff;stroke:#d0d7de}.text{fill:#1f2328}.quiet{fill:#59636e}.line{stroke:#d0d7de}
.train{fill:#0b5cad}.validation{fill:#e39b00}.test{fill:#3d9a8b}
text{font:13px system-ui,-apple-system,"Segoe UI",Roboto,"Helvetica Neue",Arial,sans-serif}
.title{font-weight:600;font-size:15px}
@media (prefers-color-scheme:dark){
.ground{fill:#0d1117;stroke:#3d444d}.text{fill:#f0f6fc}.quiet{fill:#9198a1}.line{stroke:#3d444d}
.train{fill:#4a9df0}.validation{fill:#f5c04a}.test{fill:#5cc4b3}
}
"""


def picture(release: Release) -> str | None:
    """The picture of a release as SVG; None if it has no events."""
    found = counts(release).event_types
    names = used(found, release.names["event_types"])
    return _svg(found, names) if names else None


def described(found: BySplit, names: list[str]) -> str:
    """The picture in words."""
    rows = "; ".join(f"{name}: {', '.join(f'{split} {found[split][name]}' for split in SPLITS)}" for name in names)
    return f"{total(found)} events of {len(names)} types. {rows}."


def _svg(found: BySplit, names: list[str]) -> str:
    left = MARGIN + LETTER * min(LONGEST, max(map(len, names))) + 8
    longest = max(sum(found[split][name] for split in SPLITS) for name in names)
    room = WIDTH - left - MARGIN - 8 - LETTER * len(str(longest))
    height = HEAD + ROW * len(names) + MARGIN
    lines = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" width="{WIDTH}" height="{height}" {HEARD}>',
        '<title id="title">Events by type and split</title>',
        f'<desc id="description">{escape(described(found, names))}</desc>',
        f"<style>{STYLE}</style>",
        f'<rect class="ground" x="0.5" y="0.5" width="{WIDTH - 1}" height="{height - 1}" rx="6"/>',
        f'<text class="title text" x="{MARGIN}" y="26">Events by type and split</text>',
        *_legend(found),
        f'<path class="line" d="M{_n(left)} {HEAD - 6}V{HEAD + ROW * len(names)}"/>',
    ]
    for at, name in enumerate(names):
        lines += _row(found, name, HEAD + ROW * at, left, room / longest)
    return "\n".join([*lines, "</svg>", ""])


def _legend(found: BySplit) -> list[str]:
    lines, x = [], float(MARGIN)
    for split in SPLITS:
        said = f"{split} {found[split].total()}"
        lines.append(f'<rect class="{split}" x="{_n(x)}" y="38" width="12" height="12" rx="2"/>')
        lines.append(f'<text class="quiet" x="{_n(x + 18)}" y="49">{said}</text>')
        x += 18 + LETTER * len(said) + 20
    return lines


def _row(found: BySplit, name: str, y: int, left: float, scale: float) -> list[str]:
    """A name, its bar with a part for every split, and the number of all."""
    shown = name if len(name) <= LONGEST else f"{name[: LONGEST - 1]}…"
    baseline = y + ROW - 7
    lines, x = [f'<text class="text" x="{_n(left - 8)}" y="{baseline}" text-anchor="end">{escape(shown)}</text>'], left
    for split in SPLITS:
        width = found[split][name] * scale
        if width:
            lines.append(f'<rect class="{split}" x="{_n(x)}" y="{y + (ROW - BAR) // 2}" width="{_n(width)}" height="{BAR}"/>')
        x += width
    lines.append(f'<text class="quiet" x="{_n(x + 6)}" y="{baseline}">{sum(found[split][name] for split in SPLITS)}</text>')
    return lines


def _n(value: float) -> str:
    """A length with two decimals at most."""
    return f"{value:.2f}".rstrip("0").rstrip(".")
