"""The words of the language: which are keywords, and where a keyword may still be used as a name.

Source: CQL 1.5.3, Appendix G (grammar): keyword, keywordIdentifier, typeNameIdentifier, dateTimePrecision.
"""

from __future__ import annotations

PRECISIONS = ("year", "month", "week", "day", "hour", "minute", "second", "millisecond")
SINGULAR = {word: word for word in PRECISIONS} | {f"{word}s": word for word in PRECISIONS}
"""Every spelling of a precision (`day`, `days`) and the singular that the syntax tree uses."""

PLURAL_PRECISIONS = frozenset(f"{word}s" for word in PRECISIONS)

COMPONENTS = {word: word for word in PRECISIONS} | {"date": "date", "time": "time", "timezoneoffset": "timezoneoffset"}
"""What may stand before `from` in `year from x`."""

MULTI_WORD = (
    "included in",
    "less than",
    "more than",
    "on or",
    "or after",
    "or before",
    "or less",
    "or more",
    "or on",
    "such that",
)
"""Keywords of two words: one blank between them, as in the official grammar."""

_RESERVED = """
    Code Concept Interval List Tuple aggregate all and as after before between case cast collapse convert day days
    difference distinct duration during else exists expand external false flatten from hour hours if in is let maximum
    millisecond milliseconds minimum minute minutes month months not null occurs of or per point properly return same
    second seconds singleton sort then to true week weeks when with within without year years
"""
_NAME_KEYWORDS = """
    asc ascending by called code codesystem codesystems concept contains context date default define desc descending
    display div end ends except fluent function implies include includes intersect library meets mod overlaps parameter
    predecessor private public start starting starts successor time timezoneoffset union using valueset version where
    width xor
"""

RESERVED = frozenset([*_RESERVED.split(), *MULTI_WORD])
"""Keywords that are never a name unless quoted."""

NAME_KEYWORDS = frozenset(_NAME_KEYWORDS.split())
"""Keywords that may also name a define, a path or a function where that name is used (not where it is declared)."""

KEYWORDS = RESERVED | NAME_KEYWORDS

TYPE_NAME_KEYWORDS = frozenset({"Code", "Concept", "date", "time"})
"""Keywords that may also name a type."""

DEFINITION_STARTS = frozenset(
    {
        "library",
        "using",
        "include",
        "codesystem",
        "valueset",
        "code",
        "concept",
        "parameter",
        "public",
        "private",
        "context",
        "define",
    }
)
"""Keywords that begin a definition when they stand first on a line."""

QUERY_CLAUSES = ("let", "with", "without", "where", "return", "aggregate", "sort")

_INFIX = """
    and or xor implies is as in contains between includes during before after within same starts ends meets overlaps
    union intersect except div mod
"""
INFIX_WORDS = (*_INFIX.split(), *QUERY_CLAUSES)
"""Words that stand behind an operand."""

SORT_DIRECTIONS = {"asc": False, "ascending": False, "desc": True, "descending": True}
"""Sort directions, and whether they descend."""
