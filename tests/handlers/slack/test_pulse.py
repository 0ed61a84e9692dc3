"""When it is said that Slack is silent: when it was asked and answered nothing, and never because nobody asked."""

import logging
from datetime import timedelta

import pytest

from approvals.backends import calls
from approvals.refusals.errors import CountersignError
from handlers.seldom import Seldom
from handlers.slack.client import SlackApi
from handlers.slack.pulse import of_the_web_api
from tests.handlers.slack.bed import Bed
from tests.support.doubles import Clock

MINUTE = timedelta(minutes=1)


class Line:
    """A pulse on a clock that stands until it is moved."""

    def __init__(self) -> None:
        self.clock = Clock()
        self.pulse = of_the_web_api(clock=self.clock, seldom=Seldom(logging.getLogger("countersign.test.pulse")))

    def asked_in_vain(self, *, minutes: int) -> None:
        """Ask at once and then once a minute."""
        self.pulse.unanswered()
        for _ in range(minutes):
            self.clock.now += MINUTE
            self.pulse.unanswered()


def test_idle_is_not_silence() -> None:
    line = Line()
    line.pulse.answered()
    line.clock.now += timedelta(days=3)

    assert line.pulse.complaint() == ""


def test_five_minutes_without_an_answer_are_silence() -> None:
    line = Line()
    line.asked_in_vain(minutes=4)
    assert line.pulse.complaint() == ""

    line.asked_in_vain(minutes=3)
    assert line.pulse.complaint() == "the Web API: Slack has not answered for 7 minutes"


def test_an_answer_ends_the_silence_also_one_that_refuses() -> None:
    line = Line()
    line.asked_in_vain(minutes=9)
    line.pulse.answered("channel_not_found")

    assert line.pulse.complaint() == ""


def test_one_lost_answer_of_yesterday_says_nothing_of_today() -> None:
    line = Line()
    line.pulse.unanswered()
    line.clock.now += timedelta(hours=9)
    assert line.pulse.complaint() == ""

    line.pulse.unanswered()
    assert line.pulse.complaint() == ""


@pytest.mark.parametrize("code", ["invalid_auth", "token_revoked", "account_inactive"])
def test_a_token_that_slack_refuses_is_said_at_once_and_until_it_is_taken_again(
    code: str, caplog: pytest.LogCaptureFixture
) -> None:
    line = Line()
    for _ in range(3):
        line.pulse.answered(code)
    (logged,) = caplog.messages
    assert logged.startswith(f"the Web API: Slack refuses SLACK_BOT_TOKEN ({code}). Nobody gets a card")
    assert line.pulse.complaint() == f"the Web API: Slack refuses SLACK_BOT_TOKEN ({code})"

    line.pulse.answered()
    assert line.pulse.complaint() == ""


@pytest.mark.parametrize(
    ("kind", "code", "said"),
    [
        ("error", "", "Slack has not answered for 5 minutes"),
        ("drop", "", "Slack has not answered for 5 minutes"),
        ("refuse", "internal_error", "Slack has not answered for 5 minutes"),
        ("refuse", "token_revoked", "Slack refuses SLACK_BOT_TOKEN (token_revoked)"),
        ("refuse", "user_not_found", ""),
        ("ratelimit", "", ""),
    ],
)
@pytest.mark.parametrize("way", ["form", "json"])
def test_every_call_is_listened_to(shared_bed: Bed, way: str, kind: str, code: str, said: str) -> None:
    line, box = Line(), shared_bed.box
    api = SlackApi(token=box.bot_token, send=calls.send, base_url=box.slack_api_url, pulse=line.pulse)
    for minutes in (5, 0):
        box.slack.faults.add("auth.test", kind, code=code)  # type: ignore[arg-type]  # one of its kinds
        with pytest.raises(CountersignError):
            getattr(api, way)("auth.test", timeout=2.0)
        line.clock.now += minutes * MINUTE

    assert line.pulse.complaint().removeprefix("the Web API: ") == said
    getattr(api, way)("auth.test", timeout=2.0)
    assert line.pulse.complaint() == ""
