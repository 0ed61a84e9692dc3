"""The composition root: joins everything, with the backends that it and the modules beside it pick by settings."""

import logging
import os
import secrets
import socket
from collections.abc import Callable, Collection, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from functools import cache, partial
from typing import Any

from approvals.backends import calls, google_credentials
from approvals.backends.catalogs.asset_inventory import AssetInventory
from approvals.backends.directories.cloud_identity import CloudIdentity
from approvals.backends.google_look import GoogleLook
from approvals.backends.google_places import GooglePlaces
from approvals.backends.granters.google_groups import GoogleGroups
from approvals.core import Core
from approvals.policy.live import unreadable
from approvals.policy.load import load
from approvals.ports.people import Directory
from approvals.ports.store import Installation, Store
from approvals.uses.drift_shown import Look
from bot import signers, stores
from bot.background import HOLD, Background
from bot.channels import CHANNELS
from bot.keyring import Keyring
from bot.lanes import Work
from bot.lookout import Lookout
from bot.needs import lacking
from bot.outside import outside, with_calendars
from bot.pace import SWEEP, SWEEP_BESIDE
from bot.policy_file import PolicyFile, contents
from bot.settings import Settings
from bot.store_urls import SqliteUrl, StoreUrl
from bot.telemetry.wiring import Telemetry
from handlers import deadline
from handlers.channel import Channel, Equipment, Opened, Served, Unusable
from handlers.doors import Behind
from handlers.seldom import Seldom

_log = logging.getLogger("countersign")
_LOOK_UPS, _BESIDE = 32, 16


def utc_now() -> datetime:
    """The one clock of the running program."""
    return datetime.now(UTC)


