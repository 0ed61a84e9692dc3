"""What a program sees: no more than its person does on card and page, in lists and in time."""

import socket
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from handlers.api.opened import OF_ONE, PLACES
from handlers.wire.polls import Polls
from handlers.wire.problems import Fault
from sandbox.iap.accounts import google
from sandbox.iap.assertions import assertion
from sandbox.links import forms
from tests.handlers.api.conftest import ALICE, BOB, CAROL, EVE
from tests.support.callers import Caller
from tests.support.running import Running
from tests.support.visits import Browser

ASK = "/v1/requests"
STANDS = {"waits": "admin", "half met": "pair", "met in order": "signed", "withdrawn": "admin", "given": "admin"}
"""What is asked for, by what becomes of it."""


def test_whoever_calls_is_told_who_they_are(alice: Caller) -> None:
    me = alice.get("/v1/me").json

    assert me == {"principal": ALICE, "kind": "person", "decides": True, "why_not": None}


def test_only_what_somebody_may_ask_for_is_listed(office: Running, alice: Caller) -> None:
    mine = {each["id"] for each in alice.get("/v1/entitlements").json["items"]}
    eves = {each["id"] for each in Caller(office, EVE).get("/v1/entitlements").json["items"]}
    found = alice.get("/v1/entitlements?q=shop-data+customer").json["items"]

    assert mine == {"admin", "pair", "signed", "narrow", "logs"}
    assert eves == {"admin", "logs"}
    assert [each["id"] for each in found] == ["pair"]
    assert found[0]["duration"] == {"default": 3600, "max": 14400}
    assert found[0]["targets"] == [
        {"resource": "projects/shop-data", "roles": ["roles/bigquery.dataViewer"], "condition": ""}
    ]


def test_a_list_is_gone_through_by_its_cursor_whatever_goes_meanwhile(alice: Caller) -> None:
    ids = [alice.ask() for _ in range(5)]
    first = alice.get(f"{ASK}?limit=2").json
    alice.post(f"{ASK}/{ids[3]}/withdraw")
    alice.post(f"{ASK}/{ids[2]}/withdraw")

    second = alice.get(f"{ASK}?limit=2&cursor={first['next']}").json

    assert [each["id"] for each in first["items"]] == [ids[4], ids[3]]
    assert [each["id"] for each in second["items"]] == [ids[1], ids[0]]
    assert second["next"] is None


def test_the_last_one_of_a_list_is_shown_when_all_before_it_have_gone(alice: Caller) -> None:
    oldest, newest = alice.ask(), alice.ask()
    first = alice.get(f"{ASK}?limit=1").json
    alice.post(f"{ASK}/{newest}/withdraw")

    second = alice.get(f"{ASK}?limit=1&cursor={first['next']}").json

    assert [each["id"] for each in first["items"]] == [newest]
    assert [each["id"] for each in second["items"]] == [oldest]


def test_what_waits_for_somebody_is_listed_for_them_alone(office: Running, alice: Caller, bob: Caller) -> None:
    request_id = alice.ask("narrow")
    carol, eve = Caller(office, "carol@example.com"), Caller(office, EVE)

    assert [each["id"] for each in carol.get(f"{ASK}?list=waiting&entitlement=narrow").json["items"]] == [
        request_id
    ]
    for other in (alice, bob, eve):
        assert request_id not in str(other.get(f"{ASK}?list=waiting").json)
    assert alice.get(f"{ASK}?list=active").json["items"] == []
    assert [each["id"] for each in alice.get(f"{ASK}?state=pending").json["items"]] == [request_id]


def test_a_request_is_nothing_to_whom_it_does_not_concern(office: Running, alice: Caller) -> None:
    request_id = alice.ask("narrow")
    known = Caller(office, EVE).get(f"{ASK}/{request_id}")
    unknown = Caller(office, EVE).get(f"{ASK}/r-0000000000")

    assert known.status == unknown.status == 404
    assert known.body == unknown.body


def test_a_request_says_what_its_page_says(office: Running, alice: Caller, bob: Caller) -> None:
    request_id = alice.ask("signed", why="CHG-7 \u202eevil\u0007 release")

    said, page = bob.get(f"{ASK}/{request_id}").json, Browser(office, BOB).get(f"/request/{request_id}")

    assert said["justification"] == "CHG-7 evil release"
    assert said["card"]["why"] == "CHG-7 evil release"
    for line in (said["card"]["headline"][2:], *said["card"]["roles"], said["card"]["approvals"][0]):
        assert line in page.words
    assert [each["label"] for each in said["card"]["facts"]] == ["Who", "What", "Where", "How long"]
    assert said["you"] == {"holder": False, "vote": None, "can": ["approve", "offer", "deny"], "cannot": []}
    assert alice.get(f"{ASK}/{request_id}").json["you"]["can"] == ["withdraw"]
    assert [(s["needed"], s["sign"], s["open"]) for s in said["stages"]] == [(1, False, True), (1, True, False)]
    assert (said["frozen"], said["decision"], said["access"], said["window"]) == (None, None, None, None)


def test_one_request_is_said_in_a_line_as_the_list_that_it_stands_in_says_it(alice: Caller, bob: Caller) -> None:
    def line(caller: Caller, listed: str) -> str:
        return next(str(each["line"]) for each in caller.get(listed).json["items"] if each["id"] == asked)

    asked = alice.ask("pair")
    lines = [(bob, line(bob, f"{ASK}?list=waiting")), (alice, line(alice, ASK))]
    assert [caller.get(f"{ASK}/{asked}").json["line"] for caller, _ in lines] == [said for _, said in lines]

    bob.decide(asked, "deny", reason="not today")

    said = bob.get(f"{ASK}/{asked}").json["line"]
    assert said == line(bob, "/v1/history")
    assert "Denied by bob@example.com" in said
    assert "Expires" not in said


