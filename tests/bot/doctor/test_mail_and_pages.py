"""Mail and the pages look at themselves, and nobody is written to."""

import base64
import socket
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from bot.outside import outside
from handlers.channel import Looked
from handlers.identity.iap import KEYS_URL
from handlers.web.examining import look
from handlers.web.settings import WebSettings
from sandbox.google.faults import Fault
from tests.bot.doctor.patients import Patient, Timed, facts
from tests.support.certificates import certificate, trusted
from tests.support.mails import PASSWORD, USER, MailServer, mail_server


@pytest.fixture
def safe(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[MailServer]:
    """A mail server that demands TLS and signing in, and whose certificate is trusted."""
    pem, public = certificate(tmp_path)
    with mail_server(pem) as running, trusted(public, monkeypatch):
        yield running


RUN = "/projects/123456/locations/europe-west1/services/{}"


def mailing(patient: Patient, port: int, **changes: str) -> dict[str, str]:
    assert patient.box.iap
    return {
        "SMTP_HOST": "127.0.0.1",
        "SMTP_PORT": str(port),
        "SMTP_SENDER_ADDRESS": "countersign@example.com",
        "SMTP_ENABLE_STARTTLS": "false",
        "COUNTERSIGN_PAGES_URL": patient.box.iap.gate.url,
        "COUNTERSIGN_ROUTES": "public",
        **changes,
    }


def paged(patient: Patient, **changes: str) -> dict[str, str]:
    assert patient.box.iap
    return {
        "COUNTERSIGN_PAGES_URL": patient.box.iap.gate.url,
        "IAP_AUDIENCE": patient.box.iap.gate.audience,
        "IAP_JWKS_URL": patient.box.iap_jwks_url,
        **changes,
    }


# --- mail


def test_a_mail_server_that_lets_us_in_is_well_and_gets_no_mail(patient: Patient) -> None:
    with mail_server(None) as server:
        ills = patient.ills(mailing(patient, server.port))
        assert server.received == []
    assert ills == [("mail.plain", "warning")]


def test_a_mail_server_that_is_not_there_is_named_with_what_to_look_at(patient: Patient) -> None:
    found = patient.look(mailing(patient, 9))
    told = facts(found, "mail.refused")
    assert told["step"] == "connect to 127.0.0.1 on port 9"
    assert "firewall" in told["advice"]


def test_a_mail_server_without_encryption_is_named_where_it_is_demanded(patient: Patient) -> None:
    with mail_server(None) as server:
        found = patient.look(mailing(patient, server.port, SMTP_ENABLE_STARTTLS="true"))
    assert "offers no TLS" in facts(found, "mail.refused")["said"]


def test_a_wrong_password_is_named_and_is_in_nothing_that_is_found(patient: Patient, safe: MailServer) -> None:
    safe.password = "another"
    signing_in = {"SMTP_USERNAME": USER, "SMTP_PASSWORD": PASSWORD, "SMTP_ENABLE_STARTTLS": "true"}
    found = patient.look(mailing(patient, safe.port, **signing_in))

    assert facts(found, "mail.refused")["step"] == f"sign in as {USER}"
    assert PASSWORD not in repr(found)
    safe.password = PASSWORD
    assert patient.ills(mailing(patient, safe.port, **signing_in)) == []


def test_a_password_in_secret_manager_that_cannot_be_read_is_named_with_the_role(
    patient: Patient, safe: MailServer
) -> None:
    secret = "projects/shop-prod/secrets/smtp"
    patient.box.google.secrets.create(secret)
    data = base64.b64encode(PASSWORD.encode()).decode()
    patient.box.google.secrets.add(secret, {"data": data}, created="2026-01-01T00:00:00Z")
    kept = {"SMTP_USERNAME": USER, "SMTP_SECRET": f"{secret}/versions/latest", "SMTP_ENABLE_STARTTLS": "true"}
    assert patient.ills(mailing(patient, safe.port, **kept)) == []

    patient.box.google.faults.set(Fault(method="versions.access", status=403, times=9))
    told = facts(patient.look(mailing(patient, safe.port, **kept)), "mail.refused")
    assert told["step"] == "get what to sign in with"
    assert "roles/secretmanager.secretAccessor" in told["said"] + told["advice"]


def test_a_mail_server_that_says_nothing_is_named_in_seconds(patient: Patient) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent, Timed() as took:
        found = patient.look(mailing(patient, silent.getsockname()[1]), within=2)
    assert [each.verdict for each in found if each.part == "mail"] == ["wrong"]
    assert took.seconds < 15


# --- the pages


def test_pages_whose_assertions_can_be_verified_are_well(patient: Patient) -> None:
    assert patient.ills(paged(patient)) == []


def test_an_audience_of_another_form_is_named_with_the_forms_that_there_are(patient: Patient) -> None:
    found = patient.look(paged(patient, IAP_AUDIENCE="1234-abc.apps.googleusercontent.com"))
    said = facts(found, "settings.wrong")["said"]

    assert said.startswith("IAP_AUDIENCE: '1234-abc.apps.googleusercontent.com' is no audience.")
    assert [each.code for each in found if each.part == "pages"] == ["skipped"]


def test_keys_that_cannot_be_had_are_named(patient: Patient) -> None:
    assert patient.ills(paged(patient, IAP_JWKS_URL=f"{patient.box.url}/nothing")) == [("pages.keys", "unknown")]


@pytest.mark.parametrize(
    ("audiences", "codes"),
    [
        ([RUN.format("countersign")], ["pages.ok"]),
        ([RUN.format("other")], ["pages.service", "pages.ok"]),
        ([RUN.format("other"), RUN.format("countersign")], ["pages.ok"]),
        (["/projects/123456/global/backendServices/42"], ["pages.ok"]),
    ],
)
def test_on_cloud_run_an_audience_of_another_service_is_named(
    patient: Patient, audiences: Sequence[str], codes: list[str]
) -> None:
    settings = WebSettings(
        pages_url="https://pages.example.com", audiences=tuple(audiences), keys_url=patient.box.iap_jwks_url
    )
    assert settings.keys_url != KEYS_URL
    looked = Looked(outside=outside(base_url=None), policy=None, accounts=tuple, service="countersign", timeout=10)
    assert [each.code for each in look(settings, looked)] == codes
