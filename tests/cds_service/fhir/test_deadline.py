from __future__ import annotations

from cds_service.fhir.deadline import Deadline


def test_a_deadline_tells_what_is_left_and_never_less_than_nothing() -> None:
    assert 9 < Deadline.after(10).left <= 10
    assert Deadline.after(-1).left == 0.0
    assert Deadline.after(-1).passed
    assert not Deadline.after(10).passed


def test_one_request_takes_its_own_time_or_what_is_left() -> None:
    assert Deadline.after(10).at_most(2) == 2
    assert Deadline.after(1).at_most(2) <= 1
