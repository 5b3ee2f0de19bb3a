from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal

import pytest

from cql_like_rules.cql.values.quantity import Quantity


@pytest.fixture(scope="session")
def q() -> Callable[..., Quantity]:
    """`q("5", "mg")` is `5 'mg'`."""
    return lambda value, unit="1": Quantity(Decimal(value), unit)
