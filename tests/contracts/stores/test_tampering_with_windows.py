"""A call that somebody wrote into a store as one of a counted window: the audit holds it against that window.

Its record agrees with its own chain, and nobody was asked for it.
"""

from collections.abc import Callable, Iterable, Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any, NamedTuple

import msgspec
import pytest

from approvals import transitions
from approvals.auditing.audits import Inspection
from approvals.chaining import SERVICE, chained
from approvals.chains import Held
from approvals.changes import Change
from approvals.ids import application_ref, new_request_id
from approvals.ports.store import Store
from approvals.requests import Decision, Request, asked
from approvals.targets import ActionCall
from approvals.terms.covered import cover
from approvals.terms.records import Within
from approvals.times import rfc3339
from countersign_client.chain import START, Entry
from tests.support.direct import Wire
from tests.support.tool_callers import WINDOW, Call, ToolCallers
from tests.support.world import CAROL, World

NONE = "r-0000000000"
DIGEST = "sha256:" + "0" * 64


class Lived(NamedTuple):
    """Calls in a store: one whose approval was for three, one that was taken from that, and one by itself."""

    world: World
    callers: ToolCallers
    opener: Request
    taken: Request
    single: Request


@pytest.fixture
def lived(tmp_path: Path, wire: Wire, store: Store) -> Lived:
    world = World(tmp_path, granter=wire, store=store)
    callers = ToolCallers(world)
    opener, single = (callers.ask(Call(number=each)) for each in (1, 2))
    callers.approve(single, several=False)
    world.clock.advance(60)
    callers.approve(opener)
    taken = callers.ask(Call(number=3))
    assert taken.terms.within == Within(request=opener.id, digest=opener.digest, number=2)
    return Lived(world, callers, world.read(opener), taken, world.read(single))


def faults(store: Store) -> dict[str, str]:
    """What the audit finds, by whose it is."""
    found: dict[str, str] = {}
    for fault in Inspection(store).faults():
        found[fault.chain] = f"{found.get(fault.chain, '')}{fault.text}. "
    return found


Forging = Callable[[Lived], Change]


def call(of: Request) -> ActionCall:
    assert of.action is not None
    return of.action


def forged(like: Request, *, after: timedelta = timedelta(0), **terms: Any) -> Change:
    """A call like this one, but for what its terms say, approved in the same words: its record and chain hold."""
    at, person = like.filed + after, terms.get("person")
    requester = person.principal if person is not None else like.requester
    made = msgspec.structs.replace(
        like,
        id=new_request_id(),
        requester=requester,
        terms=msgspec.structs.replace(like.terms, **terms),
        state="pending",
        filed=at,
        updated=at,
        decision=None,
        generation="",
        version=0,
        seq=0,
        head=START,
    )
    actor = application_ref(call(made).application)
    made = msgspec.structs.replace(made, account=f"{actor}/{requester}")
    covered = cover(asked(made))
    made = msgspec.structs.replace(made, covered=covered.text, digest=covered.digest)
    said = {"digest": made.digest, "policy": made.terms.policy, "account": made.account}
    said |= {"entitlement": made.terms.entitlement, "requester": requester}
    filed = chained(made, now=at, actor=actor, action="request.filed", detail=said)
    return transitions.both(filed, lambda it: approved(it, like.generation))


def approved(request: Request, generation: str) -> Change:
    said = {"by": [], "kind": "window", "policy": request.terms.policy, "generation": generation}
    said |= {"use_by": rfc3339(request.filed + request.terms.duration)}
    return chained(
        request,
        now=request.filed,
        actor=SERVICE,
        action="request.approved",
        detail=said,
        state="approved",
        decision=Decision(outcome="approved", at=request.filed, by=()),
        generation=generation,
    )


def says(**within: Any) -> Forging:
    """One that says something else of the window that it was taken from."""

    def made(lived: Lived) -> Change:
        assert lived.taken.terms.within is not None
        return forged(lived.taken, within=msgspec.structs.replace(lived.taken.terms.within, **within))

    return made


def of_single(lived: Lived) -> Change:
    single = lived.single
    return forged(lived.taken, within=Within(request=single.id, digest=single.digest, number=2))


def calls(**changes: Any) -> Forging:
    """One of another call than what people approved."""

    def made(lived: Lived) -> Change:
        target = msgspec.structs.replace(call(lived.taken), **changes)
        return forged(lived.taken, targets=(target,), entitlement=target.action)

    return made


