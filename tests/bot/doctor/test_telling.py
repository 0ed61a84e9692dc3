"""Whether a topic takes what happens is said where one is set, by Google and by what the store holds."""

from datetime import timedelta

import msgspec
import pytest

from approvals.backends.stores.sqlite import open_sqlite
from approvals.reconcile.eventing import Told
from bot.doctor.keeping import CHAINS
from sandbox.app import Sandbox
from sandbox.google import Fault
from tests.bot.doctor.patients import Patient, facts, now
from tests.bot.doctor.test_google import codes

TOPIC = "projects/shop-tools/topics/jit-access-events"


def holds(patient: Patient, subject: str, told: Told) -> None:
    store, at = open_sqlite(patient.store, now=now()), now()
    lease = store.lease(subject, owner="service", now=at, until=at + timedelta(seconds=30))
    assert lease is not None
    store.save(lease, msgspec.json.encode(told))
    store.release(lease, due=at + timedelta(minutes=50))
    store.close()


@pytest.fixture(autouse=True)
def topic(box: Sandbox) -> None:
    box.google.topics.create(TOPIC)


def test_a_topic_that_is_not_there_is_wrong_although_nothing_waits_for_it(patient: Patient) -> None:
    assert codes(patient.look(NOTIFICATION_TOPIC=f"{TOPIC}-2"), "events") == [("events.lacking", "wrong")]


def test_a_topic_to_which_this_service_may_not_publish_is_wrong(patient: Patient, box: Sandbox) -> None:
    box.google.withheld.add((TOPIC, "pubsub.topics.publish"))
    found = patient.look(NOTIFICATION_TOPIC=TOPIC)

    assert codes(found, "events") == [("events.lacking", "wrong")]
    assert facts(found, "events.lacking")["topic"] == TOPIC


def test_a_topic_of_which_google_says_nothing_is_not_called_well(patient: Patient, box: Sandbox) -> None:
    box.google.faults.set(Fault(method="topics.testIamPermissions", status=503, times=5))

    assert codes(patient.look(NOTIFICATION_TOPIC=TOPIC), "events") == [("google.unanswered", "unknown")]


def test_an_api_that_is_off_is_named_with_what_switches_it_on(patient: Patient, box: Sandbox) -> None:
    box.google.faults.set(Fault(method="topics.testIamPermissions", disabled="pubsub.googleapis.com"))
    found = patient.look(NOTIFICATION_TOPIC=TOPIC)

    assert codes(found, "events") == [("google.disabled", "wrong")]
    assert "gcloud services enable pubsub.googleapis.com" in facts(found, "google.disabled")["enable"]


def test_without_a_topic_nothing_is_said_of_one(patient: Patient) -> None:
    assert codes(patient.look(), "events") == []


def test_a_name_that_is_none_is_not_looked_into(patient: Patient) -> None:
    assert codes(patient.look(NOTIFICATION_TOPIC="events"), "events") == [("skipped", "unknown")]


@pytest.mark.parametrize(
    ("told", "code"),
    [
        (Told(seq=9, aside=(3, 7)), "events.refused"),
        (Told(seq=9, tries=3), "events.waiting"),
    ],
)
def test_what_is_refused_or_waits_is_wrong_and_named(patient: Patient, told: Told, code: str) -> None:
    holds(patient, "event:r-0000000001", told)
    found = patient.look(NOTIFICATION_TOPIC=TOPIC)

    assert codes(found, "events") == [(code, "wrong")]
    assert facts(found, code)["chain"] == "r-0000000001"


def test_that_more_chains_wait_than_are_looked_at_is_said_and_hides_nothing(patient: Patient) -> None:
    for number in range(CHAINS):
        holds(patient, f"event:r-{number:010}", Told(seq=9, tries=1))
    assert codes(patient.look(NOTIFICATION_TOPIC=TOPIC), "events") == [("events.ok", "ok")]
    holds(patient, "event:r-9999999999", Told(seq=9, tries=1))
    assert codes(patient.look(NOTIFICATION_TOPIC=TOPIC), "events") == [("events.more", "warning")]
    holds(patient, "event:r-0000000000", Told(seq=9, tries=3))

    found = patient.look(NOTIFICATION_TOPIC=TOPIC)
    assert {"events.more", "events.waiting"} >= {code for code, _ in codes(found, "events")}
    assert facts(found, "events.more")["count"] == str(CHAINS)


def test_where_all_is_told_it_is_well(patient: Patient) -> None:
    holds(patient, "event:", Told(seq=9, tries=1))

    assert codes(patient.look(NOTIFICATION_TOPIC=TOPIC), "events") == [("events.ok", "ok")]
