"""A Label Studio server on loopback: for trying out (`make label-studio`), and for the tests.

usage: label_studio.py VENV FOLDER [PORT]

The server runs in VENV, keeps everything in FOLDER (SQLite), and listens on 127.0.0.1 alone. The password and the key of its one
user are made at the first start and kept in FOLDER, readable for the owner only. Nothing is reported to anybody.
"""

from __future__ import annotations

import json
import os
import secrets
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from dataclasses import dataclass, field
from pathlib import Path

HOST = "127.0.0.1"
EMAIL = "admin@eventbank.invalid"
READY_WAIT = 600.0
STOP_WAIT = 20.0


@dataclass(frozen=True)
class Running:
    """A server that answers, with the user who may do everything on it. `process` leads a group of its own."""

    url: str
    email: str
    password: str = field(repr=False)
    key: str = field(repr=False)
    log: Path
    process: subprocess.Popen[bytes]


def start(venv: Path, folder: Path, port: int = 0, *, legacy: bool = True) -> Running:
    """Starts a server and waits until it answers.

    Args:
        venv: the virtual environment that has label-studio.
        folder: where its data, its log and its key are; made if need be.
        port: 0 takes a free one.
        legacy: whether the key, a legacy token, is accepted; a server of these days refuses it unless told so at its first start.

    Raises:
        RuntimeError: there is no such program, it ended, or it did not answer in time; the message ends with the end of its log.
    """
    program = (venv / "bin" / "label-studio").absolute()
    if not program.exists():
        raise RuntimeError(f"{program} does not exist; run: make .label-studio/venv/.installed")
    (folder / "data").mkdir(parents=True, exist_ok=True)
    secret = _secret(folder / "key.json")
    port = _free_port(port)
    log = (folder / "server.log").absolute()
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("LABEL_STUDIO", "DJANGO", "PIP_", "PYTHON"))}
    environment |= {
        "LABEL_STUDIO_BASE_DATA_DIR": str((folder / "data").absolute()),
        "LABEL_STUDIO_HOST": f"http://{HOST}:{port}",
        "LABEL_STUDIO_USERNAME": EMAIL,
        "LABEL_STUDIO_PASSWORD": secret["password"],
        "LABEL_STUDIO_USER_TOKEN": secret["key"],
        "LABEL_STUDIO_ENABLE_LEGACY_API_TOKEN": "true" if legacy else "false",
        "LABEL_STUDIO_COLLECT_ANALYTICS": "false",
        "LABEL_STUDIO_LATEST_VERSION_CHECK": "false",
        "LABEL_STUDIO_SENTRY_DSN": "",
        "LABEL_STUDIO_FRONTEND_SENTRY_DSN": "",
    }
    words = [str(program), "start", "--no-browser", "--internal-host", HOST, "--port", str(port)]
    with log.open("ab") as sink:
        process = subprocess.Popen(
            words, cwd=folder, env=environment, stdin=subprocess.DEVNULL, stdout=sink, stderr=subprocess.STDOUT, start_new_session=True
        )
    running = Running(f"http://{HOST}:{port}", EMAIL, secret["password"], secret["key"], log, process)
    try:
        _wait(running)
    except BaseException:
        stop(running)
        raise
    return running


def stop(running: Running) -> None:
    """Ends the server that `start` has started, and all its processes."""
    for number, patience in ((signal.SIGTERM, STOP_WAIT), (signal.SIGKILL, None)):
        if running.process.poll() is None:
            os.killpg(running.process.pid, number)
            try:
                running.process.wait(patience)
            except subprocess.TimeoutExpired:
                continue


def _wait(running: Running) -> None:
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    deadline = time.monotonic() + READY_WAIT
    while time.monotonic() < deadline:
        if running.process.poll() is not None:
            raise RuntimeError(f"the server ended with {running.process.returncode}\n{_tail(running.log)}")
        try:
            with opener.open(f"{running.url}/health", timeout=5):
                return
        except (urllib.error.URLError, OSError):
            time.sleep(0.3)
    raise RuntimeError(f"the server did not answer within {READY_WAIT:.0f} seconds\n{_tail(running.log)}")


def _tail(log: Path) -> str:
    return "\n".join(log.read_text("utf-8", "replace").splitlines()[-20:])


def _secret(path: Path) -> dict[str, str]:
    """The password and key kept at `path`, made if there are none yet; nobody but the owner can read the file."""
    if not path.exists():
        made = {"password": secrets.token_urlsafe(12), "key": secrets.token_hex(20)}
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
            json.dump(made, file)
    found: dict[str, str] = json.loads(path.read_text("utf-8"))
    return found


def _free_port(port: int) -> int:
    """The port itself if nobody has it, or for 0 any that is free. Label Studio would take another one without a word."""
    with socket.socket() as one:
        one.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            one.bind((HOST, port))
        except OSError:
            raise RuntimeError(f"port {port} is taken; name another one: make label-studio PORT=8081") from None
        found: int = one.getsockname()[1]
    return found


def main(venv: str, folder: str, port: str = "8080") -> None:
    """Runs a server until Ctrl-C; shows the password and the key when they have been made."""
    is_new = not (Path(folder) / "key.json").exists()
    sys.stdout.write("Label Studio starts; the first time this takes a minute.\n")
    running = start(Path(venv), Path(folder), int(port))
    sys.stdout.write(f"It is at {running.url}. Ctrl-C stops it; its log is {running.log}.\n")
    if is_new:
        sys.stdout.write(f"user      {running.email}\npassword  {running.password}\nkey       {running.key}\n")
        sys.stdout.write(f"export LABEL_STUDIO_URL={running.url} LABEL_STUDIO_API_KEY={running.key}\n")
    sys.stdout.write(f"User, password and key are shown once and kept in {Path(folder) / 'key.json'}.\n")
    sys.stdout.flush()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    try:
        running.process.wait()
    except KeyboardInterrupt:
        sys.stdout.write("\nLabel Studio stops.\n")
    finally:
        stop(running)


if __name__ == "__main__":
    try:
        main(*sys.argv[1:])
    except RuntimeError as error:
        sys.exit(str(error))
    except KeyboardInterrupt:
        sys.exit(130)
