"""What people see of an agent's calls wherever they look, who may decide there, and what is left in the end."""

import csv
import io
import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from countersign_client.applications import Application, Asserted, tool_call
from countersign_client.call_tokens import SigningKey, new_key
from tests.bot.commands import run
from tests.support.running import POLICY, Running, running
from tests.support.shown import view_words
from tests.support.visits import Answer, Browser, forms

ALICE, BOB, CAROL, DAN = (f"{name}@example.com" for name in ("alice", "bob", "carol", "dan"))
DEFINITION = {"name": "delete_account", "inputSchema": {"type": "object"}}
SECRET = "kestrel-4711"
"""Stands in arguments alone."""


def policy(key: SigningKey) -> str:
    rules = POLICY.replace('"#access"\n', '"#access"\n  retention: 30d\n', 1)
    return f"""{rules}
applications:
  - id: assistant
    title: Coding assistant
    agent: true
    may_assert: true
    keys: [{json.dumps(key.public())}]
actions:
  - id: crm-delete
    application: assistant
    title: Delete something in the CRM
    tool: {{server: crm, name: "delete_*"}}
    requesters: ["domain:example.com"]
    approval: self
  - id: crm-merge
    application: assistant
    title: Merge in the CRM
    tool: {{server: crm, name: "merge_*"}}
    requesters: ["domain:example.com"]
    approval: [{{approvers: ["user:bob@example.com", "user:carol@example.com"], sign: typed}}]
"""


class Seen:
    """A runtime that works for Alice, and what people see of what it asks for."""

    def __init__(self, office: Running, key: SigningKey) -> None:
        self.office, self._runtime = office, Application(office.url, "assistant", key)
        self._asked = 0

    def asks(self, tool: str, action: str, **arguments: Any) -> str:
        self._asked += 1
        call = tool_call(
            action,
            server="crm",
            name=tool,
            definition=DEFINITION,
            arguments={"account": SECRET, "turn": self._asked, **arguments},
        )
        return str(self._runtime.ask_tool(call, on_behalf_of=Asserted(email=ALICE)).id)

    def own(self, **arguments: Any) -> str:
        return self.asks("delete_account", "crm-delete", **arguments)

    def of_others(self) -> str:
        """One that Alice has confirmed, and that waits for a signature."""
        asked = self.asks("merge_accounts", "crm-merge")
        assert self.office.press("alice", "confirm", asked).ok
        return asked

    def a_month_later(self) -> None:
        """And a day, in which the service sees the clock go on."""
        office = self.office
        office.settled()
        office.clock.ahead += timedelta(days=30)
        for _ in range(31):
            office.clock.ahead += timedelta(minutes=50)
            office.service.background._chores.now().result(60)
        office.service.background.wake()

    def page(self, who: str, request_id: str) -> Answer:
        return Browser(self.office, who).get(f"/request/{request_id}")

    def typed(self, who: str, line: str) -> str:
        return view_words(json.loads(self.office.box.slack.command(who, line).body))

    def home(self, who: str) -> str:
        slack = self.office.box.slack
        before = slack.home(who)
        assert slack.open_home(who).ok
        found = self.office.until(lambda: self._newer(who, before))
        return view_words(found)

    def _newer(self, who: str, before: Any) -> Any:
        found = self.office.box.slack.home(who)
        return found if found is not None and (before is None or found["hash"] != before["hash"]) else None


@contextmanager
def watched(folder: Path) -> Iterator[Seen]:
    key = new_key("ES256")
    signer = {"COUNTERSIGN_RECEIPT_SIGNER": f"file:{folder / 'receipts.jwk'}"}
    with running(folder, policy=policy(key), environ=signer, iap_port=0) as office:
        yield Seen(office, key)


@pytest.fixture(scope="module")
def seen(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Seen]:
    with watched(tmp_path_factory.mktemp("seen")) as seen:
        yield seen


@pytest.fixture
def aging(tmp_path: Path) -> Iterator[Seen]:
    """One of its own, whose clock runs ahead: then nothing counts that the runtime signs by its machine's."""
    with watched(tmp_path) as seen:
        yield seen


def test_on_its_page_nobody_but_the_person_finds_or_approves_what_is_theirs_alone(seen: Seen) -> None:
    asked = seen.own()
    page = seen.page(ALICE, asked)
    pressed = forms(page)["confirm"]

    for who in (BOB, CAROL):
        assert "confirm" not in forms(seen.page(who, asked))
        refused = Browser(seen.office, who).post(pressed["action"], pressed)
        assert refused.status >= 400
        assert seen.office.request(asked).state == "pending"

    assert "Waits for you to approve it" in page.words
    assert "Nothing is done until you approve it yourself." in page.words
    assert Browser(seen.office, ALICE).press(page, "confirm").status == 303
    assert seen.office.request(asked).state == "approved"
    after = seen.page(ALICE, asked).words
    assert "You approved it yourself" in after
    assert "Coding assistant (an agent) can do it once" in after
    assert "An agent, Coding assistant, asked for Delete something in the CRM ( delete_account of crm )" in after


