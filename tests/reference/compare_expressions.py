"""Random expressions have the same value in our engine and in the reference engine.

The seeds are fixed, so that a run can be repeated; REFERENCE_SEED=n tries others. What differs is told by the innermost
form that does, over the values of its parts, which is as small as it gets.
"""

import os
from collections.abc import Callable, Iterator

import pytest

from tests.reference.differences import KNOWN_IN_EXPRESSIONS, KnownInExpressions
from tests.reference.drawing import drawn
from tests.reference.expressions import VALUE_SETS, Expression, expressions, records
from tests.reference.random_comparison import differences
from tests.reference.reference import Reference

FIRST_SEED = int(os.environ.get("REFERENCE_SEED", "2026"))
SEEDS = range(FIRST_SEED, FIRST_SEED + 6)
EXPRESSIONS_A_SEED = 1000
EXPRESSIONS_A_LIBRARY = 100


@pytest.fixture(scope="module")
def reference() -> Iterator[Reference]:
    with Reference() as reference:
        reference.set_value_sets(VALUE_SETS)
        yield reference


@pytest.mark.parametrize("number", SEEDS, ids=lambda number: f"seed {number}")
def test_random_expressions_have_the_same_value(
    number: int, reference: Reference, record_property: Callable[[str, object], None]
) -> None:
    values = drawn(number, expressions(), EXPRESSIONS_A_SEED)
    given_records = iter(drawn(number, records(), 2 * EXPRESSIONS_A_SEED // EXPRESSIONS_A_LIBRARY))
    lines = {
        str(difference)
        for batch in _batches(values)
        for difference in differences(reference, batch, [next(given_records), next(given_records)])
    }
    unknown = sorted(line for line in lines if not any(known.covers(line) for known in KNOWN_IN_EXPRESSIONS))
    assert not unknown, "\n".join([f"{len(unknown)} differ: expression | ours | theirs", *unknown])
    record_property("compared", f"seed {number}: {len(values)} random expressions, {len(lines)} known to differ")


@pytest.mark.parametrize("known", KNOWN_IN_EXPRESSIONS, ids=lambda known: known.example)
def test_a_known_difference_is_still_one(known: KnownInExpressions, reference: Reference) -> None:
    example = Expression("", known.example.replace("{", "{{").replace("}", "}}"), (Expression("", "0"),))
    lines = [str(difference) for difference in differences(reference, [example], [[{"resourceType": "Patient"}]])]
    assert [known.covers(line) for line in lines] == [True], lines


def _batches(values: list[Expression]) -> Iterator[list[Expression]]:
    for first in range(0, len(values), EXPRESSIONS_A_LIBRARY):
        yield values[first : first + EXPRESSIONS_A_LIBRARY]
