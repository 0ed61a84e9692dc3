"""A looser policy file, from the outside: who is asked, on which way, and when it is in force."""

import json
from collections.abc import Callable, Iterator

import pytest

from approvals.uses.changing import held
from sandbox.slack.records import Message
from tests.bot.commands import run
from tests.support.callers import Caller
from tests.support.running import POLICY, Running, running
from tests.support.shown import words
from tests.support.visits import Browser

BOB, CAROL, DAN = (f"{name}@example.com" for name in ("bob", "carol", "dan"))
CHANGE = f'security_channel: "#security"\nchange: {{approvers: [{BOB}, {CAROL}], needed: 2}}\n'
TIGHT = POLICY.replace("entitlements:", f"{CHANGE}entitlements:", 1)
ROLES = "roles: [roles/logging.viewer, roles/monitoring.viewer]"
NARROW = "roles: [roles/logging.viewer]"
LOOSE = TIGHT.replace(NARROW, ROLES, 1)


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    with running(tmp_path_factory.mktemp("looser"), policy=TIGHT, iap_port=0) as office:
        yield office


def write(office: Running, text: str) -> str:
    """Put another file in place, and return the request for it."""
    fresh = office.policy_file.with_suffix(".new")
    fresh.write_text(text)
    fresh.replace(office.policy_file)
    store = office.service.store

    def asked() -> str:
        number, hold = held(store)
        found = store.filed(f"application:countersign.service:{number}") if hold.digest else None
        return found.id if found is not None else ""

    request_id = office.until(asked)
    office.card(request_id, having="deny", by="bob")
    return request_id


def by_card(office: Running, who: str, request_id: str) -> str:
    name = who.partition("@")[0]
    before = len(office.whispers(name))
    office.press(name, "approve", request_id)
    if _voted(office, who, request_id):
        return ""
    return office.until(lambda: office.whispers(name)[before:])[-1]


def by_page(office: Running, who: str, request_id: str) -> str:
    browser = Browser(office, who)
    page = browser.get(f"/request/{request_id}")
    if page.status != 200:
        return page.words
    assert "roles/monitoring.viewer" in page.words
    done = browser.press(page, "approve")
    return "" if done.status == 303 else done.words


def by_api(office: Running, who: str, request_id: str) -> str:
    caller = Caller(office, who)
    if caller.get(f"/v1/requests/{request_id}").status == 404:
        return "not there"
    said = caller.decide(request_id, "approve")
    return "" if said.status == 200 else f"{said.status}"


def _voted(office: Running, who: str, request_id: str) -> bool:
    return any(each.person == who for each in office.request(request_id).reviews)


WAYS: dict[str, Callable[[Running, str, str], str]] = {"card": by_card, "page": by_page, "api": by_api}


def in_force(office: Running) -> str:
    kept = office.service.store.last_good()
    assert kept is not None
    return kept.text


def test_nobody_accepts_it_alone_or_without_being_asked_by_any_way_and_two_do_by_two(office: Running) -> None:
    request_id = write(office, LOOSE)
    status, said = office.fetch("/ready")
    assert (status, "a looser policy is held since" in said) == (200, True)

    for name, way in WAYS.items():
        assert way(office, DAN, request_id), name
        assert not _voted(office, DAN, request_id), name
    assert by_card(office, BOB, request_id) == ""
    assert by_api(office, BOB, request_id) in ("", "409")
    assert office.request(request_id).state == "pending"
    assert in_force(office) == TIGHT

    assert by_page(office, CAROL, request_id) == ""
    office.until(lambda: in_force(office) == LOOSE)
    office.until(lambda: office.request(request_id).state == "used")
    office.until(lambda: "held" not in office.fetch("/ready")[1])


def test_what_an_operator_forces_is_told_the_security_channel_once(office: Running) -> None:
    before = in_force(office)
    request_id = write(office, before.replace(ROLES, "roles: [roles/logging.admin, roles/monitoring.viewer]", 1))
    why = "Bob and Carol have <!channel> left"

    done = run("policy", "accept", "--break-glass", "--because", why, env=office.environ)

    assert done.exit_code == 0, done.output
    assert "a running service tells #security" in done.stderr
    (message,) = office.until(lambda: forced(office))
    said = words(message)
    assert why in said
    assert "an administrator (" in said
    assert "looser: logs: gives" in said
    assert '"text": "Bob and Carol have <!channel> left"' in json.dumps(message.blocks)
    assert office.until(lambda: office.request(request_id).state == "withdrawn")
    office.restart()
    office.settled()
    assert len(forced(office)) == 1


def forced(office: Running) -> list[Message]:
    office.service.background.wake()
    return [each for each in office.box.slack.messages("#security") if "by break-glass" in words(each)]
