"""Audit logs are read whole or as far as is said, and nothing in them is believed that was not asked for."""

from datetime import datetime, timedelta
from typing import Any

import pytest

from approvals.backends.audit_logs import NAMED, PAGE, PAGES, GoogleAuditLogs
from approvals.backends.google_rest import RestError
from approvals.deeds import Stay
from approvals.ports.logs import Found
from approvals.refusals.errors import NotFound, Unavailable
from sandbox.google import Fault, Google
from tests.support.builders import NOW
from tests.support.googles import FOLDER, ORGANIZATION, PROJECT, google, google_stage, google_url

__all__ = ["google", "google_stage", "google_url"]

ALICE = "alice@example.com"
HOUR = timedelta(hours=1)
DEPLOY, DELETE = "google.cloud.run.v2.Services.UpdateService", "google.cloud.run.v2.Services.DeleteService"


def stay(resource: str = PROJECT) -> Stay:
    return Stay(resource=resource, roles=("roles/run.admin",), start=NOW, end=NOW + HOUR)


def logs(url: str, **options: Any) -> GoogleAuditLogs:
    return GoogleAuditLogs(base_url=url, **{"spacing": 0.0, **options})


def log(google: Google, method: str = DEPLOY, *, at: datetime = NOW, person: str = ALICE, **said: Any) -> None:
    google.logs.add(PROJECT, person, method, at=at, permission="run.services.update", **said)


def test_what_this_service_may_not_read_is_said_as_that(google: Google, google_url: str) -> None:
    google.withheld.add((PROJECT, "logging.privateLogEntries.list"))
    with pytest.raises(NotFound) as refused:
        logs(google_url).of(ALICE, stay(), timeout=10)

    assert isinstance(refused.value.__cause__, PermissionError)


@pytest.mark.parametrize(
    "fault",
    [
        {"status": 429},
        {"status": 503},
        {"status": 504},
        {"lost": "connection"},
        {"disabled": "logging.googleapis.com"},
    ],
)
def test_what_may_pass_is_tried_again_later(google: Google, google_url: str, fault: dict[str, Any]) -> None:
    google.faults.set(Fault(method="entries.list", **fault))
    with pytest.raises(Unavailable, match=PROJECT):
        logs(google_url).of(ALICE, stay(), timeout=10)


def test_no_answer_is_waited_for_longer_than_was_said(google: Google, google_url: str) -> None:
    google.faults.set(Fault(method="entries.list", delay=3.0))
    with pytest.raises(Unavailable):
        logs(google_url).of(ALICE, stay(), timeout=0.5)


def test_only_this_person_there_and_then_is_counted_whatever_capitals_the_log_has(
    google: Google, google_url: str
) -> None:
    log(google, person="Alice@Example.com")
    log(google, person="bob@example.com")
    log(google, at=NOW - timedelta(seconds=1))
    log(google, at=NOW + HOUR)
    google.logs.add(FOLDER, ALICE, DEPLOY, at=NOW)
    google.logs.add(PROJECT, ALICE, DEPLOY, at=NOW, log="system_event")
    found = logs(google_url).of(ALICE, stay(), timeout=10)

    assert [each.method for each in found.entries] == [DEPLOY]
    assert not found.cut


def test_a_denial_is_one_and_grants_no_permission(google: Google, google_url: str) -> None:
    log(google)
    log(google, DELETE, granted=False, log="policy")
    found = {each.method: each for each in logs(google_url).of(ALICE, stay(), timeout=10).entries}

    assert (found[DEPLOY].denied, found[DEPLOY].permissions) == (False, ("run.services.update",))
    assert (found[DELETE].denied, found[DELETE].permissions) == (True, ())


def test_an_operation_that_begins_and_ends_is_one_call(google: Google, google_url: str) -> None:
    log(google, operation={"id": "o", "first": True})
    log(google, operation={"id": "o", "last": True})

    assert len(logs(google_url).of(ALICE, stay(), timeout=10).entries) == 1


