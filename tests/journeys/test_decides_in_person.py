"""Whoever may ask and not decide is refused by all else that takes somebody who decides, and not before."""

import re
from collections.abc import Callable, Iterator, Mapping
from datetime import timedelta
from typing import Any

import pytest

from approvals import absences, drilling
from approvals.freezes import freezing
from approvals.ports.store import UNREVIEWED
from sandbox.slack.records import Message
from tests.journeys.test_refused_at_the_click import BOB, DOMAINS, INKED, placed
from tests.support.callers import Caller
from tests.support.running import Running
from tests.support.visits import Browser, forms
from tests.support.ways import Place, Send, edited

DAN = "dan@example.com"
GLASS = f"""{INKED}\
  - id: glass
    title: Break glass on production
    resource: projects/shop-prod
    roles: [roles/run.admin]
    requesters: ["domain:example.com"]
    approval: break_glass
    break_glass: {{max: 1h, review: {{by: ["group:sre"], within: 3d}}}}
delegates: ["group:sre"]
administrators: [{BOB}]
"""
REFUSING = GLASS.replace(DOMAINS, "identity: {domains: [example.com], plus_addresses: refuse}")
SAID = "An address with a plus sign cannot decide here"
WHY = "It was over at noon"


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    with placed(tmp_path_factory, policy=GLASS) as made:
        yield made


@pytest.fixture(autouse=True)
def undone(place: Place) -> Iterator[None]:
    """Whatever becomes of a test, the next one finds nothing of it."""
    yield
    edited(place, GLASS)
    store, now = place.office.service.store, place.office.clock()
    freezing.thaw(store, by="os:root", why=None, now=now)
    absences.end_of(store, [BOB], by="os:root", now=now)
    if drilling.read(store) is not None:
        place.office.ahead(minutes=16)
    for each in store.on(UNREVIEWED).requests:
        assert found(place.office, each.id).status == 200


def found(office: Running, emergency: str, who: str = DAN) -> Any:
    return Caller(office, who).post(f"/v1/requests/{emergency}/after_review", {"justified": True, "reason": WHY})


# --- what is there before, and what is sent then


def emergency(place: Place) -> str:
    body = {"entitlement": "glass", "duration": "30m", "justification": "INC-1 it burns", "break_glass": True}
    said = Caller(place.office, "alice@example.com").post("/v1/requests", body)
    assert said.status == 201, said
    return str(said.json["id"])


def approved_once(place: Place) -> str:
    asked = place.office.ask("alice", "pair")
    assert Caller(place.office, BOB).decide(asked).status == 200
    return asked


def page_of(place: Place, path: str, kind: str, **typed: str) -> Send:
    browser = Browser(place.office, BOB)
    shown = browser.get(path)
    assert kind in forms(shown), shown.words
    return lambda: browser.press(shown, kind, **typed).words


def call_of(place: Place, path: str, body: Any, *, method: str = "POST") -> Send:
    caller = Caller(place.office, BOB)
    return lambda: str(caller.post(f"/v1{path}", body, method=method).json)


def command_of(place: Place, line: str) -> Send:
    return lambda: place.office.box.slack.command("bob", line).body


def terminal_of(place: Place, *line: str) -> Send:
    return lambda: place.desk.run(*line).output


def away(place: Place) -> None:
    said = Caller(place.office, BOB).post("/v1/absence", {"until": "in 2h", "delegate": DAN}, method="PUT")
    assert said.status == 200, said


def taken_back_by_page(place: Place) -> Send:
    return page_of(place, f"/request/{approved_once(place)}", "take_back")


def taken_back_by_call(place: Place) -> Send:
    asked = approved_once(place)
    return call_of(place, f"/requests/{asked}/take_back", Caller(place.office, BOB).shown(asked))


def found_by_card(place: Place) -> Send:
    """The form that was open already."""
    office = place.office
    assert office.press("bob", "justified", emergency(place)).view

    def send() -> str:
        outcome = office.box.slack.submit("bob", {"reason": WHY})
        if office.box.slack.view("bob"):
            office.box.slack.close("bob", clear=True)
        return " ".join(outcome.errors.values()) or outcome.body

    return send