def names(name: str, value: str) -> Forging:
    """One of a tool that says something else of itself."""

    def made(lived: Lived) -> Change:
        given = call(lived.taken).parameters
        assert name in [each.name for each in given]
        other = [msgspec.structs.replace(each, value=value) if each.name == name else each for each in given]
        return calls(parameters=tuple(other))(lived)

    return made


def for_carol(lived: Lived) -> Change:
    assert lived.taken.terms.person is not None
    return forged(lived.taken, person=msgspec.structs.replace(lived.taken.terms.person, principal=CAROL))


def at(after: timedelta) -> Forging:
    return lambda lived: forged(lived.taken, after=after)


OTHER = "for another agent, person or tool"
FORGED: dict[str, tuple[Forging, str]] = {
    "of nobody's": (says(request=NONE), f"taken from the window of {NONE}, which is not there"),
    "of what is no request": (says(request="a/b"), "taken from the window of a/b, which is not there"),
    "of the installation": (says(request=""), "which is not there"),
    "of one call": (of_single, "which was approved for no other call"),
    "one too many": (says(number=4), "as call 4 of 3"),
    "one that was never taken": (says(number=3), "which counts no call 3"),
    "the same one again": (says(), "which counts another one as its call 2"),
    "of other terms": (says(digest=DIGEST), "by another digest than it has"),
    "too late": (at(WINDOW.lasts), "outside of its time"),
    "too early": (at(-timedelta(minutes=2)), "outside of its time"),
    "another agent": (calls(application="another"), OTHER),
    "another action": (calls(action="assistant-other"), OTHER),
    "another person": (for_carol, OTHER),
    "another tool": (names("tool.name", "delete_everything"), OTHER),
    "another definition": (names("tool.definition", DIGEST), OTHER),
    "somebody else acts": (calls(data='{"act":"eve"}'), OTHER),
}


@pytest.mark.parametrize("how", FORGED)
def test_a_call_that_no_window_counts_is_named(lived: Lived, store: Store, how: str) -> None:
    forge, said = FORGED[how]
    change = forge(lived)
    store.create(change, key="forged")

    found = faults(store)

    assert list(found) == [change.request.id]
    assert said in found[change.request.id]


def test_a_call_of_a_window_that_somebody_wrote_beside_it_is_named_too(lived: Lived, store: Store) -> None:
    made = says(request=NONE)(lived)
    opener = msgspec.structs.replace(made.request, window=lived.opener.window)
    store.create(msgspec.structs.replace(made, request=opener), key="opener")
    change = says(request=opener.id, digest=opener.digest)(lived)
    store.create(change, key="forged")

    found = faults(store)

    assert found.keys() == {opener.id, change.request.id}
    assert f"taken from the window of {opener.id}, which does not hold" in found[change.request.id]


def test_a_window_that_was_used_up_and_is_over_and_erased_holds(lived: Lived, store: Store) -> None:
    world, callers = lived.world, lived.callers
    last = callers.ask(Call(number=4), use="use 4")
    assert callers.ask(Call(number=5)).state == "pending"
    callers.use(lived.taken, Call(number=3))
    world.clock.advance(9 * 3600)
    world.pass_()
    retention = timedelta(days=30)
    world.clock.advance(retention.total_seconds())

    for each in (lived.opener, last):
        world.store.commit(transitions.erase(world.read(each), retention=retention, now=world.clock()))

    assert faults(store) == {}


def test_a_call_of_another_person_is_named_also_where_the_window_is_erased(lived: Lived, store: Store) -> None:
    world, retention = lived.world, timedelta(days=30)
    world.clock.advance(9 * 3600)
    world.pass_()
    change = for_carol(lived)
    world.clock.advance(retention.total_seconds())
    world.store.commit(transitions.erase(world.read(lived.opener), retention=retention, now=world.clock()))
    store.create(change, key="forged")

    assert OTHER in faults(store)[change.request.id]


class Busy:
    """A store in which a call is taken from a window once the audit has read that, and before it is done."""

    def __init__(self, lived: Lived) -> None:
        self._lived = lived
        self._store = lived.world.store

    def chains(self) -> Iterable[str]:
        yield from ("", self._lived.opener.id, self._lived.taken.id)
        yield self._lived.callers.ask(Call(number=4)).id

    def entries(self, chain: str) -> Sequence[Entry]:
        return self._store.entries(chain)

    def held(self, chain: str) -> Held:
        return self._store.held(chain)


def test_a_call_that_is_taken_while_the_audit_looks_is_one_of_its_window(lived: Lived) -> None:
    inspection = Inspection(Busy(lived))

    assert list(inspection.faults()) == []
    assert inspection.chains == 4
