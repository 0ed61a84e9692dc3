"""Mail's settings: each that cannot work stops the start by its name, and says what to set."""

from zoneinfo import ZoneInfo

import pytest

from bot.settings import SettingsError, read
from handlers.mail.mapping import Mapping
from handlers.mail.settings import MailSettings

SLACK = {"SLACK_BOT_TOKEN": "xoxb-1-2-abc", "SLACK_SIGNING_SECRET": "0123456789abcdef0123456789abcdef"}
MAIL = SLACK | {
    "SMTP_HOST": "mail.example.com",
    "SMTP_SENDER_ADDRESS": "countersign@example.com",
    "COUNTERSIGN_PAGES_URL": "https://countersign.example.com",
    "COUNTERSIGN_ROUTES": "public",
}
SIGNED = {"SMTP_USERNAME": "countersign@example.com", "SMTP_PASSWORD": "abcd efgh"}
OAUTH = {"SMTP_OAUTH_TENANT": "t1", "SMTP_OAUTH_CLIENT_ID": "c1", "SMTP_OAUTH_CLIENT_SECRET": "s1"}
SECRET = "projects/shop/secrets/smtp/versions/latest"


def problems(environ: dict[str, str]) -> tuple[str, ...]:
    with pytest.raises(SettingsError) as refused:
        read(environ)
    return refused.value.problems


def mail(environ: dict[str, str]) -> MailSettings:
    found: MailSettings = read(environ).channels["mail"]
    return found


@pytest.mark.parametrize(
    ("name", "value", "advice"),
    [
        ("SMTP_PORT", "25", "Set 587, or 465"),
        ("SMTP_PORT", "0", "Set 587"),
        ("SMTP_PORT", "smtp", "Set 587"),
        ("SMTP_HOST", "smtp.gmail.com:587", "the port in SMTP_PORT"),
        ("SMTP_HOST", "https://smtp.gmail.com", "the port in SMTP_PORT"),
        ("SMTP_ENABLE_STARTTLS", "no", "Unset it, or set false"),
        ("SMTP_SENDER_ADDRESS", "Countersign <c@example.com>", "Set one such as"),
        ("SMTP_SENDER_ADDRESS", "a@example.com, eve@example.org", "Set one such as"),
        ("SMTP_SENDER_ADDRESS", "counter..sign@example.com", "Set one such as"),
        ("SMTP_SENDER_NAME", "Counter\nsign: x", "without line breaks"),
        ("SMTP_SENDER_NAME", "x" * 65, "Set it shorter"),
        ("SMTP_USERNAME", "a\x00b", "without line breaks"),
        ("SMTP_PASSWORD", "pässword", "Set one of ASCII"),
        ("SMTP_SECRET", "smtp", "Set one such as projects/"),
        ("SMTP_SECRET", "projects/p/secrets/s", "Set one such as projects/"),
        ("SMTP_SECRET", "projects/p/secrets/s/versions/0", "Set one such as projects/"),
        ("SMTP_OAUTH_TENANT", "t1/../x", "Copy it from"),
        ("SMTP_OAUTH_TENANT", "common", "Set the directory (tenant) id"),
        ("SMTP_OAUTH_TENANT", "Organizations", "Set the directory (tenant) id"),
        ("SMTP_OAUTH_CLIENT_ID", "c 1", "Copy it from"),
        ("SMTP_OAUTH_TOKEN_URL", "login.example.com", "Set one such as"),
        ("SMTP_ADDRESS_MAPPING", "user.email.extract(", "Set one over user.email"),
        ("SMTP_ADDRESS_MAPPING", "user.name", "Set one over user.email"),
        ("SMTP_ADDRESS_MAPPING", "user.email == 'a'", "Set one over user.email"),
        ("SMTP_OPTIONS", "mail.smtp.ssl.trust=*", "SSL_CERT_FILE"),
        ("SMTP_OPTIONS", "mail.smtp.port=25", "set SMTP_PORT"),
        ("SMTP_OPTIONS", "mail.smtp.connectiontimeout=60000", "fixed"),
        ("SMTP_OPTIONS", "mail.smtp.starttls.enable=false", "set SMTP_ENABLE_STARTTLS"),
        ("SMTP_OPTIONS", "mail.smtp.socks.host=proxy", "nothing like it"),
        ("SMTP_OPTIONS", "timeout", "NAME=VALUE"),
        ("SMTP_OPTIONS", "mail.smtp.localhost=a b", "Set this machine's own"),
        ("NOTIFICATION_TIMEZONE", "Europe/Nowhere", "Set one such as Europe/Berlin"),
        ("NOTIFICATION_TIMEZONE", "../../etc/passwd", "Set one such as Europe/Berlin"),
    ],
)
def test_a_value_that_cannot_work_is_named_with_what_to_set(name: str, value: str, advice: str) -> None:
    signed = OAUTH if name.startswith("SMTP_OAUTH_") else SIGNED
    (problem,) = problems(MAIL | signed | {name: value})

    assert problem.startswith(f"{name}: ")
    assert advice in problem


