"""The one workspace that the app is installed in."""

import re
import threading

import msgspec

from approvals.ports.messages import Posted
from approvals.refusals.errors import Unavailable
from handlers.channel import Unusable
from handlers.slack.client import SlackApi, SlackRefused

_ADDRESS = re.compile(r"https://[a-z0-9.-]+/", re.ASCII)


class WrongInstallation(Unusable):
    """The token is not one of an app installed in one workspace; the text says what to do."""


class Home(msgspec.Struct, frozen=True, kw_only=True):
    """What `auth.test` says of the token: the team that counts as our own, and where its people read."""

    team: str
    url: str = ""

    def link(self, posted: Posted) -> str:
        """The address of a message, as Slack's own clients make it; empty where the workspace has none."""
        return self.address(posted.place, posted.ts)

    def address(self, channel: str, ts: str, *, thread: str = "") -> str:
        """The same by the message's channel and time; `thread` is that of the message that it answers."""
        answers = f"?thread_ts={thread}&cid={channel}" if thread not in ("", ts) else ""
        return f"{self.url}archives/{channel}/p{ts.replace('.', '')}{answers}" if self.url else ""


class Workspace:
    """Asks Slack once who we are, when that is first needed; any number of threads may ask."""

    def __init__(self, api: SlackApi) -> None:
        self._api = api
        self._home: Home | None = None
        self._lock = threading.Lock()

    def home(self, *, timeout: float = 2.0) -> Home:
        """Raises `WrongInstallation` for good, `Unavailable` while Slack does not answer."""
        if self._home is None:
            if not self._lock.acquire(timeout=timeout):
                raise Unavailable("Slack has not said yet who we are")
            try:
                if self._home is None:
                    self._home = _ask(self._api, timeout)
            finally:
                self._lock.release()
        return self._home


def _ask(api: SlackApi, timeout: float) -> Home:
    try:
        answer = api.form("auth.test", timeout=timeout)
    except SlackRefused as error:
        raise WrongInstallation(f"SLACK_BOT_TOKEN does not work: {error.code}") from error
    if answer.get("is_enterprise_install"):
        raise WrongInstallation(
            "the app is installed for a whole Enterprise Grid organisation: install it in one workspace instead"
        )
    if not answer.get("team_id") or not answer.get("bot_id"):
        raise WrongInstallation("SLACK_BOT_TOKEN is no bot token of a workspace")
    url = str(answer.get("url") or "")
    return Home(team=str(answer["team_id"]), url=url if _ADDRESS.fullmatch(url) else "")
