"""Where messages go: channels by name, direct messages by account or address."""

import threading
import time
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime, timedelta

from approvals.errors import NotFound, Refused, Unavailable
from approvals.ports import ChannelError
from approvals.principals import Account, IdentityRules
from handlers.slack.client import SlackApi, SlackRefused
from handlers.slack.people import People, split
from handlers.slack.workspace import Workspace

CHECKED = timedelta(minutes=5)
"""How long a channel that was found not to be shared is taken not to be."""

LOOK_UPS = 8
"""How many of a person's addresses are tried, in the order of the policy."""

_PAGE = 200
_PAGES = 50


class Channels:
    """Resolves the places that notices name. A channel's name is resolved once and then stands for that id."""

    def __init__(
        self,
        api: SlackApi,
        people: People,
        workspace: Workspace,
        *,
        rules: Callable[[], IdentityRules],
        clock: Callable[[], datetime],
    ) -> None:
        self._api = api
        self._people = people
        self._workspace = workspace
        self._rules = rules
        self._clock = clock
        self._ids: dict[str, str] = {}
        self._direct: dict[str, str] = {}
        self._checked: dict[str, datetime] = {}
        self._lock = threading.Lock()

    def resolve(self, to: str, *, timeout: float) -> str:
        """Return the id of a conversation. Raises `ChannelError` for good, or `Unavailable`."""
        kind, _, rest = to.partition(":")
        try:
            if kind == "channel":
                return self._named(rest, timeout) if rest.startswith("#") else rest
            if kind == "account":
                return self._with(split(rest)[1], timeout)
            if kind == "person":
                return self._with(self.member(rest, timeout=timeout), timeout)
        except NotFound as error:
            raise ChannelError(str(error)) from error
        raise ChannelError(f"{to} is no place in Slack")

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
            raise ChannelError(f"Slack channel {channel} cannot be read ({error.code}): invite the app") from error
        if found.get("is_ext_shared") is not False or found.get("is_pending_ext_shared"):
            name = found.get("name", channel)
            raise ChannelError(f"#{name} is shared with another organisation: cards are not posted there")
        self._checked[channel] = self._clock()

    def _named(self, name: str, timeout: float) -> str:
        known = self._ids.get(name)
        if known is None:
            known = self._find(name.removeprefix("#"), timeout)
            self._ids[name] = known
        return known

    def _find(self, name: str, timeout: float) -> str:
        cursor = ""
        for _ in range(_PAGES):
            try:
                page = self._api.form(
                    "conversations.list",
                    timeout=timeout,
                    types="public_channel,private_channel",
                    exclude_archived=True,
                    limit=_PAGE,
                    **({"cursor": cursor} if cursor else {}),
                )
            except SlackRefused as error:
                raise ChannelError(f"Slack channels cannot be listed: {error.code}") from error
            for channel in page.get("channels") or ():
                if channel.get("name") == name:
                    return str(channel["id"])
            cursor = str((page.get("response_metadata") or {}).get("next_cursor") or "")
            if not cursor:
                break
        raise ChannelError(f"there is no Slack channel #{name} that the app can see: invite it there")

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
                account = self._people.by_email(address, timeout=timeout)
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


def _is_member(account: Account) -> bool:
    return account.active and not account.guest and not account.bot


def _leads_to(person: str, account: Account, rules: IdentityRules) -> bool:
    try:
        return rules.primary(account.email) == person
    except Refused:
        return False
