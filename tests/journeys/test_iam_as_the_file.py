"""What the older tables hold of the file's entitlements holds of IAM's: one office, one row for each way in."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from approvals import absences
from tests.journeys import test_extending as extending
from tests.journeys import test_offers as offers
from tests.journeys.test_entitlements_of_iam import SOURCE, offered
from tests.support.callers import Caller
from tests.support.desk import Desk
from tests.support.eligible import ADMIN, JIT, VIEWER, mark
from tests.support.running import POLICY, PROD, Running, running
from tests.support.visits import Browser

WORLD = Path(__file__).parent / "world.yaml"
ALICE, BOB, CAROL, DAN = (f"{name}@example.com" for name in ("alice", "bob", "carol", "dan"))
REASON = "Dan has left the team"
FENCES = (
    f"version: 1\ndelegates: [{CAROL}]\nadministrators: [{CAROL}]\n"
    f"guardrails: {{deny: [{{who: [{DAN}], what: ['{PROD}'], reason: {REASON}}}]}}\n"
)
# They hold the binding as Bob does: what they are, not who they are, keeps them out.
UNTRUE = {"mark": "Guests cannot", "dora": "deactivated", "robo": "Bots and apps cannot"}
WAYS = ("card", "page", "call", "terminal")


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    policy = POLICY.replace("version: 1\n", FENCES, 1) + SOURCE
    with running(tmp_path_factory.mktemp("office"), policy=policy, iap_port=0, world_file=WORLD) as made:
        peers = [f"user:{who}@example.com" for who in ("alice", "bob", "dan", *UNTRUE)]
        mark(made.box.google, ADMIN, *peers, on=PROD)
        mark(made.box.google, VIEWER, f"user:{ALICE}", f"user:{DAN}", by=JIT, on=PROD)
        made.until(lambda: offered(made, "alice", "iam."))
        yield made


@pytest.fixture(scope="module")
def desks(office: Running, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Desk]:
    """Terminals whose people have signed in."""
    made = {who: Desk(office, tmp_path_factory.mktemp(who), who) for who in ("alice", "bob", "dan")}
    assert all(desk.login("--no-keyring").exit_code == 0 for desk in made.values())
    return made


@pytest.fixture
def asked(office: Running) -> Iterator[str]:
    """A request of Alice's for what Bob has to approve; whatever became of it is over afterwards."""
    yield office.ask("alice", "compute.admin on shop-prod")
    alice = Caller(office, ALICE)
    for each in office.service.store.open_of(ALICE):
        alice.post(f"/v1/requests/{each.id}/{'withdraw' if each.state == 'pending' else 'end'}")
    office.settled()


@pytest.fixture
def granted(office: Running, asked: str) -> str:
    office.approve("bob", asked)
    office.granted(asked)
    return asked


@pytest.mark.parametrize("way", extending.WAYS)
def test_it_is_extended_by_each_way_and_refused_by_each_for_the_same_reason(
    office: Running, granted: str, way: str
) -> None:
    assert "for at most" in extending.WAYS[way](office, "alice", granted, "5h", extending.WHY)
    assert extending.extensions(office, granted) == []
    extending.WAYS[way](office, "alice", granted, "30m", extending.WHY)
    (later,) = extending.extensions(office, granted)
    assert "your own request" in office.refused("alice", "approve", later)
    office.approve("bob", later)
    office.granted(later)

    assert len(office.bindings(later)) == 1


@pytest.mark.parametrize("way", WAYS)
def test_less_is_offered_by_a_peer_and_accepted_by_each_way(
    office: Running, desks: dict[str, Desk], asked: str, way: str
) -> None:
    offer, accept = offers.WAYS[way]
    assert "never more than what was asked" in offer(office, desks, asked, "2h")
    offer(office, desks, asked, "30m")
    office.settled()
    accept(office, desks, asked)
    office.sees(f"{ALICE} accepted what {BOB} offered", asked)
    office.approve("bob", asked)
    office.granted(asked)

    window = office.request(asked).grants[0].window
    assert window.end - window.start == timedelta(minutes=30)


