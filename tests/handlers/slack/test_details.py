"""The details of a request that is over: for whoever sees its card, and for nobody else."""

from urllib.parse import urlencode

import msgspec
import pytest

from approvals.ports.messages import ToAccount
from approvals.requests import Request
from sandbox.slack.records import Json, Message
from tests.handlers.slack.bed import Bed
from tests.support.shown import view_words


@pytest.fixture
def withdrawn(bed: Bed) -> Request:
    request = bed.file("alice", justification="CHG-42 disk full")
    bed.press("alice", "withdraw", bed.draw(request, kind="status", to=ToAccount("slack:T0SANDBOX1/U0ALICE")))
    return bed.store.request(request.id)


def forged(bed: Bed, who: str, card: Message, value: str) -> Json:
    pressed = {"type": "button", "action_id": "details", "block_id": "b", "value": value}
    return bed.box.slack.payloads.message_action(bed.box.slack.state.person(who).id, card, pressed)


def sent(bed: Bed, payload: Json) -> int:
    body = urlencode({"payload": msgspec.json.encode(payload).decode()}).encode()
    return bed.box.slack.post(body, headers=bed.box.slack.signed(body)).status


def test_the_button_of_one_card_does_not_show_another_request(bed: Bed, withdrawn: Request) -> None:
    card, other = bed.draw(withdrawn, token=""), bed.file("alice")

    assert sent(bed, forged(bed, "carol", card, other.id)) == 400
    assert bed.box.slack.view("carol") is None


def test_a_press_on_no_message_shows_nothing(bed: Bed, withdrawn: Request) -> None:
    payload = forged(bed, "carol", bed.draw(withdrawn, token=""), withdrawn.id)
    del payload["message"]

    assert sent(bed, payload) == 400
    assert bed.box.slack.view("carol") is None


def test_people_of_other_workspaces_see_no_more_than_the_card(bed: Bed, withdrawn: Request) -> None:
    payload = forged(bed, "carol", bed.draw(withdrawn, token=""), withdrawn.id)
    payload["user"]["team_id"] = "T0ELSEWHERE"

    sent(bed, payload)

    assert "Only members of this workspace" in bed.whispers("carol")[0]
    assert bed.box.slack.view("carol") is None


@pytest.mark.parametrize("who", ["alice", "carol", "gwen"])
def test_whoever_sees_the_card_reads_what_it_said(bed: Bed, withdrawn: Request, who: str) -> None:
    card = bed.draw(withdrawn, token="")

    assert bed.press(who, "details", card).ok

    shown = view_words(bed.box.slack.view(who))
    for text in (
        "Withdrawn",
        "alice@example.com",
        "roles/compute.instanceAdmin.v1",
        "CHG-42 disk full",
        withdrawn.id,
    ):
        assert text in shown
