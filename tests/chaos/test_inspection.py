"""The chaos run finds what it looks for: each invariant, broken by hand beside the real program."""

import smtplib
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import timedelta
from email.message import EmailMessage
from pathlib import Path

import msgspec
import pytest

from approvals import transitions
from approvals.access.bindings import TITLE, expression, window_of
from approvals.grants import Grant, Window
from approvals.ports.targets import Binding
from approvals.refusals.reasons import reason
from chaos import truths, watch
from chaos.findings import INVARIANTS
from chaos.ice import Ice
from chaos.ledger import Doubt
from chaos.letters import message_id
from chaos.records import Records
from chaos.script import Act
from chaos.watch import Watch
from sandbox.google.faults import Fault
from sandbox.slack.records import Message
from tests.chaos.looks import Behind, Look, ours, write
from tests.support.builders import NOW, filed, grant, terms
from tests.support.running import PROD, Running, running

EVER = 'request.time < timestamp("2036-01-01T00:00:00Z")'


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Running]:
    with running(tmp_path, iap_port=0, smtp_port=0) as started:
        yield started


@pytest.fixture
def asked(office: Running) -> str:
    """A request whose access is active, and everything done."""
    name = office.ask("alice", "admin")
    office.approve("bob", name)
    office.granted(name)
    office.settled()
    return name


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is under way here that could still be done."""
    monkeypatch.setattr("chaos.inspection.PAUSE", 0.02)


@pytest.fixture
def look(office: Running, asked: str) -> Look:
    return Look(office)


def card(office: Running, asked: str) -> Message:
    return office.card(asked, having="end", by="bob")


def test_a_program_that_went_well_is_clean(look: Look) -> None:
    assert look.found() == set()
    assert {name for name in INVARIANTS if look.findings.checks[name]} == set(INVARIANTS) - {
        "lost",
        "grants",
        "prompt",
        "freeze",
        "exports",
    } - {"twice", "unapproved", "missed", "rumours", "windows", "reported", "denied", "held", "leavers"}, (
        "elsewhere: `chaos.till`, `chaos.holding`, `chaos.departure`"
    )


def test_whoever_comes_too_late_is_promised_nothing(look: Look, office: Running, asked: str) -> None:
    late = Behind(look, office.request(asked))
    assert office.box.slack.command("alice", f"/jit end {asked}").ok

    late.play((Act(verb="revoke", pause=0, who="bob"),))

    assert look.ledger.counts == {"ended, refused": 1}


@pytest.mark.parametrize(
    "kind", ["deny", "take_back", "withdrawn", "ended", "over", "filed", "offered", "accepted", "found", "said"]
)
def test_a_lost_decision_is_found(look: Look, asked: str, kind: str) -> None:
    look.ledger.acknowledged("approve", asked, "bob@example.com")
    assert look.found() == set()
    look.ledger.acknowledged(kind, asked, "carol@example.com")
    assert look.found() == {"lost"}


def test_a_press_that_was_answered_and_left_nothing_is_found(look: Look, office: Running, asked: str) -> None:
    inspection = look.inspection()
    look.ledger.doubtful(Doubt(request=asked, person="carol", since="9"))
    inspection.doubts()

    assert not look.findings.clean()


def test_a_binding_that_is_put_back_is_found(look: Look, office: Running) -> None:
    binding = ours(office)
    write(office, remove=(binding,))
    write(office, add=(binding,))
    inspection = look.inspection()
    with closing(Records(office.folder / "countersign.db")) as records:
        inspection.end(records)

    assert "written again after it was gone" in look.findings.wrong["grants"][0]


def test_access_outside_of_an_approved_window_is_found(look: Look, office: Running) -> None:
    write(office, add=(msgspec.structs.replace(ours(office), expression=EVER),))
    assert look.found() == {"access"}


def test_access_whose_removal_is_on_record_is_found(look: Look, office: Running, asked: str) -> None:
    binding = ours(office)
    office.box.slack.press("alice", "end", message=office.card(asked, having="end", by="alice"))
    office.gone(asked)
    office.settled()
    write(office, add=(binding,))
    assert "access" in look.found()


def test_a_binding_of_others_that_went_or_came_is_found(look: Look, office: Running) -> None:
    theirs = Binding(
        role="roles/run.viewer",
        member="user:alice@example.com",
        title=TITLE,
        description="Approved by bob@example.com; countersign:0000000000/r-0000000000",
        expression=EVER,
    )
    write(office, add=(theirs,))
    assert look.found() == {"foreign"}
    look.findings.wrong["foreign"].clear()
    look.outside.kept |= look.outside.bindings()
    write(office, remove=(theirs,))
    assert "foreign" in look.found()


def test_a_card_that_says_something_else_is_found(look: Look, office: Running, asked: str) -> None:
    message = card(office, asked)
    blocks = tuple(block for block in message.blocks if block["type"] != "header")
    assert len(blocks) < len(message.blocks)
    office.box.slack.state.kept[message.channel, message.ts] = msgspec.structs.replace(message, blocks=blocks)
    assert look.found() == {"cards"}


@pytest.fixture
def ice(look: Look, office: Running, monkeypatch: pytest.MonkeyPatch) -> Iterator[Ice]:
    """What there was when all was frozen: access that is active, and nothing that waits."""
    monkeypatch.setattr("chaos.ice.UNDER_WAY", 0.0)
    with closing(Records(office.folder / "countersign.db")) as records:
        made = Ice(look.outside, records, look.findings)
        made.look()
        assert look.findings.clean()
        yield made


def test_what_is_asked_and_decided_while_all_is_frozen_is_found(look: Look, office: Running, ice: Ice) -> None:
    asked = office.ask("alice", "admin")
    ice.look()
    assert look.findings.wrong["freeze"][0].startswith(f"{asked} was filed")


def test_access_that_grows_while_all_is_frozen_is_found(look: Look, office: Running, ice: Ice) -> None:
    write(office, add=(msgspec.structs.replace(ours(office), expression=EVER),))
    ice.look()
    assert "more than there was" in look.findings.wrong["freeze"][0]


def test_access_that_ends_or_gets_shorter_while_all_is_frozen_is_fine(
    look: Look, office: Running, ice: Ice
) -> None:
    binding = ours(office)
    found = window_of(binding.expression)
    assert found is not None
    shorter = expression(Window(start=found[0].start, end=found[0].start + timedelta(minutes=1)), "")
    write(office, remove=(binding,), add=(msgspec.structs.replace(binding, expression=shorter),))
    ice.look()
    write(office, remove=(ours(office),))
    ice.look()
    assert look.findings.clean()


def test_a_vote_that_nobody_sent_is_found(look: Look) -> None:
    look.ledger.votes.clear()
    assert look.found() == {"unsent"}


@pytest.mark.parametrize(("key", "law"), [("letter:0:eve@example.com", "turns"), ("letter", "threads")])
def test_a_mail_to_somebody_else_or_by_an_id_of_its_own_is_found(
    look: Look, office: Running, asked: str, key: str, law: str
) -> None:
    mail = EmailMessage()
    mail["Subject"] = f"alice@example.com asks for Compute admin ({asked})"
    mail["From"], mail["To"], mail["Message-ID"] = "a@example.com", "eve@example.com", message_id(asked, key)
    mail.set_content("Your approval is needed.")
    assert office.box.mailbox
    with smtplib.SMTP("127.0.0.1", office.box.mailbox.port, timeout=30) as post:
        post.send_message(mail)
    assert look.found() == {law, "letters"}, "and whoever gets a letter ought to hear of the outcome"


def test_a_page_that_tells_something_else_is_found(look: Look, office: Running) -> None:
    assert office.box.iap
    office.box.iap.gate.upstream = office.box.url
    assert look.found() == {"told"}


def test_an_orphan_with_a_button_is_found(look: Look, office: Running, asked: str) -> None:
    message = card(office, asked)
    kept = office.box.slack.state.kept
    copy = msgspec.structs.replace(message, ts="9999999999.000100")
    page = {"type": "button", "action_id": "page", "url": "https://pages.example.com", "value": asked}
    kept[copy.channel, copy.ts] = msgspec.structs.replace(copy, blocks=[{"type": "actions", "elements": [page]}])
    assert look.found() == set()
    kept[copy.channel, copy.ts] = copy
    assert look.found() == {"orphans"}


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE audit SET body = CAST(replace(CAST(body AS TEXT), 'bob@', 'eve@') AS BLOB) WHERE chain = :chain",
        "DELETE FROM audit WHERE chain = :chain AND seq = 2",
        "DELETE FROM audit WHERE chain = :chain AND seq = (SELECT max(seq) FROM audit WHERE chain = :chain)",
    ],
)
def test_a_chain_that_was_changed_or_cut_is_found(look: Look, office: Running, asked: str, statement: str) -> None:
    with closing(sqlite3.connect(office.folder / "countersign.db", isolation_level=None)) as connection:
        for trigger in ("audit_stays", "audit_kept"):
            connection.execute(f"DROP TRIGGER {trigger}")
        assert connection.execute(statement, {"chain": asked}).rowcount
    assert "chains" in look.found()


def test_what_was_left_undone_is_found(look: Look, office: Running, asked: str) -> None:
    store = office.service.store
    commit: Callable[..., None] = store.commit
    change = transitions.end(store.request(asked), by="alice@example.com", now=office.clock())
    commit(msgspec.structs.replace(change, wake=()))
    assert "settled" in look.found()


def test_access_that_stands_past_its_time_is_found(
    look: Look, office: Running, asked: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(watch, "PROMPT", 0.0)
    with closing(Records(office.folder / "countersign.db")) as records:
        looks = Watch(look.outside, records, look.findings, projects=[PROD.removeprefix("projects/")])
        looks.look()
        assert look.findings.clean()
        office.box.google.faults.set(Fault(method="getIamPolicy", times=1000, drip="body"))
        assert office.box.slack.command("alice", f"/jit end {asked}").ok
        looks.look()
        assert look.findings.clean(), "what a dead process held is free a lease later"

        monkeypatch.setattr(watch, "LEASE", -1.0)
        looks.look()
    office.box.google.faults.clear()
    assert look.findings.wrong["prompt"] == [f"{asked} stands past its time [under siege]"]


@pytest.mark.parametrize(
    ("parts", "fine"),
    [
        ([grant("active"), grant("activating")], True),
        ([grant("failed", cause=reason("grant.barred", roles=("a",))), grant("revoked", cause="bundle")], True),
        ([grant("revoked", cause="bundle"), grant("revoked", cause="outside")], True),
        ([grant("failed", cause=reason("grant.late")), grant("ended", cause="time")], True),
        ([grant("ended", cause="holder"), grant("ended", cause="holder")], True),
        ([grant("active"), grant("failed", cause=reason("grant.barred", roles=("a",)))], False),
        ([grant("ended", cause="time"), grant("failed", cause=reason("grant.barred", roles=("a",)))], False),
        ([grant("revoked", cause="bundle"), grant("revoked", cause="bundle")], False),
        ([grant("active"), grant("active", start=NOW + timedelta(hours=1))], False),
    ],
)
def test_a_bundle_of_which_only_a_part_fell_is_found(parts: list[Grant], fine: bool) -> None:
    request = filed(state="approved", grants=tuple(parts)).request

    assert (list(truths.bundle(request)) == []) == fine


def test_a_bundle_whose_doomed_part_was_made_is_found() -> None:
    doomed = terms(entitlement="doomed-shop-1")
    request = filed(state="approved", terms=doomed, grants=(grant("active"), grant("active"))).request

    assert any("no such role" in found for found in truths.bundle(request))