@pytest.mark.parametrize("who", UNTRUE)
def test_who_holds_the_binding_by_an_account_that_may_not_decide_decides_nothing(
    office: Running, asked: str, who: str
) -> None:
    for button in ("approve", "deny"):
        assert UNTRUE[who] in office.refused(who, button, asked)
    assert (office.request(asked).state, office.request(asked).reviews) == ("pending", ())


def by_card(office: Running, _: dict[str, Desk], name: str) -> str:
    return office.box.slack.command("dan", f"/jit request {name} for 1h because INC-1").body


def by_page(office: Running, _: dict[str, Desk], name: str) -> str:
    browser = Browser(office, DAN)
    return browser.press(browser.get(f"/ask/{name}"), "ask", duration="1h", justification="INC-1").words


def by_call(office: Running, _: dict[str, Desk], name: str) -> str:
    said = Caller(office, DAN).post(
        "/v1/requests", {"entitlement": name, "duration": "1h", "justification": "INC-1"}
    )
    return str(said.json)


def by_terminal(_: Running, desks: dict[str, Desk], name: str) -> str:
    return desks["dan"].run("request", name, "--because", "INC-1").stderr


@pytest.mark.parametrize("way", [by_card, by_page, by_call, by_terminal])
def test_a_guardrail_of_the_file_denies_what_iam_offers_by_each_way(
    office: Running, desks: dict[str, Desk], way: object
) -> None:
    (name,) = offered(office, "alice", "iam. run.viewer")
    assert callable(way)
    assert REASON in way(office, desks, name)
    assert office.service.store.open_of(DAN) == []


def end_by_card(office: Running, _: dict[str, Desk], request: str) -> None:
    assert office.press("alice", "end", request).ok


def end_by_page(office: Running, _: dict[str, Desk], request: str) -> None:
    carol = Browser(office, CAROL)
    carol.press(carol.get(f"/request/{request}"), "end", reason="a leak")


def end_by_call(office: Running, _: dict[str, Desk], request: str) -> None:
    assert Caller(office, BOB).post(f"/v1/requests/{request}/end", {"reason": "a leak"}).status == 200


def end_by_terminal(_: Running, desks: dict[str, Desk], request: str) -> None:
    assert desks["alice"].run("end", request, "--yes").exit_code == 0


@pytest.mark.parametrize("way", [end_by_card, end_by_page, end_by_call, end_by_terminal])
def test_it_is_ended_by_its_holder_a_peer_or_an_administrator_by_each_way(
    office: Running, desks: dict[str, Desk], granted: str, way: object
) -> None:
    assert callable(way)
    way(office, desks, granted)
    office.gone(granted)

    assert office.request(granted).grants[0].state in ("ended", "revoked")


def test_who_stands_in_for_a_peer_approves_and_the_requester_never(office: Running, asked: str) -> None:
    assert "not an approver" in office.refused("carol", "approve", asked)
    left = Caller(office, BOB).post("/v1/absence", {"until": "3 days", "delegate": CAROL}, method="PUT")
    assert left.status == 200
    try:
        assert "your own request" in office.refused("alice", "approve", asked)
        office.approve("carol", asked)
        office.granted(asked)
    finally:
        absences.back(office.service.store, BOB, by=BOB, now=office.clock())


def test_a_command_runs_with_it_and_nothing_stays_and_what_is_denied_runs_nothing(
    office: Running, desks: dict[str, Desk], tmp_path: Path
) -> None:
    (name,) = offered(office, "alice", "iam. run.viewer")
    refused = desks["dan"].run("run", name, "--because", "INC-1", "--", "touch", str(tmp_path / "dans"))
    assert (refused.exit_code, (tmp_path / "dans").exists()) == (1, False)
    assert REASON in refused.stderr
    done = desks["alice"].run("run", name, "--because", "INC-1", "--", "sh", "-c", f"touch {tmp_path}/ran; exit 7")
    assert (done.exit_code, (tmp_path / "ran").exists()) == (7, True), done.output

    (held,) = office.service.store.open_of(ALICE) or (None,)
    assert held is None or held.grants[0].state in ("ended", "revoked")
