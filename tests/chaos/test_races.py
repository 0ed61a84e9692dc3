"""Two people at the same instant, on either store: one decision, one grant, and no vote in between.

Tried without the guards, one at a time. Without the comparison of the version in `commit` of
`approvals/backends/stores/sqlite/requests.py`, two approvers, approval against denial, approval against withdrawal
and the two ends fail: the audit chain's key refuses the second commit as an error. Without the look at `_tail` in
`approvals/backends/stores/firestore/requests.py` the same fail on Firestore, with those both needed and the
two processes: the second commit never finds its entry free. With one attempt in `approvals.again`, the same tests,
the two processes and the end against the read-back fail with `Conflict`. Without the look for the key in `create`
of SQLite, or without the filing among the writes of Firestore's `_file`, the same form twice fails.
"""

import threading
import time
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import cast

import pytest

from approvals.ports.store import Store
from approvals.ports.targets import Granter
from approvals.requests import Request
from approvals.reviews import Verdict
from countersign_client.chain import verify
from sandbox.google import Google
from tests.chaos.meetings import Meeting, at_once
from tests.chaos.processes import press_all, world_in
from tests.contracts.stores.places import Place
from tests.support.builders import RESOURCE
from tests.support.direct import direct_iam
from tests.support.doubles import Around
from tests.support.spawned import answers
from tests.support.world import ALICE, BOB, CAROL, GWEN, World

FINAL = {"request.approved", "request.denied", "request.withdrawn", "request.expired"}


