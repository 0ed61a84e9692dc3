from pathlib import Path

import pytest

from approvals.policy.lint import lint
from tests.approvals.policy.files import FILE, changed, whereabouts

EXAMPLE = Path(__file__).parents[3] / "examples" / "policy.yaml"
LED = '["group:leads@example.com"], needed: 2'
FEW = ('["domain:example.com"]', '["group:sre"]')


def problems(text: str) -> list[tuple[str, str, int]]:
    return [(problem.severity, problem.code, problem.line) for problem in lint(text, source="p.yaml")]


def line(text: str, piece: str) -> int:
    return whereabouts(text, piece)[0]


@pytest.mark.parametrize(
    "approval",
    [
        '[{approvers: ["bob@example.com"]}]',
        '[{approvers: ["group:sre"], needed: 3}]',
        '[{approvers: ["group:sre"], needed: 2}, {approvers: ["dan@example.com"]}]',
        '[{approvers: ["group:empty"]}]',
        '[{approvers: ["group:sre", "carol@example.com"], needed: 2, not_same: "group:sre"}]',
    ],
)
def test_a_quorum_that_somebody_cannot_reach_is_an_error(approval: str) -> None:
    text = changed(FEW, ("approval: self", f"approval: {approval}"))
    assert ("error", "unreachable-quorum", line(text, approval)) in problems(text)


def test_who_approves_nothing_and_bars_both_of_two_groups_is_seen() -> None:
    groups = "  one: [alice@example.com, eve@example.com]\n  other: [carol@example.com, eve@example.com]\n"
    one = '{approvers: ["alice@example.com", "bob@example.com"], not_same: "group:one"}'
    other = '{approvers: ["carol@example.com", "bob@example.com"], not_same: "group:other"}'
    text = changed(("groups:\n", f"groups:\n{groups}"), ("approval: self", f"approval: [{one}, {other}]"))
    (problem,) = (found for found in lint(text, source="p.yaml") if found.severity == "error")
    assert problem.text.endswith("when it is asked for by eve@example.com")


def test_the_error_names_who_and_which_stage() -> None:
    text = changed(FEW, ("approval: self", 'approval: [{approvers: ["bob@example.com"]}]'))
    (problem,) = (found for found in lint(text, source="p.yaml") if found.severity == "error")
    assert (
        problem.text
        == "not enough people for stage 1, 1 of bob@example.com, when it is asked for by bob@example.com"
    )


def test_a_signature_that_no_page_could_match_is_an_error() -> None:
    signed = '[{approvers: ["dan@example.com"], sign: typed}]'
    by_page, match = "accept: {decide: web}", "sign_name: match"
    for rules, found in (((by_page, match), True), ((by_page,), False), ((match,), False)):
        told = "\n  ".join(("domains: [example.com]", *rules))
        text = changed(FEW, ("approval: self", f"approval: {signed}"), ("domains: [example.com]", told))
        assert (("error", "unsignable", line(text, signed)) in problems(text)) is found


def test_an_approver_who_may_ask_through_the_domain_is_seen() -> None:
    text = changed(("approval: self", 'approval: [{approvers: ["bob@example.com"]}]'))
    assert ("error", "unreachable-quorum", line(text, '[{approvers: ["bob')) in problems(text)


def test_a_quorum_that_only_the_directory_knows_is_a_warning() -> None:
    assert problems(FILE) == [("warning", "unknowable-quorum", line(FILE, '- {approvers: ["group:leads'))]
    (problem,) = lint(FILE, source="p.yaml")
    assert ": unknowable-quorum: warning: " in str(problem)
    assert problem.text == (
        "who is in group:leads@example.com is not known here: make sure that enough people besides the requester"
        " are (stage 1: 2 of leads@example.com)"
    )


def test_known_people_who_suffice_need_no_warning() -> None:
    assert problems(changed((LED, '["group:leads@example.com", "group:sre"], needed: 2'))) == []


@pytest.mark.parametrize(
    "role",
    [
        "roles/resourcemanager.projectIamAdmin",  # sets IAM policies
        "roles/run.admin",  # sets them of its own services
        "roles/iam.serviceAccountTokenCreator",  # makes tokens
        "roles/iam.roleAdmin",  # widens a role that somebody holds
    ],
)
def test_a_role_that_outlives_its_window_is_a_warning(role: str) -> None:
    text = changed((LED, '["group:sre"]'), ("roles/logging.viewer", role))
    assert problems(text) == [("warning", "lasting-role", line(text, f"[{role}"))]


@pytest.mark.parametrize(
    ("name", "right"), [("#Access", "#access"), ("#ZUGRIFF-Ü", "#zugriff-ü"), ("#Доступ", "#доступ")]
)
def test_capitals_in_a_channels_name_are_an_error_that_says_the_right_name(name: str, right: str) -> None:
    text = changed((LED, '["group:sre"]'), ('"#access"', f'"{name}"'))

    assert problems(text) == [("error", "bad-channel", line(text, f'"{name}"'))]
    (problem,) = lint(text, source="p.yaml")
    assert problem.text == f'Slack writes the names of channels in small letters; write "{right}"'


def test_an_entitlement_that_no_card_can_show_whole_is_an_error() -> None:
    roles = ", ".join(f"organizations/456/roles/{'reader' * 8}{number}" for number in range(60))
    text = changed((LED, '["group:sre"]'), ("[roles/logging.viewer]", f"[{roles}]"))

    assert problems(text) == [("error", "card-too-long", line(text, "[organizations/456/roles/reader"))]
    (problem,) = lint(text, source="p.yaml")
    assert "make several entitlements of it" in problem.text


