"""Somebody else ends several calls of Alice's agent, by whatever way: Alice reads it in a message of its own."""

from collections.abc import Iterator, Mapping

import pytest

from sandbox.signals import SESSION_REVOKED, Pushed, email
from tests.bot.commands import run
from tests.support.applications import App
from tests.support.desk import Desk
from tests.support.running import Running, running
from tests.support.several import Agent, rules
from tests.support.shown import words
from tests.support.ways import Open, Place, Send, button, call, form, page, terminal

ALICE, BOB, DAN = "alice@example.com", "bob@example.com", "dan@example.com"
WHY = {"reason": "Enough of it"}
TOLD = "An approval for several calls was revoked"


def policy(app: App) -> str:
    return f"{rules(app)}\nadministrators: ['user:{DAN}']\n"


@pytest.fixture(scope="module")
def agent(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Agent]:
    app = App("assistant")
    with running(tmp_path_factory.mktemp("office"), policy=policy(app), iap_port=0) as office:
        app._now = office.clock
        idp = office.box.transmitter
        office.policy_file.write_text(
            f"{policy(app)}\nsignals:\n  - id: idp\n    issuer: {idp.url}\n    jwks_uri: {idp.jwks_uri}\n"
            f"    audience: {idp.audience}\n"
        )
        office.until(lambda: office.service.policy.current().signals)
        yield Agent(office, app)


@pytest.fixture(scope="module")
def desks(agent: Agent, tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, Desk]:
    made = {who: Desk(agent.office, tmp_path_factory.mktemp(who), who) for who in ("alice", "bob", "dan")}
    assert all(desk.login("--no-keyring").exit_code == 0 for desk in made.values())
    return made


@pytest.fixture(autouse=True)
def over(agent: Agent) -> Iterator[None]:
    yield
    agent.over()


# --- the ways


def command(place: Place, asked: str) -> Send:
    def send() -> str:
        said = place.office.box.slack.command(place.who, f"/jit end {asked} because Enough of it").body
        return "" if place.office.request(asked).window.shut else said  # type: ignore[union-attr]

    return send


def operator(*arguments: str) -> Open:
    def opened(place: Place, _: str) -> Send:
        def send() -> str:
            done = run("revoke", *arguments, "--because", "Enough of it", env=place.office.environ)
            return done.output if done.exit_code else ""

        return send

    return opened


def signal(place: Place, _: str) -> Send:
    def send() -> str:
        idp = place.office.box.transmitter
        pushed = idp.push(f"{place.office.url}/signals", idp.mint(SESSION_REVOKED, email(ALICE)))
        return "" if pushed == Pushed(status=202, body="") else str(pushed)

    return send


OTHERS: dict[str, tuple[str, Open]] = {
    "card": ("bob", form("end", WHY)),
    "page": ("bob", page("end", WHY)),
    "/v1": ("bob", call("end", **WHY)),
    "terminal": ("bob", terminal("end", "--because", "Enough of it")),
    "command": ("bob", command),
    "administrator, page": ("dan", page("end", WHY)),
    "administrator, /v1": ("dan", call("end", **WHY)),
    "operator, of a person": ("bob", operator("--person", ALICE)),
    "operator, of an action": ("bob", operator("--entitlement", "merge")),
    "signal": ("bob", signal),
}
BY: Mapping[str, str] = {"operator": "an administrator (", "signal": f"a session of {ALICE} was revoked"}
OWN: dict[str, Open] = {
    "page": page("end", {}),
    "/v1": call("end"),
    "terminal": terminal("end"),
}


def used(agent: Agent, desks: Mapping[str, Desk]) -> str:
    """Three calls that Bob approved, of which the first is made."""
    asked = agent.asked()
    assert button("several")(Place(agent.office, desks["bob"]), asked)() == ""
    assert agent.uses(asked, account=f"A-{agent._calls}").status == 200
    return asked


def told(office: Running, asked: str) -> list[str]:
    """What Alice was told of such ends, in messages that name this one."""
    read = [words(each) for each in office.box.slack.messages("alice")]
    return [each for each in read if TOLD in each and asked in each]


@pytest.mark.parametrize("way", OTHERS)
def test_what_somebody_else_ends_after_its_first_call_is_told_in_a_message_of_its_own(
    agent: Agent, desks: Mapping[str, Desk], way: str
) -> None:
    who, opens = OTHERS[way]
    office, asked = agent.office, used(agent, desks)
    place = Place(office, desks[who], who, f"{who}@example.com")

    assert opens(place, asked)() == ""

    office.until(lambda: told(office, asked))
    office.settled()
    (said,) = told(office, asked)
    assert BY.get(way.partition(",")[0], f"{place.address} ended that") in said
    assert ("Enough of it" in said) == (way != "signal")


@pytest.mark.parametrize("way", OWN)
def test_what_she_ends_herself_is_told_her_in_no_message(
    agent: Agent, desks: Mapping[str, Desk], way: str
) -> None:
    office, asked = agent.office, used(agent, desks)

    assert OWN[way](Place(office, desks["alice"], "alice", ALICE), asked)() == ""

    office.settled()
    assert told(office, asked) == []
