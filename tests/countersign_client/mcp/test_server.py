"""An agent asks by `countersign mcp`: clients of both generations, and people who see nothing of each other."""

from typing import Any

import pytest
from mcp.shared.exceptions import MCPError

from tests.countersign_client.mcp.desk import BOB, CALL
from tests.countersign_client.mcp.offices import WANTED, Office, outcome
from tests.support.mcp_clients import GENERATIONS, LEGACY


@pytest.fixture
def office() -> Office:
    return Office()


# --- what is refused


@pytest.mark.parametrize("mode", GENERATIONS)
def test_a_tool_that_is_not_there_is_an_error_of_the_protocol(office: Office, mode: str) -> None:
    with pytest.raises(MCPError, match="no tool 'approve'") as error:
        office.call("approve", mode, **WANTED)
    assert error.value.code == -32602


@pytest.mark.parametrize("mode", GENERATIONS)
@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"tool": "read_account"}, "no rule for the tool read_account"),
        ({"server": "mail"}, "no rule for the tool delete_account of mail"),
        ({"arguments": {"n": 2**53}}, "arguments.n has no canonical JSON"),
        ({"arguments": {"n": "x" * 9_000}}, "larger than 8,192 bytes"),
        ({"arguments": "all"}, "arguments"),
        ({"approve": True}, "approve"),
        ({"tool": None}, "tool"),
    ],
)
def test_what_cannot_be_asked_for_is_said_and_nobody_is_asked(
    office: Office, mode: str, changes: dict[str, Any], said: str
) -> None:
    found = office.call("ask_approval", mode, **WANTED | changes)

    assert outcome(found) == ("refused", False, True)
    assert said in found.structured_content["message"]
    assert office.desk.requests == {}


@pytest.mark.parametrize("mode", GENERATIONS)
@pytest.mark.parametrize("tool", ["check_approval", "use_approval", "withdraw_approval"])
def test_a_request_of_somebody_else_is_not_there(office: Office, mode: str, tool: str) -> None:
    request = office.asked()
    office.desk.decide("approved")
    office.who = BOB
    more = WANTED if tool == "use_approval" else {}

    theirs, none = (office.call(tool, mode, request=each, **more) for each in (request, "r-9999999999"))

    assert outcome(theirs) == outcome(none) == ("refused", False, True)
    assert theirs.structured_content["code"] == none.structured_content["code"] == "not_found"
    assert office.desk.uses == {}
    assert office.desk.requests[request].state == "approved"


def test_one_changed_argument_claims_nothing(office: Office) -> None:
    request = office.asked()
    office.desk.decide("approved")

    found = office.call("use_approval", request=request, **WANTED | {"arguments": {"id": "4712", "cascade": True}})

    assert outcome(found) == ("refused", False, True)
    assert office.desk.uses == {}


@pytest.mark.parametrize("state", ["denied", "withdrawn", "expired", "lapsed"])
def test_what_was_not_approved_is_never_a_yes(office: Office, state: str) -> None:
    request = office.asked()
    office.desk.decide(state)

    checked = office.call("check_approval", request=request)

    assert outcome(checked) == ("refused", False, True)
    assert checked.structured_content["code"] == state


def test_a_silence_is_an_error_and_no_yes(office: Office) -> None:
    office.desk.lost = 1

    assert outcome(office.call("ask_approval", **WANTED)) == ("unreachable", False, True)
    assert outcome(office.call("ask_approval", **WANTED)) == ("pending", False, False)
    assert len(office.desk.requests) == 1


# --- asking and using


@pytest.mark.parametrize("mode", GENERATIONS)
def test_a_call_waits_joins_and_is_claimed_once(office: Office, mode: str) -> None:
    first, again = (office.call("ask_approval", mode, **WANTED) for _ in range(2))
    request = first.structured_content["request"]
    early = office.call("use_approval", mode, request=request, **WANTED)
    office.desk.decide("approved")
    approved = office.call("ask_approval", mode, **WANTED)
    claimed = office.call("use_approval", mode, request=request, **WANTED)

    assert outcome(first) == outcome(again) == outcome(early) == ("pending", False, False)
    assert again.structured_content["request"] == request
    assert outcome(approved) == ("approved", False, False)
    assert outcome(claimed) == ("claimed", True, False)
    assert claimed.structured_content["arguments"] == CALL.values
    assert claimed.structured_content["receipt"].startswith(f"receipt of {request} by ")


def test_who_lost_the_answer_gets_the_same_receipt_after_a_restart_and_no_second_use(office: Office) -> None:
    request = office.asked()
    office.desk.decide("approved")
    office.desk.lost = 0
    first = office.call("use_approval", request=request, **WANTED)
    uses = dict(office.desk.uses)
    office.restart()

    again, checked = (
        office.call("use_approval", request=request, **WANTED),
        office.call("check_approval", request=request),
    )

    assert again.structured_content["receipt"] == first.structured_content["receipt"]
    assert office.desk.uses == uses
    assert outcome(checked) == ("used", False, False)
    assert "do not run it a second time" in checked.structured_content["message"]


def test_the_key_of_a_claim_is_nobody_else_s_to_guess(office: Office) -> None:
    request = office.asked()
    office.desk.decide("approved")
    office.call("use_approval", request=request, **WANTED)

    (key,) = office.desk.uses.values()
    assert len(key) == 43
    assert request not in key


def test_what_waits_can_be_taken_back(office: Office) -> None:
    request = office.asked()

    assert outcome(office.call("withdraw_approval", request=request)) == ("withdrawn", False, False)
    assert office.desk.requests[request].state == "withdrawn"


def test_the_gated_tools_are_listed(office: Office) -> None:
    assert office.call("list_gated_tools").structured_content == {
        "tools": [
            {"server": "crm", "tool": "delete_*", "action": "crm-delete", "title": "Delete an account in the CRM"}
        ]
    }


def test_an_older_client_reads_all_of_it_as_text(office: Office) -> None:
    found = office.call("ask_approval", LEGACY, **WANTED)

    sentence, whole = (each.text for each in found.content if each.type == "text")
    assert sentence == found.structured_content["message"]
    assert f'"request": "{found.structured_content["request"]}"' in whole
