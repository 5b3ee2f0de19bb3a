"""What is served: everything that was loaded, and all of it valid."""

from __future__ import annotations

import base64
import re
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from cds_service.artifacts.collection import Artifact, Artifacts, artifacts_of
from cds_service.cdshooks.wire import read_json
from cds_service.validation import problems_of
from cql_like_rules.cql.parser import parse_library
from cql_like_rules.policy import LIBRARY, Policy
from cql_like_rules.requirements import data_requirements_library
from cql_like_rules.terminology import Terminology

OURS = "https://oncology-cds.example/"


def everything(artifacts: Artifacts) -> Iterator[Artifact]:
    for type_name in artifacts.types:
        yield from artifacts.of_type(type_name)


def json_of(artifact: Artifact | None) -> dict[str, Any]:
    assert artifact is not None
    resource: dict[str, Any] = read_json(artifact.body)
    return resource


@pytest.fixture(scope="session")
def resources(artifacts: Artifacts) -> list[dict[str, Any]]:
    return [json_of(artifact) for artifact in everything(artifacts)]


def test_everything_is_valid_r4(resources: list[dict[str, Any]]) -> None:
    assert [problem for resource in resources for problem in problems_of(resource)] == []


def test_nothing_in_them_is_null_or_empty(resources: list[dict[str, Any]]) -> None:
    assert [resource["id"] for resource in resources if any(is_empty(each) for each in members(resource))] == []


def members(value: Any) -> Iterator[Any]:
    """Everything in a resource, at any depth."""
    below = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    for each in below:
        yield each
        yield from members(each)


def is_empty(value: Any) -> bool:
    return value is None or (isinstance(value, str | list | dict) and not value)


def test_every_policy_library_and_value_set_is_there(
    artifacts: Artifacts, policies: tuple[Policy, ...], shipped_terminology: Terminology
) -> None:
    libraries = {artifact.url for artifact in artifacts.of_type("Library")}
    assert {policy.url for policy in policies} <= libraries
    assert {f"{OURS}Library/{file.stem}" for file in LIBRARY.glob("*.cql")} <= libraries
    assert {artifact.title for artifact in artifacts.of_type("PlanDefinition")} == {policy.title for policy in policies}
    assert tuple(artifact.url for artifact in artifacts.of_type("ValueSet")) == shipped_terminology.urls


def test_an_id_is_one_of_fhir_and_ends_the_address_of_what_is_newest(artifacts: Artifacts) -> None:
    for artifact in everything(artifacts):
        assert re.fullmatch(r"[A-Za-z0-9\-.]{1,64}", artifact.id)
        assert artifact.url == f"{OURS}{artifact.type}/{artifact.id}"


def test_whatever_an_artifact_refers_to_in_this_project_is_there(
    artifacts: Artifacts, resources: list[dict[str, Any]]
) -> None:
    known = {artifact.url for artifact in everything(artifacts)}
    versioned = {f"{artifact.url}|{artifact.version}" for artifact in everything(artifacts)}
    for resource in resources:
        for address in canonicals(resource):
            if address.startswith(OURS):
                assert address in (versioned if "|" in address else known), resource["id"]


def canonicals(value: Any) -> Iterator[str]:
    """Every canonical address in a resource, but for those of extensions and codes."""
    if isinstance(value, dict):
        for name, member in value.items():
            if name in ("resource", "library", "valueSet", "definitionCanonical", "answerValueSet"):
                yield from [member] if isinstance(member, str) else member
            yield from canonicals(member)
    elif isinstance(value, list):
        for each in value:
            yield from canonicals(each)


