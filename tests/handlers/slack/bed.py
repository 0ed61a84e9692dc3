"""The Slack channel on a test bed: the sandbox's workspace, a real store, real keys, the real uses."""

import logging
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from approvals.backends import calls
from approvals.backends.signers.file import FileSigner, create_keys
from approvals.backends.signers.purposes import TOKENS
from approvals.backends.stores.sqlite.store import SqliteStore, open_sqlite
from approvals.core import Core
from approvals.people.principals import IdentityRules
from approvals.policy.model import Policy
from approvals.policy.reading.parse import parse
from approvals.ports.messages import Notice, Posted, Recipient, ToRoom
from approvals.refusals.errors import Unavailable
from approvals.requests import Request
from approvals.showing import fits
from approvals.telling.cards import Card
from bot.outside import outside
from handlers.channel import Equipment
from handlers.seldom import Seldom
from handlers.slack.accounts import SlackAccounts
from handlers.slack.app import build
from handlers.slack.client import SlackApi
from handlers.slack.conversations import Conversations
from handlers.slack.front import Front
from handlers.slack.messenger import SlackMessenger
from handlers.slack.names import ChannelNames
from handlers.slack.pace import PUT_OFF, Pace
from handlers.slack.roster import Roster
from handlers.slack.settings import SCHEME
from handlers.slack.workspace import Workspace
from sandbox.app import Sandbox
from sandbox.slack.records import Message, Outcome
from tests.support import patience
from tests.support.servers import Stage
from tests.support.shown import words

__all__ = ["ACCESS", "POLICY", "WAIT", "Bed", "Clock", "NoGroups", "bed_in", "patience"]

POLICY = Path(__file__).parents[3] / "examples" / "policy.yaml"
WAIT = 30.0
ACCESS = ToRoom("#access")


class Clock:
    """The time of everything on the bed; tests move it on."""

    def __init__(self) -> None:
        self.ahead = 0.0

    def __call__(self) -> datetime:
        return datetime.now(UTC) + timedelta(seconds=self.ahead)

    def seconds(self) -> float:
        return time.time() + self.ahead


class NoGroups:
    """A directory that never answers; the example policy asks it nothing."""

    def is_member(self, group: str, person: str, *, timeout: float) -> bool:
        raise Unavailable(f"nobody knows {group} and {person} within {timeout} s")


