"""What Slack says of an account, how long it serves, and how often it is asked."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from approvals.errors import NotFound, Refused, Unavailable
from approvals.principals import EVIDENCE_AGE, authenticate
from handlers.slack.people import FRESH, ROOM, People
from handlers.slack.workspace import Workspace, WrongInstallation
from tests.handlers.slack.bed import Bed

ALICE = "slack:T0SANDBOX1/U0ALICE"


@pytest.mark.parametrize(
    "ref", ["mail:alice@example.com", "slack:", "slack:T0SANDBOX1", "slack:T0SANDBOX1/U0NOBODY"]
)
def test_a_reference_to_nobody_is_not_found(bed: Bed, ref: str) -> None:
    with pytest.raises(NotFound):
        bed.people.account(ref, timeout=5)


@pytest.mark.parametrize("kind", ["error", "ratelimit", "drop"])
def test_no_answer_is_no_account(bed: Bed, kind: str) -> None:
    bed.box.slack.faults.add("users.info", kind)  # type: ignore[arg-type]

    with pytest.raises(Unavailable):
        bed.people.account(ALICE, timeout=5)


def test_an_account_asked_for_under_another_team_has_none(bed: Bed) -> None:
    assert bed.people.account("slack:T0OTHER/U0ALICE", timeout=5).team == ""


def test_slackbot_counts_as_a_bot(bed: Bed) -> None:
    bed.box.slack.state.people["USLACKBOT"] = bed.box.slack.change_person("dan", id="USLACKBOT")

    assert bed.people.account("slack:T0SANDBOX1/USLACKBOT", timeout=5).bot


def test_someone_who_uses_the_app_is_no_bot(bed: Bed) -> None:
    bed.box.slack.change_person("alice", is_app_user=True, email="Alice@Example.com")

    account = bed.people.account(ALICE, timeout=5)

    assert not account.bot
    assert account.email == "alice@example.com"


def test_an_address_with_a_letter_that_becomes_another_one_in_lower_case_is_nobodys(bed: Bed) -> None:
    bed.box.slack.change_person("alice", email="\u212aate@example.com")
    account = bed.people.account(ALICE, timeout=5)

    with pytest.raises(Refused) as refused:
        authenticate(account, bed.policy.identity, own_team=account.team, purpose="decide", now=account.read_at)
    assert refused.value.code == "address"


def test_an_answer_serves_for_less_than_a_minute(bed: Bed) -> None:
    bed.people.account(ALICE, timeout=5)
    bed.box.slack.change_person("alice", deleted=True)

    assert bed.people.account(ALICE, timeout=5).active
    bed.clock.ahead += FRESH.total_seconds() + 1
    assert not bed.people.account(ALICE, timeout=5).active
    assert (EVIDENCE_AGE - FRESH).total_seconds() > 5


def test_threads_that_ask_for_one_person_share_a_call(bed: Bed) -> None:
    bed.box.slack.faults.add("users.info", "delay", seconds=0.3)

    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(lambda _: bed.people.account(ALICE, timeout=5), range(8)))

    assert len({account.read_at for account in found}) == 1
    assert bed.box.slack.faults.calls["users.info"] == 1


def test_a_failed_call_is_forgotten(bed: Bed) -> None:
    bed.box.slack.faults.add("users.info", "error")
    with pytest.raises(Unavailable):
        bed.people.account(ALICE, timeout=5)

    assert bed.people.account(ALICE, timeout=5).active


def test_what_is_remembered_has_bounds(bed: Bed) -> None:
    people = People(bed.api, clock=bed.clock)
    alice = people.account(ALICE, timeout=5)
    people._known = {f"slack:T/U{number}": alice for number in range(ROOM)}

    people.account(ALICE, timeout=5)

    assert len(people._known) == ROOM


def test_an_organisation_wide_installation_is_refused_by_name(bed: Bed, monkeypatch: pytest.MonkeyPatch) -> None:
    test = bed.box.slack.methods._auth_test
    monkeypatch.setitem(
        bed.box.slack.methods.by_name, "auth.test", lambda args: test(args) | {"is_enterprise_install": True}
    )

    with pytest.raises(WrongInstallation, match="Enterprise Grid"):
        Workspace(bed.api).home()


def test_the_token_of_a_person_is_refused(bed: Bed, monkeypatch: pytest.MonkeyPatch) -> None:
    test = bed.box.slack.methods._auth_test
    without = lambda args: {name: value for name, value in test(args).items() if name != "bot_id"}  # noqa: E731
    monkeypatch.setitem(bed.box.slack.methods.by_name, "auth.test", without)

    with pytest.raises(WrongInstallation, match="no bot token"):
        Workspace(bed.api).home()


def test_a_token_that_does_not_work_is_named(bed: Bed) -> None:
    bed.box.slack.faults.add("auth.test", "refuse", code="invalid_auth")

    with pytest.raises(WrongInstallation, match="SLACK_BOT_TOKEN does not work: invalid_auth"):
        Workspace(bed.api).home()


def test_the_workspace_is_asked_once(bed: Bed) -> None:
    workspace = Workspace(bed.api)

    assert {workspace.home().team for _ in range(3)} == {"T0SANDBOX1"}
    assert bed.box.slack.faults.calls["auth.test"] == 1
