"""What the specification has and this subset has not, with the reason.

Source: CQL 1.5.3, Appendix B (CQL Reference).
"""

from __future__ import annotations

from collections.abc import Mapping

_LONG = "64-bit integers: an Integer or a Decimal holds every number of these rules"
_BOUNDARY = "the precision of a value and its boundaries"
_STATISTICS = "statistics beyond the median"
_LOGARITHM = "exponential and logarithm"
_EXPANSION = "expanding an interval into points"
_WALK = "walking through all parts of a value: name the path"
_HIERARCHY = "hierarchies of code systems: use a value set"

REFUSED: Mapping[str, str] = {
    "Expand": _EXPANSION,
    "expand": _EXPANSION,
    "Exp": _LOGARITHM,
    "Ln": _LOGARITHM,
    "Log": _LOGARITHM,
    "HighBoundary": _BOUNDARY,
    "LowBoundary": _BOUNDARY,
    "Precision": _BOUNDARY,
    "Mode": _STATISTICS,
    "StdDev": _STATISTICS,
    "PopulationStdDev": _STATISTICS,
    "Variance": _STATISTICS,
    "PopulationVariance": _STATISTICS,
    "Product": _STATISTICS,
    "GeometricMean": _STATISTICS,
    "Slice": "slices of a list: use First, Last, Skip, Take or Tail",
    "Children": _WALK,
    "Descendents": _WALK,
    "descendents": _WALK,
    "Repeat": _WALK,
    "ToLong": _LONG,
    "ConvertsToLong": _LONG,
    "ToChars": "single characters: use Substring",
    "Subsumes": _HIERARCHY,
    "SubsumedBy": _HIERARCHY,
    "ExpandValueSet": "expanding a value set: ask whether a code is in it",
}
"""Why an operator or system function is refused, by its name."""
