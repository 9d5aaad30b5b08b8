"""Corpora to work on: a copy of the project's own, and a small made one."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

from eventbank.document import sha256

os.environ["HF_HUB_OFFLINE"] = "1"
# A machine that others use, too, may be slow at drawing examples; that is no fault of a rule.
PATIENT = {"deadline": None, "suppress_health_check": [HealthCheck.too_slow]}
settings.register_profile("default", **PATIENT)
settings.register_profile("quick", max_examples=20, **PATIENT)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "default"))
ROOT = Path(__file__).parent.parent
PARTS = ("articles", "annotations", "schema", "eventbank.toml")


def copy_inputs(to: Path) -> Path:
    """A copy of the inputs of the project's own corpus, without its dataset and as if it had never been released."""
    for name in PARTS:
        source = ROOT / name
        if source.is_dir():
            shutil.copytree(source, to / name)
        else:
            to.mkdir(parents=True, exist_ok=True)
            shutil.copy(source, to / name)
    (to / "schema" / "releases.csv").unlink(missing_ok=True)
    return to


@pytest.fixture
def corpus_root(tmp_path: Path) -> Path:
    """A copy of the project's own corpus that a test may spoil."""
    return copy_inputs(tmp_path / "corpus")


@pytest.fixture(scope="session")
def release(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The release that the inputs of the project give, built once."""
    from eventbank.build import build
    from eventbank.corpus import open_corpus

    root = copy_inputs(tmp_path_factory.mktemp("built") / "corpus")
    build(open_corpus(root))
    return root / "dataset"


@pytest.fixture
def built_root(release: Path, tmp_path: Path) -> Path:
    """A copy of the project's own corpus with its release, both of which a test may spoil."""
    return Path(shutil.copytree(release.parent, tmp_path / "built"))


@pytest.fixture
def two_passes(corpus_root: Path) -> Path:
    """The project's corpus with a second pass that differs in the tense of one event."""
    text = (ROOT / "annotations" / "pass-1.json").read_text("utf-8").replace("annotator-1@", "annotator-2@")
    tasks = json.loads(text)
    tense = next(result for result in tasks[0]["annotations"][0]["result"] if result.get("from_name") == "tense")
    assert tense["value"]["choices"] == ["Past"]
    tense["value"]["choices"] = ["Present"]
    for name in ("gold.json", "decisions.yaml", "gamma.yaml", "pass-2.json"):
        (corpus_root / "annotations" / name).unlink(missing_ok=True)
    (corpus_root / "annotations" / "pass-2.json").write_text(json.dumps(tasks), "utf-8")
    shutil.rmtree(corpus_root / "dataset", ignore_errors=True)
    return corpus_root


@pytest.fixture
def small(tmp_path: Path) -> Callable[..., Path]:
    """Makes a corpus by `init` from texts: `small({"a": "Text …"}, dated={"a": "2024-01-05"})`."""

    def make(texts: dict[str, str], dated: dict[str, str] | None = None, name: str = "small") -> Path:
        from eventbank.init import init

        root = init(tmp_path / name).root
        settings = root / "eventbank.toml"
        settings.write_text(
            settings.read_text("utf-8").replace("# validation_from", "validation_from").replace("# test_from", "test_from"), "utf-8"
        )
        entries = []
        for doc_id, text in texts.items():
            (root / "articles" / f"{doc_id}.txt").write_bytes(text.encode("utf-8"))
            date = (dated or {}).get(doc_id, "2023-05-01")
            entries.append(
                f"{doc_id}:\n  file: {doc_id}.txt\n  sha256: {sha256(text.encode('utf-8'))}\n  dated: {date}\n  dated_by: text\n"
                "  evidence: {dated: made for a test}\n"
            )
        (root / "articles" / "sources.yaml").write_text("".join(entries), "utf-8")
        return root

    return make


@pytest.fixture
def unlabelled(small: Callable[..., Path]) -> Path:
    """A release of two documents, one of train and one of test, without labels."""
    from eventbank.build import build
    from eventbank.corpus import open_corpus

    root = small(
        {"a": LONG * 3, "b": "The council bought a second crane, and nobody in the whole town could say what it was for. " * 4},
        dated={"a": "2023-05-01", "b": "2024-08-01"},
    )
    build(open_corpus(root))
    return root / "dataset"


LONG = "The committee met again on the second floor of the old town hall and talked about the harbour for most of the afternoon. "
"""A sentence long enough to be taken for the body of a page."""
