"""The chaos run finds what somebody who has left still has: each left behind by hand."""

import smtplib
from collections.abc import Iterator
from contextlib import closing
from datetime import timedelta
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import msgspec
import pytest

from approvals.absences import CAME_BACK, LEFT, leave
from approvals.backends.stores.sqlite import open_sqlite
from approvals.people.standins import Absence
from approvals.requests import Request
from approvals.times import rfc3339
from chaos.correspondence import Correspondence
from chaos.findings import Findings
from chaos.leaving import left_behind
from chaos.ledger import Ledger
from chaos.records import Records
from countersign_client.chain import Entry
from sandbox.app import Sandbox
from tests.support.builders import NOW, filed, grant

ALICE, BOB = "alice@example.com", "bob@example.com"


def request(**changes: Any) -> Request:
    return msgspec.structs.replace(filed().request, **changes)


def entry(action: str, actor: str, **detail: Any) -> Entry:
    return Entry(request="", seq=1, at=rfc3339(NOW), actor=actor, action=action, detail=detail, prev="")


def away(*, minutes: int = 30) -> Entry:
    return entry(LEFT, ALICE, delegate=BOB, until=rfc3339(NOW + timedelta(minutes=minutes)))


LIVE = {"state": "approved", "grants": (grant(state="active"),)}
OVER = {"state": "approved", "grants": (grant(state="revoked"),)}


@pytest.mark.parametrize(
    ("stored", "absences", "gone", "wrong"),
    [
        (request(), [], ALICE, "is pending"),
        (request(**LIVE), [], ALICE, "is approved"),
        (request(**OVER), [], ALICE, ""),
        (request(state="withdrawn"), [], ALICE, ""),
        (request(), [], BOB, ""),
        (request(**OVER), [away()], ALICE, "stands in for"),
        (request(**OVER), [away()], BOB, "stands in for"),
        (request(**OVER), [away(minutes=0)], ALICE, ""),
        (request(**OVER), [away(), entry(CAME_BACK, "countersign", person=ALICE)], BOB, ""),
        (request(**OVER), [entry(CAME_BACK, "countersign", person=ALICE), away()], BOB, "stands in for"),
    ],
)
def test_what_somebody_who_has_left_still_has_is_found(
    stored: Request, absences: list[Entry], gone: str, wrong: str
) -> None:
    found = list(left_behind([stored], absences, {gone}, now=NOW))

    assert len(found) == bool(wrong)
    assert wrong in " ".join(found)


@pytest.fixture
def records(tmp_path: Path) -> Iterator[Records]:
    """Alice named Bob."""
    path = tmp_path / "countersign.db"
    with closing(open_sqlite(path, now=NOW)) as store:
        until, generation = NOW + timedelta(minutes=30), store.installation().generation
        absence = Absence(person=ALICE, delegate=BOB, since=NOW, until=until, generation=generation)
        leave(store, absence, now=NOW)
    with closing(Records(path)) as found:
        yield found


@pytest.mark.parametrize(
    ("to", "subject", "wrong"),
    [
        (BOB, f"You stand in for {ALICE} until Sat, 28 Nov 2026, 15:14 UTC.", ""),
        (BOB, f"You no longer stand in for {ALICE}.", ""),
        ("carol@example.com", f"You no longer stand in for {ALICE}.", "carol@example.com was told"),
        (
            BOB,
            "You stand in for dan@example.com until Sat, 28 Nov 2026, 15:14 UTC.",
            "stand in for dan@example.com",
        ),
        (BOB, f"You stand for {ALICE}.", "about no request"),
    ],
)
def test_who_is_told_by_mail_to_stand_in_for_who_never_named_them_is_found(
    records: Records, to: str, subject: str, wrong: str
) -> None:
    with Sandbox.start(smtp_port=0, iap_port=0) as box:
        assert box.mailbox is not None
        mail = EmailMessage()
        mail["Subject"], mail["From"], mail["To"] = subject, "countersign@example.com", to
        mail.set_content("x")
        with smtplib.SMTP("127.0.0.1", box.mailbox.port, timeout=30) as post:
            post.send_message(mail)
        findings = Findings()
        letters = Correspondence(box, ledger=Ledger(), findings=findings)
        letters.look(records, [], when="now")

    assert bool(findings.wrong["turns"]) == bool(wrong)
    assert wrong in " ".join(findings.wrong["turns"])
