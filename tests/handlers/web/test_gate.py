"""What the policy asks of all who come by the web (`identity.web`), at every page, form and call of theirs."""

from collections.abc import Iterator

import pytest

from sandbox.iap.accounts import google
from tests.handlers.web.conftest import ALICE, BOB
from tests.support.callers import Caller
from tests.support.running import POLICY, Running, running
from tests.support.visits import Answer, Browser, forms, link

LEVEL = "accessPolicies/1/accessLevels/managed"
GATED = POLICY.replace("[example.com]", f"[example.com], web: {{access_levels: [{LEVEL}]}}", 1)


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    with running(tmp_path_factory.mktemp("office"), policy=GATED, iap_port=0) as office:
        yield office


def browsers(office: Running, who: str) -> tuple[Browser, Browser]:
    """The same person by a computer that is managed, and by another one."""
    return Browser(office, google(who, access_levels=(LEVEL,))), Browser(office, google(who))


def test_every_page_is_closed_to_whoever_comes_without_what_the_policy_asks_for(office: Running) -> None:
    asked = office.ask("alice", "admin")
    managed, other = browsers(office, BOB)
    paths = ("/", "/ask/", "/history", f"/request/{asked}", link(office, asked), "/assets/pages.css")

    for path in paths:
        assert managed.get(path).status == 200
        found = other.get(path)
        assert (found.status, ALICE in found.body) == (403, False)


def test_every_form_decides_nothing_then(office: Running) -> None:
    asked = office.ask("alice", "admin")
    (managed, other), (hers, elsewhere) = browsers(office, BOB), browsers(office, ALICE)
    page, own = managed.get(link(office, asked)), hers.get(f"/request/{asked}")
    ask = hers.get("/ask/signed")

    refused: list[Answer] = [other.press(page, kind, reason="no", why="no") for kind in forms(page)]
    refused += [elsewhere.press(own, kind) for kind in forms(own)]
    refused += [elsewhere.press(ask, kind, duration="30m", justification="INC-1 disk") for kind in forms(ask)]

    assert {answer.status for answer in refused} == {403}
    assert {*forms(page)} >= {"approve", "deny", "offer"}
    assert {*forms(own)} == {"withdraw"}
    assert office.request(asked).reviews == ()
    assert [each.id for each in office.service.store.open_of(ALICE)] == [asked]
    assert managed.press(page, "approve").status == 303


def test_every_call_is_refused_then(office: Running) -> None:
    asked = office.ask("alice", "admin")
    program = Caller(office, google(BOB))
    verbs = ("approve", "deny", "take_back", "offer", "accept", "withdraw", "end", "extend", "after_review")

    said = [program.get(path) for path in ("/v1/me", "/v1/entitlements", "/v1/requests", f"/v1/requests/{asked}")]
    said += [program.post(path) for path in ("/v1/requests", *(f"/v1/requests/{asked}/{verb}" for verb in verbs))]

    assert {(each.status, each.code) for each in said} == {(403, "web.level")}
    assert office.request(asked).state == "pending"
