"""A looser policy file, from the outside: who is asked, on which way, and when it is in force."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Protocol
from urllib.parse import urlsplit

import jwt
import pytest

from approvals.policy.reading.parse import digest_of
from approvals.uses.changing import held
from bot import background
from sandbox import links
from sandbox.slack.records import Message
from tests.bot.commands import run
from tests.support.callers import Caller
from tests.support.desk import Desk
from tests.support.running import POLICY, Running, running
from tests.support.shown import words
from tests.support.verifiers import Case, by_node, by_python, needs_node
from tests.support.visits import Browser

ALICE, BOB, CAROL, DAN = (f"{name}@example.com" for name in ("alice", "bob", "carol", "dan"))
MORE = [
    f"roles/{each}.viewer"
    for each in ("monitoring", "run", "storage", "compute", "pubsub", "dns", "cloudsql", "spanner", "redis")
]
"""As many as one program may come to give, and two to choose from."""

CHANGE = f'security_channel: "#security"\nchange: {{approvers: [{BOB}, {CAROL}], needed: 2}}\n'
TIGHT = POLICY.replace("entitlements:", f"{CHANGE}entitlements:", 1).replace(
    'channel: "#access"', 'channel: "#access"\n  email: always', 1
)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("looser")


@pytest.fixture(scope="module")
def office(folder: Path) -> Iterator[Running]:
    (folder / "office").mkdir()
    with pytest.MonkeyPatch.context() as sooner:
        sooner.setattr(background, "POLICY", 0.1)
        receipts = {"COUNTERSIGN_RECEIPT_SIGNER": f"file:{folder / 'receipts.jwk'}"}
        with running(folder / "office", policy=TIGHT, environ=receipts, iap_port=0, smtp_port=0) as office:
            yield office


def write(office: Running, text: str) -> str:
    """Put another file in place, and return the request for it, once both are asked."""
    fresh = office.policy_file.with_suffix(".new")
    fresh.write_text(text)
    fresh.replace(office.policy_file)
    store = office.service.store

    def asked() -> str:
        number, hold = held(store)
        found = store.filed(f"application:Countersign itself:{number}") if hold.digest == digest_of(text) else None
        return found.id if found is not None else ""

    request_id = office.until(asked)
    office.card(request_id, having="deny", by="bob")
    office.until(lambda: mailed(office, BOB, request_id))
    return request_id


def mailed(office: Running, who: str, request_id: str) -> str:
    """The path of the link in somebody's mail about a request; empty where they have none."""
    assert office.box.mailbox
    found = [mail for mail in office.box.mailbox.messages() if who in mail["to"] and request_id in mail["subject"]]
    return urlsplit(links.of_mail(found[0])[0]).path if found else ""


class Way:
    """A way in. `show` is what somebody sees of it, and returns the press, which may come later."""

    def __init__(self, office: Running, folder: Path) -> None:
        self.office, self.folder = office, folder


class Shows(Protocol):
    def __call__(self, office: Running, folder: Path, /) -> "Shown": ...


class Shown(Protocol):
    def show(self, who: str, request_id: str) -> Callable[[], object]: ...


class Card(Way):
    def show(self, who: str, request_id: str) -> Callable[[], object]:
        message = self.office.card(request_id, having="approve", by="bob")
        name = who.partition("@")[0]
        return self.office.box.slack.acts.aimed(name, "approve", message=message)


class Page(Way):
    def path(self, who: str, request_id: str) -> str:
        return f"/request/{request_id}"

    def show(self, who: str, request_id: str) -> Callable[[], object]:
        # Whoever is no approver sends the form that one of them was shown.
        page = Browser(self.office, who if who in (BOB, CAROL) else BOB).get(self.path(BOB, request_id))
        assert "roles/" in page.words
        return lambda: Browser(self.office, who).press(page, "approve")


class Mail(Page):
    def path(self, who: str, request_id: str) -> str:
        return mailed(self.office, who, request_id)


class Api(Way):
    def show(self, who: str, request_id: str) -> Callable[[], object]:
        shown = Caller(self.office, BOB).shown(request_id)
        return lambda: Caller(self.office, who).post(f"/v1/requests/{request_id}/approve", shown)


class Terminal(Way):
    """The command line, which shows and decides in one."""

    def show(self, who: str, request_id: str) -> Callable[[], object]:
        name = who.partition("@")[0]
        desk = Desk(self.office, self.folder / name, name)
        if not desk.kept.exists():
            assert desk.login("--no-keyring").exit_code == 0
        return lambda: desk.run("approve", request_id, "--yes")


WAYS: dict[str, Shows] = {"card": Card, "page": Page, "mail": Mail, "api": Api, "terminal": Terminal}


def votes(office: Running, request_id: str) -> list[str]:
    return [each.person for each in office.request(request_id).reviews]


def in_force(office: Running) -> str:
    kept = office.service.store.last_good()
    assert kept is not None
    return kept.text


def looser(office: Running, *, number: int = 0) -> str:
    """A file that gives one role more than the policy in force; each number gives another one."""
    before = in_force(office)
    more = [role for role in MORE if role not in before][number]
    return before.replace("roles: [roles/logging.viewer", f"roles: [roles/logging.viewer, {more}", 1)


