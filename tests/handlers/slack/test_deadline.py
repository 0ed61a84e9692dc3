"""Slack waits three seconds: what comes too late decides nothing, and a click without effect is no success."""

import json
import socket
import time
from typing import Any

import pytest

from approvals.refusals.errors import Unavailable
from approvals.uses.looking import Looking
from handlers.slack import deadline
from tests.handlers.slack.bed import Bed
from tests.support.patience import TRUE


def test_the_limits_of_a_click_leave_slack_time_for_the_way_back() -> None:
    # Slack gives three seconds; a form may be opened once who acts is known, a vote once people were looked up.
    assert TRUE.look_up + max(TRUE.open, TRUE.evidence) < TRUE.answer < TRUE.keep <= 2.8
    assert TRUE.slack == 3.0


def test_a_click_that_waited_too_long_for_its_turn_decides_nothing(
    bed: Bed, monkeypatch: pytest.MonkeyPatch
) -> None:
    request = bed.file("alice")
    card = bed.draw(request)
    monkeypatch.setattr(deadline, "ANSWER", 0.0)

    outcome = bed.press("bob", "approve", card)

    assert (outcome.status, outcome.body) == (503, "Too many people wait at this moment.")
    assert bed.store.request(request.id).reviews == ()


def test_who_acted_is_known_too_late_where_the_look_up_of_the_name_takes_the_time(
    bed: Bed, monkeypatch: pytest.MonkeyPatch
) -> None:
    request = bed.file("alice")
    card = bed.draw(request)
    monkeypatch.setattr(deadline, "ANSWER", 0.5)
    resolve = socket.getaddrinfo

    def slowly(*args: Any, **kwargs: Any) -> Any:
        time.sleep(0.6)
        return resolve(*args, **kwargs)

    monkeypatch.setattr(socket, "getaddrinfo", slowly)

    assert bed.press("bob", "approve", card).status == 503
    assert bed.store.request(request.id).reviews == ()


def test_a_click_that_slack_could_not_be_asked_about_fails_even_where_no_sentence_arrives(bed: Bed) -> None:
    request = bed.file("alice")
    card = bed.draw(request)
    for method in ("users.info", "chat.postEphemeral"):
        bed.box.slack.faults.add(method, "error", times=10)

    assert bed.press("bob", "approve", card).status == 503
    assert bed.store.request(request.id).reviews == ()


def test_a_refused_click_is_answered_well(bed: Bed) -> None:
    assert bed.press("alice", "approve", bed.draw(bed.file("alice"))).status == 200


def test_what_was_filed_is_said_to_be_filed_whatever_else_cannot_be_read(
    bed: Bed, monkeypatch: pytest.MonkeyPatch
) -> None:
    def nothing(*_: Any, **__: Any) -> Any:
        raise Unavailable("no answer")

    monkeypatch.setattr(Looking, "mine", nothing)
    said = json.loads(bed.box.slack.command("alice", "/jit request compute-admin-prod for 1h because CHG-42").body)

    (request,) = bed.requests()
    assert f"Filed as {request.id}" in said["text"]