def test_a_role_that_outlives_its_window_says_by_what_it_does() -> None:
    text = changed((LED, '["group:sre"]'), ("roles/logging.viewer", "roles/compute.instanceAdmin.v1"))
    (problem,) = lint(text, source="p.yaml")
    assert problem.text == (
        "the holder of roles/compute.instanceAdmin.v1 can give access to others and make keys, which outlives"
        " the window"
    )


def test_a_role_that_google_does_not_have_is_a_warning_that_says_what_may_have_been_meant() -> None:
    text = changed((LED, '["group:sre"]'), ("roles/logging.viewer", "roles/loging.viewer"))
    assert problems(text) == [("warning", "unknown-role", line(text, "roles/loging"))]
    (problem,) = lint(text, source="p.yaml")
    assert problem.text == (
        "Google had no role roles/loging.viewer on 2026-08-22; did you mean roles/logging.viewer?"
    )


def test_a_custom_role_is_nobody_s_to_know_here() -> None:
    text = changed(
        (LED, '["group:sre"]'), ("organizations/456/roles/Led", "organizations/456/roles/logging.viewer")
    )
    assert problems(text) == []


def test_the_basic_roles_that_lint_itself_advises_are_known() -> None:
    text = changed((LED, '["group:sre"]'), ("roles/logging.viewer", "roles/reader"))
    assert problems(text) == []


def test_what_parse_refuses_is_an_error_here_too() -> None:
    text = changed((LED, '["group:sre"]'), ("roles/logging.viewer", "roles/owner"))
    assert problems(text) == [("error", "basic-role", line(text, "roles/owner"))]


def test_a_broken_entitlement_does_not_hide_what_is_wrong_with_others() -> None:
    text = changed(("resource: folders/123", "resource: x"), (LED, '["group:empty"]'))
    assert [code for _, code, _ in problems(text)] == ["bad-resource", "unreachable-quorum"]


def test_a_bad_condition_hides_nothing_else_of_its_entitlement() -> None:
    text = changed(
        ("resource.name.startsWith(", "resource.name.startsWit("),
        ("roles/compute.viewer", "roles/iam.securityAdmin"),
        ('{approvers: ["group:security"], sign: typed}', '{approvers: ["group:empty"]}'),
        (LED, '["group:sre"]'),
    )
    assert problems(text) == [
        ("warning", "lasting-role", line(text, "roles: [roles/cloudsql")),
        ("error", "bad-cel", line(text, "condition: resource")),
        ("error", "unreachable-quorum", line(text, '{approvers: ["group:empty"]}')),
    ]


def test_a_stage_that_cannot_be_read_hides_no_other_and_each_keeps_its_number() -> None:
    text = changed(
        ('- {approvers: ["group:sre"]}', "- {approvers: []}"),
        ('["group:security"], sign', '["group:empty"], sign'),
        (LED, '["group:sre"]'),
    )
    empty, short = lint(text, source="p.yaml")
    assert (empty.code, short.code) == ("empty-list", "unreachable-quorum")
    assert "for stage 2, 1 of empty" in short.text


def test_an_id_that_is_used_twice_hides_nothing_of_the_second() -> None:
    text = changed(("id: led", "id: logs"), (LED, '["group:empty"]'))
    assert [code for _, code, _ in problems(text)] == ["duplicate-id", "unreachable-quorum"]


def test_without_knowing_who_may_ask_nobody_is_said_to_be_stuck() -> None:
    text = changed(('requesters: ["group:directory"]', "requesters: []"), (LED, '["group:empty"]'))
    assert [code for _, code, _ in problems(text)] == ["empty-list"]


def test_a_file_that_cannot_be_read_is_one_problem() -> None:
    assert problems("a: [") == [("error", "not-yaml", 1)]


def test_the_example_has_nothing_to_mend_and_owns_up_to_what_its_roles_can_do() -> None:
    role = "roles: [roles/compute.instanceAdmin.v1]"
    lines = [number for number, text in enumerate(EXAMPLE.read_text().splitlines(), start=1) if role in text]
    assert problems(EXAMPLE.read_text()) == [("warning", "lasting-role", number) for number in lines]


# --- who gets or decides more than is meant --------------------------------------------------------


GUESTS_ASK = ("[example.com]", "[example.com]\n  guests: request")


def warned(text: str, code: str) -> list[str]:
    return [problem.text for problem in lint(text, source="p.yaml") if problem.code == code]


def test_a_whole_domain_that_approves_is_a_warning_and_says_what_plus_addresses_make_of_it() -> None:
    wide = ("approval: self", 'approval: [{approvers: ["domain:example.com"]}]')
    (text,) = warned(changed(wide), "domain-approves")
    assert text == (
        "everybody with an address of example.com can approve, also whoever has a second account there; "
        "one mailbox has any number of addresses with a plus sign: set identity.plus_addresses to refuse"
    )
    refused = ("[example.com]", "[example.com]\n  plus_addresses: refuse")
    (text,) = warned(changed(wide, refused), "domain-approves")
    assert "plus" not in text


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        (
            [GUESTS_ASK, ("approval: self", "approval: self\n    guests: self")],
            "guests of the workspace get this without anybody's approval",
        ),
        (
            [("approval: self", "approval: self\n    guests: self")],
            "guests: self has no effect here, for identity.guests lets no guest ask",
        ),
        (
            [GUESTS_ASK, ('requesters: ["group:sre"]', 'requesters: ["group:sre"]\n    guests: self')],
            "guests: self has no effect here, for somebody else approves this",
        ),
    ],
)
def test_what_guests_get_by_themselves_is_named(changes: list[tuple[str, str]], said: str) -> None:
    assert warned(changed(*changes), "guest-self") == [said]
