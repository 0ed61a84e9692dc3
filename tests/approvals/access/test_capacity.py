"""What an IAM policy has room for, held against the sandbox's Google, which counts by itself."""

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from approvals.access.capacity import PRINCIPALS, SAME, outside, shortage, ungrantable
from approvals.ports.targets import Binding, MemberRule, Snapshot
from sandbox.google import policies
from sandbox.google.errors import GoogleError
from tests.support.builders import RESOURCE
from tests.support.clouds import google_with
from tests.support.direct import direct_iam

ROLE, ALICE = "roles/run.viewer", "user:alice@example.com"


def window(number: int) -> str:
    return f'request.time < timestamp("2030-01-01T{number // 60:02}:{number % 60:02}:00Z")'


def ours(number: int = 9, *, role: str = ROLE, member: str = ALICE) -> Binding:
    return Binding(
        role=role, member=member, title="JIT access activation", description="", expression=window(number)
    )


def raw(binding: Binding) -> dict[str, Any]:
    condition = {"title": binding.title, "expression": binding.expression}
    return {"role": binding.role, "members": [binding.member], "condition": condition}


def people(number: int) -> dict[str, Any]:
    return {"role": "roles/run.developer", "members": [f"user:p{each}@example.com" for each in range(number)]}


def snapshot(*bindings: dict[str, Any], **more: Any) -> Snapshot:
    """What the granter reads of a policy that the sandbox's Google holds."""
    google = google_with(RESOURCE)
    google._keep(RESOURCE, {"bindings": list(bindings), **more})
    return direct_iam(google).read(RESOURCE, timeout=5, reason="test")


def code(found: Any) -> str:
    return found.code if found is not None else ""


@pytest.mark.parametrize(("held", "said"), [(PRINCIPALS - 1, ""), (PRINCIPALS, "iam.principals")])
def test_one_principal_too_many_is_refused_and_the_last_one_is_not(held: int, said: str) -> None:
    assert code(shortage(snapshot(people(held)), add=[ours()])) == said


def test_whoever_is_exempt_from_audit_logs_counts_as_well() -> None:
    audit = [{"service": "allServices", "auditLogConfigs": [{"logType": "DATA_READ", "exemptedMembers": [ALICE]}]}]
    assert code(shortage(snapshot(people(PRINCIPALS - 1), auditConfigs=audit), add=[ours()])) == "iam.principals"


def test_a_person_who_is_named_twice_counts_twice() -> None:
    twice = ours(1), ours(2)
    assert code(shortage(snapshot(people(PRINCIPALS - 2), raw(twice[0])), add=[twice[1]])) == ""
    assert code(shortage(snapshot(people(PRINCIPALS - 1), raw(twice[0])), add=[twice[1]])) == "iam.principals"


@pytest.mark.parametrize(("held", "said"), [(SAME - 1, ""), (SAME, "iam.bindings")])
def test_a_twenty_first_condition_of_one_role_and_person_is_refused(held: int, said: str) -> None:
    full = snapshot(*(raw(ours(number)) for number in range(held)))
    assert code(shortage(full, add=[ours(59)])) == said
    assert shortage(full, add=[ours(59, role="roles/run.admin")]) is None
    assert shortage(full, add=[ours(59, member="user:bob@example.com")]) is None


def test_an_address_counts_as_one_however_it_is_written() -> None:
    """What reads it leaves an administrator's capitals as they are, as IAM does."""
    held = [ours(number, member="user:Alice@Example.com") for number in range(SAME)]
    full = Snapshot(resource=RESOURCE, etag="", bindings=tuple(held), raw={})
    assert code(shortage(full, add=[ours(59)])) == "iam.bindings"


def test_one_condition_in_the_place_of_another_takes_no_room() -> None:
    full = snapshot(*(raw(ours(number)) for number in range(SAME)), people(PRINCIPALS - SAME))
    assert shortage(full, add=[ours(59)], remove=[ours(0)]) is None


def test_what_only_takes_away_is_never_refused() -> None:
    over = snapshot(people(PRINCIPALS + 5), *(raw(ours(number)) for number in range(SAME + 5)))
    assert shortage(over, add=[], remove=[ours(0)]) is None


def test_where_google_has_taken_more_than_the_limit_google_decides() -> None:
    """Then it is not the limit that this release knows."""
    assert shortage(snapshot(people(PRINCIPALS + 5)), add=[ours()]) is None


def test_audit_configurations_of_a_shape_that_nobody_knows_are_no_reason_to_fail() -> None:
    for odd in ("all", [7], [{"auditLogConfigs": "all"}], [{"auditLogConfigs": [{"exemptedMembers": None}]}]):
        found = Snapshot(resource=RESOURCE, etag="e", bindings=(), raw={"auditConfigs": odd})
        assert shortage(found, add=[ours()]) is None


@given(
    st.integers(PRINCIPALS - 3, PRINCIPALS),
    st.integers(SAME - 2, SAME),
    st.integers(0, 2),
    st.lists(st.integers(40, 42), min_size=1, max_size=3, unique=True),
    st.integers(0, 2),
)
@settings(max_examples=60)
def test_the_sandbox_refuses_the_same_writes(
    named: int, same: int, exempt: int, add: list[int], remove: int
) -> None:
    gone = [ours(number) for number in range(remove)]
    before = [people(named - same - exempt), *(raw(ours(number)) for number in range(same))]
    log = {"logType": "DATA_READ", "exemptedMembers": [f"user:e{each}@example.com" for each in range(exempt)]}
    audit = [{"service": "allServices", "auditLogConfigs": [log]}]
    found = shortage(snapshot(*before, auditConfigs=audit), add=[ours(each) for each in add], remove=gone)
    after = [each for each in before if each not in [raw(one) for one in gone]] + [raw(ours(each)) for each in add]
    written = {"version": 3, "bindings": after, "auditConfigs": audit}
    try:
        policies.clean(written, resource=RESOURCE, custom_roles=(), owners=())
    except GoogleError:
        assert found is not None
    else:
        assert found is None


@pytest.mark.parametrize(
    ("rule", "refused"),
    [
        (MemberRule(), False),
        (MemberRule(nobody=True), True),
        (MemberRule(allowed=frozenset({"C01"}), customers={"example.com": "C01"}), False),
        (MemberRule(allowed=frozenset({"C02"}), customers={"example.com": "C01"}), True),
        (MemberRule(allowed=frozenset({"C02"}), customers={"example.org": "C02"}), False),
        (MemberRule(customers={"example.com": "C01"}), False),
    ],
)
def test_only_who_is_certainly_of_another_customer_is_refused(rule: MemberRule, *, refused: bool) -> None:
    found = outside(rule, person="alice@example.com", resource=RESOURCE)
    assert code(found) == ("iam.member" if refused else "")


def test_a_predefined_role_that_google_does_not_offer_is_refused_and_a_custom_one_may_be_hidden() -> None:
    roles = ("roles/billing.viewer", "roles/run.viewer", "organizations/100/roles/Restarter")
    found = ungrantable(roles, offered={"roles/run.viewer"}, resource=RESOURCE)
    assert found is not None
    assert found.facts == {"roles": ("roles/billing.viewer",), "resource": RESOURCE}
