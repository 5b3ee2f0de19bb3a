"""Settings of how orders are read."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal


@dataclass(frozen=True, slots=True)
class OrderSettings:
    """Limits that a hospital may set.

    `body_size_age_days`: a weight, height or surface area older than this, on the day of the order, is outdated.
    The plausible ranges (kg, cm, m²) catch slips such as pounds charted as kilograms; a value outside is not used.
    """

    body_size_age_days: int = 90
    plausible_weight_kg: tuple[Decimal, Decimal] = (Decimal("0.3"), Decimal(650))
    plausible_height_cm: tuple[Decimal, Decimal] = (Decimal(20), Decimal(280))
    plausible_surface_area_m2: tuple[Decimal, Decimal] = (Decimal("0.05"), Decimal(4))
