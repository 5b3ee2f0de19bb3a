"""Numbers as documents print them, told apart from the names of helpers."""

import pytest

from cql_like_rules.review.document_numbers import is_document_number


@pytest.mark.parametrize(
    "name",
    [
        "I", "I.A", "II.B.2.a.ii", "II.A.3.c.iv.1", "I.A.4-6", "I.A.4.fn-IL", "I.D.6.fn-REG", "I.E.3.b.lead",
        "II.A.dur", "I.A.6.a#lines", "V#stepUp", "4.1", "4.1#dose", "T3#first", "T5#grade3-2h", "5.1.1#pre-typing",
        "5.3#postmed.steroid", "5.3.1#copd-fev1",
    ],
)  # fmt: skip
def test_a_number_of_a_document(name: str) -> None:
    assert is_document_number(name)


@pytest.mark.parametrize(
    "name",
    [
        "HDR.lob", "IV.evidence", "IV.AppC.ci.yeast", "V.unchanged-dose", "V.start#day", "Use", "Maximum for AML",
        "Stage 4", "4 weeks", "I.A.", "I.A.4 ", "I.A.4#", "I.A.ab", "T", "Section", "",
    ],
)  # fmt: skip
def test_a_name_that_is_no_number_of_a_document(name: str) -> None:
    assert not is_document_number(name)
