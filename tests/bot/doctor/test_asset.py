"""What the doctor says of what IAM offers."""

import pytest

from sandbox.google.faults import Fault
from tests.bot.doctor.patients import SOUND, Patient, facts

SOURCE = "sources: {jit_access: {scope: projects/shop-prod, duration: {default: 1h, max: 2h}}}\n"


def codes(patient: Patient) -> list[tuple[str, str]]:
    return [(each.code, each.verdict) for each in patient.look() if each.part == "asset"]


def test_bindings_that_can_be_read_are_said_to_be(patient: Patient) -> None:
    patient.in_force(SOUND + SOURCE)

    assert codes(patient) == [("asset.ok", "ok")]


@pytest.mark.parametrize("method", ["searchAllIamPolicies", "projects.search"])
def test_what_this_service_may_not_read_is_named_with_its_scope(patient: Patient, method: str) -> None:
    patient.in_force(SOUND + SOURCE)
    patient.box.google.faults.set(Fault(method=method, status=403, times=10))

    assert codes(patient) == [("asset.hidden", "wrong")]
    assert facts(patient.look(), "asset.hidden")["what"] == "projects/shop-prod"


def test_without_a_source_nothing_is_asked(patient: Patient) -> None:
    assert codes(patient) == []
    assert patient.box.google.calls("searchAllIamPolicies") == []


def test_it_is_asked_as_a_listing_does_in_the_scope_and_by_the_query_of_the_policy(patient: Patient) -> None:
    patient.in_force(SOUND + SOURCE)
    patient.look()
    assert {call.resource for call in patient.box.google.calls("searchAllIamPolicies")} == {"projects/shop-prod"}

    # The sandbox answers 501 to what it cannot read of a query.
    patient.in_force(SOUND + SOURCE.replace("{scope", "{projects_query: 'NOT (labels.team:x)', scope"))
    assert codes(patient) == [("google.unanswered", "unknown")]
