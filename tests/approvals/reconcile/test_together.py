"""Many people on one resource: one write for all of them, and nobody's trouble is anybody else's."""

from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
from typing import Any

import pytest

from approvals.errors import Conflict
from approvals.ports.targets import Binding, Forbidden, GranterError, Impossible, PolicyChanged, Snapshot, Unsure
from approvals.reconcile.runner import LEASE
from approvals.requests import Request
from sandbox.google import Google
from tests.approvals.reconcile.clouds import FOREIGN, bindings, in_force, put, strip
from tests.builders import RESOURCE
from tests.direct import Wire, direct_iam
from tests.world import ALICE, BOB, CAROL, GWEN, World

BINDING = f"binding:{RESOURCE}"
CROWD = [f"person{number:03}@example.com" for number in range(40)]


Refuses = Callable[[Iterable[Binding], Iterable[Binding]], GranterError | None]


class Strict(Wire):
    """A line to a Google that refuses what a test says, and answers each call after some seconds."""

    def __init__(self, cloud: Google) -> None:
        super().__init__(direct_iam(cloud))
        self.seconds = 0.0
        self.pass_time: Callable[[float], None] = lambda _: None
        self.refuses: Refuses = lambda add, remove: None
        self.tried: list[tuple[int, int]] = []
        self.log: list[tuple[datetime, set[str], set[str]]] = []
        self.clock: Callable[[], datetime] = datetime.now

    def read(self, resource: str, *, timeout: float, reason: str) -> Snapshot:
        self.pass_time(self.seconds)
        return super().read(resource, timeout=timeout, reason=reason)

    def write(self, snapshot: Snapshot, *, remove: Any, add: Any, timeout: float, reason: str) -> None:
        self.tried.append((len(add), len(remove)))
        self.pass_time(self.seconds)
        error = self.refuses(add, remove)
        if error is not None:
            raise error
        super().write(snapshot, remove=remove, add=add, timeout=timeout, reason=reason)
        self.log.append((self.clock(), {each.member for each in add}, {each.member for each in remove}))


@pytest.fixture
def wire(cloud: Google) -> Strict:
    return Strict(cloud)


@pytest.fixture
def crowded(world: World, wire: Strict) -> World:
    wire.pass_time, wire.clock = world.clock.advance, world.clock
    for person in CROWD:
        world.people.join(person)
    return world


def asked(world: World, people: Iterable[str] = CROWD, **terms: Any) -> list[Request]:
    return [world.file(person, "logs", **terms) for person in people]


def states(world: World, requests: Iterable[Request]) -> set[str]:
    return {world.state(request) for request in requests}


def cap(role: str, error: Callable[[str], GranterError] = Forbidden) -> Refuses:
    """As Google refuses a change of a role that the condition on the service's own role does not list."""

    def refuses(add: Iterable[Binding], remove: Iterable[Binding]) -> GranterError | None:
        changed = {each.role for each in (*add, *remove)}
        return error(f"no permission to change {role}") if role in changed else None

    return refuses


# --- one write -----------------------------------------------------------------------------------


def test_what_many_people_call_for_is_read_once_written_once_and_read_back_once(
    crowded: World, cloud: Google, wire: Strict
) -> None:
    reads: list[None] = []
    wire.reads = [lambda: reads.append(None)] * 9
    requests = asked(crowded)
    crowded.reconciler.subject(BINDING)

    assert (wire.tried, len(reads)) == ([(40, 0)], 2)
    assert states(crowded, requests) == {"active"}
    assert {member for each in bindings(cloud) for member in each["members"]} == {f"user:{who}" for who in CROWD}


def test_what_is_asked_while_a_burst_gathers_is_in_the_same_write(crowded: World, wire: Strict) -> None:
    first = asked(crowded, CROWD[:1])
    late: list[Request] = []
    moments: list[datetime] = []
    pause = crowded.clock.advance

    def meanwhile(seconds: float) -> None:
        pause(seconds)
        moments.append(crowded.clock())
        late.extend(asked(crowded, CROWD[1:]))

    begun = crowded.clock()
    crowded.clock.advance = meanwhile  # type: ignore[method-assign]
    crowded.restart()
    crowded.clock.advance = pause  # type: ignore[method-assign]
    crowded.reconciler.subject(BINDING)

    assert (wire.tried, states(crowded, [*first, *late])) == ([(40, 0)], {"active"})
    assert timedelta() < moments[0] - begun <= timedelta(milliseconds=100)


