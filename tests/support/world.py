"""The core put together for a test: a real store, real keys, the uses and reconcile, with doubles outside."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from functools import cache, partial
from pathlib import Path
from typing import Any

import msgspec
import pytest

from approvals.backends.signers.file import FileSigner, create_keys
from approvals.backends.signers.purposes import TOKENS
from approvals.backends.stores.sqlite import open_sqlite
from approvals.core import Core
from approvals.identities import Identity
from approvals.policy.evaluate import Ask
from approvals.policy.model import Policy
from approvals.policy.reading.parse import parse
from approvals.ports.announcers import Announcer, Events
from approvals.ports.catalog import Catalog
from approvals.ports.logs import AuditLogs
from approvals.ports.messages import Messenger
from approvals.ports.people import Accounts, Leaving, Standing
from approvals.ports.receivers import Receivers
from approvals.ports.signing import Signer
from approvals.ports.store import Store
from approvals.ports.targets import Granter, Places
from approvals.reconcile.ways import Way
from approvals.reconciling import binding_worker, reconciler
from approvals.refusals.errors import Refused
from approvals.requests import Request
from approvals.reviews import Verdict
from approvals.telling.cards import Card
from approvals.uses.votes import Press, Voted
from handlers.identity.accounts import IapAccounts
from tests.support.builders import NOW, RESOURCE
from tests.support.doubles import Clock, Inline, Outsiders, People, Room, Silent, ref
from tests.support.drift import looking_for_drift
from tests.support.letters import Postman
from tests.support.lobby import Lobby
from tests.support.wishes import Wishes

ALICE, BOB, CAROL, DAN, GWEN = (f"{name}@example.com" for name in ("alice", "bob", "carol", "dan", "gwen"))
APPROVERS = "approvers@example.com"
POLICY = """\
version: 1
identity:
  domains: [example.com]
  aliases: {alice@example.com: [a.smith@example.com]}
defaults:
  duration: {default: 1h, max: 4h}
  channel: "#access"
entitlements:
  - id: admin
    title: Payments administration
    resource: projects/payments-prod
    roles: [roles/run.admin]
    requesters: [alice@example.com, bob@example.com, gwen@example.com]
    approval:
      - {approvers: ["group:approvers@example.com"], needed: 1}
  - id: pair
    title: Payments data
    resource: projects/payments-prod
    roles: [roles/storage.objectViewer, roles/run.viewer]
    requesters: ["domain:example.com"]
    approval:
      - {approvers: ["group:approvers@example.com"], needed: 2}
  - id: logs
    title: Payments logs
    resource: projects/payments-prod
    roles: [roles/logging.viewer]
    requesters: ["domain:example.com"]
    approval: self
