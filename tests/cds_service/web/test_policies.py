"""The pages of the policies: what the source of a card leads to."""

from __future__ import annotations

import re
from html import escape
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from cds_service.web.policies import policy_pages
from cql_like_rules.policy import POLICIES, Policy, load_policies


@pytest.fixture(scope="module")
def policies(shipped_terminology: Any) -> tuple[Policy, ...]:
    return load_policies(POLICIES, shipped_terminology)


@pytest.fixture(scope="module")
def client(policies: tuple[Policy, ...], shipped_terminology: Any) -> FlaskClient:
    app = Flask(__name__, static_folder=None)
    app.register_blueprint(policy_pages(policies, shipped_terminology))
    return app.test_client()


def test_every_policy_is_listed_and_has_a_page(client: FlaskClient, policies: tuple[Policy, ...]) -> None:
    listed = client.get("/policies").text
    for policy in policies:
        assert f'href="/policies/{policy.id}"' in listed
        page = client.get(f"/policies/{policy.id}")
        assert page.status_code == 200
        assert page.mimetype == "text/html"
        assert f"<h1>{escape(policy.title)}</h1>" in page.text
        assert client.get(f"/policies/{policy.id}?version={policy.version}").text == page.text


def test_every_criterion_has_one_anchor_by_its_number(client: FlaskClient, policies: tuple[Policy, ...]) -> None:
    for policy in policies:
        anchors = re.findall(r'<li id="([^"]+)"', client.get(f"/policies/{policy.id}").text)
        names = {*policy.criteria, *(advisory.name for advisory in policy.advisories)}
        assert sorted(anchors) == sorted(names)


@pytest.mark.parametrize("path", ["/policies/OTHER", "/policies/OTHER?version=1", "/policies/static/other.css"])
def test_what_is_not_there_is_404(client: FlaskClient, path: str) -> None:
    assert client.get(path).status_code == 404


def test_a_version_that_is_not_loaded_is_404(client: FlaskClient, policies: tuple[Policy, ...]) -> None:
    assert client.get(f"/policies/{policies[0].id}?version=1900.01").status_code == 404


def test_pages_run_no_script_and_load_nothing_from_elsewhere(client: FlaskClient, policies: tuple[Policy, ...]) -> None:
    page = client.get(f"/policies/{policies[0].id}")
    assert page.headers["Content-Security-Policy"].startswith("default-src 'none'; style-src 'self'")
    assert "<script" not in page.text
    assert "style=" not in page.text
    assert re.findall(r'(?:href|src)="(?!/|#)', page.text) == []


def test_the_words_of_a_policy_are_escaped_and_its_versions_told_apart(tiny: Any) -> None:
    rule = """
/* @kind: documentation
   @title: <script>alert(1)</script> */
define "I": true"""
    head = tiny.head.replace("version '1.0'", "version '2.0'")
    older, newer = tiny.policy(rule), tiny.policy(rule, name="T.2", head=head)
    app = Flask(__name__, static_folder=None)
    app.register_blueprint(policy_pages((older, newer), tiny.terminology))
    page = app.test_client().get("/policies/T.1").text
    assert "<script" not in page
    assert "&lt;script&gt;alert(1)" in page
    assert "version 2.0" in page
    assert 'href="/policies/T.1?version=1.0"' in page
