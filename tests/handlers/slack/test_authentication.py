"""Who may act. Whatever a payload says of a person, Slack's own description of the account decides."""

import json
from typing import Any
from urllib.parse import urlencode

import pytest

from approvals.policy.reading.parse import parse
from approvals.requests import Request
from handlers.slack.accounts import FRESH
from sandbox.slack.records import Message
from tests.handlers.slack.bed import POLICY, Bed

REFUSALS: list[tuple[dict[str, Any], str]] = [
    ({"is_restricted": True}, "Guests cannot"),
    ({"is_ultra_restricted": True}, "Guests cannot"),
    ({"is_bot": True}, "Bots and apps"),
    ({"deleted": True}, "deactivated"),
    ({"is_invited_user": True}, "deactivated"),
    ({"email_confirmed": False}, "is not confirmed yet"),
    ({"email": ""}, "cannot be read here. You cannot mend that"),
    ({"email": "bob@elsewhere.example"}, "ends in @elsewhere.example, a domain that has no access"),
    ({"email": "bob@shop.iam.gserviceaccount.com"}, "Service accounts"),
    ({"team_id": "T0OTHER"}, "Only members of this workspace"),
    ({"team_id": "T0OTHER", "is_stranger": True}, "Only members of this workspace"),
    ({"team_id": "T0SANDBOX1", "is_stranger": True}, "Only members of this workspace"),
]


@pytest.mark.parametrize(("change", "said"), REFUSALS, ids=lambda value: str(value)[:40])
def test_an_account_that_does_not_count_cannot_approve(bed: Bed, change: dict[str, Any], said: str) -> None:
    request = bed.file("alice")
    card = bed.draw(request)
    bed.box.slack.change_person("bob", **change)

    outcome = bed.press("bob", "approve", card)

    assert outcome.ok
    assert said in bed.whispers("bob")[0]
    assert bed.store.request(request.id).reviews == ()


@pytest.mark.parametrize(
    ("scopes", "said"),
    [
        ("commands,chat:write,users:read", "the app needs the scope users:read.email. Add it on the app's OAuth"),
        ("commands,chat:write,users:read,users:read.email", "the account has none there"),
    ],
)
def test_whoever_runs_the_app_reads_once_why_addresses_are_missing(
    bed: Bed, caplog: pytest.LogCaptureFixture, scopes: str, said: str
) -> None:
    bed.box.slack.methods.granted = tuple(scopes.split(","))
    for who in ("alice", "bob", "dan"):
        bed.box.slack.change_person(who, email="")
        assert "cannot be read here" in bed.box.slack.command(who, "/jit mine").body

    lines = [record for record in caplog.records if "e-mail address" in record.getMessage()]
    assert [line.levelname for line in lines] == ["WARNING"]
    assert said in lines[0].getMessage()


def test_a_scope_that_the_look_up_of_accounts_lacks_is_named_in_the_log(
    bed: Bed, caplog: pytest.LogCaptureFixture
) -> None:
    bed.box.slack.methods.granted = ("commands", "chat:write")

    outcome = bed.box.slack.command("alice", "/jit mine")

    assert "could not be checked right now" in outcome.body
    assert "missing_scope; the app needs the scope users:read" in caplog.text


def test_a_guest_cannot_ask(bed: Bed) -> None:
    outcome = bed.box.slack.command("gwen", "/jit")

    assert outcome.view is None
    assert "Guests cannot" in outcome.body


def test_a_payload_that_claims_our_team_for_a_foreign_person_is_refused(bed: Bed) -> None:
    bed.box.slack.change_person("dan", team_id="T0OTHER")
    payload = bed.box.slack.payloads.command("U0DAN", "C0ACCESS", "/jit", "request logs because I like")

    answer = bed.box.slack.outward.deliver("slash_commands", payload)

    assert "Only members of this workspace" in answer.body
    assert bed.woken == []


@pytest.mark.parametrize(
    "change", [{"team_id": "T0OTHER"}, {"team_id": ""}, {"user_id": ""}, {"is_enterprise_install": "true"}]
)
def test_a_payload_of_another_team_is_refused(bed: Bed, change: dict[str, str]) -> None:
    payload = bed.box.slack.payloads.command("U0ALICE", "C0ACCESS", "/jit", "mine") | change

    answer = bed.box.slack.outward.deliver("slash_commands", payload)

    assert "workspace" in answer.body
    assert "no open request" not in answer.body


