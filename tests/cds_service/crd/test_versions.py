"""Which version of CRD a call speaks."""

from __future__ import annotations

import re
from typing import Any

import pytest

from cds_service.cdshooks.outcome import CallRefused
from cds_service.crd.versions import REQUESTED_VERSION, SUPPORTED, Edition, edition_of


@pytest.mark.rules("D-11")
def test_declared_versions_are_a_major_and_a_minor_number() -> None:
    assert all(re.fullmatch(r"[1-9]\d*\.[1-9]\d*", version) for version in SUPPORTED)


@pytest.mark.rules("R-10")
@pytest.mark.parametrize(("requested", "edition"), [("2.1", Edition.SHARED), ("2.2", Edition.STU_2_2)])
@pytest.mark.parametrize("default", list(Edition))
def test_a_call_is_answered_in_the_version_that_it_asks_for(requested: str, edition: Edition, default: Edition) -> None:
    assert edition_of({REQUESTED_VERSION: requested}, default, strict=True) is edition


@pytest.mark.parametrize("extension", [{}, {REQUESTED_VERSION: None}, {"davinci-crd.configuration": {}}])
@pytest.mark.parametrize("default", list(Edition))
def test_a_call_that_asks_for_no_version_is_answered_as_the_settings_say(
    extension: dict[str, Any], default: Edition
) -> None:
    assert edition_of(extension, default, strict=True) is default


NONSENSE = ["9.9", "2.0", "2", "", " 2.2", 2.2, 22, True, ["2.2"], {"version": "2.2"}, [], {}]


@pytest.mark.rules("R-10")
@pytest.mark.parametrize("requested", NONSENSE)
def test_any_other_version_is_refused_without_being_quoted(requested: Any) -> None:
    with pytest.raises(CallRefused) as caught:
        edition_of({REQUESTED_VERSION: requested}, Edition.SHARED, strict=True)
    assert caught.value.status == 422
    (issue,) = caught.value.issues
    assert (issue.code, issue.expression) == ("not-supported", "extension.davinci-crd.requestedVersion")
    assert "2.1, 2.2" in issue.text
    assert "9.9" not in issue.text


@pytest.mark.parametrize("requested", NONSENSE)
def test_a_plain_service_answers_any_version_as_the_settings_say(requested: Any) -> None:
    assert edition_of({REQUESTED_VERSION: requested}, Edition.STU_2_2, strict=False) is Edition.STU_2_2
