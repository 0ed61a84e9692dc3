"""The one workspace that the app is installed in."""

import threading

import msgspec

from approvals.errors import CountersignError, Unavailable
from handlers.slack.client import SlackApi, SlackRefused


class WrongInstallation(CountersignError):
    """The token is not one of an app installed in one workspace; the text says what to do."""


class Home(msgspec.Struct, frozen=True, kw_only=True):
    """What `auth.test` says of the token: the team that counts as our own."""

    team: str


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
    return Home(team=str(answer["team_id"]))
