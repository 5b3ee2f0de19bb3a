"""A handful of the mutants of `make mutate`: one number of each kind, and that the tool would see a survivor."""

from dataclasses import replace

import pytest

from cql_like_rules.policy import LIBRARY, POLICIES
from cql_like_rules.review.mutation.mutants import Mutant, mutants_of
from cql_like_rules.review.mutation.trial import Trial
from cql_like_rules.terminology import Terminology


@pytest.fixture(scope="module")
def trial(terminology: Terminology) -> Trial:
    return Trial(POLICIES / "CP.PHAR.295", LIBRARY, terminology)


@pytest.fixture(scope="module")
def mutants(trial: Trial) -> list[Mutant]:
    shared = [library.syntax for library in trial.libraries.values()]
    return [
        mutant for library in (trial.policy.library.syntax, *shared) for mutant in mutants_of(library, library.name)
    ]


@pytest.mark.parametrize(
    ("define", "before", "after"),
    [
        ("I.A.3", "55", "54"),
        ("Maximum for AML", "250", "251"),
        ("Maximum for AML", "'ug/m2/d'", "'mg/m2/d'"),
        ("Illinois waiver", "@2026-01-01", "@2026-01-02"),
        ("Days a weight is current", "30", "29"),
        ("Time between chemotherapy or radiotherapy and Leukine", "24", "23"),
        ("InYearsOfLeapDayChild", "28", "27"),
    ],
)
def test_a_changed_number_fails_a_case(
    trial: Trial, mutants: list[Mutant], define: str, before: str, after: str
) -> None:
    mutant = next(m for m in mutants if (m.define, m.before, m.after) == (define, before, after))
    assert trial.killer(mutant) is not None


def test_an_unchanged_policy_survives(trial: Trial, mutants: list[Mutant]) -> None:
    assert trial.killer(replace(mutants[0], after=mutants[0].before)) is None
