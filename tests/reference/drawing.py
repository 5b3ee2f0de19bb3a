"""Random values that are the same ones whenever they are drawn, whatever else of the code has changed."""

from __future__ import annotations

from typing import Any

from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st
from hypothesis.internal.conjecture.providers import AVAILABLE_PROVIDERS, HypothesisProvider


class SeedOnly(HypothesisProvider):
    """Draws by the seed alone.

    Hypothesis also draws constants that it finds in the code under test, so that any change of that code would draw
    other values, and a comparison that passed would not be the one that is run next.
    """

    def _maybe_draw_constant(self, *arguments: Any, **options: Any) -> None:
        return None


AVAILABLE_PROVIDERS["seed-only"] = f"{__name__}.SeedOnly"


def drawn(number: int, strategy: st.SearchStrategy[Any], count: int) -> list[Any]:
    """`count` different values; the same ones for the same seed."""
    found: dict[str, Any] = {}

    @seed(number)
    @settings(
        max_examples=2 * count,
        phases=[Phase.generate],
        database=None,
        deadline=None,
        suppress_health_check=list(HealthCheck),
        backend="seed-only",
    )
    @given(strategy)
    def collect(value: Any) -> None:
        found.setdefault(str(value), value)

    collect()
    assert len(found) >= count
    return list(found.values())[:count]
