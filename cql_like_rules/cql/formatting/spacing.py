"""What stands between two pieces on one line: a blank, or nothing."""

from __future__ import annotations

from collections.abc import Sequence

from cql_like_rules.cql.formatting.pieces import Piece
from cql_like_rules.cql.keywords import NAME_KEYWORDS, SINGULAR

_OPENING = ("(", "[")
_CLOSING = (")", "]")
_INFIX = """
    by called default div ends except implies include includes intersect meets mod overlaps start starting starts union
    using where xor
"""
_CALLABLE = NAME_KEYWORDS - {*_INFIX.split()}
"""Keywords that name a function when a bracket follows."""
_ENDS_OPERAND = frozenset({"null", "true", "false", "end", ")", "]", "}", "$this", "$index", "$total", *SINGULAR})
_TYPES_WITH_ANGLES = ("List", "Interval", "Choice")


def angles(pieces: Sequence[Piece]) -> frozenset[int]:
    """The indices of `<` and `>` that are brackets of a type, as in `List<Integer>`."""
    found: set[int] = set()
    opened = 0
    for index, piece in enumerate(pieces):
        if piece.word == "<" and pieces[index - 1].raw in _TYPES_WITH_ANGLES:
            opened += 1
            found.add(index)
        elif piece.word == ">" and opened:
            opened -= 1
            found.add(index)
    return frozenset(found)


def blank_between(pieces: Sequence[Piece], index: int, angle: frozenset[int]) -> bool:
    """Whether a blank stands between the piece of this index and the one before it, on the same line."""
    left, right = pieces[index - 1], pieces[index]
    if "." in (left.word, right.word) or right.word == "," or left.word in _OPENING or right.word in _CLOSING:
        return False
    if index in angle and (right.word == "<" or right.word == ">"):
        return False
    if index - 1 in angle and left.word == "<":
        return False
    if left.word == "{" and right.word == "}":
        return False
    if index - 1 in angle and right.word == "{" and pieces[index + 1].word == "}":
        return False
    if ":" in (left.word, right.word) and _is_ratio(pieces, index if right.word == ":" else index - 1):
        return False
    match right.word:
        case ":":
            return False
        case "(":
            return not (
                left.is_name or left.word == "Interval" or left.word in _CALLABLE or _is_sign(pieces, index - 1)
            )
        case "[":
            return not (left.is_name or left.word in ("Interval", *_ENDS_OPERAND) or _is_sign(pieces, index - 1))
    return not _is_sign(pieces, index - 1)


def _is_ratio(pieces: Sequence[Piece], colon: int) -> bool:
    """True for the colon of `1:128`, not for that of `starting 1: …`."""
    left, right = pieces[colon - 1], pieces[colon + 1]
    between_numbers = (left.group in ("number", "string") or left.word in SINGULAR) and right.group == "number"
    return between_numbers and all(piece.word != "starting" for piece in pieces[max(0, colon - 3) : colon])


def _is_sign(pieces: Sequence[Piece], index: int) -> bool:
    """True for a `+` or `-` before a number, not between two."""
    if pieces[index].word not in ("+", "-"):
        return False
    before = pieces[index - 1]
    return bool(before.word) and before.word not in _ENDS_OPERAND and before.word not in _CALLABLE
