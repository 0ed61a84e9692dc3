"""The same app over Socket Mode: no signatures, the same checks of everything else."""

from collections.abc import Iterator

import pytest
from slack_bolt.adapter.socket_mode.builtin import SocketModeHandler
from slack_sdk import WebClient

from tests.handlers.slack.bed import Bed
from tests.handlers.slack.home.tab import opened
from tests.support.shown import view_words


@pytest.fixture(scope="module")
def socket_bed(shared_bed: Bed) -> Iterator[Bed]:
    bed = shared_bed
    client = WebClient(base_url=bed.box.slack_api_url)
    handler = SocketModeHandler(bed.app.bolt(), bed.box.app_token, web_client=client)
    handler.connect()  # type: ignore[no-untyped-call]
    bed.box.slack.wait(lambda: bed.box.slack.sockets.connected() or None)
    yield bed
    handler.close()  # type: ignore[no-untyped-call]


def test_a_guest_is_refused(socket_bed: Bed) -> None:
    assert "Guests cannot" in socket_bed.box.slack.command("gwen", "/jit mine").body


def test_a_request_is_filed_and_approved(socket_bed: Bed) -> None:
    request = socket_bed.file("alice", justification="payload=1 & more")

    assert socket_bed.press("bob", "approve", socket_bed.draw(request)).ok

    assert socket_bed.store.request(request.id).state == "approved"
    odd = socket_bed.box.slack.command("alice", "/jit request payload-proj because x")
    assert "payload-proj" in view_words(odd.view)


def test_the_home_tab_is_drawn_and_a_message_is_a_reason(socket_bed: Bed) -> None:
    assert "Your requests" not in view_words(opened(socket_bed, "bob"))
    socket_bed.box.slack.say("bob", "db-1 is full")
    message = socket_bed.box.slack.messages("#access")[-1]

    outcome = socket_bed.box.slack.shortcut("alice", "ask_because", message=message)

    assert outcome.view is not None
    assert outcome.view["callback_id"] == "request"