@pytest.mark.parametrize(
    ("given", "name"),
    [
        ({"SMTP_ENABLE_STARTTLS": "false"} | SIGNED, "SMTP_ENABLE_STARTTLS"),
        ({"SMTP_ENABLE_STARTTLS": "false"} | OAUTH, "SMTP_ENABLE_STARTTLS"),
        ({"SMTP_USERNAME": "a"}, "SMTP_PASSWORD"),
        ({"SMTP_PASSWORD": "a"}, "SMTP_USERNAME"),
        ({"SMTP_SECRET": SECRET}, "SMTP_USERNAME"),
        (OAUTH | SIGNED, "SMTP_PASSWORD"),
        ({"SMTP_OAUTH_TENANT": "t1", "SMTP_OAUTH_CLIENT_ID": "c1"}, "SMTP_OAUTH_CLIENT_SECRET"),
        ({"SMTP_OAUTH_TENANT": "t1", "SMTP_OAUTH_CLIENT_SECRET": "s1"}, "SMTP_OAUTH_CLIENT_ID"),
        ({"SMTP_OAUTH_CLIENT_ID": "c1", "SMTP_OAUTH_CLIENT_SECRET": "s1"}, "SMTP_OAUTH_TENANT"),
        (OAUTH | {"SMTP_OAUTH_TOKEN_URL": "http://127.0.0.1:1/token"}, "SMTP_OAUTH_TOKEN_URL"),
        ({"COUNTERSIGN_PAGES_URL": ""}, "COUNTERSIGN_PAGES_URL"),
    ],
)
def test_what_does_not_go_together_is_named(given: dict[str, str], name: str) -> None:
    (problem,) = problems(MAIL | given)
    assert problem.startswith(f"{name}: ")


@pytest.mark.parametrize(
    ("given", "name", "advice"),
    [
        ({"SMTP_HOST": ""}, "SMTP_USERNAME", "Set the name to sign in with and SMTP_PASSWORD, or SMTP_HOST"),
        ({"SMTP_HOST": "SMTP.Gmail.com"}, "SMTP_USERNAME", "smtp.gmail.com takes mail from nobody"),
        ({"SMTP_HOST": "smtp.office365.com"}, "SMTP_USERNAME", "smtp.office365.com takes mail from nobody"),
        ({"SMTP_HOST": "", "SMTP_ENABLE_STARTTLS": "false"}, "SMTP_ENABLE_STARTTLS", "Unset it"),
        ({"SMTP_HOST": "smtp.office365.com", "SMTP_ENABLE_STARTTLS": "false"}, "SMTP_ENABLE_STARTTLS", "Unset it"),
        ({"SMTP_HOST": ""} | OAUTH, "SMTP_HOST", "Set smtp.office365.com"),
    ],
)
def test_what_a_provider_never_takes_stops_the_start(given: dict[str, str], name: str, advice: str) -> None:
    (problem,) = problems(MAIL | given)

    assert problem.startswith(f"{name}: ")
    assert advice in problem


