"""Where messages go: channels by name, direct messages by account or address."""

import time
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime, timedelta

from approvals.people.principals import IdentityRules
from approvals.ports.messages import ChannelError, Recipient, ToAccount, ToPerson, ToRoom
from approvals.refusals.errors import NotFound, Refused, Unavailable
from handlers.slack.accounts import SlackAccounts, split
from handlers.slack.client import SlackApi, SlackRefused
from handlers.slack.identity import SlackAccount
from handlers.slack.names import ChannelNames
from handlers.slack.workspace import Workspace

CHECKED = timedelta(minutes=5)
"""How long a channel that was found not to be shared is taken not to be."""

LOOK_UPS = 8
"""How many of a person's addresses are tried, in the order of the policy."""

LOST = frozenset({"channel_not_found", "is_archived", "not_in_channel"})
"""Errors by which an id may lead nowhere any more, while another channel has the name (docs.slack.dev)."""


class Lost(ChannelError):
    """A channel is not there any more, or takes no messages; one of the same name may."""


def seconds_until(end: float, *, least: float = 0.05) -> float:
    """Seconds until a moment on the monotonic clock, for one more call.

    Raises `Unavailable` for fewer than `least`. Nothing was done then, and what was found is known the next time.
    """
    left = end - time.monotonic()
    if left < least:
        raise Unavailable("Slack took too long before the last of several calls", retry_after=1.0)
    return left


class Conversations:
    """Finds the places that notices name."""

    def __init__(
        self,
        api: SlackApi,
        accounts: SlackAccounts,
        workspace: Workspace,
        names: ChannelNames,
        *,
        rules: Callable[[], IdentityRules],
        clock: Callable[[], datetime],
    ) -> None:
        self._api = api
        self._accounts = accounts
        self._workspace = workspace
        self._names = names
        self._rules = rules
        self._clock = clock
        self._direct: dict[str, str] = {}
        self._checked: dict[str, datetime] = {}
        self._called: dict[str, str] = {}

    def find(self, to: Recipient | None, *, timeout: float) -> str:
        """Return the id of a conversation that may get cards. Raises `ChannelError` for good, or `Unavailable`."""
        end = time.monotonic() + timeout
        place = self.resolve(to, timeout=timeout)
        try:
            self.refuse_shared(place, timeout=seconds_until(end))
        except Lost as lost:
            place = self.find_anew(to, place, lost, timeout=seconds_until(end))
        return place

    def find_anew(self, to: Recipient | None, place: str, lost: Lost, *, timeout: float) -> str:
        """Look a channel's name up once more, for its id leads nowhere. Raises `ChannelError` or `Unavailable`."""
        end = time.monotonic() + timeout
        if not (name := _name(to)):
            raise lost
        self._names.forget(name, place)
        found = self.resolve(to, timeout=timeout)
        self.refuse_shared(found, timeout=seconds_until(end))
        return found

    def called(self, channel: str) -> str:
        """What Slack called a channel when it was last asked about it; empty where it was not."""
        return self._called.get(channel, "")

    def resolve(self, to: Recipient | None, *, timeout: float) -> str:
        """Return the id of a conversation. Raises `ChannelError` for good, or `Unavailable`."""
        try:
            if isinstance(to, ToRoom):
                return self._names.find(name, timeout=timeout) if (name := _name(to)) else to.name
            if isinstance(to, ToAccount):
                return self._with(split(to.account)[1], timeout)
            if isinstance(to, ToPerson):
                return self._with(self.member(to.address, timeout=timeout), timeout)
        except NotFound as error:
            raise ChannelError(str(error)) from error
        raise ChannelError("a message without a recipient")

    def refuse_shared(self, channel: str, *, timeout: float) -> None:
        """Raise `ChannelError` for a channel that people of other organisations can see (Slack Connect).

        They could press buttons there (docs.slack.dev, Slack Connect).
        """
        if channel.startswith("D"):
            return
        checked = self._checked.get(channel)
        if checked is not None and self._clock() - checked < CHECKED:
            return
        try:
            found = self._api.form("conversations.info", timeout=timeout, channel=channel).get("channel") or {}
        except SlackRefused as error:
            kind = Lost if error.code in LOST else ChannelError
            raise kind(f"Slack channel {channel} cannot be read ({error.code}): invite the app") from error
        name = str(found.get("name", channel))
        if found.get("is_archived"):
            raise Lost(f"#{name} is archived: nobody can press anything there")
        if found.get("is_ext_shared") is not False or found.get("is_pending_ext_shared"):
            raise ChannelError(f"#{name} is shared with another organisation: cards are not posted there")
        self._checked[channel] = self._clock()
        self._called[channel] = name

    def member(self, person: str, *, timeout: float) -> str:
        """Return the id of a person's account. Raises `ChannelError` or `Unavailable`.

        Slack may know a person by another address than the directory: by any that the policy leads to them.
        """
        rules, home = self._rules(), self._workspace.home(timeout=timeout).team
        begun = time.monotonic()
        for address in rules.addresses(person)[:LOOK_UPS]:
            if time.monotonic() - begun > timeout:
                raise Unavailable("Slack did not answer users.lookupByEmail in time")
            with suppress(NotFound):
                account = self._accounts.by_email(address, timeout=timeout)
                if account.team == home and _is_member(account) and _leads_to(person, account, rules):
                    return split(account.ref)[1]
        raise ChannelError(f"{person} is no member of this workspace who may get cards")

    def _with(self, user: str, timeout: float) -> str:
        known = self._direct.get(user)
        if known is not None:
            return known
        try:
            opened = self._api.json("conversations.open", timeout=timeout, users=user)
        except SlackRefused as error:
            raise ChannelError(f"a direct message to {user} cannot be opened: {error.code}") from error
        found = str((opened.get("channel") or {}).get("id") or "")
        if not found:
            raise Unavailable("Slack opened a direct message without an id")
        if len(self._direct) < 10_000:
            self._direct[user] = found
        return found


def _name(to: Recipient | None) -> str:
    """The name, without its `#`, of a room that is called by its name; empty for everything else."""
    return to.name.removeprefix("#") if isinstance(to, ToRoom) and to.name.startswith("#") else ""


def _is_member(account: SlackAccount) -> bool:
    return account.active and not account.guest and not account.bot


def _leads_to(person: str, account: SlackAccount, rules: IdentityRules) -> bool:
    try:
        return rules.primary(account.email) == person
    except Refused:
        return False
