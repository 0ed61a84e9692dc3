"""What is examined of an installation, in the order in which it is said."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from datetime import datetime
from functools import cache, partial
from typing import Any

import msgspec

from approvals.policy.model import Policy
from approvals.ports.examining import Diagnosis, found
from approvals.ports.store import StoredPolicy
from approvals.refusals.errors import CountersignError
from bot import googles, signers
from bot.channels import CHANNELS
from bot.doctor import clocks, power, rules, surroundings, telling
from bot.doctor.examination import Part
from bot.doctor.keeping import Keeping
from bot.iam_setup.powers import powers
from bot.needs import lacking
from bot.outside import outside
from bot.partly import Partly, partly
from bot.settings import SettingsError, read
from bot.signer_urls import Purpose, SignerUrl
from handlers.channel import Channel, Looked

_KEYS: Mapping[str, Purpose] = {
    "COUNTERSIGN_SIGNER": "tokens",
    "COUNTERSIGN_RECEIPT_SIGNER": "receipts",
    "COUNTERSIGN_WEBHOOK_SIGNER": "webhooks",
}
_STORE = ("COUNTERSIGN_STORE", "FIRESTORE_EMULATOR_HOST")
_GOOGLE = "GOOGLE_API_BASE_URL"


class Installation:
    """An installation as its environment describes it, however much of that can be used."""

    def __init__(self, environ: Mapping[str, str], *, clock: Callable[[], datetime]) -> None:
        self._environ = environ
        self._clock = clock
        self.read: Partly = partly(environ, channels=CHANNELS, opened=CHANNELS)
        self.store: Keeping | None = self._keeping()
        values = self.read.values
        self._google: str | None = values[_GOOGLE]
        self._audit_logs = bool(values["COUNTERSIGN_AUDIT_LOGS"])
        self._policy: Callable[[], rules.Reading] = cache(partial(rules.read, values["COUNTERSIGN_POLICY"]))

    def parts(self) -> Sequence[Part]:
        """Those that are set up; what cannot be tried by what is set says so."""
        here = [
            Part(name=surroundings.PART, examine=self._surroundings),
            Part(name=clocks.PART, examine=self._time),
            Part(name="store", examine=self.store.examine if self.store else _skipped("store", _STORE)),
            Part(name="keys", examine=self._keys),
            Part(name=rules.PART, examine=self._rules),
        ]
        return [*here, *self._those_of_channels(), *self._those_at_google(), *self._told()]

    def _told(self) -> Iterator[Part]:
        for name in ("NOTIFICATION_TOPIC", _GOOGLE):
            if self.read.is_wrong(name):
                yield Part(name=telling.PART, examine=_skipped(telling.PART, [name]))
                return
        if self.read.values["NOTIFICATION_TOPIC"]:
            yield Part(name=telling.PART, examine=self._telling if self.store else _skipped(telling.PART, _STORE))

    def _telling(self, *, timeout: float) -> Iterator[Diagnosis]:
        topic = self.read.values["NOTIFICATION_TOPIC"]
        barred = googles.topic(topic, base_url=self._google, timeout=timeout / 2)
        chains, more = self.store.telling() if self.store else ((), False)
        return telling.examine(chains, topic=topic, more=more, barred=barred)

    def closed_afterwards(self) -> AbstractContextManager[None]:
        """Close what the parts have opened."""
        return self.store.closed_afterwards() if self.store else nullcontext()

    def _keeping(self) -> Keeping | None:
        values = self.read.values
        if self.read.is_wrong(*_STORE) or values["COUNTERSIGN_STORE"] is None:
            return None
        return Keeping(
            values["COUNTERSIGN_STORE"], emulator_host=values["FIRESTORE_EMULATOR_HOST"], clock=self._clock
        )

    def _surroundings(self, *, timeout: float) -> Iterator[Diagnosis]:
        return surroundings.examine(self.read, self._environ, CHANNELS)

    def _time(self, *, timeout: float) -> Iterator[Diagnosis]:
        others = {}
        for channel, chosen in self._set_up():
            if channel.looking is not None and channel.looking.clock is not None:
                others[channel.looking.part.capitalize()] = channel.looking.clock(chosen)
        if not self.read.is_wrong(_GOOGLE):
            others["Google"] = googles.anything(base_url=self._google)
        return clocks.examine(others, send=outside(base_url=None).send, clock=self._clock, timeout=timeout / 2)

    def _keys(self, *, timeout: float) -> Iterator[Diagnosis]:
        for name, purpose in _KEYS.items():
            url: SignerUrl | None = self.read.values[name]
            if self.read.is_wrong(name, _GOOGLE):
                yield from _skipped("keys", (name, _GOOGLE))(timeout=timeout)
            elif url is not None:
                yield from signers.examine(url, purpose=purpose, base_url=self._google)

    def _rules(self, *, timeout: float) -> Iterator[Diagnosis]:
        reading = self._policy()
        yield from rules.examine(reading, in_force=self._in_force, lacking=self._lacking)

    def _in_force(self) -> StoredPolicy | None:
        if self.store is None:
            raise CountersignError("where the store is cannot be read")
        return self.store.in_force()

    def _lacking(self, policy: Policy) -> str:
        try:
            return lacking(CHANNELS, read(self._environ, channels=CHANNELS), policy)
        except SettingsError:
            return ""  # each of them has had its own line

    def _set_up(self) -> Iterator[tuple[Channel[Any], Any]]:
        for channel in CHANNELS:
            chosen = self.read.channel(channel)
            if chosen is not None:
                yield channel, chosen

    def _those_of_channels(self) -> Iterator[Part]:
        chosen = {channel.name: settings for channel, settings in self._set_up()}
        for channel in CHANNELS:
            if channel.looking is None:
                continue
            names = [variable.name for variable in channel.variables]
            if self.read.is_wrong(*names):
                yield Part(name=channel.looking.part, examine=_skipped(channel.looking.part, names))
            elif channel.name in chosen:
                yield Part(
                    name=channel.looking.part, examine=partial(self._channel, channel, chosen[channel.name])
                )

    def _channel(self, channel: Channel[Any], chosen: Any, *, timeout: float) -> Iterator[Diagnosis]:
        looked = Looked(
            outside=outside(base_url=self._google, sandbox=bool(self.read.values["COUNTERSIGN_SANDBOX"])),
            policy=self._policy().policy,
            accounts=self.store.accounts if self.store else tuple,
            service=self._environ.get("K_SERVICE", ""),
            timeout=timeout,
        )
        return iter(channel.looking.look(chosen, looked)) if channel.looking is not None else iter(())

    def _those_at_google(self) -> Iterator[Part]:
        for name, examine in googles.examinations(audit_logs=self._audit_logs).items():
            if self.read.is_wrong(_GOOGLE):
                yield Part(name=name, examine=_skipped(name, (_GOOGLE,)))
            else:
                yield Part(name=name, examine=partial(self._at_google, name, examine))
        # In the place of Google there may be an emulator, and nobody has power there.
        if self._google is None and not self.read.is_wrong(_GOOGLE):
            yield Part(name=power.PART, examine=self._power)

    def _power(self, *, timeout: float) -> Iterator[Diagnosis]:
        policy = self._policy().policy
        if policy is None:
            yield found(power.PART, "unknown", "skipped", because="the policy cannot be read")
            return
        if not powers(policy):
            return  # who this service is matters to nobody where it grants nothing
        try:
            account = googles.account(base_url=self._google, timeout=timeout / 2)
        except (CountersignError, TimeoutError):
            yield found(power.PART, "unknown", "skipped", because="Google does not know who this service is")
            return
        read = partial(googles.bindings, base_url=self._google, timeout=min(5.0, timeout / 2))
        yield from power.examine(
            policy, account=account, bindings=read, besides=power.LOG_READERS if self._audit_logs else ()
        )

    def _at_google(self, name: str, examine: googles.Examine, *, timeout: float) -> Iterator[Diagnosis]:
        policy = self._policy().policy
        if policy is None:
            yield found(name, "unknown", "skipped", because="the policy cannot be read")
            return
        asked = googles.Asked(
            policy=policy,
            base_url=self._google,
            directory_users=bool(self.read.values["COUNTERSIGN_DIRECTORY_USERS"]),
            timeout=timeout,
        )
        yield from examine(asked)


class _Skipped(msgspec.Struct, frozen=True):
    """A part that cannot be tried, because what it needs is not set as it must be."""

    part: str
    names: Sequence[str]

    def __call__(self, *, timeout: float) -> Iterator[Diagnosis]:
        listed = self.names[0] if len(self.names) == 1 else "one of its settings"
        yield found(self.part, "unknown", "skipped", because=f"{listed} is wrong")


def _skipped(part: str, names: Sequence[str]) -> _Skipped:
    return _Skipped(part, tuple(names))
