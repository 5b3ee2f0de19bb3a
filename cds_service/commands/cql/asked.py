"""What defines are evaluated over: the record of a request in a file, with the parameters that the service makes."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import click

from cds_service.cdshooks.offered import offered_services
from cds_service.cdshooks.wire import NotJson, read_json
from cds_service.commands.loading import settings_or_end
from cds_service.commands.requests import read_or_end
from cds_service.deciding import NO_DATE, evaluation_time
from cds_service.fhir.wanted import Wanted
from cds_service.plans import PlansRefused, load_plans
from cds_service.settings import Settings
from cql_like_rules.cql.evaluation import Evaluation
from cql_like_rules.cql.json_values import NotOfType, from_json
from cql_like_rules.cql.library import CompiledLibrary
from cql_like_rules.cql.types import Type
from cql_like_rules.cql.values.temporal import DateTime
from cql_like_rules.determine import supplied_parameters
from cql_like_rules.orders import OrderSettings, read_order
from cql_like_rules.plans import Paying
from cql_like_rules.record import Record
from cql_like_rules.terminology import load_terminology

_Command = Callable[..., Any]

_request = click.option(
    "--request",
    "request_file",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    metavar="REQUEST.json",
    help="A CDS Hooks request: its record, and its order as the parameter Order.",
)
_order = click.option(
    "--order", metavar="ID", help="The order of the request, where it has several (default: the first)."
)


def request_options(command: _Command) -> _Command:
    """The options `--request` and `--order`."""
    return _request(_order(command))


@dataclass(frozen=True, slots=True)
class Asked:
    """A record, parameters by their names, and the time of the evaluation. By itself: of nothing is anything known."""

    record: Record = field(default_factory=lambda: Record([]))
    parameters: Mapping[str, Any] = field(default_factory=dict)
    as_of: DateTime = NO_DATE

    def with_parameters(self, given: Mapping[str, Any]) -> Asked:
        """The same with these parameters, which go before those that there are."""
        return replace(self, parameters={**self.parameters, **given})

    def evaluation(self, library: CompiledLibrary) -> Evaluation:
        """The evaluation of a library."""
        return Evaluation(library, self.record, self.parameters, self.as_of)


def asked_or_end(request_file: Path | None, order_id: str | None = None) -> Asked:
    """What is asked in a request, about one of its orders; of nothing, where there is no request.

    Ends the command when the file is no request, or has no such order for a drug.
    """
    if request_file is None:
        return Asked()
    settings, terminology = settings_or_end(), load_terminology()
    read = read_or_end(request_file, offered_services(Wanted(), {}), settings, terminology)
    gathered = read.gathered
    orders = {str(order.get("id")): order for order in gathered.orders.for_drugs}
    chosen = next(iter(orders), None) if order_id is None else order_id
    if chosen not in orders:
        known = f"; there are {', '.join(orders)}" if orders else ""
        raise click.ClickException(f"{request_file.name}: no order for a drug {order_id or ''}".rstrip() + known)
    reading = OrderSettings(body_size_age_days=settings.body_size_age_days)
    order = read_order(orders[chosen], gathered.record, terminology, reading, gathered.orders.beside)
    parameters = supplied_parameters(gathered.record, order, _paying(gathered.record, settings))
    return Asked(gathered.record, parameters, evaluation_time(order))


def _paying(record: Record, settings: Settings) -> Paying:
    try:
        return load_plans(settings.plans_file).paying(record)
    except PlansRefused as error:
        raise click.ClickException(f"the health plans cannot be loaded\n{error}") from error


def parameters_or_end(text: str, library: CompiledLibrary) -> Mapping[str, Any]:
    """The parameters that a JSON object gives by their names. Ends the command when they are not the library's."""
    try:
        given = read_json(text.encode())
    except NotJson as error:
        raise click.ClickException(f"--parameters is not JSON: {error}") from error
    if not isinstance(given, dict):
        raise click.ClickException("--parameters is not a JSON object")
    types = dict(_parameter_types(library))
    values = {}
    for name, json in given.items():
        if name not in types:
            raise click.ClickException(f"no parameter {name}; there are {', '.join(types) or 'none'}")
        try:
            values[name] = from_json(json, types[name])
        except NotOfType as error:
            raise click.ClickException(f"parameter {name}: {error}") from error
    return values


def _parameter_types(library: CompiledLibrary) -> Mapping[str, Type]:
    """The types of all parameters of a library and what it includes, by the names that an evaluation takes."""
    own = {name: library.resolved.type_of(each.syntax) for name, each in library.parameters.items()}
    included = {
        f"{each.name}.{name}": each.resolved.type_of(parameter.syntax)
        for each in library.includes.values()
        for name, parameter in each.parameters.items()
    }
    return {**own, **included}