class Bed:
    """What a test works with. `draw` does for cards what reconcile does."""

    def __init__(self, *, box: Sandbox, folder: Path, clock: Clock, pool: ThreadPoolExecutor) -> None:
        self.box, self.clock, self.pool = box, clock, pool
        self.policy: Policy = parse(POLICY.read_bytes(), source=str(POLICY))
        self.store: SqliteStore = open_sqlite(folder / "countersign.db", now=clock())
        create_keys(folder / "signer.jwk", now=clock(), purpose=TOKENS)
        self.signer = FileSigner(folder / "signer.jwk", issuer=lambda: "countersign", purpose=TOKENS)
        self.api = SlackApi(token=box.bot_token, send=calls.send, base_url=box.slack_api_url)
        self.workspace = Workspace(self.api)
        self.people = SlackAccounts(self.api, self.workspace, clock=clock)
        self.woken: list[str] = []
        core = Core(
            store=self.store,
            signer=self.signer,
            installation=self.store.installation,
            policy=lambda: self.policy,
            accounts={SCHEME: self.people},
            directory=NoGroups(),
            executor=pool,
            beside=pool,
            woken=self.woken.extend,
        )
        self.freeze = core.freeze
        self.tokens, self.accounts, self.cases, self.uses = core.tokens, core.accounts, core.cases, core.uses
        self.app = build(
            uses=self.uses,
            accounts=self.accounts.entrance(SCHEME),
            workspace=self.workspace,
            api=self.api,
            clock=clock,
            background=pool,
        )
        self.seldom = Seldom(logging.getLogger("countersign.door"))
        # A test types faster than anybody: its seconds are longer.
        self.pace = Pace(longest=PUT_OFF, clock=lambda: time.monotonic() * 1000)
        self.front = Front(
            self.app,
            signing_secret=box.signing_secret,
            executor=pool,
            clock=clock,
            pace=self.pace,
            seldom=self.seldom,
        )
        self.equipment = Equipment(
            send=calls.send,
            upgraded=calls.upgraded,
            outside=outside(base_url=None),
            memory=self.store,
            policy=lambda: self.policy,
            clock=clock,
            seldom=self.seldom,
        )
        self.channels = self.new_channels()
        self.roster = Roster(self.channels, self.workspace, accounts=self.people, memory=self.store, clock=clock)
        self.messenger = SlackMessenger(self.api, self.channels, self.roster)

    def new_channels(self) -> Conversations:
        """What finds channels, as a service that was just started has it: what was found is in the store alone."""
        names = ChannelNames(self.api, memory=self.store, clock=self.clock)
        return Conversations(self.api, self.people, self.workspace, names, rules=self.rules, clock=self.clock)

    def rules(self) -> IdentityRules:
        return self.policy.identity

    def requests(self) -> Sequence[Request]:
        """Everything that waits for a decision."""
        return self.store.pending(limit=100)

    def file(self, who: str = "alice", entitlement: str = "compute-admin-prod", **typed: str) -> Request:
        """File a request through the form, as a person does."""
        self.box.slack.command(who, "/jit")
        values = {"entitlement": entitlement, "duration": "1h", "justification": "CHG-42 disk full"} | typed
        outcome = self.box.slack.submit(who, values)
        assert outcome.ok, (outcome.error, outcome.errors)
        return self.requests()[-1]

    def card(self, request: Request, *, token: str | None = None) -> Card:
        """The request as it stands, with a fresh activation token."""
        now = self.clock()
        minted = self.tokens.mint(request, act="review", now=now) if token is None else token
        frozen, tally = self.uses.looking.frozen(), self.cases.of(request, now=now).shown
        return Card(request=request, tally=tally, token=minted, frozen=frozen, too_long=not fits(request))

    def draw(
        self,
        request: Request,
        *,
        to: Recipient = ACCESS,
        kind: Any = "card",
        token: str | None = None,
        step: str = "",
    ) -> Message:
        """Post a card with its buttons and return it as it stands in the workspace."""
        notice = Notice(key=f"{kind}:{to}", kind=kind, to=to, step=step)
        card = self.card(request, token=token)
        posted = self.messenger.post(notice, card, timeout=WAIT)
        if kind != "step":
            self.messenger.redraw(posted, notice, card, timeout=WAIT)
        return self.message(posted)

    def message(self, posted: Posted) -> Message:
        return self.box.slack.state.find(posted.place, posted.ts)

    def press(self, who: str, action: str, card: Message) -> Outcome:
        return self.box.slack.press(who, action, message=card)

    def whispers(self, who: str, *, count: int = 1) -> list[str]:
        """What only this person was told, once that many messages are there."""
        user = self.box.slack.state.person(who).id

        def told() -> list[str]:
            seen = [m for m in self.box.slack.acts.visible(who) if m.to == user]
            return [words(m) for m in seen] if len(seen) >= count else []

        return self.box.slack.wait(told)


@contextmanager
def bed_in(folder: Path, stage: Stage, url: str) -> Iterator[Bed]:
    """Set the bed up in an empty folder, with the app on a stage that is served at `url`."""
    clock = Clock()
    with Sandbox.start(clock=clock.seconds) as box, ThreadPoolExecutor(32) as pool:
        bed = Bed(box=box, folder=folder, clock=clock, pool=pool)
        try:
            stage.app = bed.front
            box.bot_url = f"{url}/slack/events"
            yield bed
        finally:
            bed.store.close()
