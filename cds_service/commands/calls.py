"""`oncology-cds calls`: what was asked and what was answered, for whoever may know."""

from __future__ import annotations

import datetime
import getpass
import json
import os
from collections.abc import Iterator, Mapping
from typing import Any

import click
import structlog

from cds_service.cdshooks.filled import filled
from cds_service.cdshooks.wire import read_json, write_json
from cds_service.commands.loading import settings_or_end
from cds_service.logs import configure_logging
from cds_service.security.sealing import CannotOpen, Seal
from cds_service.settings import Settings
from cds_service.store.audit import Audit, KeptCall
from cds_service.store.database import Database, StoreFailed

as_json = click.option("--json", "wants_json", is_flag=True, help="Print JSON.")


@click.group()
def calls() -> None:
    """Look at the calls that were answered. Each look is logged, and written down in the store."""


@calls.command()
@click.argument("hook_instance", metavar="HOOK_INSTANCE")
@as_json
def show(hook_instance: str, wants_json: bool) -> None:
    """Everything that is kept of the calls of one hook instance.

    The contents of request and response are shown where they were kept (store_clinical) and a key opens them. Ends
    with 1 when there is no such call.
    """
    settings = settings_or_end()
    configure_logging(settings.log_level)
    found = _of(settings, hook_instance)
    shown = [_with_contents(call, settings) for call in found]
    if wants_json:
        click.echo(write_json(shown).decode())
    elif not shown:
        click.echo("No call has this hook instance.", err=True)
    for number, call in enumerate(() if wants_json else shown):
        click.echo("\n".join([""] * bool(number) + list(_lines(call))))
    if not shown:
        raise SystemExit(1)


@calls.command(name="list")
@click.option("--since", type=click.DateTime(), help="Calls from this moment on (UTC).")
@click.option("--most", type=click.IntRange(1), default=100, show_default=True, help="How many are listed.")
@as_json
def list_(since: datetime.datetime | None, most: int, wants_json: bool) -> None:
    """The newest calls, newest first."""
    settings = settings_or_end()
    configure_logging(settings.log_level)
    moment = since.replace(tzinfo=datetime.UTC) if since else None
    with _Reading(settings) as audit:
        found = audit.since(moment, most)
    _log_look("list", found=len(found), opened=False)
    if wants_json:
        click.echo(json.dumps([filled(call) for call in found]))
        return
    for call in found:
        names = (call["service"], call["client"] or "-", call["hookInstance"] or "-")
        click.echo(f"{call['at']}  {call['status']}  cards: {call['cards']}  {'  '.join(names)}")


class _Reading:
    """The audit for whoever runs the command, for as long as it is read. What fails ends the command."""

    def __init__(self, settings: Settings) -> None:
        self._database = Database(settings.database_url)

    def __enter__(self) -> Audit:
        return Audit(self._database, _reader())

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: object) -> None:
        self._database.close()
        if isinstance(error, StoreFailed):
            raise click.ClickException(
                f"the store cannot be read, or not written down who reads it: {error}"
            ) from error


def _of(settings: Settings, hook_instance: str) -> list[KeptCall]:
    opened = bool(settings.store_clinical_key)
    with _Reading(settings) as audit:
        found = audit.of(hook_instance, contents=opened)
    _log_look(f"show {hook_instance}", found=len(found), opened=opened)
    return found


def _log_look(command: str, *, found: int, opened: bool) -> None:
    log = structlog.get_logger(__name__)
    log.warning("the audit was read", command=command, reader=_reader(), found=found, opened=opened)


def _reader() -> str:
    """The account that runs the command: its name, or its number where it has none, as in a container."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return f"uid {os.getuid()}"


def _with_contents(call: KeptCall, settings: Settings) -> dict[str, Any]:
    """What is kept of a call as JSON, with the contents of request and response where a key opens them."""
    told: dict[str, Any] = filled(call.told)
    for name, sealed in (("request", call.request_sealed), ("response", call.response_sealed)):
        if sealed is not None:
            told[name] = {**told[name], **_opened(sealed, settings)}
    return told


def _opened(sealed: bytes, settings: Settings) -> Mapping[str, Any]:
    try:
        return {"content": read_json(Seal(settings.store_clinical_key).open(sealed))}
    except CannotOpen as error:
        return {"unreadable": str(error)}


def _lines(call: Mapping[str, Any]) -> Iterator[str]:
    """A call in words."""
    yield f"{call['at']}  {call['service']}  {call.get('hookInstance', '-')}"
    yield f"  status {call['status']} in {call['durationMs']} ms, client {call.get('client', 'not asked')}"
    yield f"  access token {call['tokenUse']}, engine {call['engine']}"
    for each in call.get("evaluations", ()):
        place = " ".join(part for part in (each.get("phase"), each.get("section")) if part)
        yield f"  {each['policy']} version {each['version']}  {place}: {each['status']}"
    for each in call.get("coverage", ()):
        told = (f"{name} {each[name]}" for name in ("covered", "paNeeded", "docNeeded") if each.get(name))
        yield f"  coverage {each['assertion']}: {', '.join(told)}"
    for card in call.get("shown", ()):
        yield f"  card {card.get('uuid', '-')}, suggestions: {', '.join(card.get('suggestions', ())) or 'none'}"
    for item in call.get("feedback", ()):
        yield f"  feedback on {item['card']} at {item['at']}: {item['outcome']}"
    for name in ("request", "response"):
        part = call[name]
        yield f"  {name}: {part['bytes']} bytes, sha256 {part['sha256']}"
        if "content" in part:
            yield write_json(part["content"]).decode()
        elif "unreadable" in part:
            yield f"  {name} was kept, but {part['unreadable']}"
