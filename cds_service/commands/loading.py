"""What every command that decides needs: terminology, policies, the decider over them, what they want of a record."""

from __future__ import annotations

import gc
from dataclasses import dataclass
from functools import cache

import click

from cds_service.artifacts.collection import Artifacts, artifacts_of
from cds_service.cdshooks.offered import offered_services
from cds_service.cdshooks.services import Service
from cds_service.deciding import PolicyDecider
from cds_service.fhir.wanted import Wanted, wanted_for
from cds_service.plans import PlansRefused, load_plans
from cds_service.settings import Settings
from cql_like_rules.cql.errors import CqlError
from cql_like_rules.orders import OrderSettings
from cql_like_rules.policy import POLICIES, load_policies
from cql_like_rules.requirements import requirements_of_policies
from cql_like_rules.terminology import Terminology, load_terminology


@dataclass(frozen=True, slots=True)
class Loaded:
    """A decider over the policies that come with the service, its terminology, and what it wants of a record."""

    decider: PolicyDecider
    terminology: Terminology
    wanted: Wanted

    @property
    def services(self) -> tuple[Service, ...]:
        """The services that this decider answers for."""
        return tuple(offered_services(self.wanted, lambda hook: {}))

    @property
    def artifacts(self) -> Artifacts:
        """The policies and the value sets as FHIR artifacts, made anew each time: ask once."""
        return artifacts_of(self.decider.policies, self.terminology)


@cache
def loaded(settings: Settings) -> Loaded:
    """Loads once for the same settings. Ends the command with every problem of the policies, or of the plans."""
    terminology = load_terminology()
    try:
        plans = load_plans(settings.plans_file)
    except PlansRefused as error:
        raise click.ClickException(f"the health plans cannot be loaded\n{error}") from error
    try:
        policies = load_policies(POLICIES, terminology)
        wanted = wanted_for(requirements_of_policies(policies))
    except CqlError as error:
        raise click.ClickException(f"the policies cannot be loaded\n{error}") from error
    order_settings = OrderSettings(body_size_age_days=settings.body_size_age_days)
    what = Loaded(PolicyDecider(policies, terminology, order_settings, plans), terminology, wanted)
    # Policies and value sets live as long as the process: without this, the collector walks over all of them again and
    # again, and now and then a call waits a tenth of a second for it.
    gc.collect()
    gc.freeze()
    return what
