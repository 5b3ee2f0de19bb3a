"""Which card comes first, and one card for each order, policy and kind: what warns on one, what informs on another."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

Card = dict[str, Any]

INDICATORS = ("critical", "warning", "info")
KINDS = (
    "safety",
    "dose",
    "step-therapy",
    "concurrent-drug",
    "age",
    "diagnosis",
    "regimen",
    "prescriber",
    "documentation",
    "duration",
    "referral",
)
"""The kinds of cards, those first that can harm the patient, then those that the prescriber can change at once."""

_OFFERED = ("suggestions", "selectionBehavior")


def in_order(cards: Iterable[Card]) -> list[Card]:
    """The cards most important first, over any number of determinations: by indicator, then by kind.

    Cards of equal rank stay as they came. Of one order, policy and kind there is one card that warns, and one for
    information apart from it, so that a note never lengthens a warning. It is the most important of them, with what the
    others say added to it.
    """
    kept: dict[tuple[str, str, str, bool], Card] = {}
    for card in sorted(cards, key=_rank):
        about = card["extension"]["oncology-cds"]
        place = about["order"], about["policy"], about["kind"], card["indicator"] == "info"
        kept[place] = _joined(kept[place], card) if place in kept else card
    return list(kept.values())


def of_kinds(cards: Iterable[Card], kinds: frozenset[str] | None) -> list[Card]:
    """The cards of these kinds, all for None; what is critical is always among them."""
    return [
        card
        for card in cards
        if kinds is None or card["extension"]["oncology-cds"]["kind"] in kinds or card["indicator"] == INDICATORS[0]
    ]


def _rank(card: Card) -> tuple[int, int]:
    kind = card["extension"]["oncology-cds"]["kind"]
    return INDICATORS.index(card["indicator"]), KINDS.index(kind) if kind in KINDS else len(KINDS)


def _joined(card: Card, other: Card) -> Card:
    """The card with the criteria and the suggestion of the other, and with those parts of its detail that it lacks.

    What both close with (where it is written) closes the joined card too.
    """
    about, other_about = card["extension"]["oncology-cds"], other["extension"]["oncology-cds"]
    blocks, others = _blocks(card["detail"]), _blocks(other["detail"])
    closing = [blocks.pop()] if len(blocks) > 1 and len(others) > 1 and blocks[-1] == others[-1] else []
    added = [block for block in others if block not in (*blocks, *closing)]
    joined = card | {name: each[name] for each in (other, card) for name in _OFFERED if name in each}
    joined["detail"] = "\n\n".join([*blocks, *added, *closing])
    criteria = [*about.get("criteria", ()), *other_about.get("criteria", ())]
    if criteria:
        joined["extension"] = {**card["extension"], "oncology-cds": {**about, "criteria": criteria}}
    return joined


def _blocks(detail: str) -> list[str]:
    """The paragraphs of a detail, a list together with the heading above it."""
    blocks: list[str] = []
    for paragraph in detail.split("\n\n"):
        if blocks and blocks[-1].endswith(":") and paragraph.startswith("- "):
            blocks[-1] = f"{blocks[-1]}\n\n{paragraph}"
        else:
            blocks.append(paragraph)
    return blocks
