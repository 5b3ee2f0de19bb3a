"""What every command that decides needs: terminology, policies, the decider over them, what they want of a record."""

from __future__ import annotations

import datetime
import gc
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property, partial
from pathlib import Path
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
from cds_service.security.authentication import TrustedClients, trusted_clients
from cds_service.security.clients import ClientsRefused
from cds_service.settings import Settings
from cds_service.store.audit import questionnaires_of
from cds_service.store.database import Database, StoreFailed
from cds_service.web.policies import policy_pages
from cql_like_rules.cql.errors import CqlError
from cql_like_rules.orders import OrderSettings
from cql_like_rules.policy import POLICIES, Policy, load_policies
from cql_like_rules.questions import form_needed
from cql_like_rules.requirements import requirements_of_policies
from cql_like_rules.terminology import Terminology, TerminologyError, load_terminology


@dataclass(frozen=True)
class Loaded:
    """A decider over the policies of the settings, its terminology, and what it wants of a record."""

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

    @cached_property
    def artifacts(self) -> Artifacts:
        """The policies and the value sets as FHIR artifacts."""
        return artifacts_of(self.decider.policies, self.terminology)

    @cached_property
    def clients(self) -> TrustedClients:
        """The clients that may call. Ends the command with every problem of their file, or when none are told."""
        try:
            return trusted_clients(self.settings)
        except ClientsRefused as error:
            raise click.ClickException(f"the trusted clients cannot be loaded\n{error}") from error

    @property
    def pages(self) -> Blueprint:
        """The policies as pages to read, made anew each time: ask once."""
        return policy_pages(self.decider.policies, self.terminology)

    def prepare(self) -> None:
        """Makes all that serving needs beside the policies, so that what is wrong with it shows now: as `clients`."""
        _ = self.clients, self.artifacts

    def application(self, before: Flask | None = None) -> Flask:
        """A WSGI application with all of it, with the database and the spool of the one `before` it in this process.

        Ends the command as `clients` does.
        """
        shared = before.extensions["oncology-cds"] if before else {}
        database = shared.get("database") or Database(self.settings.database_url)
        packages = QuestionnairePackages(
            self.artifacts,
            self.decider,
            self.terminology,
            recalled=partial(_recalled, database),
            edition=Edition(self.settings.crd_version),
        )
        return create_app(
            self.settings,
            self.decider,
            services=self.services,
            terminology=self.terminology,
            artifacts=self.artifacts,
            package=partial(_packaged, packages),
            pages=self.pages,
            forms=form_needed,
            database=database,
            sink=shared.get("sink"),
            clients=self.clients,
            policies=self.decider.policies,
        )


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


_LOADED: dict[Settings, Loaded] = {}


def loaded(settings: Settings) -> Loaded:
    """What the settings name, loaded once for the same settings; processes that are forked later have it too.

    Ends the command with every problem of the policies, or of the terminology or the plans.
    """
    if settings not in _LOADED:
        _LOADED[settings] = load(settings)
        settle()
    return _LOADED[settings]


def exchange(what: Loaded) -> None:
    """From now on `loaded` gives this for its settings."""
    _LOADED[what.settings] = what


def load(settings: Settings) -> Loaded:
    """What the settings name, loaded now. Ends the command with every problem that was found."""
    # Loading makes millions of objects and drops few: the collector would only walk over them again and again.
    gc.disable()
    try:
        return _load(settings)
    finally:
        gc.enable()


def settle() -> None:
    """Has the collector drop what is no longer used, and leave alone what there is now.

    Policies and value sets live long: without this, the collector walks over all of them again and again, and now and
    then a call waits a tenth of a second for it.
    """
    gc.unfreeze()
    gc.collect()
    gc.freeze()


def _load(settings: Settings) -> Loaded:
    terminology = _terminology(settings.terminology_folder)
    try:
        plans = load_plans(settings.plans_file)
    except PlansRefused as error:
        raise click.ClickException(f"the health plans cannot be loaded\n{error}") from error
    policies = _policies(settings.policies_folder or POLICIES, terminology)
    try:
        wanted = wanted_for(requirements_of_policies(policies))
    except CqlError as error:
        raise click.ClickException(f"the policies cannot be loaded\n{error}") from error
    order_settings = OrderSettings(body_size_age_days=settings.body_size_age_days)
    return Loaded(settings, PolicyDecider(policies, terminology, order_settings, plans), terminology, wanted)


def _terminology(folder: Path | None) -> Terminology:
    if folder is None:
        return load_terminology()
    with _told("the terminology cannot be loaded", folder):
        terminology = load_terminology(folder)
    if not terminology.files:
        raise click.ClickException(f"the terminology cannot be loaded\n{folder}: has no value sets (*.json)")
    return terminology


def _policies(folder: Path, terminology: Terminology) -> Sequence[Policy]:
    with _told("the policies cannot be loaded", folder):
        policies = load_policies(folder, terminology)
    if not policies:
        # A folder that was not mounted must not make a service that finds nothing to say about any order.
        raise click.ClickException(f"the policies cannot be loaded\n{folder}: has no policies (*/policy.cql)")
    return policies


@contextmanager
def _told(what: str, folder: Path) -> Iterator[None]:
    """Ends the command with what is wrong with the files of a folder."""
    try:
        yield
    except (CqlError, TerminologyError) as error:
        raise click.ClickException(f"{what}\n{error}") from error
    except OSError as error:
        raise click.ClickException(f"{what}\n{error.filename or folder}: {error.strerror or error}") from error
    except UnicodeDecodeError as error:
        raise click.ClickException(f"{what}\n{folder}: a file is not UTF-8 text") from error
