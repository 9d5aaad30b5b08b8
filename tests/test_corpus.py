"""The settings of a corpus: found upward, read strictly, refused with a code."""

import datetime as dt
import re
from pathlib import Path

import pytest
from conftest import ROOT

from eventbank.corpus import Corpus, SplitSettings, Thresholds, find_root, open_corpus, placeholders
from eventbank.errors import EventBankError, Problem
from eventbank.init import init

LEAST = '[corpus]\nname = "c"\ntitle = "C"\nrepo = "a/c"\nversion = "1.0.0"\n'


def opened(folder: Path, settings: str | bytes) -> Corpus:
    data = settings if isinstance(settings, bytes) else settings.encode("utf-8")
    (folder / "eventbank.toml").write_bytes(data)
    return open_corpus(folder)


def refused(folder: Path, settings: str | bytes) -> tuple[Problem, ...]:
    with pytest.raises(EventBankError) as caught:
        opened(folder, settings)
    assert {(problem.code, problem.place.file) for problem in caught.value.problems} == {("E004", "eventbank.toml")}
    return caught.value.problems


def test_corpus_is_found_from_any_folder_or_file_in_it(tmp_path: Path) -> None:
    (tmp_path / "a" / "b").mkdir(parents=True)
    (tmp_path / "eventbank.toml").touch()
    (tmp_path / "a" / "file").touch()
    assert {find_root(tmp_path / part) for part in (".", "a", "a/b", "a/file", "not/there")} == {tmp_path.resolve()}


def test_folder_without_a_corpus_is_refused(tmp_path: Path) -> None:
    (tmp_path / "eventbank.toml").mkdir()
    with pytest.raises(EventBankError) as caught:
        find_root(tmp_path)
    assert [problem.code for problem in caught.value.problems] == ["E003"]


def test_least_settings_are_enough(tmp_path: Path) -> None:
    corpus = opened(tmp_path, LEAST)
    assert (corpus.name, corpus.repo, corpus.version, corpus.language) == ("c", "a/c", "1.0.0", "en")
    assert (corpus.splits, corpus.thresholds, corpus.keep_captions) == (SplitSettings(), Thresholds(), False)


def test_what_init_wrote_is_named_until_it_is_replaced_w011(tmp_path: Path) -> None:
    settings = (init(tmp_path / "new").root / "eventbank.toml").read_text("utf-8")
    for key, value in (("repo", '"a/c"'), ("description", '"News."'), ("label_note", '""'), ("limits", "[]")):
        before = [problem.message for problem in placeholders(opened(tmp_path, settings))]
        settings = re.sub(rf"^{key} = .*$", f"{key} = {value}", settings, flags=re.MULTILINE)
        after = [problem.message for problem in placeholders(opened(tmp_path, settings))]
        (gone,) = set(before) - set(after)
        assert gone.endswith(f"corpus.{key}")
    assert not placeholders(opened(tmp_path, settings))
    assert not placeholders(open_corpus(ROOT))


def test_all_sections_are_read(tmp_path: Path) -> None:
    corpus = opened(
        tmp_path,
        LEAST + 'language = "pt-BR"\nmaintainers = ["A", "B"]\n[splits]\nvalidation_from = 2024-01-01\n'
        "test_from = 2024-07-01\nembargo_days = 3\n"
        "[text]\nkeep_captions = true\n[thresholds]\nnear_duplicate = 1.0\nparagraph_words = 1\n",
    )  # fmt: skip
    assert (corpus.language, corpus.maintainers) == ("pt-BR", ("A", "B"))
    assert corpus.splits == SplitSettings(dt.date(2024, 1, 1), dt.date(2024, 7, 1), 3)
    assert corpus.thresholds == Thresholds(1.0, 1)


def test_captions_are_kept_on_demand(tmp_path: Path) -> None:
    assert "caption" not in opened(tmp_path, LEAST).kept_kinds
    assert "caption" in opened(tmp_path, LEAST + "[text]\nkeep_captions = true\n").kept_kinds


def test_paths_lie_in_the_corpus_and_are_shown_relative_to_it(tmp_path: Path) -> None:
    corpus = opened(tmp_path, LEAST)
    paths = (corpus.sources, corpus.annotations, corpus.ontology, corpus.frozen_splits, corpus.dataset)
    assert [corpus.relative(path) for path in paths] == [
        "articles/sources.yaml", "annotations", "schema/ontology.yaml", "schema/splits.csv", "dataset"
    ]  # fmt: skip
    assert corpus.relative(Path("/elsewhere/x")) == "/elsewhere/x"


@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_line_ends_do_not_matter(tmp_path: Path, end: str) -> None:
    assert opened(tmp_path, LEAST.replace("\n", end)).name == "c"


