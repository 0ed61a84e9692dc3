"""Slack accounts as Slack itself describes them now (`users.info`), remembered for less than a minute."""

import logging
import threading
import time
from collections.abc import Callable, Mapping
from concurrent.futures import Future
from concurrent.futures import TimeoutError as Late
from datetime import datetime, timedelta
from typing import Any

from approvals.refusals.errors import NotFound, Unavailable
from handlers.deadline import LEAST
from handlers.seldom import Seldom
from handlers.slack.client import RateLimited, SlackApi, SlackRefused
from handlers.slack.identity import SlackAccount
from handlers.slack.settings import SCHEME
from handlers.slack.workspace import Workspace

FRESH = timedelta(seconds=40)
"""How long an answer serves; the rest of the minute that evidence may be old is left to those who use it."""

ROOM = 2000

_NOBODY = frozenset({"user_not_found", "user_not_visible", "users_not_found"})
_EMAIL_SCOPE = "users:read.email"
_logger = logging.getLogger("countersign.slack")
_SLACKBOT = "USLACKBOT"


class SlackAccounts:
    """Implements the port `Accounts` for `slack:TEAM/USER`. Threads that ask for one person share a call."""

    def __init__(self, api: SlackApi, workspace: Workspace, *, clock: Callable[[], datetime]) -> None:
        self._api = api
        self._workspace = workspace
        self._clock = clock
        self._known: dict[str, SlackAccount] = {}
        self._asked: dict[str, Future[SlackAccount]] = {}
        self._lock = threading.Lock()
        self._seldom = Seldom(_logger)

    def account(self, ref: str, *, timeout: float) -> SlackAccount:
        """Look a person up by reference. Raises `Unavailable` or `NotFound`."""
        begun = time.monotonic()
        with self._lock:
            if (known := self._fresh(ref)) is not None:
                return known
        call, is_mine = self._join(ref)
        if is_mine:
            return self._ask(ref, call, timeout)
        try:
            return _wait(call, timeout)
        except Unavailable as error:
            left = timeout - (time.monotonic() - begun)
            if left < LEAST or isinstance(error, RateLimited):
                raise
        # Whoever made that call may have had less time: there is some left here, for one more.
        call, is_mine = self._join(ref)
        return self._ask(ref, call, left) if is_mine else _wait(call, left)

    def by_email(self, address: str, *, timeout: float) -> SlackAccount:
        """Look a person up by address (`users.lookupByEmail`). Raises `Unavailable` or `NotFound`."""
        read_at = self._clock()
        try:
            answer = self._api.form("users.lookupByEmail", timeout=timeout, email=address)
        except SlackRefused as error:
            if error.code in _NOBODY:
                raise NotFound(f"nobody in the workspace has the address {address}") from error
            raise Unavailable(str(error)) from error
        user, home = answer.get("user") or {}, self._workspace.home(timeout=timeout).team
        return _account(user, team=str(user.get("team_id", "")), home=home, read_at=read_at)

    def _join(self, ref: str) -> "tuple[Future[SlackAccount], bool]":
        """The answer for a person, and whether the caller is to make the call for it."""
        with self._lock:
            mine: Future[SlackAccount] = Future()
            if (known := self._fresh(ref)) is not None:
                mine.set_result(known)
                return mine, False
            call = self._asked.setdefault(ref, mine)
            return call, call is mine

    def _fresh(self, ref: str) -> SlackAccount | None:
        """What is known of somebody and new enough, for whoever holds the lock."""
        known = self._known.get(ref)
        if known is None or not timedelta(0) <= self._clock() - known.read_at <= FRESH:
            return None
        return known

    def _ask(self, ref: str, mine: Future[SlackAccount], timeout: float) -> SlackAccount:
        try:
            account = self._look_up(ref, timeout)
        except BaseException as error:
            with self._lock:
                del self._asked[ref]
            mine.set_exception(error)
            raise
        with self._lock:
            del self._asked[ref]
            self._known.pop(ref, None)
            if len(self._known) >= ROOM:
                del self._known[next(iter(self._known))]
            self._known[ref] = account
        mine.set_result(account)
        return account

    def _look_up(self, ref: str, timeout: float) -> SlackAccount:
        team, user = split(ref)
        # Taken before the call, so that an answer never counts as newer than it is.
        read_at, end = self._clock(), time.monotonic() + timeout
        try:
            answer = self._api.form("users.info", timeout=timeout, user=user)
        except SlackRefused as error:
            if error.code in _NOBODY:
                raise NotFound(f"there is no Slack account {ref}") from error
            raise Unavailable(str(error)) from error
        home = self._workspace.home(timeout=max(LEAST, end - time.monotonic())).team
        account = _account(answer.get("user") or {}, team=team, home=home, read_at=read_at)
        if not account.email and account.team and not account.bot:
            self._seldom.flush()
            self._seldom.warn("no address", _unseen_address(ref, self._api.scopes))
        return account


def _unseen_address(ref: str, scopes: frozenset[str] | None) -> str:
    if scopes is not None and _EMAIL_SCOPE in scopes:
        return f"Slack says no e-mail address of {ref}, who can neither ask nor decide: the account has none there"
    return (
        f"Slack says no e-mail address of {ref}, who can neither ask nor decide: the app needs the scope"
        f" {_EMAIL_SCOPE}. Add it on the app's OAuth & Permissions page and install the app again"
    )


def reference(team: str, user: str) -> str:
    """Name an account as records and proofs do."""
    return f"{SCHEME}:{team}/{user}"


def split(ref: str) -> tuple[str, str]:
    """Return team and user of a reference. Raises `NotFound` for one that is none of Slack's."""
    channel, _, rest = ref.partition(":")
    team, _, user = rest.partition("/")
    if channel != SCHEME or not team or not user:
        raise NotFound(f"{ref} is no Slack account")
    return team, user


def _wait(waiting: "Future[SlackAccount]", timeout: float) -> SlackAccount:
    try:
        return waiting.result(timeout=timeout)
    except Late:
        raise Unavailable("Slack did not answer users.info in time") from None


def _account(user: Mapping[str, Any], *, team: str, home: str, read_at: datetime) -> SlackAccount:
    """Read a user object, strictly: what is missing or odd counts against the account.

    `is_app_user` says that a person uses the calling app, so it says nothing against them.
    """
    profile = user.get("profile") or {}
    own = str(user.get("team_id") or "")
    stranger = bool(user.get("is_stranger")) or own != team
    return SlackAccount(
        ref=reference(own or team, str(user.get("id", ""))),
        team="" if stranger else own,
        home=home,
        email=_lowered(str(profile.get("email") or "").strip()),
        email_confirmed=user.get("is_email_confirmed") is True,
        name=str(profile.get("real_name") or user.get("real_name") or user.get("name") or ""),
        read_at=read_at,
        active=user.get("deleted") is False and not user.get("is_invited_user"),
        guest=bool(user.get("is_restricted")) or bool(user.get("is_ultra_restricted")),
        bot=bool(user.get("is_bot")) or user.get("id") == _SLACKBOT,
        tz=str(user.get("tz") or ""),
        left=user.get("deleted") is True,
    )


def _lowered(address: str) -> str:
    """An address in lower case; one with other letters than ASCII stays what it is, and is refused later."""
    return address.lower() if address.isascii() else address
