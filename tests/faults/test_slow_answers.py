"""Slack and Google answer in drops that never end: nobody else waits, and access ends at its time."""

import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path

import pytest

from approvals.reconcile import passes, runner, writing
from sandbox import drips
from sandbox.drips import Step
from sandbox.google.faults import Fault
from tests.support.running import POLICY, Running, running

SLOW = tuple(f"projects/slow-{number}" for number in range(10))
MINE = """\
  - id: {name}
    title: Read logs
    resource: projects/{name}
    roles: [roles/logging.viewer]
    requesters: ["domain:example.com"]
    approval: self
"""


@pytest.fixture
def wide(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Running]:
    """A program with more resources than it has threads, whose reads are waited for longer than a test waits."""
    # No read begins that could outlast its lease.
    monkeypatch.setattr(runner, "LEASE", timedelta(seconds=59))
    for module in (passes, writing):
        monkeypatch.setattr(module, "READ", timedelta(seconds=48))
    policy = POLICY + "".join(MINE.format(name=project.removeprefix("projects/")) for project in SLOW)
    with running(tmp_path, policy=policy) as office:
        for project in SLOW:
            office.box.google.add(project)
        yield office
        office.box.google.faults.clear()
        # What drips still is cut, for the program waits for its own calls when it ends.
        monkeypatch.setattr(drips, "LONGEST", 0.0)


@pytest.mark.parametrize("step", ["status", "headers", "body"])
def test_grants_whose_resources_drip_hold_up_no_removal_elsewhere(wide: Running, step: Step) -> None:
    mine = wide.ask("dan", "logs")
    wide.granted(mine)
    for project in SLOW:
        wide.box.google.faults.set(Fault(method="getIamPolicy", resource=project, times=1000, drip=step))
    for project in SLOW:
        wide.ask("alice", project.removeprefix("projects/"))
    wide.until(lambda: len(_read(wide)) >= 8)

    began = time.monotonic()
    assert wide.box.slack.command("dan", f"/jit end {mine}").ok
    wide.gone(mine)
    assert time.monotonic() - began < 45


def test_removals_whose_resources_drip_hold_up_no_removal_elsewhere(wide: Running) -> None:
    mine = wide.ask("dan", "logs")
    theirs = [wide.ask("alice", project.removeprefix("projects/")) for project in SLOW]
    for request in (mine, *theirs):
        wide.granted(request)
    for project in SLOW:
        wide.box.google.faults.set(Fault(method="getIamPolicy", resource=project, times=1000, drip="body"))
    before = len(wide.box.google.calls("getIamPolicy"))
    for request in theirs:
        assert wide.box.slack.command("alice", f"/jit end {request}").ok
    wide.until(lambda: len(_read(wide, since=before)) >= 8)

    began = time.monotonic()
    assert wide.box.slack.command("dan", f"/jit end {mine}").ok
    wide.gone(mine)
    assert time.monotonic() - began < 45


def _read(office: Running, *, since: int = 0) -> set[str]:
    """The slow resources that were read since so many calls; a call is logged before its answer drips."""
    return {call.resource for call in office.box.google.calls("getIamPolicy")[since:]} & set(SLOW)


def test_a_form_that_opens_in_drops_holds_no_command_of_others(office: Running) -> None:
    office.ask("alice", "admin")
    office.box.slack.faults.add("views.open", "drip", times=1000)

    with ThreadPoolExecutor(70) as people:
        opened = [people.submit(office.box.slack.command, "alice", "/jit") for _ in range(70)]
        began = time.monotonic()
        while not all(each.done() for each in opened):
            time.sleep(0.1)
            assert time.monotonic() - began < 60, "each ends by its own deadline"
    assert office.box.slack.command("bob", "/jit help").ok
    office.box.slack.faults.clear()


def test_posts_in_drops_end_by_their_deadline_and_a_later_card_comes(
    monkeypatch: pytest.MonkeyPatch, office: Running
) -> None:
    office.box.slack.faults.add("chat.postMessage", "drip", times=10)
    for number in range(8):
        assert office.box.slack.command("alice", f"/jit request admin for 1h because INC-{number}").ok
    office.box.slack.faults.clear()
    asked = office.ask("dan", "admin")
    assert office.cards(asked)
    monkeypatch.setattr(drips, "LONGEST", 0.0)