class TestLibraries:
    def test_the_text_of_a_policy_comes_as_it_is_written(self, artifacts: Artifacts, policies: Any) -> None:
        for policy in policies:
            library = json_of(artifacts.read("Library", policy.id))
            (content,) = library["content"]
            assert content["contentType"] == "text/cql"
            text = base64.b64decode(content["data"]).decode()
            assert text == (policy.folder / "policy.cql").read_text(encoding="utf-8")
            parsed, problems = parse_library(text, "")
            assert (parsed and parsed.name, problems) == (library["name"], [])
            assert library["type"]["coding"][0]["code"] == "logic-library"

    def test_it_tells_whose_it_is_and_from_when(self, tiny: Any, shipped_terminology: Terminology) -> None:
        tags = (
            "/* @policy: T.1\n@title: A tiny policy\n@publisher: Nobody\n@effective: 2026-01-01\n@until: 2026-12-31 */"
        )
        library = json_of(artifacts_of([tiny.policy("", tags=tags)], shipped_terminology).read("Library", "T.1"))
        assert library["url"] == f"{OURS}Library/T.1"
        assert (library["version"], library["name"], library["title"]) == ("1.0", "T_1", "A tiny policy")
        assert library["publisher"] == "Nobody"
        assert library["effectivePeriod"] == {"start": "2026-01-01", "end": "2026-12-31"}
        assert "coverage policy" in library["description"]

    def test_what_it_does_not_have_is_left_out(self, tiny: Any, shipped_terminology: Terminology) -> None:
        tags = "/* @policy: T.1\n@title: A tiny policy\n@nature: guidance */"
        library = json_of(artifacts_of([tiny.policy("", tags=tags)], shipped_terminology).read("Library", "T.1"))
        assert not {"publisher", "effectivePeriod", "relatedArtifact", "dataRequirement"} & set(library)
        assert "Guidance" in library["description"]

    def test_it_depends_on_the_libraries_and_value_sets_that_it_names(self, artifacts: Artifacts) -> None:
        library = json_of(artifacts.read("Library", "Plan"))
        assert library["relatedArtifact"] == [
            {"type": "depends-on", "resource": resource}
            for resource in (
                f"{OURS}Library/FHIRHelpers|4.0.1",
                f"{OURS}Library/Conversions|1.0.0",
                f"{OURS}ValueSet/lob-medicaid|2026.11",
                f"{OURS}ValueSet/lob-commercial|2026.11",
            )
        ]

    def test_parameters_go_in_and_defines_come_out(self, tiny: Any, shipped_terminology: Terminology) -> None:
        defines = """
define "Days": 30
define "Weights": [Observation]
define "Parts": flatten ([Observation] O return all O.component)
define "Names": { 'a' }
define "While": Interval[@2026-01-01, @2026-02-01]
define "Between": Interval[1 'mg', 2 'mg']
define "Ages": Interval[1, 2]
define "Pair": Tuple { a: 1, b: 2 }
define private "Hidden": true
/* @kind: age
   @title: Adult */
define "I": true"""
        parameters = json_of(artifacts_of([tiny.policy(defines)], shipped_terminology).read("Library", "T.1"))[
            "parameter"
        ]
        told = {each["name"]: (each["use"], each["type"], each["max"]) for each in parameters}
        assert told == {
            "Order": ("in", "Any", "1"),
            "Applies": ("out", "boolean", "1"),
            "Phase": ("out", "string", "1"),
            "Section": ("out", "string", "1"),
            "Days": ("out", "integer", "1"),
            "Weights": ("out", "Observation", "*"),
            "Parts": ("out", "BackboneElement", "*"),
            "Names": ("out", "string", "*"),
            "While": ("out", "Period", "1"),
            "Between": ("out", "Range", "1"),
            "Ages": ("out", "Any", "1"),
            "Pair": ("out", "Any", "1"),
            "I": ("out", "boolean", "1"),
        }
        assert next(each for each in parameters if each["name"] == "I")["documentation"] == "Adult"

    def test_the_needs_of_each_policy_and_of_all_are_there_too(self, artifacts: Artifacts, policies: Any) -> None:
        assert json_of(artifacts.read("Library", "data-requirements")) == data_requirements_library(policies)
        for policy in policies:
            needs = json_of(artifacts.read("Library", f"{policy.id}-data-requirements"))
            assert needs == data_requirements_library([policy])


def version_of(tiny: Any, version: str, effective: str = "2026-01-01") -> Policy:
    tags = f"/* @policy: T.1\n@title: A tiny policy\n@effective: {effective} */"
    head = tiny.head.replace("'1.0'", f"'{version}'")
    policy: Policy = tiny.policy("", name=version, tags=tags, head=head)
    return policy


class TestVersions:
    @pytest.fixture
    def two(self, tiny: Any, shipped_terminology: Terminology) -> Artifacts:
        return artifacts_of([version_of(tiny, "2.0", "2027-01-01"), version_of(tiny, "1.0")], shipped_terminology)

    def test_the_newest_has_the_id_of_the_policy(self, two: Artifacts) -> None:
        for type_name in ("Library", "PlanDefinition"):
            assert json_of(two.read(type_name, "T.1"))["version"] == "2.0"
            assert json_of(two.read(type_name, "T.1-1.0"))["version"] == "1.0"

    def test_all_have_the_same_address(self, two: Artifacts) -> None:
        assert len({artifact.url for artifact in two.of_type("PlanDefinition")}) == 1

    def test_their_needs_are_told_apart(self, two: Artifacts) -> None:
        ids = [each.id for each in two.of_type("Library") if each.id.endswith("data-requirements")]
        assert sorted(ids) == ["T.1-1.0-data-requirements", "T.1-data-requirements", "data-requirements"]

    def test_a_version_that_is_no_part_of_an_id_is_spelled_otherwise(
        self, tiny: Any, shipped_terminology: Terminology
    ) -> None:
        versions = [version_of(tiny, "1 (draft)"), version_of(tiny, "2", "2027-01-01")]
        artifact = artifacts_of(versions, shipped_terminology).read("Library", "T.1-1-draft-")
        assert json_of(artifact)["version"] == "1 (draft)"

    def test_an_id_that_is_too_long_is_refused(self, tiny: Any, shipped_terminology: Terminology) -> None:
        with pytest.raises(ValueError, match="no id of FHIR R4"):
            artifacts_of([replace(tiny.policy(""), id="T" * 65)], shipped_terminology)

    def test_two_artifacts_of_one_id_are_refused(self) -> None:
        with pytest.raises(ValueError, match="two artifacts are Library/a"):
            Artifacts([{"resourceType": "Library", "id": "a"}, {"resourceType": "Library", "id": "a"}])

    def test_without_policies_there_is_no_library(self, shipped_terminology: Terminology) -> None:
        assert artifacts_of([], shipped_terminology).types == ("CodeSystem", "ValueSet")


def test_a_value_set_comes_as_its_file_has_it(artifacts: Artifacts, shipped_terminology: Terminology) -> None:
    for file in shipped_terminology.files:
        name = file.url.rpartition("/")[2]
        assert json_of(artifacts.read("ValueSet", name)) == read_json(file.text.encode())


def test_the_reasons_on_cards_are_a_code_system(artifacts: Artifacts) -> None:
    system = json_of(artifacts.read("CodeSystem", "override-reason"))
    assert system["count"] == len(system["concept"])
    assert {"code": "urgent", "display": "Treatment cannot wait"} in system["concept"]
