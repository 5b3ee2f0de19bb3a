"""The policies as pages to read: what a card's source and links lead to.

`/policies` lists them, `/policies/<id>` is the newest version of one, or the one of `?version=`; each criterion has an
anchor by its number (`/policies/<id>#I.A.4.b`).
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from pathlib import Path

from flask import Blueprint, Response, abort, make_response, render_template, request

from cds_service.addresses import POLICY_PAGES
from cql_like_rules.cql.library import ValueSets
from cql_like_rules.policy import Policy
from cql_like_rules.review.page import Table, page_of

_HERE = Path(__file__).parent
_CONTENT_SECURITY = "default-src 'none'; style-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"


def policy_pages(policies: Sequence[Policy], valuesets: ValueSets) -> Blueprint:
    """The routes of the pages. A page is made when it is first asked for, and kept."""
    blueprint = Blueprint(
        "policies",
        __name__,
        url_prefix=POLICY_PAGES,
        template_folder=str(_HERE / "templates"),
        static_folder=str(_HERE / "static"),
        static_url_path="/static",
    )
    newest = {policy.id: policy for policy in policies}

    @cache
    def page(policy_id: str, version: str) -> str:
        policy = next(each for each in policies if (each.id, each.version) == (policy_id, version))
        others = [each for each in policies if each.id == policy_id and each is not policy]
        return render_template(
            "policy.html", policy=policy, page=page_of(policy, valuesets), others=others, is_table=_is_table
        )

    @blueprint.get("")
    def index() -> Response:
        return _secured(render_template("policies.html", policies=newest.values()))

    @blueprint.get("/<policy_id>")
    def show(policy_id: str) -> Response:
        wanted = request.args.get("version", newest[policy_id].version if policy_id in newest else "")
        if not any((each.id, each.version) == (policy_id, wanted) for each in policies):
            abort(404)
        return _secured(page(policy_id, wanted))

    return blueprint


def _is_table(block: object) -> bool:
    return isinstance(block, Table)


def _secured(text: str) -> Response:
    response = make_response(text)
    response.headers["Content-Security-Policy"] = _CONTENT_SECURITY
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers["Referrer-Policy"] = "no-referrer"
    return response
