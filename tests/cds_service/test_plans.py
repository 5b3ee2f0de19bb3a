"""The operator's file of health plans."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest

from cds_service.commands.loading import loaded
from cds_service.plans import SHIPPED, PlansRefused, load_plans
from cds_service.settings import Settings
from cql_like_rules.policy import POLICIES
from cql_like_rules.record import Record

GOOD = """
[[plan]]
id = "pelican"
name = "Pelican Health"
affiliation = "Heron"
state = "LA"
identifiers = ["http://example.org/payers|P1"]
"""


def write(folder: Path, text: str) -> Path:
    path = folder / "plans.toml"
    path.write_text(text, encoding="utf-8")
    return path


def payer(name: str) -> Record:
    return Record([{"resourceType": "Coverage", "id": "c", "status": "active", "payor": [{"display": name}]}])


@pytest.mark.parametrize(
    ("name", "affiliation", "state"),
    [
        ("Louisiana Healthcare Connections", "Centene", "LA"),
        ("LOUISIANA HEALTHCARE CONNECTIONS, INC", "Centene", "LA"),
        ("Centene-affiliated health plan", "Centene", ""),
        ("Aetna Better Health of Louisiana", "CVS Health", "LA"),
        ("Medicare FFS", "Centers for Medicare & Medicaid Services", ""),
    ],
)
def test_the_plans_that_come_with_the_service(name: str, affiliation: str, state: str) -> None:
    plan = load_plans().paying(payer(name)).plan
    assert plan is not None
    assert (plan.affiliation, plan.state) == (affiliation, state)


@pytest.mark.parametrize("name", ["Payer name not recorded", "Some Medicare Advantage plan", "Louisiana Health"])
def test_other_payers_are_not_known(name: str) -> None:
    assert load_plans().paying(payer(name)).plan is None


def test_a_file_of_the_operator_takes_the_place_of_the_shipped_one(tmp_path: Path) -> None:
    plans = load_plans(write(tmp_path, GOOD))
    assert plans.paying(payer("Pelican Health")).plan is not None
    assert plans.paying(payer("Louisiana Healthcare Connections")).plan is None


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (GOOD.replace('"LA"', '"Louisiana"'), r"plan\[1\]\.state: "),
        (
            GOOD.replace("affiliation", "afiliation"),
            r"plan\[1\]\.affiliation: Field required\n.*plan\[1\]\.afiliation: ",
        ),
        (GOOD.replace('"pelican"', '"Pelican Health"'), r"plan\[1\]\.id: "),
        (GOOD.replace('"Pelican Health"', '"--"'), r"plan\[1\]\.name: "),
        (GOOD.replace("|P1", ""), r"plan\[1\]\.identifiers\[1\]: "),
        (GOOD + 'line_of_business = "Medicare"', r"plan\[1\]\.line_of_business: "),
        (GOOD + GOOD, r"plan: .*plan\[1\] and plan\[2\] have the same id: pelican"),
        (
            GOOD + GOOD.replace('"pelican"', '"other"').replace("Pelican Health", "pelican-health"),
            "have the same payer: pelican health",
        ),
        ("plan = []", "plan: "),
        ("", "plan: Field required"),
        ("[[plan]\n", "line 1"),
    ],
)
def test_a_wrong_file_is_refused_with_its_name_and_the_field(tmp_path: Path, text: str, told: str) -> None:
    path = write(tmp_path, text)
    with pytest.raises(PlansRefused, match=told) as refused:
        load_plans(path)
    assert all(line.startswith(f"{path}: ") for line in str(refused.value).splitlines())


def test_a_file_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(PlansRefused, match=r"gone\.toml: No such file"):
        load_plans(tmp_path / "gone.toml")


def test_a_file_that_is_no_text_is_refused(tmp_path: Path) -> None:
    (tmp_path / "plans.toml").write_bytes(b"\xff\xfe")
    with pytest.raises(PlansRefused, match="is not UTF-8 text"):
        load_plans(tmp_path / "plans.toml")


def test_the_file_is_named_in_the_settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert Settings().plans_file is None
    path = write(tmp_path, "")
    monkeypatch.setenv("ONCOLOGY_CDS_PLANS_FILE", str(path))
    assert Settings().plans_file == path
    with pytest.raises(Exception, match="the health plans cannot be loaded"):
        loaded(Settings())
    monkeypatch.setenv("ONCOLOGY_CDS_PLANS_FILE", "")
    assert Settings().plans_file is None


def test_the_plans_and_affiliations_that_policies_name_are_known() -> None:
    named = {
        (element, value)
        for file in POLICIES.rglob("policy.cql")
        for element, value in re.findall(r'"Health plan"\.(id|affiliation) !?= \'([^\']+)\'', file.read_text("utf-8"))
    }
    plans = tomllib.loads(SHIPPED.read_text(encoding="utf-8"))["plan"]
    assert named
    assert named <= {(element, plan[element]) for plan in plans for element in ("id", "affiliation")}
