"""The loader of value-set files."""

import json

import pytest

from cql_like_rules.cql.values.concept import Code
from cql_like_rules.terminology import TerminologyError, load_terminology

VALUE_SET = {
    "resourceType": "ValueSet",
    "url": "https://example.org/ValueSet/a",
    "name": "A",
    "title": "The letter A",
    "compose": {"include": [{"system": "http://example.org/letters", "concept": [{"code": "a", "display": "A"}]}]},
}


def write(folder, name, resource):
    (folder / name).write_text(json.dumps(resource), encoding="utf-8")


def test_a_value_set_is_resolved_by_its_url_with_or_without_version(tmp_path):
    write(tmp_path, "a.json", VALUE_SET)
    terminology = load_terminology(tmp_path)
    value_set = terminology.resolve("https://example.org/ValueSet/a")
    assert value_set.codes == {("http://example.org/letters", "a")}
    assert value_set.name == "The letter A"
    assert terminology.resolve("https://example.org/ValueSet/a|1.0") is value_set
    assert terminology.resolve("https://example.org/ValueSet/b") is None


@pytest.mark.parametrize(
    "broken",
    [
        {"resourceType": "ValueSet"},
        {**VALUE_SET, "compose": {"include": [{"system": "http://example.org/letters"}]}},
        {**VALUE_SET, "compose": {"include": []}},
        [],
    ],
)
def test_a_file_that_lists_no_codes_is_named(tmp_path, broken):
    write(tmp_path, "broken.json", broken)
    with pytest.raises(TerminologyError, match=r"broken\.json"):
        load_terminology(tmp_path)


def test_a_file_that_is_no_json_is_named(tmp_path):
    (tmp_path / "broken.json").write_text("{", encoding="utf-8")
    with pytest.raises(TerminologyError, match=r"broken\.json"):
        load_terminology(tmp_path)


def test_several_folders_make_one_terminology(tmp_path):
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
        write(tmp_path / name, f"{name}.json", {**VALUE_SET, "url": f"https://example.org/ValueSet/{name}"})
    terminology = load_terminology(tmp_path / "a", tmp_path / "b")
    assert terminology.urls == ("https://example.org/ValueSet/a", "https://example.org/ValueSet/b")


def test_the_packaged_value_sets_load_once():
    assert load_terminology() is load_terminology()
    weight = load_terminology().resolve("https://oncology-cds.example/ValueSet/body-weight")
    assert weight.contains(Code("29463-7", "http://loinc.org"))
