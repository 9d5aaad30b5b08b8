"""A release on the Hugging Face Hub: one commit of a dataset repository, and a tag with its version.

The token is the one that huggingface_hub finds in the environment (`HF_TOKEN`) or in its stored login; it is never an argument and never
printed.
"""

from __future__ import annotations

import hashlib
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from eventbank.corpus import find_root, open_corpus
from eventbank.document import sha256
from eventbank.errors import Code, EventBankError, Place, Problem, raise_errors
from eventbank.release import folder, history, manifest
from eventbank.release.standoff import restricted
from eventbank.verify import check_release

if TYPE_CHECKING:
    from huggingface_hub import HfApi
    from huggingface_hub.hf_api import RepoFile

TEXTS = Code(
    "E660",
    "the release holds a text that may not be passed on",
    "Publish the stand-off release (eventbank standoff); with the owner's leave, add --texts.",
)
UNKNOWN = Code("E661", "the Hub does not know who you are", "Log in with hf auth login, or set HF_TOKEN to a token that may write.")
FORBIDDEN = Code("E662", "the Hub does not let you write there", "Take a token that may write to the repository, or another repository.")
MEANWHILE = Code("E663", "the repository was changed at the same time", "Look at what changed, then run the command again.")
UNREACHABLE = Code("E664", "the Hub cannot be reached, or is in trouble", "Try again later; the same command finishes what was begun.")
OTHER = Code("E665", "the Hub has this version with other content", "What was published stays as it is; release a higher version.")
PUBLIC = Code("E666", "the repository is public", "Make it private on the Hub first, or leave --private out.")
UNRELEASED = Code("E667", "the version was not released", "Run eventbank release first; what is published carries a version for good.")
REFUSED = Code("E668", "the Hub refused", "Do what it says, then run the command again.")
FOREIGN = Code("E669", "the repository holds something else", "Name another repository, or empty this one on the Hub.")

KIND = "dataset"
STARTED = frozenset({".gitattributes", manifest.CARD})
"""What a repository may hold before its first release."""


@dataclass(frozen=True)
class Published:
    """Where a release is on the Hub. `changed` says whether this run did anything; `url` leads to the tag."""

    url: str
    version: str
    digest: str
    commit: str
    changed: bool


def publish(release: Path, repo: str, *, texts: bool = False, private: bool = False, endpoint: str | None = None) -> Published:
    """Brings a release folder to a dataset repository of the Hub, as one commit, and tags it `v` and its version.

    The repository is made if it does not exist. Files of an earlier release that are no more are deleted. A version whose tag is there with
    the same content is left as it is; a run that was cut off between commit and tag is finished.

    Args:
        release: a release folder. If it is made from a corpus around it, its version must be released.
        repo: `owner/name`.
        texts: publish texts even if they may not be passed on.
        private: the repository must be private; a new one is made so.
        endpoint: address of the Hub; by default `HF_ENDPOINT`, else the public one.

    Raises:
        EventBankError: every problem of `eventbank check RELEASE`; E660 and E667 before anything is sent; E661 to E666, E668 and E669.
    """
    raise_errors(check_release(release))
    if not texts:
        raise_errors(TEXTS.at(Place(file="documents", doc_id=doc_id)) for doc_id in restricted(folder.read(release)))
    facts = manifest.read(release)
    _refuse_unreleased(release, facts)
    tag = f"v{facts['version']}"
    place = Place(file=repo)
    with _told(repo):
        from huggingface_hub import HfApi
        from huggingface_hub.utils.tqdm import disable_progress_bars

        if not sys.stderr.isatty():
            disable_progress_bars()
        api = HfApi(endpoint=endpoint, library_name="eventbank")
        api.create_repo(repo, repo_type=KIND, private=private or None, exist_ok=True)
        info = api.dataset_info(repo)
        if private and not info.private:
            raise EventBankError(PUBLIC.at(place))
        tagged = {ref.name: ref.target_commit for ref in api.list_repo_refs(repo, repo_type=KIND).tags}
        url = f"{api.endpoint}/datasets/{repo}/tree/{tag}"
        if tag in tagged:
            if not _holds(api, repo, tagged[tag], release):
                raise EventBankError(OTHER.at(place, tag))
            return Published(url, facts["version"], facts["digest"], tagged[tag], False)
        head = str(info.sha)
        if not _holds(api, repo, head, release):
            head = _commit(api, repo, head, release, facts)
        api.create_tag(repo, tag=tag, tag_message=f"content sha256:{facts['digest']}", revision=head, repo_type=KIND)
        return Published(url, facts["version"], facts["digest"], head, True)


