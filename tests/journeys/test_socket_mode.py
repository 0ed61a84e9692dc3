"""The same story over Socket Mode: no address of the service's own, no signing secret."""

import logging
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from approvals.backends.stores.sqlite import SqliteStore
from approvals.refusals.errors import Unavailable
from handlers.slack import deadline
from handlers.slack.crowd import AT_ONCE
from handlers.slack.responder import Responder
from tests.journeys.sockets import running_by_socket, socket_mode
from tests.support.running import Running, running
from tests.support.servers import serve


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    with running_by_socket(tmp_path_factory.mktemp("office")) as office:
        yield office


def test_the_whole_story(office: Running) -> None:
    assert office.box.slack.command("alice", "/jit").ok
    options = office.box.slack.suggest("alice", "entitlement", "deploy").options
    assert [option["value"] for option in options] == ["signed"]
    form = {"entitlement": "signed", "duration": "soon", "justification": "CHG-7"}
    assert set(office.box.slack.submit("alice", form).errors) == {"duration"}
    assert office.box.slack.submit("alice", form | {"duration": "1h"}).ok
    own = office.service.store.open_of("alice@example.com")
    (asked,) = [each.id for each in own if each.terms.entitlement == "signed"]

    assert "own request" in office.refused("alice", "approve", asked)
    office.approve("bob", asked)
    office.press("carol", "sign", asked)
    assert office.box.slack.submit("carol", {"printed_name": "Carol Chen", "meaning": "I approve this"}).ok
    assert len(office.granted(asked)) == 2
    assert "Carol Chen" in office.sees("Access is active", asked)

    assert office.press("alice", "end", asked).ok
    office.gone(asked)
    office.sees("Access has ended", asked)


def test_a_denial_with_its_reason(office: Running) -> None:
    asked = office.ask("alice", "admin")
    office.press("dan", "deny", asked)
    assert office.box.slack.submit("dan", {"reason": "Not today"}).ok
    assert "Not today" in office.told("alice", "was denied by dan@example.com")