def test_five_pages_are_read_and_that_there_are_more_is_said(google: Google, google_url: str) -> None:
    for number in range(PAGE * PAGES + 1):
        log(google, at=NOW + timedelta(milliseconds=number))
    found = logs(google_url).of(ALICE, stay(), timeout=60)

    assert (len(found.entries), found.cut) == (PAGE * PAGES, True)
    assert len(google.calls("entries.list")) == PAGES


def test_of_a_folder_the_projects_below_it_are_read_too(google: Google, google_url: str) -> None:
    google.add("folders/201", parent=FOLDER)
    google.add("projects/deeper", parent="folders/201")
    google.add("projects/elsewhere", parent=ORGANIZATION)
    for place in (FOLDER, PROJECT, "projects/deeper", "projects/elsewhere", "folders/201"):
        google.logs.add(place, ALICE, f"called.on.{place.partition('/')[2]}", at=NOW)
    found = logs(google_url).of(ALICE, stay(FOLDER), timeout=10)

    assert {each.method for each in found.entries} == {"called.on.200", "called.on.demo-prod", "called.on.deeper"}
    assert (found.below, found.beyond, found.cut) == (2, False, False)


@pytest.mark.parametrize(("count", "read", "beyond"), [(98, 99, False), (99, 99, True), (600, 99, True)])
def test_as_many_as_one_read_names_are_read_and_whether_there_are_more_is_told(
    google: Google, google_url: str, count: int, read: int, beyond: bool
) -> None:
    for number in range(count):
        google.add(f"projects/p-{number:04}", parent=FOLDER)
    found = logs(google_url).of(ALICE, stay(FOLDER), timeout=20)

    assert (found.below, found.beyond) == (read, beyond)
    (asked,) = google.calls("entries.list")
    assert len(asked.body["resourceNames"]) == NAMED


def test_where_projects_may_not_be_listed_the_folder_alone_is_read(google: Google, google_url: str) -> None:
    google.withheld.add((FOLDER, "cloudasset.assets.searchAllResources"))
    google.logs.add(FOLDER, ALICE, DEPLOY, at=NOW)
    log(google)
    found = logs(google_url).of(ALICE, stay(FOLDER), timeout=10)

    assert ([each.method for each in found.entries], found.below) == ([DEPLOY], 0)


def test_one_project_that_is_shut_shuts_not_the_folder(google: Google, google_url: str) -> None:
    google.withheld.add((PROJECT, "logging.privateLogEntries.list"))
    google.logs.add(FOLDER, ALICE, DEPLOY, at=NOW)
    found = logs(google_url).of(ALICE, stay(FOLDER), timeout=10)

    assert ([each.method for each in found.entries], found.below) == ([DEPLOY], 0)


@pytest.mark.parametrize("fault", [{"status": 503}, {"status": 429}])
def test_a_list_of_projects_that_fails_is_asked_for_again_later(
    google: Google, google_url: str, fault: dict[str, Any]
) -> None:
    google.faults.set(Fault(method="searchAllResources", **fault))
    with pytest.raises(Unavailable):
        logs(google_url).of(ALICE, stay(FOLDER), timeout=10)


def test_an_address_that_would_end_the_filter_stays_inside_it(google: Google, google_url: str) -> None:
    odd = 'x" OR timestamp>="2000@example.com'
    log(google)

    assert logs(google_url).of(odd, stay(), timeout=10).entries == []


def entry(person: str, at: str) -> dict[str, Any]:
    return {
        "timestamp": at,
        "protoPayload": {"methodName": DEPLOY, "authenticationInfo": {"principalEmail": person}},
    }


LIES: list[Any] = [
    entry("bob@example.com", "2026-11-22T10:30:00Z"),
    entry(ALICE, "2026-11-22T09:59:59Z"),
    entry(ALICE, "2026-11-22T11:00:00Z"),
    entry(ALICE, "2026-11-22T10:30:00"),
    {"protoPayload": None},
    {"protoPayload": {"methodName": "m"}, "timestamp": "yesterday"},
    {"timestamp": "2026-11-22T10:00:00Z", "protoPayload": {"authenticationInfo": {"principalEmail": 7}}},
    [],
    "entry",
]


