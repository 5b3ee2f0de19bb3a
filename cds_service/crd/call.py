"""What a call asks of CRD: read before anything else, so that a call that cannot be answered costs nothing."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from cds_service.cdshooks.envelope import HookRequest
from cds_service.settings import Settings

from .configuration import OPTIONS, Configuration, options_offered, read_configuration
from .versions import SUPPORTED, VERSION, Edition, edition_of

_PREFIX = "davinci-crd."
_EARLY_HOOKS = frozenset({"order-select"})


@dataclass(frozen=True, slots=True)
class CrdCall:
    """How a call is answered for CRD.

    `strict` says that it was made to a CRD service: only such a call is refused for what CRD asks for. `early` says
    that the order is not written yet, so that nobody is asked to document anything. `unsolicited` says that an
    authorization may be given. `client` is where the ids of the call belong: the FHIR server ("" when not told) and
    the patient. `policy_page` is the address below which each policy has a page, "" for none.
    """

    strict: bool
    early: bool = False
    edition: Edition = Edition.SHARED
    configuration: Configuration = field(default_factory=Configuration)
    unsolicited: bool = False
    client: tuple[str, str] = ("", "")
    policy_page: str = ""


def crd_extension(settings: Settings) -> dict[str, Any]:
    """The `extension` of a CRD service in discovery: its versions and its options, the same for every hook."""
    options = options_offered(unsolicited=settings.unsolicited_determinations)
    return {VERSION: list(SUPPORTED), OPTIONS: [option.json for option in options]}


def read_crd(request: HookRequest, settings: Settings, *, strict: bool, policy_page: str = "") -> CrdCall | None:
    """What the call asks of CRD; None for a call that has nothing of it, made to a plain service.

    `strict` says that it was made to a CRD service. Raises CallRefused with 422, only then, for a version that is not
    supported. `policy_page` is the address below which each policy has a page, "" for none.
    """
    if not strict and not any(name.startswith(_PREFIX) for name in request.extension):
        return None
    default = Edition(settings.crd_version)
    options = options_offered(unsolicited=settings.unsolicited_determinations)
    configuration = read_configuration(request.extension, options)
    return CrdCall(
        strict=strict,
        early=request.hook in _EARLY_HOOKS,
        edition=edition_of(request.extension, default, strict=strict),
        configuration=configuration,
        unsolicited=settings.unsolicited_determinations and configuration.unsolicited,
        client=(request.fhir_server or "", request.context.patient_id),
        policy_page=policy_page,
    )