def test_what_can_be_done_is_what_the_page_offers(office: Running, alice: Caller, bob: Caller) -> None:
    asked = {name: alice.ask(what) for name, what in STANDS.items()}
    for name in ("half met", "met in order", "given"):
        bob.decide(asked[name])
    alice.post(f"{ASK}/{asked['withdrawn']}/withdraw")
    office.until(lambda: office.request(asked["given"]).grants[0].state == "active")

    can, offered = {}, {}
    for who in (ALICE, BOB, CAROL):
        caller, browser = Caller(office, who), Browser(office, who)
        for name, request_id in asked.items():
            can[name, who] = set(caller.get(f"{ASK}/{request_id}").json["you"]["can"])
            page = browser.get(f"/request/{request_id}")
            offered[name, who] = {dict(form.fields)["kind"] for form in forms(page.body)}

    assert can == offered
    assert can["waits", ALICE] == {"withdraw"}
    assert can["waits", BOB] == {"approve", "offer", "deny"}
    assert can["half met", BOB] == {"offer", "deny", "take_back"}
    assert can["withdrawn", BOB] == set()
    assert can["given", ALICE] == {"extend", "end"}


def test_a_call_that_waits_is_answered_when_the_request_is_decided(office: Running, alice: Caller) -> None:
    request_id = alice.ask()
    with ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(alice.get, f"{ASK}/{request_id}?wait=25")
        office.until(lambda: _waits(office) == 1)
        Caller(office, BOB).decide(request_id)
        said = waiting.result(timeout=20)

    assert said.json["state"] == "approved"
    assert _waits(office) == 0


def test_a_call_waits_for_any_change_since_what_it_knows(office: Running, alice: Caller, bob: Caller) -> None:
    request_id = alice.ask("pair")
    version = alice.get(f"{ASK}/{request_id}").json["version"]
    with ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(alice.get, f"{ASK}/{request_id}?wait=25&since={version}")
        office.until(lambda: _waits(office) == 1)
        bob.decide(request_id)
        said = waiting.result(timeout=20)

    assert (said.json["state"], said.json["version"]) == ("pending", version + 1)
    assert alice.get(f"{ASK}/{request_id}?wait=25&since={version}").json["version"] == version + 1


def test_when_the_time_is_over_a_call_is_answered_as_it_is(alice: Caller) -> None:
    request_id = alice.ask()

    assert alice.get(f"{ASK}/{request_id}?wait=1").json["state"] == "pending"
    assert alice.get(f"{ASK}/{request_id}?wait=0").json["state"] == "pending"


def test_nobody_waits_for_what_is_not_theirs_to_see(office: Running, alice: Caller) -> None:
    request_id = alice.ask("narrow")

    begun = time.monotonic()
    said = Caller(office, EVE).get(f"{ASK}/{request_id}?wait=25")

    assert said.status == 404
    assert time.monotonic() - begun < 20


def test_one_account_has_few_places_and_holds_up_nobody(office: Running, alice: Caller, bob: Caller) -> None:
    request_id = alice.ask()
    with ThreadPoolExecutor(OF_ONE) as pool:
        waiting = [pool.submit(alice.get, f"{ASK}/{request_id}?wait=25") for _ in range(OF_ONE)]
        office.until(lambda: _waits(office) == OF_ONE)
        more = alice.get(f"{ASK}/{request_id}?wait=25")
        assert (more.status, more.code) == (429, "polls.own")
        assert int(more.headers["retry-after"]) > 0
        assert Browser(office, BOB).get("/").status == 200
        bob.decide(request_id)
        assert [each.result(timeout=20).json["state"] for each in waiting] == ["approved"] * OF_ONE


def test_there_are_so_many_places_and_a_left_one_is_free_again() -> None:
    with ThreadPoolExecutor(1) as pool:
        polls = Polls(lambda _: {}, executor=pool, places=PLACES, of_one=OF_ONE)
        held = [polls.place(f"account {number}") for number in range(PLACES)]
        for each in held:
            each.__enter__()

        with pytest.raises(Fault) as full, polls.place("one more"):
            pass
        held[0].__exit__(None, None, None)
        with polls.place("one more"):
            pass

    assert (full.value.status, full.value.code) == (503, "polls.all")


def test_whoever_hangs_up_gives_the_place_back(office: Running, alice: Caller) -> None:
    request_id = alice.ask()
    host, _, port = office.url.removeprefix("http://").partition(":")
    with socket.create_connection((host, int(port))) as line:
        line.sendall(
            f"GET {ASK}/{request_id}?wait=25 HTTP/1.1\r\nHost: x\r\n{_assertion(office)}\r\n\r\n".encode()
        )
        office.until(lambda: _waits(office) == 1)

    office.until(lambda: _waits(office) == 0, seconds=20)
    assert office.request(request_id).state == "pending"


def _assertion(office: Running) -> str:
    assert office.box.iap is not None
    gate, now = office.box.iap.gate, office.clock().timestamp()
    made = assertion(gate.keys, google(ALICE), audience=gate.audience, now=now, test="NOT_SET")
    return f"x-goog-iap-jwt-assertion: {made}"


def _waits(office: Running) -> int:
    """How many calls wait."""
    web = office.service.channels["iap"]
    return web.rooms().api.polls.waiting  # type: ignore[attr-defined,no-any-return]
