"""The operators of CQL: plain functions on values in one module a family, and the tables by which they are found.

`OPERATORS` has the operators by their ELM name, `FUNCTIONS` the system functions by the name an author writes,
`REFUSED` what the specification has and this subset has not, with the reason.

Source: CQL 1.5.3, Appendix B (CQL Reference).
"""

from __future__ import annotations

from cql_like_rules.cql.operators.function_rows import FUNCTIONS
from cql_like_rules.cql.operators.operator_rows import OPERATORS
from cql_like_rules.cql.operators.refused import REFUSED
from cql_like_rules.cql.operators.table import Operator

__all__ = ["FUNCTIONS", "OPERATORS", "REFUSED", "Operator"]
