"""A real Label Studio server for the tests: one for the whole run, on a free port, in a temporary folder, stopped at the end."""

from __future__ import annotations

import atexit
import importlib.util
import os
import shutil
import sys
import tempfile
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from types import ModuleType
from typing import Any

import httpx
from conftest import ROOT

from eventbank.errors import EventBankError
from eventbank.labelstudio.client import Server, connect

VENV = Path(os.environ.get("EVENTBANK_LABEL_STUDIO", ROOT / ".label-studio" / "venv"))
PASSWORD = "a-long-password-1"


@dataclass(frozen=True)
class Live:
    """The server with both kinds of key of its owner, and what it said to the legacy token before that was allowed."""

    url: str
    email: str
    password: str = field(repr=False)
    personal: str = field(repr=False)
    legacy: str = field(repr=False)
    refusal: str

    @property
    def server(self) -> Server:
        return Server(self.url, self.legacy)

    @property
    def client(self) -> Any:
        return connect(self.server).client

    def user(self, name: str) -> Session:
        """The session of a person who labels here, with an account under the address `<name>@press.example`."""
        address = f"{name}@press.example"
        if address not in {user.email for user in self.client.users.list()}:
            with httpx.Client(base_url=self.url, timeout=60, trust_env=False) as owner:
                log_in(owner, self.email, self.password)
                link = owner.get("/api/invite").json()["invite_url"]
            with httpx.Client(base_url=self.url, timeout=60, trust_env=False) as guest:
                guest.get(link)
                form = {
                    "email": address,
                    "password": PASSWORD,
                    "csrfmiddlewaretoken": guest.cookies["csrftoken"],
                    "allow_newsletters": "false",
                }
                answer = guest.post(link, data=form, headers={"Referer": f"{self.url}{link}"})
                assert answer.status_code == 302, answer.text[:500]
        session = Session(httpx.Client(base_url=self.url, timeout=60, trust_env=False), address)
        log_in(session.http, address, PASSWORD)
        return session


@dataclass(frozen=True)
class Session:
    """A person who has logged in."""

    http: httpx.Client
    address: str

    def post(self, path: str, body: object) -> dict[str, Any]:
        answer = self.http.post(
            path, json=body, headers={"X-CSRFToken": self.http.cookies["csrftoken"], "Referer": str(self.http.base_url)}
        )
        assert answer.status_code == 201, f"{answer.status_code} {answer.text[:500]}"
        found: dict[str, Any] = answer.json()
        return found


def log_in(http: httpx.Client, email: str, password: str) -> None:
    """Logs in as the page does."""
    http.get("/user/login/")
    form = {"email": email, "password": password, "csrfmiddlewaretoken": http.cookies["csrftoken"]}
    answer = http.post("/user/login/", data=form, headers={"Referer": f"{http.base_url}/user/login/"})
    assert answer.status_code == 302, "the login was refused"


@cache
def live() -> Live:
    """The server; started by the first test that asks, as a default server, on which legacy tokens are allowed afterwards."""
    label_studio = tool()
    folder = Path(tempfile.mkdtemp(prefix="eventbank-label-studio-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    running = label_studio.start(VENV, folder, legacy=False)
    atexit.register(label_studio.stop, running)
    with httpx.Client(base_url=running.url, timeout=60, trust_env=False) as http:
        log_in(http, running.email, running.password)
        headers = {"X-CSRFToken": http.cookies["csrftoken"], "Referer": running.url}
        personal = http.post("/api/token/", headers=headers).json()["token"]
        refusal = ""
        try:
            connect(Server(running.url, running.key))
        except EventBankError as error:
            refusal = str(error)
        allow = {"api_tokens_enabled": True, "legacy_api_tokens_enabled": True}
        assert http.post("/api/jwt/settings", headers=headers, json=allow).is_success
    return Live(running.url, running.email, running.password, personal, running.key, refusal)


def tool() -> ModuleType:
    """tools/label_studio.py, which also serves `make label-studio`."""
    spec = importlib.util.spec_from_file_location("label_studio_tool", ROOT / "tools" / "label_studio.py")
    assert spec is not None
    assert spec.loader is not None
    found = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = found
    spec.loader.exec_module(found)
    return found
