"""What stays of an action whose texts are erased tells nothing of them to whoever tries all that there are."""

import logging
import re
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import msgspec
import pytest

from approvals.auditing.audits import Inspection
from approvals.requests import Request
from approvals.uses import acting
from countersign_client.canonical import canonical, digest_of, text_digest
from tests.approvals.reconcile.retaining import Service
from tests.contracts.stores.places import Place
from tests.contracts.stores.test_texts import held_in
from tests.support.direct import Wire
from tests.support.refunds import Till
from tests.support.world import CAROL, World

AMOUNT = "250.00 EUR"
AMOUNTS = [f"{number}.00 EUR" for number in range(246, 255)]
"""All that it can have been, as somebody knows who knows all else of it: the order, the key and the data."""


def guessed(before: Request, left: bytes) -> set[str]:
    """The amounts that fit a digest that is left, with whatever is left, or nothing, in the salt's place."""
    told = set(re.findall(r"[A-Za-z0-9_-]{20,}", left.decode()))
    digests = {f"sha256:{each}" for each in told if re.fullmatch("[0-9a-f]{64}", each)}
    return {amount for amount in AMOUNTS for salt in ("", *told) if _tried(before, amount, salt) & digests}


def _tried(before: Request, amount: str, salt: str) -> set[str]:
    """What it would come to: as a whole with the salt and without one, and the amount by itself."""
    text = before.covered.replace(AMOUNT, amount)
    found = msgspec.json.decode(text)
    bare = {name: value for name, value in found.items() if name != "salt"} | {"v": 3}
    objects = (found | {"salt": salt}, bare)
    return {*(digest_of(canonical(each)) for each in objects), text_digest(salt, amount)}


def an_ended_action(till: Till, end: str) -> Request:
    """An action of which nothing more will come, before it is erased."""
    request = till.ask() if end in ("denied", "withdrawn") else till.approved()
    if end == "denied":
        till.world.press(CAROL, request, "deny", comment="No.")
    elif end == "withdrawn":
        till.withdraw(request)
    elif end == "used":
        till.consume(request)
    else:
        till.world.end(CAROL, request, why="The customer called")
    return till.world.read(request)


@pytest.mark.parametrize("end", ["used", "lapsed", "denied", "withdrawn"])
def test_nobody_guesses_an_amount_by_what_is_left_of_it(
    place: Place, tmp_path: Path, wire: Wire, caplog: pytest.LogCaptureFixture, end: str
) -> None:
    caplog.set_level(logging.DEBUG, logger="approvals")
    with closing(place.open()) as store:
        world = World(tmp_path, granter=wire, store=store)
        service = Service(world)
        before = an_ended_action(Till(world), end)
        world.pass_()
        assert before.terms.salt.encode() in held_in(place)
        assert guessed(before, held_in(place)) == {AMOUNT}

        service.runs(timedelta(days=31))
        world.pass_()

        left = held_in(place) + caplog.text.encode()
        assert service.erased(before)
        assert before.digest.encode() in left
        assert before.terms.salt.encode() not in left
        assert guessed(before, left) == set()
        assert list(Inspection(store).faults()) == []


def test_what_an_older_release_asked_for_without_a_salt_is_guessed_still(
    place: Place, tmp_path: Path, wire: Wire, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The digest of it is in its chain for good: no release can put a salt into that."""
    monkeypatch.setattr(acting, "new_salt", lambda: "")
    with closing(place.open()) as store:
        world = World(tmp_path, granter=wire, store=store)
        service = Service(world)
        before = an_ended_action(Till(world), "used")
        world.pass_()

        service.runs(timedelta(days=31))
        world.pass_()

        assert service.erased(before)
        assert guessed(before, held_in(place)) == {AMOUNT}
        assert list(Inspection(store).faults()) == []


def test_two_actions_that_are_the_same_have_no_digest_in_common(place: Place, tmp_path: Path, wire: Wire) -> None:
    with closing(place.open()) as store:
        till = Till(World(tmp_path, granter=wire, store=store))

        first, second = till.ask(key="one"), till.ask(key="two")

        assert first.terms.salt != second.terms.salt
        assert first.digest != second.digest
        assert till.ask(key="one") == first
