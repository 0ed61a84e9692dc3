"""Programs that call in their own name: a service account asks, is shown as what it is, and never decides."""

from collections.abc import Iterator

import pytest

from sandbox.iap.accounts import google
from tests.handlers.api.conftest import ALICE, BOB
from tests.support.callers import Caller
from tests.support.running import POLICY, Running, running
from tests.support.visits import Browser, link

ASK = "/v1/requests"
ROBOT = "deployer@shop-prod.iam.gserviceaccount.com"
STRANGER = "other@shop-prod.iam.gserviceaccount.com"
OPS = "ops@example.com"
OWNED = f"identity: {{domains: [example.com], service_accounts: {{{ROBOT}: {{owners: [{BOB}]}}}}}}"


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    policy = POLICY.replace("identity: {domains: [example.com]}", OWNED)
    policy = policy.replace('requesters: ["domain:example.com"]', f'requesters: ["domain:example.com", "{ROBOT}"]')
    # Somebody has put it into a group that approves.
    policy = policy.replace('approvers: ["group:sre", ', f'approvers: ["group:{OPS}", "group:sre", ', 1)
    with running(tmp_path_factory.mktemp("office"), policy=policy, iap_port=0) as office:
        office.box.google.set_group(OPS, [ROBOT])
        yield office


@pytest.fixture
def robot(office: Running) -> Caller:
    return Caller(office, google(ROBOT, hd=""))


def test_one_that_the_policy_does_not_name_sees_nothing(office: Running) -> None:
    stranger = Caller(office, google(STRANGER, hd=""))

    for said in (stranger.get("/v1/me"), stranger.get(ASK), stranger.post(ASK, {"entitlement": "admin"})):
        assert (said.status, said.code) == (403, "service_account")


@pytest.mark.parametrize("verdict", ["approve", "deny", "take_back"])
def test_none_votes_whatever_it_sees(office: Running, robot: Caller, verdict: str) -> None:
    own = robot.ask()
    others = Caller(office, ALICE).ask()
    shown = Caller(office, BOB).shown(others) | ({"reason": "no"} if verdict == "deny" else {})

    assert robot.decide(own, verdict, **({"reason": "no"} if verdict == "deny" else {})).code == (
        "service_account.decide"
    )
    assert robot.post(f"{ASK}/{others}/{verdict}", shown).status == 404
    assert office.request(own).reviews == office.request(others).reviews == ()


def test_one_in_a_group_that_approves_sees_nothing_and_ends_nothing(office: Running, robot: Caller) -> None:
    asked, bob = Caller(office, ALICE).ask(), Caller(office, BOB)
    browser = Browser(office, google(ROBOT, hd=""))
    waits = robot.get(f"{ASK}/{asked}")
    assert bob.decide(asked).json["state"] == "approved"
    office.granted(asked)

    assert [each.status for each in (waits, robot.get(f"{ASK}/{asked}"))] == [404, 404]
    assert robot.post(f"{ASK}/{asked}/end", {"reason": "no longer needed"}).status == 404
    assert browser.get(f"/request/{asked}").status == 404
    assert asked not in browser.get("/history").body + browser.get("/").body
    assert office.grant(asked) == "active"
    assert bob.post(f"{ASK}/{asked}/end", {"reason": "no longer needed"}).json["access"] == "revoked"


def test_none_gets_by_itself_what_people_approve_by_themselves(office: Running, robot: Caller) -> None:
    said = robot.post(ASK, {"entitlement": "logs", "justification": "nightly job"})

    assert (said.status, said.code) == (403, "requester.service_account")


def test_its_owner_sees_what_it_asks_for_and_decides_nothing(office: Running, robot: Caller) -> None:
    request_id, owner = robot.ask(), Caller(office, BOB)

    seen = owner.get(f"{ASK}/{request_id}").json
    assert seen["you"]["can"] == []
    assert {each["code"] for each in seen["you"]["cannot"]} == {"owner"}
    assert request_id not in str(owner.get(f"{ASK}?list=waiting").json)
    for verdict, typed in (("approve", {}), ("deny", {"reason": "no"})):
        assert owner.decide(request_id, verdict, **typed).code == "owner"
    page = Browser(office, BOB).get(link(office, request_id))
    assert "You own the service account" in page.words
    assert office.request(request_id).reviews == ()


def test_it_is_told_apart_wherever_it_is_shown_and_gets_what_is_approved(office: Running, robot: Caller) -> None:
    request_id, carol = robot.ask(), Caller(office, "carol@example.com")
    said = f"a service account of {BOB}"

    assert robot.get("/v1/me").json["kind"] == "service_account"
    shown = carol.get(f"{ASK}/{request_id}").json
    assert shown["requester"] == {"principal": ROBOT, "kind": "service_account"}
    assert said in shown["card"]["facts"][0]["text"]
    assert said in Browser(office, "carol@example.com").get(link(office, request_id)).words
    assert office.sees(said, request_id)

    assert carol.decide(request_id).json["state"] == "approved"
    assert [each["members"] for each in office.granted(request_id)] == [[f"serviceAccount:{ROBOT}"]]
    assert robot.get(f"{ASK}?list=active").json["items"][0]["id"] == request_id
    assert robot.post(f"{ASK}/{request_id}/end").json["access"] == "ended"
    office.gone(request_id)
