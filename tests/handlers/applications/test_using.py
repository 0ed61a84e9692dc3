"""Applications use what was approved, once: nothing else, nobody else's, and not out of its time."""

from typing import Any

import pytest

from tests.approvals.reconcile.test_leavers import leaves, looked_at
from tests.support.counters import Counter
from tests.support.world import BOB, World

MONEY = {"amount": "250", "currency": "EUR"}


def test_what_was_approved_is_used_once_and_the_same_call_gets_the_same_answer(counter: Counter) -> None:
    request_id = counter.approved()

    first = counter.consume(request_id, named="use-1")
    again = counter.consume(request_id, named="use-1")
    other = counter.consume(request_id, named="use-2")

    assert (first.status, first.json["request"]["state"]) == (200, "used")
    assert again.body == first.body
    assert (other.status, other.code) == (409, "used")


@pytest.mark.parametrize(
    ("changes", "fields"),
    [
        (
            {"parameters": {"amount": {"amount": "251", "currency": "EUR"}, "order": "A-17", "card": "No. 4111"}},
            ["parameters.amount"],
        ),
        (
            {"parameters": {"amount": MONEY, "order": "A-18", "card": "4112"}},
            ["parameters.order", "parameters.card"],
        ),
        ({"parameters": {"amount": MONEY, "order": "A-17"}}, ["parameters.card"]),
        ({"data": {"channel": "mail"}}, ["data"]),
        ({"data": None, "key": None}, ["key", "data"]),
    ],
)
def test_what_was_not_approved_is_not_used(counter: Counter, changes: dict[str, Any], fields: list[str]) -> None:
    request_id = counter.approved()

    said = counter.consume(request_id, **changes)

    assert (said.status, said.code, said.fields) == (409, "parameters", fields)
    assert counter.consume(request_id).status == 200


@pytest.mark.parametrize("state", ["pending", "denied", "withdrawn", "expired", "lapsed", "left"])
def test_what_is_not_approved_is_not_used_and_says_how_it_stands(counter: Counter, state: str) -> None:
    request_id = counter.approved() if state in ("lapsed", "left") else counter.ask()
    if state == "denied":
        counter.world.press(BOB, counter.read(request_id), "deny", comment="No.")
    if state == "withdrawn":
        assert counter.post(f"/v1/requests/{request_id}", {}, method="DELETE").json["state"] == "withdrawn"
    if state in ("expired", "lapsed"):
        counter.world.clock.advance(5 * 3600)
        counter.world.pass_()
    if state == "left":
        leaves_between_two_looks(counter.world)
        state = "lapsed"

    said = counter.consume(request_id)

    assert (said.status, said.code) == (409, state)


def test_a_secret_that_was_not_asked_for_is_not_used(counter: Counter) -> None:
    request_id = counter.approved(parameters={"amount": MONEY, "order": "A-17"})

    said = counter.consume(request_id)

    assert (said.status, said.code, said.fields) == (409, "parameters", ["parameters.card"])


def leaves_between_two_looks(world: World) -> None:
    """The chat knew her at the first look, and says at the second that her account is deactivated."""
    looked_at(world)
    leaves(world)
    world.clock.advance(60)
    looked_at(world)
