"""Less is offered and accepted by every way in, and refused by every one of them for the same reasons."""

from collections.abc import Callable, Iterator
from datetime import timedelta

import pytest

from sandbox.slack.records import Message
from tests.support.callers import Caller
from tests.support.running import Running, running
from tests.support.shown import words
from tests.support.visits import Browser, link

WHY = "Half of it <!channel> is *enough*"
Way = Callable[[Running, str, str], str]


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    with running(tmp_path_factory.mktemp("office"), iap_port=0) as office:
        yield office


@pytest.fixture
def asked(office: Running) -> Iterator[str]:
    request = office.ask("alice", "admin")
    yield request
    alice = Caller(office, "alice@example.com")
    alice.post(f"/v1/requests/{request}/withdraw")
    alice.post(f"/v1/requests/{request}/end")
    office.settled()


def by_card(office: Running, request: str, time: str) -> str:
    assert office.press("bob", "offer", request).ok
    outcome = office.box.slack.submit("bob", {"duration": time, "why": WHY})
    return " ".join(outcome.errors.values())


def by_page(office: Running, request: str, time: str) -> str:
    bob = Browser(office, "bob@example.com")
    return bob.press(bob.get(link(office, request)), "offer", duration=time, why=WHY).words


def by_call(office: Running, request: str, time: str) -> str:
    bob = Caller(office, "bob@example.com")
    body = bob.shown(request) | {"duration": time, "comment": WHY}
    return str((bob.post(f"/v1/requests/{request}/offer", body).json or {}).get("detail", ""))


def accept_by_card(office: Running, request: str, _: str) -> str:
    office.settled()
    outcome = office.press("alice", "accept", request)
    return outcome.error


def accept_by_page(office: Running, request: str, _: str) -> str:
    alice = Browser(office, "alice@example.com")
    return alice.press(alice.get(f"/request/{request}"), "accept").words


def accept_by_call(office: Running, request: str, _: str) -> str:
    alice = Caller(office, "alice@example.com")
    offer = alice.get(f"/v1/requests/{request}").json["offer"]
    body = {"revision": offer["revision"], "digest": offer["digest"]}
    return str((alice.post(f"/v1/requests/{request}/accept", body).json or {}).get("detail", ""))


WAYS = {"card": (by_card, accept_by_card), "page": (by_page, accept_by_page), "call": (by_call, accept_by_call)}
REFUSED = [("soon", "soon"), ("2h", "never more than what was asked"), ("1h", "That is what was asked for")]


@pytest.mark.parametrize("way", WAYS)
def test_less_is_offered_and_accepted_and_what_is_not_less_is_refused(
    office: Running, asked: str, way: str
) -> None:
    offer, accept = WAYS[way]
    for time, said in REFUSED:
        assert said in offer(office, asked, time)
        assert office.request(asked).counter is None
    offer(office, asked, "30m")
    found = office.request(asked)
    assert found.counter is not None
    assert (found.revision, found.counter.by) == (1, "bob@example.com")
    assert office.told("alice", "bob@example.com offers less: 30 minutes instead of 1 hour")
    assert "bob@example.com offers less" in Browser(office, "alice@example.com").get("/").words
    assert office.until(lambda: _links(office, asked))
    accept(office, asked, "")
    found = office.request(asked)
    assert (found.revision, found.counter, len(found.former)) == (2, None, 1)
    office.sees("alice@example.com accepted what bob@example.com offered", asked)
    office.approve("bob", asked)
    office.granted(asked)
    window = office.request(asked).grants[0].window
    assert window.end - window.start == timedelta(minutes=30)


def _links(office: Running, request: str) -> list[Message]:
    """What alice was sent about an offer that leads to where she can accept it."""
    sent = [m for m in office.box.slack.messages("alice") if "About your request for" in words(m)]
    return [m for m in sent if any(f"/request/{request}" in each.get("url", "") for _, each in m.elements())]


def test_nobody_offers_on_their_own_request_and_nobody_else_accepts(office: Running, asked: str) -> None:
    alice, bob = (Caller(office, f"{who}@example.com") for who in ("alice", "bob"))
    shown = bob.shown(asked) | {"duration": "30m"}
    assert alice.post(f"/v1/requests/{asked}/offer", shown).code == "self.decide"
    assert "cannot decide on your own request" in office.refused("alice", "offer", asked)
    assert bob.post(f"/v1/requests/{asked}/offer", shown).status == 200
    offer = alice.get(f"/v1/requests/{asked}").json["offer"]
    taken = {"revision": offer["revision"], "digest": offer["digest"]}
    assert bob.post(f"/v1/requests/{asked}/accept", taken).code == "counter.yours"
    assert alice.post(f"/v1/requests/{asked}/accept", taken | {"digest": "sha256:other"}).code == "changed"
    assert bob.post(f"/v1/requests/{asked}/offer", shown | {"revision": 2}).code == "changed"
    assert office.request(asked).revision == 1
