from __future__ import annotations

import datetime
from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select
from sqlalchemy.orm import Session
from structlog.testing import capture_logs

from cds_service.app import create_app
from cds_service.cdshooks.offered import ORDER_SIGN_ID
from cds_service.settings import Settings
from cds_service.store.models import Feedback

Give = Callable[..., Any]
CARD = "b9a6c7e0-5c7e-5d5e-9d0b-1f3f6a1c2d3e"
URL = f"/cds-services/{ORDER_SIGN_ID}/feedback"


def accepted(**members: Any) -> dict[str, Any]:
    return {
        "card": CARD,
        "outcome": "accepted",
        "acceptedSuggestions": [{"id": "s1"}],
        "outcomeTimestamp": "2026-01-02T03:04:05Z",
    } | members


def overridden(**members: Any) -> dict[str, Any]:
    return {"card": CARD, "outcome": "overridden", "outcomeTimestamp": "2026-01-02T03:04:06Z"} | members


@pytest.fixture
def give(post: Any) -> Give:
    return lambda *items, **options: post({"feedback": list(items)}, url=URL, **options)


@pytest.fixture
def stored(app: Flask) -> Callable[[], list[Feedback]]:
    def stored() -> list[Feedback]:
        with Session(app.extensions["oncology-cds"]["database"].engine) as session:
            return list(session.scalars(select(Feedback).order_by(Feedback.id)))

    return stored


@pytest.mark.rules("F-1", "F-6")
def test_feedback_is_answered_with_200_and_an_empty_body_once_it_is_stored(give: Give, stored: Any) -> None:
    response = give(accepted())
    assert response.status_code == 200
    assert response.data == b""
    (row,) = stored()
    assert (row.card, row.outcome, row.accepted_suggestions) == (CARD, "accepted", ["s1"])
    assert row.outcome_timestamp == datetime.datetime(2026, 1, 2, 3, 4, 5, tzinfo=datetime.UTC)
    assert row.service == ORDER_SIGN_ID
    assert datetime.datetime.now(datetime.UTC) - row.received_at < datetime.timedelta(minutes=1)


@pytest.mark.rules("F-3")
def test_an_override_keeps_its_reason_and_comment(give: Give, stored: Any) -> None:
    reason = {"code": "x", "system": "https://vendor.example", "display": "Other"}
    give(overridden(overrideReason={"reason": reason, "userComment": "as discussed\0"}))
    (row,) = stored()
    assert (row.reason_code, row.reason_system, row.reason_display) == ("x", "https://vendor.example", "Other")
    assert row.user_comment == "as discussed"


@pytest.mark.parametrize("reason", [None, {}, {"userComment": "x"}, {"reason": {"code": "y"}}, {"unknown": 1}])
def test_an_override_needs_no_reason(give: Give, reason: Any) -> None:
    assert give(overridden(overrideReason=reason)).status_code == 200


def test_a_batch_over_several_cards_is_stored_whole(give: Give, stored: Any) -> None:
    assert give(accepted(), overridden(card="another card"), overridden()).status_code == 200
    assert [row.outcome for row in stored()] == ["accepted", "overridden", "overridden"]


@pytest.mark.rules("F-4")
@pytest.mark.parametrize("again", ["2026-01-02T03:04:05Z", "2026-01-02T03:04:05.000Z", "2026-01-02T04:04:05+01:00"])
def test_the_same_feedback_is_accepted_again_and_stored_once(give: Give, stored: Any, again: str) -> None:
    assert give(accepted(), accepted()).status_code == 200
    assert give(accepted(outcomeTimestamp=again)).status_code == 200
    assert len(stored()) == 1


@pytest.mark.rules("F-4")
def test_a_reason_that_is_added_later_is_not_lost(give: Give, stored: Any) -> None:
    give(overridden())
    give(overridden(overrideReason={"userComment": "as discussed"}))
    give(overridden(overrideReason={"userComment": "as discussed"}))
    assert [row.user_comment for row in stored()] == [None, "as discussed"]


def test_the_same_card_at_another_time_is_stored_again(give: Give, stored: Any) -> None:
    give(overridden(), overridden(outcomeTimestamp="2026-01-02T03:05:00Z"), accepted())
    assert len(stored()) == 3


def test_feedback_to_a_card_of_ours_is_known_and_to_another_is_not(
    give: Give, stored: Any, post: Any, call: Any, app: Flask
) -> None:
    post(call)
    assert app.extensions["oncology-cds"]["sink"].flush(5)
    assert give(accepted(), accepted(card="never shown")).status_code == 200
    assert [row.known for row in stored()] == [True, False]


