"""After access is over, its thread and its page say what was done with it, to those who may see the request."""

import json
from datetime import timedelta
from pathlib import Path

from sandbox.slack.records import Message
from tests.handlers.web.conftest import ALICE, BOB, EVE
from tests.support.running import PROD, Running, running
from tests.support.shown import words
from tests.support.visits import Browser, link

ON = {"COUNTERSIGN_AUDIT_LOGS": "1"}
NASTY = "<script>*bold* <!channel> `x`"


def over(office: Running) -> str:
    """Access that was used and ended."""
    asked = office.ask("alice", "admin")
    office.press("bob", "approve", asked)
    office.until(lambda: office.grant(asked) == "active")
    office.clock.ahead += timedelta(seconds=5)
    used, logs = office.clock(), office.box.google.logs
    logs.add(PROD, "alice@example.com", "google.cloud.run.v2.Services.UpdateService", at=used)
    logs.add(PROD, "alice@example.com", NASTY, at=used, permission="x", granted=False, log="policy")
    logs.add(PROD, "bob@example.com", "google.cloud.run.v2.Services.DeleteService", at=used)
    office.clock.ahead += timedelta(seconds=5)
    assert office.press("alice", "end", asked).ok
    office.until(lambda: office.request(asked).grants[0].removed)
    return asked


def told(office: Running) -> list[Message]:
    return [each for each in office.box.slack.messages("#access") if "What was done with it" in words(each)]


def later(office: Running, time: timedelta) -> None:
    office.clock.ahead += time
    office.service.background.wake()


def test_it_is_told_in_the_thread_and_on_the_page_and_no_name_is_markup(tmp_path: Path) -> None:
    with running(tmp_path, environ=ON, iap_port=0) as office:
        asked = over(office)
        assert told(office) == []
        later(office, timedelta(minutes=6))
        office.until(lambda: bool(told(office)))
        (message,) = told(office)
        pages = {who: Browser(office, who).get(link(office, asked)) for who in (ALICE, BOB)}
        stranger = Browser(office, EVE).get(link(office, asked))

    for said in (words(message), *(page.words for page in pages.values())):
        assert "2 calls in Cloud Audit Logs, 1 of them denied." in said
        assert "google.cloud.run.v2.Services.UpdateService" in said
        assert "DeleteService" not in said
    assert all("<script>*bold*" not in page.body for page in pages.values())
    assert "Cloud Audit Logs" not in stranger.body
    assert message.thread_ts
    assert "<!channel>" not in message.text
    assert not any(block["type"] == "section" and "bold" in json.dumps(block) for block in message.blocks)


def test_where_it_is_not_switched_on_no_log_is_read(tmp_path: Path) -> None:
    with running(tmp_path) as office:
        over(office)
        later(office, timedelta(hours=2))
        office.until(lambda: not office.service.background._reconciler.due(kind="request"))

        assert office.box.google.calls("entries.list") == []
