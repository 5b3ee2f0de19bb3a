"""What every command that decides needs: terminology, policies, the decider over them, what they want of a record."""

from __future__ import annotations

import datetime
import gc
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache, partial
from typing import Any

import click
from flask import Blueprint, Flask
from pydantic import ValidationError

from cds_service.app import create_app
from cds_service.artifacts.collection import Artifacts, artifacts_of
from cds_service.artifacts.questionnaire_package import QuestionnairePackages
from cds_service.cdshooks.offered import offered_services
from cds_service.cdshooks.outcome import refused
from cds_service.cdshooks.services import Service
from cds_service.crd import crd_extension
from cds_service.crd.versions import Edition
from cds_service.deciding import PolicyDecider
from cds_service.fhir.wanted import Wanted, wanted_for
from cds_service.plans import PlansRefused, load_plans
from cds_service.security.clients import ClientsRefused
from cds_service.settings import Settings
from cds_service.store.audit import questionnaires_of
from cds_service.store.database import Database, StoreFailed
from cds_service.web.policies import policy_pages
from cql_like_rules.cql.errors import CqlError
from cql_like_rules.orders import OrderSettings
from cql_like_rules.policy import POLICIES, load_policies
from cql_like_rules.questions import form_needed
from cql_like_rules.requirements import requirements_of_policies
from cql_like_rules.terminology import Terminology, load_terminology


@dataclass(frozen=True, slots=True)
class Loaded:
    """A decider over the policies that come with the service, its terminology, and what it wants of a record."""

    settings: Settings
    decider: PolicyDecider
    terminology: Terminology
    wanted: Wanted

    @property
    def services(self) -> tuple[Service, ...]:
        """The services that this decider answers for."""
        every = offered_services(self.wanted, crd_extension(self.settings))
        return tuple(
            service for service in every if self.settings.offered in ("all", "crd" if service.crd else "plain")
        )

    @property
    def artifacts(self) -> Artifacts:
        """The policies and the value sets as FHIR artifacts, made anew each time: ask once."""
        return artifacts_of(self.decider.policies, self.terminology)

    @property
    def pages(self) -> Blueprint:
        """The policies as pages to read, made anew each time: ask once."""
        return policy_pages(self.decider.policies, self.terminology)

    def application(self) -> Flask:
        """A WSGI application with all of it. Ends the command with every problem of the file of trusted clients."""
        artifacts = self.artifacts
        database = Database(self.settings.database_url)
        packages = QuestionnairePackages(
            artifacts,
            self.decider,
            self.terminology,
            recalled=partial(_recalled, database),
            edition=Edition(self.settings.crd_version),
        )
        try:
            return create_app(
                self.settings,
                self.decider,
                services=self.services,
                terminology=self.terminology,
                artifacts=artifacts,
                package=partial(_packaged, packages),
                pages=self.pages,
                forms=form_needed,
                database=database,
            )
        except ClientsRefused as error:
            raise click.ClickException(f"the trusted clients cannot be loaded\n{error}") from error


def _packaged(packages: QuestionnairePackages, parameters: Mapping[str, Any]) -> Mapping[str, Any]:
    return packages.answer(parameters, datetime.datetime.now(datetime.UTC))


def _recalled(database: Database, assertion_id: str) -> Sequence[str]:
    """The questionnaires that an assertion named. Raises CallRefused with 503 when the store cannot tell."""
    try:
        return questionnaires_of(database, assertion_id)
    except StoreFailed as error:
        raise refused(503, "transient", "What was asserted cannot be looked up now. Please ask again later.") from error


def settings_or_end() -> Settings:
    """The settings of the environment. Ends the command with every one that cannot be used, without quoting it."""
    try:
        return Settings()
    except ValidationError as error:
        problems = error.errors(include_url=False, include_input=False, include_context=False)
        lines = (f"{_name_of(problem)}{problem['msg'].removeprefix('Value error, ')}" for problem in problems)
        raise click.ClickException("\n".join(["the settings cannot be used", *lines])) from None


def _name_of(problem: Any) -> str:
    """`ONCOLOGY_CDS_PORT: `; nothing for a problem of several settings, which names them itself."""
    return f"ONCOLOGY_CDS_{str(problem['loc'][0]).upper()}: " if problem["loc"] else ""


@cache
def loaded(settings: Settings) -> Loaded:
    """Loads once for the same settings. Ends the command with every problem of the policies, or of the plans."""
    # Loading makes millions of objects and drops few: the collector would only walk over them again and again.
    gc.disable()
    try:
        return _loaded(settings)
    finally:
        gc.enable()


def _loaded(settings: Settings) -> Loaded:
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
    what = Loaded(settings, PolicyDecider(policies, terminology, order_settings, plans), terminology, wanted)
    # Policies and value sets live as long as the process: without this, the collector walks over all of them again and
    # again, and now and then a call waits a tenth of a second for it.
    gc.collect()
    gc.freeze()
    return what
