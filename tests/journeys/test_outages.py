"""Slack or Google away, hands in the IAM policy, two people at one instant: everything comes true afterwards."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any

from sandbox.google.faults import Fault
from tests.support.running import PROD, Running
from tests.support.shown import buttons, words


def test_slack_down_at_the_decision_leaves_cards_that_become_true(office: Running) -> None:
    asked = office.ask("alice", "admin")
    for method in ("chat.update", "chat.postMessage"):
        office.box.slack.faults.add(method, "error", times=1000)
    office.approve("bob", asked)
    office.granted(asked)
    assert "0 of 1 done" in words(office.cards(asked)[-1])

    office.box.slack.faults.clear()
    office.ahead(minutes=10)

    card = office.sees("Access is active", asked)
    assert "bob@example.com" in card
    office.told("alice", "You have access now")
    assert len(office.cards(asked)) == 1


def test_a_redraw_whose_answer_was_lost_is_done_again_and_a_lost_post_has_no_buttons(office: Running) -> None:
    office.box.slack.faults.add("chat.postMessage", "lost")
    outcome = office.box.slack.command("alice", "/jit request admin for 1h because INC-1")
    office.ahead(minutes=1)
    asked = office.filed(outcome)

    with_buttons = [card for card in office.cards(asked) if "approve" in buttons(card)]
    assert len(with_buttons) == 1
    office.approve("bob", asked)
    office.granted(asked)


def test_a_rate_limit_is_waited_for(office: Running) -> None:
    asked = office.ask("alice", "admin")
    office.box.slack.faults.add("chat.update", "ratelimit", times=2, seconds=1)
    office.approve("bob", asked)
    office.granted(asked)
    office.ahead(seconds=10)
    office.sees("Access is active", asked)


def test_slack_that_cannot_say_who_pressed_decides_nothing(office: Running) -> None:
    asked = office.ask("alice", "admin")
    office.ahead(minutes=5)
    office.box.slack.faults.add("users.info", "error", times=1000)

    assert "could not be checked right now" in office.refused("bob", "approve", asked)
    assert office.request(asked).reviews == ()

    office.box.slack.faults.clear()
    office.approve("bob", asked)
    office.granted(asked)


def test_google_down_keeps_the_approval_and_says_what_stands_in_the_way(office: Running) -> None:
    asked = office.ask("alice", "admin")
    office.box.google.faults.set(Fault(method="getIamPolicy", times=1000, status=503))
    office.approve("bob", asked)
    office.sees("being set up", asked)
    assert office.grant(asked) == "activating"
    for _ in range(3):
        office.ahead(minutes=1)
        office.settled()
    office.sees("So far it could not be made", asked)

    office.box.google.faults.clear()
    office.ahead(minutes=6)

    office.granted(asked)
    office.sees("Access is active", asked)


def test_google_that_refuses_for_good_fails_the_grant_and_tells_people(office: Running) -> None:
    asked = office.ask("alice", "admin")
    # It takes a write that adds nothing, so it is this access that it does not take.
    for status in (400, 0, 400):
        office.box.google.faults.set(Fault(method="setIamPolicy", status=status))
    office.approve("bob", asked)

    office.sees("Access failed", asked)
    office.told("alice", "came to nothing")
    assert office.bindings(asked) == []


def test_a_binding_that_an_administrator_removed_stays_removed(office: Running) -> None:
    asked = office.ask("alice", "admin")
    office.approve("bob", asked)
    office.granted(asked)
    other = {"role": "roles/viewer", "members": ["user:zoe@example.com"]}
    office.box.google.edit(PROD, lambda policy: policy["bindings"].append(other))
    office.box.google.edit(PROD, lambda policy: drop(policy, asked))
    for _ in range(4):
        office.ahead(seconds=30)

    office.told("alice", "Your access was taken away")
    office.sees("Somebody removed it in Google Cloud", asked)
    assert office.grant(asked) == "revoked"
    for _ in range(8):
        office.ahead(minutes=10)
        office.settled()
    assert office.box.google.policies()[PROD]["bindings"] == [other]


def test_access_that_is_ended_while_its_write_stalls_leaves_nothing(office: Running) -> None:
    asked = office.ask("alice", "admin")
    office.box.google.faults.set(Fault(method="projects.setIamPolicy", stall=True))
    office.approve("bob", asked)
    office.box.google.faults.wait_for_stall()

    assert "ended it early" in office.box.slack.command("alice", f"/jit end {asked}").body
    office.box.google.faults.release()
    office.until(lambda: office.actions(asked)[-1] == "grant.removed")

    assert office.bindings(asked) == []
    assert office.grant(asked) == "ended"
    office.sees("Access has ended", asked)


def test_two_approvers_at_the_same_instant_make_one_decision_and_one_grant(office: Running) -> None:
    asked = office.ask("alice", "admin")
    card = office.card(asked, having="approve", by="bob")
    aimed = [office.box.slack.acts.aimed(who, "approve", message=card) for who in ("bob", "carol", "dan")]
    with ThreadPoolExecutor(len(aimed)) as pool:
        for press in [pool.submit(press) for press in aimed]:
            assert press.result().ok

    assert len(office.granted(asked)) == 1
    assert office.actions(asked).count("request.approved") == 1
    assert len(office.request(asked).reviews) == 1
    office.until(lambda: sum(len(office.whispers(who)) for who in ("bob", "carol", "dan")) == 2)
    late = [said for who in ("bob", "carol", "dan") for said in office.whispers(who)]
    assert all("approved already" in said for said in late)


def test_a_card_waits_until_the_app_is_invited(office: Running) -> None:
    channel = office.box.slack.state.channel("#access")
    app = office.box.slack.state.world.bot.user_id
    office.box.slack.change_channel(
        "#access", members=tuple(member for member in channel.members if member != app), is_private=True
    )
    outcome = office.box.slack.command("alice", "/jit request admin for 1h because INC-1")
    assert "r-" in outcome.body
    office.until(lambda: office.box.slack.faults.calls.get("users.conversations"))
    assert office.box.slack.messages("#access", seen_by="bob") == []

    office.box.slack.change_channel("#access", members=channel.members)
    office.ahead(minutes=10)
    asked = office.filed(outcome)
    office.approve("bob", asked)
    office.granted(asked)


def test_a_channel_that_is_shared_with_others_gets_no_card(office: Running) -> None:
    office.box.slack.change_channel("#access", is_ext_shared=True)
    outcome = office.box.slack.command("alice", "/jit request admin for 1h because INC-1")
    assert outcome.ok
    office.told("alice", "0 of 1 done")
    office.until(lambda: office.box.slack.faults.calls.get("conversations.info"))

    assert [message for message in office.box.slack.messages("#access") if not message.to] == []


def drop(policy: dict[str, Any], request_id: str) -> None:
    """Take our bindings of a request out, as an administrator's hand does."""
    policy["bindings"] = [
        binding
        for binding in policy["bindings"]
        if request_id not in binding.get("condition", {}).get("description", "")
    ]