"""


@cache
def policy(*replacements: tuple[str, str]) -> Policy:
    """The policy with pieces replaced; each piece must be there."""
    text = POLICY
    for old, new in replacements:
        assert old in text
        text = text.replace(old, new, 1)
    return parse(text, source="policy.yaml")


class World(Wishes):
    """Everything in one process on a clock that stands still. `pass_` is one sweep over what is due."""

    standing: Standing | None = Outsiders()

    def __init__(
        self,
        folder: Path,
        *,
        granter: Granter,
        store: Store | None = None,
        messenger: Messenger | None = None,
        clock: Clock | None = None,
    ) -> None:
        self.clock = clock or Clock()
        self.policy = policy()
        self.room = Room()
        self.people = People(self.clock)
        self.lobby = Lobby(self.clock)
        self.channels: dict[str, Accounts] = {"slack": self.people, "lobby": self.lobby}
        self.channels["iap"] = IapAccounts(clock=self.clock)
        self.people.groups[APPROVERS] = {BOB, CAROL, DAN}
        for person in (ALICE, BOB, CAROL, DAN, GWEN):
            self.people.join(person)
        create_keys(folder / "keys.json", now=NOW, purpose=TOKENS)
        self.store = store or open_sqlite(folder / "store.db", now=NOW)
        self.installation = self.store.installation()
        self.instance = self.installation.instance
        self.signer: Signer = FileSigner(
            folder / "keys.json", issuer=lambda: f"countersign:{self.instance}", purpose=TOKENS
        )
        self._granter = granter
        self._messenger = messenger or self.room
        self.postman = Postman()
        self.has_lobby = self.has_mail = False
        self.receivers: Receivers | None = None
        self.announcers: list[Announcer] = []
        self.events: Events | None = None
        self.logs: AuditLogs | None = None
        self.leaving: Leaving | None = None
        self.catalog: Catalog | None = None
        self.places: Places | None = None
        self.restart()

    def restart(self) -> None:
        """What a start of the program makes anew: everything but the store, the keys and the policy."""
        core = self.core()
        self.tokens, self.accounts, self.cases = core.tokens, core.accounts, core.cases
        self.freeze, self.uses, self.binding_worker = core.freeze, core.uses, partial(binding_worker, core)
        self.reconciler = reconciler(
            core,
            granter=self._granter,
            ways=self._ways(),
            rolls=self.people,
            clock=self.clock,
            pause=self.clock.advance,
            owner="test",
            receivers=self.receivers,
            announcers=self.announcers,
            events=self.events,
            logs=self.logs,
            leaving=self.leaving,
        )

    def core(self, **parts: Any) -> Core:
        """The core of this world; a test may put something else in a part's place."""
        mine: dict[str, Any] = {
            "store": self.store,
            "signer": self.signer,
            "installation": lambda: self.installation,
            "policy": lambda: self.policy,
            "accounts": self.channels,
            "directory": self.people,
            "executor": Inline(),
            "beside": Inline(),
            "standing": self.standing,
            "catalog": self.catalog,
            "places": self.places,
            "drift": looking_for_drift(self, self._granter),
        }
        return Core(**(mine | parts))

    def _ways(self) -> list[Way]:
        first = Way(channel="slack", messenger=self._messenger)
        lobby = [Way(channel="lobby", messenger=self.lobby.board)] if self.has_lobby else []
        mail = [Way(channel="mail", messenger=self.postman, letters=True)] if self.has_mail else []
        return [first, *lobby, *mail]

    def open_(self, *, lobby: bool = False, mail: bool = False) -> None:
        """Let messages go to the lobby as well, or letters by mail."""
        self.has_lobby, self.has_mail = lobby, mail
        self.restart()

    def close(self) -> None:
        self.store.close()

    def identity(self, person: str, **changes: object) -> Identity:
        """A person as authenticated now."""
        account = msgspec.structs.replace(self.people.accounts[ref(person)], read_at=self.clock(), **changes)
        return self.accounts.entrance("slack").identify(account, purpose="request", now=self.clock())

    def file(
        self, person: str = ALICE, entitlement: str = "admin", *, minutes: int = 60, key: str | None = None
    ) -> Request:
        return self.file_by(self.identity(person), entitlement, minutes=minutes, key=key)

    def file_by(
        self, identity: Identity, entitlement: str = "admin", *, minutes: int = 60, key: str | None = None
    ) -> Request:
        """The same by somebody who was authenticated already, by whatever channel."""
        ask = self.ask(entitlement, minutes=minutes)
        self._keys = getattr(self, "_keys", 0) + 1
        chosen = key if key is not None else f"form {self._keys}"
        return self.uses.asking.file(identity, ask, key=chosen, now=self.clock())

    def ask(self, entitlement: str = "admin", *, minutes: int = 60) -> Ask:
        return Ask(entitlement=entitlement, duration=timedelta(minutes=minutes), justification="INC-42")

    def look(self, person: str, request: Request, verdict: Verdict = "approve") -> Card | Voted:
        """A press that opens the form in which a vote is signed or explained."""
        press = Press(token=self.tokens.mint(request, act="review", now=self.clock()), verdict=verdict)
        return self.uses.deciding.look(self.identity(person), press, now=self.clock())

    def press(self, person: str, request: Request, verdict: Verdict = "approve", **typed: str) -> Voted:
        """A press of a button whose token was made just now."""
        return self.vote(self.identity(person), request, verdict, **typed)

    def vote(self, identity: Identity, request: Request, verdict: Verdict = "approve", **typed: str) -> Voted:
        """The same by somebody who was authenticated already, by whatever channel."""
        return self.vote_by_token(
            identity, self.tokens.mint(request, act="review", now=self.clock()), verdict, **typed
        )

    def vote_by_token(self, identity: Identity, token: str, verdict: Verdict = "approve", **typed: str) -> Voted:
        """The same by what a card's buttons carry."""
        press = Press(token=token, verdict=verdict, window=False, **typed)
        return self.uses.deciding.review(identity, press, now=self.clock())

    def press_unchecked(self, person: str, request: Request) -> Voted:
        """A press while the person is known to be an approver, and those who pressed before cannot be checked."""
        earlier = self.people.accounts
        self.restart()
        self.people.accounts = Silent(earlier, silent={r.account for r in self.read(request).reviews})
        try:
            return self.press(person, request)
        finally:
            self.people.accounts = dict(earlier)

    def end(self, person: str, request: Request, *, why: str = "no longer needed") -> Request:
        return self.uses.ending.end(self.identity(person), request.id, why=why, now=self.clock())

    def read(self, request: Request) -> Request:
        return self.store.request(request.id)

    def pass_(self, *, rounds: int = 10) -> None:
        """Work on all that is due at this moment, and on what that makes due. What is never over fails."""
        for _ in range(rounds):
            due = self.reconciler.due()
            if not due:
                return
            for subject in due:
                self.reconciler.subject(subject)
            assert not self.reconciler.stuck, f"this is due again and again: {self.reconciler.stuck}"
        raise AssertionError(f"this is due again and again: {list(due)}")

    def passes(self, seconds: float, *, step: float = 15.0) -> None:
        """Let time go by with a sweep every `step` seconds."""
        end = self.clock() + timedelta(seconds=seconds)
        self.pass_()
        while self.clock() < end:
            self.clock.advance(min(step, (end - self.clock()).total_seconds()))
            self.pass_()

    def granted(self, person: str = ALICE, entitlement: str = "admin", *, minutes: int = 60) -> Request:
        """A request that is approved, and its binding made."""
        request = self.file(person, entitlement, minutes=minutes)
        for approver in [who for who in (BOB, CAROL, DAN) if who != person]:
            if self.read(request).state == "pending":
                self.press(approver, request)
        self.pass_()
        assert self.state(request) == "active"
        return self.read(request)

    def card(self, request: Request) -> Card:
        """What an approver sees of it now."""
        return self.cases.of(self.read(request), now=self.clock()).card()

    def waiting_for(self, person: str) -> list[str]:
        """The requests that a person is shown as waiting for them, the oldest first."""
        found = self.uses.looking.pending(self.identity(person), now=self.clock())
        return [request.id for request in found.requests]

    def state(self, request: Request) -> str:
        """The state of a request's grant."""
        grant = self.read(request).grant
        return grant.state if grant else ""

    def actions(self, request: Request) -> list[str]:
        """What the request's audit chain tells, in order."""
        return [entry.action for entry in self.store.entries(request.id)]


@contextmanager
def refused(code: str) -> Iterator[None]:
    """Expect a refusal with this code, or of this kind."""
    with pytest.raises(Refused) as refusal:
        yield
    assert code in (refusal.value.code, refusal.value.kind)


__all__ = ["ALICE", "APPROVERS", "BOB", "CAROL", "DAN", "GWEN", "RESOURCE", "World", "policy", "refused"]