def test_ends_of_many_people_are_one_write(crowded: World, cloud: Google, wire: Strict) -> None:
    requests = asked(crowded, minutes=10)
    crowded.pass_()
    crowded.clock.advance(600)
    crowded.pass_()

    assert wire.tried == [(40, 0), (0, 40)]
    assert (states(crowded, requests), bindings(cloud)) == ({"ended"}, [])


def test_who_comes_and_who_goes_are_one_write(crowded: World, wire: Strict) -> None:
    asked(crowded, CROWD[:20], minutes=10)
    crowded.pass_()
    crowded.clock.advance(600)
    asked(crowded, CROWD[20:])
    crowded.pass_()

    assert wire.tried == [(20, 0), (20, 20)]


# --- nobody's trouble is anybody else's ------------------------------------------------------------


def test_whose_binding_is_missing_keeps_nobody_from_theirs(crowded: World, cloud: Google) -> None:
    missing = crowded.granted(ALICE, "logs")
    strip(cloud)
    others = asked(crowded)
    crowded.reconciler.subject(BINDING)

    assert (crowded.state(missing), states(crowded, others)) == ("active", {"active"})
    assert not in_force(cloud, crowded.clock(), role="roles/logging.viewer")
    crowded.passes(12)
    assert (crowded.state(missing), states(crowded, others)) == ("revoked", {"active"})
    assert not in_force(cloud, crowded.clock(), role="roles/logging.viewer")


def test_whose_other_access_is_in_doubt_gets_what_has_nothing_to_do_with_it(crowded: World, cloud: Google) -> None:
    crowded.granted(ALICE, "logs")
    strip(cloud)
    other = crowded.file(ALICE, "admin")
    crowded.press(BOB, other)
    crowded.reconciler.subject(BINDING)

    assert crowded.state(other) == "active"


def test_a_removal_waits_for_nobodys_doubt(crowded: World, cloud: Google) -> None:
    missing, ended = crowded.granted(ALICE, "logs"), crowded.granted(GWEN, "logs")
    put(cloud, FOREIGN)
    kept = [each for each in bindings(cloud) if "user:alice@example.com" not in each["members"] or each in FOREIGN]
    cloud.edit(RESOURCE, lambda p: p.update(bindings=kept))
    crowded.reconciler.subject(BINDING)
    crowded.end(GWEN, ended)
    crowded.reconciler.subject(BINDING)

    gone = crowded.read(ended).grant
    assert gone is not None
    assert gone.removed
    assert (crowded.state(missing), bindings(cloud)) == ("active", FOREIGN)


@pytest.mark.parametrize("error", [Forbidden, Impossible], ids=["403", "400"])
def test_a_role_that_google_does_not_take_fails_those_who_asked_for_it_and_nobody_else(
    crowded: World, cloud: Google, wire: Strict, error: Callable[[str], GranterError]
) -> None:
    """The documented condition on the service's own role answers with 403, an unknown role with 400."""
    wire.refuses = cap("roles/run.viewer", error)
    crowded.granted(ALICE, "admin")
    barred = [crowded.file(person, "pair") for person in CROWD[:3]]
    for request in barred:
        crowded.press(BOB, request)
        crowded.press(CAROL, request)
    others = asked(crowded)
    crowded.pass_()

    assert (states(crowded, barred), states(crowded, others)) == ({"failed"}, {"active"})
    (cause,) = {str(grant.cause) for request in barred if (grant := crowded.read(request).grant)}
    assert "roles/run.viewer" in cause
    assert {each["role"] for each in bindings(cloud)} == {"roles/run.admin", "roles/logging.viewer"}
    assert (0, 0) in wire.tried, "a write that adds nothing came before anybody's grant failed"


def test_nobody_fails_where_google_takes_no_write_at_all(crowded: World, wire: Strict) -> None:
    wire.refuses = lambda add, remove: Forbidden("needs setIamPolicy", needed="setIamPolicy")
    requests = asked(crowded)
    crowded.passes(300)
    (trouble,) = {str(grant.trouble) for request in requests if (grant := crowded.read(request).grant)}
    assert states(crowded, requests) == {"activating"}
    assert "needs setIamPolicy" in trouble
    wire.refuses = lambda add, remove: None
    crowded.passes(300)

    assert states(crowded, requests) == {"active"}