def test_what_waits_for_ones_own_word_is_said_to_wait_wherever_one_looks(seen: Seen) -> None:
    asked = seen.own()
    looked = Browser(seen.office, ALICE)

    first, listed = looked.get("/").words, seen.typed("alice", "/jit pending")

    for said in (first, listed, seen.home("alice")):
        assert "Asked for in your name: is it you?" in said
        assert "Nothing else waits for your approval." in said
        assert asked in said
    assert first.count(asked) == 1
    assert "Asked for in your name" not in Browser(seen.office, BOB).get("/").words
    assert "Asked for in your name" not in seen.typed("bob", "/jit pending")


def test_a_program_is_told_that_the_person_has_to_press(seen: Seen) -> None:
    asked = seen.own()
    looked = Browser(seen.office, ALICE)
    found = json.loads(looked.get(f"/v1/requests/{asked}").body)

    assert "approve" not in found["you"]["can"]
    assert {each["code"] for each in found["you"]["cannot"]} == {"self.confirm"}
    assert "press a button yourself" in found["you"]["cannot"][0]["detail"]


def test_the_home_tab_shows_the_person_the_whole_call_and_asks_them_alone(seen: Seen) -> None:
    asked = seen.own(note="Dear Bob,\nbye")

    home = seen.home("alice")

    assert "Asked for in your name: is it you?" in home
    for said in ("Nothing is done until you approve it yourself.", "delete_account", SECRET, '"Dear Bob,\\n'):
        assert said in home
    assert asked not in seen.home("bob")
    assert seen.office.press("alice", "withdraw", asked).ok


def test_the_home_tab_of_an_approver_shows_an_agents_call(seen: Seen) -> None:
    asked = seen.of_others()

    home = seen.home("bob")

    assert asked in home
    for said in ("an agent, Coding assistant", "merge_accounts", SECRET, "lets the agent make exactly this call"):
        assert said in home
    assert seen.office.press("alice", "withdraw", asked).ok


def test_an_approver_signs_an_agents_call_on_its_page(seen: Seen) -> None:
    asked = seen.of_others()
    carol = Browser(seen.office, CAROL)
    page = carol.get(f"/request/{asked}")
    assert page.words.index("Asked by") < page.words.index("Argument account") < page.words.index("Definition of")

    unsigned = carol.press(page, "sign", printed_name="", meaning="I answer for it")
    assert (unsigned.status, seen.office.request(asked).state) == (409, "pending")
    assert "sign" not in forms(seen.page(DAN, asked))
    assert carol.press(page, "sign", printed_name="Carol Chen", meaning="I answer for it").status == 303

    (review,) = seen.office.request(asked).reviews
    assert review.attestation is not None
    assert (review.person, review.attestation.printed_name.text) == (CAROL, "Carol Chen")
    assert seen.office.request(asked).state == "approved"


def test_history_and_its_file_name_the_agent_and_the_person_and_no_argument(seen: Seen) -> None:
    asked = seen.own()
    assert seen.office.press("alice", "confirm", asked).ok
    alice = Browser(seen.office, ALICE)

    found = alice.get("/history?what=delete")
    said = alice.get("/export?form=csv")
    rows = csv.DictReader(io.StringIO(said.body.removeprefix("\ufeff")))
    row = next(each for each in rows if each["request"] == asked)

    assert "an agent, Coding assistant" in found.words
    assert (row["requester"], row["application"], row["title"]) == (
        ALICE,
        "assistant",
        "Delete something in the CRM",
    )
    assert SECRET not in found.body + said.body


def test_once_its_texts_are_erased_what_was_approved_alone_still_says_who_asked_and_verifies(aging: Seen) -> None:
    asked = aging.own()
    assert aging.office.press("alice", "confirm", asked).ok
    assert SECRET in aging.page(ALICE, asked).body

    aging.office.ahead(hours=1)
    aging.office.until(lambda: aging.office.request(asked).state == "lapsed")
    aging.a_month_later()
    aging.office.until(lambda: aging.office.request(asked).erased is not None)

    page = aging.page(ALICE, asked)
    left = aging.office.request(asked)
    assert SECRET not in page.body + left.covered
    assert '"v":8' in left.covered
    who = "An agent, Coding assistant, asked for Delete something in the CRM on behalf of alice@example.com."
    assert who in page.words
    assert "What else stood here was erased on" in page.words
    verified = run("audit", "verify", env=aging.office.environ)
    assert ", 0 broken" in verified.stdout
