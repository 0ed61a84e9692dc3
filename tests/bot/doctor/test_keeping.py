"""What the installation keeps: the store, and the keys."""

import base64
import json
import os
import sqlite3
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from approvals.backends.signers.file import FileSigner, create_keys
from approvals.backends.signers.purposes import RECEIPTS, TOKENS, WEBHOOKS, Purpose
from sandbox.app import Sandbox
from sandbox.google.faults import Fault
from tests.bot.commands import ROOT
from tests.bot.doctor.patients import Patient, Timed, facts, now

# --- the store


def test_a_store_that_is_not_there_is_warned_of_and_not_made(patient: Patient) -> None:
    nowhere = patient.folder / "other.db"
    assert patient.ills(COUNTERSIGN_STORE=f"sqlite:///{nowhere}") == [("store.none", "warning")]
    assert not nowhere.exists()


def test_a_store_in_a_folder_that_is_not_there_is_wrong(patient: Patient) -> None:
    nowhere = patient.folder / "gone" / "other.db"
    assert patient.ills(COUNTERSIGN_STORE=f"sqlite:///{nowhere}") == [("store.broken", "wrong")]


def test_a_store_that_is_damaged_is_named_and_the_policy_is_read_all_the_same(patient: Patient) -> None:
    patient.store.write_bytes(b"no database" * 1000)
    for beside in patient.folder.glob("store.db-*"):
        beside.unlink()
    found = patient.look()

    assert "damaged or no SQLite database" in facts(found, "store.broken")["said"]
    assert [each.code for each in found if each.part == "policy"] == ["skipped"]


def test_nothing_is_left_in_the_store_that_was_not_there(patient: Patient) -> None:
    patient.look()
    with closing(sqlite3.connect(patient.store)) as connection:
        assert connection.execute("SELECT key FROM memory").fetchall() == []


_UNPRIVILEGED = """
import os, sys
from bot.cli import main
from bot.doctor import parts, printed
import bot.cli.examining, handlers.slack.examining, handlers.slack.home.drawing, handlers.slack.home.places
import approvals.backends.stores.sqlite.copying, approvals.backends.stores.examining
import approvals.backends.signers.examining, approvals.backends.google_rest
"".encode("utf-16be")
if os.geteuid() == 0:
    os.setgid(65534)
    os.setuid(65534)
main(["doctor", "--json"])
"""
"""The command as an account without privileges, which loads everything while it still can read it."""


@pytest.fixture
def shared() -> Iterator[Path]:
    """A folder that another account can reach, which pytest's own are not."""
    with tempfile.TemporaryDirectory(prefix="countersign-") as made:
        Path(made).chmod(0o755)
        yield Path(made)
        Path(made).chmod(0o755)


