"""The composition root: the only place that picks backends and joins everything."""

import logging
import os
import secrets
import socket
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any

from slack_bolt import App

from approvals.access import Access
from approvals.backends import calls, google_credentials
from approvals.backends.directories.cloud_identity import CloudIdentity
from approvals.backends.google_look import GoogleLook
from approvals.backends.granters.google_iam import GoogleIam
from approvals.backends.signers.iam import IamSigner
from approvals.backends.signers.purposes import RECEIPTS, TOKENS
from approvals.backends.signers.secret import SecretSigner
from approvals.cases import Cases
from approvals.evidence import Witness
from approvals.freezing import Freeze
from approvals.identities import AccountRouter
from approvals.policy.live import unreadable
from approvals.policy.load import load
from approvals.ports.messages import ChannelError, ToRoom
from approvals.ports.signing import Signer
from approvals.ports.store import Installation, Store
from approvals.principals import IdentityRules
from approvals.reconcile.anchors import Anchors
from approvals.reconcile.bindings import BindingWorker
from approvals.reconcile.requests import RequestWorker
from approvals.reconcile.runner import Reconciler, Worker
from approvals.reconcile.ways import MessageRouter, Way
from approvals.tokens import Tokens
from bot import signers, stores
from bot.background import HOLD, Background
from bot.lookout import Lookout
from bot.policy_file import PolicyFile, contents
from bot.settings import Settings
from bot.store_urls import SqliteUrl
from handlers.seldom import Seldom
from handlers.slack import patience, pulse
from handlers.slack.app import build
from handlers.slack.channels import Channels
from handlers.slack.client import SlackApi
from handlers.slack.front import Front
from handlers.slack.identity import SCHEME
from handlers.slack.messenger import SlackMessenger
from handlers.slack.names import ChannelNames
from handlers.slack.pace import PUT_OFF, Pace
from handlers.slack.people import People
from handlers.slack.roster import Roster
from handlers.slack.workspace import Workspace

DATA = Path("data")
"""Where the store is unless it is told otherwise: made when it is missing. Any other directory must be there."""

_log = logging.getLogger("countersign")
_LOOK = 5.0
_CLICKS = 64
_LOOK_UPS = 32
_WHISPERS = 4


def utc_now() -> datetime:
    """The one clock of the running program."""
    return datetime.now(UTC)


@contextmanager
def _data_folder(settings: Settings) -> Iterator[None]:
    """Make the default folder where the store is to lie there. A start that fails leaves no empty one."""
    made = False
    if isinstance(settings.store, SqliteUrl) and settings.store.path.parent == DATA:
        # Another instance may make it at this moment: then it is not ours to remove.
        with suppress(FileExistsError):
            DATA.mkdir()
            made = True
    try:
        yield
    except BaseException:
        if made:
            with suppress(OSError):
                DATA.rmdir()
        raise


