"""What is known is written by as few writes as keep it: what was done outside waits for the next one alone."""

from collections import Counter
from collections.abc import Callable
from typing import cast

import pytest

from approvals.ids import binding_subject
from approvals.ledgers.ledger import Ledger, decoded
from approvals.ports.store import Store
from approvals.refusals.errors import Unavailable
from sandbox.google import Google
from tests.approvals.reconcile.clouds import bindings
from tests.chaos.trouble import Crash
from tests.support.builders import RESOURCE
from tests.support.direct import Wire
from tests.support.doubles import Around
from tests.support.world import ALICE, BOB, World

SUBJECT = binding_subject(RESOURCE)


def ledger(world: World) -> Ledger:
    return decoded(world.store.recorded(SUBJECT))


def watched(world: World, before: Callable[[str], object]) -> None:
    """Have somebody told of each operation of the store."""
    world.store = cast("Store", Around(world.store, before=before))
    world.restart()


def counted(world: World) -> Counter[str]:
    """The operations of the store from here on."""
    seen = Counter[str]()
    watched(world, lambda name: seen.update([name]))
    return seen


def dies() -> None:
    raise Crash


def breaks() -> None:
    raise RuntimeError("broken")


# --- nothing is lost


def test_who_dies_while_a_write_is_read_back_has_it_written_once_and_ended(
    world: World, cloud: Google, wire: Wire
) -> None:
    """That Google took it is kept with what the look shows: dying in it is dying before anybody heard of it."""
    request = world.file(minutes=10)
    world.press(BOB, request)
    wire.reads = [None, dies]
    with pytest.raises(Crash):
        world.reconciler.subject(SUBJECT)
    assert (wire.sent, world.state(request)) == (1, "activating")

    world.restart()
    world.clock.advance(31)
    world.passes(60)
    assert (wire.sent, world.state(request)) == (1, "active")

    world.passes(600)
    assert (world.state(request), bindings(cloud)) == ("ended", [])


def test_who_dies_while_a_removal_is_read_back_leaves_nobody_in(world: World, cloud: Google, wire: Wire) -> None:
    request = world.granted(minutes=10)
    world.end(ALICE, request)
    wire.reads = [None, dies]
    with pytest.raises(Crash):
        world.reconciler.subject(SUBJECT)
    assert bindings(cloud) == []

    world.restart()
    world.clock.advance(31)
    world.passes(60)
    assert all(grant.removed for grant in world.read(request).grants)
    assert wire.sent == 1 + 1


def test_what_google_took_is_known_where_the_look_after_it_breaks(world: World, wire: Wire) -> None:
    request = world.file()
    world.press(BOB, request)
    wire.reads = [None, breaks]
    world.reconciler.subject(SUBJECT)

    assert [each.accepted for each in ledger(world).attempts] == [True]
    assert world.state(request) == "activating"


def test_a_look_that_breaks_is_named_where_what_google_took_cannot_be_kept_either(
    world: World, wire: Wire, caplog: pytest.LogCaptureFixture
) -> None:
    """The store says only that it does not answer; what broke is what somebody has to mend."""
    request = world.file()
    world.press(BOB, request)
    saves: list[str] = []

    def refusing(name: str) -> None:
        saves.extend([name] if name == "save" else [])
        if name == "save" and len(saves) > 1:
            raise Unavailable("the store does not answer")

    watched(world, refusing)
    wire.reads = [None, breaks]
    world.reconciler.subject(SUBJECT)

    said = {record.getMessage(): record.exc_info for record in caplog.records}
    broken = said[f"{SUBJECT} failed"]
    assert broken is not None
    assert str(broken[1]) == "broken"
    assert f"{RESOURCE}: what Google took is not kept: the store does not answer" in said


def test_nothing_is_recorded_active_before_the_ledger_says_that_it_was_read_back(world: World) -> None:
    request = world.file()
    world.press(BOB, request)
    shown: list[object] = []

    def told(name: str) -> None:
        if name == "commit":
            shown.append([each.requests for each in ledger(world).known])

    watched(world, told)
    world.reconciler.subject(SUBJECT)

    assert shown == [[(request.id,)]]
    assert world.state(request) == "active"


# --- how many it are


def test_a_grant_and_its_end_are_two_writes_of_the_ledger_each(world: World) -> None:
    """The intent, and what the look after it showed."""
    request = world.file()
    world.press(BOB, request)
    seen = counted(world)

    world.reconciler.subject(SUBJECT)
    assert (world.state(request), seen["save"], seen["commit"]) == ("active", 2, 1)

    world.end(ALICE, request)
    seen.clear()
    world.reconciler.subject(SUBJECT)
    assert (seen["save"], seen["commit"]) == (2, 1)
