"""What people and programs typed, in every place, is nowhere any more once its time is over; the rest holds."""

import json
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from approvals.requests import settled
from countersign_client.keys import read_keys
from countersign_client.receipts import verify
from tests.bot.commands import run
from tests.support.callers import Caller
from tests.support.counter import ENVIRON, Counter
from tests.support.desk import Desk
from tests.support.running import Running, running
from tests.support.shown import words
from tests.support.visits import Browser

ALICE, BOB, CAROL = (f"{name}@example.com" for name in ("alice", "bob", "carol"))
TYPED = "kestrel"
"""Stands in everything that is typed here, and nowhere else."""

COUNTER = Counter()
GLASS = """\
  - id: glass
    title: Break glass on production
    resource: projects/shop-prod
    roles: [roles/run.admin]
    requesters: ["group:sre"]
    approval: break_glass
    break_glass: {max: 1h, review: {by: ["group:security"], within: 3d}}
administrators:"""
POLICY = COUNTER.policy.replace("administrators:", GLASS).replace('"#access"\n', '"#access"\n  retention: 30d\n')
REFUND = {
    "parameters": {"amount": {"amount": "250.00", "currency": "EUR"}, "order": f"{TYPED}-order"},
    "key": f"order/{TYPED}",
    "data": {"note": f"{TYPED}-data"},
    "reason": f"{TYPED}-refund",
}


class Told:
    """What was asked, by what became of it, and the receipt that an application got."""

    def __init__(self, office: Running) -> None:
        self.office = office
        self.requests = {"denied": self._denied(), "glass": self._glass(), "slack": self._slack()}
        self.requests["refund"] = self._refund()

    def _denied(self) -> str:
        """With a comment, and an offer that was accepted."""
        alice, bob, carol = (Caller(self.office, who) for who in (ALICE, BOB, CAROL))
        asked = alice.ask("pair", why=f"INC-1 {TYPED}-reason")
        self._on_a_card(asked)
        assert carol.decide(asked, comment=f"{TYPED}-comment").status == 200
        assert bob.decide(asked, "offer", duration="30m", comment=f"{TYPED}-offer").status == 200
        offer = alice.get(f"/v1/requests/{asked}").json["offer"]
        shown = {"revision": offer["revision"], "digest": offer["digest"]}
        assert alice.post(f"/v1/requests/{asked}/accept", shown).status == 200
        assert carol.decide(asked, comment=f"{TYPED}-comment on less").status == 200
        assert bob.decide(asked, "deny", reason=f"{TYPED}-denial").status == 200
        return asked

    def _glass(self) -> str:
        carol = Caller(self.office, CAROL)
        body = {"entitlement": "glass", "duration": "30m", "justification": f"{TYPED}-emergency"}
        asked = str(Caller(self.office, ALICE).post("/v1/requests", body | {"break_glass": True}).json["id"])
        assert self.office.granted(asked)
        self._on_a_card(asked)
        said = {"justified": False, "reason": f"{TYPED}-review"}
        assert carol.post(f"/v1/requests/{asked}/after_review", said).status == 200
        assert carol.post(f"/v1/requests/{asked}/end", {"reason": f"{TYPED}-end"}).status == 200
        self.office.until(lambda: settled(self.office.request(asked)))
        return asked

    def _on_a_card(self, asked: str) -> None:
        """What is over before its card was posted gets none."""
        self.office.until(lambda: self.office.cards(asked))

    def _slack(self) -> str:
        asked = self.office.ask("alice", "narrow", f"INC-2 {TYPED}-typed")
        assert self.office.press("carol", "deny", asked).ok
        assert self.office.box.slack.submit("carol", {"reason": f"{TYPED}-form"}).ok
        self.office.until(lambda: self.office.request(asked).state == "denied")
        return asked

    def _refund(self) -> str:
        asked = COUNTER.ask(self.office, **REFUND)
        assert self.office.press("alice", "confirm", asked).ok
        self.office.approve("bob", asked)
        self.salt = self.office.request(asked).terms.salt
        (card,) = self.office.cards(asked)
        page = Browser(self.office, BOB).get(f"/request/{asked}").body
        kept = json.dumps([COUNTER.call(self.office, "GET", f"/v1/requests/{asked}", {}), page, str(card)])
        assert (TYPED in kept, self.salt in kept) == (True, False)
        self.receipt = COUNTER.consume(self.office, asked, **REFUND)["receipt"]
        return asked


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    folder = tmp_path_factory.mktemp("office")
    environ = {**ENVIRON, "COUNTERSIGN_RECEIPT_SIGNER": f"file:{folder / 'receipts.jwk'}"}
    with running(folder, policy=POLICY, environ=environ, iap_port=0) as office:
        yield office


