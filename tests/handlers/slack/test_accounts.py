"""What Slack says of an account, how long it serves, and how often it is asked."""

import threading
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any

import pytest

from approvals.people.principals import EVIDENCE_AGE
from approvals.refusals.errors import NotFound, Refused, Unavailable
from handlers.deadline import LEAST
from handlers.slack import accounts
from handlers.slack.accounts import FRESH, ROOM, SlackAccounts
from handlers.slack.client import RateLimited
from handlers.slack.identity import SlackAccount
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
        bed.accounts.entrance("slack").identify(account, purpose="decide", now=account.read_at)
    assert refused.value.code == "address"


def test_an_answer_serves_for_less_than_a_minute(bed: Bed) -> None:
    bed.people.account(ALICE, timeout=5)
    bed.box.slack.change_person("alice", deleted=True)

    assert bed.people.account(ALICE, timeout=5).active
    bed.clock.ahead += FRESH.total_seconds() + 1
    assert not bed.people.account(ALICE, timeout=5).active
    assert (EVIDENCE_AGE - FRESH).total_seconds() > 5


def test_only_a_deactivated_account_has_left(bed: Bed) -> None:
    assert not bed.people.account(ALICE, timeout=5).left
    against: list[dict[str, Any]] = [{"is_restricted": True}, {"email_confirmed": False}, {"team_id": "T0OTHER"}]
    for number, changes in enumerate(against):
        bed.box.slack.change_person("alice", **changes)
        bed.clock.ahead += 60 * (number + 1)
        assert not bed.people.account(ALICE, timeout=5).left

    bed.box.slack.change_person("alice", team_id="", deleted=True)
    bed.clock.ahead += 600
    assert bed.people.account(ALICE, timeout=5).left


def test_threads_that_ask_for_one_person_share_a_call(bed: Bed) -> None:
    bed.box.slack.faults.add("users.info", "delay", seconds=0.3)

    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(lambda _: bed.people.account(ALICE, timeout=5), range(8)))

    assert len({account.read_at for account in found}) == 1
    assert bed.box.slack.faults.calls["users.info"] == 1


@contextmanager
def short_of_time(bed: Bed) -> Iterator[Future[SlackAccount]]:
    """Somebody asks for alice with a second left, and Slack takes longer than that."""
    bed.box.slack.faults.add("users.info", "delay", seconds=2)
    with ThreadPoolExecutor(1) as pool:
        hasty = pool.submit(bed.people.account, ALICE, timeout=1.0)
        bed.box.slack.wait(lambda: bed.box.slack.faults.calls.get("users.info"))
        yield hasty


def test_who_shares_a_call_does_not_share_its_makers_haste(bed: Bed) -> None:
    with short_of_time(bed) as hasty:
        assert bed.people.account(ALICE, timeout=30).active
        with pytest.raises(Unavailable):
            hasty.result()

    assert bed.box.slack.faults.calls["users.info"] == 2


def test_many_who_shared_a_call_that_failed_share_the_next_one(bed: Bed) -> None:
    with short_of_time(bed), ThreadPoolExecutor(8) as pool:
        found = list(pool.map(lambda _: bed.people.account(ALICE, timeout=30), range(8)))

    assert len({account.read_at for account in found}) == 1
    assert bed.box.slack.faults.calls["users.info"] == 2


def times_given(
    bed: Bed, monkeypatch: pytest.MonkeyPatch, error: Exception, *, seconds: float = 5.0
) -> list[float]:
    """Three ask for alice, and every call fails once all who can share it do: how long each call might take."""
    joined, wait, given = threading.Semaphore(0), accounts._wait, list[float]()

    def fails(_: str, *, timeout: float, **__: str) -> None:
        given.append(timeout)
        for _sharer in range(3 - len(given)):
            joined.acquire(timeout=60)
        raise error

    def joins(call: Future[SlackAccount], timeout: float) -> SlackAccount:
        joined.release()
        return wait(call, timeout)

    monkeypatch.setattr(bed.api, "form", fails)
    monkeypatch.setattr(accounts, "_wait", joins)
    with ThreadPoolExecutor(3) as pool:
        asked = [pool.submit(bed.people.account, ALICE, timeout=seconds) for _ in range(3)]
    assert all(isinstance(each.exception(), Unavailable) for each in asked)
    return given


def test_who_shared_a_call_that_failed_asks_once_more_in_what_time_is_left(
    bed: Bed, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second = times_given(bed, monkeypatch, Unavailable("HTTP 500"))

    assert second < first == 5.0


@pytest.mark.parametrize(
    ("error", "seconds"), [(RateLimited("users.info", 1), 5.0), (Unavailable("HTTP 500"), LEAST / 2)], ids=repr
)
def test_nobody_asks_again_whom_slack_told_to_wait_or_who_has_no_time_left(
    bed: Bed, monkeypatch: pytest.MonkeyPatch, error: Exception, seconds: float
) -> None:
    assert len(times_given(bed, monkeypatch, error, seconds=seconds)) == 1


def test_a_failed_call_is_forgotten(bed: Bed) -> None:
    bed.box.slack.faults.add("users.info", "error")
    with pytest.raises(Unavailable):
        bed.people.account(ALICE, timeout=5)

    assert bed.people.account(ALICE, timeout=5).active


def test_what_is_remembered_has_bounds(bed: Bed) -> None:
    people = SlackAccounts(bed.api, bed.workspace, clock=bed.clock)
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