@pytest.mark.parametrize(
    "given",
    [SIGNED, {"SMTP_SECRET": SECRET}, {"SMTP_HOST": "smtp.office365.com"}, {"SMTP_OAUTH_TENANT": "t1"}],
)
def test_mail_without_a_sender_stops_the_start_and_nothing_is_ignored(given: dict[str, str]) -> None:
    (problem,) = problems(SLACK | given)
    assert problem.startswith("SMTP_SENDER_ADDRESS: it is missing, and ")


def test_without_any_of_it_there_is_no_mail() -> None:
    assert "mail" not in read(SLACK).channels


def test_google_s_server_by_starttls_is_what_holds_where_nothing_else_is_said() -> None:
    found = mail(MAIL | SIGNED | {"SMTP_HOST": ""})

    assert (found.host, found.port, found.starttls, found.sender_name) == (
        "smtp.gmail.com",
        587,
        True,
        "Countersign",
    )
    assert (found.timezone, found.mapping, found.localhost) == (ZoneInfo("UTC"), Mapping(), "example.com")
    assert found.pages_url == "https://countersign.example.com"


def test_a_tenant_s_own_endpoint_gives_the_tokens_for_the_sender_s_mailbox() -> None:
    found = mail(MAIL | OAUTH | {"SMTP_HOST": "smtp.office365.com"})

    assert found.username == "countersign@example.com"
    assert found.oauth is not None
    assert found.oauth.token_url == "https://login.microsoftonline.com/t1/oauth2/v2.0/token"


def test_another_endpoint_needs_no_tenant() -> None:
    given = {**OAUTH, "SMTP_OAUTH_TOKEN_URL": "https://login.example.com/token"}
    del given["SMTP_OAUTH_TENANT"]

    found = mail(MAIL | given)
    assert found.oauth is not None
    assert found.oauth.token_url == "https://login.example.com/token"


def test_a_relay_without_tls_is_used_where_it_is_switched_off_by_name() -> None:
    assert not mail(MAIL | {"SMTP_ENABLE_STARTTLS": "false"}).encrypted
    assert mail(MAIL | SIGNED | {"SMTP_ENABLE_STARTTLS": "false", "SMTP_PORT": "465"}).encrypted


def test_an_expression_may_end_with_a_quotation_mark() -> None:
    given = "user.email.extract('{handle}@example.com') + '@mail.example.com'"
    assert mail(MAIL | SIGNED | {"SMTP_ADDRESS_MAPPING": given}).mapping.address("bob@example.com") == (
        "bob@mail.example.com"
    )


def test_options_of_jit_access_that_hold_here_are_taken() -> None:
    given = "mail.smtp.auth=true, mail.smtp.starttls.required=TRUE,mail.smtp.localhost=jit.example.com,"
    assert mail(MAIL | SIGNED | {"SMTP_OPTIONS": given}).localhost == "jit.example.com"


def test_every_option_that_cannot_be_had_is_named() -> None:
    given = "mail.smtp.connectiontimeout=60000, mail.smtp.auth=true, mail.smtp.writetimeout=30000, bogus"
    with pytest.raises(SettingsError) as wrong:
        mail(MAIL | SIGNED | {"SMTP_OPTIONS": given})

    for named in ("mail.smtp.connectiontimeout=60000", "mail.smtp.writetimeout=30000", "'bogus'"):
        assert named in str(wrong.value)
    assert "mail.smtp.auth" not in str(wrong.value)


def test_a_misspelt_name_of_mail_s_is_not_ignored() -> None:
    (problem,) = problems(MAIL | SIGNED | {"SMTP_ENABLE_STARTLS": "false"})
    assert problem == "SMTP_ENABLE_STARTLS: there is no such setting. Did you mean SMTP_ENABLE_STARTTLS?"


def test_no_secret_of_mail_s_shows_itself() -> None:
    held = read(MAIL | SIGNED)
    assert "abcd efgh" in [secret.reveal() for secret in held.secrets]
    assert "abcd" not in repr(held)
