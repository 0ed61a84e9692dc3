"""The form says what is known of a choice, and keeps what was typed."""

from typing import Any

import pytest

from approvals import transitions
from tests.handlers.slack.bed import Bed
from tests.support.shown import view_words


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


def quick_choices(bed: Bed, *chosen: str, who: str = "alice") -> list[dict[str, Any]]:
    """What Slack sends of choices in a form that was not drawn anew in between: each has the same hash."""
    bed.box.slack.command(who, "/jit")
    held = bed.box.slack.state.top(who)
    assert held is not None
    sent = []
    for value in chosen:
        option = {"selected_option": {"text": {"type": "plain_text", "text": "x"}, "value": value}}
        action = {"type": "external_select", "action_id": "entitlement", "block_id": "entitlement"} | option
        sent.append(bed.box.slack.payloads.view_action(held, {"entitlement": {"entitlement": option}}, action))
    return sent


@pytest.mark.parametrize("order", [(0, 1, 2), (2, 1, 0), (0, 2, 1), (1, 2, 0)])
def test_of_quick_choices_the_form_describes_the_last_one_whichever_is_heard_first(
    bed: Bed, order: tuple[int, ...]
) -> None:
    sent = quick_choices(bed, "customer-data", "deploy-prod-signed", "compute-admin-prod")

    for number in order:
        assert bed.box.slack.outward.deliver("interactive", sent[number]).status == 200

    assert inputs(bed)["entitlement"]["element"]["initial_option"]["value"] == "compute-admin-prod"


def test_what_conflicts_once_more_leaves_the_form_as_it_is(bed: Bed) -> None:
    sent = quick_choices(bed, "customer-data", "compute-admin-prod")
    assert bed.box.slack.outward.deliver("interactive", sent[0]).status == 200
    bed.box.slack.faults.add("views.update", "error", code="hash_conflict", times=5)

    assert bed.box.slack.outward.deliver("interactive", sent[1]).status == 200

    assert inputs(bed)["entitlement"]["element"]["initial_option"]["value"] == "customer-data"
    assert bed.box.slack.submit("alice", {"entitlement": "customer-data", "justification": "CHG-1"}).ok


SENT = {"entitlement": "compute-admin-prod", "duration": "45m", "justification": "CHG-43 again"}


def shown(bed: Bed, who: str = "alice") -> str:
    view = bed.box.slack.view(who)
    assert view is not None
    return view_words(view)


def older_block(bed: Bed, who: str = "alice") -> str:
    """The id of the block that offers to keep or replace an older request; empty where nothing is offered."""
    return next((name for name in inputs(bed, who) if name.startswith("older")), "")


def waiting(bed: Bed) -> list[str]:
    return [request.id for request in bed.requests()]


def test_an_older_request_of_somebody_else_is_no_business_of_whoever_asks(bed: Bed) -> None:
    bed.file("bob")

    choose(bed, "compute-admin-prod")

    assert "still waits" not in shown(bed)
    assert older_block(bed) == ""


def test_a_form_that_claims_somebody_elses_request_replaces_nothing(bed: Bed) -> None:
    mine, theirs = bed.file("alice"), bed.file("bob")
    choose(bed, "compute-admin-prod")
    held = bed.box.slack.state.top("alice")
    assert held is not None
    values: dict[str, Any] = {name: {name: {"value": text}} for name, text in SENT.items()}
    values["entitlement"] = {"entitlement": {"selected_option": {"value": SENT["entitlement"]}}}
    values[f"older:{mine.id}"] = {"older": {"selected_option": {"value": theirs.id}}}

    answer = bed.box.slack.outward.deliver("interactive", bed.box.slack.payloads.submission(held, values))

    assert "no request of yours" in answer.body
    assert waiting(bed) == [mine.id, theirs.id]


@pytest.mark.parametrize("way", ["chosen", "typed"])
def test_the_form_says_that_an_older_request_waits_and_keeps_it_unless_told_otherwise(bed: Bed, way: str) -> None:
    older = bed.file()
    if way == "chosen":
        choose(bed, "compute-admin-prod")
    else:
        bed.box.slack.command("alice", "/jit compute-admin-prod for 45m")

    assert f"You asked for this before, and it still waits: `{older.id}`." in shown(bed)
    assert bed.box.slack.submit("alice", SENT).ok
    assert len(waiting(bed)) == 2
    assert waiting(bed)[0] == older.id


def test_replacing_files_the_new_request_and_withdraws_the_older_one(bed: Bed) -> None:
    older = bed.file()
    choose(bed, "compute-admin-prod")

    outcome = bed.box.slack.submit("alice", SENT | {older_block(bed): older.id})

    assert (outcome.ok, outcome.view) == (True, None)
    (new,) = bed.requests()
    assert new.terms.justification.text == "CHG-43 again"
    assert bed.store.request(older.id).state == "withdrawn"


def test_a_choice_of_something_else_takes_the_offer_away(bed: Bed) -> None:
    older = bed.file()
    choose(bed, "compute-admin-prod")

    assert bed.box.slack.choose("alice", "entitlement", "customer-data").ok

    assert older.id not in shown(bed)
    assert older_block(bed) == ""


def test_access_that_stands_is_told_with_its_end_and_is_not_to_be_replaced(bed: Bed) -> None:
    bed.box.slack.command("carol", "/jit request logs for 1h because CHG-1")
    (held,) = bed.store.open_of("carol@example.com")
    change = transitions.activated(held, now=bed.clock())
    bed.store.commit(change)
    assert held.grant is not None

    choose(bed, "logs", who="carol")

    end = int(held.grant.window.end.timestamp())
    assert f"You have this already until <!date^{end}^" in shown(bed, "carol")
    assert f"(`{held.id}`)." in shown(bed, "carol")
    assert older_block(bed, "carol") == ""


def test_what_was_decided_while_the_form_was_open_is_told_and_nothing_is_filed(bed: Bed) -> None:
    older = bed.file()
    choose(bed, "compute-admin-prod")
    bed.press("bob", "approve", bed.draw(older))
    block = older_block(bed)

    outcome = bed.box.slack.submit("alice", SENT | {block: older.id})

    said = outcome.errors["entitlement"]
    assert said.startswith(
        f"{older.id} was approved meanwhile, so nothing was filed in its place. Approved by bob@"
    )
    assert bed.requests() == []
    assert bed.box.slack.submit("alice", SENT | {block: "keep"}).ok
    assert len(waiting(bed)) == 1


def test_what_is_decided_while_the_new_one_is_written_is_told_and_nothing_is_filed(
    bed: Bed, monkeypatch: pytest.MonkeyPatch
) -> None:
    older = bed.file()
    card = bed.draw(older)
    choose(bed, "compute-admin-prod")
    create = bed.store.create
    pressed: list[object] = []

    def meanwhile(*args: Any, **typed: Any) -> Any:
        if not pressed:
            pressed.append(bed.press("bob", "approve", card))
        return create(*args, **typed)

    monkeypatch.setattr(bed.store, "create", meanwhile)
    outcome = bed.box.slack.submit("alice", SENT | {older_block(bed): older.id})

    assert outcome.errors["entitlement"].startswith(f"{older.id} was approved meanwhile, so nothing was filed")
    assert bed.requests() == []
    assert bed.store.request(older.id).state == "approved"
