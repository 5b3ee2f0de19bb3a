"""Da Vinci CRD (Coverage Requirements Discovery): what a CRD client gets beyond the cards of CDS Hooks.

A call goes through it in three steps: `read_crd` before the record is gathered (version and configuration),
`primary_coverage` after it (who pays), `crd_answer` after the decision (a coverage-information system action for each
order, cards as the client wants them). `crd_extension` is what discovery tells of it.
"""

from .answer import crd_answer
from .assertions import Forms, no_forms
from .call import CrdCall, crd_extension, read_crd
from .coverage import PrimaryCoverage, primary_coverage

__all__ = [
    "CrdCall",
    "Forms",
    "PrimaryCoverage",
    "crd_answer",
    "crd_extension",
    "no_forms",
    "primary_coverage",
    "read_crd",
]
