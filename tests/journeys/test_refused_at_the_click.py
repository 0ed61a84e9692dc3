"""Who may not decide any more is refused at the click, by every way in, though all was open before it came so."""

import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager

import pytest

from approvals.reconcile.runner import LEASE
from tests.support.callers import Caller
from tests.support.desk import Desk
from tests.support.frozen import freeze_part, thaw_part
from tests.support.running import POLICY, running
from tests.support.ways import Open, Place, button, call, form, home, page, policy, terminal

ALICE, BOB = "alice@example.com", "bob+ops@example.com"
INKED = f"""{POLICY.replace("bob@example.com", BOB)}\
  - id: inked
    title: Deploy by hand
    resource: projects/shop-prod
    roles: [roles/run.admin]
    requesters: ["domain:example.com"]
    approval:
      - {{approvers: ["group:sre"], needed: 1, sign: typed}}
"""
LESS = {"duration": "30m", "why": "Half of it is enough"}
NO = {"reason": "not like this"}
NAME = {"printed_name": "Bob Baker", "meaning": "I have read it"}


@contextmanager
def placed(folders: pytest.TempPathFactory, *, policy: str) -> Iterator[Place]:
    with running(folders.mktemp("office"), policy=policy, iap_port=0) as office:
        office.box.slack.change_person("bob", email=BOB)
        desk = Desk(office, folders.mktemp("bob"), "bob%2Bops")
        assert desk.login("--no-keyring").exit_code == 0
        yield Place(office, desk, address=BOB)


@pytest.fixture(scope="module")
def cause_and_place(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[str, Place]]:
    """A place for each cause: nobody files more than an hour's requests."""
    with placed(tmp_path_factory, policy=INKED) as place:
        yield request.param, place


# --- the ways

APPROVALS: dict[str, Open] = {
    "card: approve": button("approve"),
    "Home: approve": home("approve"),
    "card: open the form of a comment": button("remark"),
    "card: approve with a comment": form("remark", {"comment": "go on"}),
    "page: approve": page("approve", {}),
    "mail's link: approve": page("approve", {}, mailed=True),
    "/v1: approve": call("approve"),
    "terminal: approve": terminal("approve"),
}
SIGNED: dict[str, Open] = {
    "card: open the form of a signature": button("sign"),
    "card: sign": form("sign", NAME),
    "Home: open the form of a signature": home("sign"),
    "page: sign": page("sign", NAME),
    "mail's link: sign": page("sign", NAME, mailed=True),
}
OTHERS: dict[str, Open] = {
    "card: open the form of a denial": button("deny"),
    "card: deny": form("deny", NO),
    "Home: open the form of a denial": home("deny"),
    "card: open the form of an offer": button("offer"),
    "card: offer": form("offer", LESS),
    "page: deny": page("deny", NO),
    "page: offer": page("offer", LESS),
    "mail's link: deny": page("deny", NO, mailed=True),
    "mail's link: offer": page("offer", LESS, mailed=True),
    "/v1: deny": call("deny", **NO),
    "/v1: offer": call("offer", duration="30m", comment="half"),
    "terminal: deny": terminal("deny", "--because", "no"),
    "terminal: offer": terminal("offer", "--for", "30m", "--because", "half"),
}
WAYS = APPROVALS | SIGNED | OTHERS

# --- what comes between


@contextmanager
def frozen(place: Place, person: str) -> Iterator[None]:
    store, clock = place.office.service.store, place.office.clock
    freeze_part(store, "person", person, now=clock())
    try:
        yield
    finally:
        thaw_part(store, "person", person, now=clock())


@contextmanager
def worked_on(place: Place, asked: str) -> Iterator[None]:
    """Somebody else works on the request, so that nothing but the click says what becomes of it."""
    store, now, subject = place.office.service.store, place.office.clock, f"request:{asked}"
    lease = place.office.until(lambda: store.lease(subject, owner="another", now=now(), until=now() + LEASE))
    assert lease is not None
    yield
    store.release(lease, due=now())


Cause = Callable[[Place], AbstractContextManager[None]]
DOMAINS = "identity: {domains: [example.com]}"
DENIED = "guardrails: {deny: [{who: [alice@example.com], what: ['projects/*'], reason: Alice has left the team}]}"
CAUSES: dict[str, tuple[Cause, Mapping[str, Open], str]] = {
    "a guardrail": (
        lambda place: policy(place, DOMAINS, f"{DOMAINS}\n{DENIED}"),
        APPROVALS | SIGNED,
        "Alice has left the team",
    ),
    "a rule of who approves": (
        lambda place: policy(place, "    approval:\n", "    approve_when: 'false'\n    approval:\n"),
        APPROVALS | SIGNED,
        "your approval does not count",
    ),
    "a freeze of the person": (lambda place: frozen(place, BOB), WAYS, "You are frozen by"),
    "a freeze of who asked": (lambda place: frozen(place, ALICE), WAYS, f"have frozen {ALICE}"),
    "a second address": (
        lambda place: policy(
            place, DOMAINS, f"identity: {{domains: [example.com], aliases: {{{ALICE}: [{BOB}]}}}}"
        ),
        WAYS,
        "your own request",
    ),
    "an address with a plus": (
        lambda place: policy(place, DOMAINS, "identity: {domains: [example.com], plus_addresses: refuse}"),
        WAYS,
        "address with a plus sign cannot decide",
    ),
    "no approver any more": (
        lambda place: policy(place, f"{ALICE}, {BOB}, ", f"{ALICE}, "),
        WAYS,
        "not an approver|not yours to see",
    ),
}
CASES = [(cause, way) for cause, (_, ways, _) in CAUSES.items() for way in ways]


@pytest.mark.parametrize(("cause_and_place", "way"), CASES, indirect=["cause_and_place"])
def test_who_may_not_decide_any_more_is_refused_at_the_click(cause_and_place: tuple[str, Place], way: str) -> None:
    cause, place = cause_and_place
    office, (brought, _, said) = place.office, CAUSES[cause]
    asked = office.ask("alice", "inked" if way in SIGNED else "admin")
    with worked_on(place, asked):
        before, chain = office.request(asked), office.service.store.entries(asked)
        send = WAYS[way](place, asked)
        with brought(place):
            told = send()

        assert re.search(said, told), told
        assert office.request(asked) == before
        assert office.service.store.entries(asked) == chain
    assert Caller(office, ALICE).post(f"/v1/requests/{asked}/withdraw").status == 200
