"""Three-valued logic (CQL 1.5.3, Appendix B, Logical Operators): True, False and None for unknown."""

from __future__ import annotations


def and_(left: bool | None, right: bool | None) -> bool | None:
    """False if either is false, null if either is null, else true."""
    if left is False or right is False:
        return False
    return None if left is None or right is None else True


def or_(left: bool | None, right: bool | None) -> bool | None:
    """True if either is true, null if either is null, else false."""
    if left is True or right is True:
        return True
    return None if left is None or right is None else False


def xor(left: bool | None, right: bool | None) -> bool | None:
    """Null if either is null, else whether exactly one is true."""
    return None if left is None or right is None else left is not right


def not_(value: bool | None) -> bool | None:
    """Null for null."""
    return None if value is None else not value


def implies(left: bool | None, right: bool | None) -> bool | None:
    """`not left or right`."""
    return or_(not_(left), right)
