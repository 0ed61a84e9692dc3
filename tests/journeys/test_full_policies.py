"""A policy of Google's that has no room refuses an ask by every way in, in the same words, and files nothing."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest

import approvals.backends.google_rest  # noqa: F401 - what is asked needs Google's libraries loaded
from tests.support.callers import Caller
from tests.support.desk import Desk
from tests.support.running import PROD, Running, running
from tests.support.shown import words
from tests.support.visits import Browser

SAID = f"The IAM policy of {PROD} has no room"


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    with running(tmp_path_factory.mktemp("office"), iap_port=0) as made:
        yield made


@pytest.fixture(scope="module")
def desk(office: Running, tmp_path_factory: pytest.TempPathFactory) -> Desk:
    made = Desk(office, tmp_path_factory.mktemp("alice"), "alice")
    assert made.login("--no-keyring").exit_code == 0
    return made


@pytest.fixture
def full(office: Running) -> Iterator[None]:
    """The policy names as many people as Google takes, and the service has seen it."""
    crowd = {"role": "roles/run.developer", "members": [f"user:p{n}@example.com" for n in range(1500)]}
    held: list[dict[str, Any]] = []

    def fill(policy: dict[str, Any]) -> None:
        held[:] = policy["bindings"]
        policy["bindings"] = [*held, crowd]

    office.box.google.edit(PROD, fill)
    office.ahead(seconds=61)
    office.until(lambda: SAID in office.box.slack.command("alice", "/jit why admin").body)
    yield
    office.box.google.edit(PROD, lambda policy: policy.update(bindings=held))
    office.ahead(seconds=61)


def by_form(office: Running, desk: Desk) -> str:
    slack = office.box.slack
    slack.command("alice", "/jit")
    sent = slack.submit("alice", {"entitlement": "admin", "duration": "1h", "justification": "INC-1"})
    slack.close("alice", clear=True)
    return " ".join(sent.errors.values()) or sent.body


def by_line(office: Running, desk: Desk) -> str:
    return office.box.slack.command("alice", "/jit request admin for 1h because INC-1").body


def by_page(office: Running, desk: Desk) -> str:
    alice = Browser(office, "alice@example.com")
    sent = alice.press(alice.get("/ask/admin"), "ask", duration="1h", justification="INC-1 of the page")
    assert "INC-1 of the page" in sent.body  # what was typed is not lost
    return sent.words


def by_call(office: Running, desk: Desk) -> str:
    asked = {"entitlement": "admin", "duration": "1h", "justification": "INC-1"}
    said = Caller(office, "alice@example.com").post("/v1/requests", asked)
    assert (said.status, said.code) == (409, "iam.principals"), said.body
    return str(said.json["detail"])


def by_terminal(office: Running, desk: Desk) -> str:
    done = desk.run("request", "admin", "--for", "1h", "--because", "INC-1")
    assert done.exit_code == 1
    return done.stderr


def by_run(office: Running, desk: Desk) -> str:
    done = desk.run("run", "admin", "--because", "INC-1", "--", "touch", str(desk.kept.parent / "ran"))
    assert done.exit_code == 1
    assert not (desk.kept.parent / "ran").exists()
    return done.stderr


WAYS: dict[str, Callable[[Running, Desk], str]] = {
    "form": by_form,
    "line": by_line,
    "page": by_page,
    "call": by_call,
    "terminal": by_terminal,
    "run": by_run,
}


@pytest.mark.usefixtures("full")
@pytest.mark.parametrize("way", WAYS)
def test_by_no_way_in_is_asked_for_what_has_no_room(office: Running, desk: Desk, way: str) -> None:
    before = len(office.service.store.open_of("alice@example.com"))
    said = WAYS[way](office, desk)

    assert SAID in " ".join(said.split())
    assert len(office.service.store.open_of("alice@example.com")) == before


def test_what_fills_up_while_it_waits_is_refused_at_the_click_and_where_that_is_not_known_is_not_written(
    office: Running, request: pytest.FixtureRequest
) -> None:
    asked = office.ask("alice", "admin")
    request.getfixturevalue("full")
    assert SAID in office.refused("bob", "approve", asked)
    bob = Caller(office, "bob@example.com")
    shown = bob.get(f"/v1/requests/{asked}").json
    seen = {"revision": shown["revision"], "digest": shown["digest"]}
    called = bob.post(f"/v1/requests/{asked}/approve", seen)
    assert (called.status, called.code) == (409, "iam.principals"), called.body
    assert office.request(asked).state == "pending"
    office.ahead(seconds=61)
    office.approve("bob", asked)
    office.until(lambda: [each.state for each in office.request(asked).grants] == ["failed"])

    assert office.bindings(asked) == []
    assert office.until(lambda: any("has no room" in words(each) for each in office.cards(asked)))
