"""What is offered for configuration, and how it is read."""

from __future__ import annotations

from typing import Any

import pytest
from structlog.testing import capture_logs

from cds_service.cards import TOPICS
from cds_service.crd import crd_extension
from cds_service.crd.configuration import CONFIGURATION, Configuration, options_offered, read_configuration
from cds_service.settings import Settings

CARD_TYPES = {
    "coverage-info",
    "unsolicited-determ",
    "claim",
    "insurance",
    "limits",
    "network",
    "appropriate-use",
    "cost",
    "therapy-alternatives-opt",
    "therapy-alternatives-req",
    "clinical-reminder",
    "duplicate-therapy",
    "contraindication",
    "guideline",
    "off-guideline",
}
"""The codes of CRD's value set cardType."""


def read(configuration: Any, *, unsolicited: bool = True) -> Configuration:
    return read_configuration({CONFIGURATION: configuration}, options_offered(unsolicited=unsolicited))


@pytest.mark.rules("D-12", "D-13")
@pytest.mark.parametrize("unsolicited", [False, True])
def test_every_option_is_told_in_full_and_told_apart(unsolicited: bool) -> None:
    options = [option.json for option in options_offered(unsolicited=unsolicited)]
    for option in options:
        assert set(option) == {"code", "type", "name", "description", "default"}
        assert {"boolean": bool, "integer": int}[option["type"]] is type(option["default"])
        assert option["name"].strip()
        assert option["description"].strip()
    for member in ("code", "name", "description"):
        assert len({option[member] for option in options}) == len(options)


@pytest.mark.rules("D-12", "D-13")
def test_codes_are_those_of_crd_one_for_each_topic_of_a_card() -> None:
    codes = {option.code for option in options_offered(unsolicited=True)}
    assert codes - {"max-cards"} <= CARD_TYPES
    assert codes == TOPICS | {"coverage-info", "unsolicited-determ", "max-cards"}


def test_authorizations_are_an_option_only_where_they_can_be_given() -> None:
    assert "unsolicited-determ" not in {option.code for option in options_offered(unsolicited=False)}
    assert read({}, unsolicited=False).unsolicited is False
    assert read({"unsolicited-determ": True}, unsolicited=False).unsolicited is False


@pytest.mark.rules("D-11", "D-12")
def test_discovery_tells_versions_and_options() -> None:
    extension = crd_extension(Settings())
    assert extension["davinci-crd.version"] == ["2.1", "2.2"]
    options = {option["code"]: option for option in extension["davinci-crd.configuration-options"]}
    assert options["coverage-info"]["default"] is True
    assert (options["max-cards"]["type"], options["max-cards"]["default"]) == ("integer", 10)
    assert "unsolicited-determ" not in options
    authorizing = crd_extension(Settings(unsolicited_determinations=True))["davinci-crd.configuration-options"]
    assert "unsolicited-determ" in {option["code"] for option in authorizing}


@pytest.mark.rules("X-42")
@pytest.mark.parametrize("extension", [{}, {CONFIGURATION: None}, {CONFIGURATION: {}}])
def test_what_is_not_configured_is_as_advertised(extension: dict[str, Any]) -> None:
    configuration = read_configuration(extension, options_offered(unsolicited=True))
    assert configuration == Configuration(True, True, frozenset(), 10)


@pytest.mark.rules("X-40", "X-41")
def test_what_is_configured_holds() -> None:
    configuration = read(
        {"coverage-info": False, "unsolicited-determ": False, "limits": False, "insurance": True, "max-cards": 3}
    )
    assert configuration == Configuration(False, False, frozenset({"limits"}), 3)


def test_no_cards_at_all_may_be_wanted() -> None:
    assert read({"max-cards": 0}).max_cards == 0


@pytest.mark.rules("X-40")
@pytest.mark.parametrize("value", [[], ["coverage-info"], "coverage-info", 5, True, 1.5])
def test_a_configuration_that_is_no_object_is_ignored_and_logged(value: Any) -> None:
    with capture_logs() as logs:
        assert read(value) == Configuration()
    assert [entry["event"] for entry in logs] == ["configuration ignored"]


@pytest.mark.rules("X-40")
@pytest.mark.parametrize("value", [None, 0, 1, "false", "", [], {}, 1.5])
@pytest.mark.parametrize("code", ["coverage-info", "unsolicited-determ", "limits"])
def test_a_switch_of_another_type_is_ignored_and_logged(code: str, value: Any) -> None:
    with capture_logs() as logs:
        assert read({code: value}) == Configuration()
    assert logs == [{"event": "configuration partly ignored", "log_level": "info", "unknown": 0, "unusable": [code]}]


@pytest.mark.rules("X-40")
@pytest.mark.parametrize("value", [None, True, False, -1, "3", 2.0, [], {}])
def test_a_number_of_cards_of_another_type_is_ignored(value: Any) -> None:
    assert read({"max-cards": value}).max_cards == 10


@pytest.mark.rules("X-40", "R-8")
def test_unknown_codes_are_ignored_and_only_counted_in_the_log() -> None:
    with capture_logs() as logs:
        assert read({"coverage": True, "a patient's name": 1, "max-cards": 2}).max_cards == 2
    (entry,) = logs
    assert entry["unknown"] == 2
    assert "patient" not in str(entry)
