"""Several calls of an agent's tool by one approval, by every way in: what each gives, and what each refuses."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager, nullcontext
from typing import NamedTuple

import pytest

from tests.support.applications import App
from tests.support.callers import Caller
from tests.support.desk import Desk
from tests.support.frozen import freeze_part, thaw_part
from tests.support.running import Running, running
from tests.support.several import WINDOW, Agent, rules
from tests.support.visits import Browser, forms, link
from tests.support.ways import Open, Place, button, call, form, home, page, policy, terminal, wrong

NAME = {"printed_name": "Bob Baker", "meaning": "I have read it"}
WHY = {"reason": "Enough of it"}


@pytest.fixture(scope="module")
def agent(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Agent]:
    app = App("assistant")
    with running(tmp_path_factory.mktemp("office"), policy=rules(app), iap_port=0) as office:
        app._now = office.clock
        yield Agent(office, app)


@pytest.fixture(scope="module")
def desks(agent: Agent, tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, Desk]:
    made = {who: Desk(agent.office, tmp_path_factory.mktemp(who), who) for who in ("alice", "bob", "dan")}
    assert all(desk.login("--no-keyring").exit_code == 0 for desk in made.values())
    return made


@pytest.fixture(autouse=True)
def over(agent: Agent) -> Iterator[None]:
    """No test finds what another opened. All of them may ask sixty times: an agent has so much for a person."""
    yield
    agent.over()


@pytest.fixture
def bob(agent: Agent, desks: Mapping[str, Desk]) -> Place:
    return Place(agent.office, desks["bob"])


# --- the ways

ONE: dict[str, Open] = {
    "card": button("approve"),
    "card, with a comment": form("remark", {"comment": "go on"}),
    "Home": home("approve"),
    "page": page("approve", {}),
    "mail's link": page("approve", {}, mailed=True),
    "/v1": call("approve"),
    "terminal": terminal("approve"),
}
SEVERAL: dict[str, Open] = {
    "card": button("several"),
    "Home": home("several"),
    "page": page("several", {}),
    "mail's link": page("several", {}, mailed=True),
    "/v1": call("approve", several=True),
    "terminal": terminal("approve", "--several"),
}
SIGNED_ONE: dict[str, Open] = {
    "signed, card": form("sign", NAME),
    "signed, page": page("sign", NAME),
    "signed, mail's link": page("sign", NAME, mailed=True),
}
SIGNED_SEVERAL: dict[str, Open] = {
    "signed, card": form("sign_several", NAME),
    "signed, page": page("sign_several", NAME),
    "signed, mail's link": page("sign_several", NAME, mailed=True),
}
OPENING: dict[str, Open] = {
    "signed, card: the form": button("sign_several"),
    "signed, Home: the form": home("sign_several"),
}
AGAIN = {way: ONE[way] for way in ONE if "comment" not in way} | {"card: a comment's form": button("remark")}
# What no place offers, and somebody sends all the same.
UNOFFERED: dict[str, Open] = {
    "card": button("several", of="approve"),
    "card: the form": button("sign_several", of="approve"),
    "/v1": call("approve", several=True),
    "terminal": terminal("approve", "--several"),
}
UNSIGNED: dict[str, Open] = {
    "card": button("several", of="sign_several"),
    "/v1": call("approve", several=True),
    "terminal": terminal("approve", "--several"),
}
ENDING: dict[str, Open] = {
    "card": form("end", WHY),
    "page": page("end", WHY),
    "/v1": call("end", **WHY),
    "terminal": terminal("end", "--because", "Enough of it"),
}


# --- what each gives


def action_of(way: str) -> str:
    return "settle" if way.startswith("signed") else "merge"


@pytest.mark.parametrize("way", [*ONE, *SIGNED_ONE])
def test_an_approval_of_one_call_opens_nothing_for_others(agent: Agent, bob: Place, way: str) -> None:
    asked = agent.asked(action_of(way))

    assert (ONE | SIGNED_ONE)[way](bob, asked)() == ""

    found = agent.office.request(asked)
    assert (found.state, found.window) == ("approved", None)


@pytest.mark.parametrize("way", [*SEVERAL, *SIGNED_SEVERAL])
def test_an_approval_of_several_is_for_so_many_calls_as_they_were_asked_for(
    agent: Agent, bob: Place, way: str
) -> None:
    action = action_of(way)
    asked = agent.asked(action)

    assert (SEVERAL | SIGNED_SEVERAL)[way](bob, asked)() == ""

    big = agent.asks(action, way=way, amount=1001)
    second, third, fourth = (agent.asks(action, way=way, number=each) for each in range(3))
    changed = agent.uses(second.json["id"], action, way=way, number=7)
    with frozen(agent.office, action):
        held_up = agent.uses(second.json["id"], action, way=way, number=0)
    made = agent.uses(second.json["id"], action, way=way, number=0)
    again = agent.uses(second.json["id"], action, way=way, number=0)
    assert (big.status, big.code) == (403, "guardrail.said")
    assert [each.json["state"] for each in (second, third, fourth)] == ["approved", "approved", "pending"]
    assert [each.json["approval"] for each in (second, third)] == ["window"] * 2
    assert (changed.status, changed.code) == (409, "parameters")
    assert (held_up.status, held_up.code) == (409, "frozen.entitlement")
    assert (made.status, (again.status, again.code)) == (200, (409, "used"))
    assert "all 3 are taken" in agent.office.sees("all 3 are taken", asked)


@pytest.mark.parametrize("way", ENDING)
def test_what_its_approver_ends_lets_no_call_be_made_or_asked_for(agent: Agent, bob: Place, way: str) -> None:
    asked = agent.asked()
    assert button("several")(bob, asked)() == ""
    taken = agent.asks(ended=way, number=1).json

    assert ENDING[way](bob, asked)() == ""

    late = agent.uses(taken["id"], ended=way, number=1)
    assert (taken["approval"], late.status, late.code) == ("window", 409, "window.over")
    assert agent.asks(ended=way, number=2).json["state"] == "pending"


def test_what_its_person_ends_is_over_for_them_alone_to_say(
    agent: Agent, bob: Place, desks: Mapping[str, Desk]
) -> None:
    asked = agent.asked()
    assert button("several")(bob, asked)() == ""
    dan = Place(agent.office, desks["dan"], "dan", "dan@example.com", eyes="bob")
    assert "not yours" in call("end", **WHY)(dan, asked)()
    assert agent.asks(ended="nobody").json["approval"] == "window"

    assert terminal("end")(Place(agent.office, desks["alice"], "alice", "alice@example.com"), asked)() == ""

    assert agent.asks(ended="by alice").json["state"] == "pending"


# --- what each refuses


@contextmanager
def frozen(office: Running, action: str) -> Iterator[None]:
    store = office.service.store
    freeze_part(store, "entitlement", action, now=office.clock())
    try:
        yield
    finally:
        thaw_part(store, "entitlement", action, now=office.clock())


Cause = Callable[[Place, str], AbstractContextManager[None]]


def nothing(_: Place, __: str) -> AbstractContextManager[None]:
    return nullcontext()


@contextmanager
def chosen(place: Place, asked: str, name: str) -> Iterator[None]:
    """Bob has chosen before; somebody else is still needed."""
    assert button(name)(place, asked)() == ""
    assert place.office.request(asked).state == "pending"
    yield


@contextmanager
def withdrawn(place: Place, asked: str) -> Iterator[None]:
    said = Caller(place.office, "alice@example.com").post(f"/v1/requests/{asked}/withdraw")
    assert said.status == 200, said
    yield


class Row(NamedTuple):
    """`action` is asked for, `ways` are open, `cause` comes between; then `who` sends each, and `said` is told."""

    action: str
    ways: Mapping[str, Open]
    cause: Cause
    said: str
    who: str = "bob"


NONE = "Several calls at once are not offered here"
REFUSED: dict[str, Row] = {
    "never offered": Row("plain", UNOFFERED, nothing, NONE),
    "not offered any more": Row("merge", SEVERAL, lambda place, _: policy(place, WINDOW, ""), NONE),
    "not offered any more, signed": Row(
        "settle", SIGNED_SEVERAL | OPENING, lambda place, _: policy(place, WINDOW, ""), NONE
    ),
    "no action any more": Row(
        "merge",
        SEVERAL,
        lambda place, _: policy(place, 'name: "merge"}', 'name: "mergers"}'),
        "policy",
    ),
    "frozen": Row("merge", SEVERAL, lambda place, _: frozen(place.office, "merge"), "frozen"),
    "frozen, signed": Row(
        "settle", SIGNED_SEVERAL | OPENING, lambda place, _: frozen(place.office, "settle"), "frozen"
    ),
    "withdrawn": Row("merge", SEVERAL, withdrawn, "Withdrawn by"),
    "a signature is required": Row("settle", UNSIGNED, nothing, "sign"),
    "one's own": Row("merge", SEVERAL, nothing, "your own request", "alice"),
    "one's own, signed": Row(
        "settle",
        {**OPENING, **{way: SIGNED_SEVERAL[way] for way in SIGNED_SEVERAL if "card" not in way}},
        nothing,
        "your own request",
        "alice",
    ),
    "somebody else's": Row("merge", SEVERAL, nothing, "not an approver|not yours", "dan"),
    "one call is approved": Row(
        "clear", SEVERAL, lambda place, asked: chosen(place, asked, "approve"), "is for this one call"
    ),
    "several calls are approved": Row(
        "clear", AGAIN, lambda place, asked: chosen(place, asked, "several"), "is for several calls"
    ),
}


@pytest.mark.parametrize("word", ["confirm", "confirm_several"])
def test_several_are_approved_by_no_way_with_the_one_call_that_the_named_person_confirmed(
    agent: Agent, desks: Mapping[str, Desk], bob: Place, word: str
) -> None:
    office, asked = agent.office, agent.names(account=f"A-{word}")
    alice = Place(office, desks["alice"], "alice", "alice@example.com")
    assert page(word, {})(alice, asked)() == ""
    office.card(asked, having="deny", by="bob")
    offered = word == "confirm_several"
    looked = Browser(office, bob.address)
    shown = [looked.get(link(office, asked)), looked.get(f"/request/{asked}")]
    can = Caller(office, bob.address).get(f"/v1/requests/{asked}").json["you"]["can"]

    assert {"several" in forms(each) for each in shown} == {"several" in can} == {offered}
    if not offered:
        sending = {way: UNOFFERED[way](bob, asked) for way in UNOFFERED}
        told = {way: send() for way, send in sending.items()}
        assert wrong(told, "whom the agent names has confirmed this one call alone") == {}
        assert (office.request(asked).reviews, office.request(asked).state) == ((), "pending")
    assert (SEVERAL if offered else ONE)["terminal"](bob, asked)() == ""
    assert (office.request(asked).window is not None) == offered


@pytest.mark.parametrize("refused", REFUSED)
def test_each_way_refuses_the_same_and_changes_nothing(
    agent: Agent, desks: Mapping[str, Desk], refused: str
) -> None:
    row, office = REFUSED[refused], agent.office
    asked = agent.asked(row.action)
    own = row.who == "bob"
    place = Place(office, desks[row.who], row.who, f"{row.who}@example.com", eyes="" if own else "bob")
    opened = {way: row.ways[way](place, asked) for way in row.ways}

    with row.cause(place, asked):
        before = office.request(asked)
        told = {way: send() for way, send in opened.items()}
        after = office.request(asked)

    assert wrong(told, row.said) == {}
    assert (after.reviews, after.state, after.window) == (before.reviews, before.state, None)