class Service:
    """Everything that runs, joined. `close` ends it in order; what is unfinished is due at the next start."""

    def __init__(
        self,
        settings: Settings,
        *,
        clock: Callable[[], datetime] = utc_now,
        channels: Sequence[Channel[Any]] = CHANNELS,
    ) -> None:
        """Open the store, the keys and the policy. Nothing outside this machine is called, unless the policy
        file is broken and a store out there has the last good one.

        Raises `Unavailable`, `StoreError`, `KeyFileError`, `PolicyError`, `Unusable` or `OSError`. What is wrong
        with keys, store and policy is found before anything is made.
        """
        self.settings, self.clock = settings, clock
        self.seldom = Seldom(logging.getLogger("countersign.door"))
        with stores.data_folder(settings.store):
            signers.require_usable(
                settings.signer, settings.receipt_signer, settings.webhook_signer, store=settings.store
            )
            if stores.is_new(settings.store):
                load(contents(settings.policy), source=str(settings.policy))
            opened: Store = stores.opened(
                settings.store,
                now=clock(),
                emulator_host=settings.firestore_emulator_host,
                time_left=deadline.to_keep,
            )
            self.owner = f"{socket.gethostname()}/{os.getpid()}/{secrets.token_hex(4)}"
            self.telemetry = Telemetry(settings.collector, clock=clock, owner=self.owner)
            self.store = self.telemetry.store(opened, system=_system(settings.store))
            try:
                self._join(settings, clock, channels)
            except BaseException:
                self.store.close()
                raise

    def _join(self, settings: Settings, clock: Callable[[], datetime], channels: Sequence[Channel[Any]]) -> None:
        here = isinstance(settings.store, SqliteUrl)
        self.installation: Callable[[], Installation] = cache(self.store.installation)
        self.policy = PolicyFile(settings.policy, store=self.store, clock=clock)
        self.keys = Keyring(settings, now=clock(), installation=self.installation)
        self.outside = outside(base_url=settings.google_api_base_url, sandbox=settings.sandbox)
        if here:
            self.policy.record()
        self._lacking = partial(lacking, channels, settings)
        if said := self._lacking(self.policy.read):
            raise Unusable(said)
        self.channels = self._opened_channels(channels, clock)
        self._look_ups, self._beside = ThreadPoolExecutor(_LOOK_UPS), ThreadPoolExecutor(_BESIDE)
        self._cloud = GoogleLook(base_url=settings.google_api_base_url)
        self._catalog = AssetInventory(base_url=settings.google_api_base_url)
        self.groups = GoogleGroups(base_url=settings.google_api_base_url)
        self.drift = Behind("what looks for drift", self._drift, executor=self._beside)
        directory = CloudIdentity(base_url=settings.google_api_base_url)
        calling = partial(with_calendars, sandbox=settings.sandbox, policy=self.policy.current, clock=clock)
        core = self._core(calling(directory), directory)
        self.policy.join(core.changing)
        self.accounts, self.freeze, self.tokens = core.accounts, core.freeze, core.tokens
        # The first look at a store out there loads Google's client: the first answer would come late.
        hold = 0.0 if here else HOLD
        self.lookouts = [Lookout(channel.look_at_policy, hold=hold) for channel in self.channels.values()]
        letters = {channel.name for channel in channels if channel.letters}
        self.background = self._background(core, directory, letters=letters)
        self.served = self._served(core, channels)

    def _opened_channels(
        self, channels: Sequence[Channel[Any]], clock: Callable[[], datetime]
    ) -> dict[str, Opened]:
        """The channels that are set up, by name."""
        settings = self.settings
        equipment = Equipment(
            send=self.telemetry.send(calls.send),
            upgraded=calls.upgraded,
            outside=self.outside,
            memory=self.store,
            policy=self.policy.current,
            clock=clock,
            seldom=self.seldom,
            pages_url=settings.pages_url,
            watch=self.telemetry.envelopes(),
        )
        return {
            channel.name: channel.open(settings.channels[channel.name], equipment)
            for channel in channels
            if channel.name in settings.channels
        }

    def _core(self, directory: Directory, lists: CloudIdentity) -> Core:
        return Core(
            store=self.store,
            signer=self.keys.tokens,
            installation=self.installation,
            policy=self.policy.current,
            accounts={name: channel.accounts for name, channel in self.channels.items()},
            directory=directory,
            receipts=self.keys.receipts,
            lists=lists,
            standing=self.groups,
            catalog=self._catalog,
            places=GooglePlaces(base_url=self.settings.google_api_base_url),
            drift=lambda policy, now, executor: self.drift()(policy, now, executor),  # noqa: PLW0108 - made later
            executor=self._look_ups,
            beside=self._beside,
            has_pages=bool(self.settings.pages_url),
            time_left=deadline.left,
            warn=self.seldom.warn,
            woken=lambda subjects: self.background.wake(subjects),  # noqa: PLW0108 - made later
        )

    def _drift(self) -> Look:
        from bot.drifting import look  # noqa: PLC0415 - no answer but one page waits for it

        return look(self, catalog=self._catalog)

    def _background(self, core: Core, lists: CloudIdentity, *, letters: Collection[str]) -> Background:
        """`letters` names the channels whose messages stand as they were sent."""
        settings = self.settings

        def make() -> Work:
            from bot.working import work  # noqa: PLC0415 - a tenth of a start, which no answer waits for

            return work(self, core, rolls=lists, letters=letters)

        return Background(
            make,
            self.policy,
            clock=self.clock,
            hold=HOLD,
            sweep=SWEEP_BESIDE if settings.routes == "public" and settings.pages_url else SWEEP,
            works=settings.routes != "pages",
            policy_changed=self._look_again,
            frozen_or_thawed=self.freeze.moved,
        )

    def _served(self, core: Core, channels: Sequence[Channel[Any]]) -> list[Served]:
        """What this process answers: the side of the house that its settings name, or both."""
        routes = self.settings.routes
        sides = ("public", "pages") if routes == "all" else (routes,)
        let_in = {channel.name for channel in channels if channel.side in sides}
        return [
            channel.serve(core.uses, core.accounts.entrance(name))
            for name, channel in self.channels.items()
            if name in let_in
        ]

    def look_for_resources(self) -> None:
        """Say in the log what of the policy cannot be granted, because Google does not let this service."""
        for problem in unreadable(self.policy.current(), self._cloud):
            _log.warning(
                "a resource of the policy: %s; nothing can be granted there until that is mended", problem
            )

    def load_catalog(self) -> None:
        """Load what asks IAM for its offers, where the policy names it as a source. Nobody is called."""
        if self.policy.current().source is not None:
            self._catalog.load()

    def check_google(self) -> None:
        """Find the credentials for Google's own APIs. Raises `CredentialsError` that says what to mend."""
        if self.settings.google_api_base_url is None:
            google_credentials.find()

    def store_answers(self) -> bool:
        return bool(self.store.installation().instance)

    def complaints(self) -> Sequence[str]:
        """What is wrong outside, and a freeze: sentences for whoever asks whether we are ready."""
        frozen = ["everything is frozen: `countersign thaw` lifts it"] if self.freeze.known_frozen else []
        # Whoever asks is nobody in particular, so it says no names.
        frozen += ["something is frozen by name: `countersign thaw` says what"] if self.freeze.remembered else []
        held = [self.policy.held] if self.policy.held else []
        return frozen + held + [said for channel in self.channels.values() for said in channel.complaints()]

    def _look_again(self) -> None:
        if said := self._lacking(self.policy.current()):
            _log.error("%s", said)
        for lookout in self.lookouts:
            lookout.again()

    def close(self) -> None:
        for lookout in self.lookouts:
            lookout.stop()
        self.background.stop()
        for channel in self.channels.values():
            channel.close()
        for pool in (self._look_ups, self._beside):
            pool.shutdown(wait=True, cancel_futures=True)
        self.telemetry.close()
        self.store.close()


def _system(url: StoreUrl) -> str:
    """What OpenTelemetry calls the database; for Firestore it has no name, and takes ours."""
    return "sqlite" if isinstance(url, SqliteUrl) else "gcp.firestore"
