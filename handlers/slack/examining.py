"""Slack looks at itself: the token and its workspace, the scopes, Socket Mode, the channels, and our blocks."""

import json
import time
from collections.abc import Iterator, Mapping

from approvals.ports.examining import Diagnosis, found
from approvals.refusals.errors import CountersignError, Unavailable
from handlers.channel import Looked, Unusable
from handlers.slack.client import SlackApi, SlackRefused
from handlers.slack.manifest import SCOPES
from handlers.slack.settings import SCHEME, SlackSettings
from handlers.slack.workspace import Workspace

PART = "slack"
_CALL = 5.0
_PAGES = 50
_NO_TIME = "there was no time left to ask"
_NOT_THERE = frozenset({"unknown_method", "method_deprecated", "not_allowed_token_type"})
"""By these a workspace says that it has no `blocks.validate`, such as one of GovSlack's."""


def look(settings: SlackSettings, looked: Looked) -> Iterator[Diagnosis]:
    """Everything that can be known without writing to anybody."""
    asking = _Asking(settings, looked)
    try:
        home = Workspace(asking.api).home(timeout=asking.left())
    except Unusable as error:
        yield found(PART, "wrong", "slack.token", said=error)
        return
    except Unavailable as error:
        yield found(PART, "unknown", "slack.unanswered", what="who the app is", said=error)
        return
    yield found(PART, "ok", "slack.ok", team=home.team, where=home.url)
    yield from _team(home.team, looked)
    yield from _scopes(asking.api.scopes or frozenset())
    told = False
    for step in (_socket, _channels, _blocks):
        if asking.over:
            if not told:  # something else than Slack used it up
                yield found(PART, "unknown", "slack.unanswered", what=_ASKED[step.__name__], said=_NO_TIME)
            return
        try:
            yield from step(asking)
        except Unavailable as error:
            told = True
            yield found(PART, "unknown", "slack.unanswered", what=_ASKED[step.__name__], said=error)


class _Asking:
    """What is asked with, and for how much longer."""

    def __init__(self, settings: SlackSettings, looked: Looked) -> None:
        self.settings = settings
        self.looked = looked
        self.api = self.by(settings.bot_token.reveal())
        # What is found must be said before the whole part is given up.
        self._end = time.monotonic() + looked.timeout * 0.9

    def by(self, token: str) -> SlackApi:
        return SlackApi(token=token, send=self.looked.outside.send, base_url=self.settings.api_url)

    @property
    def over(self) -> bool:
        return time.monotonic() >= self._end

    def left(self) -> float:
        """Seconds for the next call. Raises `Unavailable`."""
        seconds = self._end - time.monotonic()
        if seconds <= 0:
            raise Unavailable(f"there was no time left of {self.looked.timeout:g} seconds")
        return min(seconds, _CALL)


def _team(team: str, looked: Looked) -> Iterator[Diagnosis]:
    """People of another workspace are strangers, and so are those of this one where the token is of another."""
    try:
        asked = [account.removeprefix(f"{SCHEME}:").partition("/")[0] for account in looked.accounts()]
    except CountersignError:
        return  # the store has its own line
    if asked and team not in asked:
        yield found(PART, "wrong", "slack.team", team=team, before=asked[0])


def _scopes(granted: frozenset[str]) -> Iterator[Diagnosis]:
    missing = [scope for scope in SCOPES if scope not in granted]
    for scope in missing:
        yield found(PART, "wrong", f"slack.scope.{scope}", scope=scope)
    beyond = sorted(granted - {*SCOPES, ""})
    if beyond:
        yield found(PART, "warning", "slack.scopes.beyond", scopes=", ".join(beyond))
    if not missing:
        yield found(PART, "ok", "slack.scopes.ok", count=len(SCOPES))


def _socket(asking: _Asking) -> Iterator[Diagnosis]:
    """An address is asked for and not opened: the service's own connection stays as it is."""
    token = asking.settings.app_token
    if token is None:
        return
    try:
        asking.by(token.reveal()).form("apps.connections.open", timeout=asking.left())
    except SlackRefused as error:
        yield found(PART, "wrong", "slack.socket", said=error.code)
    else:
        yield found(PART, "ok", "slack.socket.ok")


def _channels(asking: _Asking) -> Iterator[Diagnosis]:
    policy = asking.looked.policy
    if policy is None:
        yield found(PART, "unknown", "skipped", because="the policy that names the channels cannot be read")
        return
    wanted = dict.fromkeys(policy.channels)
    try:
        names = _mine(asking) if any(channel.startswith("#") for channel in wanted) else {}
    except SlackRefused as error:
        yield found(PART, "wrong", "slack.channels", said=error.code)
        return
    for channel in wanted:
        place = names.get(channel.removeprefix("#"), "") if channel.startswith("#") else channel
        yield _channel(asking, channel, place) if place else found(PART, "wrong", "slack.absent", channel=channel)


def _mine(asking: _Asking) -> Mapping[str, str]:
    """The ids of the channels that the app is in, by their names."""
    ids: dict[str, str] = {}
    cursor = ""
    for _ in range(_PAGES):
        here = {"cursor": cursor} if cursor else {}
        page = asking.api.form(
            "users.conversations",
            timeout=asking.left(),
            types="public_channel,private_channel",
            exclude_archived=True,
            limit=200,
            **here,
        )
        ids |= {str(each.get("name", "")): str(each["id"]) for each in page.get("channels") or ()}
        cursor = str((page.get("response_metadata") or {}).get("next_cursor") or "")
        if not cursor:
            break
    return ids


def _channel(asking: _Asking, channel: str, place: str) -> Diagnosis:
    try:
        shown = asking.api.form("conversations.info", timeout=asking.left(), channel=place).get("channel") or {}
    except SlackRefused as error:
        return found(PART, "wrong", "slack.hidden", channel=channel, said=error.code)
    if shown.get("is_archived"):
        return found(PART, "wrong", "slack.archived", channel=channel)
    if not shown.get("is_member"):
        return found(PART, "wrong", "slack.absent", channel=channel)
    if shown.get("is_ext_shared") is not False or shown.get("is_pending_ext_shared"):
        return found(PART, "wrong", "slack.shared", channel=channel)
    return found(PART, "ok", "slack.channel.ok", channel=channel)


def _blocks(asking: _Asking) -> Iterator[Diagnosis]:
    """Show Slack a form and a Home tab as they are drawn here, where it says what it takes (blocks.validate)."""
    from handlers.slack.home.drawing import refused, search_form  # noqa: PLC0415 - this alone draws something
    from handlers.slack.home.places import Place  # noqa: PLC0415

    for name, view in (("form", search_form(Place())), ("Home tab", refused("Countersign looks at itself."))):
        try:
            asking.api.form("blocks.validate", timeout=asking.left(), view=json.dumps(view))
        except SlackRefused as error:
            if error.code in _NOT_THERE:
                return
            yield found(PART, "wrong", "slack.blocks", what=name, said=f"{error.code}{error.detail}")
            return
    yield found(PART, "ok", "slack.blocks.ok")


_ASKED: Mapping[str, str] = {
    _socket.__name__: "Socket Mode",
    _channels.__name__: "the channels of the policy",
    _blocks.__name__: "the form of its messages",
}
