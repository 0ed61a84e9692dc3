"""Less is offered and accepted by every way in, and refused by every one of them for the same reasons."""

from collections.abc import Iterator, Sequence
from datetime import timedelta
from typing import Any

import pytest

from approvals.reviews import TYPED_LENGTH
from approvals.targets import accesses
from sandbox.slack.records import Message
from tests.support.callers import Caller
from tests.support.desk import Desk
from tests.support.running import Running, running
from tests.support.shop import POLICY
from tests.support.shown import words
from tests.support.visits import Browser, link

WHY = "Half of it <!channel> is *enough*"
Desks = dict[str, Desk]


BUNDLE = """\
  - id: incident
    title: Look into an incident
    grants:
      - {resource: projects/shop-prod, roles: [roles/logging.viewer, roles/monitoring.viewer]}
      - {resource: projects/shop-data, roles: [roles/monitoring.viewer]}
    requesters: ["group:sre"]
    approval:
      - {approvers: ["group:sre"], needed: 1}
"""


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    with running(tmp_path_factory.mktemp("office"), policy=POLICY + BUNDLE, iap_port=0) as office:
        yield office


@pytest.fixture(scope="module")
def desks(office: Running, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Desk]:
    """Terminals of alice and bob, who have signed in there."""
    made = {who: Desk(office, tmp_path_factory.mktemp(who), who) for who in ("alice", "bob")}
    assert all(desk.login("--no-keyring").exit_code == 0 for desk in made.values())
    return made


@pytest.fixture
def asked(office: Running, request: pytest.FixtureRequest) -> Iterator[str]:
    filed = office.ask("alice", getattr(request, "param", "admin"))
    yield filed
    alice = Caller(office, "alice@example.com")
    alice.post(f"/v1/requests/{filed}/withdraw")
    alice.post(f"/v1/requests/{filed}/end")
    office.settled()


def offer_by_card(office: Running, _: Desks, request: str, time: str, keep: Sequence[int] | None = None) -> str:
    assert office.press("bob", "offer", request).ok
    kept = {} if keep is None else {"keep": [str(number) for number in keep]}
    outcome = office.box.slack.submit("bob", {"duration": time, "why": WHY, **kept})
    return " ".join(outcome.errors.values())


def offer_by_page(office: Running, _: Desks, request: str, time: str, keep: Sequence[int] = (0, 1)) -> str:
    bob = Browser(office, "bob@example.com")
    ticked = {f"keep{number}": "1" for number in keep}
    return bob.press(bob.get(link(office, request)), "offer", duration=time, why=WHY, **ticked).words


def offer_by_call(office: Running, _: Desks, request: str, time: str, keep: Sequence[int] | None = None) -> str:
    bob = Caller(office, "bob@example.com")
    body = bob.shown(request) | {"duration": time, "keep": keep, "comment": WHY}
    return str((bob.post(f"/v1/requests/{request}/offer", body).json or {}).get("detail", ""))


def offer_by_terminal(_: Running, desks: Desks, request: str, time: str, keep: Sequence[int] = ()) -> str:
    only = [word for number in keep for word in ("--only", str(number + 1))]
    return desks["bob"].run("offer", request, "--for", time, *only, "--because", WHY, "--yes").stderr


def accept_by_card(office: Running, _: Desks, request: str) -> str:
    office.settled()
    outcome = office.press("alice", "accept", request)
    return outcome.error


def accept_by_page(office: Running, _: Desks, request: str) -> str:
    alice = Browser(office, "alice@example.com")
    return alice.press(alice.get(f"/request/{request}"), "accept").words


def accept_by_call(office: Running, _: Desks, request: str) -> str:
    alice = Caller(office, "alice@example.com")
    offer = alice.get(f"/v1/requests/{request}").json["offer"]
    body = {"revision": offer["revision"], "digest": offer["digest"]}
    return str((alice.post(f"/v1/requests/{request}/accept", body).json or {}).get("detail", ""))


def accept_by_terminal(_: Running, desks: Desks, request: str) -> str:
    return desks["alice"].run("accept", request, "--yes").stderr


WAYS: dict[str, tuple[Any, Any]] = {
    "card": (offer_by_card, accept_by_card),
    "page": (offer_by_page, accept_by_page),
    "call": (offer_by_call, accept_by_call),
    "terminal": (offer_by_terminal, accept_by_terminal),
}
REFUSED = [("soon", "soon"), ("2h", "never more than what was asked"), ("1h", "That is what was asked for")]


@pytest.mark.parametrize("way", WAYS)
def test_less_is_offered_and_accepted_and_what_is_not_less_is_refused(
    office: Running, desks: Desks, asked: str, way: str
) -> None:
    offer, accept = WAYS[way]
    for time, said in REFUSED:
        assert said in offer(office, desks, asked, time)
        assert office.request(asked).counter is None
    offer(office, desks, asked, "30m")
    found = office.request(asked)
    assert found.counter is not None
    assert (found.revision, found.counter.by) == (1, "bob@example.com")
    assert office.told("alice", "bob@example.com offers less: 30 minutes instead of 1 hour")
    assert "bob@example.com offers less" in Browser(office, "alice@example.com").get("/").words
    assert office.until(lambda: _links(office, asked))
    accept(office, desks, asked)
    found = office.request(asked)
    assert (found.revision, found.counter, len(found.former)) == (2, None, 1)
    office.sees("alice@example.com accepted what bob@example.com offered", asked)
    office.approve("bob", asked)
    office.granted(asked)
    window = office.request(asked).grants[0].window
    assert window.end - window.start == timedelta(minutes=30)


@pytest.mark.parametrize("asked", ["incident"], indirect=True)
@pytest.mark.parametrize("way", WAYS)
def test_a_part_is_left_out_by_every_way_and_never_all_of_it(
    office: Running, desks: Desks, asked: str, way: str
) -> None:
    offer, accept = WAYS[way]
    nothing = {"card": "Please complete", "page": "Leave at least one", "call": "Leave at least one"}
    if way in nothing:
        assert nothing[way] in offer(office, desks, asked, "1h", ())
    else:
        assert "Leave at least one" in offer(office, desks, asked, "1h", (4,))
        assert (
            "Part 2        roles/monitoring.viewer on projects/shop-data"
            in desks["bob"].run("status", asked).stdout
        )
    assert office.request(asked).counter is None

    offer(office, desks, asked, "1h", (0,))
    accept(office, desks, asked)

    terms = office.request(asked).terms
    assert [each.resource for each in accesses(terms.targets)] == ["projects/shop-prod"]
    assert terms.duration == timedelta(hours=1)


def _links(office: Running, request: str) -> list[Message]:
    """What alice was sent about an offer that leads to where she can accept it."""
    sent = [m for m in office.box.slack.messages("alice") if "About your request for" in words(m)]
    return [m for m in sent if any(f"/request/{request}" in each.get("url", "") for _, each in m.elements())]


def test_a_reason_for_less_is_refused_where_it_is_too_long_and_nothing_typed_is_lost(
    office: Running, asked: str
) -> None:
    bob, call = Browser(office, "bob@example.com"), Caller(office, "bob@example.com")
    long = "y" * (TYPED_LENGTH + 1)
    page = bob.press(bob.get(link(office, asked)), "offer", duration="29m", why=long)
    assert "Write at most 1,000 characters" in page.words
    assert long in page.body
    assert 'value="29m"' in page.body
    body = call.shown(asked) | {"duration": "29m", "comment": long}
    assert call.post(f"/v1/requests/{asked}/offer", body).status == 422
    assert office.request(asked).counter is None


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
