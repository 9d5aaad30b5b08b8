"""Where a release is: the address that a user types or copies from a browser, taken apart."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from urllib.parse import quote, unquote, urlsplit

from eventbank.errors import Code, EventBankError, Place

ADDRESS = Code(
    "E920",
    "the address names no release",
    "Give it as http://host:port/datasets/owner/name, or owner/name for the server in HF_ENDPOINT (default: the Hugging Face Hub).",
)
PUBLIC = "https://huggingface.co"
"""The server that is meant when neither the address nor HF_ENDPOINT names one."""

_NAME = r"[A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?"
_REPO = re.compile(rf"{_NAME}/{_NAME}")
_SHORT = re.compile(rf"(?:hf://datasets/)?({_NAME}/{_NAME})(?:@([^/?#]+))?(?:/.*)?", re.DOTALL)
_REVISION = re.compile(r"[A-Za-z0-9][A-Za-z0-9._/+-]*")
_VERSION = re.compile(r"\d+\.\d+\.\d+(?:[-+][A-Za-z0-9.-]+)?")
DATASETS, PAGES = "datasets", "corpora"
"""What stands before the name of a repository, in the addresses of a Hub and in those of our pages."""

_USER = re.compile(r"^([A-Za-z][A-Za-z0-9+.-]*:/*|//)[^/]*@")
"""What stands before the host, with the name or password there."""

_LEADS = frozenset({"tree", "blob", "resolve", "raw"})
"""What stands between repository and revision in the addresses of a Hub."""

Origin = tuple[str, str, int]
"""Scheme, host and port: what a token is given for."""


@dataclass(frozen=True)
class Address:
    """A repository on a server. `endpoint` ends without a slash; `repo` and `revision` are empty where the address names none."""

    endpoint: str
    repo: str
    revision: str = ""

    @property
    def origin(self) -> Origin:
        """Whom the server's token may be sent to."""
        return origin(self.endpoint)

    @property
    def url(self) -> str:
        """The address of the repository."""
        return f"{self.endpoint}/{DATASETS}/{self.repo}"

    def file(self, revision: str, path: str) -> str:
        """The address of a file at a revision."""
        return f"{self.url}/resolve/{quote(revision, safe='')}/{quote(path)}"


def origin(url: str) -> Origin:
    """Scheme, host in lower case, and port of an address with http or https.

    Raises:
        ValueError: if it has none.
    """
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise ValueError("it does not begin with http:// or https:// and a host")
    return parts.scheme, parts.hostname, parts.port or (443 if parts.scheme == "https" else 80)


def standard() -> str:
    """The server that huggingface_hub talks to, and that HF_TOKEN is for: HF_ENDPOINT, or the Hugging Face Hub."""
    return (os.environ.get("HF_ENDPOINT", "").strip() or PUBLIC).rstrip("/")


def parse(text: str, version: str = "") -> Address:
    """The address in what a user typed.

    Understood are the address of a repository (`http://host/datasets/owner/name`, also without `datasets`), whatever a browser shows
    below it (`…/tree/v1.0.0`, `…/resolve/v1.0.0/README.md`; everything after the revision is left out), the pages of `eventbank serve`
    (`http://host/corpora/owner/name/v1.0.0/index.html`), `http://host` for the only repository of a server, and
    `hf://datasets/owner/name@v1.0.0` and `owner/name`, both on the server in HF_ENDPOINT.

    Args:
        version: a version (`1.0.0`, then its tag is meant), or any revision (`v1.0.0`, `main`, a commit).

    Raises:
        EventBankError: E920, if there is no server in it or what cannot be a repository, if it holds a name or password, or if two
            versions are asked for.
    """
    place = Place(file=_shown(text))
    short = _SHORT.fullmatch(text)
    if short and ("://" not in text or text.startswith("hf://")) and (short[2] or text.startswith("hf://") or text == short[1]):
        found = Address(standard(), short[1], unquote(short[2] or ""))
    else:
        found = _parsed(text, place)
    try:
        origin(found.endpoint)
    except ValueError as error:
        raise EventBankError(ADDRESS.at(place, str(error))) from None
    asked, named = (f"v{one}" if _VERSION.fullmatch(one) else one for one in (version, found.revision))
    if asked and named and asked != named:
        raise EventBankError(ADDRESS.at(place, f"it says {named}, --version says {version}", remedy="Leave one of them out."))
    revision = asked or named
    if revision and (not _REVISION.fullmatch(revision) or ".." in revision):
        raise EventBankError(ADDRESS.at(place, f"{revision!r} is no version", remedy="Give a version such as 1.0.0."))
    return Address(found.endpoint, found.repo, revision)


def _parsed(text: str, place: Place) -> Address:
    try:
        parts = urlsplit(text)
        origin(text)
    except ValueError as error:
        raise EventBankError(ADDRESS.at(place, str(error))) from None
    if "@" in parts.netloc:
        raise EventBankError(
            ADDRESS.at(place, "it holds a name or password", remedy="Leave them out; a token comes from HF_TOKEN or --token-file.")
        )
    steps = [unquote(step) for step in parts.path.split("/") if step]
    if not steps:
        return Address(f"{parts.scheme}://{parts.netloc}", "")
    at = next((at for at, step in enumerate(steps) if step in (DATASETS, PAGES)), -1)
    before, rest = (steps[:at], steps[at + 1 :]) if at >= 0 else (steps[:-2], steps[-2:])
    repo = "/".join(rest[:2])
    if not _REPO.fullmatch(repo):
        raise EventBankError(ADDRESS.at(place, "there is no owner/name in it"))
    paged = at >= 0 and steps[at] == PAGES
    revision = rest[2] if paged and len(rest) > 2 else rest[3] if len(rest) > 3 and rest[2] in _LEADS else ""
    prefix = "".join(f"/{quote(step)}" for step in before)
    return Address(f"{parts.scheme}://{parts.netloc}{prefix}", repo, revision)


def _shown(text: str) -> str:
    """The address as it was typed, without what could be a secret in it."""
    return _USER.sub(r"\1", re.split(r"[?#]", text, maxsplit=1)[0])
