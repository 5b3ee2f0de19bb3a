"""`oncology-cds store`: the tables, what is in them, and how long."""

from __future__ import annotations

import datetime
import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import click
import structlog
from sqlalchemy import ColumnElement, func, or_, select
from sqlalchemy.orm import InstrumentedAttribute

from cds_service.commands.loading import settings_or_end
from cds_service.logs import configure_logging
from cds_service.settings import Settings
from cds_service.store.database import Database, StoreFailed
from cds_service.store.models import Evaluation, Exchange, Feedback
from cds_service.store.retention import Purged, Retention
from cds_service.store.spool import SpoolFailed, Waiting, all_waiting
from cds_service.store.spooling import spool_folder


@click.group()
def store() -> None:
    """The database of calls and feedback, and the spool before it."""


@store.command()
def migrate() -> None:
    """Bring the tables to the newest version. Several may do so at once. Ends with 1 when it cannot be done."""
    with _database(settings_or_end()) as database:
        database.migrate()
        click.echo(f"{database.url}: version {database.revisions()[0]}")


@store.command()
@click.option("--json", "wants_json", is_flag=True, help="Print JSON.")
def status(wants_json: bool) -> None:
    """What is in the database, and what waits for it. Ends with 1 when the tables are not of the newest version."""
    settings = settings_or_end()
    waiting = _waiting(settings)
    spool = {"folder": str(spool_folder(settings)), "files": [_file(each) for each in waiting]}
    with _database(settings, shown=_spool_line(spool) if not wants_json else "") as database:
        version, newest = database.revisions()
        is_newest = version == newest
        told = {"database": database.url, "version": version, "newest": newest, "spool": spool}
        rows = _rows(database) if is_newest else {}
    if wants_json:
        click.echo(json.dumps(told | rows))
    else:
        click.echo("\n".join(_lines(told, rows)))
    if not is_newest:
        raise SystemExit(1)


@store.command()
@click.option("--older-than", metavar="DAYS", type=click.IntRange(1), help="Days, in place of the settings.")
@click.option("--dry-run", is_flag=True, help="Only tell what would be deleted.")
def purge(older_than: int | None, dry_run: bool) -> None:
    """Delete calls and feedback that are older than retention_days, and contents older than retention_clinical_days."""
    settings = settings_or_end()
    configure_logging(settings.log_level)
    now = datetime.datetime.now(datetime.UTC)
    calls = now - datetime.timedelta(days=older_than or settings.retention_days)
    contents = now - datetime.timedelta(days=older_than or settings.retention_clinical_days)
    with _database(settings) as database:
        retention = Retention(database, calls, contents)
        purged = retention.would_delete() if dry_run else retention.delete()
    if not dry_run:
        log = structlog.get_logger(__name__)
        log.warning("the store was purged", before=calls.isoformat(timespec="seconds"), **_counts(purged))
    click.echo(
        f"{'would delete' if dry_run else 'deleted'}: {purged.exchanges} calls with {purged.evaluations} evaluations, "
        f"{purged.feedback} feedback, the contents of {purged.contents} more calls"
    )


@contextmanager
def _database(settings: Settings, shown: str = "") -> Iterator[Database]:
    """The database of the settings. What fails ends the command; `shown` is printed before."""
    database = Database(settings.database_url)
    try:
        yield database
    except StoreFailed as error:
        if shown:
            click.echo(shown)
        raise click.ClickException(f"the database {database.url} cannot be used: {error}") from error
    finally:
        database.close()


def _waiting(settings: Settings) -> list[Waiting]:
    try:
        return all_waiting(spool_folder(settings))
    except SpoolFailed as error:
        raise click.ClickException(f"the spool {spool_folder(settings)} cannot be read: {error}") from error


def _file(waiting: Waiting) -> dict[str, Any]:
    return {"file": waiting.name, "inUse": waiting.in_use, "waiting": waiting.entries, "bytes": waiting.bytes}


def _counts(purged: Purged) -> dict[str, int]:
    return {"calls": purged.exchanges, "evaluations": purged.evaluations, "feedback": purged.feedback}


def _rows(database: Database) -> dict[str, Any]:
    with database.transaction() as session:

        def count(column: InstrumentedAttribute[int], *where: ColumnElement[bool]) -> int:
            return session.scalar(select(func.count(column)).where(*where)) or 0

        oldest = session.scalar(select(func.min(Exchange.created_at)))
        sealed = or_(Exchange.request_sealed.is_not(None), Exchange.response_sealed.is_not(None))
        return {
            "calls": count(Exchange.id),
            "oldest": oldest.isoformat() if oldest else None,
            "withContents": count(Exchange.id, sealed),
            "evaluations": count(Evaluation.id),
            "feedback": count(Feedback.id),
        }


def _lines(told: dict[str, Any], rows: dict[str, Any]) -> Iterator[str]:
    yield f"database {told['database']}"
    if rows:
        yield f"  tables of version {told['version']}, the newest"
        yield f"  {rows['calls']} calls, {rows['withContents']} with their contents, the oldest {rows['oldest'] or '-'}"
        yield f"  {rows['evaluations']} evaluations, {rows['feedback']} feedback"
    else:
        yield f"  tables of version {told['version'] or '-'}, the newest is {told['newest']}: store migrate brings it"
    yield _spool_line(told["spool"])


def _spool_line(spool: dict[str, Any]) -> str:
    files = spool["files"]
    left = [each for each in files if not each["inUse"] and each["waiting"]]
    line = f"spool {spool['folder']}\n  {sum(each['waiting'] for each in files)} entries wait in {len(files)} files"
    return line + (f", {len(left)} of them left by processes that ended" if left else "")
