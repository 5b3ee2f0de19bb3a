"""Strength and concentration from RxNorm's names."""

from decimal import Decimal

import pytest

from cql_like_rules.terminology.presentation import presentation


@pytest.mark.parametrize(
    ("name", "concentration", "strength", "ready_to_use"),
    [
        ("methotrexate 2.5 MG/ML Oral Solution [Xatmep]", "2.5", None, True),
        ("sargramostim 0.25 MG/ML Injectable Solution [Leukine]", "0.25", None, False),
        ("carfilzomib 30 MG Injection [Kyprolis]", None, "30", False),
        ("methotrexate 2.5 MG Oral Tablet", None, "2.5", False),
        ("20 ML daratumumab 20 MG/ML Injection [Darzalex]", "20", "400", False),
        ("0.15 ML methotrexate 50 MG/ML Auto-Injector [Rasuvo]", "50", "7.5", True),
        ("15 ML daratumumab 120 MG/ML / hyaluronidase-fihj 2000 UNT/ML Injection", "120", "1800", False),
    ],
)
def test_a_name_tells_concentration_and_strength(name, concentration, strength, ready_to_use):
    found = presentation(name)
    assert (found.concentration and found.concentration.value) == (concentration and Decimal(concentration))
    assert (found.strength and found.strength.value) == (strength and Decimal(strength))
    assert found.ready_to_use is ready_to_use


@pytest.mark.parametrize(
    ("written", "printed"),
    [("25", "10"), ("31.3", "12.5"), ("37.5", "15"), ("43.8", "17.5"), ("50", "20"), ("56.3", "22.5"), ("62.5", "25")],
)
def test_the_rounded_concentration_of_a_pen_gives_its_printed_strength(written, printed):
    found = presentation(f"0.4 ML methotrexate {written} MG/ML Auto-Injector [Otrexup]")
    assert found.strength.value == Decimal(printed)
    assert found.concentration.value * Decimal("0.4") == found.strength.value


@pytest.mark.parametrize(
    "name", ["Leukine", "sargramostim", "amlodipine 5 MG / benazepril 10 MG Oral Capsule", "fentanyl 25 MCG/HR Patch"]
)
def test_other_names_tell_none(name):
    assert presentation(name) is None
