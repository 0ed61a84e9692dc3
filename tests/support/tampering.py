"""A store with a history of every kind, and every way to change one thing in what it holds."""

import json
import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec

from approvals import transitions
from approvals.absences import back, leave
from approvals.audits import anchor
from approvals.freezing import freeze, thaw
from approvals.policy.reading.parse import digest_of
from approvals.ports.store import StoredPolicy
from approvals.ports.targets import Forbidden
from approvals.requests import Request
from approvals.reviews import typed
from approvals.standins import Absence
from approvals.times import rfc3339
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


def _broken(world: World, person: str) -> Request:
    ask = msgspec.structs.replace(world.ask("logs"), break_glass=True)
    return world.uses.asking.file(world.identity(person), ask, key=f"glass {person}", now=world.clock())


# --- one thing changed


OTHERS: dict[str, tuple[str, ...]] = {
    "state": (
        "pending",
        "approved",
        "denied",
        "withdrawn",
        "expired",
        "used",
        "lapsed",
        "activating",
        "active",
        "ended",
        "revoked",
    ),
    "outcome": ("approved", "denied", "withdrawn", "expired"),
    "verdict": ("approve", "deny", "take_back"),
    "kind": ("stages", "self", "allow", "auto", "break_glass", "iam", "none", "action"),
    "order": ("", "any"),
    "means": ("chat", "web"),
    "sign": ("", "typed"),
    "proven": ("token", "iap", "asserted"),
    "type": ("string", "money", "number", "time", "secret"),
    "cause": ("time", "person", "holder", "outside", "bundle", "left", "restored"),
}
"""Members that hold one of a few words: each is changed into each other one, so that what results can be read."""

_TYPED = {"digest": "sha256:" + "0" * 64, "salt": "s", "text": "t"}
_TERMS = {
    "entitlement": "logs",
    "title": "Read logs",
    "targets": [{"kind": "iam", "resource": "projects/p", "roles": ["roles/viewer"], "condition": ""}],
    "duration": "PT1H",
    "justification": _TYPED,
    "expires": "2026-11-22T10:00:00Z",
    "requirement": {"kind": "self"},
    "policy": "sha256:" + "0" * 64,
}
MISSING: dict[str, Any] = {
    "erased": "2026-12-25T10:00:00Z",
    "comment": _TYPED,
    "account_name": _TYPED,
    "attestation": {"printed_name": _TYPED, "meaning": _TYPED},
    "closed_at": "2026-11-22T10:00:00Z",
    "why": _TYPED,
    "began": "2026-11-22T10:00:00Z",
    "decision": {"outcome": "approved", "at": "2026-11-22T10:00:00Z", "by": ["bob@example.com"]},
    "auth_time": "2026-11-22T10:00:00Z",
    "expires": "2026-11-22T10:00:00Z",
    "read_at": "2026-11-22T10:00:00Z",
    "start": "2026-11-22T10:00:00Z",
    "finding": {
        "at": "2026-11-22T10:00:00Z",
        "by": "bob@example.com",
        "justified": True,
        "why": _TYPED,
        "channel": "slack",
        "account": "slack:T0123ABCD/U0B0B",
    },
    "after_review": {"by": ["user:bob@example.com"], "due": "2026-11-25T10:00:00Z"},
    "counter": {
        "by": "bob@example.com",
        "at": "2026-11-22T10:00:00Z",
        "account": "slack:T0123ABCD/U0B0B",
        "channel": "slack",
        "revision": 2,
        "terms": _TERMS,
        "covered": "{}",
        "digest": "sha256:" + "0" * 64,
    },
    "confirmed": {"at": "2026-11-22T10:00:00Z", "account": "slack:T0123ABCD/U0A11CE00"},
    "person": {"principal": "carol@example.com", "proven": "token"},
    "used": {"at": "2026-11-22T10:00:00Z", "by": "payments", "key": "k"},
    "lapsed": {"at": "2026-11-22T10:00:00Z"},
    "grant": {
        "state": "active",
        "window": {"start": "2026-11-22T10:00:00Z", "end": "2026-11-22T11:00:00Z"},
    },
}
"""What stands where nothing stood."""


def changed(value: Any, name: str) -> Iterator[Any]:
    """Other values for one that is stored under a name, of the same type where that can be."""
    if isinstance(value, bool) or value is None:
        yield MISSING[name] if value is None else not value
    elif name in OTHERS and value in OTHERS[name]:
        yield from (other for other in OTHERS[name] if other != value)
    elif isinstance(value, int):
        yield value + 1
    elif isinstance(value, str):
        yield _other_text(value)
    elif isinstance(value, list):
        yield [*value, value[-1] if value else "bob@example.com"]
        if value:
            yield value[:-1]


def _other_text(value: str) -> str:
    if re.fullmatch(r"\d{4}-\d\d-\d\dT.*Z", value):
        return rfc3339(datetime.fromisoformat(value).astimezone(UTC) + timedelta(hours=1))
    if duration := re.fullmatch(r"PT(\d+)S", value):
        return f"PT{int(duration[1]) + 60}S"
    if value.startswith("sha256:"):
        return "sha256:" + "f" * 64
    return value + "x"


def members(body: Any, path: tuple[str | int, ...] = ()) -> Iterator[tuple[str | int, ...]]:
    """The paths of everything that a JSON value holds, down to the last text and number."""
    if path:
        yield path
    if isinstance(body, dict):
        for name, each in body.items():
            yield from members(each, (*path, name))
    elif isinstance(body, list):
        for index, each in enumerate(body):
            yield from members(each, (*path, index))


def tampered(body: bytes) -> Iterator[tuple[str, bytes]]:
    """The name of each member of a stored body, and the body with that member changed, in each way."""
    whole = json.loads(body)
    for path in members(whole):
        name = next((part for part in reversed(path) if isinstance(part, str)), "")
        value = _at(whole, path)
        if isinstance(value, dict):
            if name in MISSING:
                yield named(path), _with(whole, path, None)
            continue
        for other in changed(value, name):
            yield named(path), _with(whole, path, other)


def named(path: tuple[str | int, ...]) -> str:
    """`reviews.person`: one name for the same member of each item of a list."""
    return ".".join(part for part in path if isinstance(part, str))


def _at(whole: Any, path: tuple[str | int, ...]) -> Any:
    for part in path:
        whole = whole[part]
    return whole


def _with(whole: Any, path: tuple[str | int, ...], value: Any) -> bytes:
    copy = json.loads(json.dumps(whole))
    _at(copy, path[:-1])[path[-1]] = value
    return json.dumps(copy).encode()
