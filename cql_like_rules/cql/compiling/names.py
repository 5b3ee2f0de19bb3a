"""What an operand is called: the define or parameter that it comes from, with the path that was taken into it.

Shown to a prescriber beside the value (`"Order".perDayPerM2` as `Order.perDayPerM2`), so that the two sides of a
comparison can be told apart.
"""

from __future__ import annotations

from cql_like_rules.cql.compiling.scope import Scope
from cql_like_rules.cql.resolution import Kind
from cql_like_rules.cql.syntax import Expression, FunctionRef, IdentifierRef, Property

_NAMED = frozenset({Kind.DEFINE, Kind.PARAMETER})


def name_of(node: Expression, scope: Scope) -> str:
    """The name of an operand; empty for anything but a define, a parameter or an element of one.

    A fluent conversion does not change the name: `"Weight".amount()` is still `Weight`.
    """
    reference = scope.reference(node)
    if isinstance(node, IdentifierRef):
        return node.name if reference is not None and reference.kind in _NAMED else ""
    if isinstance(node, Property):
        if reference is not None:
            return f"{reference.library}.{node.path}" if reference.kind in _NAMED else ""
        owner = name_of(node.source, scope)
        return f"{owner}.{node.path}" if owner else ""
    if isinstance(node, FunctionRef) and reference is not None and reference.fluent and node.target is not None:
        return name_of(node.target, scope)
    return ""
