"""The running program tells a topic of Pub/Sub of everything that happens, as CloudEvents 1.0."""

import json
import re
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from urllib.parse import urlsplit

from sandbox.google.faults import Fault
from sandbox.google.topics import Published
from tests.support.running import Running, running

TOPIC = "projects/shop-tools/topics/access-events"


def events(office: Running, subject: str) -> list[Published]:
    found = office.box.google.topics.messages(TOPIC)
    return [each for each in found if each.attributes.get("ce-subject") == subject]


def types(office: Running, subject: str) -> list[str]:
    return [each.attributes["ce-type"] for each in events(office, subject)]


def sound(attributes: Mapping[str, str]) -> bool:
    """By CloudEvents 1.0.2, "Context Attributes", and section 3.1 of the Pub/Sub binding."""
    named = all(re.fullmatch(r"ce-[a-z0-9]{1,20}|content-type", name) for name in attributes)
    required = all(attributes.get(f"ce-{name}") for name in ("id", "source", "type"))
    source = urlsplit(attributes["ce-source"])
    moment = datetime.fromisoformat(attributes["ce-time"])
    return (
        named
        and required
        and attributes["ce-specversion"] == "1.0"
        and bool(source.scheme and source.path)
        and moment.tzinfo is not None
        and attributes["content-type"] == "application/json"
    )


def activations(office: Running) -> set[str]:
    return {json.loads(each)["type"] for each in office.box.google.topics.published(TOPIC)}


def test_a_topic_that_failed_meanwhile_is_told_all_of_it_as_cloud_events(tmp_path: Path) -> None:
    with running(tmp_path, environ={"NOTIFICATION_TOPIC": TOPIC}) as office:
        google = office.box.google
        google.topics.create(TOPIC)
        google.faults.set(Fault(method="topics.publish", status=503, times=4))
        asked = office.ask("alice", "admin")
        office.press("bob", "approve", asked)
        office.until(lambda: types(office, asked)[-1:] == ["countersign.grant.active"])
        found = events(office, asked)
        office.until(lambda: "countersign.policy.loaded" in types(office, "installation"))
        loaded = events(office, "installation")
        # JIT Access's own messages stay what they were, without attributes; they come by a way of their own.
        office.until(lambda: activations(office) == {"RequestActivation", "ActivationApproved"})

    assert list(dict.fromkeys(each.attributes["ce-type"] for each in found)) == [
        "countersign.request.filed",
        "countersign.review.approved",
        "countersign.request.approved",
        "countersign.grant.active",
    ]
    assert all(sound(each.attributes) for each in [*found, *loaded])
    assert len({each.attributes["ce-source"] for each in [*found, *loaded]}) == 1
    assert [json.loads(each.data)["requester"] for each in found][:1] == ["alice@example.com"]
