"""Who may look at which request: one table over its page, the history, the API, the client and `/jit`."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from approvals.policy.reading.parse import digest_of
from sandbox.iap.accounts import Account, google
from tests.support.callers import Caller
from tests.support.desk import Desk, offices
from tests.support.running import POLICY, Running
from tests.support.visits import Browser

ALICE, BOB, CAROL, DAN = (f"{name}@example.com" for name in ("alice", "bob", "carol", "dan"))
ADMINISTRATOR, AUDITOR, STRANGER, OPS = (f"{who}@example.com" for who in ("ada", "otto", "sid", "ops"))
ROBOT = "deployer@shop-prod.iam.gserviceaccount.com"
WHY = "INC-77 kestrel flies"
"""Words of the reason, which stand on no page that does not show the request."""

EVERYBODY = (ALICE, BOB, CAROL, DAN, ADMINISTRATOR, AUDITOR, STRANGER, ROBOT)
SEES = {ALICE, CAROL, DAN, ADMINISTRATOR, AUDITOR}
"""Alice asked, carol and dan approve. Bob did and is no approver any more; the robot is in a group of auditors."""


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    policy = POLICY.replace(
        "identity: {domains: [example.com]}",
        f"identity: {{domains: [example.com], service_accounts: {{{ROBOT}: {{owners: [{DAN}]}}}}}}\n"
        f"administrators: [{ADMINISTRATOR}]\n"
        f'auditors: ["group:{OPS}"]',
    ).replace(
        '{approvers: ["group:security"], needed: 1}',
        f"{{approvers: [{CAROL}, {DAN}, erin@example.com, {BOB}], needed: 2}}",
    )
    with offices(tmp_path_factory.mktemp("offices"), policy=policy) as office:
        office.box.google.set_group(OPS, [AUDITOR, ROBOT])
        yield office


@pytest.fixture(scope="module")
def asked(office: Running) -> str:
    """A request of alice's on which bob voted while he was an approver."""
    asked = office.ask("alice", "narrow", WHY)
    office.approve("bob", asked)
    text = office.policy_file.read_text()
    assert f", {BOB}]" in text
    office.policy_file.write_text(text.replace(f", {BOB}]", "]"))
    office.restart()
    assert office.service.policy.current().digest == digest_of(office.policy_file.read_text())
    return asked


def account(who: str) -> str | Account:
    return google(who, hd="") if who == ROBOT else who


@pytest.mark.parametrize("who", EVERYBODY)
def test_pages_and_calls_show_it_to_whom_they_should_and_to_nobody_else(
    office: Running, asked: str, who: str
) -> None:
    browser, caller = Browser(office, account(who)), Caller(office, account(who))
    searches = (
        "",
        f"?what={asked}",
        f"?what={asked[:6]}",
        f"?who={ALICE}",
        "?entitlement=narrow&state=pending",
    )

    shown = {
        "its page": browser.get(f"/request/{asked}").status == 200,
        "its words": WHY in browser.get(f"/request/{asked}").body,
        "a file": asked in browser.get("/export?form=jsonl").body,
        "a file by a call": asked in browser.get("/v1/export?form=csv").body,
        "a call": caller.get(f"/v1/requests/{asked}").status == 200,
        **{f"history{search}": asked in listed(browser.get(f"/history{search}").body) for search in searches},
        **{f"/v1/history{search}": asked in found(caller, search) for search in searches},
    }

    assert shown == dict.fromkeys(shown, who in SEES)


def test_who_may_only_look_decides_and_ends_nothing(office: Running, asked: str) -> None:
    shown = Caller(office, CAROL).shown(asked)
    for who in (ADMINISTRATOR, AUDITOR):
        caller = Caller(office, who)
        for verdict, more in (("approve", {}), ("deny", {"reason": "no"}), ("take_back", {})):
            said = caller.post(f"/v1/requests/{asked}/{verdict}", shown | more)
            assert (said.status, said.code) in {(403, "no_approver"), (409, "no_vote"), (403, "not_approver")}, (
                said
            )
        assert caller.post(f"/v1/requests/{asked}/withdraw").status == 403
        assert caller.get(f"/v1/requests/{asked}").json["you"]["can"] == []
    assert office.request(asked).state == "pending"
    assert [vote.person for vote in office.request(asked).reviews] == [BOB]


def test_slack_lists_to_nobody_what_is_not_their_own_business(office: Running, asked: str) -> None:
    """Administrators and auditors look on pages; a list in Slack is of what one has, or can do."""
    for who, command, shows in (
        ("alice", "mine", True),
        ("carol", "pending", True),
        ("bob", "mine", False),
        ("bob", "pending", False),
    ):
        outcome = office.box.slack.command(who, f"/jit {command}")
        assert (asked in outcome.body) is shows, (who, command)


def test_the_client_searches_by_what_the_history_is_searched_by(
    office: Running, asked: str, tmp_path: Path
) -> None:
    auditor, stranger = (Desk(office, tmp_path / name, name) for name in ("otto", "sid"))
    for desk in (auditor, stranger):
        assert desk.login("--no-keyring").exit_code == 0
    search = ("--who", ALICE, "--entitlement", "narrow", "--what", asked, "--state", "pending")

    assert "Nothing that you may see fits." in stranger.run("history").stdout
    assert [one["id"] for one in auditor.json("history", *search)] == [asked]
    assert auditor.json("history", *search, "--until", "2020-01-01") == []
    Caller(office, DAN).ask("logs")
    assert len(auditor.json("history", "--most", "1")) == 1
    assert "--most" in auditor.run("history", "--most", "1").stderr
    assert auditor.run("history", "--state", "sideways").exit_code == 1
    assert auditor.run("history", "--since", "yesterday").exit_code == 2


def listed(body: str) -> str:
    """The list of the page, without the form that says again what was looked for."""
    return body.partition('<h2 id="found">')[2]


def found(caller: Caller, search: str) -> list[str]:
    said = caller.get(f"/v1/history{search}")
    assert said.status == 200, said
    return [one["id"] for one in said.json["items"]]