def test_a_store_that_is_read_only_is_named(box: Sandbox, shared: Path) -> None:
    patient = Patient(box, shared)
    for file in shared.iterdir():
        file.chmod(0o444)
    shared.chmod(0o555)
    done = subprocess.run(
        [sys.executable, "-c", _UNPRIVILEGED],
        cwd=ROOT,
        env={"PATH": os.environ["PATH"], **patient.environ},
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode == 1, done.stderr
    assert '"code": "store.broken"' in done.stdout
    assert "give this account the right to write the file and its directory" in done.stdout


def test_a_firestore_that_does_not_answer_is_named_in_seconds(patient: Patient) -> None:
    with Timed() as took:
        found = patient.look(
            within=3, COUNTERSIGN_STORE="firestore://shop-prod/(default)", FIRESTORE_EMULATOR_HOST="127.0.0.1:1"
        )

    said = [(each.code, each.verdict) for each in found if each.part == "store" and each.verdict != "ok"]
    assert said in ([("unanswered", "unknown")], [("store.unanswered", "unknown")])
    assert took.seconds < 15


# --- the keys


def test_a_set_of_keys_without_one_that_signs_is_named(patient: Patient) -> None:
    held = json.loads(patient.keys.read_text())
    patient.keys.write_text(
        json.dumps({"keys": [{k: v for k, v in key.items() if k != "d"} for key in held["keys"]]})
    )
    found = patient.look()

    assert patient.ills() == [("keys.tokens", "wrong")]
    assert "no key to sign with" in facts(found, "keys.tokens")["said"]


def test_keys_that_others_can_read_are_named_with_what_mends_it(patient: Patient) -> None:
    patient.keys.chmod(0o644)
    assert f"chmod 600 {patient.keys}" in facts(patient.look(), "keys.tokens")["said"]


@pytest.mark.parametrize(("name", "code"), [("RECEIPT", "keys.receipts"), ("WEBHOOK", "keys.webhooks")])
def test_keys_of_another_purpose_are_named(patient: Patient, name: str, code: str) -> None:
    wrong = patient.folder / "wrong.jwk"
    create_keys(wrong, now=now(), purpose=TOKENS)
    assert patient.ills({f"COUNTERSIGN_{name}_SIGNER": f"file:{wrong}"}) == [(code, "wrong")]


def test_keys_for_webhooks_sign(patient: Patient) -> None:
    file = patient.folder / "webhooks.jwk"
    create_keys(file, now=now(), purpose=WEBHOOKS)
    found = patient.look(COUNTERSIGN_WEBHOOK_SIGNER=f"file:{file}")
    assert [each.facts["purpose"] for each in found if each.code == "keys.ok"] == [
        "tokens",
        "receipts",
        "webhooks",
    ]


@pytest.mark.parametrize(
    ("purpose", "does", "code"),
    [(TOKENS, "sign", "keys.tokens"), (RECEIPTS, "sign", "keys.receipts"), (WEBHOOKS, "stamp", "keys.webhooks")],
    ids=["tokens", "receipts", "webhooks"],
)
def test_what_is_signed_is_verified_by_the_keys_that_are_published(
    patient: Patient, monkeypatch: pytest.MonkeyPatch, purpose: Purpose, does: str, code: str
) -> None:
    """A set that opens is not yet one that signs: here a signature comes of a key that is in no set."""
    for name in ("webhooks", "elsewhere"):
        create_keys(patient.folder / f"{name}.jwk", now=now(), purpose=WEBHOOKS if name == "webhooks" else purpose)
    elsewhere = FileSigner(patient.folder / "elsewhere.jwk", issuer=lambda: "doctor", purpose=purpose)
    theirs, own = getattr(elsewhere, does), getattr(FileSigner, does)
    monkeypatch.setattr(
        FileSigner, does, lambda self, said: theirs(said) if self._purpose == purpose else own(self, said)
    )
    webhooks = {"COUNTERSIGN_WEBHOOK_SIGNER": f"file:{patient.folder / 'webhooks.jwk'}"}

    assert patient.ills(webhooks) == [(code, "wrong")]


def test_keys_that_are_not_there_are_warned_of_and_not_made(patient: Patient) -> None:
    patient.keys.unlink()
    assert patient.ills() == [("keys.none", "warning")]
    assert not patient.keys.exists()


SECRET = "projects/shop-prod/secrets/keys"


def _in_secret_manager(patient: Patient) -> None:
    file = patient.folder / "kept.jwk"
    create_keys(file, now=now(), purpose=RECEIPTS)
    patient.box.google.secrets.create(SECRET)
    data = base64.b64encode(file.read_bytes()).decode()
    patient.box.google.secrets.add(SECRET, {"data": data}, created="2026-01-01T00:00:00Z")


def test_keys_in_secret_manager_sign(patient: Patient) -> None:
    _in_secret_manager(patient)
    assert patient.ills(COUNTERSIGN_RECEIPT_SIGNER=f"secret:{SECRET}/versions/latest") == []


def test_a_secret_that_is_closed_to_the_service_is_named_with_the_role(patient: Patient) -> None:
    _in_secret_manager(patient)
    patient.box.google.faults.set(Fault(method="versions.access", status=403, times=9))
    found = patient.look(COUNTERSIGN_RECEIPT_SIGNER=f"secret:{SECRET}/versions/latest")

    assert "grant its account roles/secretmanager.secretAccessor" in facts(found, "keys.receipts")["said"]


def test_a_secret_that_is_not_there_is_named(patient: Patient) -> None:
    assert patient.ills(COUNTERSIGN_SIGNER=f"secret:{SECRET}/versions/latest") == [("keys.tokens", "wrong")]


def test_a_service_account_that_does_not_let_us_sign_is_named(patient: Patient) -> None:
    patient.box.google.accounts.add("signer@shop-prod.iam.gserviceaccount.com")
    signer = {"COUNTERSIGN_SIGNER": "iam:signer@shop-prod.iam.gserviceaccount.com"}
    assert patient.ills(signer) == []
    patient.box.google.faults.set(Fault(method="signJwt", status=403, times=9))
    found = patient.look(signer)

    assert "roles/iam.serviceAccountTokenCreator" in facts(found, "keys.tokens")["said"]
