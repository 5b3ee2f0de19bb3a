"""SIGHUP exchanges the policies of a running service: all of them, or, when one is not sound, none."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable
from typing import Any

import pytest

from .conftest import COMMANDS, POLICY, SECONDS, VERSION, Mounted, Running, places_of

pytestmark = [pytest.mark.slow, pytest.mark.parametrize("server", list(COMMANDS))]

Run = Callable[..., Running]


def test_new_policies_are_used_without_a_call_that_fails(run: Run, mounted: Mounted, server: str) -> None:
    running = run(server, policies_folder=str(mounted.folder))
    assert running.versions() == {VERSION}
    seen: list[Any] = []
    ended = threading.Event()

    def ask() -> None:
        while not ended.is_set():
            try:
                seen.append(running.versions())
            except Exception as error:  # noqa: BLE001 (whatever it is, it must not be)
                seen.append(error)

    asking = threading.Thread(target=ask)
    asking.start()
    try:
        mounted.has_version("2027.01")
        running.reload()
        running.until(lambda: seen and seen[-1] == {"2027.01"}, "the new version")
        if server == "gunicorn":
            running.until(lambda: running.log().count('"Worker exiting') == 2, "the old workers leave")
    finally:
        ended.set()
        asking.join(SECONDS)
    assert [each for each in seen if each not in ({VERSION}, {"2027.01"})] == []
    assert {frozenset(each) for each in seen} == {frozenset({VERSION}), frozenset({"2027.01"})}
    assert [event["policies"] for event in running.events("reloaded")] == [[f"{POLICY}|2027.01"]]
    assert json.loads(running.get(f"/fhir/PlanDefinition/{POLICY}"))["version"] == "2027.01"


def test_policies_that_are_not_sound_are_refused_with_all_their_problems(
    run: Run, mounted: Mounted, server: str
) -> None:
    running = run(server, policies_folder=str(mounted.folder))
    mounted.is_broken()
    running.reload()
    running.until(lambda: running.events("reload refused, nothing has changed"), "a refusal")
    (refusal,) = running.events("reload refused, nothing has changed")
    assert len(set(places_of(refusal["problems"]))) > 2
    assert running.versions() == {VERSION}
    mounted.has_version("2027.02")
    running.reload()
    running.until(lambda: running.versions() == {"2027.02"}, "the mended version")


def test_a_folder_that_is_gone_takes_no_policy_away(run: Run, mounted: Mounted, server: str) -> None:
    running = run(server, policies_folder=str(mounted.folder))
    mounted.folder.rename(mounted.folder.with_name("elsewhere"))
    running.reload()
    running.until(lambda: running.events("reload refused, nothing has changed"), "a refusal")
    (refusal,) = running.events("reload refused, nothing has changed")
    assert "has no policies" in refusal["problems"][-1]
    assert running.versions() == {VERSION}


def test_clients_that_cannot_be_read_any_more_stay_as_they_were(
    run: Run, mounted: Mounted, server: str, tmp_path: Any
) -> None:
    clients = tmp_path / "clients.toml"
    clients.write_text('[[client]]\nname = "x"\niss = "https://x.example.org"\njku = "https://x.example.org/jwks"\n')
    running = run(server, policies_folder=str(mounted.folder), trusted_clients_file=str(clients))
    clients.write_text("[[client]]\nname = 'x'\n")
    running.reload()
    running.until(lambda: running.events("reload refused, nothing has changed"), "a refusal")
    (refusal,) = running.events("reload refused, nothing has changed")
    assert f"{clients}: client[1].iss: Field required" in refusal["problems"]
    assert running.answers()
