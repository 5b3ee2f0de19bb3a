"""What a client may switch off (CRD 2.2.1, deviations.md, "Configuration Options Extension").

Options are told by their codes only, which are those of the value set cardType.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import structlog

from cds_service.cards import TOPICS

OPTIONS = "davinci-crd.configuration-options"
"""The extension of a service in discovery: what may be configured."""

CONFIGURATION = "davinci-crd.configuration"
"""The extension of a call: what the client has configured."""

COVERAGE_INFO = "coverage-info"
UNSOLICITED = "unsolicited-determ"
MAX_CARDS = "max-cards"
DEFAULT_MAX_CARDS = 10

_log = structlog.get_logger(__name__)

_COVERAGE_WORDS = {
    COVERAGE_INFO: (
        "Coverage information",
        "Notes on each order whether it is covered, needs prior authorization, and what to document for it.",
    ),
    UNSOLICITED: (
        "Authorization without a request",
        "Answers an order that meets its coverage policy with an authorization. Switch it off to ask what would be.",
    ),
}
_TOPIC_WORDS = {
    "contraindication": (
        "Contraindications",
        "Cards that warn of harm to the patient: contraindications, and other warnings on safety.",
    ),
    "limits": ("Limits", "Cards on doses and durations above what the coverage policy allows."),
    "therapy-alternatives-req": (
        "Required alternatives",
        "Cards that name the drug which the coverage policy wants first, with an order for it to choose.",
    ),
    "duplicate-therapy": ("Duplicate therapy", "Cards on drugs that must not be given together with the ordered one."),
    "off-guideline": (
        "Off guideline",
        "Cards on uses, ages and regimens that the coverage policy does not list.",
    ),
    "insurance": (
        "Documentation",
        "Cards that ask for what the coverage policy requires and the record does not show.",
    ),
    "guideline": ("Guidelines", "Cards with recommendations of published guidance, and advice beside a policy."),
}


@dataclass(frozen=True, slots=True)
class Option:
    """One thing that a client may configure; `default` holds where it does not."""

    code: str
    name: str
    description: str
    default: bool | int

    @property
    def json(self) -> dict[str, Any]:
        """The option as discovery tells it."""
        kind = "boolean" if isinstance(self.default, bool) else "integer"
        return {
            "code": self.code,
            "type": kind,
            "name": self.name,
            "description": self.description,
            "default": self.default,
        }

    def takes(self, value: Any) -> bool:
        """Whether the value can be used for this option."""
        if isinstance(self.default, bool):
            return isinstance(value, bool)
        return isinstance(value, int) and not isinstance(value, bool) and value >= 0


@dataclass(frozen=True, slots=True)
class Configuration:
    """What a call wants: system actions, authorizations, which topics of cards not, and how many cards at most."""

    coverage_info: bool = True
    unsolicited: bool = True
    unwanted: frozenset[str] = frozenset()
    max_cards: int = DEFAULT_MAX_CARDS


def options_offered(*, unsolicited: bool) -> tuple[Option, ...]:
    """The options, the same for every hook; `unsolicited` says whether the service gives authorizations at all."""
    coverage = [COVERAGE_INFO, UNSOLICITED] if unsolicited else [COVERAGE_INFO]
    return (
        *(Option(code, *_COVERAGE_WORDS[code], default=True) for code in coverage),
        *(Option(code, *words, default=True) for code, words in _TOPIC_WORDS.items()),
        Option(MAX_CARDS, "Maximum number of cards", "The most important cards are kept.", DEFAULT_MAX_CARDS),
    )


def read_configuration(extension: Mapping[str, Any], options: Iterable[Option]) -> Configuration:
    """What a call has configured by its `extension`.

    Codes that are not among the options, and values of another type, are ignored and counted in the log (CRD: dev-6,
    dev-17); the default holds for them.
    """
    given = extension.get(CONFIGURATION)
    known = {option.code: option for option in options}
    values: dict[str, bool | int] = {code: option.default for code, option in known.items()}
    if given is not None and not isinstance(given, Mapping):
        _log.info("configuration ignored", reason="it is no object")
    elif given:
        used = {code: value for code, value in given.items() if code in known and known[code].takes(value)}
        values |= used
        if len(used) < len(given):
            unusable = sorted(code for code in given if code in known and code not in used)
            _log.info("configuration partly ignored", unknown=len(given.keys() - known), unusable=unusable)
    return Configuration(
        coverage_info=bool(values[COVERAGE_INFO]),
        unsolicited=bool(values.get(UNSOLICITED, False)),
        unwanted=frozenset(topic for topic in TOPICS if not values[topic]),
        max_cards=int(values[MAX_CARDS]),
    )
