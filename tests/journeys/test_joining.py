"""A membership of a group, by each way in: who cannot be let in is told so when they ask, and at the click."""

from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import timedelta

import pytest

from approvals.people.principals import EVIDENCE_AGE
from approvals.refusals.errors import CountersignError
from sandbox.google import Fault
from tests.journeys.test_refused_at_the_click import APPROVALS, INKED, placed, worked_on
from tests.support.callers import Caller
from tests.support.desk import Desk
from tests.support.running import Running
from tests.support.visits import Browser
from tests.support.ways import Place

ALICE, DAN, GROUP = "alice@example.com", "dan@example.com", "prod-admins@example.com"
JOINED = f"""{INKED}\
  - id: joined
    title: Be an administrator
    grant: group
    group: {GROUP}
    requesters: ["domain:example.com"]
    approval:
      - {{approvers: ["group:sre"], needed: 1}}
"""
TYPED = {"entitlement": "joined", "duration": "1h", "justification": "INC-1 disk full"}

# --- the ways to ask: what whoever asks is told


def by_form(office: Running, desk: Desk) -> str:
    office.box.slack.command("alice", "/jit")
    sent = office.box.slack.submit("alice", TYPED)
    office.box.slack.close("alice", clear=True)
    return " ".join(sent.errors.values()) or sent.body


def by_line(office: Running, desk: Desk) -> str:
    return office.box.slack.command("alice", "/jit request joined for 1h because INC-1 disk full").body


def by_page(office: Running, desk: Desk) -> str:
    alice = Browser(office, ALICE)
    sent = alice.press(alice.get("/ask/joined"), "ask", duration="1h", justification="INC-1 disk full")
    assert sent.status in (403, 409, 422), sent.status
    return sent.words


def by_call(office: Running, desk: Desk) -> str:
    said = Caller(office, ALICE).post("/v1/requests", TYPED)
    assert said.status in (403, 409, 422), said
    return str(said.json["detail"])


def by_terminal(office: Running, desk: Desk) -> str:
    done = desk.run("request", "joined", "--for", "1h", "--because", "INC-1 disk full")
    assert done.exit_code == 1, done.output
    return done.stderr


ASKS: dict[str, Callable[[Running, Desk], str]] = {
    "form": by_form,
    "line": by_line,
    "page": by_page,
    "/v1": by_call,
    "terminal": by_terminal,
}

# --- what stands against it


def held(office: Running) -> None:
    office.box.google.groups.put(GROUP, ALICE)


def unread(office: Running) -> None:
    office.box.google.faults.set(Fault(method="groups.lookup", status=503, times=10_000))


def without_expiry(office: Running) -> None:
    """Nobody was ever let in: it shows by what else Google answers."""
    office.box.google.groups.premium = False


def barred(office: Running) -> None:
    """Google has said so, once: to what somebody else was approved for."""
    office.box.google.groups.writable = False
    asked = office.ask("dan", "joined")
    office.box.slack.press("alice", "approve", message=office.card(asked, having="approve", by="alice"))
    office.until(lambda: (grant := office.request(asked).grant) is not None and grant.trouble)


def warm(office: Running) -> None:
    """The first call to Google loads its client, for which no click waits on a busy machine."""
    with suppress(CountersignError):
        office.service.groups.standing("nobody@example.com", ALICE, timeout=60)


CAUSES: dict[str, tuple[Callable[[Running], None], str]] = {
    "in it by somebody else": (held, f"in {GROUP} already, by a membership that is not ours"),
    "unreadable": (unread, f"Who is in {GROUP} could not be read"),
    "an edition without expiry": (without_expiry, f"nobody can be let into {GROUP} for a time"),
    "barred": (barred, f"does not let this service change who is in {GROUP}"),
}


@pytest.fixture(scope="module")
def terminal(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    with placed(tmp_path_factory, policy=JOINED) as place:
        place.office.box.google.set_group(GROUP, ())
        yield place


@pytest.fixture(scope="module", params=CAUSES)
def against(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[Place, Desk, str]]:
    bring, said = CAUSES[request.param]
    with placed(tmp_path_factory, policy=JOINED) as place:
        desk = Desk(place.office, tmp_path_factory.mktemp("alice"), "alice")
        assert desk.login("--no-keyring").exit_code == 0
        place.office.box.google.set_group(GROUP, ())
        warm(place.office)
        bring(place.office)
        yield place, desk, said


@pytest.mark.parametrize("way", ASKS)
def test_who_cannot_be_let_in_is_told_when_they_ask(against: tuple[Place, Desk, str], way: str) -> None:
    place, desk, said = against
    before = place.office.box.google.groups.held(GROUP)

    assert said in ASKS[way](place.office, desk)

    assert place.office.service.store.open_of(ALICE) == []
    assert place.office.box.google.groups.held(GROUP) == before


def test_why_says_it_before_anybody_asks(against: tuple[Place, Desk, str]) -> None:
    place, _, said = against
    if "could not be read" not in said:
        assert said in place.office.box.slack.command("alice", "/jit why joined").body
        assert said in Browser(place.office, ALICE).get("/ask/joined").words


@pytest.mark.parametrize("way", APPROVALS)
def test_who_is_let_in_by_somebody_else_meanwhile_is_refused_at_the_click(terminal: Place, way: str) -> None:
    office = terminal.office
    asked = office.ask("alice", "joined")
    try:
        with worked_on(terminal, asked):
            send = APPROVALS[way](terminal, asked)
            office.box.google.groups.put(GROUP, ALICE)
            office.clock.ahead += EVIDENCE_AGE + timedelta(seconds=1)
            told = send()

        assert f"in {GROUP} already, by a membership that is not ours" in told
        assert office.request(asked).reviews == ()
        assert office.box.google.groups.held(GROUP) == {ALICE: None}
    finally:
        office.box.google.groups.take(GROUP, ALICE)
        office.clock.ahead += EVIDENCE_AGE
        assert Caller(office, ALICE).post(f"/v1/requests/{asked}/withdraw").status == 200


def test_what_is_said_of_its_end_is_about_the_group(terminal: Place) -> None:
    office = terminal.office
    asked = office.ask("dan", "joined")
    office.box.slack.press("alice", "approve", message=office.card(asked, having="approve", by="alice"))
    office.granted(asked)

    said = office.box.slack.command("dan", f"/jit end {asked}").body
    office.until(lambda: office.request(asked).grants[0].removed)

    assert "It is being removed from the group." in said
    page = Browser(office, DAN).get(f"/request/{asked}").words
    assert "nothing of the access is left there" in page
    assert "What was done with it It is not looked for: no audit log says what a group opened" in page