def test_a_member_who_floods_is_told_so_and_holds_nobody_up(
    office: Running, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun, go = threading.Semaphore(0), threading.Event()

    def slow(*_: Any) -> None:
        begun.release()
        go.wait(60)

    monkeypatch.setattr(Responder, "open_form", slow)
    with ThreadPoolExecutor(AT_ONCE) as flood:
        answers = [flood.submit(office.box.slack.command, "alice", "/jit") for _ in range(AT_ONCE)]
        try:
            assert all(begun.acquire(timeout=60) for _ in range(AT_ONCE))
            alices = office.box.slack.command("alice", "/jit mine").body
            bobs = office.box.slack.command("bob", "/jit mine").body
        finally:
            go.set()
    for answer in answers:
        answer.result()

    assert "You sent several things within a moment" in alices
    assert "no open request" in bobs


def test_nothing_comes_in_over_http(office: Running) -> None:
    assert office.fetch("/slack/events", method="POST", body=b"x")[0] == 404


def test_a_click_that_waited_too_long_for_its_turn_decides_nothing(
    office: Running, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = office.ask("alice", "admin")
    card = office.card(asked, having="approve", by="bob")
    monkeypatch.setattr(deadline, "ANSWER", 0.0)

    assert not office.box.slack.press("bob", "approve", message=card).ok
    assert office.request(asked).reviews == ()


def test_a_click_that_is_being_decided_when_the_service_stops_is_answered(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    began = threading.Event()
    commit = SqliteStore.commit

    def slowly(store: SqliteStore, change: Any) -> None:
        began.set()
        time.sleep(0.7)
        commit(store, change)

    with running(tmp_path, environ={"SLACK_APP_TOKEN": "xapp-sandbox", "SLACK_SIGNING_SECRET": ""}) as office:
        mode = socket_mode(office)
        mode.connect()
        office.box.slack.sockets.wait()
        office.box.bot_url = ""
        asked = office.ask("alice", "admin")
        card = office.card(asked, having="approve", by="bob")
        office.settled()
        monkeypatch.setattr(SqliteStore, "commit", slowly)
        with ThreadPoolExecutor(1) as pool:
            pressed = pool.submit(office.box.slack.press, "bob", "approve", message=card)
            assert began.wait(60)
            mode.close()
            outcome = pressed.result(60)

        assert outcome.ok
        assert office.request(asked).state == "approved"


@pytest.mark.parametrize("answer", [b"[]", b"\xff\xfe", b"<html>bad gateway</html>", b""])
def test_an_answer_that_is_not_slacks_is_worth_another_try(office: Running, answer: bytes) -> None:
    async def odd(scope: Any, _: Any, send: Any) -> None:
        if scope["type"] == "http":
            await send({"type": "http.response.start", "status": 200, "headers": []})
            await send({"type": "http.response.body", "body": answer})

    with serve(odd) as url:
        mode = socket_mode(office, base_url=f"{url}/api/")
        with pytest.raises(Unavailable):
            mode.connect()
        mode.close()


@pytest.fixture
def connected(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> Iterator[tuple[Running, list[str]]]:
    """A program of its own that was connected a moment ago, and what it logs, as it comes."""
    said: list[str] = []

    def note(record: logging.LogRecord) -> bool:
        said.append(record.getMessage())
        return True

    caplog.handler.addFilter(note)
    with running(tmp_path, environ={"SLACK_APP_TOKEN": "xapp-sandbox", "SLACK_SIGNING_SECRET": ""}) as office:
        mode = socket_mode(office)
        mode._client.current_app_monitor.interval_seconds = 0.5  # looks for its connection sooner than people wait
        mode.connect()
        office.box.slack.sockets.wait()
        office.box.bot_url = ""
        try:
            yield office, said
        finally:
            mode.close()


def test_an_app_token_that_is_revoked_while_it_is_used_is_named_in_the_log_and_to_whoever_asks(
    connected: tuple[Running, list[str]],
) -> None:
    office, said = connected
    office.box.slack.revoke("xapp-sandbox")

    (line,) = office.until(lambda: [line for line in said if "Socket Mode: " in line])
    assert "Slack refuses SLACK_APP_TOKEN (token_revoked). No click arrives" in line
    assert "xapp-sandbox" not in line
    status, text = office.fetch("/ready")
    assert (status, text) == (200, "ready\nSocket Mode: Slack refuses SLACK_APP_TOKEN (token_revoked)")

    office.box.slack.restore("xapp-sandbox")
    office.box.slack.sockets.wait(seconds=30)
    office.until(lambda: office.fetch("/ready") == (200, "ready"))
    assert len([line for line in said if "Socket Mode: " in line]) == 1


def test_a_connection_that_does_not_come_back_is_named(connected: tuple[Running, list[str]]) -> None:
    office, said = connected
    office.box.slack.faults.add("apps.connections.open", "error", times=1000)
    office.box.slack.sockets.drop()

    (line,) = office.until(lambda: [line for line in said if "Socket Mode: " in line])
    assert "It is tried again every 10 s" in line
    office.clock.ahead += timedelta(minutes=6)
    assert office.fetch("/ready") == (200, "ready\nSocket Mode: Slack has not answered for 6 minutes")


def test_socket_mode_that_was_switched_off_is_named(connected: tuple[Running, list[str]]) -> None:
    office, said = connected
    office.box.slack.faults.add("apps.connections.open", "refuse", times=1000, code="no_permission")
    office.box.slack.sockets.drop()

    assert office.until(lambda: any("Slack refuses SLACK_APP_TOKEN (no_permission)" in line for line in said))


def test_an_envelope_of_an_unknown_kind_is_said_and_the_next_one_is_answered(
    connected: tuple[Running, list[str]],
) -> None:
    office, said = connected
    with pytest.raises(TimeoutError):
        office.box.slack.sockets.send("interactive", {"type": "shortcut", "callback_id": "x"}, seconds=1)

    assert office.until(lambda: any("does not know (shortcut)" in line for line in said))
    assert office.box.slack.command("alice", "/jit help").ok
