"""`countersign doctor mail`: which step fails, and what to change, in the words of whose server it is."""

from pathlib import Path
from typing import Any

import msgspec
import pytest

from bot.outside import outside
from handlers.mail.advice import advice
from handlers.mail.settings import OAuth
from handlers.mail.trial import trial
from handlers.settings import Secret
from tests.bot.commands import environment, run
from tests.support.mails import PASSWORD, USER, MailServer, mail_server, mail_settings

TO = "bob@example.com"
GOOGLE, MICROSOFT, OTHER = "smtp.gmail.com", "smtp.office365.com", "mail.example.org"
BY_TOKEN = OAuth(token_url="https://login.example.com/token", client_id="c1", client_secret=Secret("s1"))


def environ(folder: Path, box: MailServer, **changes: str) -> dict[str, str]:
    return environment(
        folder,
        COUNTERSIGN_PAGES_URL="https://countersign.example.com",
        COUNTERSIGN_ROUTES="public",
        SMTP_SENDER_ADDRESS="countersign@example.com",
        SMTP_HOST="127.0.0.1",
        SMTP_PORT=str(box.port),
        SMTP_USERNAME=USER,
        SMTP_PASSWORD=PASSWORD,
        **changes,
    )


@pytest.mark.parametrize("to", ["bob", "bob@example.com, eve@example.org", "", "Bob <bob@example.com>"])
def test_a_test_goes_to_one_plain_address(tmp_path: Path, box: MailServer, to: str) -> None:
    done = run("doctor", "mail", "--send-test", to, env=environ(tmp_path, box))
    assert (done.exit_code, box.received) == (2, [])


def test_settings_that_cannot_work_are_said_first(tmp_path: Path, box: MailServer) -> None:
    done = run("doctor", "mail", "--send-test", TO, env=environ(tmp_path, box) | {"SMTP_PORT": "25"})
    assert done.exit_code == 2
    assert "SMTP_PORT: port 25" in done.output


def test_without_mail_the_doctor_says_what_to_set(tmp_path: Path) -> None:
    done = run("doctor", "mail", "--send-test", TO, env=environment(tmp_path))
    assert done.exit_code == 2
    assert "mail is not set up: set SMTP_SENDER_ADDRESS" in done.output


def test_mail_is_tried_before_anything_else_is_set_up(tmp_path: Path, box: MailServer) -> None:
    alone = dict.fromkeys(environment(tmp_path), "") | {
        name: value for name, value in environ(tmp_path, box).items() if name.startswith("SMTP_")
    }
    done = run("doctor", "mail", "--send-test", TO, env=alone | {"COUNTERSIGN_PAGES_URL": "https://c.example.com"})

    assert done.exit_code == 0, done.output
    assert len(box.received) == 1


def test_every_step_is_said_and_the_mail_arrives(tmp_path: Path, box: MailServer) -> None:
    done = run("doctor", "mail", "--send-test", TO, env=environ(tmp_path, box))

    assert done.exit_code == 0, done.output
    assert done.output.splitlines() == [
        "get what to sign in with: ok",
        f"connect to 127.0.0.1 on port {box.port}: ok",
        f"sign in as {USER}: ok",
        f"send a mail to {TO}: ok",
    ]
    (received,) = box.received
    assert "Mail works" in received.mail.get_content()


def test_a_wrong_password_is_named_and_never_printed(tmp_path: Path, box: MailServer) -> None:
    box.password = "another"
    done = run("doctor", "mail", "--send-test", TO, env=environ(tmp_path, box))

    assert done.exit_code == 1
    assert f"sign in as {USER}: sign-in: 535" in done.output
    assert "Compare SMTP_USERNAME and the password" in done.output
    assert PASSWORD not in done.output
    assert box.received == []


@pytest.mark.parametrize(
    ("command", "answer", "said"),
    [
        ("MAIL", "550 5.7.1 No", "let that user send as the address"),
        ("RCPT", "550 5.7.1 No", "send the test to another one"),
        ("RCPT", "451 4.7.1 Greylisted", "try again in some minutes"),
    ],
)
def test_what_the_server_refuses_is_told_apart(box: MailServer, command: str, answer: str, said: str) -> None:
    box.replies[command] = [answer]
    *good, failed = trial(mail_settings(box.port), outside(base_url=None), TO)

    assert not any(each.trouble for each in good)
    assert answer in failed.trouble
    assert said in failed.advice


def test_a_server_without_tls_ends_it_before_anything_is_shown() -> None:
    with mail_server(None) as box:
        *_, failed = trial(mail_settings(box.port), outside(base_url=None), TO)

        assert "offers no TLS" in failed.trouble
        assert "SMTP_PORT=465" in failed.advice
        assert box.signed_in == []


@pytest.mark.parametrize(
    ("host", "changes", "step", "answer", "said"),
    [
        (GOOGLE, {}, "sign-in", "534 5.7.9 Application-specific password required", ("2-Step", "App passwords")),
        (GOOGLE, {}, "sign-in", "535 5.7.8 Username and Password not accepted", ("App passwords",)),
        (GOOGLE, {}, "sender", "553 5.1.3", ("Send mail as",)),
        (GOOGLE, {}, "recipient", "550 5.4.5 Daily user sending limit exceeded", ("limit for a day",)),
        (MICROSOFT, {}, "sign-in", "535 5.7.139 SmtpClientAuthentication is disabled", ("Set-CASMailbox",)),
        (MICROSOFT, {}, "sign-in", "550 5.7.30 Basic authentication is not supported", ("SMTP_OAUTH_*",)),
        (
            MICROSOFT,
            {"oauth": BY_TOKEN},
            "sign-in",
            "535 5.7.3 Authentication unsuccessful",
            ("SMTP.SendAsApp", "New-ServicePrincipal", "Add-MailboxPermission"),
        ),
        (
            MICROSOFT,
            {"oauth": BY_TOKEN},
            "token",
            "AADSTS7000215: Invalid client secret",
            ("value, not to its id",),
        ),
        (MICROSOFT, {"oauth": BY_TOKEN}, "token", "AADSTS90002: Tenant not found", ("SMTP_OAUTH_TENANT",)),
        (MICROSOFT, {}, "sender", "554 5.2.252 SendAsDenied", ("Add-RecipientPermission",)),
        (OTHER, {"oauth": BY_TOKEN}, "sign-in", "535 5.7.3", ("SMTP.SendAsApp", "Add-MailboxPermission")),
        (OTHER, {"oauth": BY_TOKEN}, "token", "AADSTS700016: Not found", ("SMTP_OAUTH_CLIENT_ID",)),
        (OTHER, {"oauth": BY_TOKEN}, "token", "no answer", ("Microsoft Entra",)),
        (OTHER, {}, "connect", "timed out", ("firewall", "port 25")),
        (OTHER, {}, "starttls", "its certificate is not good", ("SSL_CERT_FILE",)),
        (OTHER, {}, "content", "552 too big", ("whoever runs the mail server",)),
    ],
)
def test_what_to_change_is_said_in_the_provider_s_own_terms(
    host: str, changes: dict[str, Any], step: str, answer: str, said: tuple[str, ...]
) -> None:
    told = advice(msgspec.structs.replace(mail_settings(host=host), **changes), step, answer)
    for words in said:
        assert words in told
