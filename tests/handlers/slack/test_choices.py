"""The form says what is known of a choice, and keeps what was typed."""

from typing import Any

import pytest

from tests.handlers.slack.bed import Bed
from tests.shown import view_words


def inputs(bed: Bed, who: str = "alice") -> dict[str, Any]:
    view = bed.box.slack.view(who)
    assert view is not None
    return {block["block_id"]: block for block in view["blocks"] if block["type"] == "input"}


def choose(bed: Bed, entitlement: str, who: str = "alice", **typed: str) -> None:
    bed.box.slack.command(who, "/jit")
    assert bed.box.slack.choose(who, "entitlement", entitlement, values=typed).ok


def test_a_choice_of_what_one_may_not_ask_for_tells_nothing(bed: Bed) -> None:
    bed.box.slack.command("carol", "/jit")
    held = bed.box.slack.state.top("carol")
    assert held is not None
    option = {"text": {"type": "plain_text", "text": "x"}, "value": "compute-admin-prod"}
    action = {"type": "external_select", "action_id": "entitlement", "block_id": "entitlement"}
    payload = bed.box.slack.payloads.view_action(held, {}, action | {"selected_option": option})

    assert bed.box.slack.outward.deliver("interactive", payload).status == 200

    assert bed.box.slack.state.top("carol") == held


def test_a_choice_is_told_its_times_its_rule_and_who_approves(bed: Bed) -> None:
    choose(bed, "deploy-prod-signed")

    shown = inputs(bed)
    assert shown["duration"]["hint"]["text"] == "Left empty, it is 1 hour. At most 4 hours."
    assert shown["justification"]["hint"]["text"] == "Start with the incident or change number, like CHG-42"
    view = bed.box.slack.view("alice")
    assert view is not None
    assert "Project shop-prod. Approval by 1 of sre, then 1 of security, signed." in view_words(view)


def test_a_choice_that_nobody_approves_says_so(bed: Bed) -> None:
    choose(bed, "logs", who="carol")

    view = bed.box.slack.view("carol")
    assert view is not None
    assert "Approval by no other person: the policy lets people approve this themselves." in view_words(view)


def test_what_was_typed_stays_and_can_be_sent(bed: Bed) -> None:
    choose(bed, "customer-data", duration="45m", justification="CHG-1 export")

    shown = inputs(bed)
    assert shown["entitlement"]["element"]["initial_option"]["value"] == "customer-data"
    assert shown["duration"]["element"]["initial_value"] == "45m"
    assert shown["justification"]["element"]["initial_value"] == "CHG-1 export"
    sent = {"entitlement": "customer-data", "duration": "45m", "justification": "CHG-1 export"}
    assert bed.box.slack.submit("alice", sent).ok
    assert bed.requests()[0].terms.duration.total_seconds() == 45 * 60


@pytest.mark.parametrize("fault", ["error", "ratelimit"])
def test_a_form_that_cannot_be_shown_anew_can_be_sent_as_it_is(bed: Bed, fault: Any) -> None:
    bed.box.slack.command("alice", "/jit")
    bed.box.slack.faults.add("views.update", fault, times=5)

    assert bed.box.slack.choose("alice", "entitlement", "customer-data").ok
    assert bed.box.slack.submit("alice", {"entitlement": "customer-data", "justification": "CHG-1"}).ok
