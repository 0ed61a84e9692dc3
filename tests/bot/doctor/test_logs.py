"""Whether audit logs can be read is examined where they are to be, and nowhere else."""

import pytest

from sandbox.google.faults import Fault
from tests.bot.doctor.patients import Patient, facts
from tests.bot.doctor.test_google import codes

READ = "logging.privateLogEntries.list"


def test_where_they_are_not_to_be_read_nobody_asks(patient: Patient) -> None:
    assert codes(patient.look(), "logs") == []
    assert patient.box.google.calls("entries.list") == []


def test_a_right_that_the_account_lacks_is_named_with_its_resource(patient: Patient) -> None:
    patient.box.google.withheld.add(("projects/shop-data", READ))
    found = patient.look(COUNTERSIGN_AUDIT_LOGS="1")

    assert codes(found, "logs") == [("logs.hidden", "wrong"), ("logs.ok", "ok")]
    assert facts(found, "logs.hidden")["resource"] == "projects/shop-data"


@pytest.mark.parametrize(
    ("fault", "code", "verdict"),
    [
        ({"disabled": "logging.googleapis.com"}, "google.disabled", "wrong"),
        ({"status": 429}, "google.unanswered", "unknown"),
        ({"lost": "connection"}, "google.unanswered", "unknown"),
    ],
)
def test_what_does_not_answer_is_no_yes(patient: Patient, fault: dict[str, str], code: str, verdict: str) -> None:
    patient.box.google.faults.set(Fault(method="entries.list", times=9, **fault))  # type: ignore[arg-type]

    assert set(codes(patient.look(COUNTERSIGN_AUDIT_LOGS="1"), "logs")) == {(code, verdict)}


def test_where_all_can_be_read_it_is_well(patient: Patient) -> None:
    assert codes(patient.look(COUNTERSIGN_AUDIT_LOGS="1"), "logs") == [("logs.ok", "ok")]