class Lying:
    """What stands for the REST client and answers what it is told."""

    def __init__(self, answer: Any) -> None:
        self.answer = answer

    def call(self, _prepare: Any, *, timeout: float) -> Any:
        return self.answer


def lying(answer: Any) -> GoogleAuditLogs:
    made = GoogleAuditLogs(base_url="http://127.0.0.1:1", spacing=0.0)
    made.__dict__["_rest"] = Lying(answer)
    return made


@pytest.mark.parametrize("answer", [{"entries": LIES}, {"entries": None}, {}])
def test_what_is_no_entry_is_passed_over(answer: Any) -> None:
    assert lying(answer).of(ALICE, stay(), timeout=5) == Found([], cut=False)


@pytest.mark.parametrize(
    "answer", [{"entries": "many"}, {"entries": {"0": 1}}, {"entries": [], "nextPageToken": 7}]
)
def test_an_answer_of_another_form_is_none_and_not_that_nothing_was_done(answer: Any) -> None:
    with pytest.raises(Unavailable, match="another form"):
        lying(answer).of(ALICE, stay(), timeout=5)


def test_pages_that_hold_nothing_yet_are_no_end_and_one_that_comes_again_is_counted_once() -> None:
    empty = lying({"nextPageToken": "same"})
    again = lying({"entries": [entry(ALICE, "2026-11-22T10:30:00Z")], "nextPageToken": "same"})

    assert empty.of(ALICE, stay(), timeout=5) == Found([], cut=True)
    found = again.of(ALICE, stay(), timeout=5)
    assert (len(found.entries), found.cut) == (2, True)  # the first page, and the one that it named


def test_an_entry_as_it_should_be_is_counted_where_those_are_not() -> None:
    made = lying({"entries": [*LIES, entry(ALICE, "2026-11-22T10:30:00.123456789Z")]})

    assert len(made.of(ALICE, stay(), timeout=5).entries) == 1


def test_reads_keep_a_pace_and_who_would_wait_long_comes_again(google: Google, google_url: str) -> None:
    waits: list[float] = []
    paced = logs(google_url, spacing=3.0, sleep=waits.append)
    paced.of(ALICE, stay(), timeout=10)
    paced.of(ALICE, stay(), timeout=10)
    with pytest.raises(Unavailable) as later:
        paced.of(ALICE, stay(), timeout=10)

    assert later.value.retry_after > 3
    assert [round(each) for each in waits] == [3]


def test_what_a_role_holds_is_asked_once_and_nothing_where_it_is_hidden(google: Google, google_url: str) -> None:
    made = logs(google_url)

    assert "logging.logs.list" in made.included("roles/logging.viewer", timeout=10)
    assert made.included("roles/logging.viewer", timeout=10)
    assert len(google.calls("roles.get")) == 1
    assert made.included("projects/demo-prod/roles/hidden", timeout=10) == ()


class Breaking(Lying):
    """Answers one page, and then nothing any more."""

    def call(self, _prepare: Any, *, timeout: float) -> Any:
        answer, self.answer = self.answer, None
        if answer is None:
            raise RestError(504, "no answer")
        return answer


@pytest.mark.parametrize("left", [0.5, 30.0])
def test_when_the_time_is_over_in_the_middle_what_was_read_is_told_and_that_it_is_not_all(left: float) -> None:
    made = lying(None)
    made.__dict__["_rest"] = Breaking({"entries": [entry(ALICE, "2026-11-22T10:30:00Z")], "nextPageToken": "more"})
    if left > 1:
        with pytest.raises(Unavailable):
            made.of(ALICE, stay(), timeout=left)
        return
    found = made.of(ALICE, stay(), timeout=left)

    assert ([each.method for each in found.entries], found.cut) == ([DEPLOY], True)
