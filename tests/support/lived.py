"""A store with a history of every kind: each thing that can become of a request became of one."""

from datetime import timedelta

import msgspec

from approvals import transitions
from approvals.absences import back, leave
from approvals.auditing.audits import anchor
from approvals.freezes.freezing import freeze, thaw
from approvals.people.standins import Absence
from approvals.policy.reading.parse import digest_of
from approvals.ports.store import StoredPolicy
from approvals.ports.targets import Forbidden
from approvals.requests import Request
from approvals.reviews import typed
from tests.support import fridays
from tests.support.direct import Wire
from tests.support.refunds import Till
from tests.support.world import ALICE, BOB, CAROL, GWEN, POLICY, World, policy

ONCE = '{approvers: ["group:approvers@example.com"], needed: 1}'


def live(world: World, wire: Wire) -> dict[str, str]:
    """Let everything happen that can, and anchor all but the last; return the requests by what became of them."""
    _load(world)
    world.policy = policy((ONCE, ONCE.replace("}", ", sign: typed}")))
    found = _erased(world) | {"signed": world.file()}
    world.press(BOB, found["signed"], printed_name="Bob Builder", meaning="I approve")
    world.pass_()
    found["denied"] = world.file(GWEN)
    world.press(CAROL, found["denied"], "deny", comment="Not in a freeze")
    found["revoked"] = world.granted(GWEN, "pair")
    world.end(CAROL, found["revoked"])
    world.pass_()
    found["withdrawn"] = world.file(ALICE, "pair")
    world.uses.ending.withdraw(world.identity(ALICE), found["withdrawn"].id, now=world.clock())
    found |= _joined(world)
    found["troubled"] = world.file(BOB, "logs")
    wire.reads.extend([Forbidden("no permission", needed="getIamPolicy")] * 3)
    world.pass_()
    found["pending"] = world.file(GWEN, "pair")
    world.press(BOB, found["pending"])
    world.press(BOB, world.read(found["pending"]), "take_back")
    world.press(CAROL, found["pending"])
    found |= _acted(world)
    found |= _later(world) | _alone(world)
    while anchor(world.store, now=world.clock()):
        pass
    found["young"] = world.file(CAROL, "pair")
    _leave_and_return(world)
    freeze(world.store, by="os:eve", why=None, now=world.clock())
    thaw(world.store, by="os:eve", why=None, now=world.clock())
    freeze(world.store, by="os:root", why=typed("INC-6", salt="s" * 16), now=world.clock())
    freeze(world.store, by="os:root", why=typed("INC-7", salt="s" * 16), now=world.clock())
    return {name: request.id for name, request in found.items()}


def _leave_and_return(world: World) -> None:
    """One is away, in the place of an earlier absence of theirs; another is back."""
    now, generation = world.clock(), world.store.installation().generation
    until = now + timedelta(days=3)
    for person, delegate in ((BOB, CAROL), (GWEN, CAROL), (BOB, GWEN)):
        absence = Absence(person=person, delegate=delegate, since=now, until=until, generation=generation)
        leave(world.store, absence, now=now)
    back(world.store, GWEN, by=GWEN, now=now)


def _acted(world: World) -> dict[str, Request]:
    """Actions of an application: one is used that a person had confirmed, one taken back, one still to be used."""
    till = Till(world)
    lapsed, approved = till.approved(), till.approved()
    world.end(CAROL, lapsed, why="The customer called")
    return {"used": till.confirmed_and_used(), "lapsed": lapsed, "approved": approved}


RETENTION = timedelta(days=30)


def _erased(world: World) -> dict[str, Request]:
    """What was over long ago, and has no text any more: with offers, comments and parameters before."""
    less, used = world.file(GWEN, "pair"), _paid(world)
    world.offer(BOB, less, minutes=30, why="Half an hour is enough")
    world.accept(GWEN, less)
    world.press(CAROL, world.read(less), "deny", comment="Not even that")
    world.clock.advance(RETENTION.total_seconds())
    for each in (less, used):
        world.store.commit(transitions.erase(world.read(each), retention=RETENTION, now=world.clock()))
    return {"less erased": less, "used erased": used}


def _paid(world: World) -> Request:
    """A refund that was done."""
    before, till = world.policy, Till(world)
    refund = till.ask(key="long ago")
    world.press(BOB, refund)
    done = till.consume(refund, key="done long ago")
    world.policy = before
    return done


def _load(world: World) -> None:
    now = world.clock()
    kept = StoredPolicy(digest=digest_of(POLICY), text=POLICY, source="policy.yaml", loaded_at=now)
    world.store.keep(kept)


ALONE = "approval: self"
GLASS = 'approval: break_glass\n    break_glass: {max: 2h, review: {by: ["user:bob@example.com"], within: 3d}}'


def _later(world: World) -> dict[str, Request]:
    """Less was offered and accepted, or only offered; an emergency was reviewed, another one not yet."""
    less, offered = world.file(GWEN, "pair"), world.file(ALICE, "pair")
    world.offer(BOB, less, minutes=30)
    world.accept(GWEN, less)
    world.press(BOB, world.read(less))
    world.offer(CAROL, offered, minutes=20, why="Is that not enough?")
    before, world.policy = world.policy, policy((ALONE, GLASS))
    glass = {name: _broken(world, person) for name, person in (("reviewed", ALICE), ("unreviewed", GWEN))}
    bob = world.identity(BOB)
    world.uses.reviewing.find(bob, glass["reviewed"].id, justified=False, why="It was not", now=world.clock())
    world.policy = before
    return {"less": less, "offered": offered} | glass


def _alone(world: World) -> dict[str, Request]:
    """Of approvals that grant nothing one waits, one stands longer than another, and one was revoked."""
    before = world.policy
    fridays.fridays(world)
    made = ("waiting", "extended", "revoked", "scheduled")
    found = {f"alone, {name}": fridays.SCENES[name](world) for name in made}
    world.policy = before
    return found


def _joined(world: World) -> dict[str, Request]:
    """Of memberships of a group one waits, and one was ended by somebody else."""
    before, world.policy = world.policy, policy(fridays.OF_GROUP)
    out, waiting = world.granted(GWEN), world.file(BOB)
    world.end(CAROL, out)
    world.pass_()
    world.policy = before
    return {"joined and out": out, "joining": waiting}


def _broken(world: World, person: str) -> Request:
    ask = msgspec.structs.replace(world.ask("logs"), break_glass=True)
    return world.uses.asking.file(world.identity(person), ask, key=f"glass {person}", now=world.clock())
