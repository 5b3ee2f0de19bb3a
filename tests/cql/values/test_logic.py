from __future__ import annotations

import itertools

import pytest

from cql_like_rules.cql.values import logic

TRUTHS = (True, False, None)
PAIRS = list(itertools.product(TRUTHS, TRUTHS))


def known(pairs: list[tuple[bool, bool]], rule: object) -> set[bool]:
    return {rule(a, b) for a, b in pairs}  # type: ignore[operator]


def possible(truth: bool | None) -> tuple[bool, ...]:
    return (True, False) if truth is None else (truth,)


@pytest.mark.parametrize(("a", "b"), PAIRS)
@pytest.mark.parametrize(
    ("operator", "rule"),
    [
        (logic.and_, lambda a, b: a and b),
        (logic.or_, lambda a, b: a or b),
        (logic.implies, lambda a, b: not a or b),
    ],
)
def test_an_answer_is_known_exactly_when_every_possibility_agrees(
    operator: object, rule: object, a: bool | None, b: bool | None
) -> None:
    answers = known(list(itertools.product(possible(a), possible(b))), rule)
    expected = answers.pop() if len(answers) == 1 else None
    assert operator(a, b) is expected  # type: ignore[operator]


@pytest.mark.parametrize(("a", "b"), PAIRS)
def test_xor_is_null_when_either_is(a: bool | None, b: bool | None) -> None:
    assert logic.xor(a, b) is (None if a is None or b is None else a != b)


def test_not_turns_what_is_known_and_keeps_null() -> None:
    assert [logic.not_(truth) for truth in TRUTHS] == [False, True, None]


def test_null_is_neither_true_nor_false() -> None:
    assert [logic.is_true(truth) for truth in TRUTHS] == [True, False, False]
    assert [logic.is_false(truth) for truth in TRUTHS] == [False, True, False]


@pytest.mark.parametrize(("a", "b"), PAIRS)
def test_all_of_and_any_of_are_and_and_or_of_many(a: bool | None, b: bool | None) -> None:
    assert logic.all_of([a, b]) is logic.and_(a, b)
    assert logic.any_of([a, b]) is logic.or_(a, b)


def test_all_of_nothing_is_true_and_any_of_nothing_false() -> None:
    assert logic.all_of([]) is True
    assert logic.any_of([]) is False
