"""What a freeze by name holds up says so in every list that it stands in, and nothing else says so."""

import json
import re
from collections.abc import Callable, Iterator
from typing import NamedTuple

import pytest

from tests.support.callers import Caller
from tests.support.desk import Desk
from tests.support.frozen import freeze_part, thaw_part
from tests.support.running import POLICY, Running, running
from tests.support.shown import view_words
from tests.support.visits import Browser

HELD = {"entitlement": "pair", "person": "alice@example.com"}
SAID = (
    "Your administrators have frozen {}: until they thaw it this cannot be approved or denied."
    " Their reason: “INC-7”."
)
OWN = "You are frozen by your administrators"


class Place(NamedTuple):
    """`held` is what the freezes are of, and `other` waits beside it for something else, of somebody else."""

    office: Running
    desks: dict[str, Desk]
    held: str
    other: str


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    with running(tmp_path_factory.mktemp("office"), policy=POLICY, iap_port=0) as office:
        desks = {who: Desk(office, tmp_path_factory.mktemp(who), who) for who in ("alice", "bob")}
        assert all(desk.login("--no-keyring").exit_code == 0 for desk in desks.values())
        yield Place(office, desks, office.ask("alice", "pair"), office.ask("dan", "admin"))


def command(line: str) -> Callable[[Place, str], str]:
    return lambda place, who: view_words(json.loads(place.office.box.slack.command(who, line).body))


def page(place: Place, who: str) -> str:
    return Browser(place.office, f"{who}@example.com").get("/").words


def call(which: str) -> Callable[[Place, str], str]:
    return lambda place, who: str(
        Caller(place.office, f"{who}@example.com").get(f"/v1/requests?list={which}").json
    )


def terminal(*more: str) -> Callable[[Place, str], str]:
    return lambda place, who: " ".join(place.desks[who].run("list", *more).output.split())


def home(place: Place, who: str) -> str:
    slack = place.office.box.slack
    before = slack.home(who)
    assert slack.open_home(who).ok
    return view_words(place.office.until(lambda: slack.home(who) != before and slack.home(who)) or None)


WAITING: dict[str, Callable[[Place, str], str]] = {
    "command": command("/jit pending"),
    "page": page,
    "/v1": call("waiting"),
    "terminal": terminal("--waiting"),
}
OWN_WAYS: dict[str, Callable[[Place, str], str]] = {
    "command": command("/jit mine"),
    "page": page,
    "/v1": call("mine"),
    "terminal": terminal(),
    "home": home,
}


@pytest.mark.parametrize("kind", HELD)
@pytest.mark.parametrize("way", WAITING)
def test_a_row_that_waits_for_somebody_says_what_holds_it_up(place: Place, way: str, kind: str) -> None:
    store, now, said = place.office.service.store, place.office.clock, SAID.format(HELD[kind])
    assert said not in WAITING[way](place, "bob")

    freeze_part(store, kind, HELD[kind], now=now())  # type: ignore[arg-type]
    try:
        told = WAITING[way](place, "bob")
    finally:
        thaw_part(store, kind, HELD[kind], now=now())  # type: ignore[arg-type]

    assert told.count(said) == 1
    assert {place.held, place.other} <= set(re.findall(r"r-\w+", told))


@pytest.mark.parametrize("way", OWN_WAYS)
def test_a_row_of_ones_own_says_so_and_of_its_frozen_reader_that_is_said_instead(place: Place, way: str) -> None:
    store, now, said = place.office.service.store, place.office.clock, SAID.format(HELD["entitlement"])
    assert said not in OWN_WAYS[way](place, "alice")

    freeze_part(store, "entitlement", HELD["entitlement"], now=now())
    try:
        assert OWN_WAYS[way](place, "alice").count(said) == 1
        freeze_part(store, "person", HELD["person"], now=now())
        told = OWN_WAYS[way](place, "alice")
    finally:
        for kind, name in HELD.items():
            thaw_part(store, kind, name, now=now())  # type: ignore[arg-type]

    assert OWN in told
    assert said not in told
