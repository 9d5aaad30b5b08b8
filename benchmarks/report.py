"""What the benchmarks share: a measurement in a process of its own, and the section of README.md that a script writes."""

from __future__ import annotations

import os
import platform
import re
import subprocess
import sys
from importlib.metadata import version
from pathlib import Path

README = Path(__file__).with_name("README.md")


def apart(script: str, *words: str) -> list[float]:
    """The numbers that a script prints last when it is called with some words; it runs in a process of its own, on one thread.

    A new process inherits the peak of memory of the one that starts it, so that one should hold nothing large.
    """
    threads = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1")
    done = subprocess.run([sys.executable, script, *words], check=True, capture_output=True, text=True, env=os.environ | threads)
    return [float(word) for word in done.stdout.splitlines()[-1].split()]


def machine(*packages: str) -> str:
    """Where and with what was measured, and what else the machine did."""
    named = ", ".join(f"{name} {version(name)}" for name in packages)
    load = os.getloadavg()[1]
    system = f"{os.cpu_count()} cores, {platform.system()} {platform.machine()}; load average {load:.1f}, this run included"
    return f"{system}. Python {platform.python_version()}, {named}."


def write(script: str, title: str, text: str) -> None:
    """Puts the section of a script into README.md, in the place of its last one or at the end, and prints it."""
    replace(README, Path(script).name, f"## {Path(script).name}: {title}\n\n{text.strip()}")


def replace(path: Path, name: str, text: str) -> None:
    """Puts a text between the marks of a name in a page, or with them at its end, and prints it."""
    section = f"<!-- {name} -->\n{text.strip()}\n<!-- end of {name} -->\n"
    page = path.read_text("utf-8")
    known = re.compile(rf"<!-- {re.escape(name)} -->\n.*?<!-- end of {re.escape(name)} -->\n", re.DOTALL)
    path.write_text(known.sub(lambda _: section, page) if known.search(page) else f"{page.rstrip()}\n\n{section}", "utf-8")
    print(section)