def _refuse_unreleased(release: Path, facts: Mapping[str, Any]) -> None:
    """E667 unless the corpus around a release has released it; a stand-off release counts as the full one that it was made from."""
    try:
        root = find_root(release.resolve().parent)
    except EventBankError:
        return
    corpus = open_corpus(root)
    if facts["name"] != corpus.name:
        return
    digest = facts.get("more", {}).get(manifest.STANDOFF, facts)["digest"]
    rows = {str(entry.version): entry.digest for entry in history.read(corpus.releases, corpus.relative(corpus.releases))}
    if rows.get(facts["version"]) != digest:
        raise EventBankError(UNRELEASED.at(Place(file=corpus.relative(corpus.releases)), facts["version"]))


def _holds(api: HfApi, repo: str, commit: str, release: Path) -> bool:
    """Whether a commit of the repository has the very manifest of a release, and with it the hash of every file."""
    data = (release / manifest.NAME).read_bytes()
    blob = hashlib.sha1(b"blob %d\0" % len(data) + data, usedforsecurity=False).hexdigest()
    found = api.get_paths_info(repo, [manifest.NAME], revision=commit, repo_type=KIND)
    return any(_sha(one) in (blob, sha256(data)) for one in found if one.path == manifest.NAME)


def _sha(file: RepoFile | Any) -> str:
    """The hash by which the Hub knows a file: SHA-256 of a large one, git's of another."""
    large = getattr(file, "lfs", None)
    return str(large.sha256 if large else getattr(file, "blob_id", ""))


def _commit(api: HfApi, repo: str, head: str, release: Path, facts: Mapping[str, Any]) -> str:
    """Makes the commit of a release on top of `head`; files of the release before that are no more go."""
    from huggingface_hub import CommitOperationAdd, CommitOperationDelete

    ours = [*(entry["path"] for entry in facts["files"]), manifest.NAME]
    gone = sorted(_before(api, repo, head, str(facts["name"])) - set(ours))
    operations = [CommitOperationDelete(path_in_repo=path) for path in gone]
    additions = [CommitOperationAdd(path_in_repo=path, path_or_fileobj=str(release / path)) for path in ours]
    message = f"{facts['name']} {facts['version']}"
    done = api.create_commit(repo, [*operations, *additions], commit_message=message, repo_type=KIND, parent_commit=head)
    return str(done.oid)


def _before(api: HfApi, repo: str, head: str, name: str) -> set[str]:
    """The files that a release before this one brought to the repository.

    Raises:
        EventBankError: E669 if there is something else in it.
    """
    there = set(api.list_repo_files(repo, revision=head, repo_type=KIND))
    if manifest.NAME not in there:
        if there <= STARTED:
            return set()
        raise EventBankError(FOREIGN.at(Place(file=repo), ", ".join(sorted(there - STARTED)[:3])))
    with tempfile.TemporaryDirectory() as cache:
        path = api.hf_hub_download(repo, manifest.NAME, revision=head, repo_type=KIND, cache_dir=cache)
        try:
            before = manifest.read(Path(path).parent)
        except EventBankError:
            raise EventBankError(FOREIGN.at(Place(file=repo), f"its {manifest.NAME} is no release's")) from None
    if before["name"] != name:
        raise EventBankError(FOREIGN.at(Place(file=repo), f"releases of {before['name']}"))
    return {entry["path"] for entry in before["files"]} & there


@contextmanager
def _told(repo: str) -> Iterator[None]:
    """What huggingface_hub raises, as problems that say what to do; no token is in them."""
    from huggingface_hub.errors import HfHubHTTPError, OfflineModeIsEnabled

    transport: type[Exception] = HfHubHTTPError.__bases__[0]  # of whatever HTTP library this version of huggingface_hub stands on
    try:
        yield
    except EventBankError:
        raise
    except OfflineModeIsEnabled:
        raise EventBankError(
            UNREACHABLE.at(Place(file=repo), "HF_HUB_OFFLINE is set", remedy="Unset it and run the command again.")
        ) from None
    except (transport, OSError, ValueError, RuntimeError) as error:
        cause = error if isinstance(error, HfHubHTTPError) else error.__cause__
        if isinstance(cause, HfHubHTTPError):
            raise EventBankError(_answered(cause, repo)) from None
        said = _clean(str(error).strip().partition("\n")[0])
        unreachable = isinstance(error, (transport, OSError))
        raise EventBankError((UNREACHABLE if unreachable else REFUSED).at(Place(file=repo), said)) from None


def _answered(error: Any, repo: str) -> Problem:
    """The problem that an answer of the Hub stands for."""
    status = int(error.response.status_code)
    code = {401: UNKNOWN, 403: FORBIDDEN, 409: MEANWHILE, 412: MEANWHILE, 429: UNREACHABLE}.get(
        status, UNREACHABLE if status >= 500 else REFUSED
    )
    said = _clean(str(error.server_message or "").strip().partition("\n")[0])
    return code.at(Place(file=repo), f"{status} {said}".strip())


def _clean(said: str) -> str:
    """A message without the token, should a server repeat it."""
    from huggingface_hub import get_token

    token = get_token()
    return said.replace(token, "…") if token else said
