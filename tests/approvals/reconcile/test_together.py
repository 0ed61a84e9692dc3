"""Many people on one resource: one write for all of them, and nobody's trouble is anybody else's."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest

from approvals.ledgers.ledger import decoded
from approvals.ports.targets import Forbidden, GranterError, Impossible, Unsure
from approvals.refusals.errors import Conflict
from approvals.requests import Request
from sandbox.google import Google
from tests.approvals.reconcile.clouds import FOREIGN, bindings, in_force, put, strip
from tests.approvals.reconcile.crowds import BINDING, CROWD, Strict, asked, cap, crowded, states, wire
from tests.support.builders import RESOURCE
from tests.support.world import ALICE, BOB, CAROL, GWEN, World

__all__ = ["crowded", "wire"]


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
    assert "roles/logging.viewer" not in cause
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

    assert wire.tried == [(2, 1), (0, 1), (2, 0), (0, 0)]
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


def test_what_google_refuses_of_one_person_again_and_again_leaves_no_long_record(
    crowded: World, wire: Strict
) -> None:
    """A binding that may not be taken out stands for ever, and its holder asks for the role all day long."""
    stands = crowded.granted(ALICE, "logs", minutes=10)
    wire.refuses = cap("roles/logging.viewer")
    crowded.passes(660, step=60)
    for _ in range(30):
        again = crowded.file(ALICE, "logs", minutes=10)
        crowded.passes(660, step=60)
        assert crowded.state(again) == "failed"
    lease = crowded.store.lease(BINDING, owner="look", now=crowded.clock(), until=crowded.clock())
    assert lease is not None
    ledger = decoded(lease.body)

    assert not crowded.read(stands).grants[0].removed
    assert max(len(ledger.known), len(ledger.attempts)) <= 2


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
    assert wire.tried.count((0, 0)) == 2, "once before the trial, and once before it is said who is to blame"
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
