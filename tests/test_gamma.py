"""Gamma by the package, kept in a file."""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path

import pytest
import yaml
from sketch import layer_of

from eventbank import gamma
from eventbank.errors import EventBankError
from eventbank.layer import numbered

SKETCH = """
text: The navy fired a missile and the army left the coast on Monday before the ships came.
mentions:
  - {id: navy, type: MIL, level: NOM, quote: The navy}
  - {id: army, type: MIL, level: NOM, quote: the army}
  - {id: ships, type: VEH, level: NOM, quote: the ships}
events:
  - {id: fired, type: Weapon.Launch, quote: fired}
  - {id: left, type: Military.Withdraw, quote: left}
"""
ONE = layer_of(SKETCH)[0]
OTHER = replace(ONE, annotator="a2", mentions=ONE.mentions[:2], entities=tuple(chain for chain in ONE.entities if "ships" not in chain))


@pytest.fixture(scope="module")
def measured() -> dict:
    return gamma.measure([ONE, OTHER])


@pytest.mark.slow
def test_full_agreement_is_1_less_is_less_and_nothing_is_none(measured: dict) -> None:
    (pair,) = measured["pairs"]
    assert pair["annotators"] == ["a1", "a2"]
    assert pair["events"] == {"mean": 1.0, "documents": {"d1": 1.0}}
    assert 0 < pair["entities"]["mean"] < 1
    assert pair["values"] == {"mean": None, "documents": {"d1": None}}


@pytest.mark.slow
def test_the_seed_is_fixed_and_the_solver_is_silent(measured: dict, capfd: pytest.CaptureFixture[str]) -> None:
    assert gamma.measure([OTHER, ONE]) == measured
    assert capfd.readouterr().out == ""


def test_w465_gamma_of_other_labels_is_left_out(tmp_path: Path) -> None:
    path = tmp_path / "gamma.yaml"
    assert gamma.read(path, [ONE]) == (None, [])
    found = {"labels": gamma.digest(numbered(layer) for layer in (OTHER, ONE)), "method": {}, "pairs": []}
    gamma.write(path, found)
    assert gamma.read(path, [ONE, OTHER]) == ({"method": {}, "pairs": []}, [])
    assert [problem.code for problem in gamma.read(path, [ONE])[1]] == ["W465"]


def test_a_file_of_another_shape_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "gamma.yaml"
    path.write_text(yaml.safe_dump({"labels": "x", "pairs": [{"who": 1}]}), "utf-8")
    with pytest.raises(EventBankError) as refused:
        gamma.read(path, [])
    assert {problem.code for problem in refused.value.problems} == {"E002"}


def test_e464_without_the_package(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pygamma_agreement", None)
    with pytest.raises(EventBankError) as refused:
        gamma.measure([ONE, OTHER])
    assert [problem.code for problem in refused.value.problems] == ["E464"]
