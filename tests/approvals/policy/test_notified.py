"""How many people a rule tells: each once, whom nobody can name said apart, and who is quiet left in peace."""

import pytest

from approvals.backends.google_look import GoogleLook
from approvals.policy.live import members_of
from approvals.policy.notified import notified
from sandbox.google import Fault, Google
from tests.approvals.policy import actions
from tests.approvals.policy.files import policy
from tests.support.googles import google, google_stage, google_url

__all__ = ["google", "google_stage", "google_url"]

REST = "leads@example.com, whose people are not known here"
UNKNOWN = f"led: no people would be told, besides {REST}"
STAGES = '{approvers: ["group:leads@example.com"], needed: 2}'


def said(*replacements: tuple[str, str]) -> list[str]:
    return [str(each) for each in notified(policy(*replacements))]


def test_each_stage_is_counted_and_who_is_not_known_is_no_number() -> None:
    assert said() == [
        "admin, stage 1 of 2: 3 people would be told",
        "admin, stage 2 of 2: 1 person would be told",
        "logs: no people would be told",
        UNKNOWN,
    ]


@pytest.mark.parametrize(
    ("approvers", "expected"),
    [
        ('["group:sre", alice@example.com, a.smith@example.com]', "3 people would be told"),
        ('["group:empty", carol@example.com, bob@example.com]', "2 people would be told"),
        (
            '["domain:example.com", "group:directory", alice@example.com]',
            f"1 person would be told, besides anyone at example.com or {REST}",
        ),
    ],
)
def test_somebody_who_is_named_twice_is_one(approvers: str, expected: str) -> None:
    assert said((STAGES, f"{{approvers: {approvers}}}"))[-1] == f"led: {expected}"


def test_who_is_quiet_is_not_told_but_of_an_emergency() -> None:
    quiet = ("title: Led\n", "title: Led\n    quiet: [bob@example.com]\n")
    asked = ('["group:leads@example.com"], needed: 2', '["group:sre"]')
    glass = """\
    approval: break_glass
    quiet: [bob@example.com]
    break_glass: {max: 30m, review: {by: ["group:sre"], within: 1d}}
"""

    assert said(quiet, asked)[-1] == "led: 2 people would be told"
    assert said(("    approval: self\n", glass))[2] == "logs: 3 people would be told"


def test_of_actions_the_same_is_said() -> None:
    assert [str(each) for each in notified(actions.policy())] == ["refund: 2 people would be told"]


@pytest.fixture
def cloud(google: Google, google_url: str) -> GoogleLook:
    google.set_group("inner@example.com", ["bob@example.com", "dan@example.com"])
    strangers = ["eve@elsewhere.example", "a.smith@example.com"]
    google.set_group("leads@example.com", ["alice@example.com", "inner@example.com", *strangers])
    return GoogleLook(base_url=google_url)


def test_google_is_asked_who_is_in_a_group_and_strangers_are_nobody(cloud: GoogleLook, google: Google) -> None:
    both = policy(('approvers: ["group:security"]', 'approvers: ["group:leads@example.com", carol@example.com]'))
    counted = [str(each) for each in notified(both, members=members_of(cloud))]

    assert counted[1] == "admin, stage 2 of 2: 4 people would be told"
    assert counted[-1] == "led: 3 people would be told"
    assert len(google.calls("searchTransitiveMemberships")) == 1


@pytest.mark.parametrize("trouble", ["missing", "silent"])
def test_a_group_that_google_does_not_tell_of_is_not_known(
    cloud: GoogleLook, google: Google, trouble: str
) -> None:
    if trouble == "missing":
        google.remove_group("leads@example.com")
    else:
        google.faults.set(Fault(method="lookup", times=9, status=503))

    assert [str(each) for each in notified(policy(), members=members_of(cloud))][-1] == UNKNOWN