def called_to_a_drill(place: Place) -> str:
    store, now = place.office.service.store, place.office.clock()
    drill = drilling.begin(store, people=[BOB], within=timedelta(minutes=15), by="os:root", now=now)
    place.office.service.background.wake()
    return drill.id


def drill_by_card(place: Place) -> Send:
    office, drill = place.office, called_to_a_drill(place)
    slack = office.box.slack

    def called() -> list[Message]:
        seen = slack.messages("bob")
        return [m for m in seen if drill in [each.get("value") for _, each in m.elements()]]

    message = office.until(called)[-1]

    def send() -> str:
        before = len(office.whispers("bob"))
        slack.press("bob", "here", message=message)
        office.until(lambda: office.whispers("bob")[before:] or drilling.read(office.service.store).answers)  # type: ignore[union-attr]
        return " ".join(office.whispers("bob")[before:])

    return send


def back_by_page(place: Place) -> Send:
    away(place)
    return page_of(place, "/away", "back")


def back_by(how: Callable[[Place], Send]) -> Callable[[Place], Send]:
    def prepared(place: Place) -> Send:
        away(place)
        return how(place)

    return prepared


LEAVING = {"until": "in 2h", "delegate": DAN}
WAYS: Mapping[str, Callable[[Place], Send]] = {
    "page: take back": taken_back_by_page,
    "/v1: take back": taken_back_by_call,
    "command: unvote": lambda place: command_of(place, f"/jit unvote {approved_once(place)}"),
    "terminal: take back": lambda place: terminal_of(place, "take-back", approved_once(place), "--yes"),
    "card: finding": found_by_card,
    "page: finding": lambda place: page_of(place, f"/request/{emergency(place)}", "justified", reason=WHY),
    "page: other finding": lambda place: page_of(place, f"/request/{emergency(place)}", "unjustified", reason=WHY),
    "/v1: finding": lambda place: call_of(
        place, f"/requests/{emergency(place)}/after_review", {"justified": True, "reason": WHY}
    ),
    "terminal: finding": lambda place: terminal_of(
        place, "review", emergency(place), "--justified", "--because", WHY, "--yes"
    ),
    "command: away": lambda place: command_of(place, f"/jit away for 2h to {DAN}"),
    "page: away": lambda place: page_of(place, "/away", "leave", **LEAVING),
    "/v1: away": lambda place: call_of(place, "/absence", LEAVING, method="PUT"),
    "command: back": back_by(lambda place: command_of(place, "/jit back")),
    "page: back": back_by_page,
    "/v1: back": back_by(lambda place: call_of(place, "/absence", {}, method="DELETE")),
    "page: freeze": lambda place: page_of(place, "/freezes", "everything", of="everything", name="", reason=WHY),
    "/v1: freeze": lambda place: call_of(place, "/freezes", {"of": "everything", "name": "", "reason": WHY}),
    "card: drill": drill_by_card,
    "page: drill": lambda place: page_of(place, f"/drill/{called_to_a_drill(place)}", "here"),
}


def told(office: Running) -> int:
    """How much all chains tell."""
    office.settled()
    return sum(len(office.service.store.entries(chain)) for chain in office.service.store.chains())


@pytest.mark.parametrize("way", WAYS)
def test_who_may_not_decide_is_refused_by_all_else_that_decides(place: Place, way: str) -> None:
    send = WAYS[way](place)
    before = told(place.office)
    edited(place, REFUSING)
    policies = told(place.office)

    assert re.search(SAID, send())

    assert told(place.office) == policies
    assert policies - before <= 1  # the policy itself


@pytest.mark.parametrize("way", WAYS)
def test_who_may_is_not(place: Place, way: str) -> None:
    send = WAYS[way](place)
    before = told(place.office)

    assert SAID not in send()

    assert told(place.office) > before