class Inside:
    """Counts the calls of a part, and how many callers are in one at the same time. Each stays for a while."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._now = 0
        self.most = 0
        self.calls: list[str] = []

    def before(self, name: str) -> None:
        with self._lock:
            self.calls.append(name)
            self._now += 1
            self.most = max(self.most, self._now)
        time.sleep(0.1)

    def after(self, _: str) -> None:
        with self._lock:
            self._now -= 1


@pytest.fixture
def meeting() -> Meeting:
    return Meeting()


@pytest.fixture
def inside() -> Inside:
    return Inside()


@pytest.fixture
def world(tmp_path: Path, meeting: Meeting, inside: Inside, cloud: Google, place: Place) -> Iterator[World]:
    disk = place.open()
    store = cast("Store", Around(disk, before=meeting.before))
    granter = cast("Granter", Around(direct_iam(cloud), before=inside.before, after=inside.after))
    yield World(tmp_path, granter=granter, store=store)
    disk.close()


def decided_once(world: World, request: Request) -> Request:
    """The request, after its chain was checked: whole, and with one decision."""
    entries = world.store.entries(request.id)
    verify(entries, request=request.id, head=world.store.head(request.id))
    actions = [entry.action for entry in entries]
    assert sum(action in FINAL for action in actions) == 1
    now = world.read(request)
    voted = [action for action in actions if action.startswith("review.")]
    assert len(voted) == len(now.reviews)
    return now


def test_two_approvers_of_which_one_is_enough(world: World, meeting: Meeting) -> None:
    request = world.file()
    meeting.arm()
    results = at_once(lambda: world.press(BOB, request), lambda: world.press(CAROL, request))
    after = decided_once(world, request)

    assert results.count("decided") == 1
    assert after.state == "approved"
    assert len(after.reviews) == 1


def test_two_approvers_who_are_both_needed(world: World, meeting: Meeting) -> None:
    request = world.file(GWEN, "pair")
    meeting.arm()
    results = at_once(lambda: world.press(BOB, request), lambda: world.press(CAROL, request))
    after = decided_once(world, request)

    assert sorted(result.request.state for result in results) == ["approved", "pending"]
    assert {review.person for review in after.reviews} == {BOB, CAROL}


def test_approval_against_denial(world: World, meeting: Meeting) -> None:
    request = world.file()
    meeting.arm()
    results = at_once(lambda: world.press(BOB, request), lambda: world.press(CAROL, request, "deny"))
    after = decided_once(world, request)

    assert results.count("decided") == 1
    assert (after.grant is not None) == (after.state == "approved")
    assert after.reviews[0].verdict == ("approve" if after.state == "approved" else "deny")


def test_approval_against_withdrawal(world: World, meeting: Meeting) -> None:
    request = world.file()
    requester = world.identity(ALICE)
    meeting.arm()
    results = at_once(
        lambda: world.press(BOB, request),
        lambda: world.uses.ending.withdraw(requester, request.id, now=world.clock()),
    )
    after = decided_once(world, request)

    assert results.count("decided") == 1
    assert (after.state, after.grant is None) in {("approved", False), ("withdrawn", True)}


def test_approval_against_a_new_request_in_its_place(world: World, meeting: Meeting) -> None:
    request = world.file()
    requester, ask = world.identity(ALICE), world.ask(minutes=30)
    meeting.arm()
    results = at_once(
        lambda: world.press(BOB, request),
        lambda: world.uses.asking.replace(requester, ask, older=request.id, key="form", now=world.clock()),
    )
    after = decided_once(world, request)
    waiting = world.store.pending(limit=5)

    assert (after.state, len(waiting)) in {("approved", 0), ("withdrawn", 1)}
    assert [each for each in results if isinstance(each, str)] in (["older"], ["decided"])


def test_the_holders_end_against_an_approvers(world: World, meeting: Meeting) -> None:
    request = world.granted()
    meeting.arm()
    results = at_once(lambda: world.end(ALICE, request), lambda: world.end(CAROL, request))

    assert results.count("closed") == 1
    assert world.actions(request)[-1] in {"grant.ended", "grant.revoked"}
    world.pass_()
    assert world.actions(request).count("grant.removed") == 1


def test_an_end_against_the_read_back(world: World, meeting: Meeting) -> None:
    request = world.file()
    world.press(BOB, request)
    meeting.arm()
    at_once(
        lambda: world.end(ALICE, request),
        lambda: world.reconciler.subject(f"binding:{RESOURCE}"),
    )
    world.passes(60)

    grant = world.read(request).grant
    assert grant is not None
    assert (grant.state, grant.removed) == ("ended", True)


def test_the_same_form_twice_at_once_makes_one_request(world: World) -> None:
    filed = at_once(*[lambda: world.file(GWEN, "logs", key="view V1")] * 8)

    assert len({request.id for request in filed}) == 1
    assert len([chain for chain in world.store.chains() if chain]) == 1


def test_four_workers_make_one_binding(world: World, inside: Inside, cloud: Google) -> None:
    """Tried without the guard: no `WHERE` in `_LEASE` of `sqlite/work.py`; no `_held` in `_take` of Firestore's.

    Then several read and write at the same time, and this fails. Etags alone would still keep it at one binding.
    """
    request = world.file()
    world.press(BOB, request)
    subject = f"binding:{RESOURCE}"
    at_once(*[lambda: world.reconciler.subject(subject)] * 4)

    assert inside.calls == ["read", "write", "read"]
    assert inside.most == 1
    (binding,) = cloud.policies()[RESOURCE]["bindings"]
    assert binding["members"] == [f"user:{ALICE}"]
    assert world.actions(request).count("grant.active") == 1


@pytest.mark.parametrize(
    ("entitlement", "verdicts", "outcomes"),
    [
        ("admin", ("approve", "approve"), {("approved", "decided")}),
        ("pair", ("approve", "approve"), {("approved", "pending")}),
        ("admin", ("approve", "deny"), {("approved", "decided"), ("decided", "denied")}),
    ],
)
def test_two_processes_decide_once(
    tmp_path: Path,
    place: Place,
    entitlement: str,
    verdicts: tuple[Verdict, Verdict],
    outcomes: set[tuple[str, str]],
) -> None:
    world = world_in(tmp_path, place)
    requests = [world.file(GWEN, entitlement) for _ in range(8)]
    ids = [request.id for request in requests]
    presses = [
        partial(press_all, folder=tmp_path, place=place, ids=ids, person=person, verdict=verdict)
        for person, verdict in zip((BOB, CAROL), verdicts, strict=True)
    ]

    for request, one, other in zip(requests, *answers(*presses), strict=True):
        assert tuple(sorted((one, other))) in outcomes
        after = decided_once(world, request)
        assert (after.grant is not None) == (after.state == "approved")
    world.close()
