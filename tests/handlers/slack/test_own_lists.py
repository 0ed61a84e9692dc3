"""`/jit mine` and `/jit pending`: buttons and links, nothing to be typed again."""

import json
import re

import msgspec

from approvals.ports.messages import Posted, ToAccount, ToPerson
from approvals.reconcile.posts import Post, Posts
from approvals.requests import Request
from sandbox.slack.records import Message
from tests.handlers.slack.bed import Bed
from tests.support.shown import view_words


def posted(bed: Bed, request: Request, key: str, message: Message) -> str:
    """Record that a message was posted, as reconcile does; return the address at which Slack shows it."""
    now = bed.clock()
    lease = bed.store.lease(f"request:{request.id}", owner="test", now=now, until=now)
    assert lease is not None
    before = bed.store.recorded(f"request:{request.id}")
    posts = msgspec.json.decode(before, type=Posts) if before else Posts()
    posts = posts.having(key, Post(posted=Posted(place=message.channel, ts=message.ts)))
    bed.store.release(bed.store.save(lease, msgspec.json.encode(posts)), due=None)
    answer = bed.api.form("chat.getPermalink", timeout=5.0, channel=message.channel, message_ts=message.ts)
    return str(answer["permalink"])


def links(said: str) -> list[str]:
    return re.findall(r"<(https://[^|>]+)\|Open it>", said)


def said(bed: Bed, who: str, line: str) -> str:
    outcome = bed.box.slack.command(who, line)
    assert outcome.ok, outcome.error
    return outcome.body


def test_where_no_message_stands_there_is_no_link(bed: Bed) -> None:
    bed.file("alice")

    assert links(said(bed, "bob", "/jit pending")) == []


def test_what_waits_leads_to_its_card(bed: Bed) -> None:
    request = bed.file("alice")
    address = posted(bed, request, "card", bed.draw(request))

    body = said(bed, "bob", "/jit pending")
    assert links(body) == [address]
    assert re.search(
        r"for 1 hour, asked for by alice@.+\. Expires unless decided by <!date[^>]+>\. `r-\w+` <https", body
    )


def test_an_approver_is_led_to_his_own_card_and_to_nobody_elses(bed: Bed) -> None:
    request = bed.file("alice")
    card = bed.draw(request, to=ToPerson("bob@example.com"))
    address = posted(bed, request, "card:bob@example.com", card)

    assert links(said(bed, "bob", "/jit pending")) == [address]
    assert links(said(bed, "dan", "/jit pending")) == []


def test_what_is_ones_own_has_the_button_for_it_and_leads_to_its_message(bed: Bed) -> None:
    request = bed.file("alice")
    address = posted(bed, request, "status", bed.draw(request, to=ToAccount(request.account), kind="status"))

    body = said(bed, "alice", "/jit mine")
    (button,) = [b["accessory"] for b in json.loads(body)["blocks"] if "accessory" in b]
    assert (button["action_id"], button["value"]) == ("withdraw", request.id)
    assert links(body) == [address]
    assert bed.press("alice", "withdraw", bed.box.slack.acts.visible("alice")[-1]).ok
    assert bed.store.request(request.id).state == "withdrawn"


def test_access_of_ones_own_has_the_button_that_ends_it(bed: Bed) -> None:
    request = bed.file("alice")
    bed.press("bob", "approve", bed.draw(request))

    body = said(bed, "alice", "/jit mine")
    (button,) = [b["accessory"] for b in json.loads(body)["blocks"] if "accessory" in b]
    assert (button["action_id"], button["value"]) == ("end", request.id)


def test_who_cannot_ask_for_what_there_is_reads_who_can(bed: Bed) -> None:
    said(bed, "carol", "/jit request compute-admin-prod for 1h because CHG-42 disk full")

    shown = view_words(bed.box.slack.view("carol"))
    assert "You cannot ask for “compute-admin-prod”. sre can." in shown
