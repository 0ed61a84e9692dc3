"""Slack, opened: what was set, joined to Slack's Web API, and to the uses over HTTP or Socket Mode."""

import logging
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

from approvals.identities import Entrance
from approvals.people.principals import IdentityRules
from approvals.ports.messages import ChannelError, ToRoom
from approvals.uses import Uses
from handlers.channel import Door, Equipment, Served, Unusable
from handlers.slack import pulse
from handlers.slack.accounts import SlackAccounts
from handlers.slack.app import SlackApp, build
from handlers.slack.client import SlackApi
from handlers.slack.conversations import Conversations
from handlers.slack.front import Front
from handlers.slack.manifest import PATH
from handlers.slack.messenger import SlackMessenger
from handlers.slack.names import ChannelNames
from handlers.slack.pace import PUT_OFF, Pace
from handlers.slack.roster import Roster
from handlers.slack.settings import SlackSettings
from handlers.slack.workspace import Workspace

if TYPE_CHECKING:
    from handlers.slack.socket_mode import SocketMode

_log = logging.getLogger("countersign")
_LOOK = 5.0
_CLICKS = 64
_WHISPERS = 4


class Slack:
    """Implements `Opened` by one token of one workspace."""

    app: SlackApp

    def __init__(self, settings: SlackSettings, equipment: Equipment) -> None:
        self._settings = settings
        self._equipment = equipment
        clock, seldom = equipment.clock, equipment.seldom
        self.web_api = pulse.of_the_web_api(clock=clock, seldom=seldom)
        self.socket_mode = pulse.of_socket_mode(clock=clock, seldom=seldom)
        self._api = SlackApi(
            token=settings.bot_token.reveal(), send=equipment.send, base_url=settings.api_url, pulse=self.web_api
        )
        self._workspace = Workspace(self._api)
        self.accounts = SlackAccounts(self._api, self._workspace, clock=clock)
        names = ChannelNames(self._api, memory=equipment.memory, clock=clock)
        self._conversations = Conversations(
            self._api, self.accounts, self._workspace, names, rules=self._rules, clock=clock
        )
        roster = Roster(
            self._conversations, self._workspace, accounts=self.accounts, memory=equipment.memory, clock=clock
        )
        self.messenger = SlackMessenger(self._api, self._conversations, roster, pages_url=equipment.pages_url)
        self._clicks, self._whispers = ThreadPoolExecutor(_CLICKS), ThreadPoolExecutor(_WHISPERS)
        self._connection: SocketMode | None = None

    def serve(self, uses: Uses, accounts: Entrance) -> Served:
        """Let clicks in: by Socket Mode where there is an app token, and then by nothing else."""
        self.app = build(
            uses=uses,
            accounts=accounts,
            workspace=self._workspace,
            api=self._api,
            clock=self._equipment.clock,
            background=self._whispers,
            command=self._settings.command,
            pages_url=self._equipment.pages_url,
        )
        command, looks, later = self._settings.command, [self._workspace.home], [self._listen]
        if self._settings.app_token is not None:
            return Served(
                way=f"{command} by Socket Mode",
                doors={},
                looks=[*looks, self._connect(self._settings.app_token.reveal())],
                later=later,
                astray=_astray_in_socket_mode,
            )
        return Served(
            way=f"{command} by HTTP",
            doors={PATH: self._front()},
            looks=looks,
            later=later,
            astray=_astray_over_http,
        )

    def _listen(self) -> None:
        """Load what hears more than commands. Raises `Unusable` where that cannot be."""
        try:
            self.app.table.whole()
        except Exception as error:
            raise Unusable(f"what hears Slack's buttons and forms cannot be put together: {error!r}") from error

    def _front(self) -> Door:
        secret = self._settings.signing_secret
        return Front(
            self.app,
            signing_secret=secret.reveal() if secret is not None else "",
            executor=self._clicks,
            clock=self._equipment.clock,
            pace=Pace(longest=PUT_OFF),
            seldom=self._equipment.seldom,
        )

    def _connect(self, app_token: str) -> Callable[[], None]:
        from handlers.slack.socket_mode import SocketMode  # noqa: PLC0415 - only Socket Mode needs it

        self._connection = SocketMode(
            self.app,
            app_token=app_token,
            base_url=self._settings.api_url,
            equipment=self._equipment,
            pace=Pace(longest=0.0),
            pulse=self.socket_mode,
        )
        return self._connection.connect

    def look_at_policy(self) -> None:
        """Say in the log when cards or people cannot go where the policy sends them. Raises `Unavailable`."""
        policy = self._equipment.policy()
        accept = policy.identity.accept
        for taken, way in (("decide", accept.decide), ("request", accept.request)):
            if way == "web" and not self._equipment.pages_url:
                _log.warning(
                    "the policy has identity.accept.%s: web, and there are no pages, so nobody can: set"
                    " COUNTERSIGN_PAGES_URL",
                    taken,
                )
        for channel in policy.channels:
            self._look_at(channel)

    def _look_at(self, channel: str) -> None:
        try:
            place = self._conversations.find(ToRoom(channel), timeout=_LOOK)
        except ChannelError as error:
            _log.warning("what this policy sends to a channel reaches nobody: %s", error)
            return
        called = self._conversations.called(place)
        if channel.startswith("#") and called not in ("", channel.removeprefix("#")):
            _log.warning(
                "the policy's %s is called #%s in Slack now, and cards go there still: call it so in the policy,"
                " or name the channel that you mean by its id",
                channel,
                called,
            )

    def complaints(self) -> Sequence[str]:
        """What is wrong with Slack."""
        return [said for way in (self.web_api, self.socket_mode) if (said := way.complaint())]

    def close(self) -> None:
        """Answer the clicks that were taken."""
        if self._connection is not None:
            self._connection.close()
        for pool in (self._clicks, self._whispers):
            pool.shutdown(wait=True, cancel_futures=True)

    def _rules(self) -> IdentityRules:
        return self._equipment.policy().identity


def _astray_over_http(headers: Mapping[str, str]) -> str:
    return _astray(
        headers,
        "its own address is /slack/events: correct the Request URLs in the app's settings (`countersign manifest"
        " --url` prints them)",
    )


def _astray_in_socket_mode(headers: Mapping[str, str]) -> str:
    return _astray(
        headers,
        "Socket Mode is used, because SLACK_APP_TOKEN is set: switch Socket Mode on in the app's settings, or"
        " unset SLACK_APP_TOKEN",
    )


def _astray(headers: Mapping[str, str], check: str) -> str:
    if "x-slack-signature" not in headers:
        return ""
    return f"answered with 404 what looks like a request of Slack's: {check}"
