"""Access that begins later, asked for in Slack: by the form and in one line, by the clocks of who asks."""

import re
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import msgspec
import pytest

from tests.handlers.slack.bed import Bed
from tests.support.shown import view_words
from tests.support.starts import STARTS

LINE = "/jit request customer-data for 1h from {} because CHG-1"
GOOD = {"entitlement": "customer-data", "duration": "1h", "justification": "CHG-1"}


@pytest.mark.parametrize(("typed", "said"), STARTS)
def test_a_start_that_cannot_be_is_refused_by_the_form_and_by_a_line(bed: Bed, typed: str, said: str) -> None:
    bed.box.slack.command("alice", "/jit")
    sent = bed.box.slack.submit("alice", GOOD | {"start": typed})

    assert list(sent.errors) == ["start"]
    assert said in sent.errors["start"]
    line = bed.box.slack.command("alice", LINE.format(typed if typed != "soon" else "tomorrow or so"))
    assert line.view is not None
    assert said in view_words(line.view)
    assert bed.requests() == []


def test_a_form_says_all_that_is_wrong_with_a_period_at_once(bed: Bed) -> None:
    bed.box.slack.command("alice", "/jit")

    sent = bed.box.slack.submit("alice", GOOD | {"start": "soon", "duration": "soon", "justification": " "})

    assert set(sent.errors) == {"start", "duration", "justification"}


def test_a_line_that_is_refused_opens_the_form_with_its_start(bed: Bed) -> None:
    found = bed.box.slack.command("alice", "/jit request customer-data for 99h from tomorrow 9:00 because CHG-1")

    assert found.view is not None
    inputs = {block["block_id"]: block["element"] for block in found.view["blocks"] if block["type"] == "input"}
    assert inputs["start"]["initial_value"] == "tomorrow 9:00"


def test_what_is_typed_is_kept_when_something_else_is_chosen(bed: Bed) -> None:
    bed.box.slack.command("alice", "/jit request from tomorrow 9:00 because CHG-1")
    bed.box.slack.choose("alice", "entitlement", "customer-data")

    held = bed.box.slack.state.top("alice")
    assert held is not None
    inputs = {block["block_id"]: block["element"] for block in held.sent["blocks"] if block["type"] == "input"}
    assert inputs["start"]["initial_value"] == "tomorrow 9:00"


def test_a_form_and_a_line_file_the_same_by_the_clocks_of_who_asks(bed: Bed) -> None:
    day = f"{bed.clock() + timedelta(days=2):%Y-%m-%d}"
    bed.box.slack.command("alice", "/jit")
    sent = bed.box.slack.submit("alice", GOOD | {"start": f"{day} 9:00", "duration": "until 10:00"})
    assert sent.ok, sent.errors
    said = bed.box.slack.command("alice", LINE.format(f"{day} 9:00"))

    zone = ZoneInfo("Europe/Berlin")  # where the sandbox has its people
    one, other = bed.requests()
    assert one.terms.start is not None
    assert (one.terms.start, one.terms.duration) == (other.terms.start, other.terms.duration)
    here: datetime = one.terms.start.astimezone(zone)
    assert (here.hour, here.minute) == (9, 0)
    assert "for 1 hour from" in said.body
    assert f"What you typed was read as from {one.terms.start.astimezone(zone):%a}" in said.body
    assert "09:00 (Europe/Berlin)." in said.body


def test_whoever_sits_by_other_clocks_is_told_by_which_a_time_was_read(bed: Bed) -> None:
    form = bed.box.slack.command("alice", "/jit").view
    assert form is not None
    assert "Times are read by the clocks of Europe/Berlin." in view_words(form)
    bed.box.slack.choose("alice", "entitlement", "customer-data")
    redrawn = bed.box.slack.view("alice")
    assert redrawn is not None
    assert "Times are read by the clocks of Europe/Berlin." in view_words(redrawn)

    day = f"{bed.clock() + timedelta(days=2):%Y-%m-%d}"
    line = f"/jit request customer-data from {day} 9:00 until {day} 9:40 because CHG-1"
    said = bed.box.slack.command("alice", line)
    assert re.search(
        r"read as from \w{3} .*, 09:00 \(Europe/Berlin\) until .*, 09:40 \(Europe/Berlin\)\.", said.body
    )
    plain = bed.box.slack.command("alice", "/jit request customer-data for 1h because CHG-1")
    assert "read as" not in plain.body


def test_what_begins_later_is_cancelled_by_the_words_of_every_message_about_it(bed: Bed) -> None:
    said = bed.box.slack.command("alice", "/jit request logs for 1h from tomorrow 9:00 because reading")
    (request,) = re.findall(r"Cancel it: `/jit end (r-\w+)`", said.body)

    bed.policy = msgspec.structs.replace(bed.policy, administrators=("user:carol@example.com",))
    bed.box.slack.command("carol", f"/jit end {request}")
    form = bed.box.slack.view("carol")
    assert form is not None
    assert "Why do you cancel this access?" in view_words(form)
    assert (form["submit"]["text"], form["close"]["text"]) == ("Cancel it", "Keep it")
