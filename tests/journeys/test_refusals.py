"""People who may not decide are told so in private, and nothing of it is recorded."""

import json
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlencode

import pytest

from tests.support.running import POLICY, Running, running

WORLD = Path(__file__).parent / "world.yaml"
# Each of them is named as an approver: what they are, not who they are, keeps them out.
NAMED = ("dora", "uma", "robo", "fred", "petra", "mark", "ines")
UNTRUE = {
    "gwen": "Guests cannot",
    "dora": "deactivated",
    "uma": "e-mail address is not confirmed yet",
    "robo": "Bots and apps cannot",
    "fred": "Only members of this workspace",
    "petra": "Only members of this workspace",
    "mark": "Guests cannot",
    "ines": "deactivated",
    "olga": "a domain that has no access here",
}


@pytest.fixture(scope="module")
def strict(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    people = ", ".join(f"{name}@example.com" for name in NAMED)
    policy = POLICY.replace("dan@example.com]", f"dan@example.com, {people}]")
    with running(tmp_path_factory.mktemp("office"), policy=policy, world_file=WORLD) as office:
        yield office


@pytest.fixture(scope="module")
def asked(strict: Running) -> str:
    """One request that everybody below fails to decide."""
    return strict.ask("alice", "admin")


def unchanged(office: Running, request_id: str) -> None:
    assert office.request(request_id).reviews == ()
    assert office.request(request_id).state == "pending"
    assert office.actions(request_id) == ["request.filed"]
    assert office.bindings(request_id) == []


@pytest.mark.parametrize("button", ["approve", "deny"])
@pytest.mark.parametrize("who", UNTRUE)
def test_somebody_who_may_not_decide_is_told_why_in_private(
    strict: Running, asked: str, who: str, button: str
) -> None:
    assert UNTRUE[who] in strict.refused(who, button, asked)
    assert strict.box.slack.view(who) is None
    unchanged(strict, asked)


def test_nobody_approves_their_own_request(strict: Running, asked: str) -> None:
    assert "You cannot decide on your own request" in strict.refused("alice", "approve", asked)
    assert "You cannot decide on your own request" in strict.refused("alice", "deny", asked)
    unchanged(strict, asked)


@pytest.mark.parametrize("button", ["approve", "deny"])
def test_nobody_decides_who_is_not_named(strict: Running, button: str) -> None:
    asked = strict.ask("alice", "narrow")
    assert strict.refused("dan", button, asked) == ("You are not an approver of this request. Ask security.")
    unchanged(strict, asked)


def test_an_approver_of_one_step_cannot_take_another_ones(strict: Running) -> None:
    asked = strict.ask("alice", "signed", "INC-3 broken")
    strict.approve("bob", asked)

    assert "has the approvals it needs" in strict.refused("dan", "sign", asked)
    assert strict.box.slack.view("dan") is None
    assert [review.person for review in strict.request(asked).reviews] == ["bob@example.com"]
    assert strict.request(asked).state == "pending"


def test_the_same_person_counts_once_through_however_many_cards(strict: Running) -> None:
    asked = strict.ask("alice", "pair")
    first = strict.card(asked, having="approve", by="bob")
    strict.approve("bob", asked)
    strict.sees("approved by bob@example.com", asked)
    before = len(strict.whispers("bob"))

    strict.box.slack.state.keep(first)
    strict.box.slack.press("bob", "approve", message=first)
    assert "You approved request" in strict.until(lambda: strict.whispers("bob")[before:])[-1]
    strict.box.slack.state.keep(first)
    strict.box.slack.press("bob", "deny", message=first)
    assert "older than your last vote" in strict.until(lambda: strict.whispers("bob")[before + 1 :])[-1]
    assert strict.box.slack.view("bob") is None

    reviews = strict.request(asked).reviews
    assert [(review.person, review.verdict) for review in reviews] == [("bob@example.com", "approve")]
    assert strict.request(asked).state == "pending"


def test_a_button_that_was_copied_into_another_message_decides_nothing_else(strict: Running) -> None:
    """The token names its request: pressing it in a stranger's message decides that request or nothing."""
    one, other = strict.ask("alice", "admin", "INC-11"), strict.ask("alice", "admin", "INC-12")
    strict.box.slack.press("bob", "approve", message=strict.card(one, having="approve", by="bob"))
    strict.granted(one)
    assert strict.request(other).state == "pending"


@pytest.mark.parametrize("value", ["", "x", "eyJhbGciOiJub25lIn0.eyJrbmQiOiJhY3RpdmF0aW9uIn0."])
def test_a_forged_button_is_refused(strict: Running, asked: str, value: str) -> None:
    before = len(strict.whispers("bob"))
    card = strict.card(asked, having="approve", by="bob")
    press = strict.box.slack.payloads.message_action(
        "U0BOB",
        card,
        {"type": "button", "action_id": "approve", "block_id": "x", "value": value},
    )
    strict.box.slack.post(urlencode({"payload": json.dumps(press)}).encode())

    assert "does not come from this service" in strict.until(lambda: strict.whispers("bob")[before:])[-1]
    unchanged(strict, asked)


@pytest.mark.parametrize("who", ["gwen", "uma", "robo", "ines", "olga"])
def test_who_may_not_decide_may_not_ask_either(strict: Running, who: str) -> None:
    answer = strict.box.slack.command(who, "/jit request logs for 1h because INC-1")
    assert UNTRUE[who] in answer.body
    assert "r-" not in answer.body
