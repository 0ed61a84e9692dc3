"""Slack's variables of the environment."""

import re
from collections.abc import Callable, Collection

import msgspec

from handlers.channel import Values
from handlers.settings import Secret, Variable, url

SCHEME = "slack"
"""What references of Slack's accounts begin with."""


HIDDEN = (
    r"xox[a-z](?:\.xox[a-z])?-[\w-]+",  # bot, user and refresh tokens
    r"(?:xapp|xwfp)-[\w-]+",  # tokens of apps and of workflows
    r"\bwss?://\S+|(?<=[?&]ticket=)[^\s&]+",  # Socket Mode's addresses: each holds a ticket
    r"v0=[0-9a-fA-F]{16,}",  # signatures of requests
    r"\b\d+\.\d+\.[0-9a-f]{32}\b",  # trigger ids
    r"https://hooks\.slack(?:-gov)?\.com/\S+",  # response addresses: who holds one may answer
)
"""What Slack's secrets look like."""


class SlackSettings(msgspec.Struct, frozen=True, kw_only=True):
    """With an app token: Socket Mode; otherwise HTTP."""

    bot_token: Secret
    signing_secret: Secret | None
    app_token: Secret | None
    api_url: str
    command: str


def slash_command(text: str) -> str:
    """Return the name of a slash command that Slack accepts (at most 32 characters), or raise `ValueError`."""
    if not re.fullmatch(r"/[a-z0-9_-]{1,31}", text):
        raise ValueError(
            f"{text!r} is no slash command. Set one such as /jit: a slash and up to 31 of a-z, 0-9, - and _"
        )
    return text


def _secret(prefix: str, where: str) -> Callable[[str], Secret]:
    def parse(text: str) -> Secret:
        if not re.fullmatch(re.escape(prefix) + r"[0-9A-Za-z._-]+", text):
            raise ValueError(f"it is not {prefix} with letters, digits, dots and dashes after it. Set {where}")
        return Secret(text)

    return parse


def _signing_secret(text: str) -> Secret:
    """Slack's are 32 letters and digits. A short one could be guessed, and could not be kept out of a log."""
    if not re.fullmatch(r"[0-9A-Za-z]{32,128}", text):
        raise ValueError(
            "it is not 32 letters and digits, as Slack's are."
            " Set the Signing Secret from the app's Basic Information page"
        )
    return Secret(text)


VARIABLES = (
    Variable(
        name="SLACK_BOT_TOKEN",
        doc="The bot's token, `xoxb-…`, from the app's *OAuth & Permissions* page. Required.",
        parse=_secret("xoxb-", "the Bot User OAuth Token from the app's OAuth & Permissions page"),
    ),
    Variable(
        name="SLACK_SIGNING_SECRET",
        doc=(
            "Checks that a request comes from Slack: 32 letters and digits from the app's *Basic Information*"
            " page. Required over HTTP."
        ),
        parse=_signing_secret,
    ),
    Variable(
        name="SLACK_APP_TOKEN",
        doc="An app-level token, `xapp-…`, with `connections:write`. Where it is set, Socket Mode is used.",
        parse=_secret("xapp-", "an app-level token with connections:write from the app's Basic Information page"),
    ),
    Variable(
        name="SLACK_API_URL",
        default="https://slack.com/api/",
        doc="Slack's Web API (GovSlack: `https://slack-gov.com/api/`). Plain http needs `COUNTERSIGN_SANDBOX=1`.",
        parse=lambda text: url(text) + "/",
    ),
    Variable(
        name="COUNTERSIGN_COMMAND",
        default="/jit",
        doc="The slash command, as in the app's manifest.",
        parse=slash_command,
    ),
)


def weak(values: Values) -> list[str]:
    """What weakens trust."""
    if values["SLACK_API_URL"] and not values["SLACK_API_URL"].startswith("https://"):
        return ["SLACK_API_URL: it is plain http. Set an https address, or COUNTERSIGN_SANDBOX=1 for a sandbox."]
    return []


def missing(values: Values, wrong: Collection[str]) -> list[str]:
    """Say what is missing; a variable that was given but wrong has had its own sentence."""
    said = []
    if not values["SLACK_BOT_TOKEN"] and "SLACK_BOT_TOKEN" not in wrong:
        said.append("SLACK_BOT_TOKEN: it is missing. Set the bot token (xoxb-…) of the app's installation.")
    if not any(values[name] or name in wrong for name in ("SLACK_SIGNING_SECRET", "SLACK_APP_TOKEN")):
        said.append(
            "SLACK_SIGNING_SECRET: neither it nor SLACK_APP_TOKEN is set."
            " Set the signing secret for HTTP, or an app token (xapp-…) for Socket Mode."
        )
    return said


def read(values: Values) -> SlackSettings:
    return SlackSettings(
        bot_token=values["SLACK_BOT_TOKEN"],
        signing_secret=values["SLACK_SIGNING_SECRET"],
        app_token=values["SLACK_APP_TOKEN"],
        api_url=values["SLACK_API_URL"],
        command=values["COUNTERSIGN_COMMAND"],
    )
