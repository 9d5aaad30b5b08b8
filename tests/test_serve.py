"""`eventbank serve` as a process: how it starts, whom it refuses, how it stops."""

from __future__ import annotations

import logging
import signal
import socket
import urllib.error
import urllib.request
from pathlib import Path

import pytest
from click.testing import CliRunner
from editions import running

from eventbank.cli import main
from eventbank.errors import EventBankError
from eventbank.hub.access import access
from eventbank.hub.server import application
from eventbank.hub.shelf import Shelf


def refused(*words: str | Path) -> str:
    found = CliRunner().invoke(main, ["serve", *map(str, words)])
    assert found.exit_code == 1, found.output
    return found.stderr


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (b"", "it is empty"),
        (b" \n", "it is empty"),
        (b"short", "fewer than 16"),
        (b"a" * 4097, "more than 4,096"),
        (b"two words of a token file", "not allowed"),
        ("тайна-тайна-тайна".encode(), "not ASCII"),
        (b"a" * 16 + b"\nb", "several lines"),
    ],
)
def test_e903_a_token_file_that_cannot_be_used_and_not_a_word_of_it(content: bytes, why: str, release: Path, tmp_path: Path) -> None:
    (tmp_path / "token").write_bytes(content)
    said = refused(release, "--token-file", tmp_path / "token")
    assert "E903" in said
    assert why in said
    assert not content.strip() or content.decode().strip() not in said


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.0.2.1", ""])
def test_e904_an_address_that_others_reach_needs_a_token(host: str, release: Path) -> None:
    assert "E904" in refused(release, "--host", host)
    assert access(None, host, without_token=True).token is None


@pytest.mark.parametrize("host", ["127.0.0.1", "127.8.8.8", "::1", "localhost"])
def test_loopback_needs_no_token(host: str) -> None:
    assert access(None, host).local
    assert not access(None, host, without_token=True).local


def test_e905_without_the_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(__import__("sys").modules, "starlette.applications", None)
    with pytest.raises(EventBankError, match="E905"):
        application(Shelf(()))


def test_e906_a_port_that_is_taken(release: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        said = refused(release, "--port", str(taken.getsockname()[1]))
    assert "E906" in said
    assert "in use" in said


@pytest.mark.parametrize("host", ["192.0.2.1", "no-such-host.invalid", "a" * 70])
def test_e906_a_host_that_this_machine_does_not_have_is_not_blamed_on_the_port(host: str, release: Path) -> None:
    said = refused(release, "--host", host, "--port", "0", "--without-token")
    assert "E906" in said
    assert "--host" in said
    assert "--port" not in said


def test_e907_what_is_open_to_all_needs_a_token_for_the_rest(release: Path) -> None:
    assert "E907" in refused(release, "--open-standoff")
    assert "E907" in refused(release, "--open-standoff", "--without-token")


def test_the_handlers_of_others_stay_open(release: Path) -> None:
    closed = []

    class Handler(logging.Handler):
        def close(self) -> None:
            closed.append(self)
            super().close()

    held = Handler()
    with socket.create_server(("127.0.0.1", 0)) as taken:
        refused(release, "--port", str(taken.getsockname()[1]))
    assert not closed
    held.close()


@pytest.mark.server
@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_it_with_0(how: signal.Signals, release: Path) -> None:
    with running(release) as server:
        urllib.request.urlopen(f"{server.url}/api/datasets").read()
        server.process.send_signal(how)
        assert server.process.wait(20) == 0
    with pytest.raises(urllib.error.URLError):
        urllib.request.urlopen(f"{server.url}/api/datasets")