@pytest.fixture(scope="module")
def told(office: Running) -> Told:
    """A month and a day later."""
    told = Told(office)
    office.settled()
    assert {each.encode() in written(office) for each in (TYPED, told.salt)} == {True}
    office.clock.ahead += timedelta(days=30)
    for _ in range(31):
        office.clock.ahead += timedelta(minutes=50)
        office.service.background._chores.now().result(60)
    office.service.background.wake()
    office.settled()
    return told


def written(office: Running) -> bytes:
    """All bytes of the store's file and of what lies beside it."""
    return b"".join(each.read_bytes() for each in sorted(office.folder.glob("countersign.db*")))


def test_no_byte_of_it_is_in_the_store_s_file(office: Running, told: Told) -> None:
    assert all(office.request(asked).erased for asked in told.requests.values())
    assert {each.encode() in written(office) for each in (TYPED, told.salt)} == {False}


def test_every_way_in_says_when_it_was_erased_and_shows_nothing_of_it(
    office: Running, told: Told, tmp_path: Path
) -> None:
    carol, browser, desk = Caller(office, CAROL), Browser(office, CAROL), Desk(office, tmp_path / "c", "carol")
    assert desk.login("--no-keyring").exit_code == 0
    (says,) = {
        f"The typed text was erased on {office.request(each).erased:%Y-%m-%d}." for each in told.requests.values()
    }
    answers = {f"page of {name}": browser.get(f"/request/{asked}").body for name, asked in told.requests.items()}
    answers |= {
        f"call for {name}": carol.get(f"/v1/requests/{asked}").body.decode()
        for name, asked in told.requests.items()
    }
    answers |= {f"{name} at a terminal": desk.run("status", each).stdout for name, each in told.requests.items()}
    answers |= {form: browser.get(f"/export?form={form}").body for form in ("csv", "json", "jsonl")}
    lists = {
        "history": browser.get("/history").body,
        "history by a call": carol.get("/v1/history").body.decode(),
        "history at a terminal": desk.run("history").stdout,
        "file by a call": carol.get("/v1/export?form=csv").body.decode(),
        "own": office.box.slack.command("alice", "/jit mine").body,
        "home": json.dumps(home(office, "carol")),
    }

    asked = COUNTER.call(office, "GET", f"/v1/requests/{told.requests['refund']}", {})
    assert (asked["parameters"], bool(asked["erased"])) == ([], True)
    lists["an application's call"] = json.dumps(asked)

    for name, answer in (answers | lists).items():
        assert TYPED not in answer, name
        assert told.salt not in answer, name
        assert "“”" not in answer, name
    for name, answer in answers.items():
        assert says in answer, name
    assert Browser(office, CAROL).get(f"/request/{told.requests['denied']}").body.count(says) >= 3


def home(office: Running, who: str) -> object:
    assert office.box.slack.open_home(who).ok
    return office.until(lambda: office.box.slack.home(who))


def test_what_stands_in_slack_shows_nothing_of_it(office: Running, told: Told) -> None:
    """But what was sent as a message of its own, which quoted it: that is Slack's."""
    for asked in told.requests.values():
        (card,) = office.cards(asked)
        assert TYPED not in words(card)
        assert office.box.slack.press("carol", "details", message=card).ok
        shown = office.box.slack.state.top("carol")
        assert shown is not None
        assert TYPED not in json.dumps(shown.sent)
        assert "The typed text was erased on" in json.dumps(shown.sent)
        office.box.slack.close("carol")


def test_the_audit_holds_and_tells_of_it(office: Running, told: Told) -> None:
    done = run("audit", "verify", env=office.environ)
    assert done.exit_code == 0, done.output
    assert {office.actions(asked)[-1] for asked in told.requests.values()} == {"request.erased"}
    page = Browser(office, CAROL).get(f"/request/{told.requests['denied']}").words
    assert "What was typed was erased: the policy has it kept for 30 days once all is over." in page


def test_a_receipt_from_before_verifies_for_ever_and_of_an_action_there_is_no_new_one(
    office: Running, told: Told
) -> None:
    keys = read_keys(office.fetch("/.well-known/jwks.json")[1].encode())
    issuer = f"countersign:{office.service.store.installation().instance}"
    terms = verify(told.receipt, keys, issuer=issuer).terms
    assert (TYPED in json.dumps(terms), terms["salt"]) == (True, told.salt)

    refused = run("receipt", "show", told.requests["refund"], env=office.environ)
    assert refused.exit_code == 1
    assert "is erased, as the policy has it" in refused.output
    assert run("receipt", "show", told.requests["denied"], env=office.environ).exit_code == 0
