"""What an administrator reads of applications: all that people are bound by, and nothing that is secret."""

from datetime import timedelta
from typing import Any

import msgspec
import pytest

from approvals.policy.model import Action, Guardrail, Parameter, Requirement, Stage, Then
from approvals.policy.parties import Application, AuthZen, Brings, Issuer
from approvals.policy.reading.parse import parse
from approvals.policy.tools import CallWindow
from handlers.wording.applications import Known, applications
from handlers.wording.text.lines import Fact, plain
from tests.support.agents import DELETE
from tests.support.world import POLICY, policy

PAYMENTS = Application(
    id="payments",
    title="Payments",
    keys=({"kty": "OKP", "crv": "Ed25519", "kid": "p1", "x": "QUJD"}, {"kty": "OKP", "kid": "p2", "x": "REVG"}),
    brings=(Brings(issuer="okta", audience=("pay",), azp=("web", "phone")),),
    webhook="https://someone:hunter2@pay.example.com/hook?token=hunter3",
    webhook_secret="secret:projects/p/secrets/hook/versions/1",
)
RULES: tuple[tuple[Then, str], ...] = (
    ("allow", "params.amount <= 100"),
    ("require_approval", "params.amount > 1000"),
    ("refuse", 'subject.type == "guest"'),
    ("step_up", 'subject.acr != "phr"'),
)
REFUND = Action(
    id="refund",
    application="payments",
    title="Refund a customer",
    parameters=(
        Parameter(name="amount", label="Amount", type="money"),
        Parameter(name="card", label="Card", type="secret", required=False),
    ),
    requesters=("domain:example.com",),
    requirement=Requirement(
        kind="stages", stages=(Stage(approvers=("group:finance", "group:f@example.com"), sign="typed"),)
    ),
    guardrails=tuple(
        Guardrail(when=when, then=then, reason="Because.", acr=("phr", "phrh"), max_age=300)
        for then, when in RULES
    ),
    risk="Money leaves the company at once",
    pending=timedelta(minutes=30),
    use_by=timedelta(minutes=5),
    metadata={"cost centre": "4711"},
)


def known(application: Application = PAYMENTS, action: Action = REFUND) -> Known:
    okta = Issuer(id="okta", issuer="https://example.okta.com")
    (found,) = applications(
        msgspec.structs.replace(
            policy(),
            groups={"finance": ("user:bob@example.com", "user:carol@example.com")},
            issuers={"okta": okta},
            applications={application.id: application},
            actions={action.id: action},
        )
    )
    return found


def said(facts: tuple[Fact, ...]) -> dict[str, str]:
    return {fact.label: plain(fact.value) for fact in facts}


def test_nothing_secret_is_said() -> None:
    words = repr(known())

    assert "pay.example.com/hook" in words
    for secret in ("hunter2", "hunter3", "versions/1", "QUJD"):
        assert secret not in words


def test_an_application_is_said_by_its_keys_by_whom_it_speaks_for_and_by_whom_it_tells() -> None:
    assert said(known().facts) == {
        "Signs with": "2 keys: p1, p2",
        "Speaks for": "people whom okta (https://example.okta.com) vouches for in tokens for pay,"
        " by the client web or phone",
        "Webhook": "https://pay.example.com/hook?…, signed by the service's own key and a shared secret",
    }


def test_what_an_application_does_not_have_is_said_as_well() -> None:
    bare = known(Application(id="payments", title="Payments"))
    asserting = known(
        Application(id="payments", title="Payments", jwks_uri="https://pay.example.com/keys", may_assert=True)
    )

    assert said(bare.facts) == {"Signs with": "no key: nothing counts", "Speaks for": "nobody", "Webhook": "none"}
    assert said(asserting.facts) == {
        "Signs with": "the keys at https://pay.example.com/keys",
        "Speaks for": "people whom it names itself, and who confirm it themselves",
        "Webhook": "none",
    }


