"""Determination -> CDS Hooks cards, suggestions and override reasons.

`cards_for` writes the cards of one determination, `in_order` puts those of several in the order of a response,
`told_once` makes one card of what several orders are told in the same words, and `determination_json` is the
determination itself as JSON.
"""

from .cards import TOPICS, cards_for
from .content import CardLinks, Resources
from .determination_json import determination_json
from .priority import in_order
from .told_once import orders_of, told_once

__all__ = ["TOPICS", "CardLinks", "Resources", "cards_for", "determination_json", "in_order", "orders_of", "told_once"]
