"""The running program tells its log and a topic of Pub/Sub what other programs read of activations."""

import json
import logging
from pathlib import Path

import pytest

from tests.support.running import Running, running


def labelled(caplog: pytest.LogCaptureFixture) -> list[dict[str, str]]:
    return [record.__dict__["labels"] for record in list(caplog.records) if record.__dict__.get("labels")]


def until(office: Running, caplog: pytest.LogCaptureFixture, *, events: int) -> list[dict[str, str]]:
    office.until(lambda: len(labelled(caplog)) >= events)
    return labelled(caplog)


def test_asking_and_approving_are_lines_of_the_log_with_labels(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, logger="countersign.activations")
    with running(tmp_path, environ={"COUNTERSIGN_LOG_ACTIVATIONS": "1"}) as office:
        asked = office.ask("alice", "admin")
        assert [each["event"] for each in until(office, caplog, events=1)] == ["api.requestRole"]
        office.press("bob", "approve", asked)
        found = until(office, caplog, events=2)

    assert [(each["event"], each["user"]) for each in found] == [
        ("api.requestRole", "alice@example.com"),
        ("api.activateRole", "bob@example.com"),
    ]
    assert {each["activation_id"] for each in found} == {asked}


def test_where_it_is_not_switched_on_no_reason_is_in_the_log(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    with running(tmp_path) as office:
        asked = office.ask("alice", "admin")
        office.press("bob", "approve", asked)
        office.until(lambda: office.request(asked).state == "approved")

    assert labelled(caplog) == []
    assert "api.requestRole" not in caplog.text


TOPIC = "projects/shop-tools/topics/jit-access-events"


def test_the_topic_is_told_and_one_that_is_not_there_holds_nothing_up(tmp_path: Path) -> None:
    with running(tmp_path, environ={"NOTIFICATION_TOPIC": TOPIC}) as office:
        asked = office.ask("alice", "admin")
        office.press("bob", "approve", asked)
        office.until(lambda: office.grant(asked) == "active")
        topics = office.box.google.topics
        topics.create(TOPIC)
        office.until(lambda: len(topics.published(TOPIC)) == 2)
        told = [json.loads(message) for message in topics.published(TOPIC)]

    assert [each["type"] for each in told] == ["RequestActivation", "ActivationApproved"]
    assert told[1]["attributes"]["approver"] == "bob@example.com"
    assert {each["attributes"]["beneficiary"] for each in told} == {"alice@example.com"}
