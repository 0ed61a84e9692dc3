"""Access is extended by every way in, and refused by every one of them for the same reasons."""

from collections.abc import Callable, Iterator

import pytest

from tests.support.callers import Caller
from tests.support.running import Running, running
from tests.support.visits import Browser

WHY = "INC-1 it is not done"
Way = Callable[[Running, str, str, str, str], str]


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    with running(tmp_path_factory.mktemp("office"), iap_port=0) as office:
        yield office


def by_command(office: Running, who: str, request: str, time: str, why: str) -> str:
    outcome = office.box.slack.command(who, f"/jit extend {request} {time} because {why}")
    return f"{outcome.body} {outcome.view}"


def by_form(office: Running, who: str, request: str, time: str, why: str) -> str:
    pressed = office.press("alice", "extend", request)
    assert pressed.ok or pressed.error
    outcome = office.box.slack.submit(who, {"duration": time, "justification": why})
    return " ".join([*(outcome.errors or {}).values(), str(outcome.error or "")])


def by_page(office: Running, who: str, request: str, time: str, why: str) -> str:
    alice = Browser(office, f"{who}@example.com")
    page = alice.get(f"/request/{request}")
    return alice.press(page, "extend", duration=time, justification=why).words


def by_call(office: Running, who: str, request: str, time: str, why: str) -> str:
    body = {"duration": time, "justification": why}
    said = Caller(office, f"{who}@example.com").post(f"/v1/requests/{request}/extend", body)
    return str((said.json or {}).get("detail", ""))


WAYS = {"command": by_command, "form": by_form, "page": by_page, "call": by_call}
REFUSED = [
    ("a time that is none", "soon", WHY, "soon"),
    ("too long for one request", "5h", WHY, "for at most"),
]


@pytest.fixture
def granted(office: Running) -> Iterator[str]:
    request = office.ask("alice", "admin")
    office.approve("bob", request)
    office.granted(request)
    yield request
    for each in office.service.store.open_of("alice@example.com"):
        caller = Caller(office, "alice@example.com")
        caller.post(f"/v1/requests/{each.id}/{'withdraw' if each.state == 'pending' else 'end'}")
        office.gone(each.id)


def extensions(office: Running, request: str) -> list[str]:
    own = office.service.store.open_of("alice@example.com")
    return [each.id for each in own if each.terms.extends == request]


@pytest.mark.parametrize("way", WAYS)
def test_a_line_form_page_or_call_extends_and_one_that_cannot_be_says_why(
    office: Running, granted: str, way: str
) -> None:
    for what, time, why, said in REFUSED:
        assert said in WAYS[way](office, "alice", granted, time, why), what
        assert extensions(office, granted) == []
    WAYS[way](office, "alice", granted, "30m", WHY)
    (later,) = extensions(office, granted)
    assert "asks to extend this already" in by_call(office, "alice", granted, "30m", WHY)
    assert office.sees("extends", later)
    office.approve("bob", later)
    office.granted(later)
    assert len(office.bindings(later)) == 1
    assert Caller(office, "alice@example.com").get(f"/v1/requests/{later}").json["extends"] == granted
    assert f'"extends":"{granted}"' in Browser(office, "alice@example.com").get(f"/v1/export?what={later}").body


@pytest.mark.parametrize("way", ["command", "call"])
def test_nobody_extends_what_is_another_persons(office: Running, granted: str, way: str) -> None:
    assert "Only whoever has this access can extend it" in WAYS[way](office, "bob", granted, "30m", WHY)
    assert extensions(office, granted) == []
