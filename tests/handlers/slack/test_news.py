"""News in Slack: whatever was typed or stands in a policy, Slack takes the message and nothing of it is markup."""

import json
from datetime import timedelta

import msgspec
import pytest

from approvals.reviews import typed
from approvals.telling.news import Forced, StandsIn, StandsInNoMore
from handlers.slack.news import told
from sandbox.slack.limits import POST_TEXT, message_problems, too_long
from tests.handlers.slack.records import NASTY
from tests.handlers.slack.test_cards import nodes
from tests.support.builders import NOW
from tests.support.shown import view_words

FORCED = Forced(
    by="os:root",
    why=typed("Bob has left", salt="s" * 16),
    at=NOW,
    digest="sha256:" + "a" * 64,
    in_force="sha256:" + "b" * 64,
    source="policy.yaml",
    differences=("looser: logs: gives: x; was y",),
    rooms=("#security",),
    people=(),
)


@pytest.mark.parametrize("text", [*NASTY, '"' * 1000])
def test_slack_takes_the_fullest_news_and_nothing_in_it_is_markup(text: str) -> None:
    full = msgspec.structs.replace(
        FORCED, why=typed(text, salt="s" * 16), source=f"/{text}", differences=(f"looser: a: {text}",) * 50
    )
    said = told(full)

    assert message_problems(list(said.blocks)) == []
    assert not too_long(list(said.blocks))
    assert 0 < len(said.text) <= POST_TEXT
    markup = [node["text"] for node in nodes(list(said.blocks)) if node.get("type") == "mrkdwn"]
    assert markup == [f"*{said.text}*"]
    assert "and 30 more" in json.dumps(said.blocks)


def test_who_did_it_why_and_which_policy_it_is_stand_in_the_message() -> None:
    said = view_words({"blocks": list(told(FORCED).blocks)})
    for part in ("an administrator (root)", "Bob has left", "aaaaaaaa", "bbbbbbbb", "logs: gives: x; was y"):
        assert part in said


def test_who_stands_in_reads_for_whom_until_when_and_when_they_do_no_more() -> None:
    until = NOW + timedelta(hours=8)
    for news, words in (
        (StandsIn(person="carol@example.com", until=until, at=NOW), "You stand in for carol@example.com until"),
        (StandsInNoMore(person="carol@example.com", until=until, at=NOW), "You no longer stand in for carol@"),
    ):
        said = told(news)
        assert message_problems(list(said.blocks)) == []
        assert said.text.startswith(words)
        assert words in view_words({"blocks": list(said.blocks)})