def test_removals_go_first_and_alone_when_a_write_is_refused(crowded: World, wire: Strict) -> None:
    crowded.granted(ALICE, "logs", minutes=10)
    crowded.clock.advance(600)
    wire.refuses = cap("roles/run.viewer")
    bad = crowded.file(GWEN, "pair")
    crowded.press(BOB, bad)
    crowded.press(CAROL, bad)
    wire.tried.clear()
    crowded.reconciler.subject(BINDING)

    assert wire.tried == [(2, 1), (0, 1), (2, 0)]
    assert crowded.state(bad) == "failed"


def test_what_is_left_of_others_and_refused_keeps_nobody_else(crowded: World, wire: Strict) -> None:
    """A window that is to become shorter cannot be written: its whole binding stays, the others go on."""
    first = crowded.granted(ALICE, "admin")
    crowded.clock.advance(600)
    second = crowded.granted(ALICE, "admin")
    crowded.end(ALICE, second)
    wire.refuses = cap("roles/run.admin", Impossible)
    others = asked(crowded)
    crowded.pass_()

    grant = crowded.read(second).grant
    assert grant is not None
    assert (grant.state, grant.removed) == ("ended", False)
    assert "no permission to change roles/run.admin" in str(grant.trouble)
    assert (crowded.state(first), states(crowded, others)) == ("active", {"active"})
    writes = len(wire.tried)
    more = asked(crowded, [BOB, CAROL])
    crowded.pass_()
    assert states(crowded, more) == {"active"}
    assert len(wire.tried) == writes + 1, "what was refused waits, also when others are written"
    wire.refuses = lambda add, remove: None
    crowded.passes(300)
    grant = crowded.read(second).grant
    assert grant is not None
    assert (grant.removed, grant.trouble) == (True, "")


def test_a_bundles_roles_are_never_half_written(crowded: World, cloud: Google, wire: Strict) -> None:
    wire.refuses = cap("roles/run.viewer")
    bundle = crowded.file(GWEN, "pair")
    crowded.press(BOB, bundle)
    crowded.press(CAROL, bundle)
    asked(crowded, CROWD[:5])
    seen: list[set[str]] = []
    wire.reads = [lambda: seen.append({each["role"] for each in bindings(cloud)})] * 40
    crowded.passes(60)

    assert all("roles/storage.objectViewer" not in roles for roles in seen)
    assert crowded.state(bundle) == "failed"


def test_a_trial_goes_on_in_another_process_after_a_death(crowded: World, wire: Strict) -> None:
    """The lease is over in the middle of it; what is proved and tried by then stands in the ledger."""
    wire.refuses = cap("roles/run.viewer")
    bad = crowded.file(CROWD[17], "pair")
    crowded.press(BOB, bad)
    crowded.press(CAROL, bad)
    others = asked(crowded)
    wire.seconds = 2.0
    crowded.reconciler.subject(BINDING)
    assert crowded.state(bad) == "activating"
    writes = len(wire.tried)
    crowded.restart()
    crowded.passes(120)

    assert (crowded.state(bad), states(crowded, others)) == ("failed", {"active"})
    assert wire.tried.count((0, 0)) == 1, "the proof is not sought again"
    assert len(wire.tried) - writes < 16


def test_a_member_whose_records_always_change_keeps_nobody_from_theirs(crowded: World, wire: Strict) -> None:
    """Whose request somebody changes between each look and each record: others are told of theirs all the same."""
    (odd,) = asked(crowded, [ALICE])
    others = asked(crowded)
    commit = crowded.store.commit

    def meanwhile(change: Any) -> None:
        if change.request.id == odd.id and change.entries[-1].action == "grant.active":
            raise Conflict("changed meanwhile")
        commit(change)

    crowded.store.commit = meanwhile  # type: ignore[method-assign]
    crowded.reconciler.subject(BINDING)

    assert (crowded.state(odd), states(crowded, others)) == ("activating", {"active"})


