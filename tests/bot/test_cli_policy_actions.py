"""`countersign policy explain` of an action: what the gate would say, in one line, and what is named wrongly."""

from pathlib import Path

import pytest

from tests.approvals.policy.actions import FILE, changed
from tests.bot.commands import run

CALL = ("--parameter", "amount=250.00 EUR", "--parameter", "order=A-17", "--signed-in", "5m")
SMALL = ("--parameter", "amount=50 EUR", *CALL[2:])
ASKED = "As it is asked here, for alice@example.com: "

OLD = 'now - subject.auth_time > duration("15m")'


@pytest.fixture
def policy(tmp_path: Path) -> Path:
    file = tmp_path / "policy.yaml"
    file.write_text(FILE)
    return file


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (CALL, "it needs the approval above."),
        (SMALL, "a guardrail allows it, and nobody is asked."),
        (
            (*SMALL, "--claim", "type=contractor"),
            "refused. The policy does not let this be done, whoever approves it: Only employees refund",
        ),
        (
            (*SMALL[:4], "--signed-in", "20m"),
            "refused. The policy wants a newer or stronger sign-in for this at the level phr",
        ),
        (
            (*SMALL, "--claim", "type=guest", "--claim", "type=employee"),
            "refused. The policy has a rule for this that cannot be answered",
        ),
    ],
    ids=["needs approval", "allowed", "refused", "step up", "unknown"],
)
def test_the_last_line_is_what_the_gate_would_say(policy: Path, options: tuple[str, ...], said: str) -> None:
    done = run("policy", "explain", "refund", "--requester", "alice@example.com", *options, policy)

    assert done.exit_code == 0
    assert done.stdout.splitlines()[-1].startswith(ASKED + said)


def test_all_that_the_policy_says_of_the_action_stands_above(policy: Path) -> None:
    done = run("policy", "explain", "refund", "--requester", "alice@example.com", *CALL, policy)

    assert done.stdout.splitlines()[:-1] == [
        "Refund a customer (refund)",
        "Payments (payments) asks for it. 30 minutes to decide, then 10 minutes to use it, once.",
        "With Amount (amount): money.",
        "With Order (order): a text.",
        "With Card (card): a secret, of which only a salted digest is kept; it may be left out.",
        "For whom: anyone at example.com.",
        "Approval, stage 1 of 1: 1 of finance, signed. Who can: bob@example.com, carol@example.com.",
        'Refused where subject.type in ["guest", "contractor"]: Only employees refund.',
        f"Needs a new sign-in of the level phr, at most 5 minutes old where {OLD}.",
        'Allowed without anybody\'s approval where params.amount <= 100 && params.amount_currency == "EUR".',
    ]


def test_whoever_is_not_among_those_it_may_be_asked_for_is_told(policy: Path) -> None:
    policy.write_text(changed(('requesters: ["domain:example.com"]', "requesters: [dan@example.com]")))
    done = run("policy", "explain", "refund", "--requester", "alice@example.com", *SMALL, policy)

    assert "alice@example.com is not among the people who may ask" in done.stdout.splitlines()[-1]


@pytest.mark.parametrize(
    ("options", "said"), [(CALL, "it needs the approval above."), (SMALL, "a guardrail allows it")]
)
def test_what_hangs_on_a_directory_group_is_said_so(policy: Path, options: tuple[str, ...], said: str) -> None:
    policy.write_text(changed(('requesters: ["domain:example.com"]', 'requesters: ["group:shop@example.com"]')))
    done = run("policy", "explain", "refund", "--requester", "alice@example.com", *options, policy)

    last = done.stdout.splitlines()[-1]
    assert "only for a member of group:shop@example.com; this command does not look into directory groups" in last
    assert f"For one: {said}" in last


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ((), "refund needs --parameter amount='12.50 EUR'"),
        (("--parameter", "amount=5"), "--parameter amount: Its currency must be"),
        (("--parameter", "total=5"), "--parameter total: refund has the parameters amount, order, card"),
        (("--parameter", "amount"), "--parameter is NAME=VALUE, and not 'amount'"),
        ((*CALL[:4], "--claim", "type"), "--claim is NAME=VALUE"),
        ((*CALL[:4], "--signed-in", "long ago"), "--signed-in: “long ago” is no duration"),
    ],
)
def test_what_is_named_wrongly_is_unusable(policy: Path, options: tuple[str, ...], said: str) -> None:
    done = run("policy", "explain", "refund", "--requester", "alice@example.com", *options, policy)

    assert done.exit_code == 2
    assert said in done.stderr


def test_an_action_that_may_have_been_meant_is_named(policy: Path) -> None:
    done = run("policy", "explain", "refunt", "--requester", "alice@example.com", *CALL, policy)

    assert done.exit_code == 1
    assert "did you mean refund?" in done.stderr


def test_lint_counts_actions(policy: Path) -> None:
    assert run("policy", "lint", policy).stderr == "2 warnings; entitlements read: 0, actions: 1\n"