def test_by_no_way_does_it_count_who_is_not_asked_what_is_stale_or_one_person_twice(
    office: Running, folder: Path
) -> None:
    ways = {name: way(office, folder) for name, way in WAYS.items()}
    before = in_force(office)
    stale = write(office, looser(office))
    shown = {name: way.show(BOB, stale) for name, way in ways.items()}
    request_id = write(office, looser(office, number=1))
    status, said = office.fetch("/ready")
    assert (status, "a looser policy is held since" in said) == (200, True)

    for name, press in shown.items():
        press()
        assert (office.request(stale).state, votes(office, stale)) == ("withdrawn", []), name
        assert votes(office, request_id) == [], name
    for name, way in ways.items():
        for who in (ALICE, DAN):
            way.show(who, request_id)()
            assert votes(office, request_id) == [], (name, who)
    pressed = [way.show(BOB, request_id) for way in ways.values()]
    for press in pressed:
        press()
        assert votes(office, request_id) == [BOB]
    assert office.request(request_id).state == "pending"
    assert in_force(office) == before


@pytest.mark.parametrize(("first", "last"), list(zip(WAYS, [*list(WAYS)[1:], "card"], strict=True)))
def test_two_who_are_asked_put_it_in_force_by_whichever_way(
    office: Running, folder: Path, first: str, last: str
) -> None:
    text = looser(office)
    request_id = write(office, text)
    before = in_force(office)

    WAYS[first](office, folder).show(BOB, request_id)()
    assert votes(office, request_id) == [BOB]
    assert (in_force(office), office.request(request_id).state) == (before, "pending")
    WAYS[last](office, folder).show(CAROL, request_id)()

    office.until(lambda: in_force(office) == text)
    office.until(lambda: office.request(request_id).state == "used")
    office.until(lambda: "held" not in office.fetch("/ready")[1])


@pytest.fixture(scope="module")
def receipt(office: Running, folder: Path) -> Case:
    """What `countersign receipt show` prints of a policy that two people accepted, with the published keys."""
    text = looser(office)
    request_id = write(office, text)
    for who in (BOB, CAROL):
        Api(office, folder).show(who, request_id)()
    office.until(lambda: in_force(office) == text)
    office.until(lambda: office.request(request_id).state == "used")
    shown = run("receipt", "show", request_id, env=office.environ)
    assert shown.exit_code == 0, shown.output
    keys = json.loads(office.fetch("/.well-known/jwks.json")[1])
    issuer = f"countersign:{office.service.store.installation().instance}"
    return {"receipt": shown.stdout.strip(), "keys": keys, "issuer": issuer}


def test_its_receipt_says_offline_which_policy_instead_of_which_in_what_it_is_looser_and_who_accepted_it(
    receipt: Case,
) -> None:
    page = "\n".join(by_python(receipt)["page"])
    claims = jwt.decode(receipt["receipt"], options={"verify_signature": False})
    (action,) = claims["terms"]["targets"]
    new, before = (each["value"] for each in action["parameters"][:2])

    assert "was approved, and used once" in page
    assert "Action: Put a looser policy in force (policy.change)" in page
    assert f"New policy: {new}" in page
    assert f"In force: {before}" in page
    assert "Looser: logs: gives: " in page
    assert "Needs           2 of user:bob@example.com, user:carol@example.com" in page
    assert all(f"  {who} approved " in page for who in (BOB, CAROL))
    assert "by Countersign itself, in its call" in page
    assert "Asked by        Countersign itself: who wrote the policy file is not known" in page
    assert claims["terms"]["policy"] == before != new


def test_a_report_names_nobody_s_address(receipt: Case, office: Running) -> None:
    said = run("report", env=office.environ).stdout

    assert "  Countersign itself  application:Countersign itself  policy.change  used, " in said
    assert "countersign.invalid" not in said


@needs_node
def test_both_verifiers_read_the_same_and_no_other_difference_holds(receipt: Case, tmp_path: Path) -> None:
    head, body, signature = receipt["receipt"].split(".")
    claims = jwt.utils.base64url_decode(body)
    assert b".viewer" in claims
    other = jwt.utils.base64url_encode(claims.replace(b".viewer", b".editor")).decode()
    cases = {"good": receipt, "other": receipt | {"receipt": f"{head}.{other}.{signature}"}}
    for name, case in cases.items():
        (tmp_path / f"{name}.json").write_text(json.dumps(case | {"name": name}))

    assert by_node(tmp_path) == {"good": by_python(receipt), "other": {"holds": False, "code": "signature"}}
    assert by_python(cases["other"]) == {"holds": False, "code": "signature"}


def test_what_an_operator_forces_is_told_the_security_channel_once(office: Running) -> None:
    request_id = write(office, looser(office))
    why = "Bob and Carol have <!channel> left"

    done = run("policy", "accept", "--break-glass", "--because", why, env=office.environ)

    assert done.exit_code == 0, done.output
    assert "a running service tells #security" in done.stderr
    (message,) = office.until(lambda: forced(office))
    said = words(message)
    assert why in said
    assert "an administrator (" in said
    assert "looser: logs: gives" in said
    assert '"text": "Bob and Carol have <!channel> left"' in json.dumps(message.blocks)
    assert office.until(lambda: office.request(request_id).state == "withdrawn")
    office.restart()
    office.settled()
    assert len(forced(office)) == 1


def forced(office: Running) -> list[Message]:
    office.service.background.wake()
    return [each for each in office.box.slack.messages("#security") if "by break-glass" in words(each)]