def test_after_a_write_without_an_answer_everybodys_removal_waits_only_for_what_it_may_bring(
    crowded: World, wire: Strict
) -> None:
    ended = crowded.granted(GWEN, "logs")
    asked(crowded, CROWD[:1])
    crowded.end(GWEN, ended)
    wire.writes = [None, *[Unsure("503")] * 9]
    crowded.reconciler.subject(BINDING)

    grant = crowded.read(ended).grant
    assert grant is not None
    assert grant.removed


# --- a removal is on time ----------------------------------------------------------------------------


def test_a_removal_is_on_time_while_google_refuses_somebody_elses(crowded: World, wire: Strict) -> None:
    """Google answers within a second, and tries find out for a long while whose role it does not take."""
    crowded.granted(ALICE, "logs", minutes=5)
    end = crowded.read(crowded.store.holdings(resource=RESOURCE)[0]).grant
    assert end is not None
    crowded.clock.advance(290)
    wire.seconds = 1.0
    wire.refuses = cap("roles/run.viewer")
    for person in CROWD[:6]:
        bad = crowded.file(person, "pair")
        crowded.press(BOB, bad)
        crowded.press(CAROL, bad)
    asked(crowded)
    while not any("user:alice@example.com" in removed for _, _, removed in wire.log):
        crowded.pass_()
        crowded.clock.advance(1)
    when = next(at for at, _, removed in wire.log if "user:alice@example.com" in removed)

    assert timedelta() <= when - end.window.end <= timedelta(seconds=15)


def test_nothing_is_added_that_leaves_too_little_of_the_lease_for_a_removal(crowded: World, wire: Strict) -> None:
    """Six seconds of the lease are gone, and somebody's time is over before its end: what adds waits."""
    crowded.granted(ALICE, "logs", minutes=1)
    crowded.clock.advance(45)
    more = asked(crowded, CROWD[:1])
    wire.tried.clear()
    wire.reads = [lambda: crowded.clock.advance(6)]
    due = crowded.reconciler.subject(BINDING)
    assert (wire.tried, states(crowded, more)) == ([], {"activating"})
    assert due is not None
    assert due <= crowded.clock()
    crowded.pass_()

    assert states(crowded, more) == {"active"}


def test_what_takes_away_goes_alone_where_the_lease_is_too_short_for_both(crowded: World, wire: Strict) -> None:
    crowded.granted(ALICE, "logs", minutes=1)
    crowded.clock.advance(60)
    more = asked(crowded, CROWD[:1])
    wire.tried.clear()
    wire.reads = [lambda: crowded.clock.advance(6)]
    crowded.reconciler.subject(BINDING)

    assert wire.tried[0] == (0, 1)
    crowded.pass_()
    assert states(crowded, more) == {"active"}


def test_a_removal_that_comes_due_while_many_records_are_written_does_not_wait_for_them(
    crowded: World, wire: Strict
) -> None:
    """Each record takes a second, as in a store that is far away."""
    crowded.granted(ALICE, "logs", minutes=1)
    crowded.clock.advance(50)
    asked(crowded)
    commit = crowded.store.commit

    def slow(change: Any) -> None:
        crowded.clock.advance(1)
        commit(change)

    crowded.store.commit = slow  # type: ignore[method-assign]
    begun = crowded.clock()
    for _ in range(4):
        crowded.reconciler.subject(BINDING)
    when = next(at for at, _, removed in wire.log if "user:alice@example.com" in removed)

    assert when - begun <= timedelta(seconds=10 + 15)


def test_what_is_undone_again_and_again_is_left_and_looked_at_later(
    crowded: World, cloud: Google, wire: Strict
) -> None:
    asked(crowded)
    wire.reads = [None, *[lambda: strip(cloud)] * 50]
    crowded.reconciler.subject(BINDING)

    assert len(wire.tried) <= 6


def test_a_conflict_again_and_again_is_left_and_tried_again(crowded: World, wire: Strict) -> None:
    requests = asked(crowded)
    wire.writes = [PolicyChanged("changed")] * 6
    begun = crowded.clock()
    crowded.reconciler.subject(BINDING)
    assert (states(crowded, requests), crowded.clock() - begun < LEASE) == ({"activating"}, True)
    crowded.passes(30)

    assert states(crowded, requests) == {"active"}