class Service:
    """Everything that runs, joined. `close` ends it in order; what is unfinished is due at the next start."""

    def __init__(self, settings: Settings, *, clock: Callable[[], datetime] = utc_now) -> None:
        """Open the store, the keys and the policy. Nothing outside this machine is called, unless the policy
        file is broken and a store out there has the last good one.

        Raises `Unavailable`, `StoreError`, `KeyFileError`, `PolicyError` or `OSError`. What is wrong with keys,
        store and policy is found before anything is made.
        """
        self.settings = settings
        self.seldom = Seldom(logging.getLogger("countersign.door"))
        with _data_folder(settings):
            signers.require_usable(settings.signer, settings.receipt_signer, store=settings.store)
            if stores.is_new(settings.store):
                load(contents(settings.policy), source=str(settings.policy))
            self.store: Store = stores.opened(
                settings.store,
                now=clock(),
                emulator_host=settings.firestore_emulator_host,
                patience=patience.to_keep,
            )
            try:
                self._join(settings, clock)
            except BaseException:
                self.store.close()
                raise

    def _join(self, settings: Settings, clock: Callable[[], datetime]) -> None:
        here = isinstance(settings.store, SqliteUrl)
        self._installation: Callable[[], Installation] = cache(self.store.installation)
        self.policy = PolicyFile(settings.policy, store=self.store, clock=clock)
        self._signers = self._opened_signers(settings, now=clock())
        tokens = Tokens(self._signers[0], installation=self._installation)
        if here:
            self.policy.record()
        self.web_api = pulse.of_the_web_api(clock=clock, seldom=self.seldom)
        self.socket_mode = pulse.of_socket_mode(clock=clock, seldom=self.seldom)
        token = settings.slack_bot_token.reveal()
        self._api = SlackApi(token=token, send=calls.send, base_url=settings.slack_api_url, pulse=self.web_api)
        self.workspace = Workspace(self._api)
        self._people = People(self._api, self.workspace, clock=clock)
        accounts = AccountRouter({SCHEME: self._people}, rules=self._rules)
        self._threads = [ThreadPoolExecutor(count) for count in (_CLICKS, _LOOK_UPS, _WHISPERS)]
        clicks, look_ups, whispers = self._threads
        self._cloud = GoogleLook(base_url=settings.google_api_base_url)
        self._directory = CloudIdentity(base_url=settings.google_api_base_url)
        cases = Cases(
            policy=self.policy.current,
            witness=Witness(
                directory=self._directory, accounts=accounts, executor=look_ups, patience=patience.left
            ),
        )
        # The first look at a store out there loads Google's client: the first answer would come late.
        hold = 0.0 if here else HOLD
        self.freeze = Freeze(self.store)
        self.lookout = Lookout(self.look_for_channel, hold=hold)
        owner = f"{socket.gethostname()}/{os.getpid()}/{secrets.token_hex(4)}"
        self.background = Background(
            self._reconciler(settings, cases, tokens, owner=owner, clock=clock),
            self.policy,
            anchors=Anchors(store=self.store, clock=clock, owner=owner),
            clock=clock,
            hold=hold,
            policy_changed=self.lookout.again,
        )
        access = Access(
            store=self.store, tokens=tokens, cases=cases, freeze=self.freeze, woken=self.background.wake
        )
        self.slack: App = build(
            access=access,
            accounts=accounts,
            workspace=self.workspace,
            api=self._api,
            clock=clock,
            background=whispers,
            command=settings.command,
        )
        self.front = self._front(settings, clicks, clock)

    def _reconciler(
        self, settings: Settings, cases: Cases, tokens: Tokens, *, owner: str, clock: Callable[[], datetime]
    ) -> Reconciler:
        names = ChannelNames(self._api, memory=self.store, clock=clock)
        self._channels = Channels(self._api, self._people, self.workspace, names, rules=self._rules, clock=clock)
        roster = Roster(self._channels, self.workspace, memory=self.store, clock=clock)
        messenger = SlackMessenger(self._api, self._channels, roster)
        router = MessageRouter([Way(channel=SCHEME, messenger=messenger)])
        requests = RequestWorker(
            store=self.store,
            cases=cases,
            tokens=tokens,
            router=router,
            rolls=self._directory,
            freeze=self.freeze,
            clock=clock,
        )
        bindings = BindingWorker(
            store=self.store,
            granter=GoogleIam(base_url=settings.google_api_base_url),
            installation=self._installation,
            freeze=self.freeze,
            clock=clock,
            pause=time.sleep,
        )
        workers: dict[str, Worker] = {"request": requests, "binding": bindings}
        return Reconciler(store=self.store, workers=workers, clock=clock, owner=owner)

    def _front(
        self, settings: Settings, clicks: ThreadPoolExecutor, clock: Callable[[], datetime]
    ) -> Front | None:
        """What answers Slack over HTTP; None in Socket Mode, where nothing may come in that way."""
        if settings.slack_signing_secret is None or settings.slack_app_token is not None:
            return None
        secret = settings.slack_signing_secret.reveal()
        pace = Pace(patience=PUT_OFF)
        return Front(
            self.slack, signing_secret=secret, executor=clicks, clock=clock, pace=pace, seldom=self.seldom
        )

    def _opened_signers(self, settings: Settings, *, now: datetime) -> tuple[Signer, ...]:
        """What signs tokens, and then what signs receipts, where there is one."""
        urls = ((settings.signer, TOKENS), (settings.receipt_signer, RECEIPTS))
        base_url = settings.google_api_base_url

        def issuer() -> str:
            return f"countersign:{self._installation().instance}"

        for url, purpose in urls:
            signers.create(url, now=now, purpose=purpose)
        return tuple(
            signers.opened(url, issuer=issuer, purpose=purpose, base_url=base_url)
            for url, purpose in urls
            if url is not None
        )

    def public_keys(self) -> Mapping[str, Any]:
        """The keys that verify our receipts, as one JWK set (RFC 7517). Raises `Unavailable`.

        Those of tokens concern nobody else.
        """
        return {"keys": [key for signer in self._signers[1:] for key in signer.keys()["keys"]]}

    def check_keys(self) -> None:
        """Use the keys that are kept elsewhere. Raises `KeysError` that says what to mend, or `Unavailable`."""
        for signer in self._signers:
            if isinstance(signer, SecretSigner | IamSigner):
                signer.check()

    def look_for_channel(self) -> None:
        """Say in the log when cards cannot go where the policy sends them. Raises `Unavailable`."""
        channel = self.policy.current().channel
        if not channel:
            return
        try:
            place = self._channels.find(ToRoom(channel), timeout=_LOOK)
        except ChannelError as error:
            _log.warning("nobody gets cards by this policy: %s", error)
            return
        called = self._channels.called(place)
        if channel.startswith("#") and called not in ("", channel.removeprefix("#")):
            _log.warning(
                "the policy's %s is called #%s in Slack now, and cards go there still: call it so in the policy,"
                " or name the channel that you mean by its id",
                channel,
                called,
            )

    def look_for_resources(self) -> None:
        """Say in the log what of the policy cannot be granted, because Google does not let this service."""
        for problem in unreadable(self.policy.current(), self._cloud):
            _log.warning(
                "a resource of the policy: %s; nothing can be granted there until that is mended", problem
            )

    def check_google(self) -> None:
        """Find the credentials for Google's own APIs. Raises `CredentialsError` that says what to mend."""
        if self.settings.google_api_base_url is None:
            google_credentials.find()

    def _rules(self) -> IdentityRules:
        return self.policy.current().identity

    def store_answers(self) -> bool:
        return bool(self.store.installation().instance)

    def complaints(self) -> Sequence[str]:
        """What is wrong with Slack: sentences for whoever asks whether we are ready."""
        return [said for way in (self.web_api, self.socket_mode) if (said := way.complaint())]

    def close(self) -> None:
        self.lookout.stop()
        self.background.stop()
        for pool in self._threads:
            pool.shutdown(wait=True, cancel_futures=True)
        self.store.close()