WRONG = {
    "no TOML": ("[corpus\n", "line 1"),
    "key twice": (LEAST + 'name = "d"\n', "Cannot overwrite"),
    "no UTF-8": (LEAST.encode() + b'citation = "\xff"\n', "utf-8"),
    "byte order mark of UTF-16": (LEAST.encode("utf-16"), "utf-8"),
    "nested too deep": (LEAST + "limits = " + "[" * 50_000, "nested too deep"),
    "empty": ("", "corpus: the section is missing"),
    "section is a number": ("corpus = 3\n", "corpus: expected a section"),
    "section is a list": (LEAST.replace("[corpus]", "[[corpus]]"), "corpus: expected a section"),
    "splits is text": ('splits = "no"\n' + LEAST, "splits: expected a section"),
    "thresholds is a list": ("thresholds = [0.5]\n" + LEAST, "thresholds: expected a section"),
    "text is a date": ("text = 2024-01-01\n" + LEAST, "text: expected a section"),
    "unknown section": (LEAST + "[colours]\n", "colours: unknown section"),
    "value outside sections": ("x = 1\n" + LEAST, "x: unknown section"),
    "unknown setting": (LEAST + "colour = 1\n", "corpus.colour: unknown setting"),
    "name missing": (LEAST.replace('name = "c"\n', ""), "corpus.name: missing"),
    "title empty": (LEAST.replace('"C"', '""'), "corpus.title: missing"),
    "title a number": (LEAST.replace('"C"', "3"), "corpus.title: expected text"),
    "name with a space": (LEAST.replace('name = "c"', 'name = "c d"'), "corpus.name"),
    "repo without owner": (LEAST.replace("a/c", "c"), "corpus.repo"),
    "version with two numbers": (LEAST.replace("1.0.0", "1.0"), "corpus.version"),
    "version with a leading zero": (LEAST.replace("1.0.0", "1.01.0"), "corpus.version"),
    "version in other digits": (LEAST.replace("1.0.0", "1.1٣.0"), "corpus.version"),
    "version a number": (LEAST.replace('"1.0.0"', "1.0"), "corpus.version: expected text"),
    "language empty": (LEAST + 'language = ""\n', "corpus.language"),
    "language no tag": (LEAST + 'language = "plain English"\n', "corpus.language"),
    "maintainers text": (LEAST + 'maintainers = "A"\n', "corpus.maintainers: expected a list"),
    "maintainers numbers": (LEAST + "maintainers = [1]\n", "corpus.maintainers: expected a list of texts"),
    "limits mixed": (LEAST + 'limits = ["a", 1]\n', "corpus.limits: expected a list of texts"),
    "date with a time": (
        LEAST + "[splits]\nvalidation_from = 2024-01-01T00:00:00\ntest_from = 2025-01-01\n",
        "validation_from: expected a date",
    ),
    "date in quotes": (LEAST + '[splits]\nvalidation_from = "2024-01-01"\ntest_from = 2025-01-01\n', "validation_from: expected a date"),
    "one cut date": (LEAST + "[splits]\ntest_from = 2025-01-01\n", "splits: give both"),
    "cut dates reversed": (LEAST + "[splits]\nvalidation_from = 2025-01-01\ntest_from = 2024-01-01\n", "splits.test_from"),
    "cut dates equal": (LEAST + "[splits]\nvalidation_from = 2025-01-01\ntest_from = 2025-01-01\n", "splits.test_from"),
    "embargo negative": (LEAST + "[splits]\nembargo_days = -1\n", "splits.embargo_days: must not be negative"),
    "embargo true": (LEAST + "[splits]\nembargo_days = true\n", "splits.embargo_days: expected a whole number"),
    "captions a number": (LEAST + "[text]\nkeep_captions = 1\n", "text.keep_captions: expected true or false"),
    "share a whole number": (LEAST + "[thresholds]\nnear_duplicate = 1\n", "near_duplicate: expected a number with a point"),
    "share zero": (LEAST + "[thresholds]\nnear_duplicate = 0.0\n", "thresholds.near_duplicate"),
    "share above one": (LEAST + "[thresholds]\nnear_duplicate = 1.1\n", "thresholds.near_duplicate"),
    "share no number": (LEAST + "[thresholds]\nnear_duplicate = nan\n", "thresholds.near_duplicate"),
    "paragraph of no words": (LEAST + "[thresholds]\nparagraph_words = 0\n", "thresholds.paragraph_words"),
}


@pytest.mark.parametrize(("settings", "found"), WRONG.values(), ids=WRONG)
def test_setting_that_cannot_be_used_is_refused(tmp_path: Path, settings: str | bytes, found: str) -> None:
    (problem,) = refused(tmp_path, settings)
    assert found in problem.message


def test_one_run_reports_every_setting(tmp_path: Path) -> None:
    assert len(refused(tmp_path, 'x = 1\n[corpus]\nname = "C"\n[splits]\nembargo_days = -1\n[thresholds]\nparagraph_words = 0\n')) == 7
