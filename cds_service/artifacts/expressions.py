"""Conditions of a policy as FHIR Expressions: the name of a define where that is all, else CQL over such names.

Sources: FHIR R4, Expression; the languages are codes of HL7's expression-language (`http://hl7.org/fhir/expression-language`,
in which FHIR 4.3 tells an identifier from an expression).
"""

from __future__ import annotations

from typing import Any

from cql_like_rules.criteria import AllOf, AnyOf, Choice, Constant, Guarded, Name, Negation, Structure, Test

IDENTIFIER = "text/cql-identifier"
EXPRESSION = "text/cql-expression"

_WORDS = {True: "true", False: "false", None: "null"}


def identifier(name: str) -> dict[str, Any]:
    """The define of that name in the library of the policy."""
    return {"language": IDENTIFIER, "expression": name}


def expression_of(structure: Structure) -> dict[str, Any]:
    """The structure as an Expression, an identifier where it is a single name."""
    if isinstance(structure, Name):
        return identifier(structure.name)
    return {"language": EXPRESSION, "expression": cql_of(structure)}


def not_yet(structure: Structure) -> dict[str, Any]:
    """That the structure is false or null."""
    return {"language": EXPRESSION, "expression": f"{_operand(structure)} is not true"}


def is_section(name: str) -> dict[str, Any]:
    """That an order is determined by the criterion of that name."""
    return {"language": EXPRESSION, "expression": f"\"Section\" = '{name}'"}


def cql_of(structure: Structure) -> str:
    """The structure as CQL, the way it was written but for brackets."""
    match structure:
        case Name(name, _):
            return f'"{name}"'
        case Constant(value):
            return _WORDS[value]
        case AllOf(parts):
            return " and ".join(map(_operand, parts))
        case AnyOf(parts):
            return " or ".join(map(_operand, parts))
        case Negation(part):
            return f"not {_operand(part)}"
        case Test(part, expected):
            return f"{_operand(part)} is {_WORDS[expected]}"
        case Guarded(condition, part):
            return f"{_operand(condition)} implies {_operand(part)}"
        case Choice(branches, otherwise):
            cases = " ".join(f"when {cql_of(when)} then {cql_of(then)}" for when, then in branches)
            return f"case {cases} else {cql_of(otherwise)} end"


def _operand(structure: Structure) -> str:
    written = cql_of(structure)
    return written if isinstance(structure, Name | Constant | Choice) else f"({written})"