def test_a_press_of_our_own_person_in_another_team_is_refused(bed: Bed) -> None:
    request = bed.file("alice")
    card = bed.draw(request)
    button = next(element for _, element in card.elements() if element["action_id"] == "approve")
    payload = bed.box.slack.payloads.message_action("U0BOB", card, button) | {"team": {"id": "T0OTHER"}}

    answer = bed.box.slack.post(urlencode({"payload": json.dumps(payload)}).encode())

    assert answer.status == 200
    assert "Only members of this workspace" in bed.whispers("bob")[0]
    assert bed.store.request(request.id).reviews == ()


def test_an_unknown_account_is_refused(bed: Bed) -> None:
    payload = bed.box.slack.payloads.command("U0ALICE", "C0ACCESS", "/jit", "mine") | {"user_id": "U0NOBODY"}

    assert "does not know your account" in bed.box.slack.outward.deliver("slash_commands", payload).body


def test_someone_deactivated_meanwhile_is_refused_within_the_minute(bed: Bed) -> None:
    bed.box.slack.command("bob", "/jit mine")
    bed.box.slack.change_person("bob", deleted=True)
    bed.clock.ahead += FRESH.total_seconds() + 1
    payload = bed.box.slack.payloads.command("U0BOB", "C0ACCESS", "/jit", "mine")

    assert "deactivated" in bed.box.slack.outward.deliver("slash_commands", payload).body


def test_nobody_gets_in_while_slack_does_not_say_who_they_are(bed: Bed) -> None:
    bed.workspace.home()
    bed.box.slack.faults.add("users.info", "error")

    outcome = bed.box.slack.command("alice", "/jit request logs because CHG-1")

    assert "could not be checked right now" in outcome.body
    assert bed.woken == []


def granted(bed: Bed) -> tuple[Request, Message]:
    """Access of alice's that bob approved, and the card that can end it."""
    request = bed.file("alice")
    bed.press("bob", "approve", bed.draw(request))
    approved = bed.store.request(request.id)
    assert approved.state == "approved"
    return approved, bed.draw(approved)


def test_the_holder_of_access_ends_it_although_his_address_has_changed(bed: Bed) -> None:
    request, card = granted(bed)
    bed.clock.ahead += FRESH.total_seconds() + 1
    bed.box.slack.change_person("alice", email="alice.new@example.com")

    outcome = bed.press("alice", "end", card)

    grant = bed.store.request(request.id).grant
    assert outcome.ok
    assert grant is not None
    assert (grant.state, grant.cause) == ("ended", "holder")


def test_a_guest_who_may_ask_cannot_end_the_access_of_others(bed: Bed) -> None:
    text = POLICY.read_text().replace("guests: refuse", "guests: request")
    bed.policy = parse(text.replace("sre: [", "sre: [gwen@example.com, "), source="policy.yaml")
    bed.box.slack.change_person("gwen", email="gwen@example.com")
    request, card = granted(bed)

    bed.press("gwen", "end", card)

    assert "Guests cannot end" in bed.whispers("gwen")[0]
    grant = bed.store.request(request.id).grant
    assert grant is not None
    assert grant.state == "activating"


@pytest.mark.parametrize("way", ["command", "form"])
def test_a_guest_gets_nothing_by_himself_by_any_way(bed: Bed, way: str) -> None:
    bed.policy = parse(POLICY.read_text().replace("guests: refuse", "guests: request"), source="policy.yaml")
    bed.box.slack.change_person("gwen", email="gwen@example.com")
    if way == "command":
        said = bed.box.slack.command("gwen", "/jit request logs for 1h because CHG-42 disk full").body
    else:
        bed.box.slack.command("gwen", "/jit")
        values = {"entitlement": "logs", "duration": "1h", "justification": "CHG-42 disk full"}
        said = " ".join(bed.box.slack.submit("gwen", values).errors.values())

    assert "guests cannot get it by themselves" in said
    assert list(bed.store.chains()) == [""]
