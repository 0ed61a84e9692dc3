"""Whispered sentences, and those that Slack does not let through where the app is not."""

from typing import Any

import pytest

from approvals.requests import Request
from handlers.slack.client import SlackRefused
from sandbox.slack.records import Message
from tests.handlers.slack.bed import Bed

TRIGGER = "[ERROR] `trigger_id` expired [json-pointer:/trigger_id]"


def carded(bed: Bed) -> tuple[Request, Message]:
    request = bed.file("alice")
    return request, bed.draw(request)


@pytest.mark.parametrize("change", [{}, {"is_private": True}], ids=["not_in_channel", "channel_not_found"])
def test_a_refusal_is_told_where_the_app_is_not_in_the_channel(bed: Bed, change: dict[str, Any]) -> None:
    request, card = carded(bed)
    members = bed.box.slack.state.channel("#access").members
    app = bed.box.slack.state.world.bot.user_id
    bed.box.slack.change_channel("#access", members=tuple(one for one in members if one != app), **change)

    outcome = bed.press("alice", "approve", card)

    assert outcome.ok
    assert "cannot decide on your own request" in bed.whispers("alice")[0]
    assert bed.store.request(request.id).reviews == ()
    assert bed.box.slack.messages("#access", seen_by="dan") == [card]


@pytest.mark.parametrize("kind", ["error", "lost", "drop"])
def test_a_whisper_that_may_have_arrived_is_not_told_twice(bed: Bed, kind: Any) -> None:
    _, card = carded(bed)
    bed.box.slack.faults.add("chat.postEphemeral", kind)

    bed.press("alice", "approve", card)
    bed.box.slack.wait(lambda: bed.box.slack.faults.calls.get("chat.postEphemeral"))
    bed.press("alice", "approve", card)

    assert len(bed.whispers("alice", count=1 if kind == "error" else 2)) == (1 if kind == "error" else 2)


@pytest.mark.parametrize(
    "url",
    [
        "https://evil.example/actions/1",
        "http://127.0.0.1:1/slack/actions/1",
        "http://169.254.169.254/computeMetadata/v1/",
        "file:///etc/passwd",
        "https://[hooks.slack.com/actions/1",
        "https://hooks.slack.com\u2100/actions/1",
        "",
    ],
)
def test_nothing_is_sent_to_an_address_that_is_not_slacks(bed: Bed, url: str) -> None:
    with pytest.raises(SlackRefused, match="foreign_address"):
        bed.api.respond(url, timeout=1.0, text="words")


@pytest.mark.parametrize(
    ("code", "messages"),
    [
        ("expired_trigger_id", ()),
        ("trigger_expired", ()),
        ("exchanged_trigger_id", ()),
        ("invalid_trigger_id", ()),
        ("invalid_arguments", (TRIGGER,)),
        ("invalid_arguments", ("[ERROR] invalid `trigger_id` [json-pointer:/trigger_id]",)),
    ],
)
def test_a_form_whose_time_is_over_says_so_however_slack_puts_it(
    bed: Bed, code: str, messages: tuple[str, ...]
) -> None:
    bed.box.slack.faults.add("views.open", "refuse", code=code, messages=messages)

    assert "three seconds for this were over. Try again" in bed.box.slack.command("alice", "/jit").body


def test_a_form_that_slack_does_not_take_is_a_fault_of_ours_and_not_of_time(bed: Bed) -> None:
    problem = "[ERROR] must be less than 25 characters [json-pointer:/view/title/text]"
    bed.box.slack.faults.add("views.open", "refuse", code="invalid_arguments", messages=(problem,))

    assert "three seconds" not in bed.box.slack.command("alice", "/jit").body
