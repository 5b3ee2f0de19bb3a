"""Message: an error that an author raises; other messages leave no trace.

Source: CQL 1.5.3, Appendix B, Errors and Messaging.
"""

from __future__ import annotations

from typing import Any

from cql_like_rules.cql.errors import EvaluationError


def message(source: Any, condition: bool | None, code: str | None, severity: str | None, text: str | None) -> Any:
    """`Message(source, condition, code, severity, text)`: the source as it is.

    Raises EvaluationError with the text when the condition is true and the severity is `Error`.
    """
    if condition is True and severity == "Error":
        raise EvaluationError(f"{text or 'an error was raised'} ({code})" if code else text or "an error was raised")
    return source
