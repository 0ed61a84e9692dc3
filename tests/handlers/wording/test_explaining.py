"""What `why` and `countersign policy explain` say of an entitlement."""

from approvals.people.memberships import NOTHING_KNOWN, Memberships
from approvals.policy.explain import explain
from approvals.policy.model import Policy, Requirement, Stage
from approvals.policy.words import requirement_in_words
from handlers.wording.explaining import explained
from tests.approvals.policy.files import policy
from tests.support.builders import NOW
from tests.support.refunds import with_actions
from tests.support.world import APPROVERS


def said(
    found: Policy, entitlement: str, requester: str = "bob@example.com", known: Memberships | None = NOTHING_KNOWN
) -> tuple[str, ...]:
    return explained(explain(found, entitlement, requester=requester, memberships=known, begins=NOW))


def lines(entitlement: str, requester: str = "bob@example.com") -> str:
    return "\n".join(said(policy(), entitlement, requester))


def test_an_entitlement_that_does_not_exist_is_said_so() -> None:
    assert lines("nothing") == "There is no such entitlement."


def test_an_action_is_said_to_be_its_applications() -> None:
    found = said(with_actions(), "refund", "alice@example.com")

    assert found == (
        "Refund a payment (refund)",
        "The application shop asks for it, on behalf of anyone at example.com: nobody asks for it here.",
        "Risk: Money leaves the account",
        "It can be used once, within 10 minutes of the decision.",
        f"Approval, stage 1 of 1: 1 of {APPROVERS}. Who can: members of {APPROVERS}.",
    )


def test_somebody_who_may_not_ask_is_told() -> None:
    assert "carol@example.com is not among the people who may ask" in lines("admin", "carol@example.com")


def test_somebody_who_cannot_be_checked_is_told() -> None:
    assert "cannot be checked right now" in lines("led")


def test_where_no_directory_is_asked_that_is_said_and_not_that_it_failed() -> None:
    found = said(policy(), "led", known=None)
    assert (
        "bob@example.com may ask if a member of group:leads@example.com; this command does not look into"
        " directory groups."
    ) in "\n".join(found)


def test_a_quorum_that_cannot_be_reached_is_told() -> None:
    alone = policy(("[carol@example.com]", "[bob@example.com]"))
    found = said(alone, "admin")
    assert found[-1] == (
        "Not enough other people can approve this: it needs 1 of security, signed (stage 2 of 2)."
        " Whoever writes the policy can name more; where IAM offers it, whoever says there who is eligible."
    )
    assert "Approval, stage 2 of 2: 1 of security, signed. Who can: nobody." in found


def test_all_that_people_need_to_know_is_said() -> None:
    found = lines("admin")
    assert "Compute admin (admin)" in found
    assert "Gives roles/cloudsql.editor, roles/compute.viewer on projects/shop-prod." in found
    assert 'Only where resource.name.startsWith("projects/shop-prod/zones/a/")' in found
    assert "Who may ask: sre. bob@example.com may ask for Compute admin." in found
    assert "1 hour unless you say otherwise, at most 4 hours." in found
    assert "Say why: An incident or change number" in found
    assert "Approval, stage 1 of 2: 1 of sre. Who can: alice@example.com, dan@example.com." in found
    assert "Approval, stage 2 of 2: 1 of security, signed. Who can: carol@example.com." in found


def test_the_requester_is_never_named_among_those_who_can_approve() -> None:
    assert "Who can: alice@example.com, bob@example.com." in lines("admin", "dan@example.com")


def test_members_that_only_the_directory_knows_are_named_by_their_group() -> None:
    assert "Who can: members of leads@example.com." in lines("led")


def test_long_lists_of_people_are_cut() -> None:
    many = policy(("[carol@example.com]", "[" + ", ".join(f"p{n:02}@example.com" for n in range(13)) + "]"))
    found = said(many, "admin")
    assert any(line.endswith("p09@example.com, 3 more.") for line in found)


def test_that_people_approve_themselves_is_said_literally() -> None:
    assert "Approval by no other person: the policy lets people approve this themselves." in lines("logs")


def test_a_requirement_in_words() -> None:
    stages = (
        Stage(approvers=("group:sre",)),
        Stage(approvers=("group:security", "user:dan@example.com", "domain:example.com"), needed=2, sign="typed"),
    )
    assert requirement_in_words(Requirement(kind="stages", stages=stages)) == (
        "1 of sre",
        "then 2 of security, dan@example.com or anyone at example.com, signed",
    )


def test_self_says_that_nobody_else_approves() -> None:
    (words,) = requirement_in_words(Requirement(kind="self"))
    assert words == "no other person: the policy lets people approve this themselves"


def test_rules_and_guardrails_are_said() -> None:
    ruled = policy(
        ("version: 1\n", "version: 1\ntimezone: Europe/Berlin\nguardrails: {no_self: [projects/shop-prod]}\n"),
        ("    title: Compute admin\n", "    title: Compute admin\n    when: request.hour < 8\n"),
        ("    title: Led\n", "    title: Led\n    approve_when: approver.channel == 'web'\n"),
    )
    found = "\n".join((*said(ruled, "admin"), *said(ruled, "led")))

    assert "Offered where `request.hour < 8`." in found
    assert "Compute admin is not offered now, or not for this" in found
    assert "Approvals count where `approver.channel == 'web'`." in found