def test_an_action_is_said_with_its_approvers_its_groups_and_its_times() -> None:
    (action,) = known().actions

    assert said(action.facts) == {
        "How": "Sign and approve",
        "Approvers": "1 of finance or f@example.com, signed",
        "For": "anyone at example.com",
        "Risk": "Money leaves the company at once",
        "Time": "30 minutes to decide, then 5 minutes to use it once",
        "cost centre": "4711",
    }
    assert said(action.groups) == {"finance": "bob@example.com, carol@example.com"}
    assert list(map(plain, action.parameters)) == [
        "Amount (amount): money",
        "Card (card): a secret, of which only a salted digest is kept; it may be left out",
    ]


def test_guardrails_stand_in_the_order_in_which_they_win() -> None:
    (action,) = known().actions

    assert list(map(plain, action.guardrails)) == [
        'Refused where subject.type == "guest": Because.',
        'Needs a new sign-in of the level phr or phrh, at most 5 minutes old where subject.acr != "phr": Because.',
        "Needs the approval above where params.amount > 1000: Because.",
        "Allowed without anybody's approval where params.amount <= 100: Because.",
    ]


def test_an_application_that_may_ask_for_nothing_is_listed_all_the_same() -> None:
    assert known(action=msgspec.structs.replace(REFUND, application="others")).actions == ()


def test_of_the_service_itself_nothing_is_said_that_only_holds_of_other_applications() -> None:
    text = POLICY.replace("entitlements:", "change: {approvers: [bob@example.com], needed: 1}\nentitlements:", 1)
    (found,) = applications(parse(text, source="policy.yaml"))
    (action,) = found.actions

    assert said(found.facts) == {
        "Who asks": "this service, by itself: it has no key, and nobody else can ask as it"
    }
    facts = said(action.facts)
    assert facts["Approvers"] == "1 of bob@example.com"
    assert facts["For"] == "whoever wrote the file, and nobody knows who that is"
    assert ".invalid" not in repr(found)
    assert any("Every difference" in plain(line) for line in action.parameters)


def of_agent(**changes: Any) -> Known:
    runtime = Application(id="assistant", title="Coding assistant", agent=True, may_assert=True)
    return known(runtime, msgspec.structs.replace(DELETE, **changes))


def test_of_an_agent_it_is_said_which_tools_people_decide_about_and_what_is_bound() -> None:
    found = of_agent()
    (action,) = found.actions

    assert said(found.facts)["What it is"] == "a runtime of agents, which asks for calls of tools"
    assert said(action.facts)["Tools"] == "calls of delete_* of crm"
    assert [plain(line) for line in action.parameters] == [
        "Amount (amount): a number; it may be left out",
        "every other argument of the call, by its own name",
        "the server, the tool, and the digest of the tool's definition",
    ]
    assert action.unguarded == "None: it always needs its approvers."
    assert "Several at once" not in said(action.facts)


def test_no_other_argument_is_spoken_of_where_the_policy_names_none() -> None:
    (action,) = of_agent(parameters=()).actions

    assert plain(action.parameters[0]) == "every argument of the call, by its own name"


def test_of_an_agent_it_is_said_how_many_calls_may_be_approved_at_once() -> None:
    (action,) = of_agent(window=CallWindow(lasts=timedelta(minutes=30), uses=20)).actions

    assert said(action.facts)["Several at once"] == (
        "Whoever approves a call may approve 20 calls of the same tool with any arguments, for the same person, "
        "within 30 minutes."
    )


@pytest.mark.parametrize(
    ("kind", "how", "who", "unguarded"),
    [
        (
            "self",
            "Approve",
            "whoever the agent asks for, and nobody else",
            "None: it always needs that person's press.",
        ),
        ("allow", None, "nobody: the policy lets agents do this alone", "None: it is always allowed."),
    ],
)
def test_who_approves_what_no_others_are_asked_for(kind: Any, how: str | None, who: str, unguarded: str) -> None:
    (action,) = of_agent(requirement=Requirement(kind=kind), agents=True).actions
    facts = said(action.facts)

    assert (facts.get("How"), facts["Approvers"], action.unguarded) == (how, who, unguarded)


def test_by_which_names_enforcement_points_ask_is_said() -> None:
    names = AuthZen(action="pay_back", resource="order", id="order", context=("ticket",))
    (action,) = known(action=msgspec.structs.replace(REFUND, authzen=names)).actions

    assert said(action.facts)["AuthZEN"] == (
        "action pay_back on a resource of type order, whose id is the parameter order;"
        " of the context it binds ticket"
    )
