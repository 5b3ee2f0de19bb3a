"""docs/operators.md says what the tables of the language say.

python tests/docs/test_operator_table.py        # writes the file anew after a change of the tables
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

from cql_like_rules.cql.operators import FUNCTIONS, OPERATORS, REFUSED, Operator

TABLE = Path(__file__).parents[2] / "docs" / "operators.md"

HEAD = """\
# Operators and functions

Made from the tables in `cql_like_rules/cql/operators/`; `tests/docs/test_operator_table.py` keeps this file up to date.
What each does is in CQL 1.5.3, Appendix B, under the section named here. "Nulls" is what an operator makes of null
operands; "not known" is a question that imprecise values leave open, such as whether `@2026` is before `@2026-05`.
"""


def operators_page() -> str:
    """The whole of docs/operators.md."""
    return "\n".join(
        [
            HEAD,
            "## Operators, by their ELM name\n",
            *_table(OPERATORS),
            "\n## Functions, by the name that an author writes\n",
            *_table(FUNCTIONS),
            "\n## Refused\n",
            "In the specification, and refused when a library is loaded:\n",
            "| name | why |",
            "|---|---|",
            *(f"| `{name}` | {reason} |" for name, reason in REFUSED.items()),
            "",
        ]
    )


def _table(operators: Mapping[str, Operator]) -> Iterator[str]:
    yield "| name | operands | nulls | section |"
    yield "|---|---|---|---|"
    for name, operator in operators.items():
        yield f"| `{name}` | {_operands(operator)} | {operator.nulls} | {operator.section} |"


def _operands(operator: Operator) -> str:
    counts = " or ".join(str(count) for count in sorted(operator.arities)) or "any number"
    return f"{counts}, precision" if operator.precision else counts


def test_the_page_says_what_the_tables_say() -> None:
    assert TABLE.read_text(encoding="utf-8") == operators_page()


if __name__ == "__main__":
    TABLE.write_text(operators_page(), encoding="utf-8")
