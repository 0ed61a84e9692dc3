"""The chaos run finds what must not be of memberships of groups: each thing broken by hand."""

from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from approvals.backends.stores.sqlite import open_sqlite
from approvals.changes import Change
from approvals.grants import Grant, Window
from approvals.ports.store import Store
from approvals.targets import GroupMember
from chaos import ice, joined, scene, truths
from chaos.findings import Findings
from chaos.ice import Ice
from chaos.outside import Outside
from chaos.records import Records
from chaos.script import Act
from chaos.teams import Seat
from chaos.watch import Watch
from sandbox.app import Sandbox
from sandbox.google.state import Call
from tests.support.builders import approval_terms, filed

PROJECT = scene.PROJECTS[0]
GROUP = scene.team(PROJECT)
PERSON = scene.address(scene.REQUESTERS[0])
NOW = datetime.now(UTC).replace(microsecond=0)


def window(start: int, end: int) -> Window:
    """By seconds from now."""
    return Window(start=NOW + timedelta(seconds=start), end=NOW + timedelta(seconds=end))


def request(name: str, grant: Grant) -> Change:
    terms = approval_terms(targets=(GroupMember(group=GROUP),))
    return filed(name, terms=terms, requester=PERSON, state="approved", grants=(grant,))


def active(start: int = -10, end: int = 100, **more: Any) -> Change:
    grant = Grant(state="active", window=window(start, end), **more)
    return request("r-0000000001", grant)


class Beside:
    """What a run has beside the service: a Google Cloud, and the service's records as they are kept."""

    def __init__(self, box: Sandbox, store: Store, records: Records) -> None:
        self._store, self.records = store, records
        self.google, self.outside = box.google, Outside(box, None)
        self.google.groups.now = NOW.timestamp
        self.google.set_group(GROUP, ())
        self.teams = self.outside.teams

    def keeps(self, *filed: Change) -> None:
        for change in filed:
            self._store.create(change, key=change.request.id)

    def put(self, end: int | None = 100, roles: tuple[str, ...] = ()) -> Seat:
        until = None if end is None else (NOW + timedelta(seconds=end)).timestamp()
        self.google.groups.put(GROUP, PERSON, until=until, roles=roles)
        (seat,) = self.teams.ours()
        return seat

    def created(self, end: int = 100, code: int = 200) -> None:
        role = {
            "name": "MEMBER",
            "expiryDetail": {"expireTime": f"{NOW + timedelta(seconds=end):%Y-%m-%dT%H:%M:%SZ}"},
        }
        body = {"preferredMemberKey": {"id": PERSON}, "roles": [role]}
        name = self.google.groups.name(GROUP)
        method = "cloudidentity.groups.memberships.create"
        self.google.log(Call(method=method, resource=name, reason="", body=body, code=code))


@pytest.fixture
def beside(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Beside]:
    """One moment for all of it, that at which the tests were read: they may run many minutes later."""
    monkeypatch.setattr(truths, "now", lambda: NOW)
    path = tmp_path / "countersign.db"
    with Sandbox.start() as box, closing(open_sqlite(path, now=NOW)) as store, closing(Records(path)) as records:
        yield Beside(box, store, records)


def wrong(beside: Beside, seat: Seat) -> bool:
    return bool(list(joined.access(beside.records, seat, at=NOW)))


def test_whoever_is_in_as_long_as_was_approved_is_well(beside: Beside) -> None:
    beside.keeps(active())

    assert not wrong(beside, beside.put())


@pytest.mark.parametrize(
    ("requests", "end", "roles"),
    [
        ([], 100, ()),
        ([active()], 101, ()),
        ([active(start=5)], 100, ()),
        ([active(), request("r-0000000002", Grant(state="active", window=window(110, 200)))], 200, ()),
        ([active(start=-100, end=-1)], 100, ()),
        ([request("r-0000000001", Grant(state="scheduled", window=window(-1, 100)))], 100, ()),
        ([request("r-0000000001", Grant(state="ended", window=window(-1, 100), removed=True))], 100, ()),
        ([active()], None, ()),
        ([active()], 100, ("OWNER",)),
    ],
    ids=[
        "nobody asked",
        "longer than approved",
        "before its time",
        "over a gap",
        "after it",
        "not begun",
        "removed",
        "for good",
        "as an owner",
    ],
)
def test_whoever_is_in_by_us_otherwise_is_found(
    beside: Beside, requests: list[Change], end: int | None, roles: tuple[str, ...]
) -> None:
    beside.keeps(*requests)

    assert wrong(beside, beside.put(end, roles))


@pytest.mark.parametrize(
    ("creates", "early", "more", "found"),
    [
        ([200, 200], False, [], True),
        ([0, 200], False, [], True),
        ([503, 200], False, [], False),
        ([409, 200], False, [], False),
        ([200, 200], True, [], False),
        ([200, 200], False, [request("r-0000000002", Grant(state="active", window=window(50, 150)))], False),
        ([200, 200], False, [request("r-0000000002", Grant(state="active", window=window(150, 250)))], True),
    ],
)
def test_whoever_is_let_in_again_after_they_were_out_is_found(
    beside: Beside, creates: list[int], early: bool, more: list[Change], found: bool
) -> None:
    beside.keeps(active(), *more)
    for code in creates:
        beside.created(code=code)
    if early:
        beside.teams.early.add("r-0000000001")

    assert bool(list(joined.put_back(beside.google, beside.records, teams=beside.teams))) == found


def act(which: int = 0) -> Act:
    return Act(verb="let_in", pause=0, project=PROJECT, which=which)


def test_what_others_do_is_theirs_and_what_they_took_early_is_known(beside: Beside) -> None:
    making: Callable[[Seat], list[str]] = lambda _: ["r-0000000001"]  # noqa: E731
    beside.put()
    beside.teams.strip(act(), making=making)
    assert (beside.teams.seats(), beside.teams.early) == (set(), {"r-0000000001"})

    beside.teams.early.clear()
    beside.put()
    beside.teams.add(act(), making=making)
    assert (beside.teams.ours(), beside.teams.early) == (set(), {"r-0000000001"})
    assert {each.person for each in beside.teams.kept} == {PERSON}

    beside.teams.remove(act())
    assert (beside.teams.seats(), beside.teams.kept) == (set(), set())


@pytest.mark.parametrize(("before", "after", "fine"), [(30, 30, True), (30, 20, True), (20, 40, False)])
def test_whoever_is_in_for_longer_since_a_freeze_is_found(
    beside: Beside, monkeypatch: pytest.MonkeyPatch, before: int, after: int, fine: bool
) -> None:
    monkeypatch.setattr(ice, "UNDER_WAY", 0.0)
    beside.put(before)
    findings = Findings()
    made = Ice(beside.outside, beside.records, findings)
    made.look()
    beside.put(after)
    made.look()

    assert findings.clean() == fine


@pytest.mark.parametrize("extended", [False, True])
def test_whoever_is_in_past_their_time_is_found(beside: Beside, extended: bool) -> None:
    ended = Grant(state="ended", window=window(-900, 100), closed_at=NOW - timedelta(seconds=60))
    beside.keeps(request("r-0000000001", ended))
    if extended:
        beside.keeps(request("r-0000000002", Grant(state="active", window=window(-70, 100))))
    beside.put()
    findings = Findings()
    watch = Watch(beside.outside, beside.records, findings, projects=[PROJECT])
    watch._killed -= 1000
    watch.look()

    assert findings.clean() == extended