@pytest.mark.rules("F-2")
@pytest.mark.parametrize(
    ("item", "place"),
    [
        (accepted(acceptedSuggestions=None), "feedback[0].acceptedSuggestions"),
        (accepted(acceptedSuggestions=[]), "feedback[0].acceptedSuggestions"),
        (accepted(acceptedSuggestions=[{}]), "feedback[0].acceptedSuggestions[0].id"),
        (accepted(card=""), "feedback[0].card"),
        (accepted(card=None), "feedback[0].card"),
        (accepted(outcome="ignored"), "feedback[0].outcome"),
        (overridden(outcomeTimestamp="yesterday"), "feedback[0].outcomeTimestamp"),
        (overridden(outcomeTimestamp=1735787045), "feedback[0].outcomeTimestamp"),
        (overridden(outcomeTimestamp="0001-01-01T00:00:00+14:00"), "feedback[0].outcomeTimestamp"),
        (overridden(overrideReason="no"), "feedback[0].overrideReason"),
        ({}, "feedback[0].card"),
        ("text", "feedback[0]"),
    ],
)
def test_wrong_feedback_is_400_and_nothing_of_its_batch_is_stored(
    give: Give, stored: Any, item: Any, place: str
) -> None:
    response = give(item, accepted())
    assert response.status_code == 400
    assert response.get_json(force=True)["issue"][0]["expression"] == [place]
    assert stored() == []


def test_a_missing_list_of_suggestions_is_400_and_named_as_it_is_written(give: Give) -> None:
    item = accepted()
    del item["acceptedSuggestions"]
    response = give(item)
    assert response.status_code == 400
    assert response.get_json(force=True)["issue"][0]["expression"] == ["feedback[0].acceptedSuggestions"]


@pytest.mark.parametrize("body", [{}, {"feedback": []}, {"feedback": {}}, {"feedback": None}, []])
def test_a_body_without_feedback_is_400(post: Any, body: Any) -> None:
    assert post(body, url=URL).status_code == 400


def test_comments_and_cards_are_not_logged(give: Give) -> None:
    with capture_logs() as lines:
        give(overridden(overrideReason={"userComment": "Jane Doe"}))
    assert lines[0]["feedback"] == 1
    assert "Jane" not in str(lines)


def test_feedback_that_cannot_be_stored_is_503(decider: Any, services: Any, tmp_path: Any) -> None:
    (tmp_path / "file").write_text("not a folder")
    settings = Settings(dev=True, database_url=f"sqlite:///{tmp_path}/file/cds.sqlite3")
    app = create_app(settings, decider, services=services)
    response = app.test_client().post(URL, json={"feedback": [accepted()]})
    assert response.status_code == 503
    assert response.get_json(force=True)["issue"][0]["code"] == "transient"
    app.extensions["oncology-cds"]["sink"].close()


def test_feedback_is_acknowledged_when_only_the_spool_takes_it_and_stored_later(
    decider: Any, services: Any, tmp_path: Any
) -> None:
    blocker = tmp_path / "store"
    blocker.write_text("not a folder")
    settings = Settings(dev=True, database_url=f"sqlite:///{blocker}/cds.sqlite3", spool_folder=tmp_path / "spool")
    app = create_app(settings, decider, services=services)
    sink, database = (app.extensions["oncology-cds"][name] for name in ("sink", "database"))
    assert app.test_client().post(URL, json={"feedback": [accepted()]}).status_code == 200
    blocker.unlink()
    assert app.test_client().post(URL, json={"feedback": [accepted()]}).status_code == 200
    assert sink.flush(30)
    with database.transaction() as session:
        assert session.scalars(select(Feedback.card)).all() == [accepted()["card"]]
    sink.close()
    database.close()


def test_feedback_is_stored_once_the_database_has_come_back(decider: Any, services: Any, tmp_path: Any) -> None:
    blocker = tmp_path / "store"
    blocker.write_text("not a folder")
    settings = Settings(dev=True, database_url=f"sqlite:///{blocker}/cds.sqlite3")
    app = create_app(settings, decider, services=services)
    assert app.test_client().post(URL, json={"feedback": [accepted()]}).status_code == 503
    blocker.unlink()
    assert app.test_client().post(URL, json={"feedback": [accepted()]}).status_code == 200
    app.extensions["oncology-cds"]["sink"].close()
    app.extensions["oncology-cds"]["database"].close()


def test_a_bad_item_is_told_once_and_the_batch_is_not_blamed_for_it(give: Give) -> None:
    issues = give(overridden(outcome="ignored")).get_json()["issue"]
    assert [issue["expression"] for issue in issues] == [["feedback[0].outcome"]]
