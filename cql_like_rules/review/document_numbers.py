"""The numbers by which documents name their criteria, and by which the defines of a policy are named.

A number is a path: `I.A.4.b`, `II.A.3.c.iv.1`, `5.1.1`, `T3` (a table). Several that belong together are a range
(`I.A.4-6`). What the document leaves unnumbered has a suffix, `.lead` (lead-in), `.dur` (approval duration) or `.fn-IL`
(a footnote); a part of one sentence is a facet, `I.A.6.a#lines`, `4.1#dose`.
"""

from __future__ import annotations

import re

_START = r"(?:[IVX]+|T?\d+)"
_STEP = r"(?:[A-Z]|[a-z]|[ivx]+|\d+)"
_UNNUMBERED = r"(?:lead|dur|fn-[A-Za-z0-9-]+)"
_FACET = r"#[A-Za-z0-9][A-Za-z0-9.-]*"
_NUMBER = re.compile(rf"{_START}(?:\.{_STEP}(?:-{_STEP})?)*(?:\.{_UNNUMBERED})?(?:{_FACET})?")


def is_document_number(name: str) -> bool:
    """Whether a name is the number of a criterion as a document prints it; `HDR.lob` and `IV.evidence` are not."""
    return _NUMBER.fullmatch(name) is not None
