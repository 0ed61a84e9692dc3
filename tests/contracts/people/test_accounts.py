"""What every `Accounts` promises."""

from datetime import UTC, datetime

import pytest

from approvals.people.principals import IdentityRules
from approvals.refusals.errors import NotFound, Refused, Unavailable
from tests.contracts.people.conftest import Workspace

RULES = IdentityRules(domains=("example.com",))


def test_an_account_that_is_not_there_is_not_found(workspace: Workspace) -> None:
    with pytest.raises(NotFound):
        workspace.accounts.account(workspace.nobody, timeout=5)


def test_a_service_that_does_not_answer_is_unavailable(workspace: Workspace) -> None:
    workspace.go_down()

    with pytest.raises(Unavailable):
        workspace.accounts.account(workspace.alice, timeout=5)


def test_a_guest_is_said_to_be_one(workspace: Workspace) -> None:
    assert workspace.accounts.account(workspace.gwen, timeout=5).guest


def test_a_member_is_described_as_of_now_under_the_reference_asked_for(workspace: Workspace) -> None:
    before = datetime.now(UTC)

    alice = workspace.accounts.account(workspace.alice, timeout=5)

    assert (alice.ref, alice.email, alice.how.read_at) == (workspace.alice, "alice@example.com", alice.read_at)
    assert not alice.guest
    assert before <= alice.read_at <= datetime.now(UTC)
    alice.require(RULES, purpose="decide", how=alice.how)


def test_an_account_that_its_channel_does_not_let_decide_is_refused(workspace: Workspace) -> None:
    gwen = workspace.accounts.account(workspace.gwen, timeout=5)

    with pytest.raises(Refused):
        gwen.require(RULES, purpose="decide", how=gwen.how)
